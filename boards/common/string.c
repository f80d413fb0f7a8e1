/* The string functions that the compiler and nanopb call, for boards without a C library. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *at, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);

/* Sixteen bytes at any address; the compiler makes single loads and stores of them where the
 * machine has them. Field by field, because the assignment of a whole structure may become a call
 * of memcpy. */
struct __attribute__((packed, may_alias)) block {
    uint64_t low, high;
};

struct __attribute__((packed, may_alias)) half {
    uint64_t all;
};
/* And what a register holds. */
struct __attribute__((packed, may_alias)) word {
    unsigned long all;
};

static inline void move_block(void *to, const void *from)
{
    const struct block *f = from;
    struct block *t = to;
    uint64_t low = f->low, high = f->high;
    t->low = low;
    t->high = high;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;
#ifndef __OPTIMIZE_SIZE__
    for (; n >= 4 * sizeof(struct block); n -= 4 * sizeof(struct block)) {
        move_block(t, f);
        move_block((struct block *)t + 1, (const struct block *)f + 1);
        move_block((struct block *)t + 2, (const struct block *)f + 2);
        move_block((struct block *)t + 3, (const struct block *)f + 3);
        t += 4 * sizeof(struct block);
        f += 4 * sizeof(struct block);
    }
#endif
    for (; n >= sizeof(struct block); n -= sizeof(struct block)) {
        move_block(t, f);
        t += sizeof(struct block);
        f += sizeof(struct block);
    }
#ifndef __OPTIMIZE_SIZE__
    if (n >= sizeof(struct half)) {
        /* Two halves that overlap are up to sixteen bytes. */
        uint64_t first = ((const struct half *)f)->all;
        uint64_t last = ((const struct half *)(f + n - sizeof(struct half)))->all;
        ((struct half *)t)->all = first;
        ((struct half *)(t + n - sizeof(struct half)))->all = last;
        return to;
    }
#endif
    while (n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    /* Each block is loaded before it is stored, so forwards is right whenever `to` lies before. */
    if ((uintptr_t)t - (uintptr_t)f >= n) {
        for (; n >= sizeof(struct block); n -= sizeof(struct block)) {
            move_block(t, f);
            t += sizeof(struct block);
            f += sizeof(struct block);
        }
        while (n--)
            *t++ = *f++;
        return to;
    }
    t += n;
    f += n;
    for (; n >= sizeof(struct block); n -= sizeof(struct block)) {
        t -= sizeof(struct block);
        f -= sizeof(struct block);
        move_block(t, f);
    }
    while (n--)
        *--t = *--f;
    return to;
}

void *memset(void *at, int value, size_t n)
{
    uint8_t *t = at;
    uint64_t word = (uint8_t)value * 0x0101010101010101u;
    for (; n >= sizeof(struct block); n -= sizeof(struct block)) {
        ((struct block *)t)->low = word;
        ((struct block *)t)->high = word;
        t += sizeof(struct block);
    }
    while (n--)
        *t++ = (uint8_t)value;
    return at;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

#ifndef __OPTIMIZE_SIZE__
/* Of the word there, the highest bit of the first byte that is zero, and perhaps some behind it:
 * where a byte is zero, taking 1 from each borrows from the next. */
static inline unsigned long zeros(const char *at)
{
    const unsigned long ones = ~0ul / 255u, word = ((const struct word *)at)->all;
    return (word - ones) & ~word & (ones << 7);
}
#endif

size_t strnlen(const char *text, size_t limit)
{
    size_t n = 0;
#ifndef __OPTIMIZE_SIZE__
    for (; limit - n >= 2 * sizeof(struct word); n += 2 * sizeof(struct word)) {
        unsigned long first = zeros(text + n), second = zeros(text + n + sizeof(struct word));
        if (first)
            return n + (size_t)__builtin_ctzl(first) / 8u;
        if (second)
            return n + sizeof(struct word) + (size_t)__builtin_ctzl(second) / 8u;
    }
#endif
    while (n < limit && text[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

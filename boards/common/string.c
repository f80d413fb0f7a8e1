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
    for (; n >= sizeof(struct block); n -= sizeof(struct block)) {
        move_block(t, f);
        t += sizeof(struct block);
        f += sizeof(struct block);
    }
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

size_t strnlen(const char *text, size_t limit)
{
    size_t n = 0;
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

#include "aw/inet_sum.h"

#include "aw/mem.h"

/* A sum whose carries come in again at the bottom, as in a ones' complement sum of any width. */
static uint64_t add(uint64_t sum, uint64_t word)
{
    uint64_t wide = sum + word;
    return wide + (wide < word);
}

/* An aligned one, in a single load where nothing else is allowed, too. */
static uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    __builtin_memcpy(&word, __builtin_assume_aligned(p, 8), sizeof word);
    return word;
}

/* The first n bytes of a word, the others 0. */
static uint64_t load_part(const uint8_t *p, uint32_t n)
{
    uint64_t word = 0;
    memcpy(&word, p, n);
    return word;
}

uint16_t aw_inet_sum(const void *bytes, uint32_t n)
{
    const uint8_t *p = bytes;
    const uint32_t misplaced = (uint32_t)((uintptr_t)p % 8u);
    uint64_t sum = 0;
    if (misplaced && n > 0) {
        /* Where these bytes lie in the aligned word around them, so that all words that follow
         * are aligned. */
        uint32_t head = 8u - misplaced < n ? 8u - misplaced : n;
        _Alignas(8) uint8_t word[8] = {0};
        memcpy(word + misplaced, p, head);
        sum = load_word(word);
        p += head;
        n -= head;
    }
    for (; n >= 32; n -= 32, p += 32) {
        sum = add(add(sum, load_word(p)), load_word(p + 8));
        sum = add(add(sum, load_word(p + 16)), load_word(p + 24));
    }
    for (; n >= 8; n -= 8, p += 8)
        sum = add(sum, load_word(p));
    sum = add(sum, load_part(p, n));
    sum = (sum >> 32) + (sum & UINT32_MAX);
    sum = (sum >> 32) + (sum & UINT32_MAX);
    sum = (sum >> 16) + (sum & UINT16_MAX);
    sum = (sum >> 16) + (sum & UINT16_MAX);
    sum = (sum >> 16) + (sum & UINT16_MAX);
    /* Bytes that began at an odd address have changed places. */
    return (uint16_t)(misplaced % 2 ? sum << 8 | sum >> 8 : sum);
}

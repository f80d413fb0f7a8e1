#include "aw/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64u - bits);
}

static void sip_rounds(struct state *s, unsigned count)
{
    while (count--) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static uint64_t little_endian(const uint8_t *bytes, uint32_t n)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8u * i);
    return word;
}

static void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_rounds(s, 2);
    s->v0 ^= word;
}

uint64_t aw_siphash(const uint8_t key[AW_SIPHASH_KEY_BYTES], const void *bytes, uint32_t n)
{
    uint64_t k0 = little_endian(key, 8), k1 = little_endian(key + 8, 8);
    struct state s = {
        .v0 = k0 ^ 0x736f6d6570736575u,
        .v1 = k1 ^ 0x646f72616e646f6du,
        .v2 = k0 ^ 0x6c7967656e657261u,
        .v3 = k1 ^ 0x7465646279746573u,
    };
    const uint8_t *at = bytes;
    uint32_t left = n;
    for (; left >= 8; left -= 8, at += 8)
        absorb(&s, little_endian(at, 8));
    /* The last word ends with the length modulo 256. */
    absorb(&s, little_endian(at, left) | (uint64_t)n << 56);
    s.v2 ^= 0xff;
    sip_rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        return (c | 0x20) - 'a' + 10;
    return -1;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool aw_siphash_key(const char *text, uint32_t size, uint8_t key_out[AW_SIPHASH_KEY_BYTES])
{
    while (size > 0 && is_space(text[size - 1]))
        size--;
    while (size > 0 && is_space(text[0]))
        text++, size--;
    if (size != 2 * AW_SIPHASH_KEY_BYTES)
        return false;
    for (uint32_t i = 0; i < size; i++)
        if (digit_value(text[i]) < 0)
            return false;
    for (uint32_t i = 0; i < AW_SIPHASH_KEY_BYTES; i++)
        key_out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    return true;
}

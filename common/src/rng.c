#include "aw/rng.h"

static int8_t symmetric(int8_t value)
{
    return value == -128 ? (int8_t)-127 : value;
}

static int8_t byte_of(uint32_t word, uint32_t k)
{
    return (int8_t)(uint8_t)(word >> (8 * k));
}

void aw_rng_weights(uint32_t seed, uint32_t n, int8_t *out)
{
    uint32_t i = 0;
    for (; n - i >= 4; i += 4) {
        uint32_t word = aw_rng_word(seed, i / 4);
        for (uint32_t k = 0; k < 4; k++)
            out[i + k] = symmetric(byte_of(word, k));
    }
    for (; i < n; i++)
        out[i] = symmetric(byte_of(aw_rng_word(seed, i / 4), i % 4));
}

void aw_rng_input(uint32_t seed, uint32_t n, int8_t *out)
{
    uint32_t i = 0;
    for (; n - i >= 4; i += 4) {
        uint32_t word = aw_rng_word(seed, i / 4);
        for (uint32_t k = 0; k < 4; k++)
            out[i + k] = byte_of(word, k);
    }
    for (; i < n; i++)
        out[i] = byte_of(aw_rng_word(seed, i / 4), i % 4);
}

void aw_rng_bias(uint32_t seed, uint32_t bits, uint32_t n, int32_t *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = (int32_t)aw_rng_word(seed ^ 0xB1A5B1A5u, i) >> (31 - bits);
}

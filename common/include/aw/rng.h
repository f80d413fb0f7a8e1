/* The seeded generator that makes synthetic weights, biases and inputs, equal on host and target.
 *
 * It is counter based: word i of stream `seed` is a 32-bit finaliser (MurmurHash3 fmix32, a public
 * domain mixer) of seed + i * 0x9E3779B9, so any part of a stream can be made by itself. */
#ifndef AW_RNG_H
#define AW_RNG_H

#include <stdint.h>

static inline uint32_t aw_rng_word(uint32_t seed, uint32_t index)
{
    uint32_t x = seed + index * 0x9E3779B9u;
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    x ^= x >> 16;
    return x;
}

/* Fills out[0..n) with values in [-127, 127]: value k is byte k % 4 (least significant first) of
 * word k / 4, with -128 replaced by -127. The range is symmetric so that kernels may add two int8
 * products in 16 bits. */
void aw_rng_weights(uint32_t seed, uint32_t n, int8_t *out);

/* Fills out[0..n) with values in [-128, 127] by the same rule without the replacement. */
void aw_rng_input(uint32_t seed, uint32_t n, int8_t *out);

/* Fills out[0..n) with values in [-2^bits, 2^bits): the top bits + 1 bits of word k, sign extended.
 * bits is 1..30. The stream is word k of seed ^ 0xB1A5B1A5, apart from the weights of that seed. */
void aw_rng_bias(uint32_t seed, uint32_t bits, uint32_t n, int32_t *out);

#endif

#include "spaces/rng.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void awh_space_rng_init(struct awh_space_rng *rng, uint64_t seed, uint64_t index)
{
    rng->state = mix(mix(seed + UINT64_C(0x9E3779B97F4A7C15)) + index);
}

uint32_t awh_space_rng_below(struct awh_space_rng *rng, uint32_t n)
{
    rng->state += UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(((mix(rng->state) >> 32) * n) >> 32);
}

/* The seeded generator behind sampling: SplitMix64, one stream a seed, one start an architecture.
 */
#ifndef AWH_SPACE_RNG_H
#define AWH_SPACE_RNG_H

#include <stdint.h>

struct awh_space_rng {
    uint64_t state;
};

/* Index of what is drawn from a list of primitives rather than for an architecture. */
#define AWH_SPACE_RNG_PRIMITIVES UINT64_MAX

void awh_space_rng_init(struct awh_space_rng *rng, uint64_t seed, uint64_t index);
/* 0..n-1; n is at least 1. */
uint32_t awh_space_rng_below(struct awh_space_rng *rng, uint32_t n);

#endif

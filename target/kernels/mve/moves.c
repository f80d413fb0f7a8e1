/* Layers that move values (moves.h), 16 at a time. */
#include "mve.h"

struct moves {
    int32_t align; /* of VRSHL */
    struct mve_clamp clamp;
};

MVE_INLINE struct moves moves_of(const struct aw_plan *plan, int align)
{
    return (struct moves){.align = -align, .clamp = mve_clamp_of(plan)};
}

static void moves_put(int8_t *out, const int8_t *in, uint32_t n, const struct moves *m)
{
    for (int32_t left = (int32_t)n; left > 0; left -= 16, in += 16, out += 16) {
        int8x16_t value = vqrshlq_n_s8(vrshlq_n_s8(vld1q_s8(in), m->align), m->clamp.shift);
        mve_store(out, mve_clamp16(value, &m->clamp), (uint32_t)left);
    }
}

#include "../moves.h"

MOVES_RUN(mve_concat_run, moves_concat)
MOVES_RUN(mve_pad_run, moves_pad)
MOVES_RUN(mve_slice_run, moves_slice)
MOVES_RUN(mve_zero_run, moves_zero)

/* Layers that move values (moves.h), 16 at a time. */
#include "neon.h"

struct moves {
    int8x16_t align, shift;
    struct neon_finish finish;
};

NEON_INLINE struct moves moves_of(const struct aw_plan *plan, int align)
{
    return (struct moves){
        .align = vdupq_n_s8((int8_t)-align),
        .shift = vdupq_n_s8((int8_t)-plan->shift),
        .finish = neon_finish_of(plan),
    };
}

NEON_INLINE int8x16_t move16(const int8_t *in, const struct moves *m)
{
    return neon_clamp(vqrshlq_s8(vrshlq_s8(vld1q_s8(in), m->align), m->shift), &m->finish);
}

static void moves_put(int8_t *out, const int8_t *in, uint32_t n, const struct moves *m)
{
    for (; n >= 16; n -= 16, in += 16, out += 16)
        vst1q_s8(out, move16(in, m));
    if (n > 0)
        neon_store_part(out, move16(in, m), n);
}

#include "../moves.h"

MOVES_RUN(neon_concat_run, moves_concat)
MOVES_RUN(neon_pad_run, moves_pad)
MOVES_RUN(neon_slice_run, moves_slice)
MOVES_RUN(neon_zero_run, moves_zero)

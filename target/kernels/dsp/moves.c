/* Layers that move values (moves.h), 4 at a time. */
#include "dsp.h"

struct moves {
    struct dsp_finish align, finish;
    bool aligns, shifts;
};

DSP_INLINE struct moves moves_of(const struct aw_plan *plan, int align)
{
    return (struct moves){
        .align = dsp_finish_shift(align, INT8_MIN, INT8_MAX),
        .finish = dsp_finish_of(plan),
        .aligns = align != 0,
        .shifts = plan->shift != 0,
    };
}

static void moves_put(int8_t *out, const int8_t *in, uint32_t n, const struct moves *m)
{
    for (int32_t left = (int32_t)n; left > 0; left -= 4, in += 4, out += 4) {
        uint32_t q = dsp_load(in);
        if (m->aligns)
            q = dsp_finish_bytes(q, &m->align);
        q = m->shifts ? dsp_finish_bytes(q, &m->finish) : dsp_clamp4(q, &m->finish);
        dsp_store_part(out, q, left < 4 ? (uint32_t)left : 4);
    }
}

#include "../moves.h"

MOVES_RUN(dsp_concat_run, moves_concat)
MOVES_RUN(dsp_pad_run, moves_pad)
MOVES_RUN(dsp_slice_run, moves_slice)
MOVES_RUN(dsp_zero_run, moves_zero)

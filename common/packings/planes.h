/* What the packings of small kernel sets share: depthwise weights channel by channel, for kernels
 * that work on planes of one channel. */
#ifndef AW_PACKINGS_PLANES_H
#define AW_PACKINGS_PLANES_H

#include "aw/op.h"

/* Beyond it, the rows that one window touches could leave 32 bits. */
#define AW_PLANES_MAX_COLUMNS (UINT64_C(1) << 23)

static inline bool aw_planes_fit(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    uint64_t rows = (uint64_t)(l->kernel_h - 1) * l->dilation_h + 1;
    uint64_t columns = plan->out.w + (uint64_t)l->kernel_w * l->dilation_w;
    return rows * columns * l->stride_w <= AW_PLANES_MAX_COLUMNS;
}

/* [channel][row of taps][row_taps]: a row is filled up with 0. */
static inline void aw_planes_pack(const struct aw_plan *plan, uint32_t row_taps,
                                  const int8_t *canonical, int8_t *packed)
{
    const uint32_t ch = plan->in0.c, kernel_h = plan->layer.kernel_h;
    for (uint32_t ky = 0; ky < kernel_h; ky++)
        for (uint32_t kx = 0; kx < plan->layer.kernel_w; kx++)
            for (uint32_t c = 0; c < ch; c++)
                packed[(c * kernel_h + ky) * row_taps + kx] = *canonical++;
}

#endif

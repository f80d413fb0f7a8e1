/* Orders of weights that the kernels of this set read; no instruction of theirs is needed to make
 * them.
 */
#include <stddef.h>

#include "aw/mem.h"
#include "pack.h"

static uint32_t round_up(uint32_t n, uint32_t step)
{
    return (n + step - 1) / step * step;
}

static uint32_t conv_depth(const struct aw_plan *plan)
{
    return (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w * plan->in0.c;
}

uint32_t mve_conv2d_packed_bytes(const struct aw_plan *plan)
{
    return round_up(plan->out.c, 2) * round_up(conv_depth(plan), 16);
}

/* [pair of channels][step][channel][16]; what is missing is 0. */
void mve_conv2d_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const uint32_t depth = conv_depth(plan), padded = round_up(depth, 16);
    memset(packed, 0, mve_conv2d_packed_bytes(plan));
    for (uint32_t o = 0; o < plan->out.c; o++) {
        int8_t *to = packed + (size_t)(o / 2) * 2 * padded + o % 2 * 16;
        for (uint32_t k = 0; k < depth; k++)
            to[k / 16 * 32 + k % 16] = *canonical++;
    }
}

uint32_t mve_dw_packed_bytes(const struct aw_plan *plan)
{
    return plan->weight_count;
}

/* Channel by channel. */
void mve_dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const uint32_t ch = plan->in0.c, taps = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w;
    for (uint32_t tap = 0; tap < taps; tap++)
        for (uint32_t c = 0; c < ch; c++)
            packed[(size_t)c * taps + tap] = *canonical++;
}

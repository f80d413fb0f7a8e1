/* Orders of weights that the kernels of this set read; no instruction of theirs is needed to make
 * them.
 */
#include "dsp.h"

uint32_t dsp_conv2d_packed_bytes(const struct aw_plan *plan)
{
    uint32_t depth = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w * plan->in0.c;
    return dsp_round_up(plan->out.c, 2) * dsp_round_up(depth, 4);
}

/* Pairs of channels; of each, depth in steps of 4: k, k + 2, then k + 1, k + 3, where every k is
 * the two channels' bytes. The even bytes of a word are then one channel, its odd ones the other,
 * and both meet the halves that SXTB16 makes of 4 inputs. What is missing is 0. */
void dsp_conv2d_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    uint32_t depth = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w * plan->in0.c;
    memset(packed, 0, dsp_conv2d_packed_bytes(plan));
    for (uint32_t o = 0; o < plan->out.c; o++) {
        int8_t *pair = packed + (size_t)(o / 2) * 2 * dsp_round_up(depth, 4) + o % 2;
        for (uint32_t k = 0; k < depth; k++) {
            uint32_t place = k % 4 == 1 ? 2 : k % 4 == 2 ? 1 : k % 4;
            pair[2 * (k / 4 * 4 + place)] = *canonical++;
        }
    }
}

static uint32_t dw_row_taps(const struct aw_plan *plan)
{
    return dsp_round_up(plan->layer.kernel_w, 4);
}

uint32_t dsp_dw_packed_bytes(const struct aw_plan *plan)
{
    return plan->in0.c * plan->layer.kernel_h * dw_row_taps(plan);
}

/* Channel by channel, every row of taps filled up with 0 to whole words. */
void dsp_dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const uint32_t ch = plan->in0.c, kernel_h = plan->layer.kernel_h,
                   kernel_w = plan->layer.kernel_w;
    memset(packed, 0, dsp_dw_packed_bytes(plan));
    for (uint32_t ky = 0; ky < kernel_h; ky++)
        for (uint32_t kx = 0; kx < kernel_w; kx++)
            for (uint32_t c = 0; c < ch; c++)
                packed[(c * kernel_h + ky) * dw_row_taps(plan) + kx] = *canonical++;
}

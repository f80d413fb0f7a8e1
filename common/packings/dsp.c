/* Packing of the kernels for Cortex-M4 and M7, which widen bytes to halves of a word: the even
 * ones, or the odd ones.
 *
 * Convolutions: pairs of output channels; of each, the window in steps of 4: k, k +
 * 2, then k + 1, k + 3, where every k is the two channels' bytes. The even bytes of a word are then
 * one channel, its odd ones the other, and both meet the halves that 4 inputs widen to. Depthwise:
 * channel by channel, every row of taps filled up to whole words. What is missing is 0. */
#include "aw/mem.h"
#include "aw/packing.h"
#include "aw/size.h"
#include "conv.h"
#include "dsp.h"
#include "planes.h"

#include <stddef.h>

/* Beyond it, packed sizes could leave 32 bits. */
#define MAX_WEIGHTS (UINT32_C(1) << 28)

static bool conv_takes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_DSP_BUNDLE);
    return aw_bundles_fit(plan, &b, MAX_WEIGHTS, 2, 4);
}

static uint32_t conv_bytes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_DSP_BUNDLE);
    return b.count * (uint32_t)aw_bundle_bytes(&b, 2, 4);
}

static inline uint32_t conv_place(uint32_t c, uint32_t k, uint32_t pair)
{
    static const uint8_t places[4] = {0, 2, 1, 3};
    return c / 2 * pair + c % 2 + 2 * (k / 4 * 4 + places[k % 4]);
}

static void conv_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_DSP_BUNDLE);
    memset(packed, 0, conv_bytes(plan));
    for (uint32_t n = 0; n < b.count; n++, packed += aw_bundle_bytes(&b, 2, 4))
        canonical = aw_bundle_pack(plan, &b, 0, b.outs, canonical, conv_place,
                                   2 * aw_round_up_u32(b.depth, 4), packed);
}

static bool dw_takes(const struct aw_plan *plan)
{
    return plan->layer.dilation_w == 1 && plan->layer.stride_w <= 2 && aw_planes_fit(plan);
}

static uint32_t dw_bytes(const struct aw_plan *plan)
{
    return plan->in0.c * plan->layer.kernel_h * aw_round_up_u32(plan->layer.kernel_w, 4);
}

static void dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    memset(packed, 0, dw_bytes(plan));
    aw_planes_pack(plan, aw_round_up_u32(plan->layer.kernel_w, 4), canonical, packed);
}

static const struct aw_packing_form forms[] = {
    {.op = AW_OP_CONV2D, .takes = conv_takes, .bytes = conv_bytes, .pack = conv_pack},
    {.op = AW_OP_DWCONV2D, .takes = dw_takes, .bytes = dw_bytes, .pack = dw_pack},
};

const struct aw_packing aw_packing_dsp = {
    .name = "dsp",
    .id = AW_PACKING_dsp,
    .forms = forms,
    .form_count = sizeof forms / sizeof forms[0],
};

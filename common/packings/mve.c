/* Packing of the kernels for Cortex-M55, whose vectors are 16 bytes.
 *
 * Convolutions: pairs of output channels; of each, the window in steps of 16:
 * [step][channel][16], filled up with 0. Depthwise: channel by channel. */
#include "aw/mem.h"
#include "aw/packing.h"
#include "aw/size.h"
#include "conv.h"
#include "mve.h"
#include "planes.h"

#include <stddef.h>

#define STEP 16u
/* Beyond it, packed sizes could leave 32 bits. */
#define MAX_WEIGHTS (UINT32_C(1) << 27)
/* The kernel gathers 8 pixels by offsets of 16 bits. */
#define MAX_DW_CHANNELS 8192u

static bool conv_takes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_MVE_BUNDLE);
    return aw_bundles_fit(plan, &b, MAX_WEIGHTS, 2, STEP);
}

static uint32_t conv_bytes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_MVE_BUNDLE);
    return b.count * (uint32_t)aw_bundle_bytes(&b, 2, STEP);
}

static inline uint32_t conv_place(uint32_t c, uint32_t k, uint32_t pair)
{
    return c / 2 * pair + c % 2 * STEP + k / STEP * 2 * STEP + k % STEP;
}

static void conv_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_MVE_BUNDLE);
    memset(packed, 0, conv_bytes(plan));
    for (uint32_t n = 0; n < b.count; n++, packed += aw_bundle_bytes(&b, 2, STEP))
        canonical = aw_bundle_pack(plan, &b, 0, b.outs, canonical, conv_place,
                                   2 * aw_round_up_u32(b.depth, STEP), packed);
}

static bool dw_takes(const struct aw_plan *plan)
{
    return plan->layer.stride_w <= 2 && plan->in0.c <= MAX_DW_CHANNELS && aw_planes_fit(plan);
}

static uint32_t dw_bytes(const struct aw_plan *plan)
{
    return plan->weight_count;
}

static void dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    aw_planes_pack(plan, plan->layer.kernel_w, canonical, packed);
}

static const struct aw_packing_form forms[] = {
    {.op = AW_OP_CONV2D, .takes = conv_takes, .bytes = conv_bytes, .pack = conv_pack},
    {.op = AW_OP_DWCONV2D, .takes = dw_takes, .bytes = dw_bytes, .pack = dw_pack},
};

const struct aw_packing aw_packing_mve = {
    .name = "mve",
    .id = AW_PACKING_mve,
    .forms = forms,
    .form_count = sizeof forms / sizeof forms[0],
};

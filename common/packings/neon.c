/* Packings of the NEON kernels, A64 and A32.
 *
 * Convolutions: output channels in blocks of 16, the last one of 8 when that is
 * enough; in a block [step][pair][channel][2], a step being two pairs of neighbours along the
 * window. Depthwise: [block][tap][channel], the channels of a block being those of a vector. The
 * last block of a layer that has a full one reaches back so that it is full too. */
#include "conv.h"
#include "neon.h"

#include "aw/mem.h"
#include "aw/packing.h"
#include "aw/size.h"

#include <stddef.h>

/* Beyond it, packed sizes could leave 32 bits. */
#define MAX_WEIGHTS (UINT32_C(1) << 28)
/* Beyond it, the rows that one depthwise window touches could leave 32 bits. */
#define MAX_WINDOW_COLUMNS (UINT64_C(1) << 23)

static bool conv_takes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_NEON_BUNDLE);
    return aw_bundles_fit(plan, &b, MAX_WEIGHTS, AW_NEON_HALF, AW_NEON_STEP);
}

static uint32_t conv_bytes(const struct aw_plan *plan)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_NEON_BUNDLE);
    return b.count * (uint32_t)aw_bundle_bytes(&b, AW_NEON_HALF, AW_NEON_STEP);
}

static inline uint32_t conv_place(uint32_t c, uint32_t k, uint32_t block)
{
    return (k / 2 * block + c) * 2 + k % 2;
}

static void conv_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    const struct aw_bundles b = aw_bundles_of(plan, AW_NEON_BUNDLE);
    const uint32_t padded_depth = aw_round_up_u32(b.depth, AW_NEON_STEP);
    memset(packed, 0, conv_bytes(plan));
    for (uint32_t n = 0; n < b.count; n++)
        for (uint32_t o = 0; o < b.outs;) {
            uint32_t block = aw_neon_block(b.outs - o), end = o + aw_min_u32(block, b.outs - o);
            canonical = aw_bundle_pack(plan, &b, o, end, canonical, conv_place, block, packed);
            packed += (size_t)block * padded_depth;
            o = end;
        }
}

static bool dw_takes(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    uint64_t rows = (uint64_t)(l->kernel_h - 1) * l->dilation_h + 1;
    uint64_t columns = plan->out.w + (uint64_t)l->kernel_w * l->dilation_w;
    return rows * columns * l->stride_w <= MAX_WINDOW_COLUMNS;
}

static uint32_t dw_bytes(const struct aw_plan *plan, uint32_t block)
{
    return (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w *
           aw_round_up_u32(plan->in0.c, block);
}

static void dw_pack(const struct aw_plan *plan, uint32_t block, const int8_t *canonical,
                    int8_t *packed)
{
    uint32_t taps = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w, ch = plan->in0.c;
    memset(packed, 0, dw_bytes(plan, block));
    for (uint32_t at = 0; at < ch; at += block)
        for (uint32_t tap = 0; tap < taps; tap++, packed += block)
            memcpy(packed, canonical + (size_t)tap * ch + aw_neon_dw_start(at, ch, block),
                   aw_min_u32(ch, block));
}

static uint32_t dw16_bytes(const struct aw_plan *plan)
{
    return dw_bytes(plan, AW_NEON_DW_A64);
}

static void dw16_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    dw_pack(plan, AW_NEON_DW_A64, canonical, packed);
}

static uint32_t dw8_bytes(const struct aw_plan *plan)
{
    return dw_bytes(plan, AW_NEON_DW_A32);
}

static void dw8_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    dw_pack(plan, AW_NEON_DW_A32, canonical, packed);
}

static const struct aw_packing_form a64_forms[] = {
    {.op = AW_OP_CONV2D, .takes = conv_takes, .bytes = conv_bytes, .pack = conv_pack},
    {.op = AW_OP_DWCONV2D, .takes = dw_takes, .bytes = dw16_bytes, .pack = dw16_pack},
};

static const struct aw_packing_form a32_forms[] = {
    {.op = AW_OP_CONV2D, .takes = conv_takes, .bytes = conv_bytes, .pack = conv_pack},
    {.op = AW_OP_DWCONV2D, .takes = dw_takes, .bytes = dw8_bytes, .pack = dw8_pack},
};

const struct aw_packing aw_packing_neon_a64 = {
    .name = "neon-a64",
    .id = AW_PACKING_neon_a64,
    .forms = a64_forms,
    .form_count = sizeof a64_forms / sizeof a64_forms[0],
};

const struct aw_packing aw_packing_neon_a32 = {
    .name = "neon-a32",
    .id = AW_PACKING_neon_a32,
    .forms = a32_forms,
    .form_count = sizeof a32_forms / sizeof a32_forms[0],
};

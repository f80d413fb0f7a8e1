#include <stddef.h>

#include "../references.h"
#include "dsp.h"

const struct awt_kernel awt_kernels[] = {
    {
        .name = "conv2d_dsp",
        .op = AW_OP_CONV2D,
        .packed = true,
        .scratch_bytes = dsp_conv2d_scratch_bytes,
        .run = dsp_conv2d_run,
    },
    {
        .name = "dwconv2d_dsp",
        .op = AW_OP_DWCONV2D,
        .packed = true,
        .scratch_bytes = dsp_dw_scratch_bytes,
        .run = dsp_dw_run,
    },
    {.name = "gap_dsp", .op = AW_OP_GAP, .supports = dsp_gap_supports, .run = dsp_gap_run},
    {.name = "add_dsp", .op = AW_OP_ADD, .run = dsp_add_run},
    {.name = "mul_dsp", .op = AW_OP_MUL, .run = dsp_mul_run},
    {.name = "act_dsp", .op = AW_OP_ACT, .run = dsp_act_run},
    {.name = "maxpool_dsp", .op = AW_OP_MAXPOOL, .run = dsp_maxpool_run},
    {
        .name = "avgpool_dsp",
        .op = AW_OP_AVGPOOL,
        .supports = dsp_avgpool_supports,
        .run = dsp_avgpool_run,
    },
    {.name = "concat_dsp", .op = AW_OP_CONCAT, .run = dsp_concat_run},
    {.name = "pad_dsp", .op = AW_OP_PAD, .run = dsp_pad_run},
    {.name = "slice_dsp", .op = AW_OP_SLICE, .run = dsp_slice_run},
    {.name = "zero_dsp", .op = AW_OP_ZERO, .run = dsp_zero_run},
#define AW_OP(id, number, folder) {.name = "ref", .op = AW_OP_##id, .run = awt_reference_##folder},
#include "ops.def"
#undef AW_OP
    {.run = NULL},
};

const char awt_kernel_set[] = "dsp";
const struct aw_packing *const awt_packing = &aw_packing_dsp;

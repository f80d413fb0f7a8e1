#include <stddef.h>

#include "../references.h"
#include "mve.h"

const struct awt_kernel awt_kernels[] = {
    {
        .name = "conv2d_mve",
        .op = AW_OP_CONV2D,
        .packed = true,
        .scratch_bytes = mve_conv2d_scratch_bytes,
        .run = mve_conv2d_run,
    },
    {
        .name = "dwconv2d_mve",
        .op = AW_OP_DWCONV2D,
        .packed = true,
        .scratch_bytes = mve_dw_scratch_bytes,
        .run = mve_dw_run,
    },
    {.name = "gap_mve", .op = AW_OP_GAP, .supports = mve_gap_supports, .run = mve_gap_run},
    {.name = "add_mve", .op = AW_OP_ADD, .run = mve_add_run},
    {.name = "mul_mve", .op = AW_OP_MUL, .run = mve_mul_run},
    {.name = "act_mve", .op = AW_OP_ACT, .run = mve_act_run},
    {.name = "maxpool_mve", .op = AW_OP_MAXPOOL, .run = mve_maxpool_run},
    {
        .name = "avgpool_mve",
        .op = AW_OP_AVGPOOL,
        .supports = mve_avgpool_supports,
        .run = mve_avgpool_run,
    },
    {.name = "concat_mve", .op = AW_OP_CONCAT, .run = mve_concat_run},
    {.name = "pad_mve", .op = AW_OP_PAD, .run = mve_pad_run},
    {.name = "slice_mve", .op = AW_OP_SLICE, .run = mve_slice_run},
    {.name = "zero_mve", .op = AW_OP_ZERO, .run = mve_zero_run},
#define AW_OP(id, number, folder) {.name = "ref", .op = AW_OP_##id, .run = awt_reference_##folder},
#include "ops.def"
#undef AW_OP
    {.run = NULL},
};

const char awt_kernel_set[] = "mve";
const struct aw_packing *const awt_packing = &aw_packing_mve;

#include <stddef.h>

#include "../references.h"
#include "neon.h"

const struct awt_kernel awt_kernels[] = {
    {
        .name = "conv2d_neon",
        .op = AW_OP_CONV2D,
        .packed = true,
        .scratch_bytes = neon_conv2d_scratch_bytes,
        .run = neon_conv2d_run,
    },
    {
        .name = "dwconv2d_3x3_neon",
        .op = AW_OP_DWCONV2D,
        .packed = true,
        .supports = neon_dw3_supports,
        .run = neon_dw3_run,
    },
    {
        .name = "dwconv2d_neon",
        .op = AW_OP_DWCONV2D,
        .packed = true,
        .scratch_bytes = neon_dw_scratch_bytes,
        .run = neon_dw_run,
    },
    {.name = "gap_neon", .op = AW_OP_GAP, .supports = neon_gap_supports, .run = neon_gap_run},
    {.name = "add_neon", .op = AW_OP_ADD, .run = neon_add_run},
    {.name = "mul_neon", .op = AW_OP_MUL, .run = neon_mul_run},
    {.name = "act_neon", .op = AW_OP_ACT, .run = neon_act_run},
    {.name = "maxpool_neon", .op = AW_OP_MAXPOOL, .run = neon_maxpool_run},
    {
        .name = "avgpool_neon",
        .op = AW_OP_AVGPOOL,
        .supports = neon_avgpool_supports,
        .run = neon_avgpool_run,
    },
    {.name = "concat_neon", .op = AW_OP_CONCAT, .run = neon_concat_run},
    {.name = "pad_neon", .op = AW_OP_PAD, .run = neon_pad_run},
    {.name = "slice_neon", .op = AW_OP_SLICE, .run = neon_slice_run},
    {.name = "zero_neon", .op = AW_OP_ZERO, .run = neon_zero_run},
#define AW_OP(id, number, folder) {.name = "ref", .op = AW_OP_##id, .run = awt_reference_##folder},
#include "ops.def"
#undef AW_OP
    {.run = NULL},
};

#ifdef __aarch64__
const char awt_kernel_set[] = "neon-a64";
const struct aw_packing *const awt_packing = &aw_packing_neon_a64;
#else
const char awt_kernel_set[] = "neon-a32";
const struct aw_packing *const awt_packing = &aw_packing_neon_a32;
#endif

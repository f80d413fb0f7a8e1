#include <stddef.h>

#include "../references.h"
#include "mve.h"

const struct awt_kernel awt_kernels[] = {
    {
        .name = "conv2d_mve",
        .op = AW_OP_CONV2D,
        .supports = mve_conv2d_supports,
        .packed_bytes = mve_conv2d_packed_bytes,
        .pack = mve_conv2d_pack,
        .scratch_bytes = mve_conv2d_scratch_bytes,
        .run = mve_conv2d_run,
    },
    {
        .name = "dwconv2d_mve",
        .op = AW_OP_DWCONV2D,
        .supports = mve_dw_supports,
        .packed_bytes = mve_dw_packed_bytes,
        .pack = mve_dw_pack,
        .scratch_bytes = mve_dw_scratch_bytes,
        .run = mve_dw_run,
    },
#define AW_OP(id, number, folder) {.name = "ref", .op = AW_OP_##id, .run = awt_reference_##folder},
#include "ops.def"
#undef AW_OP
    {.run = NULL},
};

const char awt_kernel_set[] = "mve";
void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n)
{
    aw_table_apply(table, data, n);
}

/* The kernel set of boards without vector kernels of their own. */
#include "../references.h"

#include <stddef.h>

const struct awt_kernel awt_kernels[] = {
#define AW_OP(id, number, folder) {.name = "ref", .op = AW_OP_##id, .run = awt_reference_##folder},
#include "ops.def"
#undef AW_OP
    {.run = NULL},
};

const char awt_kernel_set[] = "ref";
const struct aw_packing *const awt_packing = NULL;

void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n)
{
    aw_table_apply(table, data, n);
}

#include "awt/kernel.h"

#include <stddef.h>

const struct awt_kernel *awt_kernel_find(const struct aw_plan *plan)
{
    bool packed = aw_packing_form_of(awt_packing, plan) != NULL;
    for (const struct awt_kernel *kernel = awt_kernels; kernel->run != NULL; kernel++)
        if (kernel->op == plan->layer.op && kernel->packed == packed &&
            (kernel->supports == NULL || kernel->supports(plan)))
            return kernel;
    return NULL;
}

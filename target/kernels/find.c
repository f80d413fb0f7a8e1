#include "awt/kernel.h"

#include <stddef.h>

const struct awt_kernel *awt_kernel_find(const struct aw_plan *plan)
{
    for (const struct awt_kernel *kernel = awt_kernels; kernel->run != NULL; kernel++)
        if (kernel->op == plan->layer.op && (kernel->supports == NULL || kernel->supports(plan)))
            return kernel;
    return NULL;
}

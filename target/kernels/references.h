/* The references of common/ops as kernels; they close every set's list. */
#ifndef AWT_KERNELS_REFERENCES_H
#define AWT_KERNELS_REFERENCES_H

#include "awt/kernel.h"

#define AW_OP(id, number, folder)                                                                  \
    void awt_reference_##folder(const struct aw_plan *plan, const struct aw_buffers *buffers,      \
                                void *scratch);
#include "ops.def"
#undef AW_OP

#endif

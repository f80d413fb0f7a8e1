#include "references.h"

#define AW_OP(id, number, folder)                                                                  \
    void awt_reference_##folder(const struct aw_plan *plan, const struct aw_buffers *buffers,      \
                                void *scratch)                                                     \
    {                                                                                              \
        (void)scratch;                                                                             \
        aw_op_find(AW_OP_##id)->run(plan, buffers);                                                \
    }
#include "ops.def"
#undef AW_OP

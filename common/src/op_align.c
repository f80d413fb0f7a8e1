#include "op_impl.h"

/* A value shifted right by 8 or more is 0 already; the limit lets kernels shift in 32 bits. */
#define MAX_ALIGN_SHIFT 31

enum aw_err aw_align_plan(struct aw_plan *plan)
{
    int pos = aw_smaller_pos(plan);
    if (plan->in0_pos - pos > MAX_ALIGN_SHIFT || plan->in1_pos - pos > MAX_ALIGN_SHIFT)
        return AW_ERR_RANGE;
    plan->shift = (int8_t)(pos - plan->layer.mid_pos);
    return AW_OK;
}

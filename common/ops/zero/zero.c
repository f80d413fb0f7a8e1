/* Zeros; the input only gives the place in the order. */
#include "op_impl.h"

static enum aw_err zero_shape(const struct aw_layer *layer, struct aw_shape in0,
                              struct aw_shape in1, struct aw_shape *out)
{
    (void)layer;
    (void)in0;
    (void)in1;
    (void)out; /* any shape is right */
    return AW_OK;
}

static enum aw_err zero_plan(struct aw_plan *plan)
{
    plan->shift = 0;
    return AW_OK;
}

static void zero_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    for (uint32_t i = 0; i < plan->out_bytes; i++)
        aw_store(plan, buffers, i, 0);
}

const struct aw_op aw_op_zero = {
    .id = AW_OP_ZERO,
    .inputs = 1,
    .weighted = false,
    .name = "zero",
    .shape = zero_shape,
    .plan = zero_plan,
    .run = zero_run,
};

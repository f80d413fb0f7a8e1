/* An activation by itself: requantise and clamp; the table, if any, follows outside. */
#include "op_impl.h"

static enum aw_err act_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)layer;
    (void)in1;
    *out = in0;
    return AW_OK;
}

static enum aw_err act_plan(struct aw_plan *plan)
{
    plan->shift = (int8_t)(plan->in0_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void act_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    for (uint32_t i = 0; i < plan->out_bytes; i++)
        aw_store(plan, buffers, i, buffers->in0[i]);
}

const struct aw_op aw_op_act = {
    .id = AW_OP_ACT,
    .inputs = 1,
    .weighted = false,
    .in_place = true,
    .name = "act",
    .shape = act_shape,
    .plan = act_plan,
    .run = act_run,
};

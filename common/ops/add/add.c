/* Sum of two tensors of the same shape. */
#include "op_impl.h"

/* A value aligned by 8 or more is 0 already; the limit lets kernels shift in 32 bits. */
#define MAX_ALIGN_SHIFT 31

static int smaller_pos(const struct aw_plan *plan)
{
    return plan->in0_pos < plan->in1_pos ? plan->in0_pos : plan->in1_pos;
}

static enum aw_err add_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)layer;
    if (in0.h != in1.h || in0.w != in1.w || in0.c != in1.c)
        return AW_ERR_RANGE;
    *out = in0;
    return AW_OK;
}

static enum aw_err add_plan(struct aw_plan *plan)
{
    int pos = smaller_pos(plan);
    if (plan->in0_pos - pos > MAX_ALIGN_SHIFT || plan->in1_pos - pos > MAX_ALIGN_SHIFT)
        return AW_ERR_RANGE;
    plan->shift = (int8_t)(pos - plan->layer.mid_pos);
    return AW_OK;
}

static void add_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    int pos = smaller_pos(plan);
    int shift0 = plan->in0_pos - pos, shift1 = plan->in1_pos - pos;
    for (uint32_t i = 0; i < plan->out_bytes; i++) {
        int64_t sum =
            aw_round_shift(buffers->in0[i], shift0) + aw_round_shift(buffers->in1[i], shift1);
        aw_store(plan, buffers, i, sum);
    }
}

const struct aw_op aw_op_add = {
    .id = AW_OP_ADD,
    .inputs = 2,
    .weighted = false,
    .name = "add",
    .shape = add_shape,
    .plan = add_plan,
    .run = add_run,
};

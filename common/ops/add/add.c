/* Sum of two tensors of the same shape. */
#include "op_impl.h"

static enum aw_err add_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)layer;
    if (in0.h != in1.h || in0.w != in1.w || in0.c != in1.c)
        return AW_ERR_RANGE;
    *out = in0;
    return AW_OK;
}

static void add_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    int pos = aw_smaller_pos(plan);
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
    .in_place = true,
    .name = "add",
    .shape = add_shape,
    .plan = aw_align_plan,
    .run = add_run,
};

/* Product with one factor per channel (squeeze and excite). */
#include "op_impl.h"

static enum aw_err mul_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)layer;
    if (in1.h != 1 || in1.w != 1 || in1.c != in0.c)
        return AW_ERR_RANGE;
    *out = in0;
    return AW_OK;
}

static enum aw_err mul_plan(struct aw_plan *plan)
{
    plan->shift = (int8_t)(plan->in0_pos + plan->in1_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    uint32_t ch = plan->in0.c;
    for (uint32_t at = 0; at < plan->out_bytes; at += ch) {
        for (uint32_t c = 0; c < ch; c++) {
            int32_t product = buffers->in0[at + c] * buffers->in1[c];
            aw_store(plan, buffers, at + c, product);
        }
    }
}

const struct aw_op aw_op_mul = {
    .id = AW_OP_MUL,
    .inputs = 2,
    .weighted = false,
    .in_place = true,
    .name = "mul",
    .shape = mul_shape,
    .plan = mul_plan,
    .run = mul_run,
};

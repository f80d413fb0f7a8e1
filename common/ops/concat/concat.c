/* Two tensors of the same height and width, channels behind channels. */
#include "op_impl.h"

static enum aw_err concat_shape(const struct aw_layer *layer, struct aw_shape in0,
                                struct aw_shape in1, struct aw_shape *out)
{
    (void)layer;
    uint32_t ch = (uint32_t)in0.c + in1.c;
    if (in0.h != in1.h || in0.w != in1.w || ch > UINT16_MAX)
        return AW_ERR_RANGE;
    *out = (struct aw_shape){.h = in0.h, .w = in0.w, .c = (uint16_t)ch};
    return AW_OK;
}

static void put(const struct aw_plan *plan, const struct aw_buffers *buffers, uint32_t at,
                const int8_t *in, uint32_t n, int align_shift)
{
    for (uint32_t c = 0; c < n; c++)
        aw_store(plan, buffers, at + c, aw_round_shift(in[c], align_shift));
}

static void concat_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    int pos = aw_smaller_pos(plan);
    uint32_t pixels = (uint32_t)plan->out.h * plan->out.w, ch0 = plan->in0.c, ch1 = plan->in1.c;
    for (uint32_t i = 0; i < pixels; i++) {
        uint32_t at = i * (ch0 + ch1);
        put(plan, buffers, at, buffers->in0 + i * ch0, ch0, plan->in0_pos - pos);
        put(plan, buffers, at + ch0, buffers->in1 + i * ch1, ch1, plan->in1_pos - pos);
    }
}

const struct aw_op aw_op_concat = {
    .id = AW_OP_CONCAT,
    .inputs = 2,
    .weighted = false,
    .name = "concat",
    .shape = concat_shape,
    .plan = aw_align_plan,
    .run = concat_run,
};

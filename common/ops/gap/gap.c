/* Global average pooling. */
#include "op_impl.h"

/* Pixels for which pixels << 31 and twice that stay far inside 64 bits. */
#define MAX_PIXELS (UINT32_C(1) << 28)

static enum aw_err gap_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)layer;
    (void)in1;
    *out = (struct aw_shape){.h = 1, .w = 1, .c = in0.c};
    return AW_OK;
}

static enum aw_err gap_plan(struct aw_plan *plan)
{
    if ((uint32_t)plan->in0.h * plan->in0.w > MAX_PIXELS)
        return AW_ERR_RANGE;
    plan->divisor = (uint32_t)plan->in0.h * plan->in0.w;
    plan->shift = (int8_t)(plan->in0_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    uint32_t pixels = plan->divisor, ch = plan->in0.c;
    for (uint32_t c = 0; c < ch; c++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < pixels; i++)
            sum += buffers->in0[i * ch + c];
        aw_store_mean(plan, buffers, c, sum);
    }
}

const struct aw_op aw_op_gap = {
    .id = AW_OP_GAP,
    .inputs = 1,
    .weighted = false,
    .name = "gap",
    .shape = gap_shape,
    .plan = gap_plan,
    .run = gap_run,
};

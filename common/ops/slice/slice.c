/* Every stride-th row and column, from a first one on. */
#include "op_impl.h"

static bool count(uint32_t extent, uint32_t start, uint32_t stride, uint16_t *out)
{
    if (stride == 0 || start >= extent)
        return false;
    *out = (uint16_t)((extent - start - 1) / stride + 1);
    return true;
}

static enum aw_err slice_shape(const struct aw_layer *layer, struct aw_shape in0,
                               struct aw_shape in1, struct aw_shape *out)
{
    (void)in1;
    struct aw_shape shape = {.c = in0.c};
    if (!count(in0.h, layer->start_h, layer->stride_h, &shape.h) ||
        !count(in0.w, layer->start_w, layer->stride_w, &shape.w))
        return AW_ERR_RANGE;
    *out = shape;
    return AW_OK;
}

static enum aw_err slice_plan(struct aw_plan *plan)
{
    plan->shift = (int8_t)(plan->in0_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void slice_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const struct aw_layer *layer = &plan->layer;
    uint32_t ch = plan->out.c, at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++) {
            uint32_t y = layer->start_h + oy * layer->stride_h;
            uint32_t x = layer->start_w + ox * layer->stride_w;
            const int8_t *in = buffers->in0 + (y * plan->in0.w + x) * ch;
            for (uint32_t c = 0; c < ch; c++)
                aw_store(plan, buffers, at++, in[c]);
        }
}

const struct aw_op aw_op_slice = {
    .id = AW_OP_SLICE,
    .inputs = 1,
    .has = AW_HAS_STRIDE | AW_HAS_START,
    .weighted = false,
    .name = "slice",
    .shape = slice_shape,
    .plan = slice_plan,
    .run = slice_run,
};

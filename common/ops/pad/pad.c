/* Zeros around the input and in channels behind its own. */
#include "op_impl.h"

static enum aw_err pad_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                             struct aw_shape *out)
{
    (void)in1;
    uint32_t h = (uint32_t)in0.h + layer->pad_top + layer->pad_bottom;
    uint32_t w = (uint32_t)in0.w + layer->pad_left + layer->pad_right;
    uint32_t ch = (uint32_t)in0.c + layer->pad_channels;
    if (h > UINT16_MAX || w > UINT16_MAX || ch > UINT16_MAX)
        return AW_ERR_RANGE;
    *out = (struct aw_shape){.h = (uint16_t)h, .w = (uint16_t)w, .c = (uint16_t)ch};
    return AW_OK;
}

static enum aw_err pad_plan(struct aw_plan *plan)
{
    plan->shift = (int8_t)(plan->in0_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void put_zeros(const struct aw_plan *plan, const struct aw_buffers *buffers, uint32_t at,
                      uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        aw_store(plan, buffers, at + i, 0);
}

static void pad_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    uint32_t ch = plan->out.c, in_ch = plan->in0.c, at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, at += ch) {
            /* Wraps to a large number before the input. */
            uint32_t y = oy - plan->layer.pad_top, x = ox - plan->layer.pad_left;
            if (y >= plan->in0.h || x >= plan->in0.w) {
                put_zeros(plan, buffers, at, ch);
                continue;
            }
            const int8_t *in = buffers->in0 + (y * plan->in0.w + x) * in_ch;
            for (uint32_t c = 0; c < in_ch; c++)
                aw_store(plan, buffers, at + c, in[c]);
            put_zeros(plan, buffers, at + in_ch, ch - in_ch);
        }
}

const struct aw_op aw_op_pad = {
    .id = AW_OP_PAD,
    .inputs = 1,
    .has = AW_HAS_PADDING | AW_HAS_PAD_CHANNELS,
    .weighted = false,
    .name = "pad",
    .shape = pad_shape,
    .plan = pad_plan,
    .run = pad_run,
};

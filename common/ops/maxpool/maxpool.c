/* The largest value of a window; padding never wins. */
#include "op_impl.h"

#include "aw/size.h"

/* Channels that are compared together; the maxima live on the stack. */
#define BLOCK_CH 64u

static enum aw_err maxpool_shape(const struct aw_layer *layer, struct aw_shape in0,
                                 struct aw_shape in1, struct aw_shape *out)
{
    (void)in1;
    return aw_pool_shape(layer, in0, out);
}

static enum aw_err maxpool_plan(struct aw_plan *plan)
{
    plan->shift = (int8_t)(plan->in0_pos - plan->layer.mid_pos);
    return AW_OK;
}

static void take_larger(int8_t *restrict most, const int8_t *restrict in, uint32_t n)
{
    for (uint32_t c = 0; c < n; c++)
        most[c] = in[c] > most[c] ? in[c] : most[c];
}

/* Channels [first, first + n) of the output pixel that starts at element `at`, over the taps of its
 * window that lie inside the input. */
static void block(const struct aw_plan *plan, const struct aw_buffers *buffers,
                  const struct aw_window *window, uint32_t first, uint32_t n, uint32_t at)
{
    int8_t most[BLOCK_CH];
    for (uint32_t c = 0; c < n; c++)
        most[c] = -128;
    for (uint32_t y = window->y_first; y < window->y_end; y++)
        for (uint32_t x = window->x_first; x < window->x_end; x++)
            take_larger(most, buffers->in0 + (y * plan->in0.w + x) * plan->in0.c + first, n);
    for (uint32_t c = 0; c < n; c++)
        aw_store(plan, buffers, at + first + c, most[c]);
}

static void maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    uint32_t ch = plan->out.c, at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, at += ch) {
            struct aw_window window = aw_pool_window(plan, oy, ox);
            for (uint32_t first = 0; first < ch; first += BLOCK_CH)
                block(plan, buffers, &window, first, aw_min_u32(ch - first, BLOCK_CH), at);
        }
}

const struct aw_op aw_op_maxpool = {
    .id = AW_OP_MAXPOOL,
    .inputs = 1,
    .has = AW_HAS_WINDOW,
    .weighted = false,
    .name = "maxpool",
    .shape = maxpool_shape,
    .plan = maxpool_plan,
    .run = maxpool_run,
};

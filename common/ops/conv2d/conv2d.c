/* Convolution with groups, dilation and zero padding. */
#include "op_impl.h"

#include "aw/size.h"

static enum aw_err conv2d_shape(const struct aw_layer *layer, struct aw_shape in0,
                                struct aw_shape in1, struct aw_shape *out)
{
    (void)in1;
    struct aw_shape shape = {.c = out->c};
    if (layer->groups == 0 || in0.c % layer->groups != 0 || shape.c == 0 ||
        shape.c % layer->groups != 0)
        return AW_ERR_RANGE;
    enum aw_err err = aw_conv_window(layer, in0, &shape.h, &shape.w);
    if (err == AW_OK)
        *out = shape;
    return err;
}

static enum aw_err conv2d_plan(struct aw_plan *plan)
{
    const struct aw_layer *layer = &plan->layer;
    uint32_t products;
    if (!aw_mul_u32((uint32_t)layer->kernel_h * layer->kernel_w, plan->in0.c / layer->groups,
                    &products))
        return AW_ERR_RANGE;
    return aw_conv_plan(plan, products);
}

/* Plain on purpose: compilers turn it into widening multiply-adds. */
static int32_t dot(const int8_t *a, const int8_t *b, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* One output pixel: the taps of its window that lie inside the input, as stretches of memory that
 * are contiguous in both operands. Without groups and dilation a whole row of taps is one stretch.
 */
struct window {
    struct aw_taps y;
    uint32_t stretches, stretch;      /* a row of taps: how many, values in each */
    int64_t in_first, in_row, in_tap; /* offsets: first valid tap of tap row 0; row; stretch */
    uint32_t w_first, w_row;          /* the same in a filter, whose stretches adjoin */
};

static struct window window_at(const struct aw_plan *plan, uint32_t group_in, uint32_t oy,
                               uint32_t ox)
{
    const struct aw_layer *l = &plan->layer;
    int32_t y = (int32_t)(oy * l->stride_h) - l->pad_top;
    int32_t x = (int32_t)(ox * l->stride_w) - l->pad_left;
    struct aw_taps xs = aw_conv_taps(x, l->dilation_w, l->kernel_w, plan->in0.w);
    uint32_t taps_x = xs.end - xs.first;
    bool whole_rows = l->groups == 1 && l->dilation_w == 1 && taps_x > 0;
    int64_t pixel = plan->in0.c, row = plan->in0.w * pixel;
    return (struct window){
        .y = aw_conv_taps(y, l->dilation_h, l->kernel_h, plan->in0.h),
        .stretches = whole_rows ? 1 : taps_x,
        .stretch = whole_rows ? taps_x * group_in : group_in,
        .in_first = y * row + (x + (int64_t)xs.first * l->dilation_w) * pixel,
        .in_row = l->dilation_h * row,
        .in_tap = l->dilation_w * pixel,
        .w_first = xs.first * group_in,
        .w_row = l->kernel_w * group_in,
    };
}

static int32_t filter_sum(const struct window *window, const int8_t *in0, const int8_t *filter)
{
    int32_t sum = 0;
    for (uint32_t ky = window->y.first; ky < window->y.end; ky++) {
        int64_t in_at = window->in_first + ky * window->in_row;
        uint32_t w_at = window->w_first + ky * window->w_row;
        for (uint32_t i = 0; i < window->stretches; i++) {
            sum += dot(in0 + in_at, filter + w_at, window->stretch);
            in_at += window->in_tap;
            w_at += window->stretch;
        }
    }
    return sum;
}

static void conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const struct aw_layer *layer = &plan->layer;
    uint32_t groups = layer->groups, out_ch = plan->out.c;
    uint32_t group_in = plan->in0.c / groups, group_out = out_ch / groups;
    uint32_t filter_size = (uint32_t)layer->kernel_h * layer->kernel_w * group_in;
    uint32_t at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++) {
        for (uint32_t ox = 0; ox < plan->out.w; ox++) {
            struct window window = window_at(plan, group_in, oy, ox);
            const int8_t *filter = buffers->weights;
            for (uint32_t o = 0; o < out_ch; o++, filter += filter_size) {
                /* Dividing for every output would cost more than a short sum. */
                uint32_t group = groups == 1 ? 0 : o / group_out;
                int32_t acc = buffers->bias ? buffers->bias[o] : 0;
                acc += filter_sum(&window, buffers->in0 + group * group_in, filter);
                aw_store(plan, buffers, at++, acc);
            }
        }
    }
}

const struct aw_op aw_op_conv2d = {
    .id = AW_OP_CONV2D,
    .inputs = 1,
    .has = AW_HAS_WINDOW | AW_HAS_WEIGHTS,
    .weighted = true,
    .name = "conv2d",
    .shape = conv2d_shape,
    .plan = conv2d_plan,
    .run = conv2d_run,
};

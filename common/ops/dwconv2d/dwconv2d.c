/* Depthwise convolution: one filter per channel. */
#include "op_impl.h"

/* Channels that are summed together; the sums live on the stack. */
#define BLOCK_CH 64u

static enum aw_err dwconv2d_shape(const struct aw_layer *layer, struct aw_shape in0,
                                  struct aw_shape in1, struct aw_shape *out)
{
    (void)in1;
    struct aw_shape shape = {.c = in0.c};
    if (layer->groups != in0.c)
        return AW_ERR_RANGE;
    enum aw_err err = aw_conv_window(layer, in0, &shape.h, &shape.w);
    if (err == AW_OK)
        *out = shape;
    return err;
}

static enum aw_err dwconv2d_plan(struct aw_plan *plan)
{
    return aw_conv_plan(plan, (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w);
}

static void multiply_add(int32_t *restrict acc, const int8_t *restrict in, const int8_t *restrict w,
                         uint32_t n)
{
    for (uint32_t c = 0; c < n; c++)
        acc[c] += in[c] * w[c];
}

/* Channels [first, first + n) of the output pixel that starts at element `at` and whose window
 * starts at input pixel (y, x). */
static void block(const struct aw_plan *plan, const struct aw_buffers *buffers, int32_t y,
                  int32_t x, uint32_t first, uint32_t n, uint32_t at)
{
    const struct aw_layer *layer = &plan->layer;
    uint32_t ch = plan->in0.c;
    struct aw_taps ys = aw_conv_taps(y, layer->dilation_h, layer->kernel_h, plan->in0.h);
    struct aw_taps xs = aw_conv_taps(x, layer->dilation_w, layer->kernel_w, plan->in0.w);
    int32_t acc[BLOCK_CH];
    for (uint32_t c = 0; c < n; c++)
        acc[c] = buffers->bias ? buffers->bias[first + c] : 0;
    for (uint32_t ky = ys.first; ky < ys.end; ky++) {
        int32_t iy = y + (int32_t)(ky * layer->dilation_h);
        for (uint32_t kx = xs.first; kx < xs.end; kx++) {
            int32_t ix = x + (int32_t)(kx * layer->dilation_w);
            const int8_t *in = buffers->in0 + ((int64_t)iy * plan->in0.w + ix) * ch + first;
            const int8_t *w = buffers->weights + (uint32_t)(ky * layer->kernel_w + kx) * ch + first;
            multiply_add(acc, in, w, n);
        }
    }
    for (uint32_t c = 0; c < n; c++)
        aw_store(plan, buffers, at + first + c, acc[c]);
}

static void dwconv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const struct aw_layer *layer = &plan->layer;
    uint32_t ch = plan->out.c;
    uint32_t at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++) {
        int32_t y = (int32_t)(oy * layer->stride_h) - layer->pad_top;
        for (uint32_t ox = 0; ox < plan->out.w; ox++) {
            int32_t x = (int32_t)(ox * layer->stride_w) - layer->pad_left;
            for (uint32_t first = 0; first < ch; first += BLOCK_CH)
                block(plan, buffers, y, x, first, ch - first < BLOCK_CH ? ch - first : BLOCK_CH,
                      at);
            at += ch;
        }
    }
}

const struct aw_op aw_op_dwconv2d = {
    .id = AW_OP_DWCONV2D,
    .inputs = 1,
    .has = AW_HAS_WINDOW | AW_HAS_WEIGHTS,
    .weighted = true,
    .name = "dwconv2d",
    .shape = dwconv2d_shape,
    .plan = dwconv2d_plan,
    .run = dwconv2d_run,
};

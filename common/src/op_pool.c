#include "op_impl.h"

enum aw_err aw_pool_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape *out)
{
    struct aw_shape shape = {.c = in0.c};
    if (layer->dilation_h != 1 || layer->dilation_w != 1)
        return AW_ERR_RANGE;
    enum aw_err err = aw_conv_window(layer, in0, &shape.h, &shape.w);
    if (err == AW_OK)
        *out = shape;
    return err;
}

struct aw_window aw_pool_window(const struct aw_plan *plan, uint32_t oy, uint32_t ox)
{
    const struct aw_layer *layer = &plan->layer;
    int32_t y = (int32_t)(oy * layer->stride_h) - layer->pad_top;
    int32_t x = (int32_t)(ox * layer->stride_w) - layer->pad_left;
    struct aw_taps ys = aw_conv_taps(y, 1, layer->kernel_h, plan->in0.h);
    struct aw_taps xs = aw_conv_taps(x, 1, layer->kernel_w, plan->in0.w);
    return (struct aw_window){
        .y_first = (uint32_t)(y + (int32_t)ys.first),
        .y_end = (uint32_t)(y + (int32_t)ys.end),
        .x_first = (uint32_t)(x + (int32_t)xs.first),
        .x_end = (uint32_t)(x + (int32_t)xs.end),
    };
}

#include "op_impl.h"

#include "aw/size.h"

static bool out_extent(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
                       uint32_t pad_before, uint32_t pad_after, uint16_t *out)
{
    if (kernel == 0 || stride == 0 || dilation == 0)
        return false;
    uint32_t window = dilation * (kernel - 1) + 1, padded = in + pad_before + pad_after;
    if (pad_before >= window || pad_after >= window || padded < window)
        return false;
    uint32_t extent = (padded - window) / stride + 1;
    if (extent > UINT16_MAX)
        return false;
    *out = (uint16_t)extent;
    return true;
}

enum aw_err aw_conv_window(const struct aw_layer *layer, struct aw_shape in, uint16_t *h_out,
                           uint16_t *w_out)
{
    uint16_t h, w;
    if (!out_extent(in.h, layer->kernel_h, layer->stride_h, layer->dilation_h, layer->pad_top,
                    layer->pad_bottom, &h) ||
        !out_extent(in.w, layer->kernel_w, layer->stride_w, layer->dilation_w, layer->pad_left,
                    layer->pad_right, &w))
        return AW_ERR_RANGE;
    *h_out = h;
    *w_out = w;
    return AW_OK;
}

enum aw_err aw_conv_plan(struct aw_plan *plan, uint32_t products)
{
    const struct aw_layer *layer = &plan->layer;
    uint64_t bias_bound = layer->bias_bits ? UINT64_C(1) << layer->bias_bits : 0;
    if (UINT64_C(128) * 127 * products + bias_bound > INT32_MAX)
        return AW_ERR_RANGE;
    uint32_t weight_count;
    if (!aw_mul_u32(products, plan->out.c, &weight_count))
        return AW_ERR_RANGE;
    plan->shift = (int8_t)(plan->in0_pos + layer->w_pos - layer->mid_pos);
    plan->weight_count = weight_count;
    plan->bias_count = layer->bias_bits ? plan->out.c : 0;
    plan->macs = (uint64_t)plan->out_bytes * products;
    return AW_OK;
}

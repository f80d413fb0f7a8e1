/* The blocks of once-for-all search spaces. Their batch norms always have scale and shift, whatever
 * `affine` says; an expansion of 1 has no first 1x1 convolution in the mobilenet blocks. */
#include <math.h>

#include "prims/types.h"

#define SE_REDUCTION 4

struct block {
    int32_t kernel;
    int32_t middle_ch;
    bool expands; /* expansion != 1 */
    bool se;
    enum aw_act act;
};

static enum aw_err bad(const struct awh_prim *prim, const char *why, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_RANGE, "%s: %s", prim->type->name, why);
}

static enum aw_err read_block(const struct awh_prim *prim, struct block *block_out,
                              struct awh_diag *diag)
{
    const struct awh_value *activation = awh_prim_param(prim, "activation");
    const struct awh_value *kernel_size = awh_prim_param(prim, "kernel_size");
    const struct awh_value *expansion_value = awh_prim_param(prim, "expansion");
    const struct awh_value *use_se = awh_prim_param(prim, "use_se");
    if (!activation || !kernel_size || !expansion_value)
        return awh_fail(diag, AW_ERR_INTERNAL, "%s: a parameter is missing", prim->type->name);
    double kernel = awh_value_number(kernel_size), expansion = awh_value_number(expansion_value);
    struct block block = {.se = use_se && awh_value_truth(use_se)};
    if (!(kernel >= 1 && kernel <= 255 && kernel == trunc(kernel)))
        return bad(prim, "kernel_size must be a whole number from 1 to 255", diag);
    if (!(expansion > 0 && prim->c * expansion <= 65535))
        return bad(prim, "expansion must be above 0 and C * expansion at most 65535", diag);
    if (activation->kind != AWH_VALUE_STR || !awh_act_parse(activation->text, &block.act))
        return bad(prim,
                   "activation must be one of relu, relu6, h_swish, h_sigmoid, sigmoid, tanh, "
                   "identity",
                   diag);
    block.kernel = (int32_t)kernel;
    block.expands = expansion != 1;
    block.middle_ch = awh_make_divisible(prim->c * expansion, 8);
    *block_out = block;
    return AW_OK;
}

static enum aw_err conv_bn(struct awh_graph *graph, int *tensor_inout, int32_t out_ch,
                           int32_t kernel, int32_t stride, int32_t groups, struct awh_diag *diag)
{
    struct awh_conv conv = {.out_ch = out_ch,
                            .kernel_h = kernel,
                            .kernel_w = kernel,
                            .stride_h = stride,
                            .stride_w = stride,
                            .pad_h = kernel / 2,
                            .pad_w = kernel / 2,
                            .groups = groups,
                            .dilation = 1};
    enum aw_err err = awh_graph_conv(graph, *tensor_inout, conv, tensor_inout, diag);
    return err ? err : awh_graph_batch_norm(graph, *tensor_inout, true, tensor_inout, diag);
}

static enum aw_err conv_bn_act(struct awh_graph *graph, int *tensor_inout, int32_t out_ch,
                               int32_t kernel, int32_t stride, int32_t groups, enum aw_act act,
                               struct awh_diag *diag)
{
    enum aw_err err = conv_bn(graph, tensor_inout, out_ch, kernel, stride, groups, diag);
    return err ? err : awh_graph_act(graph, *tensor_inout, act, tensor_inout, diag);
}

static enum aw_err conv_1x1_bias(struct awh_graph *graph, int *tensor_inout, int32_t out_ch,
                                 struct awh_diag *diag)
{
    struct awh_conv conv = {.out_ch = out_ch,
                            .kernel_h = 1,
                            .kernel_w = 1,
                            .stride_h = 1,
                            .stride_w = 1,
                            .groups = 1,
                            .dilation = 1,
                            .bias = true};
    return awh_graph_conv(graph, *tensor_inout, conv, tensor_inout, diag);
}

/* x * h_sigmoid(conv(relu(conv(mean(x))))). */
static enum aw_err squeeze_excite(struct awh_graph *graph, int *tensor_inout, int32_t channels,
                                  struct awh_diag *diag)
{
    int32_t squeezed_ch = awh_make_divisible(channels / SE_REDUCTION, 8);
    int scale;
    enum aw_err err;
    if ((err = awh_graph_gap(graph, *tensor_inout, &scale, diag)) ||
        (err = conv_1x1_bias(graph, &scale, squeezed_ch, diag)) ||
        (err = awh_graph_act(graph, scale, AW_ACT_RELU, &scale, diag)) ||
        (err = conv_1x1_bias(graph, &scale, channels, diag)) ||
        (err = awh_graph_act(graph, scale, AW_ACT_H_SIGMOID, &scale, diag)))
        return err;
    return awh_graph_mul(graph, *tensor_inout, scale, tensor_inout, diag);
}

/* The last 1x1 convolution and the shortcut. */
static enum aw_err finish(struct awh_graph *graph, const struct awh_prim *prim, int in, int tensor,
                          int *out_tensor, struct awh_diag *diag)
{
    enum aw_err err = conv_bn(graph, &tensor, prim->c_out, 1, 1, 1, diag);
    if (!err && prim->stride == 1 && prim->c == prim->c_out)
        err = awh_graph_add(graph, tensor, in, &tensor, diag);
    if (!err)
        *out_tensor = tensor;
    return err;
}

static enum aw_err lower_mobilenet(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                   int *out_tensor, struct awh_diag *diag)
{
    struct block block;
    int tensor = in;
    enum aw_err err = read_block(prim, &block, diag);
    if (err)
        return err;
    if (!block.expands && block.middle_ch != prim->c)
        return bad(prim, "with expansion 1, C must be a multiple of 8", diag);
    if (block.expands &&
        (err = conv_bn_act(graph, &tensor, block.middle_ch, 1, 1, 1, block.act, diag)))
        return err;
    if ((err = conv_bn_act(graph, &tensor, block.middle_ch, block.kernel, prim->stride,
                           block.middle_ch, block.act, diag)) ||
        (block.se && (err = squeeze_excite(graph, &tensor, block.middle_ch, diag))))
        return err;
    return finish(graph, prim, in, tensor, out_tensor, diag);
}

static enum aw_err lower_fused(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct block block;
    int tensor = in;
    enum aw_err err = read_block(prim, &block, diag);
    if (err || (err = conv_bn_act(graph, &tensor, block.middle_ch, block.kernel, prim->stride, 1,
                                  block.act, diag)))
        return err;
    return finish(graph, prim, in, tensor, out_tensor, diag);
}

static const struct awh_param_spec plain_params[] = {
    {.name = "activation"}, {.name = "expansion"}, {.name = "kernel_size"}, {.name = NULL}};
static const struct awh_param_spec se_params[] = {{.name = "activation"},
                                                  {.name = "expansion"},
                                                  {.name = "kernel_size"},
                                                  {.name = "use_se"},
                                                  {.name = NULL}};

const struct awh_prim_type awh_prim_fused_conv_block = {
    .name = "fused_conv_block", .params = plain_params, .lower = lower_fused};
const struct awh_prim_type awh_prim_mobilenet_v2_block = {
    .name = "mobilenet_v2_block", .params = plain_params, .lower = lower_mobilenet};
const struct awh_prim_type awh_prim_mobilenet_v3_block = {
    .name = "mobilenet_v3_block", .params = se_params, .lower = lower_mobilenet};

/* Residual blocks. */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t kernel;
    enum aw_act act;
    bool split;           /* each convolution twice, side by side, and their sum */
    bool pool_downsample; /* at stride 2 the shortcut takes pixels and adds channels of zeros */
};

static int conv_bn(struct awh_build *b, int in, const struct variant *variant, int32_t stride)
{
    int32_t c_out = b->prim->c_out;
    int x = awh_build_conv_bn_act(b, in, c_out, variant->kernel, stride, AW_ACT_NONE);
    if (!variant->split)
        return x;
    int y = awh_build_conv_bn_act(b, in, c_out, variant->kernel, stride, AW_ACT_NONE);
    return awh_build_add(b, x, y);
}

static int shortcut(struct awh_build *b, int in, const struct variant *variant)
{
    const struct awh_prim *prim = b->prim;
    if (variant->pool_downsample && prim->stride > 2)
        awh_build_fail(b, AW_ERR_RANGE, "the stride must be 1 or 2, found %d", (int)prim->stride);
    if (prim->stride == 1)
        return in;
    if (!variant->pool_downsample)
        return awh_build_conv_bn_act(b, in, prim->c_out, 1, prim->stride, AW_ACT_NONE);
    int x = awh_build_avg_pool(b, in, 1, 2, 0, true);
    struct awh_graph_tensor shape = awh_build_shape(b, x);
    return awh_build_concat(b, x, awh_build_zero(b, x, shape.h, shape.w, shape.c));
}

/* aw_nas cannot run the split blocks, since one assignment there comes too late; these are as they
 * are meant. */
static enum aw_err lower_resnet(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int x = conv_bn(&b, in, variant, prim->stride);
    x = awh_build_act(&b, x, variant->act);
    x = conv_bn(&b, x, variant, 1);
    x = awh_build_add(&b, x, shortcut(&b, in, variant));
    x = awh_build_act(&b, x, variant->act);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_bottleneck(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                    int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int32_t middle = prim->c_out / 4;
    int x = awh_build_conv_bn_act(&b, in, middle, 1, 1, AW_ACT_RELU);
    x = awh_build_conv_bn_act(&b, x, middle, 3, prim->stride, AW_ACT_RELU);
    x = awh_build_conv_bn_act(&b, x, prim->c_out, 1, 1, AW_ACT_NONE);
    int skip = in;
    if (prim->stride != 1 || prim->c != prim->c_out)
        skip = awh_build_bn_always(&b, awh_build_conv_bias(&b, in, prim->c_out, 1, prim->stride));
    x = awh_build_add(&b, x, skip);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_wideresnet(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                    int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = awh_build_bn(&b, in);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = awh_build_conv_bn_act(&b, x, prim->c_out, 3, prim->stride, AW_ACT_RELU);
    x = awh_build_conv(&b, x, prim->c_out, 3, 1);
    int skip = in;
    if (prim->stride != 1 || prim->c != prim->c_out)
        skip = awh_build_conv(&b, in, prim->c_out, 1, prim->stride);
    x = awh_build_add(&b, x, skip);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_nb201(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    if (prim->stride > 2)
        awh_build_fail(&b, AW_ERR_RANGE, "the stride must be 1 or 2, found %d", (int)prim->stride);
    int x = awh_build_relu_conv_bn(&b, in, prim->c_out, 3, prim->stride);
    x = awh_build_relu_conv_bn(&b, x, prim->c_out, 3, 1);
    int skip = in;
    if (prim->stride == 2)
        skip = awh_build_conv(&b, awh_build_avg_pool(&b, in, 2, 2, 0, true), prim->c_out, 1, 1);
    else if (prim->c != prim->c_out)
        skip = awh_build_relu_conv_bn(&b, in, prim->c_out, 1, 1);
    x = awh_build_add(&b, skip, x);
    return awh_build_end(&b, x, out_tensor);
}

#define RESNET(type_name, ...)                                                                     \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower_resnet,                                                                     \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }
#define OTHER(type_name, lower_function)                                                           \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name, .params = awh_no_params, .lower = lower_function}

RESNET(resnet_block, .kernel = 3, .act = AW_ACT_RELU);
RESNET(resnet_block_1x1, .kernel = 1, .act = AW_ACT_RELU);
RESNET(resnet_block_5x5, .kernel = 5, .act = AW_ACT_RELU);
RESNET(resnet_block_hardtanh, .kernel = 3, .act = AW_ACT_HARDTANH);
RESNET(resnet_block_pool_downsample, .kernel = 3, .act = AW_ACT_RELU, .pool_downsample = true);
RESNET(resnet_block_sigmoid, .kernel = 3, .act = AW_ACT_SIGMOID);
RESNET(resnet_block_split, .kernel = 3, .act = AW_ACT_RELU, .split = true);
RESNET(resnet_block_split_hardtanh, .kernel = 3, .act = AW_ACT_HARDTANH, .split = true);
RESNET(resnet_block_split_sigmoid, .kernel = 3, .act = AW_ACT_SIGMOID, .split = true);
OTHER(resnet_bottleneck_block, lower_bottleneck);
OTHER(wideresnet_block_3x3, lower_wideresnet);
OTHER(NB201ResidualBlock, lower_nb201);

/* One or two convolutions with batch norm, relu before or after. */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t kernel;
    bool relu_first, relu_last;
};

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int x = awh_build_act(&b, in, variant->relu_first ? AW_ACT_RELU : AW_ACT_NONE);
    x = awh_build_conv_bn_act(&b, x, prim->c_out, variant->kernel, prim->stride,
                              variant->relu_last ? AW_ACT_RELU : AW_ACT_NONE);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_bn_first(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                  int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = awh_build_bn(&b, in);
    x = awh_build_conv(&b, x, prim->c_out, 1, prim->stride);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    return awh_build_end(&b, x, out_tensor);
}

static void need_equal_channels(struct awh_build *b)
{
    if (b->prim->c != b->prim->c_out)
        awh_build_fail(b, AW_ERR_RANGE, "C and C_out must be equal, found %d and %d",
                       (int)b->prim->c, (int)b->prim->c_out);
}

static enum aw_err lower_bn_relu(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                 int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    need_equal_channels(&b);
    int x = awh_build_bn(&b, in);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    return awh_build_end(&b, x, out_tensor);
}

/* 1x7, which strides over the width, then 7x1, which strides over the height. */
static enum aw_err lower_7x1_1x7(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                 int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    struct awh_conv row = {.out_ch = prim->c_out,
                           .kernel_h = 1,
                           .kernel_w = 7,
                           .stride_h = 1,
                           .stride_w = prim->stride,
                           .pad_w = 3,
                           .groups = 1,
                           .dilation = 1};
    struct awh_conv column = {.out_ch = prim->c_out,
                              .kernel_h = 7,
                              .kernel_w = 1,
                              .stride_h = prim->stride,
                              .stride_w = 1,
                              .pad_h = 3,
                              .groups = 1,
                              .dilation = 1};
    need_equal_channels(&b);
    int x = awh_build_act(&b, in, AW_ACT_RELU);
    x = awh_build_any_conv(&b, x, row);
    x = awh_build_any_conv(&b, x, column);
    x = awh_build_bn(&b, x);
    return awh_build_end(&b, x, out_tensor);
}

/* The stride is that of the pooling, and only 2 pools. */
static enum aw_err lower_vgg(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = awh_build_conv_bias(&b, in, prim->c_out, 3, 1);
    x = awh_build_bn(&b, x);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    if (prim->stride == 2)
        x = awh_build_max_pool(&b, x, 2, 2, 0);
    return awh_build_end(&b, x, out_tensor);
}

#define TYPE(type_name, ...)                                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower,                                                                            \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }
#define OTHER(type_name, lower_function)                                                           \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name, .params = awh_no_params, .lower = lower_function}

TYPE(conv_bn_3x3, .kernel = 3);
TYPE(conv_bn_relu_1x1, .kernel = 1, .relu_last = true);
TYPE(conv_bn_relu_3x3, .kernel = 3, .relu_last = true);
TYPE(conv_bn_relu_5x5, .kernel = 5, .relu_last = true);
TYPE(relu_conv_bn_1x1, .kernel = 1, .relu_first = true);
TYPE(relu_conv_bn_3x3, .kernel = 3, .relu_first = true);
TYPE(relu_conv_bn_5x5, .kernel = 5, .relu_first = true);
TYPE(nor_conv_1x1, .kernel = 1, .relu_first = true);
TYPE(nor_conv_3x3, .kernel = 3, .relu_first = true);
OTHER(bn_conv_relu_1x1, lower_bn_first);
OTHER(bn_relu, lower_bn_relu);
OTHER(conv_7x1_1x7, lower_7x1_1x7);
OTHER(vgg_block, lower_vgg);

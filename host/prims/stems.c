/* First layers of nets for images. Their strides are fixed, whatever `stride` says, and so are the
 * scale and shift of their batch norms. Two of them take 3 channels whatever C says. */
#include "prims/build.h"
#include "prims/types.h"

#define IMAGE_CHANNELS 3

static int conv_bn(struct awh_build *b, int in, int32_t out_ch, int32_t kernel, int32_t stride)
{
    return awh_build_bn_always(b, awh_build_conv(b, in, out_ch, kernel, stride));
}

static int quarter(struct awh_build *b, int in)
{
    int x = conv_bn(b, in, b->prim->c_out / 2, 3, 2);
    x = awh_build_act(b, x, AW_ACT_RELU);
    return conv_bn(b, x, b->prim->c_out, 3, 2);
}

static enum aw_err lower_stem0(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    return awh_build_end(&b, quarter(&b, in), out_tensor);
}

static enum aw_err lower_stem1(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = quarter(&b, in);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = conv_bn(&b, x, prim->c_out, 3, 2);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_7x7(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = conv_bn(&b, in, prim->c_out, 7, 2);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_tnas(struct awh_graph *graph, const struct awh_prim *prim, int in,
                              int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = conv_bn(&b, in, prim->c_out / 2, 3, 1);
    x = awh_build_max_pool(&b, x, 2, 2, 0);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = conv_bn(&b, x, prim->c_out, 3, 1);
    x = awh_build_max_pool(&b, x, 2, 2, 0);
    return awh_build_end(&b, x, out_tensor);
}

const struct awh_prim_type awh_prim_imagenet_stem0 = {.name = "imagenet_stem0",
                                                      .params = awh_no_params,
                                                      .lower = lower_stem0,
                                                      .input_ch = IMAGE_CHANNELS};
const struct awh_prim_type awh_prim_imagenet_stem0_7x7 = {
    .name = "imagenet_stem0_7x7", .params = awh_no_params, .lower = lower_7x7};
const struct awh_prim_type awh_prim_imagenet_stem1 = {.name = "imagenet_stem1",
                                                      .params = awh_no_params,
                                                      .lower = lower_stem1,
                                                      .input_ch = IMAGE_CHANNELS};
const struct awh_prim_type awh_prim_tnas = {
    .name = "tnas", .params = awh_no_params, .lower = lower_tnas};

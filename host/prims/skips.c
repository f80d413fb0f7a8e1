/* Connections that are no convolution at stride 1, and their likes. */
#include "prims/build.h"
#include "prims/types.h"

static enum aw_err lower_skip(struct awh_graph *graph, const struct awh_prim *prim, int in,
                              int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = prim->stride == 1 ? in : awh_build_factorized_reduce(&b, in);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_res_reduce(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                    int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = prim->stride == 1 ? awh_build_relu_conv_bn(&b, in, prim->c_out, 1, 1)
                              : awh_build_factorized_reduce(&b, in);
    x = awh_build_relu_conv_bn(&b, x, prim->c_out, 1, 1);
    int skip = in;
    if (prim->stride != 1 || prim->c != prim->c_out)
        skip = awh_build_conv_bn_act(&b, in, prim->c_out, 1, prim->stride, AW_ACT_RELU);
    x = awh_build_add(&b, x, skip);
    return awh_build_end(&b, x, out_tensor);
}

/* Every stride-th pixel, times zero. */
static enum aw_err lower_none(struct awh_graph *graph, const struct awh_prim *prim, int in,
                              int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int x = prim->stride == 1 ? in : awh_build_slice(&b, in, 0, prim->stride);
    struct awh_graph_tensor shape = awh_build_shape(&b, x);
    x = awh_build_zero(&b, x, shape.h, shape.w, shape.c);
    return awh_build_end(&b, x, out_tensor);
}

/* Of C_out channels, and rounded down, unlike none. */
static enum aw_err lower_none_for_layer2(struct awh_graph *graph, const struct awh_prim *prim,
                                         int in, int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    struct awh_graph_tensor shape = awh_build_shape(&b, in);
    int x = awh_build_zero(&b, in, shape.h / prim->stride, shape.w / prim->stride, prim->c_out);
    return awh_build_end(&b, x, out_tensor);
}

#define TYPE(type_name, lower_function)                                                            \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name, .params = awh_no_params, .lower = lower_function}

TYPE(skip_connect, lower_skip);
TYPE(res_reduce_block, lower_res_reduce);
TYPE(none, lower_none);
TYPE(none_for_layer2, lower_none_for_layer2);

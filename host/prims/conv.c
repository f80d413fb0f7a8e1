/* The plain convolutions with bias: the stem (conv_3x3) and the assembler's glue (conv_1x1). */
#include "prims/types.h"

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in, int kernel,
                         int *out_tensor, struct awh_diag *diag)
{
    return awh_graph_conv(graph, in,
                          (struct awh_conv){.out_ch = prim->c_out,
                                            .kernel_h = kernel,
                                            .kernel_w = kernel,
                                            .stride_h = prim->stride,
                                            .stride_w = prim->stride,
                                            .pad_h = kernel / 2,
                                            .pad_w = kernel / 2,
                                            .groups = 1,
                                            .dilation = 1,
                                            .bias = true},
                          out_tensor, diag);
}

static enum aw_err lower_1x1(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    return lower(graph, prim, in, 1, out_tensor, diag);
}

static enum aw_err lower_3x3(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    return lower(graph, prim, in, 3, out_tensor, diag);
}

static const struct awh_param_spec no_params[] = {{.name = NULL}};

const struct awh_prim_type awh_prim_conv_1x1 = {
    .name = "conv_1x1", .params = no_params, .lower = lower_1x1};
const struct awh_prim_type awh_prim_conv_3x3 = {
    .name = "conv_3x3", .params = no_params, .lower = lower_3x3};

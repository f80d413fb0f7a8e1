/* DenseNet: a block appends C_out - C channels to its input; the stride counts only in the reducing
 * one. */
#include "prims/build.h"
#include "prims/types.h"

static enum aw_err lower_block(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    int32_t growth = prim->c_out - prim->c;
    if (growth <= 0)
        awh_build_fail(&b, AW_ERR_RANGE, "C_out must be above C, found %d and %d", (int)prim->c_out,
                       (int)prim->c);
    int x = awh_build_bn(&b, in);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = awh_build_conv_bn_act(&b, x, 4 * growth, 1, 1, AW_ACT_RELU);
    x = awh_build_conv(&b, x, growth, 3, 1);
    x = awh_build_concat(&b, x, in);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_reduce(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    if (prim->stride != 2 || !awh_value_truth(&prim->affine))
        awh_build_fail(&b, AW_ERR_RANGE, "the stride must be 2 and affine true, found %d",
                       (int)prim->stride);
    int x = awh_build_bn_always(&b, in);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = awh_build_conv(&b, x, prim->c_out, 1, 1);
    x = awh_build_avg_pool(&b, x, 2, 2, 0, true);
    return awh_build_end(&b, x, out_tensor);
}

const struct awh_prim_type awh_prim_dense_block = {
    .name = "dense_block", .params = awh_no_params, .lower = lower_block};
const struct awh_prim_type awh_prim_dense_reduce_block = {
    .name = "dense_reduce_block", .params = awh_no_params, .lower = lower_reduce};

/* Separable and dilated separable convolutions of DARTS-like cells. */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t kernel, expansion;
};

/* Depthwise, 1x1 to `expansion` times the channels, then once more back. The second k x k keeps C
 * groups, so with an expansion it sees `expansion` channels a group. */
static enum aw_err lower_sep(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int32_t c = prim->c, middle = c * variant->expansion;
    int x = awh_build_act(&b, in, AW_ACT_RELU);
    x = awh_build_group_conv(&b, x, c, variant->kernel, prim->stride, c, 1);
    x = awh_build_conv(&b, x, middle, 1, 1);
    x = awh_build_bn(&b, x);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = awh_build_group_conv(&b, x, middle, variant->kernel, 1, c, 1);
    x = awh_build_conv(&b, x, prim->c_out, 1, 1);
    x = awh_build_bn(&b, x);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err lower_dil(struct awh_graph *graph, const struct awh_prim *prim, int in,
                             int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int x = awh_build_act(&b, in, AW_ACT_RELU);
    x = awh_build_group_conv(&b, x, prim->c, variant->kernel, prim->stride, prim->c, 2);
    x = awh_build_conv(&b, x, prim->c_out, 1, 1);
    x = awh_build_bn(&b, x);
    return awh_build_end(&b, x, out_tensor);
}

static enum aw_err refuse_inspect(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                  int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    awh_build_fail(&b, AW_ERR_UNSUPPORTED,
                   "it runs another branch, drawn at random, at each pass, so it has no latency of "
                   "its own; profile relu_conv_bn_3x3, relu_conv_bn_1x1 and sep_conv_3x3 instead");
    return awh_build_end(&b, in, out_tensor);
}

#define TYPE(type_name, lower_function, ...)                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower_function,                                                                   \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }

TYPE(sep_conv_3x3, lower_sep, .kernel = 3, .expansion = 1);
TYPE(sep_conv_5x5, lower_sep, .kernel = 5, .expansion = 1);
TYPE(sep_conv_7x7, lower_sep, .kernel = 7, .expansion = 1);
TYPE(sep_conv_3x3_exp3, lower_sep, .kernel = 3, .expansion = 3);
TYPE(sep_conv_3x3_exp6, lower_sep, .kernel = 3, .expansion = 6);
TYPE(sep_conv_5x5_exp3, lower_sep, .kernel = 5, .expansion = 6); /* 6, as a slip in aw_nas has it */
TYPE(sep_conv_5x5_exp6, lower_sep, .kernel = 5, .expansion = 6);
TYPE(dil_conv_3x3, lower_dil, .kernel = 3);
TYPE(dil_conv_5x5, lower_dil, .kernel = 5);

const struct awh_prim_type awh_prim_inspect_block = {
    .name = "inspect_block", .params = awh_no_params, .lower = refuse_inspect};

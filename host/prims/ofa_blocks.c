/* The blocks of once-for-all search spaces. Their batch norms always have scale and shift, whatever
 * `affine` says; an expansion of 1 has no first 1x1 convolution in the mobilenet blocks. */
#include <math.h>

#include "prims/build.h"
#include "prims/types.h"

#define SE_REDUCTION 4

struct block {
    int32_t kernel;
    int32_t middle_ch;
    bool expands; /* expansion != 1 */
    bool se;
    enum aw_act act;
};

static struct block read_block(struct awh_build *b)
{
    const struct awh_prim *prim = b->prim;
    const struct awh_value *activation = awh_prim_param(prim, "activation");
    const struct awh_value *kernel_size = awh_prim_param(prim, "kernel_size");
    const struct awh_value *expansion_value = awh_prim_param(prim, "expansion");
    const struct awh_value *use_se = awh_prim_param(prim, "use_se");
    struct block block = {.se = use_se && awh_value_truth(use_se)};
    if (!activation || !kernel_size || !expansion_value) {
        awh_build_fail(b, AW_ERR_INTERNAL, "a parameter is missing");
        return block;
    }
    double kernel = awh_value_number(kernel_size), expansion = awh_value_number(expansion_value);
    if (!(kernel >= 1 && kernel <= 255 && kernel == trunc(kernel)))
        awh_build_fail(b, AW_ERR_RANGE, "kernel_size must be a whole number from 1 to 255");
    else if (!(expansion > 0 && prim->c * expansion <= 65535))
        awh_build_fail(b, AW_ERR_RANGE,
                       "expansion must be above 0 and C * expansion at most 65535");
    else if (activation->kind != AWH_VALUE_STR || !awh_act_parse(activation->text, &block.act))
        awh_build_fail(b, AW_ERR_RANGE,
                       "activation must be one of relu, relu6, h_swish, h_sigmoid, sigmoid, tanh, "
                       "identity");
    if (b->err)
        return block;
    block.kernel = (int32_t)kernel;
    block.expands = expansion != 1;
    block.middle_ch = awh_make_divisible(prim->c * expansion, 8);
    return block;
}

static int conv_bn_act(struct awh_build *b, int in, int32_t out_ch, int32_t kernel, int32_t stride,
                       int32_t groups, enum aw_act act)
{
    int x = awh_build_group_conv(b, in, out_ch, kernel, stride, groups, 1);
    x = awh_build_bn_always(b, x);
    return awh_build_act(b, x, act);
}

/* The last 1x1 convolution and the shortcut. */
static int finish(struct awh_build *b, int in, int x)
{
    const struct awh_prim *prim = b->prim;
    x = conv_bn_act(b, x, prim->c_out, 1, 1, 1, AW_ACT_NONE);
    return prim->stride == 1 && prim->c == prim->c_out ? awh_build_add(b, x, in) : x;
}

static enum aw_err lower_mobilenet(struct awh_graph *graph, const struct awh_prim *prim, int in,
                                   int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    struct block block = read_block(&b);
    int32_t ch = block.middle_ch;
    int x = in;
    if (!b.err && !block.expands && ch != prim->c)
        awh_build_fail(&b, AW_ERR_RANGE, "with expansion 1, C must be a multiple of 8");
    if (block.expands)
        x = conv_bn_act(&b, x, ch, 1, 1, 1, block.act);
    x = conv_bn_act(&b, x, ch, block.kernel, prim->stride, ch, block.act);
    if (block.se)
        x = awh_build_squeeze_excite(&b, x, awh_make_divisible(ch / SE_REDUCTION, 8));
    return awh_build_end(&b, finish(&b, in, x), out_tensor);
}

static enum aw_err lower_fused(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    struct block block = read_block(&b);
    int x = conv_bn_act(&b, in, block.middle_ch, block.kernel, prim->stride, 1, block.act);
    return awh_build_end(&b, finish(&b, in, x), out_tensor);
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

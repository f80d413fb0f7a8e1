/* MobileNetV2 blocks of fixed expansion and kernel. The first 1x1 is there at expansion 1 too. */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t expansion, kernel;
};

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int32_t middle = awh_make_divisible(variant->expansion * prim->c, 8);
    int x = awh_build_conv_bn_act(&b, in, middle, 1, 1, AW_ACT_RELU);
    x = awh_build_group_conv(&b, x, middle, variant->kernel, prim->stride, middle, 1);
    x = awh_build_bn(&b, x);
    x = awh_build_act(&b, x, AW_ACT_RELU);
    x = awh_build_conv_bn_act(&b, x, prim->c_out, 1, 1, AW_ACT_NONE);
    if (prim->stride == 1) {
        int skip = in;
        if (prim->c != prim->c_out)
            skip = awh_build_conv_bn_act(&b, in, prim->c_out, 1, 1, AW_ACT_NONE);
        x = awh_build_add(&b, x, skip);
    }
    return awh_build_end(&b, x, out_tensor);
}

#define TYPE(type_name, ...)                                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower,                                                                            \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }

TYPE(mobilenet_block_1, .expansion = 1, .kernel = 3);
TYPE(mobilenet_block_3, .expansion = 3, .kernel = 3);
TYPE(mobilenet_block_3_5x5, .expansion = 3, .kernel = 5);
TYPE(mobilenet_block_6, .expansion = 6, .kernel = 3);
TYPE(mobilenet_block_6_5x5, .expansion = 6, .kernel = 5);
/* In aw_nas the flag for relu6 lands in the kernel size, so these are 1x1 with a plain relu. Who
 * profiles them wants what aw_nas runs. */
TYPE(mobilenet_block_1_relu6, .expansion = 1, .kernel = 1);
TYPE(mobilenet_block_6_relu6, .expansion = 6, .kernel = 1);

/* The plain convolutions with bias: the stem (conv_3x3) and the assembler's glue (conv_1x1). */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t kernel;
};

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *variant = prim->type->variant;
    int x = awh_build_conv_bias(&b, in, prim->c_out, variant->kernel, prim->stride);
    return awh_build_end(&b, x, out_tensor);
}

#define TYPE(type_name, ...)                                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower,                                                                            \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }

TYPE(conv_1x1, .kernel = 1);
TYPE(conv_3x3, .kernel = 3);

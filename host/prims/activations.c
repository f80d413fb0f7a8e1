/* Activations as primitives; C_out and stride are ignored. */
#include "prims/build.h"
#include "prims/types.h"

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const enum aw_act *act = prim->type->variant;
    return awh_build_end(&b, awh_build_act(&b, in, *act), out_tensor);
}

#define TYPE(type_name, act)                                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower,                                                                            \
        .variant = &(const enum aw_act){act},                                                      \
    }

TYPE(h_sigmoid, AW_ACT_H_SIGMOID);
TYPE(h_swish, AW_ACT_H_SWISH);
TYPE(identity, AW_ACT_NONE);
TYPE(null, AW_ACT_NONE);
TYPE(relu, AW_ACT_RELU);
TYPE(relu6, AW_ACT_RELU6);
TYPE(sigmoid, AW_ACT_SIGMOID);
TYPE(tanh, AW_ACT_TANH);

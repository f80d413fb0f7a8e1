/* Pooling: floor mode, C channels whatever C_out says; means do not count the padding. */
#include "prims/build.h"
#include "prims/types.h"

struct variant {
    int32_t kernel, pad;
    bool max;
};

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct variant *v = prim->type->variant;
    int x = v->max ? awh_build_max_pool(&b, in, v->kernel, prim->stride, v->pad)
                   : awh_build_avg_pool(&b, in, v->kernel, prim->stride, v->pad, false);
    return awh_build_end(&b, x, out_tensor);
}

#define TYPE(type_name, ...)                                                                       \
    const struct awh_prim_type awh_prim_##type_name = {                                            \
        .name = #type_name,                                                                        \
        .params = awh_no_params,                                                                   \
        .lower = lower,                                                                            \
        .variant = &(const struct variant){__VA_ARGS__},                                           \
    }

TYPE(avg_pool_2x2, .kernel = 2); /* without padding: stride 1 takes a pixel off */
TYPE(avg_pool_3x3, .kernel = 3, .pad = 1);
TYPE(max_pool_3x3, .kernel = 3, .pad = 1, .max = true);

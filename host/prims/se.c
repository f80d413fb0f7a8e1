/* Squeeze and excite by itself; C_out and stride are ignored. */
#include <math.h>

#include "prims/build.h"
#include "prims/types.h"

/* Python's c // reduction. */
static double floor_divide(double c, double reduction)
{
    double rest = fmod(c, reduction);
    if (rest != 0 && (rest < 0) != (reduction < 0))
        rest += reduction;
    return round((c - rest) / reduction);
}

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    struct awh_build b = AWH_BUILD(graph, prim, diag);
    const struct awh_value *value = awh_prim_param(prim, "reduction");
    double reduction = value ? awh_value_number(value) : (double)NAN;
    if (!(reduction != 0) || !(fabs(prim->c / reduction) <= 65535))
        awh_build_fail(&b, AW_ERR_RANGE,
                       "reduction must be a number that is not 0, and C / reduction at most 65535");
    int32_t squeezed_ch = b.err ? 1 : awh_make_divisible(floor_divide(prim->c, reduction), 8);
    return awh_build_end(&b, awh_build_squeeze_excite(&b, in, squeezed_ch), out_tensor);
}

static const struct awh_param_spec params[] = {
    {.name = "reduction",
     .has_default = true,
     .default_value = {.kind = AWH_VALUE_INT, .integer = 4}},
    {.name = NULL}};

const struct awh_prim_type awh_prim_se_module = {
    .name = "se_module", .params = params, .lower = lower};

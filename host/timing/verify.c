#include <math.h>
#include <stdlib.h>

#include "program/float_reference.h"
#include "timing/prepare.h"

/* An output of zeros (a pooled one, say) has no size to compare with; errors below this are none.
 */
#define LEAST_RMS 1e-6

/* Errors of a layer are added to those of the layers before it; docs/measuring.md has what correct
 * engines reach. A wrong layer is off by about 1. */
double awh_verify_tolerance(enum awh_precision precision)
{
    static const double tolerances[AWH_PRECISION_COUNT] = {
        [AWH_PRECISION_FP32] = 1e-3, [AWH_PRECISION_TF32] = 2e-2, [AWH_PRECISION_FP16] = 2e-2,
        [AWH_PRECISION_BF16] = 0.1,  [AWH_PRECISION_INT8] = 0.5,
    };
    return tolerances[precision];
}

static double relative_error(const float *values, const float *expected, size_t count)
{
    double error = 0.0, size = 0.0;
    for (size_t i = 0; i < count; i++) {
        double off = (double)values[i] - (double)expected[i];
        error += off * off;
        size += (double)expected[i] * (double)expected[i];
    }
    double floor = LEAST_RMS * LEAST_RMS * (double)count;
    double ratio = sqrt(error / fmax(size, floor));
    return isfinite(ratio) ? ratio : INFINITY;
}

static enum aw_err verify_step(const struct awh_engine_ops *ops, void *engine, void *net,
                               const struct awh_prepared *prepared, enum awh_precision precision,
                               size_t index, double *worst_inout, struct awh_diag *diag)
{
    size_t count;
    const struct awh_step *step = &ops->steps(net, &count)[index];
    enum aw_err err = ops->run_step(engine, net, index, diag);
    if (err || step->out < 0 || !prepared->outputs[step->out])
        return err;
    count = awh_float_count(&prepared->graph, step->out);
    float *values = malloc(count * sizeof *values);
    if (!values)
        return awh_fail_mem(diag);
    err = ops->read(engine, net, index, values, diag);
    double error = err ? 0.0 : relative_error(values, prepared->outputs[step->out], count);
    free(values);
    if (!err && error > awh_verify_tolerance(precision))
        err = awh_fail(diag, AW_ERR_MISMATCH,
                       "net %s: layer %s (%s): the output differs from the float reference by %.3g "
                       "of its size; expected at most %.3g in %s",
                       prepared->graph.net, step->name, step->implementation, error,
                       awh_verify_tolerance(precision), awh_precision_name(precision));
    *worst_inout = fmax(*worst_inout, error);
    return err;
}

enum aw_err awh_verify(const struct awh_engine_ops *ops, void *engine, void *net,
                       const struct awh_prepared *prepared, enum awh_precision precision,
                       double *worst_out, struct awh_diag *diag)
{
    size_t count;
    double worst = 0.0;
    (void)ops->steps(net, &count);
    for (size_t i = 0; i < count; i++) {
        enum aw_err err = verify_step(ops, engine, net, prepared, precision, i, &worst, diag);
        if (err)
            return err;
    }
    *worst_out = worst;
    return AW_OK;
}

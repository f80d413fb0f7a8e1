#include <math.h>
#include <stdlib.h>

#include "program/float_reference.h"
#include "timing/prepare.h"

/* An output of zeros (a pooled one, say) has no size to compare with; errors below this are none.
 */
#define LEAST_RMS 1e-6

/* About ten times what correct engines add; a wrong layer adds about 1. docs/measuring.md has the
 * figures. */
double awh_verify_tolerance(enum awh_precision precision)
{
    static const double tolerances[AWH_PRECISION_COUNT] = {
        [AWH_PRECISION_FP32] = 1e-4, [AWH_PRECISION_TF32] = 2e-2, [AWH_PRECISION_FP16] = 2e-2,
        [AWH_PRECISION_BF16] = 0.1,  [AWH_PRECISION_INT8] = 0.3,
    };
    return tolerances[precision];
}

/* A net while it is compared. */
struct check {
    const struct awh_engine_ops *ops;
    void *engine, *net;
    const struct awh_prepared *prepared;
    enum awh_precision precision;
    double *errors; /* of each tensor, as a share of its size */
    double worst;
    struct awh_diag *diag;
};

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

static bool is_inside(const struct check *check, const struct awh_step *step, int tensor)
{
    for (size_t i = 0; i < step->node_count; i++)
        if (check->prepared->graph.nodes[step->nodes[i]].out == tensor)
            return true;
    return false;
}

/* What the step's inputs were off by, squared. */
static double error_before(const struct check *check, const struct awh_step *step)
{
    double sum = 0.0;
    for (size_t i = 0; i < step->node_count; i++) {
        const struct awh_node *node = &check->prepared->graph.nodes[step->nodes[i]];
        const int inputs[] = {node->in0, node->in1};
        for (size_t k = 0; k < 2; k++)
            if (inputs[k] >= 0 && !is_inside(check, step, inputs[k]))
                sum += check->errors[inputs[k]] * check->errors[inputs[k]];
    }
    return sum;
}

static enum aw_err judge(struct check *check, const struct awh_step *step, double error)
{
    double added = sqrt(fmax(error * error - error_before(check, step), 0.0));
    double most = awh_verify_tolerance(check->precision);
    check->errors[step->out] = error;
    check->worst = fmax(check->worst, error);
    if (added <= most)
        return AW_OK;
    return awh_fail(check->diag, AW_ERR_MISMATCH,
                    "net %s: layer %s (%s): its output is off from the float reference by %.3g of "
                    "its size; expected at most %.3g in %s",
                    check->prepared->graph.net, step->name, step->implementation, added, most,
                    awh_precision_name(check->precision));
}

static enum aw_err verify_step(struct check *check, size_t index)
{
    size_t count;
    const struct awh_step *step = &check->ops->steps(check->net, &count)[index];
    const struct awh_prepared *prepared = check->prepared;
    enum aw_err err = check->ops->run_step(check->engine, check->net, index, check->diag);
    if (err || step->out < 0 || !prepared->outputs[step->out])
        return err;
    count = awh_float_count(&prepared->graph, step->out);
    float *values = malloc(count * sizeof *values);
    if (!values)
        return awh_fail_mem(check->diag);
    err = check->ops->read(check->engine, check->net, index, values, check->diag);
    if (!err)
        err = judge(check, step, relative_error(values, prepared->outputs[step->out], count));
    free(values);
    return err;
}

enum aw_err awh_verify(const struct awh_engine_ops *ops, void *engine, void *net,
                       const struct awh_prepared *prepared, enum awh_precision precision,
                       double *worst_out, struct awh_diag *diag)
{
    struct check check = {.ops = ops,
                          .engine = engine,
                          .net = net,
                          .prepared = prepared,
                          .precision = precision,
                          .errors = calloc(prepared->graph.tensor_count, sizeof(double)),
                          .diag = diag};
    size_t count;
    enum aw_err err = check.errors ? AW_OK : awh_fail_mem(diag);
    (void)ops->steps(net, &count);
    for (size_t i = 0; i < count && !err; i++)
        err = verify_step(&check, i);
    free(check.errors);
    if (!err)
        *worst_out = check.worst;
    return err;
}

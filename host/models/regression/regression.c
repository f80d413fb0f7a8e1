/* aw_nas's regression: ordinary least squares of the whole-net figure over the block sum; a
 * prediction feeds the sum of the table's means. */
#include <float.h>
#include <math.h>

#include "models/model.h"
#include "models/prim_table.h"

extern const struct awh_model_type awh_model_regression;

struct regression {
    struct awh_prim_table *table;
    double coef, intercept;
};

/* Least squares over all runs whose whole-net figure is known; constant x gives coef 0 and the mean
 * as intercept, the minimum-norm solution that scikit-learn's LinearRegression returns. */
static enum aw_err fit_line(const struct awh_profiles *data, struct regression *out,
                            struct awh_diag *diag)
{
    double mean_x = 0, mean_y = 0, sxx = 0, sxy = 0;
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t n = 0; n < data->net_count; n++)
            for (size_t r = 0; r < data->nets[n].run_count; r++) {
                const struct awh_profile *run = &data->nets[n].runs[r];
                if (isnan(run->overall) || isnan(run->block_sum))
                    continue;
                if (pass == 0) {
                    mean_x += run->block_sum;
                    mean_y += run->overall;
                    count++;
                } else {
                    sxx += (run->block_sum - mean_x) * (run->block_sum - mean_x);
                    sxy += (run->block_sum - mean_x) * (run->overall - mean_y);
                }
            }
        if (count == 0)
            return awh_fail(
                diag, AW_ERR_NUMERIC,
                "the regression model needs runs with a whole-net figure "
                "(overall_latency); give the directory that `parse` or `latency` writes");
        if (pass == 0) {
            mean_x /= (double)count;
            mean_y /= (double)count;
        }
    }
    double rounding = 4 * DBL_EPSILON * fabs(mean_x);
    out->coef = sxx <= (double)count * rounding * rounding ? 0 : sxy / sxx;
    out->intercept = mean_y - out->coef * mean_x;
    return AW_OK;
}

static enum aw_err regression_fit(struct awh_arena *arena, const struct awh_yaml *cfg,
                                  const struct awh_profiles *data, const char *perf_name,
                                  void **state_out, struct awh_diag *diag)
{
    (void)cfg;
    (void)perf_name;
    struct regression *state = awh_arena_alloc(arena, sizeof(*state));
    enum aw_err err;
    if (state == NULL)
        return awh_fail_mem(diag);
    if ((err = awh_prim_table_build(arena, data, &state->table, diag)) != AW_OK ||
        (err = fit_line(data, state, diag)) != AW_OK)
        return err;
    *state_out = state;
    return AW_OK;
}

static enum aw_err regression_predict(const void *state, const struct awh_prim *prims, size_t count,
                                      double *value_out, size_t *missing_out)
{
    const struct regression *model = state;
    *value_out = model->coef * awh_prim_table_sum(model->table, prims, count, missing_out) +
                 model->intercept;
    return AW_OK;
}

static enum aw_err regression_save(struct awh_arena *arena, const void *state,
                                   const char *perf_name, struct awh_yaml *map,
                                   struct awh_diag *diag)
{
    const struct regression *model = state;
    struct awh_yaml *line = awh_yaml_new_map(arena);
    if (!awh_yaml_set(arena, line, "coef", awh_yaml_new_real(arena, model->coef)) ||
        !awh_yaml_set(arena, line, "intercept", awh_yaml_new_real(arena, model->intercept)) ||
        !awh_yaml_set(arena, map, "regression", line))
        return awh_fail_mem(diag);
    return awh_prim_table_save(arena, model->table, perf_name, map, diag);
}

static enum aw_err need_real(const struct awh_yaml *map, const char *key, double *out,
                             struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(map, key);
    if (node == NULL)
        return awh_yaml_fail(map, AW_ERR_NOT_FOUND, diag, "expected the key '%s'", key);
    return awh_yaml_real(node, out, diag);
}

static enum aw_err regression_load(struct awh_arena *arena, const struct awh_yaml *map,
                                   const char *perf_name, void **state_out, struct awh_diag *diag)
{
    struct regression *state = awh_arena_alloc(arena, sizeof(*state));
    struct awh_yaml *line;
    enum aw_err err;
    if (state == NULL)
        return awh_fail_mem(diag);
    if ((err = awh_yaml_need(map, "regression", AWH_YAML_MAP, &line, diag)) != AW_OK ||
        (err = need_real(line, "coef", &state->coef, diag)) != AW_OK ||
        (err = need_real(line, "intercept", &state->intercept, diag)) != AW_OK ||
        (err = awh_prim_table_load(arena, map, perf_name, &state->table, diag)) != AW_OK)
        return err;
    *state_out = state;
    return AW_OK;
}

static const char *const defaults[] = {"block_sum", "remove_anomaly", "flatten",
                                       "extract_sum_features", NULL};

const struct awh_model_type awh_model_regression = {
    .name = "regression",
    .default_preprocessors = defaults,
    .fit = regression_fit,
    .predict = regression_predict,
    .save = regression_save,
    .load = regression_load,
};

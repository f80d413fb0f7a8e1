#include "models/cross_validate.h"

#include <math.h>
#include <string.h>

#include "base/stats.h"
#include "models/prim_table.h"

#define MAX_FOLDS 10
#define MIN_NETS  3 /* a line through fewer nets says nothing of the one left out */

static double mean_overall(const struct awh_profile_net *net)
{
    double sum = 0;
    for (size_t r = 0; r < net->run_count; r++)
        sum += net->runs[r].overall;
    return sum / (double)net->run_count;
}

/* A copy of the data with the whole-net figures of fold `fold` hidden. */
static enum aw_err hide_fold(struct awh_arena *arena, const struct awh_profiles *data, size_t fold,
                             size_t folds, struct awh_profiles *out, struct awh_diag *diag)
{
    *out = *data;
    out->nets = awh_arena_array(arena, data->net_count, sizeof(*out->nets));
    if (out->nets == NULL)
        return awh_fail_mem(diag);
    for (size_t n = 0; n < data->net_count; n++) {
        out->nets[n] = data->nets[n];
        if (n % folds != fold)
            continue;
        struct awh_profile *runs = awh_arena_array(arena, data->nets[n].run_count, sizeof(*runs));
        if (runs == NULL)
            return awh_fail_mem(diag);
        memcpy(runs, data->nets[n].runs, data->nets[n].run_count * sizeof(*runs));
        for (size_t r = 0; r < data->nets[n].run_count; r++)
            runs[r].overall = (double)NAN;
        out->nets[n].runs = runs;
    }
    return AW_OK;
}

static enum aw_err predict_fold(const struct awh_model_type *type, const struct awh_yaml *cfg,
                                const struct awh_profiles *data, const char *perf_name, size_t fold,
                                size_t folds, double *predicted, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_profiles visible;
    void *state;
    awh_arena_init(&arena);
    enum aw_err err = hide_fold(&arena, data, fold, folds, &visible, diag);
    if (err == AW_OK)
        err = type->fit(&arena, cfg, &visible, perf_name, &state, diag);
    for (size_t n = fold; err == AW_OK && n < data->net_count; n += folds) {
        const struct awh_profile *run = &data->nets[n].runs[0];
        size_t missing;
        err = type->predict(state, run->prims, run->prim_count, &predicted[n], &missing);
        if (err != AW_OK)
            err = awh_fail(diag, err, "net %s: the model gives no prediction", data->nets[n].name);
    }
    awh_arena_release(&arena);
    return err;
}

static void accuracy(const double *predicted, const double *measured, size_t count, size_t folds,
                     struct awh_accuracy *out)
{
    *out = (struct awh_accuracy){
        .nets = count,
        .folds = folds,
        .mape = awh_mape(predicted, measured, count),
        .rmspe = awh_rmspe(predicted, measured, count),
        .rrmse = awh_rrmse(predicted, measured, count),
        .within_5 = awh_within(predicted, measured, count, 0.05),
        .within_10 = awh_within(predicted, measured, count, 0.10),
        .kendall_tau = awh_kendall_tau(predicted, measured, count),
    };
}

enum aw_err awh_cross_validate(const struct awh_model_type *type, const struct awh_yaml *cfg,
                               const struct awh_profiles *data, const char *perf_name,
                               struct awh_validation *out, struct awh_diag *diag)
{
    size_t count = data->net_count, folds = count < MAX_FOLDS ? count : MAX_FOLDS;
    struct awh_arena arena;
    enum aw_err err = AW_OK;

    *out = (struct awh_validation){0};
    out->model.nets = count;
    for (size_t n = 0; n < count; n++)
        if (isnan(mean_overall(&data->nets[n])))
            return AW_OK;
    if (count < MIN_NETS)
        return AW_OK;
    awh_arena_init(&arena);
    double *predicted = awh_arena_array(&arena, count, sizeof(*predicted));
    double *measured = awh_arena_array(&arena, count, sizeof(*measured));
    double *naive = awh_arena_array(&arena, count, sizeof(*naive));
    struct awh_prim_table *table;
    if (predicted == NULL || measured == NULL || naive == NULL)
        err = awh_fail_mem(diag);
    else
        err = awh_prim_table_build(&arena, data, &table, diag);
    for (size_t fold = 0; err == AW_OK && fold < folds; fold++)
        err = predict_fold(type, cfg, data, perf_name, fold, folds, predicted, diag);
    if (err == AW_OK) {
        for (size_t n = 0; n < count; n++) {
            const struct awh_profile *run = &data->nets[n].runs[0];
            size_t missing;
            measured[n] = mean_overall(&data->nets[n]);
            naive[n] = awh_prim_table_sum(table, run->prims, run->prim_count, &missing);
        }
        accuracy(predicted, measured, count, folds, &out->model);
        accuracy(naive, measured, count, folds, &out->block_sum);
    }
    awh_arena_release(&arena);
    return err;
}

/* aw_nas's table: a net costs the sum of the mean values of its primitives. */
#include "models/model.h"
#include "models/prim_table.h"

extern const struct awh_model_type awh_model_table;

static enum aw_err table_fit(struct awh_arena *arena, const struct awh_yaml *cfg,
                             const struct awh_profiles *data, const char *perf_name,
                             void **state_out, struct awh_diag *diag)
{
    (void)cfg;
    (void)perf_name;
    struct awh_prim_table *table;
    enum aw_err err = awh_prim_table_build(arena, data, &table, diag);
    if (err == AW_OK)
        *state_out = table;
    return err;
}

static enum aw_err table_predict(const void *state, const struct awh_prim *prims, size_t count,
                                 double *value_out, size_t *missing_out)
{
    *value_out = awh_prim_table_sum(state, prims, count, missing_out);
    return AW_OK;
}

static enum aw_err table_save(struct awh_arena *arena, const void *state, const char *perf_name,
                              struct awh_yaml *map, struct awh_diag *diag)
{
    return awh_prim_table_save(arena, state, perf_name, map, diag);
}

static enum aw_err table_load(struct awh_arena *arena, const struct awh_yaml *map,
                              const char *perf_name, void **state_out, struct awh_diag *diag)
{
    struct awh_prim_table *table;
    enum aw_err err = awh_prim_table_load(arena, map, perf_name, &table, diag);
    if (err == AW_OK)
        *state_out = table;
    return err;
}

static const char *const defaults[] = {"flatten", NULL};

const struct awh_model_type awh_model_table = {
    .name = "table",
    .default_preprocessors = defaults,
    .fit = table_fit,
    .predict = table_predict,
    .save = table_save,
    .load = table_load,
};

/* Points 36 to 42: preprocessors and models. Of points 39 and 40 there is what can be seen without
 * the models mlp and lstm, which come with the work on models: a refusal that names those that
 * exist. */
#include "points.h"

#include <math.h>

#include "models/model.h"
#include "models/preprocess.h"
#include "models/profiles.h"

static const char genmodel[] = "genmodel cfg.yaml hwobj.yaml profs --result-file model.yaml";

static void prepare(struct point *p, unsigned runs)
{
    point_genprof(p);
    point_profile(p, "profs", runs);
}

static void set_model(struct point *p, const char *type, const char *cfg)
{
    point_write(p, "hwobj.yaml", point_hwobj);
    point_edit_hwobj(p, "hwperfmodel_type: table",
                     awh_arena_printf(&p->arena, "hwperfmodel_type: %s", type));
    point_edit_hwobj(p, "{perf_name: latency}", cfg);
}

/* Net 0's run number `run` with all latencies times `factor`. */
static void scale_run(struct point *p, unsigned run, double factor)
{
    char path[64];
    snprintf(path, sizeof(path), "profs/0/%u.yaml", run);
    struct awh_yaml *root = point_yaml(p, path), *prims = awh_yaml_get(root, "primitives");
    for (size_t i = 0; i < prims->list.count; i++) {
        struct awh_yaml *perfs = awh_yaml_get(prims->list.items[i], "performances");
        double value = 0;
        assert_int_equal(awh_yaml_real(awh_yaml_get(perfs, "latency"), &value, NULL), AW_OK);
        assert_true(awh_yaml_set(&p->arena, perfs, "latency",
                                 awh_yaml_new_real(&p->arena, factor * value)));
    }
    assert_int_equal(awh_yaml_save(root, awh_path_join(&p->arena, p->dir, path), NULL), AW_OK);
}

/* aw_nas falls through its pass-through: runs twice, or a KeyError, unless block_sum is before it.
 */
static void point_36_remove_anomaly_counts_each_run_once(void **state)
{
    struct point *p = *state;
    prepare(p, 3);
    set_model(p, "table", "{preprocessors: [block_sum, remove_anomaly, flatten]}");
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->out, "15 of 15 runs kept");
    /* As the first one it has aw_nas's block_sum_latency of the files to go by. */
    set_model(p, "table", "{preprocessors: [remove_anomaly, flatten]}");
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->out, "15 of 15 runs kept");
    set_model(p, "table", "{preprocessors: [remove_anomaly, block_sum, flatten]}");
    point_expect(p, 2, "preprocessors[1]: 'block_sum' must come before 'remove_anomaly'", genmodel);
}

/* A relative deviation from the mean of all runs, outliers too, in one pass; every net that loses
 * all its runs is named. */
static void point_37_tolerance_is_relative_and_configurable(void **state)
{
    static const struct {
        double factors[4];
        const char *tolerance, *kept, *warning; /* of 4 runs and 4 other nets with 4 */
    } rows[] = {
        {{1, 1, 1, 1}, "", "20 of 20", NULL},
        {{1, 1, 1, 1.2}, "", "19 of 20", NULL}, /* 1.05 +- 0.105: only the last one is outside */
        {{1, 1, 1, 1.5},
         "",
         "16 of 20",
         "net 0: remove_anomaly drops all 4 runs"}, /* 1.125 +- 0.1125 */
        {{1, 1, 1, 1.5}, ", tolerance_std: 0.2", "19 of 20", NULL},
        {{1, 1, 1.5, 1.5}, "", "16 of 20", "net 0: remove_anomaly drops all 4 runs"},
        {{1, 1, 1.5, 1.5}, ", tolerance_std: 0.3", "20 of 20", NULL},
    };
    struct point *p = *state;
    point_genprof(p);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        point_profile(p, "profs", 4);
        for (unsigned r = 0; r < 4; r++)
            scale_run(p, r, rows[i].factors[r]);
        set_model(p, "table",
                  awh_arena_printf(&p->arena,
                                   "{preprocessors: [block_sum, remove_anomaly, flatten]%s}",
                                   rows[i].tolerance));
        point_expect(p, 0, NULL, genmodel);
        point_contains(p->out, rows[i].kept);
        if (rows[i].warning == NULL)
            point_lacks(p->err, "remove_anomaly");
        else
            point_contains(p->err, rows[i].warning);
    }
    set_model(p, "table", "{tolerance_std: -1}");
    point_expect(p, 2, "tolerance_std: expected a number of at least 0", genmodel);
}

/* What the code of aw_nas has, not its documentation: a table without a filter. */
static void point_38_default_preprocessors(void **state)
{
    struct point *p = *state;
    prepare(p, 4);
    scale_run(p, 3, 1.5);
    set_model(p, "table", "{}");
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->out, "20 of 20 runs kept");
    assert_int_equal(awh_yaml_get(point_yaml(p, "model.yaml"), "preprocessors")->list.count, 1);
    set_model(p, "regression", "{}");
    point_expect(p, 0, NULL, genmodel);
    const struct awh_yaml *names = awh_yaml_get(point_yaml(p, "model.yaml"), "preprocessors");
    static const char *const expected[] = {"block_sum", "remove_anomaly", "flatten",
                                           "extract_sum_features"};
    assert_int_equal(names->list.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(awh_yaml_is_str(names->list.items[i], expected[i]));
}

static void refuse_model(struct point *p, const char *type, const char *preprocessor)
{
    point_genprof(p);
    point_profile(p, "profs", 1);
    set_model(p, type, "{}");
    if (awh_model_type_find(type) != NULL)
        fail_msg("the model %s is there now: test what its point says", type);
    point_expect(
        p, 2, awh_arena_printf(&p->arena, "unknown model '%s'; there are table, regression", type),
        genmodel);
    set_model(
        p, "table",
        awh_arena_printf(&p->arena, "{preprocessors: [block_sum, flatten, %s]}", preprocessor));
    point_expect(p, 2,
                 awh_arena_printf(&p->arena, "unknown preprocessor '%s'; there are block_sum, ",
                                  preprocessor),
                 genmodel);
    assert_false(point_has(p, "model.yaml"));
}

static void point_39_mlp_is_not_here_yet(void **state)
{
    refuse_model(*state, "mlp", "padding");
}

static void point_40_lstm_is_not_here_yet(void **state)
{
    refuse_model(*state, "lstm", "extract_lstm_features");
}

/* Least squares of the whole net over the block sum; a prediction sums the table's means. What is
 * not in the table counts 0, with one warning a command and not one a primitive. */
static void point_41_regression(void **state)
{
    struct point *p = *state;
    prepare(p, 3);
    set_model(p, "regression", "{}");
    point_expect(p, 0, NULL, genmodel);
    const struct awh_yaml *line = awh_yaml_get(point_yaml(p, "model.yaml"), "regression");
    double coef = 0, intercept = 0;
    assert_int_equal(awh_yaml_real(awh_yaml_get(line, "coef"), &coef, NULL), AW_OK);
    assert_int_equal(awh_yaml_real(awh_yaml_get(line, "intercept"), &intercept, NULL), AW_OK);
    assert_true(fabs(coef - 1.5) < 1e-9 && fabs(intercept - 2) < 1e-9);
    point_expect(p, 0, NULL, "predict model.yaml --nets results/prof_nets --format csv");
    point_lacks(p->err, "never measured");
    /* Without the nets beyond the first, most primitives are missing. */
    point_profile(p, "one", 1);
    for (int net = 1; point_has(p, awh_arena_printf(&p->arena, "one/%d", net)); net++)
        assert_int_equal(
            awh_dir_remove(awh_arena_printf(&p->arena, "%s/one/%d", p->dir, net), NULL), AW_OK);
    point_expect(p, 0, NULL, "genmodel cfg.yaml hwobj.yaml one --result-file model.yaml");
    point_contains(p->err, "primitives that this asks for are not measured and will count 0");
    point_expect(p, 0, NULL, "predict model.yaml --random 30 --format csv");
    assert_int_equal(point_count(p->err, "\n"), 1);
    point_contains(p->err, "of 30 architectures were never measured and count 0");
}

/* aw_nas's train() pops the values out of its caller's data. */
static void point_42_data_can_be_fitted_again(void **state)
{
    struct point *p = *state;
    prepare(p, 3);
    const char *names[] = {"latency", "energy", "latency"};
    char *models[3];
    for (size_t i = 0; i < 3; i++) {
        set_model(p, "regression", awh_arena_printf(&p->arena, "{perf_name: %s}", names[i]));
        point_expect(p, 0, NULL, genmodel);
        models[i] = point_read(p, "model.yaml");
    }
    assert_string_equal(models[0], models[2]);
    point_contains(models[1], "perf_name: energy\n");
    /* In one process: a fit leaves its data as it was. */
    struct awh_diag diag = {0};
    struct awh_profiles data, kept;
    struct awh_preprocess steps;
    const struct awh_model_type *type = awh_model_type_find("regression");
    char *dir = awh_path_join(&p->arena, p->dir, "profs");
    assert_int_equal(awh_profiles_load(&p->arena, dir, "latency", &data, &diag), AW_OK);
    double first = 0;
    for (int i = 0; i < 2; i++) {
        void *fitted;
        double value;
        size_t missing;
        assert_int_equal(awh_preprocess_open(NULL, type, &steps, &diag), AW_OK);
        assert_int_equal(awh_preprocess_run(&p->arena, &steps, &data, &kept, &diag), AW_OK);
        assert_int_equal(type->fit(&p->arena, NULL, &kept, "latency", &fitted, &diag), AW_OK);
        const struct awh_profile *run = &data.nets[1].runs[0];
        assert_int_equal(type->predict(fitted, run->prims, run->prim_count, &value, &missing),
                         AW_OK);
        assert_int_equal(missing, 0);
        if (i == 0)
            first = value;
        assert_true(value == first);
    }
}

int main(void)
{
#define POINT(name) cmocka_unit_test_setup_teardown(name, point_setup, point_teardown)
    const struct CMUnitTest tests[] = {
        POINT(point_36_remove_anomaly_counts_each_run_once),
        POINT(point_37_tolerance_is_relative_and_configurable),
        POINT(point_38_default_preprocessors),
        POINT(point_39_mlp_is_not_here_yet),
        POINT(point_40_lstm_is_not_here_yet),
        POINT(point_41_regression),
        POINT(point_42_data_can_be_fitted_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

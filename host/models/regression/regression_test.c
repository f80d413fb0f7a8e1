#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/cross_validate.h"
#include "models/preprocess.h"
#include "models/testing.h"

#define NETS 5

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_prim prims[TEST_PRIMS];
    double perfs[NETS][TEST_PRIMS];
    struct awh_profile runs[NETS];
    struct awh_profile_net nets[NETS];
    struct awh_profiles data;
};

/* Nets whose whole-net figure is 0.9 * block sum + 5, exactly. */
static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    awh_arena_init(&f->arena);
    test_prims(f->prims);
    for (int n = 0; n < NETS; n++) {
        double sum = 0;
        for (int i = 0; i < TEST_PRIMS; i++) {
            f->perfs[n][i] = i <= n ? 10.0 * (i + 1) : (double)NAN;
            sum += i <= n ? f->perfs[n][i] : 0;
        }
        f->runs[n] = test_run(f->prims, f->perfs[n], 0.9 * sum + 5);
        f->runs[n].prim_count = n < TEST_PRIMS ? (size_t)n + 1 : TEST_PRIMS;
        f->nets[n] = (struct awh_profile_net){.name = "net", .runs = &f->runs[n], .run_count = 1};
    }
    f->data = (struct awh_profiles){.nets = f->nets, .net_count = NETS};
}

static void finds_the_line(void **unused)
{
    (void)unused;
    const struct awh_model_type *type = awh_model_type_find("regression");
    struct fixture f;
    void *state;
    double value;
    size_t missing;
    setup(&f);
    assert_int_equal(type->fit(&f.arena, NULL, &f.data, "latency", &state, &f.diag), AW_OK);
    assert_int_equal(type->predict(state, f.prims, TEST_PRIMS, &value, &missing), AW_OK);
    assert_true(fabs(value - (0.9 * 100 + 5)) < 1e-9);
    assert_int_equal(missing, 0);
    test_round_trip(type, state, f.prims);
    awh_arena_release(&f.arena);
}

static void constant_sums_give_the_mean(void **unused)
{
    (void)unused;
    const struct awh_model_type *type = awh_model_type_find("regression");
    struct fixture f;
    void *state;
    double value;
    size_t missing;
    setup(&f);
    for (int n = 0; n < NETS; n++) {
        f.runs[n] = test_run(f.prims, f.perfs[NETS - 1], 100 + n);
        f.runs[n].block_sum = 100.1;
    }
    assert_int_equal(type->fit(&f.arena, NULL, &f.data, "latency", &state, &f.diag), AW_OK);
    assert_int_equal(type->predict(state, f.prims, TEST_PRIMS, &value, &missing), AW_OK);
    assert_true(fabs(value - 102) < 1e-9);
    awh_arena_release(&f.arena);
}

static void needs_whole_net_figures(void **unused)
{
    (void)unused;
    struct fixture f;
    void *state;
    setup(&f);
    for (int n = 0; n < NETS; n++)
        f.runs[n].overall = (double)NAN;
    assert_int_equal(
        awh_model_type_find("regression")->fit(&f.arena, NULL, &f.data, "latency", &state, &f.diag),
        AW_ERR_NUMERIC);
    assert_non_null(strstr(f.diag.text, "whole-net figure"));
    awh_arena_release(&f.arena);
}

static void cross_validation_beats_the_block_sum_on_a_line(void **unused)
{
    (void)unused;
    struct fixture f;
    struct awh_validation v;
    setup(&f);
    assert_int_equal(awh_cross_validate(awh_model_type_find("regression"), NULL, &f.data, "latency",
                                        &v, &f.diag),
                     AW_OK);
    assert_int_equal(v.model.nets, NETS);
    assert_int_equal(v.model.folds, NETS);
    assert_true(v.model.mape < 1e-9);
    assert_true(v.model.kendall_tau > 0.99);
    assert_true(v.block_sum.mape > 0.01);

    f.data.net_count = 2;
    assert_int_equal(awh_cross_validate(awh_model_type_find("regression"), NULL, &f.data, "latency",
                                        &v, &f.diag),
                     AW_OK);
    assert_int_equal(v.model.folds, 0);
    awh_arena_release(&f.arena);
}

static void anomalies_are_dropped_by_relative_deviation(void **unused)
{
    (void)unused;
    struct fixture f;
    struct awh_profiles kept;
    struct awh_preprocess preprocess;
    setup(&f);
    double normal[] = {10, 10, 10, 10}, high[] = {12, 12, 12, 12};
    struct awh_profile runs[4] = {test_run(f.prims, normal, 1), test_run(f.prims, normal, 2),
                                  test_run(f.prims, normal, 3), test_run(f.prims, high, 4)};
    struct awh_profile_net net = {.name = "0", .runs = runs, .run_count = 4};
    f.data = (struct awh_profiles){.nets = &net, .net_count = 1};
    assert_int_equal(
        awh_preprocess_open(NULL, awh_model_type_find("regression"), &preprocess, &f.diag), AW_OK);
    assert_int_equal(awh_preprocess_run(&f.arena, &preprocess, &f.data, &kept, &f.diag), AW_OK);
    /* Mean 42: 40 is within 10 %, 48 is not. */
    assert_int_equal(kept.nets[0].run_count, 3);
    assert_int_equal(f.data.nets[0].run_count, 4);
    awh_arena_release(&f.arena);
}

static void wrong_preprocessors_are_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *cfg, *message;
    } rows[] = {
        {"preprocessors: [block_sums, flatten]", "unknown preprocessor 'block_sums'"},
        {"preprocessors: [flatten, block_sum, extract_sum_features]", "must come before"},
        {"preprocessors: [block_sum]", "needs 'flatten'"},
        {"preprocessors: [flatten]", "needs 'extract_sum_features'"},
        {"preprocessors: 3", "expected a list of names"},
        {"tolerance_std: -1", "at least 0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_diag diag = {0};
        struct awh_yaml *cfg;
        struct awh_preprocess preprocess;
        awh_arena_init(&arena);
        assert_int_equal(
            awh_yaml_load(&arena, "cfg", rows[i].cfg, strlen(rows[i].cfg), &cfg, &diag), AW_OK);
        assert_int_not_equal(
            awh_preprocess_open(cfg, awh_model_type_find("regression"), &preprocess, &diag), AW_OK);
        if (strstr(diag.text, rows[i].message) == NULL)
            fail_msg("%s: '%s'", rows[i].cfg, diag.text);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_line),
        cmocka_unit_test(constant_sums_give_the_mean),
        cmocka_unit_test(needs_whole_net_figures),
        cmocka_unit_test(cross_validation_beats_the_block_sum_on_a_line),
        cmocka_unit_test(anomalies_are_dropped_by_relative_deviation),
        cmocka_unit_test(wrong_preprocessors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "readers/testing_test.h"

#include "readers/collect.h"

struct bench {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_collect collect;
};

static void open_bench(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    awh_arena_init(&bench->arena);
    awh_collect_init(&bench->collect, &bench->arena, "log.txt", "test");
}

static void close_bench(struct bench *bench)
{
    awh_collect_release(&bench->collect);
    awh_arena_release(&bench->arena);
}

static enum aw_err take(struct bench *bench, const char *name, double value, uint32_t line)
{
    char first[32]; /* gone when the run is read */
    snprintf(first, sizeof(first), "%s", name);
    const struct awh_spread spread = {
        .min = value - 1, .max = value + 1, .mean = value, .median = value};
    struct awh_layer_time layers[] = {
        {.name = first, .value = value, .spread = &spread, .count = 3},
        {.name = "b", .value = 2 * value}};
    const struct awh_figure figure = {.name = "f", .unit = "u", .value = value};
    const struct awh_layer_run run = {.layers = layers,
                                      .layer_count = 2,
                                      .overall = 3 * value,
                                      .unit = "ms",
                                      .line = line,
                                      .samples = &value,
                                      .sample_count = 1,
                                      .figures = &figure,
                                      .figure_count = 1};
    return awh_collect_take(&bench->collect, &run, &bench->diag);
}

static void runs_are_copied_in_their_order(void **unused)
{
    (void)unused;
    struct bench bench;
    struct awh_layer_runs runs;
    open_bench(&bench);
    for (uint32_t i = 1; i <= 6; i++)
        assert_int_equal(take(&bench, i % 2 ? "a" : "c", i, i), AW_OK);
    assert_int_equal(awh_collect_finish(&bench.collect, &runs, &bench.diag), AW_OK);
    awh_collect_release(&bench.collect); /* the runs outlive it */
    assert_int_equal(runs.count, 6);
    for (uint32_t i = 1; i <= 6; i++) {
        const struct awh_layer_run *run = &runs.runs[i - 1];
        assert_string_equal(run->reader, "test");
        assert_string_equal(run->perf, "latency");
        assert_layer(run, 0, i % 2 ? "a" : "c", i, 0);
        assert_layer(run, 1, "b", 2 * i, 0);
        assert_near(run->layers[0].spread->min, i - 1.0);
        assert_near(run->samples[0], i);
        assert_near(figure_of(run, "f", "u"), i);
    }
    close_bench(&bench);
}

static void too_many_runs_are_merged_into_means(void **unused)
{
    (void)unused;
    struct bench bench;
    struct awh_layer_runs runs;
    open_bench(&bench);
    bench.collect.runs_max = 4;
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(take(&bench, "a", i, i), AW_OK);
    assert_int_equal(awh_collect_finish(&bench.collect, &runs, &bench.diag), AW_OK);
    assert_true(runs.count <= 4);
    double sum = 0;
    uint64_t count = 0;
    for (size_t i = 0; i < runs.count; i++) {
        sum += runs.runs[i].overall * (double)(runs.runs[i].count ? runs.runs[i].count : 1);
        count += runs.runs[i].count ? runs.runs[i].count : 1;
    }
    assert_int_equal(count, 16);
    assert_near(sum, 3.0 * 120);
    for (size_t i = 0; i < runs.count; i++)
        assert_int_equal(runs.runs[i].count, 4);    /* all of the same weight */
    assert_near(runs.runs[1].layers[0].value, 5.5); /* of 4 to 7 */
    assert_near(runs.runs[1].layers[0].spread->min, 3);
    assert_near(runs.runs[1].layers[0].spread->max, 8);
    assert_near(runs.runs[1].layers[0].spread->mean, 5.5);
    assert_true(isnan(runs.runs[1].layers[0].spread->median));
    assert_int_equal(runs.runs[1].layers[0].count, 12);
    assert_near(figure_of(&runs.runs[1], "f", "u"), 5.5);
    close_bench(&bench);
}

static void too_many_bytes_merge_the_longest_group(void **unused)
{
    (void)unused;
    struct bench bench;
    struct awh_layer_runs runs;
    open_bench(&bench);
    assert_int_equal(take(&bench, "once", 1, 1), AW_OK);
    bench.collect.bytes_max = 10 * bench.collect.bytes;
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(take(&bench, "a", 5, i), AW_OK);
    assert_true(bench.collect.bytes <= bench.collect.bytes_max);
    assert_int_equal(awh_collect_finish(&bench.collect, &runs, &bench.diag), AW_OK);
    assert_true(runs.count <= 10);
    assert_string_equal(runs.runs[0].layers[0].name, "once");
    assert_near(runs.runs[1].layers[0].value, 5);
    close_bench(&bench);
}

static void what_cannot_be_merged_is_refused(void **unused)
{
    (void)unused;
    struct bench bench;
    char name[16];
    enum aw_err err = AW_OK;
    open_bench(&bench);
    bench.collect.runs_max = 8;
    for (unsigned i = 0; err == AW_OK && i < 9; i++) {
        snprintf(name, sizeof(name), "layer%u", i);
        err = take(&bench, name, 1, 70 + i);
    }
    assert_int_equal(err, AW_ERR_RANGE);
    assert_non_null(
        strstr(bench.diag.text, "log.txt:78: more than 8 tables with different layers"));
    close_bench(&bench);

    open_bench(&bench);
    assert_int_equal(take(&bench, "a", 1, 1), AW_OK);
    bench.collect.bytes_max = bench.collect.bytes;
    assert_int_equal(take(&bench, "b", 1, 2), AW_ERR_RANGE);
    assert_int_equal(take(&bench, "b", 1, 3), AW_ERR_RANGE); /* and once more */
    close_bench(&bench);
}

static void impossible_values_are_refused(void **unused)
{
    (void)unused;
    static const double bad[] = {-1, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct bench bench;
        open_bench(&bench);
        assert_int_equal(take(&bench, "conv1", bad[i], 70), AW_ERR_RANGE);
        assert_non_null(strstr(bench.diag.text, "expected at least 0"));
        struct awh_layer_run run = {.overall = -1, .unit = "ms", .line = 7};
        bench.diag = (struct awh_diag){0};
        assert_int_equal(awh_collect_take(&bench.collect, &run, &bench.diag), AW_ERR_RANGE);
        assert_string_equal(bench.diag.text,
                            "log.txt:7: the whole net has -1 ms; expected at least 0");
        close_bench(&bench);
    }
}

static void warm_up_and_incomplete_runs_stay_apart(void **unused)
{
    (void)unused;
    struct bench bench;
    struct awh_layer_runs runs;
    open_bench(&bench);
    bench.collect.runs_max = 3;
    struct awh_layer_time layer = {.name = "a", .value = 100};
    struct awh_layer_run run = {
        .layers = &layer, .layer_count = 1, .overall = (double)NAN, .unit = "ms", .warmup = true};
    assert_int_equal(awh_collect_take(&bench.collect, &run, &bench.diag), AW_OK);
    run.warmup = false;
    layer.value = 1;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(awh_collect_take(&bench.collect, &run, &bench.diag), AW_OK);
    assert_int_equal(awh_collect_finish(&bench.collect, &runs, &bench.diag), AW_OK);
    assert_true(runs.runs[0].warmup);
    assert_near(runs.runs[0].layers[0].value, 100);
    for (size_t i = 1; i < runs.count; i++)
        assert_near(runs.runs[i].layers[0].value, 1);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_copied_in_their_order),
        cmocka_unit_test(too_many_runs_are_merged_into_means),
        cmocka_unit_test(too_many_bytes_merge_the_longest_group),
        cmocka_unit_test(what_cannot_be_merged_is_refused),
        cmocka_unit_test(impossible_values_are_refused),
        cmocka_unit_test(warm_up_and_incomplete_runs_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

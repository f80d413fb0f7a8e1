#include "readers/testing_test.h"

static const struct sample_run sample_runs[] = {
    {.file = "vitis/xdputil_dpu_timeout_vck190_issue730.txt",
     .run_count = 1,
     .perf = "info",
     .unit = "",
     .line = 6,
     .overall = (double)NAN},
};

static void a_thread_waits_for_its_own_inferences(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("xdputil/benchmark", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "latency");
    assert_near(run->overall, 2 * 50 * 1000.0 / 1700);
    assert_int_equal(run->count, 1700);
    assert_near(figure_of(run, "throughput", "fps"), 34);
    assert_near(figure_of(run, "threads", ""), 2);
    release(&reading);
}

static void a_timeout_is_no_latency(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("xdputil/timeout", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "info");
    assert_true(run->incomplete);
    assert_true(isnan(run->overall));
    assert_near(figure_of(run, "timeout", "ms"), 10009);
    assert_near(figure_of(run, "LSTART", ""), 20);
    assert_near(figure_of(run, "CYCLE_L", ""), 1000973087);
    assert_non_null(strstr(reading.warning, ":1: the DPU did not finish"));
    release(&reading);
}

static void bad_results_are_refused(void **unused)
{
    (void)unused;
    expect_refusal("xdputil/benchmark", "frames= 1700", "frames= 0", ":5: expected 'FPS= N");
    expect_refusal("xdputil/benchmark", "time= 50", "time= x", ":5: expected 'FPS= N");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    struct reading reading;
    static const struct {
        const char *name;
        double value;
    } counters[] = {{"AP", 1},   {"LSTART", 20},          {"LEND", 19},  {"CSTART", 1},
                    {"CEND", 1}, {"SSTART", 0},           {"SEND", 0},   {"MSTART", 1},
                    {"MEND", 1}, {"CYCLE_L", 1000973087}, {"CYCLE_H", 0}};
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
    if (!read_sample(sample_runs[0].file, &reading))
        skip();
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        assert_near(figure_of(reading.runs.runs, counters[i].name, ""), counters[i].value);
    assert_near(figure_of(reading.runs.runs, "timeout", "ms"), 10009);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_waits_for_its_own_inferences),
        cmocka_unit_test(a_timeout_is_no_latency),
        cmocka_unit_test(bad_results_are_refused),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "readers/testing_test.h"

#include "readers/mlperf_tiny/vectors_test.h"

static void the_device_times_a_window(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("mlperf_tiny/performance", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 390);
    assert_int_equal(run->count, 100);
    assert_int_equal(run->line, 4);
    assert_string_equal(run->net, "ic01");
    assert_near(figure_of(run, "window", "s"), 39);
    release(&reading);
}

static void the_monitor_begins_before_the_device(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("mlperf_tiny/monitor", 1, &reading);
    assert_near(reading.runs.runs[0].overall, 23000.0 / 3000);
    assert_int_equal(reading.runs.runs[0].count, 3000);
    release(&reading);
}

static void energy_is_in_the_results(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("mlperf_tiny/energy", 3, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run[0].perf, "latency");
    assert_near(run[0].overall, (641.667 - 629.967) * 1000 / 30);
    assert_string_equal(run[1].perf, "energy");
    assert_string_equal(run[1].unit, "uJ");
    assert_near(run[1].overall, 9226.304);
    assert_int_equal(run[1].count, 30);
    assert_near(figure_of(&run[1], "power", "mW"), 23.632);
    assert_string_equal(run[2].section, "median");
    assert_near(run[2].overall, 9226.304);
    release(&reading);
}

static void results_have_the_runtime(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("mlperf_tiny/results", 2, &reading);
    assert_near(reading.runs.runs[0].overall, 389.55);
    assert_near(figure_of(&reading.runs.runs[0], "throughput", "inf/s"), 2.567);
    assert_string_equal(reading.runs.runs[1].section, "median");
    assert_near(reading.runs.runs[1].overall, 400);
    release(&reading);
    expect_refusal("mlperf_tiny/results", "Runtime", "Ruhetime", ":1: expected '# Inferences'");
}

static void windows_over_the_end_of_the_counter(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("1.0 dut: m-infer-start-10\n1.1 dut: m-lap-us-4294967000\n"
              "2.0 dut: m-lap-us-9704\n2.1 dut: m-infer-done\n"
              "3.0 dut: m-infer-start-10\n3.1 dut: m-lap-us-5\n3.2 dut: m-infer-done\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 1);
    assert_near(reading.runs.runs[0].overall, 1);
    assert_non_null(strstr(reading.warning, ":5: no two times of this window"));
    release(&reading);
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_times_a_window),
        cmocka_unit_test(the_monitor_begins_before_the_device),
        cmocka_unit_test(energy_is_in_the_results),
        cmocka_unit_test(results_have_the_runtime),
        cmocka_unit_test(windows_over_the_end_of_the_counter),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

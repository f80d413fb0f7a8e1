#include "readers/testing_test.h"

#include "readers/openvino/vectors_test.h"

static void reads_counters(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("openvino/average", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->layer_count, 3);
    assert_layer(run, 0, "conv1", 0.536, 2);
    assert_string_equal(run->layers[0].type, "Convolution");
    assert_layer(run, 1, "conv1_relu", 0, 3);
    assert_layer(run, 2, "a;b", 0.25, 4);
    assert_near(figure_of(run, "layers total", "ms"), 0.786);
    assert_near(figure_of(run, "layers cpu total", "ms"), 0.75);
    assert_false(run->incomplete);
    release(&reading);
}

static void each_header_begins_a_run(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("openvino/dump", 2, &reading);
    assert_layer(&reading.runs.runs[0], 0, "conv1", 0.5, 2);
    assert_layer(&reading.runs.runs[1], 0, "conv1", 0.75, 5);
    release(&reading);
}

static void damage_is_refused_or_said(void **unused)
{
    (void)unused;
    struct reading reading;
    expect_refusal("openvino/average", "0.536;0.5", "fast;0.5", ":2: expected a realTime");
    expect_refusal("openvino/average", "OPTIMIZED_OUT", "SOMETHING", ":3: expected the status");
    read_text("layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)\n"
              "conv1;EXECUTED;Convolution;x;0.5;0.5\nTotal;;;;0.75;0.5\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_true(reading.runs.runs[0].incomplete);
    assert_non_null(strstr(reading.warning, "add up to 0.5 ms, not to the total of 0.75 ms"));
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
        cmocka_unit_test(reads_counters),
        cmocka_unit_test(each_header_begins_a_run),
        cmocka_unit_test(damage_is_refused_or_said),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

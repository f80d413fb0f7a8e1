#include "readers/testing_test.h"

static const double sample_ms[] = {0.048}, sample_software_ms[] = {0.106},
                    sample_mb[] = {0.511 + 0.024 + 0.022}, sample_functions_ms[] = {0.025, 0.095};
#define SAMPLE "vitis/vaitrace_txt_vck190_vai3.txt"
static const struct sample_run sample_runs[] = {
    {.file = SAMPLE,
     .run = 0,
     .run_count = 4,
     .perf = "latency",
     .unit = "ms",
     .line = 27,
     .overall = (double)NAN,
     .values = sample_ms,
     .value_count = 1,
     .first_line = 29,
     .last_line = 29,
     .names_hash = 0x976beca9u},
    {.file = SAMPLE,
     .run = 1,
     .run_count = 4,
     .perf = "latency",
     .unit = "ms",
     .section = "software_time",
     .line = 27,
     .overall = (double)NAN,
     .values = sample_software_ms,
     .value_count = 1,
     .first_line = 29,
     .last_line = 29,
     .names_hash = 0x976beca9u},
    {.file = SAMPLE,
     .run = 2,
     .run_count = 4,
     .perf = "memory",
     .unit = "MB",
     .line = 27,
     .overall = (double)NAN,
     .values = sample_mb,
     .value_count = 1,
     .first_line = 29,
     .last_line = 29,
     .names_hash = 0x976beca9u},
    {.file = SAMPLE,
     .run = 3,
     .run_count = 4,
     .perf = "latency",
     .unit = "ms",
     .section = "cpu_functions",
     .line = 49,
     .overall = (double)NAN,
     .values = sample_functions_ms,
     .value_count = 2,
     .first_line = 51,
     .last_line = 52,
     .names_hash = 0x3ad87361u},
};

static void the_first_generation_is_averaged_over_cores(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("vaitrace/1.4", 2, &reading);
    assert_int_equal(reading.runs.runs[0].layer_count, 1);
    assert_layer(&reading.runs.runs[0], 0, "conv1", 13.0, 5);
    assert_string_equal(reading.runs.runs[1].perf, "memory");
    assert_string_equal(reading.runs.runs[1].unit, "MB");
    assert_layer(&reading.runs.runs[1], 0, "conv1", 30.5, 5);
    release(&reading);
}

static void the_second_generation_has_values_near_zero(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("vaitrace/2.0", 2, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_layer(&run[0], 0, "conv1", 12.5, 3);
    assert_null(run[0].layers[0].spread);
    assert_layer(&run[0], 1, "...the_end_of_a_name", 0.0005, 4);
    assert_near(run[0].layers[1].spread->min, 0);
    assert_near(run[0].layers[1].spread->max, 0.001);
    assert_layer(&run[1], 0, "conv1", 24 + 3.5 + 0.0005, 3);
    release(&reading);
}

static void the_third_generation_has_the_time_of_the_hardware(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("vaitrace/3.0", 4, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_null(run[0].section);
    assert_int_equal(run[0].layer_count, 2);
    assert_layer(&run[0], 0, "conv1", 0.048, 4);
    assert_layer(&run[0], 1, "fix2float", 0.125, 9); /* of the CPU, but in the graph */
    assert_string_equal(run[0].layers[1].type, "softmax");
    assert_string_equal(run[1].section, "software_time");
    assert_layer(&run[1], 0, "conv1", 0.106, 4);
    assert_layer(&run[2], 0, "conv1", 0.511 + 0.024 + 0.022, 4);
    assert_string_equal(run[3].section, "cpu_functions");
    assert_layer(&run[3], 0, "xir::XrtCu::run", 0.095, 14);
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
        cmocka_unit_test(the_first_generation_is_averaged_over_cores),
        cmocka_unit_test(the_second_generation_has_values_near_zero),
        cmocka_unit_test(the_third_generation_has_the_time_of_the_hardware),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

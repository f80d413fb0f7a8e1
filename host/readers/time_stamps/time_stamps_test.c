#include "readers/testing_test.h"

#define SAMPLE_COUNT   1001
#define SAMPLE_SECONDS 8853.35865

static void reads_durations(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("time_stamps/two", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "duration");
    assert_string_equal(run->unit, "s");
    assert_layer(run, 0, "sample2567", 6.25, 1);
    assert_layer(run, 1, "sample2911", 5.5, 2); /* over midnight */
    release(&reading);
}

static void bad_lines_are_refused(void **unused)
{
    (void)unused;
    expect_refusal("time_stamps/two", "2020-11-20 00", "2020-11-18 00", ":2: expected NAME START");
    expect_refusal("time_stamps/two", "23:59:58", "23:5x:58", ":2: expected NAME START");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    struct reading reading;
    if (!read_sample("awnas/test_time_stamps.txt", &reading)) {
        print_message("no %s/samples: skipped\n", AWNAS_SHARED_DIR);
        skip();
    }
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(reading.runs.count, 1);
    assert_int_equal(run->layer_count, SAMPLE_COUNT);
    double sum = 0;
    for (size_t i = 0; i < run->layer_count; i++)
        sum += run->layers[i].value;
    assert_true(fabs(sum - SAMPLE_SECONDS) < 1e-3);
    assert_string_equal(run->layers[0].name, "sample2567");
    assert_true(fabs(run->layers[0].value - 6.196386) < 1e-6);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

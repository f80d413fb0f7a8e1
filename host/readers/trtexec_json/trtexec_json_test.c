#include "readers/testing_test.h"

#include "readers/trtexec_json/vectors_test.h"

static void reads_a_profile(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec_json/profile", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->count, 100);
    assert_int_equal(run->line, 2);
    assert_layer(run, 0, "Conv_0 + Relu_1", 0.111616, 3);
    assert_layer(run, 1, "MaxPool_2", 0.062464, 4);
    assert_int_equal(run->layers[0].count, 100);
    assert_near(run->layers[0].spread->median, 0.1115);
    assert_null(run->layers[1].spread);
    release(&reading);
}

static void reads_times(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec_json/times", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->layer_count, 0);
    assert_int_equal(run->sample_count, 2);
    assert_near(run->samples[0], 1);
    assert_near(run->overall, 1.5);
    assert_int_equal(run->count, 2);
    assert_near(run->spread->max, 2);
    assert_near(figure_of(run, "host latency mean", "ms"), 2.25);
    assert_near(figure_of(run, "h2d latency mean", "ms"), 0.5);
    release(&reading);
}

static void reads_metadata(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec_json/metadata", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 1.25);
    assert_near(run->spread->min, 0.5);
    assert_near(run->spread->median, 1);
    assert_near(run->spread->quantiles[0].percent, 99);
    assert_near(run->spread->quantiles[0].value, 1.375);
    assert_near(figure_of(run, "throughput", "qps"), 1155.36);
    assert_string_equal(awh_yaml_get(run->device, "Selected Device")->str.text, "A");
    release(&reading);
}

static void damage_is_refused_and_a_missing_end_is_not(void **unused)
{
    (void)unused;
    struct reading reading;
    expect_refusal("trtexec_json/profile", "\"averageMs\" : 0.111616", "\"averageMs\" : -1",
                   ":3: expected a number averageMs");
    expect_refusal("trtexec_json/profile", "\"timeMs\" : 6.2464", "\"timeMs\" 6.2464",
                   ":4: expected JSON: ");
    const char *text = example("trtexec_json/profile");
    read_bytes(text, strlen(text) - 2, &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.runs[0].layer_count, 2);
    assert_true(reading.runs.runs[0].incomplete);
    assert_non_null(strstr(reading.warning, "the list has no end"));
    release(&reading);
}

static void shares_add_up_to_100(void **unused)
{
    (void)unused;
    expect_warning(
        "trtexec_json/profile", "\"percentage\" : 60", "\"percentage\" : 59.9", true,
        ":2: the 2 layers of the profile that begins here have 99.9 percent of its time");
    expect_warning("trtexec_json/profile", "\"percentage\" : 60", "\"percentage\" : 60.0009", false,
                   "");
    expect_warning("trtexec_json/profile", ", \"percentage\" : 60", "", false, "");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_profile),
        cmocka_unit_test(reads_times),
        cmocka_unit_test(reads_metadata),
        cmocka_unit_test(damage_is_refused_and_a_missing_end_is_not),
        cmocka_unit_test(shares_add_up_to_100),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

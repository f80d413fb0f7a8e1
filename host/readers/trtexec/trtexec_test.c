#include "readers/testing_test.h"

#include "readers/trtexec/vectors_test.h"

static void version_5_has_averages_and_cut_names(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec/5", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 2.0);
    assert_int_equal(run->sample_count, 2);
    assert_int_equal(run->sample_size, 10);
    assert_near(run->samples[0], 1.5);
    assert_near(run->samples[1], 2.5);
    assert_int_equal(run->count, 20);
    assert_near(figure_of(run, "host latency mean", "ms"), 2.25);
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "conv1 + relu1", 0.5, 3);
    assert_layer(run, 1, "(Unnamed Layer* 12) [Convolution] + (Unn*", 0.25, 4);
    assert_near(figure_of(run, "layers total", "ms"), 0.75);
    assert_false(run->incomplete);
    release(&reading);
}

/* Before 5.1, and what NVIDIA's samples print. */
static void averages_without_a_host_time(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("name=input, bindingIndex=0, buffers.size()=2\n"
              "Average over 10 runs is 1.5 ms (percentile time is 1.75).\n"
              "Average over 10 runs is 2.5 ms.\nAverage over 10 runs is 7 (msecs)\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->reader, "trtexec");
    assert_near(run->overall, 2);
    assert_int_equal(run->sample_count, 2);
    assert_int_equal(run->count, 20);
    assert_int_equal(run->figure_count, 0);
    release(&reading);
}

static void version_6_has_blocks(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec/6", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 3);
    assert_near(run->spread->min, 2);
    assert_near(run->spread->max, 4);
    assert_near(run->spread->median, 3.1);
    assert_int_equal(run->spread->quantile_count, 1);
    assert_near(run->spread->quantiles[0].percent, 95);
    assert_near(run->spread->quantiles[0].value, 3.9);
    assert_near(figure_of(run, "host latency mean", "ms"), 4);
    assert_near(figure_of(run, "host latency p99", "ms"), 4.9);
    release(&reading);
}

static void version_7_has_all_of_it(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec/7", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 1.6);
    assert_near(run->spread->quantiles[0].percent, 99);
    assert_near(run->spread->quantiles[0].value, 2.1);
    assert_int_equal(run->line, 1);
    assert_int_equal(run->count, 70);
    assert_int_equal(run->sample_count, 2);
    assert_int_equal(run->sample_size, 30);
    assert_near(run->samples[1], 1.75);
    assert_near(figure_of(run, "end to end latency mean", "ms"), 1.9);
    assert_near(figure_of(run, "end to end latency p99", "ms"), 2.2);
    assert_near(figure_of(run, "enqueue time mean", "ms"), 1); /* of one line of averages */
    assert_near(figure_of(run, "throughput", "qps"), 600.5);
    assert_near(figure_of(run, "walltime", "s"), 3);
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "conv1 + relu1", 0.6817, 20);
    assert_layer(run, 1, "conv2 input reformatter 0", 0.2272, 21);
    assert_int_equal(run->layers[0].count, 100);
    assert_near(run->layers[0].spread->mean, 0.68);
    release(&reading);
}

static void the_order_of_columns_follows_the_header(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("trtexec/8.5", 1, &reading);
    assert_layer(reading.runs.runs, 0, "conv1", 0.8, 3);
    assert_layer(reading.runs.runs, 1, "{a...b}", 0.2, 4);
    assert_near(reading.runs.runs[0].layers[0].spread->median, 0.75);
    release(&reading);

    read_example("trtexec/10", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 0.94);
    assert_int_equal(run->spread->quantile_count, 3);
    assert_near(run->spread->quantiles[0].percent, 90);
    assert_near(run->spread->quantiles[2].value, 1.7);
    assert_near(figure_of(run, "host latency p95", "ms"), 1.2);
    assert_layer(run, 0, "{ForeignNode[771 + x...y_]}", 0.48612, 10);
    assert_layer(run, 1, "Conv_1 + Relu_2", 0.12153, 11);
    assert_near(run->layers[1].spread->median, 0.12);
    release(&reading);
}

static void sessions_are_told_apart(void **unused)
{
    (void)unused;
    struct reading reading;
    char text[8192];
    snprintf(text, sizeof(text), "%s%s%s%s", example("trtexec/10"), example("trtexec/10"),
             example("trtexec/7"), example("trtexec/7"));
    read_text(text, &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_near(reading.runs.runs[i].overall, i < 2 ? 0.94 : 1.6);
        assert_int_equal(reading.runs.runs[i].layer_count, 2);
    }
    release(&reading);
}

static void what_is_missing_is_said(void **unused)
{
    (void)unused;
    struct reading reading;
    const char *text = example("trtexec/8.5");
    read_bytes(text, (size_t)(strstr(text, "[I]    Total") - text), &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_true(reading.runs.runs[0].incomplete);
    assert_non_null(strstr(reading.warning, "without its row 'Total'"));
    release(&reading);
    expect_refusal("trtexec/8.5", "(10 iter", "(0 iter", ":1: expected '=== Profile (N");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

static void reads_the_figures_of_the_samples(void **unused)
{
    (void)unused;
    struct reading reading;
    for (size_t i = 0; i < sizeof(sample_figures) / sizeof(sample_figures[0]); i++) {
        const struct sample_figure *row = &sample_figures[i];
        if (!read_sample(row->file, &reading))
            skip();
        const struct awh_layer_run *run = &reading.runs.runs[0];
        assert_near(run->spread->min, row->min);
        assert_near(run->spread->max, row->max);
        assert_near(run->spread->median, row->median);
        assert_near(run->spread->quantiles[0].percent, 99);
        assert_near(run->spread->quantiles[0].value, row->p99);
        assert_near(figure_of(run, "host latency mean", "ms"), row->host_mean);
        assert_near(figure_of(run, "throughput", "qps"), row->throughput);
        double sum = 0;
        for (size_t n = 0; n < run->sample_count; n++)
            sum += run->samples[n];
        assert_int_equal(run->sample_count, row->samples);
        assert_near(sum, row->samples_sum);
        release(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_5_has_averages_and_cut_names),
        cmocka_unit_test(averages_without_a_host_time),
        cmocka_unit_test(version_6_has_blocks),
        cmocka_unit_test(version_7_has_all_of_it),
        cmocka_unit_test(the_order_of_columns_follows_the_header),
        cmocka_unit_test(sessions_are_told_apart),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(reads_the_samples),
        cmocka_unit_test(reads_the_figures_of_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

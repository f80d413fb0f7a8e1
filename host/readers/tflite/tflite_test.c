#include "readers/testing_test.h"

#include "readers/tflite/vectors_test.h"

static void reads_every_section(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("tflite/benchmark_model", 4, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run[0].section, "init");
    assert_layer(&run[0], 0, "ModifyGraphWithDelegate/0", 1, 5);
    assert_true(isnan(run[0].overall));
    assert_string_equal(run[1].perf, "memory");
    assert_string_equal(run[1].section, "init");
    assert_layer(&run[1], 0, "ModifyGraphWithDelegate/0", 100, 5);
    assert_null(run[2].section);
    assert_int_equal(run[2].layer_count, 2);
    assert_layer(&run[2], 0, "a/Relu;b/Bias", 1.5, 10);
    assert_string_equal(run[2].layers[0].type, "CONV_2D");
    assert_layer(&run[2], 1, "SOFTMAX", 0.5, 11); /* it has no name */
    assert_near(run[2].overall, 2.0);
    assert_int_equal(run[2].count, 50);
    assert_near(run[2].spread->min, 1.9);
    assert_near(run[2].spread->mean, 2.0505);
    assert_near(figure_of(&run[2], "first inference", "ms"), 3);
    assert_false(run[2].incomplete);
    assert_string_equal(run[3].section, "by_type");
    assert_layer(&run[3], 1, "SOFTMAX", 0.5, 21);
    release(&reading);
}

static void reads_tables_without_tabs(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("tflite/blanks", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "conv/Relu", 1.5, 3);
    assert_layer(run, 1, "tail", 0.5, 4);
    assert_string_equal(run->layers[1].type, "Convolution (NHWC, F32) IGEMM");
    assert_true(run->incomplete);
    assert_non_null(strstr(reading.warning, "3 nodes were executed, but 2 are listed"));
    release(&reading);
}

static void types_add_up_to_the_nodes(void **unused)
{
    (void)unused;
    expect_warning("tflite/benchmark_model", "SOFTMAX\t        1\t     0.500",
                   "SOFTMAX\t        1\t     0.700", true,
                   ":9: the 2 nodes in run order add up to 2 ms, those by node type to 2.2 ms");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_section),
        cmocka_unit_test(reads_tables_without_tabs),
        cmocka_unit_test(types_add_up_to_the_nodes),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

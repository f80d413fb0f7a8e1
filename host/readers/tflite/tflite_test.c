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

#define HEADER                                                                                     \
    "\t [node type]\t [first]\t [avg ms]\t [%]\t [cdf%]\t [mem KB]\t[times called]\t[Name]\n"
#define TYPES "\t [Node type]\t [count]\t [avg ms]\t [avg %]\t [cdf %]\t [mem KB]\t[times called]\n"

/* LiteRT: buffers are allocated once in a thousand inferences, a node runs twice in each. */
static void averages_are_over_the_calls(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text(
        "INFO: [./litert/tools/benchmark_litert_model.h:84] Warmup (first):       2.50 ms\n"
        "INFO: [./litert/tools/benchmark_litert_model.h:88] Inference (avg):      2.00 ms (9 "
        "runs)\n"
        "============================== Run Order ==============================\n" HEADER
        "\t AllocateTensors\t 0.291\t 0.291\t 0.010%\t 0.010%\t 452.000\t 0\tAllocateTensors/0\n"
        "\t TWICE\t 0.250\t 0.250\t 24.990%\t 25.000%\t 0.000\t 2\t[a]:0\n"
        "\t ONCE\t 1.500\t 1.500\t 75.000%\t100.000%\t 0.000\t 1\t[b]:1\n\n"
        "Number of nodes executed: 3\n"
        "============================== Summary by node type ==============================\n" TYPES
        "\t ONCE\t 1\t 1.500\t 75.000%\t 75.000%\t 0.000\t 1\n"
        "\t TWICE\t 1\t 0.500\t 25.000%\t 100.000%\t 0.000\t 2\n"
        "\t AllocateTensors\t 1\t 0.000\t 0.000%\t100.000%\t 452.000\t 0\n",
        &reading);
    assert_int_equal(reading.err, AW_OK);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->reader, "tflite");
    assert_int_equal(run->layer_count, 3);
    assert_true(fabs(run->layers[0].value - 0.0002) < 1e-6);
    assert_near(run->layers[1].value, 0.5);
    assert_near(run->layers[2].value, 1.5);
    assert_near(run->overall, 2);
    assert_near(figure_of(run, "first inference", "ms"), 2.5);
    assert_false(run->incomplete);
    release(&reading);
}

static void lost_titles_and_no_counts(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("Operator-wise Profiling Info for Regular Benchmark Runs:\n" HEADER
              "\t A\t 0.5\t 0.500\t 25.000%\t 25.000%\t 0.000\t 0\t[a]:0\n"
              "\t B\t 1.5\t 1.500\t 75.000%\t100.000%\t 0.000\t 0\t[b]:1\n\n" HEADER
              "\t B\t 1.5\t 1.500\t 75.000%\t 75.000%\t 0.000\t 0\t[b]:1\n\n"
              "Number of nodes executed: 2\n" TYPES
              "\t B\t 1\t 1.500\t 75.000%\t 75.000%\t 0.000\t 0\n"
              "\t A\t 1\t 0.500\t 25.000%\t100.000%\t 0.000\t 0\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 2);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "a", 0.5, 3);
    assert_layer(run, 1, "b", 1.5, 4);
    assert_false(run->incomplete);
    assert_string_equal(run[1].section, "by_type");
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
        cmocka_unit_test(reads_every_section),       cmocka_unit_test(averages_are_over_the_calls),
        cmocka_unit_test(lost_titles_and_no_counts), cmocka_unit_test(reads_tables_without_tabs),
        cmocka_unit_test(types_add_up_to_the_nodes), cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "readers/testing_test.h"

#include "readers/onnxruntime/vectors_test.h"

static void an_inference_ends_with_model_run(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("onnxruntime/two_runs", 2, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_true(run[0].warmup); /* it holds the tuning */
    assert_int_equal(run[0].layer_count, 1);
    assert_layer(&run[0], 0, "Conv_1", 0.9, 4);
    assert_string_equal(run[0].layers[0].type, "Conv");
    assert_near(run[0].overall, 1.0);
    assert_false(run[1].warmup);
    assert_layer(&run[1], 0, "Conv_1", 0.05, 6);
    assert_layer(&run[1], 1, "Relu_4", 0.007, 7); /* it has no name */
    assert_near(run[1].overall, 0.075);
    release(&reading);
}

static void an_excerpt_begins_anew_with_its_first_node(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("onnxruntime/numbered", 2, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run[0].layer_count, 2);
    assert_layer(&run[0], 1, "b", 0.002, 2);
    assert_true(isnan(run[0].overall));
    assert_int_equal(run[1].layer_count, 1);
    assert_layer(&run[1], 0, "a", 0.003, 3);
    release(&reading);
}

static void damage_is_refused(void **unused)
{
    (void)unused;
    expect_refusal("onnxruntime/numbered", "\"dur\" :2", "\"dur\" :-2",
                   ":2: expected a number dur");
    expect_refusal("onnxruntime/two_runs", "\"dur\" :50,", "\"dur\" :50", ":6: expected JSON: ");
}

static void nodes_do_not_take_longer_than_their_inference(void **unused)
{
    (void)unused;
    expect_warning("onnxruntime/two_runs", "\"dur\" :50,", "\"dur\" :80,", false,
                   ":6: the nodes of this inference add up to 0.087 ms, more than the 0.075 ms");
    expect_warning("onnxruntime/two_runs", "\"dur\" :50,", "\"dur\" :70,", false, "");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inference_ends_with_model_run),
        cmocka_unit_test(an_excerpt_begins_anew_with_its_first_node),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(nodes_do_not_take_longer_than_their_inference),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "program/float_weights.h"
#include "program/fold.h"

static const struct awh_conv conv_3x3 = {.out_ch = 64,
                                         .kernel_h = 3,
                                         .kernel_w = 3,
                                         .stride_h = 1,
                                         .stride_w = 1,
                                         .pad_h = 1,
                                         .pad_w = 1,
                                         .groups = 1,
                                         .dilation = 1};

/* conv, norm, relu, conv with bias, norm without gamma, and the sum of both halves' ends. */
static void build(struct awh_graph *graph)
{
    struct awh_diag diag = {0};
    struct awh_conv biased = conv_3x3;
    biased.bias = true;
    biased.groups = 4;
    int at, first;
    enum aw_err err = awh_graph_init(graph, "t", 8, 8, 16, &diag);
    if (!err)
        err = awh_graph_conv(graph, 0, conv_3x3, &at, &diag);
    if (!err)
        err = awh_graph_batch_norm(graph, at, true, &first, &diag);
    if (!err)
        err = awh_graph_act(graph, first, AW_ACT_RELU, &first, &diag);
    if (!err)
        err = awh_graph_conv(graph, first, biased, &at, &diag);
    if (!err)
        err = awh_graph_batch_norm(graph, at, false, &at, &diag);
    if (!err)
        err = awh_graph_add(graph, at, first, &at, &diag);
    if (err)
        fail_msg("%s", diag.text);
}

static double deviation(const float *values, size_t count)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)values[i];
        square += (double)values[i] * (double)values[i];
    }
    sum /= (double)count;
    return sqrt(square / (double)count - sum * sum);
}

static void test_make(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_float_weights weights, again, other;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    build(&graph);
    assert_int_equal(awh_float_weights_make(&arena, &graph, 5, &weights, &diag), AW_OK);
    assert_int_equal(awh_float_weights_make(&arena, &graph, 5, &again, &diag), AW_OK);
    assert_int_equal(awh_float_weights_make(&arena, &graph, 6, &other, &diag), AW_OK);
    assert_int_equal(weights.node_count, 6);

    const struct awh_node_weights *conv = &weights.nodes[0], *norm = &weights.nodes[1];
    assert_int_equal(conv->weight_count, 64 * 16 * 9);
    assert_null(conv->bias);
    assert_null(conv->mean);
    assert_memory_equal(conv->weights, again.nodes[0].weights, conv->weight_count * sizeof(float));
    assert_memory_not_equal(conv->weights, other.nodes[0].weights,
                            conv->weight_count * sizeof(float));
    /* The input has unit variance; the second convolution comes after a relu, where He's rule is
     * 2 / fan_in. */
    double expected = sqrt(1.0 / (16 * 9));
    assert_true(fabs(deviation(conv->weights, conv->weight_count) / expected - 1) < 0.02);
    conv = &weights.nodes[3];
    assert_int_equal(conv->weight_count, 64 * 16 * 9);
    assert_non_null(conv->bias);
    expected = sqrt(2.0 / (16 * 9));
    assert_true(fabs(deviation(conv->weights, conv->weight_count) / expected - 1) < 0.02);

    assert_null(norm->weights);
    for (size_t c = 0; c < 64; c++) {
        assert_true(norm->variance[c] >= 0.5f && norm->variance[c] <= 1.5f);
        assert_true(fabsf(norm->mean[c]) <= 0.1f);
        assert_true(norm->gamma[c] >= 0.75f && norm->gamma[c] <= 1.25f);
    }
    assert_true(deviation(norm->variance, 64) > 0.2);
    assert_null(weights.nodes[4].gamma);
    assert_null(weights.nodes[4].beta);
    assert_null(weights.nodes[5].weights);
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

/* Behind zeros nothing can be estimated; the numbers must still be numbers. */
static void test_behind_zeros(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_float_weights weights;
    struct awh_diag diag = {0};
    int at;
    awh_arena_init(&arena);
    assert_int_equal(awh_graph_init(&graph, "t", 4, 4, 3, &diag), AW_OK);
    assert_int_equal(awh_graph_zero(&graph, 0, 4, 4, 8, &at, &diag), AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, at, true, &at, &diag), AW_OK);
    assert_int_equal(awh_graph_zero(&graph, at, 4, 4, 8, &at, &diag), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, at, conv_3x3, &at, &diag), AW_OK);
    assert_int_equal(awh_float_weights_make(&arena, &graph, 1, &weights, &diag), AW_OK);
    for (size_t c = 0; c < 8; c++)
        assert_true(weights.nodes[1].variance[c] > 0.0f);
    for (size_t i = 0; i < weights.nodes[3].weight_count; i++)
        assert_true(isfinite(weights.nodes[3].weights[i]));
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

static void test_fold(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph, folded;
    struct awh_float_weights weights, made;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    build(&graph);
    build(&folded);
    assert_int_equal(awh_fold(&folded, &diag), AW_OK);
    assert_int_equal(awh_float_weights_make(&arena, &graph, 5, &weights, &diag), AW_OK);
    assert_int_equal(awh_float_weights_fold(&arena, &graph, &weights, &folded, &made, &diag),
                     AW_OK);
    assert_int_equal(made.node_count, 3);
    for (size_t at = 0; at < 2; at++) {
        const struct awh_node_weights *conv = &weights.nodes[at * 3], *norm = conv + 1;
        const struct awh_node_weights *into = &made.nodes[at];
        assert_int_equal(into->weight_count, conv->weight_count);
        assert_ptr_not_equal(into->weights, conv->weights);
        for (size_t c = 0; c < 64; c++) {
            double gamma = norm->gamma ? (double)norm->gamma[c] : 1.0;
            double beta = norm->beta ? (double)norm->beta[c] : 0.0;
            double bias = conv->bias ? (double)conv->bias[c] : 0.0;
            double scale = gamma / sqrt((double)norm->variance[c] + 1e-5);
            double expected = (bias - (double)norm->mean[c]) * scale + beta;
            assert_true(fabs((double)into->bias[c] - expected) < 1e-6);
            size_t k = c * 16 * 9 + 7;
            assert_true(fabs((double)into->weights[k] - (double)conv->weights[k] * scale) < 1e-6);
        }
    }
    awh_graph_release(&graph);
    awh_graph_release(&folded);
    awh_arena_release(&arena);
}

/* A norm that no convolution takes becomes one. */
static void test_fold_of_a_lone_norm(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph[2];
    struct awh_float_weights weights, made;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    for (int i = 0; i < 2; i++) {
        int at;
        assert_int_equal(awh_graph_init(&graph[i], "t", 4, 4, 8, &diag), AW_OK);
        assert_int_equal(awh_graph_batch_norm(&graph[i], 0, true, &at, &diag), AW_OK);
        assert_int_equal(awh_graph_act(&graph[i], at, AW_ACT_RELU, &at, &diag), AW_OK);
    }
    assert_int_equal(awh_fold(&graph[1], &diag), AW_OK);
    assert_int_equal(awh_float_weights_make(&arena, &graph[0], 5, &weights, &diag), AW_OK);
    assert_int_equal(awh_float_weights_fold(&arena, &graph[0], &weights, &graph[1], &made, &diag),
                     AW_OK);
    assert_int_equal(made.node_count, 1);
    assert_int_equal(made.nodes[0].weight_count, 8);
    const struct awh_node_weights *norm = &weights.nodes[0];
    for (size_t c = 0; c < 8; c++) {
        double scale = (double)norm->gamma[c] / sqrt((double)norm->variance[c] + 1e-5);
        double shift = (double)norm->beta[c] - (double)norm->mean[c] * scale;
        assert_true(fabs((double)made.nodes[0].weights[c] - scale) < 1e-6);
        assert_true(fabs((double)made.nodes[0].bias[c] - shift) < 1e-6);
    }
    awh_graph_release(&graph[0]);
    awh_graph_release(&graph[1]);
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_behind_zeros),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_of_a_lone_norm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

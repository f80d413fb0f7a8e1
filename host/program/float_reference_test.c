/* Small numbers worked out by hand; that whole models agree with other programs is tested in
 * compilers/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program/float_reference.h"

#define MAX 64

static struct awh_graph graph;
static struct awh_node_weights parameters[8];
static struct awh_float_weights weights;
static struct awh_diag diag;
static int tensor;

static void must(enum aw_err err)
{
    if (err)
        fail_msg("%s", diag.text);
}

static int start(void **state)
{
    (void)state;
    memset(parameters, 0, sizeof parameters);
    diag = (struct awh_diag){0};
    weights = (struct awh_float_weights){.nodes = parameters};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    awh_graph_release(&graph);
    return 0;
}

static void begin(int32_t h, int32_t w, int32_t c)
{
    must(awh_graph_init(&graph, "t", h, w, c, &diag));
    tensor = graph.input;
}

static void expect(const float *input, const float *expected, size_t count)
{
    float output[MAX];
    weights.node_count = graph.node_count;
    assert_int_equal(awh_float_count(&graph, graph.output), count);
    must(awh_float_run(&graph, &weights, input, NULL, output, &diag));
    for (size_t i = 0; i < count; i++)
        if (fabsf(output[i] - expected[i]) > 1e-6f)
            fail_msg("value %zu: %g, expected %g", i, (double)output[i], (double)expected[i]);
}
#define EXPECT(input, ...)                                                                         \
    expect(input, (const float[]){__VA_ARGS__},                                                    \
           sizeof((const float[]){__VA_ARGS__}) / sizeof(float))

static const float nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static struct awh_conv conv_of(int32_t out_ch, int32_t kernel, int32_t pad)
{
    return (struct awh_conv){.out_ch = out_ch,
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = 1,
                             .stride_w = 1,
                             .pad_h = pad,
                             .pad_w = pad,
                             .groups = 1,
                             .dilation = 1};
}

static void test_conv(void **state)
{
    (void)state;
    /* The kernel is not turned, and padding is 0. */
    static float taps[] = {0, 1, 0, 0, 0, 10, 0, 0, 100}, bias[] = {1000};
    struct awh_conv conv = conv_of(1, 3, 1);
    conv.bias = true;
    begin(3, 3, 1);
    must(awh_graph_conv(&graph, tensor, conv, &tensor, &diag));
    parameters[0] = (struct awh_node_weights){.weights = taps, .weight_count = 9, .bias = bias};
    EXPECT(nine, 1520, 1630, 1000, 1851, 1962, 1003, 1084, 1095, 1006);
}

static void test_conv_stride_and_dilation(void **state)
{
    (void)state;
    static float taps[] = {1, 10, 100, 1000};
    struct awh_conv conv = conv_of(1, 2, 0);
    conv.dilation = 2;
    begin(3, 3, 1);
    must(awh_graph_conv(&graph, tensor, conv, &tensor, &diag));
    parameters[0] = (struct awh_node_weights){.weights = taps, .weight_count = 4};
    EXPECT(nine, 1 + 30 + 700 + 9000);
    awh_graph_release(&graph);
    conv = conv_of(1, 1, 0);
    conv.stride_h = 2;
    begin(3, 3, 1);
    must(awh_graph_conv(&graph, tensor, conv, &tensor, &diag));
    parameters[0].weight_count = 1;
    EXPECT(nine, 1, 2, 3, 7, 8, 9);
}

static void test_conv_groups(void **state)
{
    (void)state;
    /* 4 channels in, 4 out, 2 groups: [out][in / 2]. */
    static float taps[] = {1, 10, 100, 1000, 1, 10, 100, 1000};
    static const float pixel[] = {1, 2, 3, 4};
    struct awh_conv conv = conv_of(4, 1, 0);
    conv.groups = 2;
    begin(1, 1, 4);
    must(awh_graph_conv(&graph, tensor, conv, &tensor, &diag));
    parameters[0] = (struct awh_node_weights){.weights = taps, .weight_count = 8};
    EXPECT(pixel, 21, 2100, 43, 4300);
    awh_graph_release(&graph);
    conv.groups = 4;
    begin(1, 1, 4);
    must(awh_graph_conv(&graph, tensor, conv, &tensor, &diag));
    parameters[0].weight_count = 4;
    EXPECT(pixel, 1, 20, 300, 4000);
}

static void test_batch_norm(void **state)
{
    (void)state;
    static float mean[] = {1, 2}, variance[] = {4 - AWH_BATCH_NORM_EPS, 1 - AWH_BATCH_NORM_EPS};
    static float gamma[] = {3, -1}, beta[] = {0.5f, 0};
    static const float pixels[] = {3, 3, 5, 2};
    begin(1, 2, 2);
    must(awh_graph_batch_norm(&graph, tensor, true, &tensor, &diag));
    parameters[0] =
        (struct awh_node_weights){.mean = mean, .variance = variance, .gamma = gamma, .beta = beta};
    EXPECT(pixels, 3.5f, -1, 6.5f, 0);
    graph.nodes[0].affine = false;
    EXPECT(pixels, 1, 1, 2, 0);
}

static void test_pools(void **state)
{
    (void)state;
    struct awh_pool pool = {
        .kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .pad_h = 1, .pad_w = 1};
    begin(3, 3, 1);
    must(awh_graph_max_pool(&graph, tensor, pool, &tensor, &diag));
    EXPECT(nine, 5, 6, 8, 9);
    static const float negative[] = {-1, -2, -3, -4, -5, -6, -7, -8, -9};
    EXPECT(negative, -1, -2, -4, -5);
    awh_graph_release(&graph);
    begin(3, 3, 1);
    must(awh_graph_avg_pool(&graph, tensor, pool, &tensor, &diag));
    EXPECT(nine, 3, 4, 6, 7);
    graph.nodes[0].pool.count_include_pad = true;
    EXPECT(nine, 12 / 9.f, 16 / 9.f, 24 / 9.f, 28 / 9.f);
    awh_graph_release(&graph);
    begin(3, 3, 1);
    must(awh_graph_gap(&graph, tensor, &tensor, &diag));
    EXPECT(nine, 5);
}

static void test_two_inputs(void **state)
{
    (void)state;
    static const float pixels[] = {1, 2, 3, 4}; /* 1 x 2 of 2 channels; their mean is 2, 3 */
    int mean;
    begin(1, 2, 2);
    must(awh_graph_gap(&graph, tensor, &mean, &diag));
    must(awh_graph_mul(&graph, tensor, mean, &tensor, &diag));
    EXPECT(pixels, 2, 6, 6, 12);
    must(awh_graph_add(&graph, tensor, graph.input, &tensor, &diag));
    EXPECT(pixels, 3, 8, 9, 16);
    must(awh_graph_concat(&graph, graph.input, tensor, &tensor, &diag));
    EXPECT(pixels, 1, 2, 3, 8, 3, 4, 9, 16);
}

static void test_shapes(void **state)
{
    (void)state;
    begin(3, 3, 1);
    must(awh_graph_slice(&graph, tensor,
                         (struct awh_slice){.offset_h = 1, .stride_h = 2, .stride_w = 2}, &tensor,
                         &diag));
    EXPECT(nine, 4, 6);
    must(awh_graph_pad(&graph, tensor, (struct awh_pad){.top = 1, .left = 1, .channels = 1},
                       &tensor, &diag));
    EXPECT(nine, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 6, 0);
    must(awh_graph_zero(&graph, tensor, 1, 2, 1, &tensor, &diag));
    EXPECT(nine, 0, 0);
}

static void test_acts(void **state)
{
    (void)state;
    static const float pixels[] = {-4, -1, 0.5f, 7};
    static const struct {
        enum aw_act act;
        float out[4];
    } rows[] = {
        {AW_ACT_RELU, {0, 0, 0.5f, 7}},
        {AW_ACT_RELU6, {0, 0, 0.5f, 6}},
        {AW_ACT_HARDTANH, {-1, -1, 0.5f, 1}},
        {AW_ACT_H_SIGMOID, {0, 2 / 6.f, 3.5f / 6, 1}},
        {AW_ACT_H_SWISH, {0, -2 / 6.f, 1.75f / 6, 7}},
        {AW_ACT_SIGMOID, {0.017986210f, 0.26894142f, 0.62245933f, 0.99908895f}},
        {AW_ACT_TANH, {-0.99932930f, -0.76159416f, 0.46211716f, 0.99999834f}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(1, 4, 1);
        must(awh_graph_act(&graph, tensor, rows[i].act, &tensor, &diag));
        expect(pixels, rows[i].out, 4);
        awh_graph_release(&graph);
        /* Fused into another layer, as awh_fold does it. */
        begin(1, 4, 1);
        must(awh_graph_pad(&graph, tensor, (struct awh_pad){0}, &tensor, &diag));
        graph.nodes[0].act = rows[i].act;
        expect(pixels, rows[i].out, 4);
        awh_graph_release(&graph);
    }
    begin(1, 4, 1); /* a net that does nothing */
    expect(pixels, pixels, 4);
}

static void keep_sum(void *context, size_t node, const float *values, size_t count)
{
    float *sums = context;
    for (size_t i = 0; i < count; i++)
        sums[node] += values[i];
}

static void test_observer(void **state)
{
    (void)state;
    float sums[3] = {0}, output[1];
    int unused;
    const struct awh_float_observer observer = {.layer = keep_sum, .context = sums};
    begin(3, 3, 1);
    must(awh_graph_act(&graph, tensor, AW_ACT_RELU6, &tensor, &diag));
    must(awh_graph_add(&graph, tensor, graph.input, &unused, &diag)); /* read by nobody */
    must(awh_graph_gap(&graph, tensor, &tensor, &diag));
    weights.node_count = 3;
    must(awh_float_run(&graph, &weights, nine, &observer, output, &diag));
    assert_true(sums[0] == 39 && sums[1] == 84 && fabsf(sums[2] - 39 / 9.f) < 1e-6f);
}

static void test_missing_parameters(void **state)
{
    (void)state;
    float output[MAX];
    static float taps[9];
    begin(3, 3, 1);
    must(awh_graph_conv(&graph, tensor, conv_of(1, 3, 1), &tensor, &diag));
    weights.node_count = 1;
    parameters[0] = (struct awh_node_weights){.weights = taps, .weight_count = 8};
    assert_int_equal(awh_float_run(&graph, &weights, nine, NULL, output, &diag), AW_ERR_ARG);
    assert_non_null(strstr(diag.text, "layer t_conv_1 has no parameters that fit it"));
    diag.err = AW_OK;
    weights.node_count = 2;
    assert_int_equal(awh_float_run(&graph, &weights, nine, NULL, output, &diag), AW_ERR_ARG);
    weights.node_count = 1;
    parameters[0].weight_count = 9;
    graph.nodes[0].conv.bias = true;
    assert_int_equal(awh_float_run(&graph, &weights, nine, NULL, output, NULL), AW_ERR_ARG);
    graph.nodes[0].conv.bias = false;
    assert_int_equal(awh_float_run(&graph, &weights, nine, NULL, output, NULL), AW_OK);
}

/* conv, norm, relu, norm: each norm then gives mean beta and deviation gamma. */
static void test_settle(void **state)
{
    (void)state;
    static float taps[8] = {3, -2, 0.5f, 7, 1, 1, -1, 2};
    static float numbers[8][4];
    float input[16 * 16 * 2], output[16 * 16 * 4];
    begin(16, 16, 2);
    must(awh_graph_conv(&graph, tensor, conv_of(4, 1, 0), &tensor, &diag));
    must(awh_graph_batch_norm(&graph, tensor, true, &tensor, &diag));
    must(awh_graph_act(&graph, tensor, AW_ACT_RELU, &tensor, &diag));
    must(awh_graph_batch_norm(&graph, tensor, true, &tensor, &diag));
    parameters[0] = (struct awh_node_weights){.weights = taps, .weight_count = 8};
    for (size_t i = 0; i < 2; i++)
        parameters[1 + 2 * i] = (struct awh_node_weights){.mean = numbers[i],
                                                          .variance = numbers[2 + i],
                                                          .gamma = numbers[4 + i],
                                                          .beta = numbers[6 + i]};
    for (size_t c = 0; c < 4; c++) {
        numbers[4][c] = 1;
        numbers[5][c] = (float)(c + 1);
        numbers[7][c] = (float)c;
    }
    weights.node_count = 4;
    must(awh_float_weights_settle(&graph, 5, &weights, &diag));
    must(awh_float_input(5, sizeof input / sizeof *input, input, &diag));
    must(awh_float_run(&graph, &weights, input, NULL, output, &diag));
    for (size_t c = 0; c < 4; c++) {
        double sum = 0, square = 0;
        for (size_t p = 0; p < 256; p++) {
            sum += (double)output[p * 4 + c] / 256;
            square += (double)output[p * 4 + c] * (double)output[p * 4 + c] / 256;
        }
        double deviation = sqrt(square - sum * sum), wanted = (double)(c + 1);
        if (fabs(sum - (double)c) > 0.05 * wanted || fabs(deviation / wanted - 1) > 0.05)
            fail_msg("channel %zu: mean %g, deviation %g", c, sum, deviation);
    }
}

/* One pixel, and zeros: nothing to go by, but never a variance of 0. */
static void test_settle_little(void **state)
{
    (void)state;
    static float numbers[4][2] = {{0, 0}, {1, 1}, {0, 0}, {1, 1}};
    begin(4, 4, 2);
    must(awh_graph_gap(&graph, tensor, &tensor, &diag));
    must(awh_graph_batch_norm(&graph, tensor, false, &tensor, &diag));
    must(awh_graph_zero(&graph, tensor, 1, 1, 2, &tensor, &diag));
    must(awh_graph_batch_norm(&graph, tensor, false, &tensor, &diag));
    parameters[1] = (struct awh_node_weights){.mean = numbers[0], .variance = numbers[1]};
    parameters[3] = (struct awh_node_weights){.mean = numbers[2], .variance = numbers[3]};
    weights.node_count = 4;
    must(awh_float_weights_settle(&graph, 5, &weights, &diag));
    assert_true(numbers[0][0] != 0 && numbers[1][0] > 0 && numbers[1][1] > 0);
    assert_true(numbers[2][0] == 0 && numbers[3][0] == 1);
}

static void test_input(void **state)
{
    (void)state;
    float a[100], b[100], min = 2, max = -2;
    must(awh_float_input(7, 100, a, &diag));
    must(awh_float_input(7, 50, b, &diag));
    assert_memory_equal(a, b, 50 * sizeof *a);
    must(awh_float_input(8, 100, b, &diag));
    assert_memory_not_equal(a, b, sizeof a);
    for (size_t i = 0; i < 100; i++) {
        min = fminf(min, a[i]);
        max = fmaxf(max, a[i]);
    }
    assert_true(min >= -2 && min < -1.5f && max < 2 && max > 1.5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conv, start, stop),
        cmocka_unit_test_setup_teardown(test_conv_stride_and_dilation, start, stop),
        cmocka_unit_test_setup_teardown(test_conv_groups, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_norm, start, stop),
        cmocka_unit_test_setup_teardown(test_pools, start, stop),
        cmocka_unit_test_setup_teardown(test_two_inputs, start, stop),
        cmocka_unit_test_setup_teardown(test_shapes, start, stop),
        cmocka_unit_test_setup_teardown(test_acts, start, stop),
        cmocka_unit_test_setup_teardown(test_observer, start, stop),
        cmocka_unit_test_setup_teardown(test_missing_parameters, start, stop),
        cmocka_unit_test_setup_teardown(test_settle, start, stop),
        cmocka_unit_test_setup_teardown(test_settle_little, start, stop),
        cmocka_unit_test_setup_teardown(test_input, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

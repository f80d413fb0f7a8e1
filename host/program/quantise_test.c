#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "program/fold.h"
#include "program/quantise.h"
#include "program/synth.h"

static struct awh_conv conv_of(int32_t out_ch, int32_t kernel, int32_t stride, int32_t groups)
{
    return (struct awh_conv){.out_ch = out_ch,
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = stride,
                             .stride_w = stride,
                             .pad_h = kernel / 2,
                             .pad_w = kernel / 2,
                             .groups = groups,
                             .dilation = 1,
                             .bias = true};
}

static int conv(struct awh_graph *graph, int in, struct awh_conv attributes, enum aw_act act)
{
    struct awh_diag diag = {0};
    int out = in;
    enum aw_err err = awh_graph_conv(graph, in, attributes, &out, &diag);
    if (!err)
        err = awh_graph_act(graph, out, act, &out, &diag);
    if (err)
        fail_msg("%s", diag.text);
    return out;
}

/* Inverted bottleneck with squeeze and excite and a shortcut. */
static int block(struct awh_graph *graph, int in, enum aw_act act)
{
    int at = conv(graph, in, conv_of(48, 1, 1, 1), act), scale, out;
    at = conv(graph, at, conv_of(48, 5, 1, 48), act);
    assert_int_equal(awh_graph_gap(graph, at, &scale, NULL), AW_OK);
    scale = conv(graph, scale, conv_of(16, 1, 1, 1), AW_ACT_RELU);
    scale = conv(graph, scale, conv_of(48, 1, 1, 1), AW_ACT_H_SIGMOID);
    assert_int_equal(awh_graph_mul(graph, at, scale, &at, NULL), AW_OK);
    at = conv(graph, at, conv_of(16, 1, 1, 1), AW_ACT_NONE);
    assert_int_equal(awh_graph_add(graph, at, in, &out, NULL), AW_OK);
    return out;
}

static void make_graph(struct awh_graph *graph, unsigned blocks)
{
    assert_int_equal(awh_graph_init(graph, "t", 20, 20, 3, NULL), AW_OK);
    int at = conv(graph, 0, conv_of(16, 3, 2, 1), AW_ACT_NONE);
    for (unsigned i = 0; i < blocks; i++)
        at = block(graph, at, i % 3 == 0 ? AW_ACT_RELU6 : AW_ACT_H_SWISH);
    graph->output = at;
    assert_int_equal(awh_fold(graph, NULL), AW_OK);
}

static void quantise(struct awh_arena *arena, const struct awh_graph *graph, uint32_t seed,
                     struct awh_quantised *out)
{
    struct awh_diag diag = {0};
    if (awh_quantise(arena, graph, seed, NULL, out, &diag))
        fail_msg("%s", diag.text);
}

static uint32_t size_of(const struct aw_tensor *tensor)
{
    return (uint32_t)tensor->shape.h * tensor->shape.w * tensor->shape.c;
}

/* Through 20 blocks no layer saturates or fades: a signal that faded would need ever higher
 * positions, one that grew ever lower ones. */
static void test_deep_net_stays_in_scale(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised program;
    awh_arena_init(&arena);
    make_graph(&graph, 20);
    quantise(&arena, &graph, 1, &program);
    assert_int_equal(program.layer_count, 1 + 20 * 8);
    assert_int_equal(program.table_count, 0);
    for (uint16_t i = 0; i < program.layer_count; i++) {
        const struct aw_layer *layer = &program.layers[i];
        const struct aw_tensor *out = &program.tensors[layer->out];
        uint64_t saturated = program.calibration[i].saturated;
        uint64_t outputs = (uint64_t)size_of(out) * AWH_CALIBRATION_INPUTS;
        if (saturated > AWH_CALIBRATION_INPUTS && saturated * 50 > outputs)
            fail_msg("layer %u: %llu of %llu outputs saturate", i, (unsigned long long)saturated,
                     (unsigned long long)outputs);
        if (out->pos < 1 || out->pos > 8)
            fail_msg("layer %u: position %d", i, out->pos);
    }
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

static void test_seeds(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised first, again, other;
    awh_arena_init(&arena);
    make_graph(&graph, 1);
    quantise(&arena, &graph, 1, &first);
    quantise(&arena, &graph, 1, &again);
    quantise(&arena, &graph, 2, &other);
    assert_int_equal(first.input_seed, 1);
    assert_int_equal(other.input_seed, 2);
    for (uint16_t i = 0; i < first.layer_count; i++) {
        bool weighted = aw_op_find(first.layers[i].op)->weighted;
        assert_memory_equal(&first.layers[i], &again.layers[i], sizeof(first.layers[i]));
        assert_int_equal(first.calibration[i].crc, again.calibration[i].crc);
        assert_int_not_equal(first.calibration[i].crc, other.calibration[i].crc);
        assert_int_equal(first.layers[i].seed, weighted ? awh_synth_layer_seed(1, i) : 0);
        assert_int_equal(first.layers[i].bias_bits > 0, weighted);
        if (weighted)
            assert_int_not_equal(first.layers[i].seed, other.layers[i].seed);
    }
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

/* Bias only where the graph has one. */
static void test_no_bias(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised program;
    struct awh_conv plain = conv_of(8, 3, 1, 1);
    plain.bias = false;
    awh_arena_init(&arena);
    assert_int_equal(awh_graph_init(&graph, "t", 6, 6, 3, NULL), AW_OK);
    graph.output = conv(&graph, 0, plain, AW_ACT_NONE);
    quantise(&arena, &graph, 1, &program);
    assert_int_equal(program.layers[0].bias_bits, 0);
    assert_int_equal(program.layers[0].op, AW_OP_CONV2D);
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

static void test_equal_tables_are_stored_once(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised program;
    int a, b, sum, last;
    awh_arena_init(&arena);
    assert_int_equal(awh_graph_init(&graph, "t", 6, 6, 3, NULL), AW_OK);
    assert_int_equal(awh_graph_act(&graph, 0, AW_ACT_SIGMOID, &a, NULL), AW_OK);
    assert_int_equal(awh_graph_act(&graph, 0, AW_ACT_SIGMOID, &b, NULL), AW_OK);
    assert_int_equal(awh_graph_add(&graph, a, b, &sum, NULL), AW_OK);
    assert_int_equal(awh_graph_act(&graph, sum, AW_ACT_TANH, &last, NULL), AW_OK);
    graph.output = last;
    assert_int_equal(awh_fold(&graph, NULL), AW_OK);
    quantise(&arena, &graph, 1, &program);
    assert_int_equal(program.layer_count, 3);
    assert_int_equal(program.table_count, 2);
    assert_int_equal(program.layers[0].table_offset, 0);
    assert_int_equal(program.layers[1].table_offset, 0);
    assert_int_equal(program.layers[2].table_offset, 1); /* tanh fused into the add */
    assert_memory_not_equal(program.tables[0], program.tables[1], 256);
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

/* What the attributes of nodes become; the shapes follow from them, so a wrong one is refused. */
static void test_attributes(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised program;
    const struct awh_pool pool = {.kernel_h = 3,
                                  .kernel_w = 2,
                                  .stride_h = 2,
                                  .stride_w = 1,
                                  .pad_h = 1,
                                  .count_include_pad = true};
    const struct awh_pad pad = {.top = 1, .bottom = 2, .left = 3, .right = 4, .channels = 5};
    const struct awh_slice slice = {.offset_h = 1, .offset_w = 2, .stride_h = 2, .stride_w = 3};
    int at, zero;
    awh_arena_init(&arena);
    assert_int_equal(awh_graph_init(&graph, "t", 9, 9, 3, NULL), AW_OK);
    assert_int_equal(awh_graph_max_pool(&graph, 0, pool, &at, NULL), AW_OK);
    assert_int_equal(awh_graph_avg_pool(&graph, at, pool, &at, NULL), AW_OK);
    assert_int_equal(awh_graph_pad(&graph, at, pad, &at, NULL), AW_OK);
    assert_int_equal(awh_graph_slice(&graph, at, slice, &at, NULL), AW_OK);
    const struct awh_graph_tensor shape = graph.tensors[at];
    assert_int_equal(awh_graph_zero(&graph, at, shape.h, shape.w, 2, &zero, NULL), AW_OK);
    assert_int_equal(awh_graph_concat(&graph, at, zero, &at, NULL), AW_OK);
    assert_int_equal(awh_fold(&graph, NULL), AW_OK);
    quantise(&arena, &graph, 1, &program);
    static const uint8_t ops[] = {AW_OP_MAXPOOL, AW_OP_AVGPOOL, AW_OP_PAD,
                                  AW_OP_SLICE,   AW_OP_ZERO,    AW_OP_CONCAT};
    assert_int_equal(program.layer_count, sizeof(ops));
    for (unsigned i = 0; i < sizeof(ops); i++)
        assert_int_equal(program.layers[i].op, ops[i]);
    for (unsigned i = 0; i < 2; i++) {
        const struct aw_layer *layer = &program.layers[i];
        assert_int_equal(layer->kernel_h * 10 + layer->kernel_w, 32);
        assert_int_equal(layer->stride_h * 10 + layer->stride_w, 21);
        assert_int_equal(layer->dilation_h * 10 + layer->dilation_w, 11);
        assert_int_equal(layer->pad_top * 10 + layer->pad_bottom, 11);
        assert_int_equal(layer->pad_left * 10 + layer->pad_right, 0);
        assert_int_equal(layer->count_include_pad, i);
    }
    assert_int_equal(program.layers[2].pad_top * 10 + program.layers[2].pad_bottom, 12);
    assert_int_equal(program.layers[2].pad_left * 10 + program.layers[2].pad_right, 34);
    assert_int_equal(program.layers[2].pad_channels, 5);
    assert_int_equal(program.layers[3].start_h * 10 + program.layers[3].start_w, 12);
    assert_int_equal(program.layers[3].stride_h * 10 + program.layers[3].stride_w, 23);
    /* Zeros cost what they stand beside no precision. */
    const struct aw_layer *cat = &program.layers[5];
    assert_int_equal(program.tensors[cat->in1].pos, program.tensors[cat->in0].pos);
    awh_graph_release(&graph);
    awh_arena_release(&arena);
}

static void test_refusals_name_the_layer(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_quantised program = {.layer_count = 77};
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    /* 9 * 65535 products could leave 32 bits. */
    assert_int_equal(awh_graph_init(&graph, "t", 3, 3, 65535, NULL), AW_OK);
    graph.output = conv(&graph, 0, conv_of(1, 3, 1, 1), AW_ACT_NONE);
    assert_int_equal(awh_quantise(&arena, &graph, 1, NULL, &program, &diag), AW_ERR_RANGE);
    assert_non_null(strstr(diag.text, "t_conv_1"));
    awh_graph_release(&graph);

    diag = (struct awh_diag){0};
    int at = 0;
    assert_int_equal(awh_graph_init(&graph, "t", 1, 1, 1, NULL), AW_OK);
    for (unsigned i = 0; i < AW_PROGRAM_MAX_LAYERS; i++)
        assert_int_equal(awh_graph_act(&graph, at, AW_ACT_RELU, &at, NULL), AW_OK);
    assert_int_equal(awh_quantise(&arena, &graph, 1, NULL, &program, &diag), AW_ERR_RANGE);
    assert_non_null(strstr(diag.text, "1025 tensors"));
    awh_graph_release(&graph);

    diag = (struct awh_diag){0};
    assert_int_equal(awh_graph_init(&graph, "t", 1, 1, 1, NULL), AW_OK);
    assert_int_equal(awh_quantise(&arena, &graph, 1, NULL, &program, &diag), AW_ERR_RANGE);
    awh_graph_release(&graph);
    assert_int_equal(program.layer_count, 77);
    awh_arena_release(&arena);
}

static void test_bias_bits(void **state)
{
    (void)state;
    assert_int_equal(awh_synth_bias_bits(0, 9, false), 1);
    assert_int_equal(awh_synth_bias_bits(16384, 9, false), 13); /* 0.433 * 2^14 = 2^12.8 */
    assert_int_equal(awh_synth_bias_bits(16384, 9, true), 15);  /* 2.42 * 2^14 = 2^15.3 */
    /* 128 * 127 * 132000 leaves room for 2^20 and no more. */
    assert_int_equal(awh_synth_bias_bits(1e9, 132000, true), 20);
    for (uint32_t fan_in = 1; fan_in < 130000; fan_in += 997) {
        int64_t worst = INT64_C(128) * 127 * fan_in;
        assert_true(worst + (INT64_C(1) << awh_synth_bias_bits(1e12, fan_in, true)) <= INT32_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_net_stays_in_scale),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_no_bias),
        cmocka_unit_test(test_equal_tables_are_stored_once),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_refusals_name_the_layer),
        cmocka_unit_test(test_bias_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

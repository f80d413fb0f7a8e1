#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/graph.h"

static const struct awh_conv plain = {.out_ch = 8,
                                      .kernel_h = 3,
                                      .kernel_w = 3,
                                      .stride_h = 1,
                                      .stride_w = 1,
                                      .pad_h = 1,
                                      .pad_w = 1,
                                      .groups = 1,
                                      .dilation = 1};

static const struct shape_row {
    const char *name;
    int32_t h, w, kernel_h, kernel_w, stride, pad, dilation, out_h, out_w;
} shape_rows[] = {
    {"same", 14, 14, 3, 3, 1, 1, 1, 14, 14},         {"halves", 14, 14, 3, 3, 2, 1, 1, 7, 7},
    {"odd halves up", 9, 9, 3, 3, 2, 1, 1, 5, 5},    {"1x1 of stride 2", 9, 9, 1, 1, 2, 0, 1, 5, 5},
    {"no padding", 9, 7, 3, 3, 1, 0, 1, 7, 5},       {"even kernel", 14, 14, 2, 2, 1, 1, 1, 15, 15},
    {"dilated", 9, 9, 3, 3, 1, 2, 2, 9, 9},          {"not square", 9, 9, 1, 5, 1, 0, 1, 9, 5},
    {"kernel just fits", 3, 3, 3, 3, 5, 0, 1, 1, 1},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shape_rows / sizeof *shape_rows; i++) {
        const struct shape_row *row = &shape_rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_graph graph;
        struct awh_conv conv = plain;
        int out;
        print_message("row %s\n", row->name);
        conv.kernel_h = row->kernel_h;
        conv.kernel_w = row->kernel_w;
        conv.stride_h = conv.stride_w = row->stride;
        conv.pad_h = conv.pad_w = row->pad;
        conv.dilation = row->dilation;
        assert_int_equal(awh_graph_init(&graph, "n", row->h, row->w, 4, &diag), AW_OK);
        assert_int_equal(awh_graph_conv(&graph, graph.input, conv, &out, &diag), AW_OK);
        assert_int_equal(graph.tensors[out].h, row->out_h);
        assert_int_equal(graph.tensors[out].w, row->out_w);
        assert_int_equal(awh_node_macs(&graph, &graph.nodes[0]),
                         8 * 4 * row->kernel_h * row->kernel_w * row->out_h * row->out_w);
        awh_graph_release(&graph);
    }
}

static const struct bad_row {
    const char *name;
    int32_t out_ch, kernel, stride, pad, groups, dilation;
    const char *why;
} bad_rows[] = {
    {"no channels", 0, 3, 1, 1, 1, 1, "the output channels must be"},
    {"too many channels", 65536, 3, 1, 1, 1, 1, "the output channels must be"},
    {"kernel 0", 8, 0, 1, 1, 1, 1, "the kernel must be"},
    {"kernel 256", 8, 256, 1, 1, 1, 1, "the kernel must be"},
    {"stride 0", 8, 3, 0, 1, 1, 1, "the stride must be"},
    {"negative padding", 8, 3, 1, -1, 1, 1, "the padding must be"},
    {"dilation 0", 8, 3, 1, 1, 1, 0, "the dilation must be"},
    {"groups 0", 8, 3, 1, 1, 0, 1, "the groups must divide"},
    {"groups that do not divide the input", 9, 3, 1, 1, 3, 1, "the groups must divide"},
    {"groups that do not divide the output", 6, 3, 1, 1, 4, 1, "the groups must divide"},
    {"kernel above the input", 8, 9, 1, 1, 1, 1, "the kernel does not fit"},
};

static void test_bad_convs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_graph graph;
        int out = 77;
        struct awh_conv conv = {.out_ch = row->out_ch,
                                .kernel_h = row->kernel,
                                .kernel_w = row->kernel,
                                .stride_h = row->stride,
                                .stride_w = row->stride,
                                .pad_h = row->pad,
                                .pad_w = row->pad,
                                .groups = row->groups,
                                .dilation = row->dilation};
        print_message("row %s\n", row->name);
        assert_int_equal(awh_graph_init(&graph, "n", 5, 5, 4, &diag), AW_OK);
        assert_int_equal(awh_graph_conv(&graph, graph.input, conv, &out, &diag), AW_ERR_RANGE);
        assert_non_null(strstr(diag.text, "layer n_conv_1: input 5x5x4"));
        assert_non_null(strstr(diag.text, row->why));
        assert_int_equal(out, 77);
        assert_int_equal(graph.node_count, 0);
        awh_graph_release(&graph);
    }
}

static void test_names_and_prims(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_graph graph;
    int a, b, s, out;
    assert_int_equal(awh_graph_init(&graph, "net", 8, 8, 8, &diag), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, 0, plain, &a, &diag), AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, a, true, &a, &diag), AW_OK);
    assert_int_equal(awh_graph_act(&graph, a, AW_ACT_RELU6, &a, &diag), AW_OK);
    graph.prim = 1;
    assert_int_equal(awh_graph_conv(&graph, a, plain, &b, &diag), AW_OK);
    assert_int_equal(awh_graph_act(&graph, b, AW_ACT_RELU, &b, &diag), AW_OK);
    assert_int_equal(awh_graph_act(&graph, b, AW_ACT_RELU6, &b, &diag), AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, b, false, &b, &diag), AW_OK);
    assert_int_equal(awh_graph_gap(&graph, b, &s, &diag), AW_OK);
    assert_int_equal(awh_graph_mul(&graph, b, s, &b, &diag), AW_OK);
    assert_int_equal(awh_graph_add(&graph, a, b, &out, &diag), AW_OK);
    static const char *const names[] = {
        "net_conv_1",  "net_batch_norm_1", "net_relu6_1",    "net_conv_2", "net_relu_1",
        "net_relu6_2", "net_batch_norm_2", "net_ave_pool_1", "net_mul_1",  "net_add_1"};
    assert_int_equal(graph.node_count, sizeof names / sizeof *names);
    for (size_t i = 0; i < graph.node_count; i++) {
        assert_string_equal(graph.nodes[i].name, names[i]);
        assert_int_equal(graph.nodes[i].prim, i >= 3);
        assert_int_equal(graph.tensors[graph.nodes[i].out].producer, i);
    }
    assert_int_equal(graph.output, out);
    assert_int_equal(awh_node_params(&graph, &graph.nodes[1]), 16);
    assert_int_equal(awh_node_params(&graph, &graph.nodes[6]), 0);
    assert_int_equal(awh_graph_add(&graph, s, a, &out, &diag), AW_ERR_RANGE);
    assert_string_equal(diag.text, "layer net_add_2: inputs 1x1x8 and 8x8x8 do not fit");
    assert_int_equal(awh_graph_mul(&graph, a, a, &out, NULL), AW_ERR_RANGE);
    assert_int_equal(awh_graph_gap(&graph, 99, &out, NULL), AW_ERR_INTERNAL);
    awh_graph_release(&graph);
}

static const struct pool_row {
    const char *name;
    int32_t h, w, kernel, stride, pad, out_h, out_w; /* out_h 0: refused */
} pool_rows[] = {
    {"halves", 14, 14, 2, 2, 0, 7, 7},
    {"rounds down", 9, 7, 2, 2, 0, 4, 3},
    {"padded", 9, 9, 3, 2, 1, 5, 5},
    {"shrinks", 9, 9, 2, 1, 0, 8, 8},
    {"subsamples", 9, 8, 1, 2, 0, 5, 4},
    {"does not fit", 1, 9, 2, 2, 0, 0, 0},
    {"padding too large", 9, 9, 3, 1, 2, 0, 0},
    {"kernel 0", 9, 9, 0, 1, 0, 0, 0},
    {"stride 0", 9, 9, 3, 0, 0, 0, 0},
    {"negative padding", 9, 9, 3, 1, -1, 0, 0},
};

static void test_pools(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pool_rows / sizeof *pool_rows; i++) {
        const struct pool_row *row = &pool_rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_graph graph;
        int out = 77;
        const struct awh_pool pool = {.kernel_h = row->kernel,
                                      .kernel_w = row->kernel,
                                      .stride_h = row->stride,
                                      .stride_w = row->stride,
                                      .pad_h = row->pad,
                                      .pad_w = row->pad};
        print_message("row %s\n", row->name);
        assert_int_equal(awh_graph_init(&graph, "n", row->h, row->w, 4, &diag), AW_OK);
        enum aw_err err = awh_graph_max_pool(&graph, 0, pool, &out, &diag);
        if (row->out_h) {
            assert_int_equal(err, AW_OK);
            assert_int_equal(awh_graph_avg_pool(&graph, 0, pool, &out, &diag), AW_OK);
            assert_string_equal(graph.nodes[0].name, "n_max_pool_1");
            assert_string_equal(graph.nodes[1].name, "n_ave_pool_1");
            for (int t = 1; t < 3; t++) {
                assert_int_equal(graph.tensors[t].h, row->out_h);
                assert_int_equal(graph.tensors[t].w, row->out_w);
                assert_int_equal(graph.tensors[t].c, 4);
            }
            assert_int_equal(awh_node_macs(&graph, &graph.nodes[1]), 0);
        } else {
            assert_int_equal(err, AW_ERR_RANGE);
            assert_non_null(strstr(diag.text, "layer n_max_pool_1: input"));
            assert_int_equal(out, 77);
            assert_int_equal(graph.node_count, 0);
        }
        awh_graph_release(&graph);
    }
}

/* Names count together where kinds are equal; bytes are those of a layer by itself. */
static void test_movers(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_graph graph;
    const struct awh_pad pad = {.top = 1, .left = 2, .right = 3, .channels = 4};
    const struct awh_slice slice = {.offset_h = 1, .offset_w = 2, .stride_h = 2, .stride_w = 3};
    int padded, sliced, zero, cat, mean, pooled, norm;
    assert_int_equal(awh_graph_init(&graph, "n", 8, 7, 4, &diag), AW_OK);
    assert_int_equal(awh_graph_pad(&graph, 0, pad, &padded, &diag), AW_OK);
    assert_int_equal(awh_graph_slice(&graph, padded, slice, &sliced, &diag), AW_OK);
    assert_int_equal(awh_graph_zero(&graph, sliced, 4, 4, 3, &zero, &diag), AW_OK);
    assert_int_equal(awh_graph_concat(&graph, sliced, zero, &cat, &diag), AW_OK);
    assert_int_equal(awh_graph_gap(&graph, cat, &mean, &diag), AW_OK);
    assert_int_equal(
        awh_graph_avg_pool(
            &graph, mean,
            (struct awh_pool){.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1}, &pooled,
            &diag),
        AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, pooled, true, &norm, &diag), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, norm, plain, &norm, &diag), AW_OK);
    static const struct {
        const char *name;
        int32_t h, w, c;
        uint64_t bytes;
    } rows[] = {
        {"n_pad_1", 9, 12, 8, 8 * 7 * 4 + 9 * 12 * 8},
        {"n_slice_1", 4, 4, 8, 9 * 12 * 8 + 4 * 4 * 8},
        {"n_zero_1", 4, 4, 3, 4 * 4 * 3},
        {"n_cat_1", 4, 4, 11, 2 * 4 * 4 * 11},
        {"n_ave_pool_1", 1, 1, 11, 4 * 4 * 11 + 11},
        {"n_ave_pool_2", 1, 1, 11, 22},
        {"n_batch_norm_1", 1, 1, 11, 22 + 5 * 11},
        {"n_conv_1", 1, 1, 8, 11 + 8 + 8 * 11 * 9},
    };
    assert_int_equal(graph.node_count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < graph.node_count; i++) {
        const struct awh_graph_tensor *out = &graph.tensors[graph.nodes[i].out];
        assert_string_equal(graph.nodes[i].name, rows[i].name);
        assert_int_equal(out->h, rows[i].h);
        assert_int_equal(out->w, rows[i].w);
        assert_int_equal(out->c, rows[i].c);
        assert_int_equal(awh_node_bytes(&graph, &graph.nodes[i]), rows[i].bytes);
    }
    awh_graph_release(&graph);
}

static void test_bad_movers(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_graph graph;
    int small, out = 77;
    assert_int_equal(awh_graph_init(&graph, "n", 8, 8, 40000, &diag), AW_OK);
    assert_int_equal(awh_graph_concat(&graph, 0, 0, &out, &diag), AW_ERR_RANGE);
    assert_non_null(strstr(diag.text, "layer n_cat_1: inputs 8x8x40000 and 8x8x40000"));
    assert_int_equal(awh_graph_zero(&graph, 0, 7, 8, 4, &small, NULL), AW_OK);
    assert_int_equal(awh_graph_concat(&graph, 0, small, &out, NULL), AW_ERR_RANGE);
    assert_int_equal(awh_graph_pad(&graph, 0, (struct awh_pad){.channels = 30000}, &out, NULL),
                     AW_ERR_RANGE);
    assert_int_equal(awh_graph_pad(&graph, 0, (struct awh_pad){.top = -1}, &out, NULL),
                     AW_ERR_RANGE);
    assert_int_equal(awh_graph_pad(&graph, 0, (struct awh_pad){.right = 256}, &out, NULL),
                     AW_ERR_RANGE);
    const struct awh_slice outside = {.offset_h = 8, .stride_h = 1, .stride_w = 1};
    const struct awh_slice still = {.stride_h = 1, .stride_w = 0};
    assert_int_equal(awh_graph_slice(&graph, 0, outside, &out, NULL), AW_ERR_RANGE);
    assert_int_equal(awh_graph_slice(&graph, 0, still, &out, NULL), AW_ERR_RANGE);
    assert_int_equal(awh_graph_zero(&graph, 0, 0, 1, 1, &out, NULL), AW_ERR_RANGE);
    assert_int_equal(awh_graph_slice(&graph, 9, still, &out, NULL), AW_ERR_INTERNAL);
    assert_int_equal(awh_graph_max_pool(&graph, -1, (struct awh_pool){0}, &out, NULL),
                     AW_ERR_INTERNAL);
    assert_int_equal(out, 77);
    assert_int_equal(graph.node_count, 1);
    awh_graph_release(&graph);
}

/* The copy grows and goes by itself. */
static void test_copy(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_graph graph, copy;
    int out;
    assert_int_equal(awh_graph_init(&graph, "n", 8, 8, 4, &diag), AW_OK);
    assert_int_equal(awh_graph_copy(&graph, &copy, &diag), AW_OK);
    assert_int_equal(copy.node_count, 0);
    awh_graph_release(&copy);
    assert_int_equal(awh_graph_conv(&graph, 0, plain, &out, &diag), AW_OK);
    assert_int_equal(awh_graph_copy(&graph, &copy, &diag), AW_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(awh_graph_conv(&copy, out, plain, &out, &diag), AW_OK);
    assert_int_equal(graph.node_count, 1);
    assert_int_equal(copy.node_count, 21);
    awh_graph_release(&graph);
    assert_string_equal(copy.nodes[0].name, "n_conv_1");
    assert_string_equal(copy.nodes[20].name, "n_conv_21");
    assert_int_equal(copy.output, out);
    awh_graph_release(&copy);
}

static void test_init_limits(void **state)
{
    (void)state;
    struct awh_graph graph;
    struct awh_diag diag = {.err = AW_OK};
    assert_int_equal(awh_graph_init(&graph, "n", 0, 8, 8, &diag), AW_ERR_RANGE);
    assert_int_equal(awh_graph_init(&graph, "n", 8, 65536, 8, NULL), AW_ERR_RANGE);
    assert_int_equal(
        awh_graph_init(&graph, "a name that is longer than all the names of nets", 8, 8, 8, NULL),
        AW_ERR_RANGE);
    assert_int_equal(awh_graph_init(&graph, "n", 65535, 65535, 65535, NULL), AW_OK);
    struct awh_conv conv = plain;
    int out;
    conv.out_ch = 65535;
    assert_int_equal(awh_graph_conv(&graph, 0, conv, &out, NULL), AW_ERR_RANGE); /* MACs */
    awh_graph_release(&graph);
}

static void test_act_names(void **state)
{
    (void)state;
    enum aw_act act = AW_ACT_TANH;
    for (enum aw_act a = AW_ACT_RELU; a <= AW_ACT_TANH; a++) {
        assert_true(awh_act_parse(awh_act_name(a), &act));
        assert_int_equal(act, a);
    }
    assert_true(awh_act_parse("identity", &act));
    assert_int_equal(act, AW_ACT_NONE);
    assert_string_equal(awh_act_name(AW_ACT_HARDTANH), "hardtanh");
    assert_false(awh_act_parse("hardtanh", &act)); /* no name of aw_nas */
    assert_false(awh_act_parse("none", &act));
    assert_false(awh_act_parse("", &act));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),      cmocka_unit_test(test_bad_convs),
        cmocka_unit_test(test_act_names),   cmocka_unit_test(test_names_and_prims),
        cmocka_unit_test(test_init_limits), cmocka_unit_test(test_pools),
        cmocka_unit_test(test_copy),        cmocka_unit_test(test_movers),
        cmocka_unit_test(test_bad_movers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

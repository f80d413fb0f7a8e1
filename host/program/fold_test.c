#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "program/fold.h"

static const struct awh_conv conv_1x1 = {.out_ch = 8,
                                         .kernel_h = 1,
                                         .kernel_w = 1,
                                         .stride_h = 1,
                                         .stride_w = 1,
                                         .groups = 1,
                                         .dilation = 1};

static const struct awh_pool pool_3x3 = {
    .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .pad_h = 1, .pad_w = 1};

/* Graphs are written as text, one letter a node, each reading what the one before it made:
 * c convolution, n batch norm, r relu, s h_swish, h h_sigmoid, g mean, + add to the input of the
 * graph, & concat with it, ! remember this tensor, * multiply the remembered one, 0 identity,
 * m max pool, a average pool, p pad, l slice, z zero. */
static int append(struct awh_graph *graph, char what, int at, int *remembered)
{
    struct awh_diag diag = {0};
    int out = at;
    enum aw_err err = AW_OK;
    switch (what) {
    case 'c':
        err = awh_graph_conv(graph, at, conv_1x1, &out, &diag);
        break;
    case 'n':
        err = awh_graph_batch_norm(graph, at, true, &out, &diag);
        break;
    case 'r':
        err = awh_graph_act(graph, at, AW_ACT_RELU, &out, &diag);
        break;
    case 's':
        err = awh_graph_act(graph, at, AW_ACT_H_SWISH, &out, &diag);
        break;
    case 'h':
        err = awh_graph_act(graph, at, AW_ACT_H_SIGMOID, &out, &diag);
        break;
    case 'g':
        err = awh_graph_gap(graph, at, &out, &diag);
        break;
    case '+':
        err = awh_graph_add(graph, at, graph->input, &out, &diag);
        break;
    case 'm':
        err = awh_graph_max_pool(graph, at, pool_3x3, &out, &diag);
        break;
    case 'a':
        err = awh_graph_avg_pool(graph, at, pool_3x3, &out, &diag);
        break;
    case '&':
        err = awh_graph_concat(graph, at, graph->input, &out, &diag);
        break;
    case 'p':
        err = awh_graph_pad(graph, at, (struct awh_pad){.top = 1, .left = 1}, &out, &diag);
        break;
    case 'l':
        err = awh_graph_slice(graph, at, (struct awh_slice){.stride_h = 2, .stride_w = 2}, &out,
                              &diag);
        break;
    case 'z':
        err = awh_graph_zero(graph, at, 4, 4, 8, &out, &diag);
        break;
    case '*':
        err = awh_graph_mul(graph, *remembered, at, &out, &diag);
        break;
    case '0': /* the builder drops identities; other makers of graphs may not */
        err = awh_graph_act(graph, at, AW_ACT_RELU, &out, &diag);
        graph->nodes[graph->node_count - 1].act = AW_ACT_NONE;
        break;
    case '!':
        *remembered = at;
        break;
    default:
        fail_msg("no node '%c'", what);
    }
    if (err)
        fail_msg("%s", diag.text);
    return out;
}

static void build(struct awh_graph *graph, const char *text)
{
    int remembered = 0;
    assert_int_equal(awh_graph_init(graph, "t", 4, 4, 8, NULL), AW_OK);
    int at = graph->input;
    for (; *text; text++)
        at = append(graph, *text, at, &remembered);
    graph->output = at;
}

/* The folded graph in the same letters; a fused activation follows its node in brackets, a
 * convolution that has a bias is C, one with groups D. */
static void describe(const struct awh_graph *graph, char *text)
{
    static const char acts[AW_ACT_COUNT] = {
        [AW_ACT_RELU] = 'r', [AW_ACT_H_SWISH] = 's', [AW_ACT_H_SIGMOID] = 'h'};
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        switch (node->op) {
        case AWH_NODE_CONV:
            *text++ = node->conv.groups > 1 ? 'D' : node->conv.bias ? 'C' : 'c';
            break;
        case AWH_NODE_BATCH_NORM:
            *text++ = 'n';
            break;
        case AWH_NODE_GAP:
            *text++ = 'g';
            break;
        case AWH_NODE_ADD:
            *text++ = '+';
            break;
        case AWH_NODE_MUL:
            *text++ = '*';
            break;
        case AWH_NODE_MAX_POOL:
            *text++ = 'm';
            break;
        case AWH_NODE_AVG_POOL:
            *text++ = 'a';
            break;
        case AWH_NODE_CONCAT:
            *text++ = '&';
            break;
        case AWH_NODE_PAD:
            *text++ = 'p';
            break;
        case AWH_NODE_SLICE:
            *text++ = 'l';
            break;
        case AWH_NODE_ZERO:
            *text++ = 'z';
            break;
        case AWH_NODE_ACT:
            *text++ = acts[node->act];
            continue;
        }
        if (node->act) {
            *text++ = '(';
            *text++ = acts[node->act];
            *text++ = ')';
        }
    }
    *text = '\0';
}

/* Ids are dense, written once before they are read, and producers agree. */
static void check_compact(const struct awh_graph *graph)
{
    assert_int_equal(graph->input, 0);
    assert_int_equal(graph->tensors[0].producer, -1);
    assert_int_equal(graph->tensor_count, graph->node_count + 1);
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        assert_int_equal(node->out, (int)i + 1);
        assert_int_equal(graph->tensors[node->out].producer, (int)i);
        assert_in_range(node->in0, 0, i);
        if (node->in1 >= 0)
            assert_in_range(node->in1, 0, i);
    }
    assert_in_range(graph->output, 0, graph->tensor_count - 1);
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *after;
    } rows[] = {
        {"batch norm gives its conv a bias", "cn", "C"},
        {"activation after batch norm", "cnr", "C(r)"},
        {"activation without batch norm", "cs", "c(s)"},
        {"conv alone", "c", "c"},
        {"activation into add", "cn+r", "C+(r)"},
        {"activation into mean", "gr", "g(r)"},
        {"activation of the input stays", "rcn", "rC"},
        {"second activation stays", "cnrs", "C(r)s"},
        {"activation of an activation stays", "rs", "rs"},
        {"identity goes", "c0n0r0", "C(r)"},
        {"identity at the ends", "0c0", "c"},
        {"batch norm of the input", "nrcn", "D(r)C"},
        {"batch norm after an activation", "cnrn", "C(r)D"},
        {"batch norm after other ops", "gn", "gD"},
        {"batch norm after an add", "cn+n", "C+D"},
        {"batch norm after a concat", "c&nr", "c&D(r)"},
        {"two batch norms", "cnnr", "C(r)"},
        {"two batch norms without a conv", "mnnr", "mD(r)"},
        {"activation into a pool", "cnmrac", "Cm(r)ac"},
        {"activation into concat, slice, pad and zero", "c&rlsprzh", "c&(r)l(s)p(r)z(h)"},
        {"squeeze and excite", "cns!gcrch*cn+", "C(s)gc(r)c(h)*C+"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_graph graph;
        struct awh_diag diag = {0};
        char text[64];
        build(&graph, rows[i].before);
        if (awh_fold(&graph, &diag))
            fail_msg("%s: %s", rows[i].name, diag.text);
        describe(&graph, text);
        if (strcmp(text, rows[i].after) != 0)
            fail_msg("%s: %s gave %s, not %s", rows[i].name, rows[i].before, text, rows[i].after);
        check_compact(&graph);
        assert_int_equal(graph.output, (int)graph.node_count);
        awh_graph_release(&graph);
    }
}

static void test_shared_input_keeps_activation(void **state)
{
    (void)state;
    struct awh_graph graph;
    int conv, relu, sum;
    assert_int_equal(awh_graph_init(&graph, "t", 4, 4, 8, NULL), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, 0, conv_1x1, &conv, NULL), AW_OK);
    assert_int_equal(awh_graph_act(&graph, conv, AW_ACT_RELU, &relu, NULL), AW_OK);
    assert_int_equal(awh_graph_add(&graph, relu, conv, &sum, NULL), AW_OK);
    graph.output = sum;
    char text[64];
    assert_int_equal(awh_fold(&graph, NULL), AW_OK);
    describe(&graph, text);
    assert_string_equal(text, "cr+");
    check_compact(&graph);
    awh_graph_release(&graph);
}

/* The net's output counts as read: what makes it keeps its values. */
static void test_output_is_read(void **state)
{
    (void)state;
    struct awh_graph graph;
    int conv, relu;
    assert_int_equal(awh_graph_init(&graph, "t", 4, 4, 8, NULL), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, 0, conv_1x1, &conv, NULL), AW_OK);
    assert_int_equal(awh_graph_act(&graph, conv, AW_ACT_RELU, &relu, NULL), AW_OK);
    graph.output = conv;
    char text[64];
    assert_int_equal(awh_fold(&graph, NULL), AW_OK);
    describe(&graph, text);
    assert_string_equal(text, "cr");
    assert_int_equal(graph.output, 1);
    awh_graph_release(&graph);
}

static void test_names_and_primitives_stay(void **state)
{
    (void)state;
    struct awh_graph graph;
    int at;
    assert_int_equal(awh_graph_init(&graph, "t", 4, 4, 8, NULL), AW_OK);
    graph.prim = 3;
    assert_int_equal(awh_graph_conv(&graph, 0, conv_1x1, &at, NULL), AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, at, true, &at, NULL), AW_OK);
    graph.prim = 4;
    assert_int_equal(awh_graph_conv(&graph, at, conv_1x1, &at, NULL), AW_OK);
    graph.output = at;
    assert_int_equal(awh_fold(&graph, NULL), AW_OK);
    assert_int_equal(graph.node_count, 2);
    assert_string_equal(graph.nodes[0].name, "t_conv_1");
    assert_int_equal(graph.nodes[0].prim, 3);
    assert_string_equal(graph.nodes[1].name, "t_conv_2");
    assert_int_equal(graph.nodes[1].prim, 4);
    awh_graph_release(&graph);
}

/* One that nothing absorbs is a depthwise 1x1 convolution with bias, under its own name. */
static void test_lone_batch_norm(void **state)
{
    (void)state;
    struct awh_graph graph;
    struct awh_diag diag = {0};
    build(&graph, "nr");
    assert_int_equal(awh_fold(&graph, &diag), AW_OK);
    assert_int_equal(graph.node_count, 1);
    const struct awh_node *node = &graph.nodes[0];
    assert_string_equal(node->name, "t_batch_norm_1");
    assert_int_equal(node->op, AWH_NODE_CONV);
    assert_int_equal(node->conv.groups, 8);
    assert_int_equal(node->conv.out_ch, 8);
    assert_int_equal(node->conv.kernel_h * node->conv.kernel_w, 1);
    assert_int_equal(node->conv.stride_h * node->conv.stride_w, 1);
    assert_int_equal(node->conv.pad_h + node->conv.pad_w, 0);
    assert_true(node->conv.bias);
    assert_int_equal(node->act, AW_ACT_RELU);
    assert_int_equal(awh_node_macs(&graph, node), 4 * 4 * 8);
    assert_int_equal(awh_node_params(&graph, node), 16);
    awh_graph_release(&graph);
}

static void test_batch_norm_of_a_shared_conv(void **state)
{
    (void)state;
    struct awh_graph graph;
    struct awh_diag diag = {0};
    int conv, norm, sum;
    char text[64];
    assert_int_equal(awh_graph_init(&graph, "t", 4, 4, 8, NULL), AW_OK);
    assert_int_equal(awh_graph_conv(&graph, 0, conv_1x1, &conv, NULL), AW_OK);
    assert_int_equal(awh_graph_batch_norm(&graph, conv, true, &norm, NULL), AW_OK);
    assert_int_equal(awh_graph_add(&graph, norm, conv, &sum, NULL), AW_OK);
    graph.output = sum;
    assert_int_equal(awh_fold(&graph, &diag), AW_OK);
    describe(&graph, text);
    assert_string_equal(text, "cD+");
    assert_int_equal(graph.nodes[2].in0, 2);
    assert_int_equal(graph.nodes[2].in1, 1);
    check_compact(&graph);
    awh_graph_release(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_shared_input_keeps_activation),
        cmocka_unit_test(test_output_is_read),
        cmocka_unit_test(test_names_and_primitives_stay),
        cmocka_unit_test(test_lone_batch_norm),
        cmocka_unit_test(test_batch_norm_of_a_shared_conv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

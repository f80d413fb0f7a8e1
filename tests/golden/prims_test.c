/* Prim() rules, equality and lowered graphs against aw_nas. */
#include "golden.h"

#include "net/net.h"

/* Binarised types: aw_nas makes them, here they are refused by name. */
static bool excluded(const struct awh_yaml *type)
{
    return type->kind == AWH_YAML_STR && awh_prim_type_excluded(type->str.text);
}

/* aw_nas's normalised tuple as awh_prim_format writes it. */
static void tuple_text(const struct awh_yaml *tuple, char *text, size_t capacity)
{
    *text = 0;
    for (size_t i = 0; i < tuple->list.count; i++) {
        const struct awh_yaml *item = tuple->list.items[i];
        size_t pairs = item->kind == AWH_YAML_SEQ ? item->list.count : 1;
        for (size_t k = 0; k < pairs; k++) {
            const struct awh_yaml *pair = item->kind == AWH_YAML_SEQ ? item->list.items[k] : NULL;
            struct awh_value value;
            char word[80];
            size_t used = strlen(text);
            assert_int_equal(awh_value_from_yaml(pair ? pair->list.items[1] : item, &value, NULL),
                             AW_OK);
            awh_value_format(&value, word, sizeof word);
            snprintf(text + used, capacity - used, "%s%s%s%s", used ? " " : "",
                     pair ? pair->list.items[0]->str.text : "", pair ? "=" : "", word);
        }
    }
}

static void test_cases(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    struct awh_arena arena;
    size_t checked = 0, refused = 0;
    awh_arena_init(&arena);
    const struct awh_yaml *cases =
        golden_yaml(&arena, AWNAS_SHARED_DIR, "common", "prim_cases.json");
    for (size_t i = 0; i < cases->list.count; i++) {
        const struct awh_yaml *row = cases->list.items[i], *input = golden_get(row, "input");
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim prim;
        char expected[256], text[256];
        if (excluded(golden_get(input, "prim_type"))) {
            assert_int_equal(awh_prim_from_yaml(input, &prim, &diag), AW_ERR_UNSUPPORTED);
            assert_non_null(strstr(diag.text, "not supported: "));
            refused++;
            continue;
        }
        bool ok = awh_prim_from_yaml(input, &prim, &diag) == AW_OK;
        if (ok != golden_get(row, "ok")->boolean)
            fail_msg("case %zu: %s", i, diag.text);
        checked++;
        if (!ok)
            continue;
        tuple_text(golden_get(row, "tuple"), expected, sizeof expected);
        awh_prim_format(&prim, text, sizeof text);
        assert_string_equal(text, expected);
    }
    print_message("%zu cases; %zu of excluded types refused\n", checked, refused);
    assert_int_equal(checked + refused, cases->list.count);
    assert_true(checked > 4 * refused);
    awh_arena_release(&arena);
}

static void test_equal(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    struct awh_arena arena;
    awh_arena_init(&arena);
    const struct awh_yaml *cases =
        golden_yaml(&arena, AWNAS_SHARED_DIR, "common", "prim_equal.json");
    assert_true(cases->list.count > 0);
    for (size_t i = 0; i < cases->list.count; i++) {
        const struct awh_yaml *row = cases->list.items[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim a, b;
        assert_int_equal(awh_prim_from_yaml(golden_get(row, "a"), &a, &diag), AW_OK);
        assert_int_equal(awh_prim_from_yaml(golden_get(row, "b"), &b, &diag), AW_OK);
        assert_int_equal(awh_prim_compare(&a, &b) == 0, golden_get(row, "equal")->boolean);
        assert_int_equal(awh_prim_hash(&a) == awh_prim_hash(&b),
                         golden_get(row, "same_hash")->boolean);
    }
    awh_arena_release(&arena);
}

static void test_make_divisible(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    struct awh_arena arena;
    size_t checked = 0;
    awh_arena_init(&arena);
    const struct awh_yaml *cases =
        golden_yaml(&arena, AWNAS_SHARED_DIR, "common", "make_divisible.json");
    for (size_t i = 0; i < cases->list.count; i++) {
        struct awh_yaml *const *row = cases->list.items[i]->list.items;
        int64_t divisor, expected;
        double v;
        assert_int_equal(awh_yaml_real(row[0], &v, NULL), AW_OK);
        assert_int_equal(awh_yaml_int(row[1], 1, 1024, &divisor, NULL), AW_OK);
        assert_int_equal(awh_yaml_int(row[3], 0, INT32_MAX, &expected, NULL), AW_OK);
        if (row[2]->kind != AWH_YAML_NULL)
            continue; /* another min_val: nothing in the flow uses one */
        if (awh_make_divisible(v, (int32_t)divisor) != expected)
            fail_msg("make_divisible(%g, %d)", v, (int)divisor);
        checked++;
    }
    print_message("%zu values\n", checked);
    assert_true(checked > 100);
    awh_arena_release(&arena);
}

/* -- Graphs: aw_nas's traced layers, where activations and the mean are several.
 * ------------------- */

struct trace {
    const struct awh_yaml *layers;
    size_t at;
    int tensors[128]; /* ours for what the traced layer makes */
};

static int trace_tensor(const struct trace *trace, const char *name)
{
    unsigned index = 0;
    if (!strcmp(name, "in"))
        return 0;
    assert_int_equal(sscanf(name, "L%u", &index), 1);
    assert_true(index < trace->at);
    return trace->tensors[index];
}

static const struct awh_yaml *trace_take(struct trace *trace, const char *op)
{
    assert_true(trace->at < trace->layers->list.count);
    const struct awh_yaml *layer = trace->layers->list.items[trace->at];
    assert_string_equal(golden_get(layer, "op")->str.text, op);
    trace->tensors[trace->at++] = -1;
    return layer;
}

static int trace_source(const struct trace *trace, const struct awh_yaml *layer, size_t i)
{
    return trace_tensor(trace, golden_get(layer, "src")->list.items[i]->str.text);
}

static void check_shape(const struct awh_yaml *chw, const struct awh_graph_tensor *tensor)
{
    assert_int_equal(chw->list.items[0]->integer, tensor->c);
    assert_int_equal(chw->list.items[1]->integer, tensor->h);
    assert_int_equal(chw->list.items[2]->integer, tensor->w);
}

static void check_pair(const struct awh_yaml *layer, const char *key, int32_t h, int32_t w)
{
    const struct awh_yaml *pair = golden_get(layer, key);
    assert_int_equal(pair->list.items[0]->integer, h);
    assert_int_equal(pair->list.items[1]->integer, w);
}

static const struct awh_yaml *take_act(struct trace *trace, const struct awh_node *node)
{
    const struct awh_yaml *first;
    if (node->act == AW_ACT_RELU6 || node->act == AW_ACT_HARDTANH) {
        bool six = node->act == AW_ACT_RELU6;
        first = trace_take(trace, "hardtanh");
        assert_int_equal(golden_int(first, "lo"), six ? 0 : -1);
        assert_int_equal(golden_int(first, "hi"), six ? 6 : 1);
    } else if (node->act == AW_ACT_H_SWISH || node->act == AW_ACT_H_SIGMOID) {
        first = trace_take(trace, "add_scalar");
        assert_int_equal(golden_int(first, "value"), 3);
        trace_take(trace, "relu6");
        if (node->act == AW_ACT_H_SWISH)
            trace_take(trace, "mul");
        trace_take(trace, "mul_scalar");
    } else {
        first = trace_take(trace, awh_act_name(node->act));
    }
    return first;
}

static const struct awh_yaml *take_conv(struct trace *trace, const struct awh_graph *graph,
                                        const struct awh_node *node)
{
    const struct awh_yaml *layer = trace_take(trace, "conv");
    const struct awh_conv *conv = &node->conv;
    check_pair(layer, "k", conv->kernel_h, conv->kernel_w);
    check_pair(layer, "stride", conv->stride_h, conv->stride_w);
    check_pair(layer, "pad", conv->pad_h, conv->pad_w);
    check_pair(layer, "dil", conv->dilation, conv->dilation);
    assert_int_equal(golden_int(layer, "groups"), conv->groups);
    assert_int_equal(golden_get(layer, "bias")->boolean, conv->bias);
    assert_int_equal(golden_int(layer, "macs"), awh_node_macs(graph, node));
    return layer;
}

static const struct awh_yaml *take_pool(struct trace *trace, const struct awh_node *node)
{
    bool max = node->op == AWH_NODE_MAX_POOL;
    const struct awh_yaml *layer = trace_take(trace, max ? "max_pool2d" : "avg_pool2d");
    const struct awh_pool *pool = &node->pool;
    check_pair(layer, "k", pool->kernel_h, pool->kernel_w);
    if (golden_get(layer, "stride")->list.count) /* none: that of the kernel */
        check_pair(layer, "stride", pool->stride_h, pool->stride_w);
    else
        check_pair(layer, "k", pool->stride_h, pool->stride_w);
    check_pair(layer, "pad", pool->pad_h, pool->pad_w);
    assert_false(golden_get(layer, "ceil")->boolean);
    if (!max)
        assert_int_equal(golden_get(layer, "count_include_pad")->boolean, pool->count_include_pad);
    return layer;
}

/* Ours goes over h and w at once. */
static const struct awh_yaml *take_slice(struct trace *trace, const struct awh_node *node)
{
    const struct awh_yaml *rows = trace_take(trace, "slice");
    const struct awh_yaml *columns = trace_take(trace, "slice");
    assert_int_equal(golden_int(rows, "dim"), 2);
    assert_int_equal(golden_int(columns, "dim"), 3);
    assert_int_equal(golden_int(rows, "start"), node->slice.offset_h);
    assert_int_equal(golden_int(columns, "start"), node->slice.offset_w);
    assert_int_equal(golden_int(rows, "step"), node->slice.stride_h);
    assert_int_equal(golden_int(columns, "step"), node->slice.stride_w);
    return rows;
}

/* x * 0, or zeros that read nothing. */
static const struct awh_yaml *take_zero(struct trace *trace)
{
    assert_true(trace->at < trace->layers->list.count);
    const struct awh_yaml *next = trace->layers->list.items[trace->at];
    if (awh_yaml_is_str(golden_get(next, "op"), "zeros"))
        return trace_take(trace, "zeros");
    double factor = 1;
    assert_int_equal(awh_yaml_real(golden_get(next, "value"), &factor, NULL), AW_OK);
    assert_true(factor == 0);
    return trace_take(trace, "mul_scalar");
}

static void check_node(struct trace *trace, const struct awh_graph *graph,
                       const struct awh_node *node)
{
    const struct awh_yaml *layer = NULL;
    switch (node->op) {
    case AWH_NODE_CONV:
        layer = take_conv(trace, graph, node);
        break;
    case AWH_NODE_BATCH_NORM:
        layer = trace_take(trace, "bn");
        break;
    case AWH_NODE_ACT:
        layer = take_act(trace, node);
        break;
    case AWH_NODE_GAP:
        layer = trace_take(trace, "mean");
        trace_take(trace, "mean");
        break;
    case AWH_NODE_ADD:
        layer = trace_take(trace, "add");
        break;
    case AWH_NODE_MUL:
        layer = trace_take(trace, "mul");
        break;
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        layer = take_pool(trace, node);
        break;
    case AWH_NODE_CONCAT:
        layer = trace_take(trace, "cat");
        break;
    case AWH_NODE_PAD:
        layer = trace_take(trace, "pad");
        break;
    case AWH_NODE_SLICE:
        layer = take_slice(trace, node);
        break;
    case AWH_NODE_ZERO:
        layer = take_zero(trace);
        break;
    }
    if (golden_get(layer, "src")->list.count)
        assert_int_equal(trace_source(trace, layer, 0), node->in0);
    if (node->in1 >= 0)
        assert_int_equal(trace_source(trace, layer, 1), node->in1);
    check_shape(golden_get(trace->layers->list.items[trace->at - 1], "out"),
                &graph->tensors[node->out]);
    trace->tensors[trace->at - 1] = node->out;
}

static void load_case(const char *type, const struct awh_yaml *row, struct awh_prim *prim_out)
{
    static const char *const names[] = {"activation", "expansion", "kernel_size", "reduction",
                                        "use_se"};
    struct awh_param params[sizeof names / sizeof *names];
    struct awh_value affine;
    struct awh_diag diag = {.err = AW_OK};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (awh_yaml_get(row, names[i])) {
            params[count].name = names[i];
            assert_int_equal(
                awh_value_from_yaml(awh_yaml_get(row, names[i]), &params[count++].value, NULL),
                AW_OK);
        }
    assert_int_equal(awh_value_from_yaml(golden_get(row, "affine"), &affine, NULL), AW_OK);
    if (awh_prim_make(type, (int32_t)golden_int(row, "size"), (int32_t)golden_int(row, "C"),
                      (int32_t)golden_int(row, "C_out"), (int32_t)golden_int(row, "stride"), affine,
                      params, count, prim_out, &diag))
        fail_msg("%s", diag.text);
}

static void check_case(const char *type, const struct awh_yaml *row)
{
    struct awh_prim prim;
    struct awh_graph graph;
    struct awh_diag diag = {.err = AW_OK};
    uint64_t macs = 0, params = 0;
    load_case(type, row, &prim);
    struct awh_net net = {.name = "0", .prims = &prim, .count = 1};
    enum aw_err err = awh_net_lower(&net, &graph, &diag);
    bool split = strncmp(type, "resnet_block_split", 18) == 0; /* aw_nas has a bug there */
    if (awh_yaml_get(row, "error")) {
        assert_int_equal(err < 0, !split);
        if (!err)
            awh_graph_release(&graph);
        return;
    }
    if (!strcmp(type, "inspect_block")) {
        assert_int_equal(err, AW_ERR_UNSUPPORTED);
        return;
    }
    if (err)
        fail_msg("%s", diag.text);
    check_shape(golden_get(row, "in_shape"), &graph.tensors[graph.input]);
    check_shape(golden_get(row, "out_shape"), &graph.tensors[graph.output]);
    struct trace trace = {.layers = golden_get(row, "layers")};
    assert_true(trace.layers->list.count <= sizeof trace.tensors / sizeof *trace.tensors);
    for (size_t i = 0; i < graph.node_count; i++) {
        check_node(&trace, &graph, &graph.nodes[i]);
        macs += awh_node_macs(&graph, &graph.nodes[i]);
        params += awh_node_params(&graph, &graph.nodes[i]);
    }
    assert_int_equal(trace.at, trace.layers->list.count);
    assert_int_equal(macs, golden_int(row, "macs"));
    assert_int_equal(params, golden_int(row, "params"));
    awh_graph_release(&graph);
}

static void test_graphs(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    struct awh_arena arena;
    size_t checked = 0;
    awh_arena_init(&arena);
    const struct awh_yaml *ops = golden_yaml(&arena, AWNAS_SHARED_DIR, "common", "ops_graph.json");
    for (size_t i = 0; i < ops->list.count; i++) {
        const char *type = ops->list.keys[i]->str.text;
        const struct awh_yaml *rows = ops->list.items[i];
        if (!strcmp(type, "None"))
            type = "null";
        for (size_t k = 0; k < rows->list.count; k++, checked++) {
            print_message("%s %zu\n", type, k);
            check_case(type, rows->list.items[k]);
        }
    }
    print_message("%zu graphs of %zu types, none skipped\n", checked, ops->list.count);
    assert_true(checked >= 5 * ops->list.count);
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_make_divisible),
        cmocka_unit_test(test_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

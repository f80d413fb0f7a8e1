/* Tables of primitives and the layers that they become, for the families' tests. */
#ifndef AWH_PRIMS_TESTING_H
#define AWH_PRIMS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"

struct prim_row {
    const char *type;
    int32_t size, c, c_out, stride;
    bool affine;
    /* Layers in order, see describe_layer; NULL: refused with `why`. */
    const char *layers;
    int32_t out_size, out_ch;
    const char *why;
};

static inline int describe_conv(const struct awh_conv *conv, char *text, size_t capacity)
{
    char kernel[32], groups[32] = "";
    if (conv->kernel_h == conv->kernel_w)
        snprintf(kernel, sizeof kernel, "k%ds%d", (int)conv->kernel_h, (int)conv->stride_h);
    else
        snprintf(kernel, sizeof kernel, "k%dx%ds%dx%d", (int)conv->kernel_h, (int)conv->kernel_w,
                 (int)conv->stride_h, (int)conv->stride_w);
    if (conv->groups > 1)
        snprintf(groups, sizeof groups, "g%d", (int)conv->groups);
    return snprintf(text, capacity, "c%d%s%s%s%s", (int)conv->out_ch, kernel, groups,
                    conv->dilation > 1 ? "d2" : "", conv->bias ? "+b" : "");
}

/* "c16k3s1g16d2+b" convolution of 16 channels, 16 groups, dilated by 2, with bias; "bn!" has scale
 * and shift; "avg2s2i" counts the padding. Tensor 0 is the input, tensor i what layer i - 1 makes;
 * "@2" after a layer: it reads tensor 2 and not the one before it; ops of two inputs always say
 * theirs. */
static inline void describe_layer(const struct awh_graph *graph, size_t i, char *text,
                                  size_t capacity)
{
    const struct awh_node *node = &graph->nodes[i];
    const struct awh_graph_tensor *out = &graph->tensors[node->out];
    int used = 0;
    switch (node->op) {
    case AWH_NODE_CONV:
        used = describe_conv(&node->conv, text, capacity);
        break;
    case AWH_NODE_BATCH_NORM:
        used = snprintf(text, capacity, "bn%s", node->affine ? "!" : "");
        break;
    case AWH_NODE_ACT:
        used = snprintf(text, capacity, "%s", awh_act_name(node->act));
        break;
    case AWH_NODE_GAP:
        used = snprintf(text, capacity, "gap");
        break;
    case AWH_NODE_ADD:
        used = snprintf(text, capacity, "add");
        break;
    case AWH_NODE_MUL:
        used = snprintf(text, capacity, "mul");
        break;
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        used = snprintf(text, capacity, "%s%ds%d%s", node->op == AWH_NODE_MAX_POOL ? "max" : "avg",
                        (int)node->pool.kernel_h, (int)node->pool.stride_h,
                        node->pool.count_include_pad ? "i" : "");
        break;
    case AWH_NODE_CONCAT:
        used = snprintf(text, capacity, "cat");
        break;
    case AWH_NODE_PAD:
        used = snprintf(text, capacity, "pad%d,%d", (int)node->pad.top, (int)node->pad.left);
        break;
    case AWH_NODE_SLICE:
        used = snprintf(text, capacity, "slice%ds%d", (int)node->slice.offset_h,
                        (int)node->slice.stride_h);
        break;
    case AWH_NODE_ZERO:
        used = snprintf(text, capacity, "zero%dx%dx%d", (int)out->h, (int)out->w, (int)out->c);
        break;
    }
    if (node->in1 >= 0)
        snprintf(text + used, capacity - (size_t)used, "@%d,%d", node->in0, node->in1);
    else if ((size_t)node->in0 != i)
        snprintf(text + used, capacity - (size_t)used, "@%d", node->in0);
}

static inline void describe_layers(const struct awh_graph *graph, char *text, size_t capacity)
{
    *text = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        size_t used = strlen(text);
        char layer[64];
        describe_layer(graph, i, layer, sizeof layer);
        snprintf(text + used, capacity - used, "%s%s", used ? " " : "", layer);
    }
}

/* Lowers `prim` by itself and compares; `row` says what it should be. */
static inline void check_prim(struct awh_prim *prim, const struct prim_row *row)
{
    struct awh_diag diag = {.err = AW_OK};
    struct awh_net net = {.name = "0", .prims = prim, .count = 1};
    struct awh_graph graph;
    char text[1024];
    enum aw_err err = awh_net_lower(&net, &graph, &diag);
    if (!row->layers) {
        assert_int_not_equal(err, AW_OK);
        if (!strstr(diag.text, row->why))
            fail_msg("message: %s", diag.text);
        return;
    }
    if (err)
        fail_msg("%s", diag.text);
    describe_layers(&graph, text, sizeof text);
    assert_string_equal(text, row->layers);
    assert_int_equal(graph.tensors[graph.output].h, row->out_size);
    assert_int_equal(graph.tensors[graph.output].w, row->out_size);
    assert_int_equal(graph.tensors[graph.output].c, row->out_ch);
    awh_graph_release(&graph);
}

static inline void check_prim_rows(const struct prim_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct prim_row *row = &rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim prim;
        print_message("row %s size %d, %d to %d, stride %d\n", row->type, (int)row->size,
                      (int)row->c, (int)row->c_out, (int)row->stride);
        if (awh_prim_make(row->type, row->size, row->c, row->c_out, row->stride,
                          (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = row->affine}, NULL,
                          0, &prim, &diag))
            fail_msg("%s", diag.text);
        check_prim(&prim, row);
    }
}

#define PRIM_ROWS_TEST(rows)                                                                       \
    static void test_rows(void **state)                                                            \
    {                                                                                              \
        (void)state;                                                                               \
        check_prim_rows(rows, sizeof(rows) / sizeof *(rows));                                      \
    }                                                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif

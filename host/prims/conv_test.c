#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "prims/types.h"

static const struct row {
    const char *name, *type;
    int32_t size, c, c_out, stride, out_size;
    uint64_t macs, params;
} rows[] = {
    {"stem", "conv_3x3", 300, 3, 16, 2, 150, 9720000, 3 * 16 * 9 + 16},
    {"odd size at stride 2 rounds up", "conv_3x3", 225, 3, 8, 2, 113, 113 * 113 * 8 * 27, 224},
    {"glue", "conv_1x1", 75, 16, 32, 2, 38, 38 * 38 * 16 * 32, 16 * 32 + 32},
    {"glue of stride 1", "conv_1x1", 10, 8, 8, 1, 10, 100 * 64, 72},
};

static void test_layers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_graph graph;
        struct awh_prim prim;
        int out;
        print_message("row %s\n", row->name);
        assert_int_equal(awh_prim_make(row->type, row->size, row->c, row->c_out, row->stride,
                                       (struct awh_value){.kind = AWH_VALUE_NULL}, NULL, 0, &prim,
                                       &diag),
                         AW_OK);
        assert_int_equal(awh_graph_init(&graph, "0", row->size, row->size, row->c, &diag), AW_OK);
        assert_int_equal(prim.type->lower(&graph, &prim, graph.input, &out, &diag), AW_OK);
        assert_int_equal(graph.node_count, 1);
        assert_string_equal(graph.nodes[0].name, "0_conv_1");
        assert_true(graph.nodes[0].conv.bias);
        assert_int_equal(graph.tensors[out].h, row->out_size);
        assert_int_equal(graph.tensors[out].w, row->out_size);
        assert_int_equal(graph.tensors[out].c, row->c_out);
        assert_int_equal(awh_node_macs(&graph, &graph.nodes[0]), row->macs);
        assert_int_equal(awh_node_params(&graph, &graph.nodes[0]), row->params);
        awh_graph_release(&graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

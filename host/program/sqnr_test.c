#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program/arena.h"
#include "program/emit.h"
#include "program/fold.h"
#include "program/quantise.h"
#include "program/sqnr.h"

static struct awh_arena arena;
static struct awh_diag diag;

static void must(enum aw_err err)
{
    if (err)
        fail_msg("%s", diag.text);
}

static struct awh_net net_of(const char *text)
{
    struct awh_yaml *list;
    struct awh_net net = {.name = "0"};
    must(awh_yaml_load(&arena, "net", text, strlen(text), &list, &diag));
    net.prims = awh_arena_array(&arena, list->list.count, sizeof *net.prims);
    assert_non_null(net.prims);
    for (; net.count < list->list.count; net.count++)
        must(awh_prim_from_yaml(list->list.items[net.count], &net.prims[net.count], &diag));
    return net;
}

/* Nothing is rounded: the position of the input is kept. */
static void test_exact(void **state)
{
    (void)state;
    struct awh_net net = net_of("- {prim_type: max_pool_3x3, spatial_size: 6, C: 16, C_out: 16, "
                                "stride: 1, affine: true}\n");
    struct awh_sqnr sqnr;
    must(awh_sqnr_net(&arena, &net, 1, 20, &sqnr, &diag));
    assert_int_equal(sqnr.layer_count, 1);
    assert_string_equal(sqnr.layers[0].name, "0_max_pool_1");
    assert_true(isinf(sqnr.layers[0].db) && sqnr.layers[0].signal > 0);
    assert_int_equal(sqnr.inputs, 20);
    assert_int_equal(sqnr.agreed, 20);
    assert_in_range(sqnr.classes, 5, 16);
}

#define BLOCK(size, c, c_out, stride, expansion, kernel, act, se)                                  \
    "- {prim_type: mobilenet_v3_block, spatial_size: " #size ", C: " #c ", C_out: " #c_out         \
    ", stride: " #stride ", affine: true, expansion: " #expansion ", kernel_size: " #kernel        \
    ", activation: " #act ", use_se: " #se "}\n"

/* The last net that genprof makes of examples/ofa_128.yaml. Of nets with random weights many put
 * all inputs into one class, which proves little; this one does not. */
static const char stock[] =
    "- {prim_type: conv_3x3, spatial_size: 128, C: 3, C_out: 40, stride: 2, affine: true}\n"
    "- {prim_type: conv_1x1, spatial_size: 64, C: 40, C_out: 40, stride: 2, affine: true}\n"
    "- {prim_type: conv_1x1, spatial_size: 32, C: 40, C_out: 40, stride: 2, affine: true}\n" BLOCK(
        16, 40, 80, 2, 6, 5, h_swish, true);

/* All stages of a mobilenet v3, on small images. */
static const char deep[] =
    "- {prim_type: conv_3x3, spatial_size: 64, C: 3, C_out: 16, stride: 2, affine: true}\n" BLOCK(
        32, 16, 16, 1, 4, 3, relu6, false) BLOCK(32, 16, 24, 2, 4, 5, relu6, false)
        BLOCK(16, 24, 24, 1, 4, 3, relu6, false) BLOCK(16, 24, 40, 2, 4, 7, relu6, true)
            BLOCK(8, 40, 80, 2, 4, 5, h_swish, true) BLOCK(4, 80, 80, 1, 4, 3, h_swish, true);

static void test_stock_net(void **state)
{
    (void)state;
    struct awh_net net = net_of(stock);
    struct awh_sqnr sqnr;
    must(awh_sqnr_net(&arena, &net, 1, 200, &sqnr, &diag));
    print_message("%u of %u inputs agree, %u classes\n", sqnr.agreed, sqnr.inputs, sqnr.classes);
    assert_int_equal(sqnr.inputs, 200);
    assert_true(sqnr.agreed >= 190);
    assert_true(sqnr.classes > 1);
}

static void test_every_layer_is_close(void **state)
{
    (void)state;
    struct awh_net net = net_of(deep);
    struct awh_sqnr sqnr;
    must(awh_sqnr_net(&arena, &net, 1, 5, &sqnr, &diag));
    for (size_t i = 0; i < sqnr.layer_count; i++)
        if (sqnr.layers[i].db < 18)
            fail_msg("layer %s: %.1f dB", sqnr.layers[i].name, sqnr.layers[i].db);
    /* Rounding of one layer alone: the first has nearly 7 good bits. */
    assert_true(sqnr.layers[0].db > 36 && sqnr.layers[0].db < 44);
}

/* Three bits less in one layer show there, and behind it. */
static void test_a_wrong_position_shows(void **state)
{
    (void)state;
    struct awh_net net = net_of(deep);
    struct awh_graph graph;
    struct awh_quantised quantised;
    struct awh_placement placement;
    struct awh_compiled compiled;
    struct aw_program program;
    struct awh_sqnr good, bad;
    enum { AT = 5 };
    must(awh_sqnr_net(&arena, &net, 1, 3, &good, &diag));
    must(awh_net_lower(&net, &graph, &diag));
    must(awh_fold(&graph, &diag));
    must(awh_quantise(&arena, &graph, 1, NULL, &quantised, &diag));
    assert_int_equal(quantised.layers[AT].act, AW_ACT_RELU6);
    quantised.layers[AT].mid_pos = (int8_t)(quantised.layers[AT].mid_pos - 3);
    quantised.tensors[quantised.layers[AT].out].pos = quantised.layers[AT].mid_pos;
    must(awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                         quantised.layer_count, quantised.output, &placement, &diag));
    must(awh_emit(&arena, &net, &graph, &quantised, NULL, &compiled, &diag));
    assert_int_equal(
        aw_program_open(compiled.program, compiled.program_bytes, NULL, &program, NULL), AW_OK);
    must(awh_sqnr_run(&arena, &graph, &program, 2, 3, &bad, &diag));
    assert_true(bad.layers[AT - 1].db == good.layers[AT - 1].db);
    assert_true(bad.layers[AT].db < good.layers[AT].db - 10);
    assert_true(bad.layers[AT + 1].db < good.layers[AT + 1].db);
    graph.node_count--;
    assert_int_equal(awh_sqnr_run(&arena, &graph, &program, 2, 3, &bad, &diag), AW_ERR_ARG);
    awh_graph_release(&graph);
}

static int start(void **state)
{
    (void)state;
    diag = (struct awh_diag){0};
    awh_arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    awh_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exact, start, stop),
        cmocka_unit_test_setup_teardown(test_stock_net, start, stop),
        cmocka_unit_test_setup_teardown(test_every_layer_is_close, start, stop),
        cmocka_unit_test_setup_teardown(test_a_wrong_position_shows, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

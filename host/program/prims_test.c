/* Every primitive type, compiled in a small net, runs on the reference with the outputs that
 * calibration saw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "program/arena.h"
#include "program/embed.h"
#include "program/emit.h"
#include "program/fold.h"
#include "program/reference.h"

static const struct shape {
    int32_t size, c, c_out, stride;
} shapes[] = {{6, 8, 8, 1},    {9, 8, 16, 2}, {8, 8, 16, 2}, {7, 16, 24, 1},
              {12, 16, 24, 3}, {5, 1, 2, 2},  {5, 1, 1, 1},  {13, 70, 140, 2}};
#define SHAPE_COUNT (sizeof(shapes) / sizeof(shapes[0]))

static const struct awh_value affine_true = {.kind = AWH_VALUE_BOOL, .boolean = true};

/* Types without a default get these. */
static const struct awh_param usual[] = {
    {"activation", {.kind = AWH_VALUE_STR, .text = "h_swish"}},
    {"expansion", {.kind = AWH_VALUE_INT, .integer = 3}},
    {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 5}},
    {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
};

static unsigned take_params(const struct awh_prim_type *type, struct awh_param *params)
{
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
            if (strcmp(spec->name, usual[i].name) == 0)
                params[count++] = usual[i];
    return count;
}

static void make(const char *type, int32_t size, int32_t c, int32_t c_out, int32_t stride,
                 struct awh_prim *prim)
{
    struct awh_param params[AWH_PRIM_PARAMS_MAX];
    unsigned count = take_params(awh_prim_type_find(type), params);
    struct awh_diag diag = {0};
    if (awh_prim_make(type, size, c, c_out, stride, affine_true, params, count, prim, &diag))
        fail_msg("%s", diag.text);
}

static void must(enum aw_err err, const struct awh_prim *prim, const struct awh_diag *diag)
{
    char text[256];
    awh_prim_format(prim, text, sizeof(text));
    if (err)
        fail_msg("%s: %s", text, diag->text);
}

static void check_attribution(const struct awh_compiled *compiled, const struct awh_prim *prim)
{
    const struct awh_diag none = {.text = "a layer is in no primitive, or in two"};
    size_t named = 0;
    for (size_t p = 0; p < compiled->prim_count; p++)
        named += compiled->prims[p].count;
    must(named == compiled->layers.count ? AW_OK : AW_ERR_INTERNAL, prim, &none);
}

static void check_outputs(const struct awh_quantised *quantised, const struct aw_packing *packing,
                          const struct awh_compiled *compiled, const struct awh_prim *prim)
{
    const struct aw_program_limits limits = {.packing = packing};
    struct aw_program program;
    struct aw_program_fault fault = {.what = "?"};
    uint32_t crcs[AW_PROGRAM_MAX_LAYERS];
    struct awh_diag diag = {0};
    enum aw_err err =
        aw_program_open(compiled->program, compiled->program_bytes, &limits, &program, &fault);
    awh_fail(&diag, err, "%s", fault.what);
    must(err, prim, &diag);
    diag = (struct awh_diag){0};
    must(awh_reference_run(&program, crcs, &diag), prim, &diag);
    for (uint16_t i = 0; i < program.layer_count; i++)
        if (crcs[i] != quantised->calibration[i].crc)
            fail_msg("%s: layer %s differs", prim->type->name, compiled->layers.items[i].key);
}

/* What the seeded program computes, with the weights in one order after the other. */
static void check_embedded(struct awh_arena *arena, const struct awh_net *net,
                           const struct awh_graph *graph, struct awh_quantised *quantised,
                           const struct awh_prim *prim)
{
    static uint8_t turn;
    const struct aw_packing *packing = aw_packing_find(turn++ % AW_PACKING_END);
    struct awh_compiled compiled;
    struct awh_diag diag = {0};
    must(awh_embed_seeded(arena, quantised, &diag), prim, &diag);
    must(awh_emit(arena, net, graph, quantised, packing, &compiled, &diag), prim, &diag);
    assert_int_equal(compiled.program[6], AW_WEIGHTS_EMBEDDED);
    assert_int_equal(compiled.program[7], packing ? packing->id : 0);
    assert_int_equal(compiled.program_bytes, compiled.layers.program_bytes);
    check_outputs(quantised, packing, &compiled, prim);
}

static void compile(struct awh_graph *graph, const struct awh_net *net, const struct awh_prim *prim)
{
    struct awh_arena arena;
    struct awh_quantised quantised;
    struct awh_placement placement;
    struct awh_compiled compiled;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    must(awh_fold(graph, &diag), prim, &diag);
    must(awh_quantise(&arena, graph, 1, NULL, &quantised, &diag), prim, &diag);
    must(awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                         quantised.layer_count, quantised.output, &placement, &diag),
         prim, &diag);
    must(awh_emit(&arena, net, graph, &quantised, NULL, &compiled, &diag), prim, &diag);
    check_attribution(&compiled, prim);
    check_outputs(&quantised, NULL, &compiled, prim);
    check_embedded(&arena, net, graph, &quantised, prim);
    awh_arena_release(&arena);
}

/* The primitive between two convolutions, or last. False when it does not fit the shape. */
static bool try_shape(const struct awh_prim_type *type, const struct shape *shape, bool last)
{
    struct awh_prim prims[3];
    struct awh_net net = {.name = "0", .prims = prims, .count = 2};
    struct awh_graph graph;
    struct awh_diag diag = {0};
    make(type->name, shape->size, shape->c, shape->c_out, shape->stride, &prims[1]);
    make("conv_1x1", shape->size, 3, awh_prim_input_ch(&prims[1]), 1, &prims[0]);
    enum aw_err err = awh_net_lower(&net, &graph, &diag);
    if (err) {
        assert_true(err == AW_ERR_RANGE || err == AW_ERR_UNSUPPORTED);
        assert_non_null(strstr(diag.text, type->name));
        return false;
    }
    if (!last) {
        int32_t c = graph.tensors[graph.output].c;
        awh_graph_release(&graph);
        make("conv_1x1", shape->size, c, 4, 1, &prims[2]);
        net.count = 3;
        must(awh_net_lower(&net, &graph, &diag), &prims[1], &diag);
    }
    compile(&graph, &net, &prims[1]);
    awh_graph_release(&graph);
    return true;
}

static void test_all_types(void **state)
{
    (void)state;
    size_t programs = 0;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        size_t fitting = 0;
        for (size_t i = 0; i < SHAPE_COUNT; i++)
            for (int last = 0; last < 2; last++)
                fitting += try_shape(*type, &shapes[i], last);
        print_message("%s: %zu programs\n", (*type)->name, fitting);
        if (strcmp((*type)->name, "inspect_block") == 0)
            assert_int_equal(fitting, 0);
        else
            assert_true(fitting >= 4);
        programs += fitting;
    }
    print_message("%zu programs\n", programs);
    assert_true(programs > 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/path.h"
#include "program/arena.h"
#include "program/emit.h"
#include "program/fold.h"
#include "program/reference.h"

#define BLOCKS 20

static struct awh_arena arena;
static struct awh_net net;
static struct awh_graph graph;
static struct awh_quantised quantised;
static struct awh_placement placement;
static struct awh_compiled compiled;

static void must(enum aw_err err, const struct awh_diag *diag)
{
    if (err)
        fail_msg("%s", diag->text);
}

static struct awh_prim block(int32_t size, int32_t c, int32_t c_out, int32_t stride,
                             const char *activation, int64_t kernel)
{
    const struct awh_param params[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = activation}},
        {"expansion", {.kind = AWH_VALUE_INT, .integer = 4}},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = kernel}},
        {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
    };
    const struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_prim prim;
    struct awh_diag diag = {0};
    must(awh_prim_make("mobilenet_v3_block", size, c, c_out, stride, affine, params, 4, &prim,
                       &diag),
         &diag);
    return prim;
}

/* A stem and 20 blocks of a mobilenet v3 with squeeze and excite: as many as the largest stock net.
 */
static void make_net(void)
{
    const struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_diag diag = {0};
    int32_t size = 16, c = 16;
    net = (struct awh_net){.name = "7", .count = BLOCKS + 1};
    net.prims = awh_arena_array(&arena, net.count, sizeof(*net.prims));
    assert_non_null(net.prims);
    must(awh_prim_make("conv_3x3", 32, 3, c, 2, affine, NULL, 0, &net.prims[0], &diag), &diag);
    for (int i = 0; i < BLOCKS; i++) {
        bool reduce = i % 6 == 5;
        net.prims[i + 1] = block(size, c, reduce ? c + 8 : c, reduce ? 2 : 1,
                                 i % 2 ? "h_swish" : "relu6", 3 + i % 3 * 2);
        c = net.prims[i + 1].c_out;
        size = reduce ? (size + 1) / 2 : size;
    }
}

static int set_up(void **state)
{
    (void)state;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    make_net();
    must(awh_net_lower(&net, &graph, &diag), &diag);
    must(awh_fold(&graph, &diag), &diag);
    must(awh_quantise(&arena, &graph, 5, NULL, &quantised, &diag), &diag);
    must(awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                         quantised.layer_count, quantised.output, &placement, &diag),
         &diag);
    must(awh_emit(&arena, &net, &graph, &quantised, NULL, &compiled, &diag), &diag);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    awh_graph_release(&graph);
    awh_arena_release(&arena);
    return 0;
}

static void open_program(struct aw_program *program)
{
    struct aw_program_fault fault;
    if (aw_program_open(compiled.program, compiled.program_bytes, NULL, program, &fault))
        fail_msg("%s (%d)", fault.what, fault.index);
}

static void test_size(void **state)
{
    (void)state;
    struct aw_program program;
    open_program(&program);
    assert_int_equal(program.layer_count, 1 + BLOCKS * 7 + 17); /* 17 shortcuts */
    assert_true(compiled.program_bytes <= 16 * 1024);
    assert_int_equal(program.weights_mode, AW_WEIGHTS_SEEDED);
    assert_int_equal(program.arena_bytes, placement.arena_bytes);
    assert_true(placement.arena_bytes <= placement.bound_bytes + placement.bound_bytes / 4);
    assert_int_equal(program.input_seed, 5);
}

/* The layers of a block, in order; names are those of the convolutions and ops before folding. */
static void test_layers(void **state)
{
    (void)state;
    static const struct {
        const char *op, *act;
    } rows[] = {{"conv2d", "relu6"}, {"dwconv2d", "relu6"},   {"gap", "none"},
                {"conv2d", "relu"},  {"conv2d", "h_sigmoid"}, {"mul", "none"},
                {"conv2d", "none"},  {"add", "none"}};
    const struct awh_layers *layers = &compiled.layers;
    assert_string_equal(layers->net, "7");
    assert_string_equal(layers->items[0].name, "7_conv_1");
    assert_string_equal(layers->items[0].key, "conv2d/h32w32c3/o16/k3s2p1/none");
    assert_int_equal(layers->items[0].primitive, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct awh_layer_info *layer = &layers->items[1 + i];
        assert_string_equal(aw_op_find(layer->op)->name, rows[i].op);
        assert_string_equal(aw_act_name((uint8_t)layer->act), rows[i].act);
        assert_int_equal(layer->primitive, 1);
    }
    /* 16 x 16 x 16 in, 64 out, 16 * 64 weights and 64 biases. */
    assert_int_equal(layers->items[1].bytes, 16 * 16 * (16 + 64) + 16 * 64 + 4 * 64);
    assert_int_equal(layers->items[1].macs, 16 * 16 * 16 * 64);
    uint64_t macs = 0;
    for (size_t i = 0; i < graph.node_count; i++)
        macs += awh_node_macs(&graph, &graph.nodes[i]);
    assert_int_equal(layers->macs, macs);
}

static void test_reference_gives_what_calibration_saw(void **state)
{
    (void)state;
    struct aw_program program;
    uint32_t crcs[AW_PROGRAM_MAX_LAYERS];
    struct awh_diag diag = {0};
    open_program(&program);
    must(awh_reference_run(&program, crcs, &diag), &diag);
    for (uint16_t i = 0; i < program.layer_count; i++) {
        if (crcs[i] != quantised.calibration[i].crc)
            fail_msg("layer %u (%s)", i, compiled.layers.items[i].key);
        for (uint16_t k = 0; k < i; k++) /* no constant outputs */
            if (crcs[i] == crcs[k])
                fail_msg("layers %u and %u give equal outputs", k, i);
    }
}

static void save(const struct awh_yaml *root, const char *directory, const char *name)
{
    struct awh_diag diag = {0};
    assert_non_null(root);
    must(awh_yaml_save(root, awh_path_join(&arena, directory, name), &diag), &diag);
}

static char *scratch(const char *name)
{
    struct awh_diag diag = {0};
    char *path = awh_arena_printf(&arena, "%s/emit_test.%s", AWNAS_BINARY_DIR, name);
    assert_non_null(path);
    must(awh_dir_make(path, &diag), &diag);
    return path;
}

static void test_documents_load_back(void **state)
{
    (void)state;
    char *directory = scratch("documents");
    struct awh_diag diag = {0};
    struct awh_net_layers loaded;
    save(awh_layers_to_yaml(&arena, &compiled.layers), directory, "7.layers.yaml");
    save(awh_prim_names_to_yaml(&arena, compiled.prims, compiled.prim_count), directory,
         "prim2names.yaml");
    must(awh_net_layers_load(&arena, directory, "7", &loaded, &diag), &diag);

    const struct awh_layers *a = &compiled.layers, *b = &loaded.layers;
    assert_string_equal(a->net, b->net);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->macs, b->macs);
    assert_int_equal(a->arena_bytes, b->arena_bytes);
    assert_int_equal(a->weight_bytes, b->weight_bytes);
    assert_int_equal(a->program_bytes, b->program_bytes);
    assert_int_equal(a->program_crc32, b->program_crc32);
    assert_int_equal(a->input_seed, b->input_seed);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->items[i].name, b->items[i].name);
        assert_string_equal(a->items[i].key, b->items[i].key);
        assert_int_equal(a->items[i].op, b->items[i].op);
        assert_int_equal(a->items[i].act, b->items[i].act);
        assert_int_equal(a->items[i].primitive, b->items[i].primitive);
        assert_int_equal(a->items[i].macs, b->items[i].macs);
        assert_int_equal(a->items[i].bytes, b->items[i].bytes);
    }
    assert_int_equal(loaded.prim_count, net.count);
    for (size_t p = 0; p < net.count; p++) {
        assert_int_equal(awh_prim_compare(&loaded.prims[p].prim, &net.prims[p]), 0);
        assert_int_equal(loaded.prims[p].count, compiled.prims[p].count);
        for (size_t i = 0; i < loaded.prims[p].count; i++)
            assert_string_equal(loaded.prims[p].names[i], compiled.prims[p].names[i]);
    }

    struct aw_program program;
    open_program(&program);
    must(awh_layers_check_program(b, &program, "7.awp", &diag), &diag);
    program.crc ^= 1;
    assert_int_equal(awh_layers_check_program(b, &program, "7.awp", &diag), AW_ERR_MISMATCH);
    must(awh_dir_remove(directory, &diag), &diag);
}

/* Replaces the first `from` in a file's text. */
static void damage(const char *path, const char *from, const char *to)
{
    struct awh_diag diag = {0};
    char *text;
    size_t size;
    must(awh_file_read(&arena, path, 1 << 20, &text, &size, &diag), &diag);
    char *at = strstr(text, from);
    if (!at)
        fail_msg("no '%s' in %s", from, path);
    char *all = awh_arena_printf(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_non_null(all);
    must(awh_file_write(path, all, strlen(all), &diag), &diag);
}

static void test_damaged_documents(void **state)
{
    (void)state;
    static const struct {
        const char *file, *from, *to, *says;
    } rows[] = {
        {"7.layers.yaml", "op: conv2d", "op: conv9d", "layers[0].op: 'conv9d' is no layer op"},
        {"7.layers.yaml", "act: relu6", "act: relu7", "layers[1].act: 'relu7' is no activation"},
        {"7.layers.yaml", "index: 3", "index: 4", "layers[3].index: expected 3"},
        {"7.layers.yaml", "primitive: 3", "primitive: 4", "expected 3 as in"},
        {"7.layers.yaml", "primitive: 0", "primitive: -1", "layers[0].primitive"},
        {"7.layers.yaml", "name: 7_conv_2", "name: 7_conv_1",
         "two layers have the name '7_conv_1'"},
        {"7.layers.yaml", "name: 7_conv_2", "name: 7_conv_x", "'7_conv_x' is in no primitive"},
        {"7.layers.yaml", "\nmacs: ", "\nmacs: 1", "the sum of the layers"},
        {"7.layers.yaml", "'0x", "'1x", "expected a checksum"},
        {"7.layers.yaml", "program_crc32: '0x", "program_crc32: '0x0", "expected a checksum"},
        {"7.layers.yaml", "weight_bytes", "weight_byte", "weight_bytes"},
        {"7.layers.yaml", "layers:", "layers: 3\nx:", "layers"},
        {"prim2names.yaml", "- 7_conv_1\n", "- 7_conv_1\n  - 7_conv_9999\n", "layer names, but"},
        {"prim2names.yaml", "- 7_conv_1\n", "- 7_conv_2\n", "two layers have the name '7_conv_2'"},
        {"prim2names.yaml", "- 7_conv_1\n", "- {a: 1}\n", "[0].names[0]"},
        {"prim2names.yaml", "prim_type: conv_3x3", "prim_type: conv_9x9", "conv_9x9"},
        {"prim2names.yaml", "- names:", "- nomes:", "names"},
    };
    char *directory = scratch("damaged");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_diag diag = {0};
        struct awh_net_layers loaded;
        save(awh_layers_to_yaml(&arena, &compiled.layers), directory, "7.layers.yaml");
        save(awh_prim_names_to_yaml(&arena, compiled.prims, compiled.prim_count), directory,
             "prim2names.yaml");
        damage(awh_path_join(&arena, directory, rows[i].file), rows[i].from, rows[i].to);
        if (!awh_net_layers_load(&arena, directory, "7", &loaded, &diag))
            fail_msg("row %zu: '%s' for '%s' loads", i, rows[i].to, rows[i].from);
        if (!strstr(diag.text, rows[i].says) || !strstr(diag.text, rows[i].file))
            fail_msg("row %zu: %s", i, diag.text);
    }
    struct awh_diag diag = {0};
    must(awh_dir_remove(directory, &diag), &diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_reference_gives_what_calibration_saw),
        cmocka_unit_test(test_documents_load_back),
        cmocka_unit_test(test_damaged_documents),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

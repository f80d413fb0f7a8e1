/* The public tools agree with our float reference: check_models.py loads a model of every primitive
 * with OpenCV and python3-onnx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compilers/compiler.h"
#include "compilers/onnx/export.h"
#include "net/net.h"
#include "program/float_reference.h"
#include "program/fold.h"
#include "program/layers.h"

#define SEED 3

static struct awh_arena arena;
static char root[512]; /* models, inputs and outputs; made anew */

static void must(enum aw_err err, const struct awh_diag *diag)
{
    if (err)
        fail_msg("%s", diag->text);
}

/* Thousands of files that nobody keeps: without awh_file_write's fsync. */
static void write_file(const char *name, const char *suffix, const void *bytes, size_t size)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s%s", root, name, suffix);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Tensors of ONNX are channels first. */
static void write_tensor(const char *name, const char *suffix, const struct awh_graph_tensor *shape,
                         const float *values)
{
    size_t channels = (size_t)shape->c, pixels = (size_t)shape->h * (size_t)shape->w;
    float *turned = malloc(channels * pixels * sizeof *turned);
    assert_non_null(turned);
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c++)
            turned[c * pixels + p] = values[p * channels + c];
    write_file(name, suffix, turned, channels * pixels * sizeof *turned);
    free(turned);
}

/* Writes NAME.onnx, and what goes in and must come out of it. */
static void write_case(const char *name, const struct awh_graph *graph,
                       const struct awh_float_weights *weights,
                       const struct awh_onnx_scales *scales, int opset, bool clip)
{
    struct awh_diag diag = {0};
    struct awh_onnx_model model;
    struct awh_str file;
    awh_str_init(&file);
    awh_onnx_init(&model, &arena, opset);
    model.clip = clip;
    must(awh_onnx_export(&model, graph, weights, scales, &file, &diag), &diag);
    write_file(name, ".onnx", file.text, file.size);
    awh_onnx_release(&model);
    awh_str_release(&file);

    size_t in_count = awh_float_count(graph, graph->input);
    size_t out_count = awh_float_count(graph, graph->output);
    float *input = awh_arena_array(&arena, in_count, sizeof *input);
    float *output = awh_arena_array(&arena, out_count, sizeof *output);
    assert_true(input && output);
    must(awh_float_input(SEED, in_count, input, &diag), &diag);
    must(awh_float_run(graph, weights, input, NULL, output, &diag), &diag);
    write_tensor(name, ".input", &graph->tensors[graph->input], input);
    write_tensor(name, ".output", &graph->tensors[graph->output], output);
}

/* As float in several opsets, with Clip, folded, and in int8. False: this primitive cannot be
 * lowered so. */
static bool write_net(const char *name, const struct awh_net *net, bool all_opsets)
{
    struct awh_diag diag = {0};
    struct awh_graph graph, folded;
    struct awh_float_weights weights, folded_weights;
    struct awh_onnx_scales scales;
    char text[256];
    if (awh_net_lower(net, &graph, &diag))
        return false;
    must(awh_float_weights_make(&arena, &graph, SEED, &weights, &diag), &diag);
    must(awh_float_weights_settle(&graph, SEED, &weights, &diag), &diag);
    for (int opset = AWH_ONNX_OPSET_MIN; opset <= AWH_ONNX_OPSET_MAX; opset += all_opsets ? 1 : 4) {
        snprintf(text, sizeof text, "%s.opset%d", name, opset);
        write_case(text, &graph, &weights, NULL, opset, false);
    }
    snprintf(text, sizeof text, "%s.clip", name);
    write_case(text, &graph, &weights, NULL, 13, true);
    must(awh_net_lower(net, &folded, &diag), &diag);
    must(awh_fold(&folded, &diag), &diag);
    must(awh_float_weights_fold(&arena, &graph, &weights, &folded, &folded_weights, &diag), &diag);
    snprintf(text, sizeof text, "%s.folded", name);
    write_case(text, &folded, &folded_weights, NULL, 13, false);
    must(awh_onnx_calibrate(&arena, &folded, &folded_weights, SEED, 2, &scales, &diag), &diag);
    snprintf(text, sizeof text, "%s.int8", name);
    write_case(text, &folded, &folded_weights, &scales, 13, true);
    awh_graph_release(&folded);
    awh_graph_release(&graph);
    return true;
}

/* -- Every primitive of the registry ---------------------------------------------------------- */

/* Value number `variant` of a parameter. */
static struct awh_value value_of(const char *name, unsigned variant)
{
    static const char *const acts[] = {"relu6", "h_swish", "relu", "tanh", "sigmoid", "h_sigmoid"};
    static const double expansions[] = {4, 1, 1.5, 3};
    struct awh_value value = {.kind = AWH_VALUE_INT};
    if (strcmp(name, "activation") == 0)
        value = (struct awh_value){.kind = AWH_VALUE_STR, .text = acts[variant % 6]};
    else if (strcmp(name, "expansion") == 0)
        value = (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = expansions[variant % 4]};
    else if (strcmp(name, "kernel_size") == 0)
        value.integer = 3 + 2 * (variant % 3);
    else if (strcmp(name, "use_se") == 0)
        value = (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = variant % 2 == 1};
    else if (strcmp(name, "reduction") == 0)
        value.integer = 2 + variant % 3;
    else
        fail_msg("no values for the parameter %s", name);
    return value;
}

static const struct shape {
    int32_t size, c, c_out, stride;
} shapes[] = {
    {8, 16, 16, 1}, {8, 16, 32, 2}, {9, 16, 24, 1}, {9, 16, 16, 2},
    {8, 16, 8, 1},  {9, 16, 48, 3}, {32, 3, 16, 2}, {16, 16, 32, 4},
};

static bool make_prim(const struct awh_prim_type *type, const struct shape *shape, unsigned variant,
                      struct awh_prim *prim)
{
    struct awh_param given[AWH_PRIM_PARAMS_MAX];
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        given[count++] = (struct awh_param){spec->name, value_of(spec->name, variant)};
    struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = variant % 3 != 2};
    struct awh_diag diag = {0};
    must(awh_prim_make(type->name, shape->size, shape->c, shape->c_out, shape->stride, affine,
                       given, count, prim, &diag),
         &diag);
    return true;
}

static void test_primitives(void **state)
{
    (void)state;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        unsigned made = 0, variant = 0;
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            struct awh_prim prim;
            char name[128];
            for (unsigned v = 0; v < ((*type)->params[0].name ? 3u : 1u); v++) {
                make_prim(*type, &shapes[s], variant++, &prim);
                struct awh_net net = {.name = "p", .prims = &prim, .count = 1};
                snprintf(name, sizeof name, "prim-%s-%zu-%u", (*type)->name, s, v);
                made += write_net(name, &net, s < 2);
            }
        }
        /* It runs another branch each time, drawn at random. */
        if (made == 0 && strcmp((*type)->name, "inspect_block") != 0)
            fail_msg("%s was lowered with none of the shapes", (*type)->name);
    }
}

static struct awh_prim prim_of(const char *text)
{
    struct awh_diag diag = {0};
    struct awh_yaml *map;
    struct awh_prim prim;
    must(awh_yaml_load(&arena, "net", text, strlen(text), &map, &diag), &diag);
    must(awh_prim_from_yaml(map, &prim, &diag), &diag);
    return prim;
}

/* A stock net in small: stem, blocks of both halves of a mobilenet v3, glue. */
static void test_net(void **state)
{
    (void)state;
#define BLOCK(size, c, c_out, stride, kernel, act, se)                                             \
    "{prim_type: mobilenet_v3_block, spatial_size: " #size ", C: " #c ", C_out: " #c_out           \
    ", stride: " #stride ", affine: true, expansion: 4, kernel_size: " #kernel                     \
    ", activation: " #act ", use_se: " #se "}"
    static const char *const rows[] = {
        "{prim_type: conv_3x3, spatial_size: 48, C: 3, C_out: 16, stride: 2, affine: true}",
        BLOCK(24, 16, 16, 1, 3, relu6, false),
        BLOCK(24, 16, 24, 2, 5, relu6, false),
        BLOCK(12, 24, 24, 1, 7, relu6, true),
        "{prim_type: conv_1x1, spatial_size: 12, C: 24, C_out: 32, stride: 2, affine: true}",
        BLOCK(6, 32, 32, 1, 3, h_swish, false),
        BLOCK(6, 32, 64, 1, 5, h_swish, true),
        BLOCK(6, 64, 96, 2, 7, h_swish, true),
        BLOCK(3, 96, 96, 1, 3, h_swish, true),
        "{prim_type: conv_1x1, spatial_size: 3, C: 96, C_out: 40, stride: 1, affine: true}",
    };
    struct awh_prim prims[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        prims[i] = prim_of(rows[i]);
    struct awh_net net = {.name = "s", .prims = prims, .count = sizeof rows / sizeof *rows};
    assert_true(write_net("net", &net, true));
}

/* Nets of the command line, as tests/system/stock_nets_test.sh has them. */
static char **net_paths;

static void test_given_nets(void **state)
{
    (void)state;
    for (char **path = net_paths; *path; path++) {
        struct awh_diag diag = {0};
        struct awh_net net;
        char name[80];
        must(awh_net_load(&arena, *path, &net, &diag), &diag);
        snprintf(name, sizeof name, "net-%s", net.name);
        assert_true(write_net(name, &net, false));
    }
}

static void test_public_tools_agree(void **state)
{
    (void)state;
    char command[1600];
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' '%s'",
             AWNAS_SOURCE_DIR "/host/compilers/onnx/check_models.py", root);
    fflush(stdout);
    assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
    (void)state;
    struct awh_diag diag = {0};
    snprintf(root, sizeof root, "%s/onnx_test.models", AWNAS_BINARY_DIR);
    awh_arena_init(&arena);
    enum aw_err err = awh_path_exists(root) ? awh_dir_remove(root, &diag) : AW_OK;
    if (!err)
        err = awh_dir_make(root, &diag);
    if (err)
        print_error("%s\n", diag.text);
    return err ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    awh_arena_release(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest given[] = {
        cmocka_unit_test(test_given_nets),
        cmocka_unit_test(test_public_tools_agree),
    };
    net_paths = argv + 1;
    if (argc > 1)
        return cmocka_run_group_tests(given, set_up, tear_down);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_net),
        cmocka_unit_test(test_public_tools_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

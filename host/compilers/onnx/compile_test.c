/* What `genprof -c onnx` leaves behind, and the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compilers/compiler.h"
#include "program/layers.h"

static const char net_text[] =
    "- {prim_type: conv_3x3, spatial_size: 20, C: 3, C_out: 8, stride: 2, affine: true}\n"
    "- {prim_type: mobilenet_v3_block, spatial_size: 10, C: 8, C_out: 8, stride: 1, affine: true,\n"
    "   expansion: 2, kernel_size: 3, activation: h_swish, use_se: true}\n"
    "- {prim_type: conv_1x1, spatial_size: 10, C: 8, C_out: 16, stride: 2, affine: true}\n"
    "- {prim_type: mobilenet_v3_block, spatial_size: 5, C: 16, C_out: 16, stride: 1, affine: "
    "true,\n"
    "   expansion: 2, kernel_size: 5, activation: relu6, use_se: false}\n";

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_net net;
    struct awh_stage stage;
    char path[512];
    char warnings[4096];
};

static void keep_warning(void *context, const char *text)
{
    struct fixture *fixture = context;
    size_t used = strlen(fixture->warnings);
    snprintf(fixture->warnings + used, sizeof fixture->warnings - used, "%s\n", text);
}

static void must(const struct fixture *fixture, enum aw_err err)
{
    if (err)
        fail_msg("%s", fixture->diag.text);
}

static struct awh_yaml *parse(struct fixture *fixture, const char *name, const char *text)
{
    struct awh_yaml *root;
    must(fixture, awh_yaml_load(&fixture->arena, name, text, strlen(text), &root, &fixture->diag));
    return root;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->diag = (struct awh_diag){.warn = keep_warning, .warn_context = fixture};
    awh_arena_init(&fixture->arena);
    struct awh_yaml *prims = parse(fixture, "net", net_text);
    fixture->net = (struct awh_net){.name = "2", .count = prims->list.count};
    fixture->net.prims =
        awh_arena_array(&fixture->arena, fixture->net.count, sizeof *fixture->net.prims);
    for (size_t i = 0; i < fixture->net.count; i++)
        must(fixture,
             awh_prim_from_yaml(prims->list.items[i], &fixture->net.prims[i], &fixture->diag));
    snprintf(fixture->path, sizeof fixture->path, "%s/onnx_compile_test.result", AWNAS_BINARY_DIR);
    must(fixture, awh_stage_begin(fixture->path, true, &fixture->stage, &fixture->diag));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    awh_stage_release(&fixture->stage);
    enum aw_err err = awh_path_exists(fixture->path) ? awh_dir_remove(fixture->path, NULL) : AW_OK;
    awh_arena_release(&fixture->arena);
    free(fixture);
    return err ? -1 : 0;
}

static enum aw_err compile(struct fixture *fixture, const char *compiler, const char *cfg,
                           const char *directory)
{
    const struct awh_compiler_type *type = awh_compiler_type_find(compiler);
    const struct awh_yaml *node = cfg ? parse(fixture, "hwobj.yaml", cfg) : NULL;
    assert_non_null(type);
    assert_string_equal(type->name, compiler);
    return type->compile(node, &fixture->net, &fixture->stage, directory, &fixture->diag);
}

/* The names in a directory of the stage, one a line. */
static char *list(struct fixture *fixture, const char *directory)
{
    char *path = awh_path_join(&fixture->arena, fixture->stage.stage, directory), **names;
    char *text = awh_arena_strdup(&fixture->arena, "");
    size_t count;
    must(fixture, awh_dir_list(&fixture->arena, path, &names, &count, &fixture->diag));
    for (size_t i = 0; i < count; i++)
        text = awh_arena_printf(&fixture->arena, "%s%s\n", text, names[i]);
    return text;
}

static char *read_staged(struct fixture *fixture, const char *file, size_t *size_out)
{
    char *bytes, *path = awh_path_join(&fixture->arena, fixture->stage.stage, file);
    must(fixture, awh_file_read(&fixture->arena, path, 1 << 24, &bytes, size_out, &fixture->diag));
    return bytes;
}

static bool same_file(struct fixture *fixture, const char *a, const char *b)
{
    size_t a_size, b_size;
    const char *a_bytes = read_staged(fixture, a, &a_size);
    const char *b_bytes = read_staged(fixture, b, &b_size);
    return a_size == b_size && memcmp(a_bytes, b_bytes, a_size) == 0;
}

/* As aw_nas names them: no model of the stem and of glue. */
static void test_files(void **state)
{
    struct fixture *fixture = *state;
    must(fixture, compile(fixture, "xavier", NULL, "hardwares/0-xavier/2"));
    assert_string_equal(list(fixture, "hardwares/0-xavier/2"), "0-xavier-2_0@8x10x10.onnx\n"
                                                               "0-xavier-2_0@8x10x10.yaml\n"
                                                               "0-xavier-2_1@16x5x5.onnx\n"
                                                               "0-xavier-2_1@16x5x5.yaml\n"
                                                               "0-xavier-2_whole@3x20x20.onnx\n"
                                                               "0-xavier-2_whole@3x20x20.yaml\n"
                                                               "prim2names.yaml\n"
                                                               "trtexec.sh\n");
    size_t size;
    assert_string_equal(
        read_staged(fixture, "hardwares/0-xavier/2/0-xavier-2_1@16x5x5.yaml", &size),
        "- C: 16\n  C_out: 16\n  activation: relu6\n  affine: true\n  expansion: 2\n"
        "  kernel_size: 5\n  prim_type: mobilenet_v3_block\n  spatial_size: 5\n  stride: 1\n"
        "  use_se: false\n");
    struct awh_yaml *whole =
        parse(fixture, "whole",
              read_staged(fixture, "hardwares/0-xavier/2/0-xavier-2_whole@3x20x20.yaml", &size));
    assert_true(awh_yaml_equal(whole, parse(fixture, "net", net_text)));
    assert_string_equal(fixture->warnings,
                        "hardware_compiler_cfg.clip: relu6 becomes 6 * HardSigmoid, which every "
                        "importer reads; with clip: true it is Clip, which TensorRT fuses\n");
}

/* Every layer of the whole model belongs to the primitive that it was lowered from. */
static void test_names(void **state)
{
    struct fixture *fixture = *state;
    static const char *const first[] = {"2_conv_1", "2_conv_2", "2_conv_7", "2_conv_8"};
    struct awh_prim_names *prims;
    size_t count;
    must(fixture, compile(fixture, "onnx", NULL, "hardwares/0-onnx/2"));
    char *path =
        awh_path_join(&fixture->arena, fixture->stage.stage, "hardwares/0-onnx/2/prim2names.yaml");
    must(fixture, awh_prim_names_load(&fixture->arena, path, &prims, &count, &fixture->diag));
    assert_int_equal(count, 4);
    for (size_t p = 0; p < count; p++) {
        assert_int_equal(awh_prim_compare(&prims[p].prim, &fixture->net.prims[p]), 0);
        assert_true(prims[p].count > 0);
        assert_string_equal(prims[p].names[0], first[p]);
    }
    assert_int_equal(prims[0].count, 1);
    assert_string_equal(prims[1].names[2], "2_h_swish_1.gate");
    assert_string_equal(prims[1].names[3], "2_h_swish_1");
}

static void test_keys(void **state)
{
    struct fixture *fixture = *state;
    must(fixture, compile(fixture, "onnx", "{stem: true, glue_types: []}", "h/0-all/2"));
    assert_string_equal(list(fixture, "h/0-all/2"), "0-all-2_0@8x10x10.onnx\n"
                                                    "0-all-2_0@8x10x10.yaml\n"
                                                    "0-all-2_1@8x10x10.onnx\n"
                                                    "0-all-2_1@8x10x10.yaml\n"
                                                    "0-all-2_2@16x5x5.onnx\n"
                                                    "0-all-2_2@16x5x5.yaml\n"
                                                    "0-all-2_3@3x20x20.onnx\n"
                                                    "0-all-2_3@3x20x20.yaml\n"
                                                    "0-all-2_whole@3x20x20.onnx\n"
                                                    "0-all-2_whole@3x20x20.yaml\n"
                                                    "prim2names.yaml\n"
                                                    "trtexec.sh\n");
    static const struct {
        const char *compiler, *cfg;
        bool same; /* as the default of `onnx` */
    } rows[] = {
        {"onnx", "{opset: 13, seed: 1, precision: fp32, clip: false, input_size: 20}", true},
        {"tensorrt", "{clip: false}", true},
        {"tensorrt", "{}", true},
        {"xavier", "{}", true},
        {"tensorrt", "{clip: true}", false},
        {"onnx", "{clip: true}", false},
        {"onnx", "{opset: 9}", false},
        {"onnx", "{seed: 2}", false},
        {"onnx", "{precision: int8}", false},
    };
    must(fixture, compile(fixture, "onnx", NULL, "default/k/2"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char directory[64], file[128];
        snprintf(directory, sizeof directory, "%zu/k/2", i);
        snprintf(file, sizeof file, "%s/k-2_1@16x5x5.onnx", directory);
        must(fixture, compile(fixture, rows[i].compiler, rows[i].cfg, directory));
        if (same_file(fixture, "default/k/2/k-2_1@16x5x5.onnx", file) != rows[i].same)
            fail_msg("%s %s", rows[i].compiler, rows[i].cfg);
    }
}

static void test_refused_configurations(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *cfg;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {"{input_size: 224}", AW_ERR_RANGE, "input_size: net 2 takes images of 20 x 20"},
        {"{opset: 8}", AW_ERR_RANGE, "opset"},
        {"{opset: 14}", AW_ERR_RANGE, "opset"},
        {"{opset: 9, precision: int8}", AW_ERR_UNSUPPORTED, "opset: int8 needs opset 13"},
        {"{precision: fp16}", AW_ERR_FORMAT, "precision: expected fp32 or int8, found 'fp16'"},
        {"{glue_types: conv_1x1}", AW_ERR_FORMAT, "glue_types: expected a list"},
        {"{glue_types: [conv_2x2]}", AW_ERR_NOT_FOUND, "glue_types[0]: no primitive type"},
        {"{seed: -1}", AW_ERR_RANGE, "seed"},
        {"{calib_iter: -1}", AW_ERR_RANGE, "calib_iter"},
        {"{clip: maybe}", AW_ERR_FORMAT, "clip"},
        {"[1, 2]", AW_ERR_FORMAT, "expected a map"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture->diag.err = AW_OK;
        enum aw_err err = compile(fixture, "onnx", rows[i].cfg, "h/0-onnx/2");
        if (err != rows[i].err || !strstr(fixture->diag.text, rows[i].says) ||
            !strstr(fixture->diag.text, "hwobj.yaml:1"))
            fail_msg("%s: %d %s", rows[i].cfg, err, fixture->diag.text);
    }
    assert_false(
        awh_path_exists(awh_path_join(&fixture->arena, fixture->stage.stage, "h/0-onnx/2")));
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* aw_nas's keys; no GPU is asked for. */
static void test_warnings_come_once(void **state)
{
    struct fixture *fixture = *state;
    const char *cfg = "{dcf: a.dcf, mode: debug, calib_iter: 0, gpu: 3, opsett: 9}";
    must(fixture, compile(fixture, "xavier", cfg, "hardwares/0-xavier/2"));
    strcpy(fixture->net.name, "3");
    must(fixture, compile(fixture, "xavier", cfg, "hardwares/0-xavier/3"));
    static const char *const keys[] = {"dcf:", "mode:", "gpu:", "'opsett'", "cfg.clip:"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strstr(fixture->warnings, keys[i]))
            fail_msg("%s: %s", keys[i], fixture->warnings);
    assert_int_equal(count_lines(fixture->warnings), 5);
    assert_non_null(strstr(fixture->warnings, "opset"));
}

/* trtexec.sh with a trtexec that only says what it was asked for. */
static void test_script(void **state)
{
    struct fixture *fixture = *state;
    static const char fake[] = "#!/bin/sh\necho \"$@\"\n";
    char command[2000];
    must(fixture, compile(fixture, "tensorrt", "{precision: int8}", "hardwares/0-tensorrt/2"));
    must(fixture,
         awh_stage_write(&fixture->stage, "bin/trtexec", fake, sizeof fake - 1, &fixture->diag));
    snprintf(command, sizeof command,
             "cd '%s' && chmod +x bin/trtexec && PATH=\"$PWD/bin:$PATH\" "
             "sh hardwares/0-tensorrt/2/trtexec.sh logs --fp16 >names",
             fixture->stage.stage);
    assert_int_equal(system(command), 0);
    assert_string_equal(list(fixture, "logs"), "0-tensorrt-2_0@8x10x10.txt\n"
                                               "0-tensorrt-2_1@16x5x5.txt\n"
                                               "0-tensorrt-2_whole@3x20x20.txt\n");
    size_t size;
    assert_string_equal(read_staged(fixture, "logs/0-tensorrt-2_1@16x5x5.txt", &size),
                        "--onnx=hardwares/0-tensorrt/2/0-tensorrt-2_1@16x5x5.onnx --int8 "
                        "--avgRuns=10 --fp16\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_configurations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_warnings_come_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_script, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

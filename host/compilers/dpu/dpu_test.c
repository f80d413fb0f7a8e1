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
    "- {prim_type: conv_3x3, spatial_size: 20, C: 3, C_out: 8, stride: 2, "
    "affine: true}\n"
    "- {prim_type: mobilenet_v3_block, spatial_size: 10, C: 8, C_out: 8, "
    "stride: 1, affine: true, expansion: 2, kernel_size: 3, "
    "activation: h_swish, use_se: true}\n";

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_net net;
    struct awh_stage stage;
    const struct awh_compiler_type *compiler;
    char *path;
    char warnings[4096];
};

static void keep_warning(void *context, const char *text)
{
    struct fixture *fixture = context;
    strncat(fixture->warnings, text, sizeof(fixture->warnings) - strlen(fixture->warnings) - 2);
    strcat(fixture->warnings, "\n");
}

static struct awh_yaml *parse(struct fixture *fixture, const char *name, const char *text)
{
    struct awh_yaml *root;
    if (awh_yaml_load(&fixture->arena, name, text, strlen(text), &root, &fixture->diag))
        fail_msg("%s", fixture->diag.text);
    return root;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    fixture.diag = (struct awh_diag){.warn = keep_warning, .warn_context = &fixture};
    awh_arena_init(&fixture.arena);
    struct awh_yaml *prims = parse(&fixture, "net", net_text);
    fixture.net = (struct awh_net){.name = "0", .count = prims->list.count};
    fixture.net.prims =
        awh_arena_array(&fixture.arena, fixture.net.count, sizeof(*fixture.net.prims));
    for (size_t i = 0; i < fixture.net.count; i++)
        assert_int_equal(
            awh_prim_from_yaml(prims->list.items[i], &fixture.net.prims[i], &fixture.diag), AW_OK);
    fixture.compiler = awh_compiler_type_find("dpu");
    assert_non_null(fixture.compiler);
    fixture.path = awh_arena_printf(&fixture.arena, "%s/dpu_test.result", AWNAS_BINARY_DIR);
    if (awh_stage_begin(fixture.path, true, &fixture.stage, &fixture.diag))
        fail_msg("%s", fixture.diag.text);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    awh_stage_release(&fixture->stage);
    enum aw_err err = awh_dir_remove(fixture->path, NULL);
    awh_arena_release(&fixture->arena);
    return err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO ? 0 : -1;
}

static enum aw_err compile(struct fixture *fixture, const char *cfg, const char *directory)
{
    const struct awh_yaml *node = cfg ? parse(fixture, "hwobj.yaml", cfg) : NULL;
    return fixture->compiler->compile(node, &fixture->net, &fixture->stage, directory,
                                      &fixture->diag);
}

static void must(const struct fixture *fixture, enum aw_err err)
{
    if (err)
        fail_msg("%s", fixture->diag.text);
}

static void load(struct fixture *fixture, const char *directory, const struct aw_packing *packing,
                 struct awh_net_layers *layers, struct aw_program *program)
{
    const struct aw_program_limits limits = {.packing = packing};
    char *full = awh_path_join(&fixture->arena, fixture->path, directory), *bytes;
    char *path = awh_arena_printf(&fixture->arena, "%s/0.awp", full);
    struct aw_program_fault fault;
    size_t size;
    must(fixture, awh_net_layers_load(&fixture->arena, full, "0", layers, &fixture->diag));
    must(fixture, awh_file_read(&fixture->arena, path, 1 << 20, &bytes, &size, &fixture->diag));
    if (aw_program_open((const uint8_t *)bytes, (uint32_t)size, &limits, program, &fault))
        fail_msg("%s", fault.what);
    must(fixture, awh_layers_check_program(&layers->layers, program, path, &fixture->diag));
}

static void test_files(void **state)
{
    struct fixture *fixture = *state;
    struct awh_net_layers layers;
    struct aw_program program;
    must(fixture, compile(fixture, NULL, "hardwares/0-dpu/0"));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    load(fixture, "hardwares/0-dpu/0", NULL, &layers, &program);
    assert_int_equal(layers.layers.count, 9);
    assert_int_equal(layers.prim_count, 2);
    assert_int_equal(layers.prims[0].count, 1);
    assert_int_equal(layers.prims[1].count, 8);
    assert_int_equal(layers.layers.program_bytes, program.size);
    assert_int_equal(layers.layers.input_seed, 1);
    assert_string_equal(fixture->warnings, "");
}

static void test_seed(void **state)
{
    struct fixture *fixture = *state;
    struct awh_net_layers layers[3];
    struct aw_program program[3];
    must(fixture, compile(fixture, "{}", "h/0/0"));
    must(fixture, compile(fixture, "{seed: 1, input_size: 20, stages: [program]}", "h/1/0"));
    must(fixture, compile(fixture, "{seed: 4294967295, stages: program}", "h/2/0"));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    load(fixture, "h/0/0", NULL, &layers[0], &program[0]);
    load(fixture, "h/1/0", NULL, &layers[1], &program[1]);
    load(fixture, "h/2/0", NULL, &layers[2], &program[2]);
    assert_int_equal(program[0].size, program[1].size);
    assert_memory_equal(program[0].bytes, program[1].bytes, program[0].size);
    assert_int_not_equal(program[0].crc, program[2].crc);
    assert_int_equal(program[2].input_seed, UINT32_MAX);
}

static void test_refused_configurations(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *cfg;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {"{input_size: 224}", AW_ERR_RANGE, "input_size: net 0 takes images of 20 x 20"},
        {"{input_size: big}", AW_ERR_FORMAT, "input_size"},
        {"{seed: -1}", AW_ERR_RANGE, "seed"},
        {"{seed: 4294967296}", AW_ERR_RANGE, "seed"},
        {"[1, 2]", AW_ERR_FORMAT, "expected a map"},
        {"{stages: [program, cafe]}", AW_ERR_RANGE, "stages[1]: compiler dpu has the stages"},
        {"{stages: xyz}", AW_ERR_RANGE, "stages: compiler dpu has the stages caffe, fix, program"},
        {"{stages: []}", AW_ERR_RANGE, "stages: expected at least one"},
        {"{stages: dnnc}", AW_ERR_RANGE, "list fix too"},
        {"{stages: [caffe, dnnc]}", AW_ERR_RANGE, "list fix too"},
        {"{dialect: tf}", AW_ERR_RANGE, "dialect: expected one of xilinx, bvlc; found 'tf'"},
        {"{relu6: no}", AW_ERR_FORMAT, "relu6"},
        {"{weights: real}", AW_ERR_RANGE, "weights: expected one of seeded, embedded"},
        {"{packing: dsp}", AW_ERR_RANGE, "packing: a board packs seeded weights itself"},
        {"{weights: embedded, packing: zcu102}", AW_ERR_RANGE,
         "packing: expected one of canonical, neon-a64, neon-a32, dsp, mve; found 'zcu102'"},
        {"{mode: fast}", AW_ERR_RANGE, "mode: expected one of debug, normal, profile"},
        {"{calib_iter: -1}", AW_ERR_RANGE, "calib_iter"},
        {"{dnnc: [dnnc]}", AW_ERR_FORMAT, "dnnc: expected a map"},
        {"{dnnc: {timeout_s: 0}}", AW_ERR_RANGE, "dnnc.timeout_s"},
        {"{dnnc: {command: dnnc}, stages: [fix, dnnc]}", AW_ERR_FORMAT, "dnnc.command"},
        {"{dnnc: {command: [a, [b]]}, stages: [fix, dnnc]}", AW_ERR_FORMAT, "dnnc.command[1]"},
        {"{dnnc: {command: [dnnc]}}", AW_ERR_RANGE, "stages has no dnnc to run it"},
        {"{stages: {a: 1}}", AW_ERR_FORMAT, "stages"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture->diag.err = AW_OK;
        enum aw_err err = compile(fixture, rows[i].cfg, "h/0/0");
        if (err != rows[i].err || !strstr(fixture->diag.text, rows[i].says) ||
            !strstr(fixture->diag.text, "hwobj.yaml:1"))
            fail_msg("%s: %d %s", rows[i].cfg, err, fixture->diag.text);
    }
    char *made = awh_path_join(&fixture->arena, fixture->stage.stage, "h");
    assert_false(awh_path_exists(made));
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    while ((text = strstr(text, what))) {
        n++;
        text += strlen(what);
    }
    return n;
}

static void test_warnings_come_once(void **state)
{
    struct fixture *fixture = *state;
    const char *cfg = "{dcf: a.dcf, mode: debug, calib_iter: 100, gpu: 0, sed: 3, stages: caffe, "
                      "weights: embedded, packing: dsp}";
    must(fixture, compile(fixture, cfg, "hardwares/0-dpu/0"));
    strcpy(fixture->net.name, "1");
    must(fixture, compile(fixture, cfg, "hardwares/0-dpu/1"));
    static const char *const keys[] = {
        "dcf:", "mode:", "calib_iter:", "gpu:", "'sed'", "weights:", "packing:"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (count(fixture->warnings, keys[i]) != 1)
            fail_msg("%s: %s", keys[i], fixture->warnings);
    assert_int_equal(count(fixture->warnings, "\n"), 7);
    assert_non_null(strstr(fixture->warnings, "seed"));
}

/* The same layers with weights of their own: the seeded ones, in the order of a kernel set, and
 * those of stage fix. */
static void test_embedded(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *cfg;
        const struct aw_packing *packing;
    } rows[] = {
        {"{weights: seeded}", NULL},
        {"{weights: embedded}", NULL},
        {"{weights: embedded, packing: canonical}", NULL},
        {"{weights: embedded, packing: mve}", &aw_packing_mve},
        {"{weights: embedded, packing: dsp, stages: [fix, program], calib_iter: 1}",
         &aw_packing_dsp},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        must(fixture,
             compile(fixture, rows[i].cfg, awh_arena_printf(&fixture->arena, "h/%zu/0", i)));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_net_layers layers;
        struct aw_program program;
        load(fixture, awh_arena_printf(&fixture->arena, "h/%zu/0", i), rows[i].packing, &layers,
             &program);
        assert_int_equal(program.weights_mode, i == 0 ? AW_WEIGHTS_SEEDED : AW_WEIGHTS_EMBEDDED);
        assert_ptr_equal(program.packing, rows[i].packing);
        assert_int_equal(program.layer_count, 9);
    }
}

static char *read_file(struct fixture *fixture, const char *relative)
{
    char *bytes, *path = awh_path_join(&fixture->arena, fixture->path, relative);
    size_t size;
    must(fixture, awh_file_read(&fixture->arena, path, 1 << 24, &bytes, &size, &fixture->diag));
    return bytes;
}

static bool has(struct fixture *fixture, const char *relative)
{
    return awh_path_exists(awh_path_join(&fixture->arena, fixture->path, relative));
}

static void test_caffe_files(void **state)
{
    struct fixture *fixture = *state;
    must(fixture, compile(fixture, "{stages: [caffe, fix], calib_iter: 2, dialect: bvlc}", "h/0"));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    assert_string_equal(fixture->warnings, "");
    assert_false(has(fixture, "h/0/0.awp"));
    assert_false(has(fixture, "h/0/prim2names.yaml"));
    assert_non_null(strstr(read_file(fixture, "h/0/pytorch_to_caffe/0.prototxt"), "\"0_conv_1\""));
    assert_true(has(fixture, "h/0/pytorch_to_caffe/0.caffemodel"));
    /* The last layer of a batch norm is its scale, that of an h_swish its product. */
    char *names = read_file(fixture, "h/0/pytorch_to_caffe/0_torch2caffe.yaml");
    assert_non_null(strstr(names, "0_batch_norm_1: 0_bn_scale_1\n"));
    assert_non_null(strstr(names, "0_h_swish_1: 0_mul_1\n"));
    struct awh_prim_names *prims;
    size_t prim_count, first;
    char *path =
        awh_path_join(&fixture->arena, fixture->path, "h/0/pytorch_to_caffe/0_prim2names.yaml");
    must(fixture, awh_prim_names_load(&fixture->arena, path, &prims, &prim_count, &fixture->diag));
    assert_int_equal(prim_count, 2);
    first = prims[0].count;
    assert_int_equal(first, 1);
    assert_string_equal(prims[0].names[0], "0_conv_1");
    assert_int_equal(
        first + prims[1].count + 1,
        count(read_file(fixture, "h/0/pytorch_to_caffe/0.prototxt"), "layer {\n  name"));
    char *deploy = read_file(fixture, "h/0/fix/deploy.prototxt");
    assert_null(strstr(deploy, "BatchNorm"));
    assert_null(strstr(deploy, "fixed_param"));
    assert_non_null(strstr(deploy, "\"0_conv_1\""));
    assert_true(has(fixture, "h/0/fix/deploy.caffemodel"));
    assert_int_equal(count(read_file(fixture, "h/0/fix/quantize_info.txt"), "\n"),
                     count(deploy, "layer {\n  name"));
}

/* All four together, the way that the reference went; nothing is compiled, and that is said. */
static void test_script(void **state)
{
    struct fixture *fixture = *state;
    const char *cfg = "{stages: [caffe, fix, program, dnnc], calib_iter: 1, mode: normal}";
    must(fixture, compile(fixture, cfg, "hardwares/0-dpu/0"));
    strcpy(fixture->net.name, "1");
    must(fixture, compile(fixture, cfg, "hardwares/0-dpu/1"));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    assert_int_equal(count(fixture->warnings, "\n"), 1);
    assert_non_null(strstr(fixture->warnings, "nothing was compiled"));
    assert_true(has(fixture, "hardwares/0-dpu/0/0.awp"));
    assert_false(has(fixture, "hardwares/0-dpu/0/dnnc_normal"));
    /* It calls what is in PATH with our files. */
    char *command = awh_arena_printf(
        &fixture->arena,
        "cd %s && mkdir bin && printf '#!/bin/sh\\necho \"$PWD $*\"' > bin/dnnc && chmod +x "
        "bin/dnnc && PATH=$PWD/bin:$PATH hardwares/0-dpu/1/fix/dnnc.sh my.dcf > said && "
        "! hardwares/0-dpu/1/fix/dnnc.sh 2> usage",
        fixture->path);
    assert_int_equal(system(command), 0);
    char *said = read_file(fixture, "said");
    assert_non_null(strstr(said, "hardwares/0-dpu/1 --mode normal --cpu_arch arm64"));
    assert_non_null(strstr(said, "--dcf my.dcf --net_name 1\n"));
    assert_non_null(strstr(read_file(fixture, "usage"), "usage: "));
}

static void test_command(void **state)
{
    struct fixture *fixture = *state;
    const char *cfg = "{stages: [fix, dnnc], calib_iter: 1, dcf: /dev/null, dnnc: {timeout_s: 20, "
                      "command: [sh, -c, 'echo \"$@\" {mode}; test -f {prototxt} && cp "
                      "{caffemodel} {output_dir}/dpu_{net}.elf', sh, '{dcf}', '--net={net}', "
                      "'{not a word}']}}";
    must(fixture, compile(fixture, cfg, "h/0/0"));
    must(fixture, awh_stage_commit(&fixture->stage, &fixture->diag));
    assert_string_equal(fixture->warnings, "");
    assert_string_equal(read_file(fixture, "h/0/0/dnnc_debug/dnnc.log"),
                        "/dev/null --net=0 {not a word} debug\n");
    assert_true(has(fixture, "h/0/0/dnnc_debug/dpu_0.elf"));
    assert_false(has(fixture, "h/0/0/fix/dnnc.sh"));
}

static void test_command_that_fails(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *cfg;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {"dnnc: {command: [no-such-dnnc]}", AW_ERR_NOT_FOUND,
         "net 0: stage dnnc: no-such-dnnc: no such program"},
        {"dnnc: {command: [sh, -c, 'echo bad layer; exit 1']}", AW_ERR_IO, "last line: bad layer"},
        {"dnnc: {command: [sleep, '20'], timeout_s: 1}", AW_ERR_TIMEOUT, "stopped after 1 s"},
        {"dnnc: {command: [echo, '{dcf}']}", AW_ERR_NOT_FOUND, "key dcf is not set"},
        {"dnnc: {command: [echo, '{proto}']}", AW_ERR_RANGE, "nothing is called {proto}"},
        {"dcf: /no/such.dcf", AW_ERR_NOT_FOUND, "dcf: /no/such.dcf"},
        {"calib_dir: /no/such", AW_ERR_NOT_FOUND, "/no/such"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *cfg = awh_arena_printf(&fixture->arena, "{stages: [fix, dnnc], calib_iter: 1, %s}",
                                     rows[i].cfg);
        fixture->diag.err = AW_OK;
        enum aw_err err = compile(fixture, cfg, "h/0/0");
        if (err != rows[i].err || !strstr(fixture->diag.text, rows[i].says))
            fail_msg("%s: %d %s", rows[i].cfg, err, fixture->diag.text);
    }
    /* The log outlives the files that were staged. */
    char *kept = awh_arena_printf(&fixture->arena, "%s.dnnc-0.log", fixture->path);
    assert_non_null(strstr(fixture->warnings, kept));
    assert_int_equal(remove(kept), 0);
}

static void test_net_that_does_not_fit(void **state)
{
    struct fixture *fixture = *state;
    fixture->net.prims[1].c = 16;
    fixture->net.prims[1].c_out = 16;
    assert_int_not_equal(compile(fixture, NULL, "h/0/0"), AW_OK);
    assert_true(fixture->diag.text[0] != '\0');
}

static void test_registry(void **state)
{
    (void)state;
    assert_null(awh_compiler_type_find("xyz"));
    for (const struct awh_compiler_type *const *type = awh_compiler_types(); *type; type++) {
        assert_ptr_equal(awh_compiler_type_find((*type)->name), *type);
        assert_non_null((*type)->compile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_configurations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_warnings_come_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_embedded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_caffe_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_script, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_net_that_does_not_fit, set_up, tear_down),
        cmocka_unit_test(test_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "compilers/compiler.h"
#include "flow/flow.h"
#include "net/net.h"

static char directory[] = "/tmp/awnas-genprof-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return awh_dir_remove(directory, NULL);
}

/* Config files as they are without mistakes; rows replace a line of them. */
static const char cfg_text[] = "rollout_type: ofa\n"
                               "search_space_type: ofa\n"
                               "search_space_cfg:\n"
                               "  num_cell_groups: [1, 2, 2]\n"
                               "  expansions: [1, 6, 6]\n"
                               "  kernel_choice: [3, 5]\n"
                               "  width_choice: [2, 3]\n"
                               "  depth_choice: [1, 2]\n"
                               "  image_size_choice: [32]\n";
static const char hwobj_text[] = "mixin_search_space_type: ofa_mixin\n"
                                 "mixin_search_space_cfg:\n"
                                 "  fixed_primitives: null\n"
                                 "hardware_compiler_type: xavier\n"
                                 "prof_prims_cfg:\n"
                                 "  spatial_size: 32\n"
                                 "  base_channels: [8, 8, 16, 24]\n"
                                 "  strides: [1, 2, 2]\n"
                                 "  acts: [relu, relu6, h_swish]\n"
                                 "hwperfmodel_type: table\n"
                                 "profiling_net_cfg:\n"
                                 "  image_size: 32\n"
                                 "  max_layers: 5\n"
                                 "  base_cfg_template:\n"
                                 "    rollout_type: general\n"
                                 "    final_model_type: general_final_model\n"
                                 "    final_model_cfg: {a: 1}\n";

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    char warnings[4096];
    char *cfg, *hwobj, *out; /* paths */
    char *summary;
};

static void take_warning(void *context, const char *text)
{
    struct fixture *f = context;
    size_t used = strlen(f->warnings);
    snprintf(f->warnings + used, sizeof f->warnings - used, "%s\n", text);
}

/* `text` with the first `from` in it replaced by `to`. */
static char *replaced(struct awh_arena *arena, const char *text, const char *from, const char *to)
{
    if (!from)
        return awh_arena_strdup(arena, text);
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("no '%s' in the config", from);
    return awh_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(awh_file_write(path, text, strlen(text), NULL), AW_OK);
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    awh_arena_init(&f->arena);
    f->diag.warn = take_warning;
    f->diag.warn_context = f;
    f->cfg = awh_path_join(&f->arena, directory, "cfg.yaml");
    f->hwobj = awh_path_join(&f->arena, directory, "hwobj.yaml");
    f->out = awh_path_join(&f->arena, directory, "results");
    write_text(f->cfg, cfg_text);
    write_text(f->hwobj, hwobj_text);
}

static void fixture_release(struct fixture *f)
{
    if (awh_path_exists(f->out))
        assert_int_equal(awh_dir_remove(f->out, NULL), AW_OK);
    free(f->summary);
    awh_arena_release(&f->arena);
}

static enum aw_err genprof(struct fixture *f, struct awh_genprof_options options)
{
    size_t size = 0;
    options.cfg_path = f->cfg;
    options.hwobj_path = f->hwobj;
    options.result_dir = f->out;
    free(f->summary);
    FILE *out = open_memstream(&f->summary, &size);
    assert_non_null(out);
    enum aw_err err = awh_genprof(&options, out, &f->diag);
    fclose(out);
    return err;
}

static char *read_text(struct fixture *f, const char *relative)
{
    char *bytes = NULL;
    size_t size;
    struct awh_diag diag = {.err = AW_OK};
    if (awh_file_read(&f->arena, awh_path_join(&f->arena, f->out, relative), 1 << 20, &bytes, &size,
                      &diag))
        fail_msg("%s", diag.text);
    return bytes;
}

static void assert_names(struct fixture *f, const char *relative, const char *expected)
{
    char **names;
    size_t count;
    char text[512] = "";
    const char *path = !relative   ? directory
                       : *relative ? awh_path_join(&f->arena, f->out, relative)
                                   : f->out;
    assert_int_equal(awh_dir_list(&f->arena, path, &names, &count, NULL), AW_OK);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", names[i]);
    }
    assert_string_equal(text, expected);
}

static void test_tree(void **state)
{
    (void)state;
    struct fixture f;
    struct awh_net net;
    fixture_init(&f);
    if (genprof(&f, (struct awh_genprof_options){.seed = 1}))
        fail_msg("%s", f.diag.text);
    assert_string_equal(f.warnings, "");
    assert_names(&f, "", ".awnas-hw config.yaml hwobj_config.yaml prof_nets prof_prims.yaml");
    assert_names(&f, "prof_nets", "0.yaml 1.yaml 2.yaml 3.yaml 4.yaml");
    assert_string_equal(read_text(&f, "config.yaml"), cfg_text);
    assert_string_equal(read_text(&f, "hwobj_config.yaml"), hwobj_text);
    const char *prims = read_text(&f, "prof_prims.yaml");
    static const char first[] = "- C: 3\n  C_out: 8\n  affine: true\n  prim_type: conv_3x3\n"
                                "  spatial_size: 32\n  stride: 2\n- C: 24\n";
    assert_memory_equal(prims, first, sizeof first - 1);
    const char *text = read_text(&f, "prof_nets/0.yaml");
    static const char head[] = "final_model_cfg:\n  a: 1\n  genotypes:\n  - C: 3\n    C_out: 8\n";
    assert_memory_equal(text, head, sizeof head - 1);
    assert_non_null(
        strstr(text, "\nfinal_model_type: general_final_model\nrollout_type: general\n"));
    assert_int_equal(
        awh_net_load(&f.arena, awh_path_join(&f.arena, f.out, "prof_nets/0.yaml"), &net, &f.diag),
        AW_OK);
    assert_int_equal(net.count, 6); /* stem and max_layers */
    assert_non_null(strstr(f.summary, "primitives  18\n"));
    assert_non_null(strstr(f.summary, "nets        5, "));
    fixture_release(&f);
}

static void test_same_bytes_twice(void **state)
{
    (void)state;
    static const char *const files[] = {".awnas-hw",       "config.yaml",      "hwobj_config.yaml",
                                        "prof_prims.yaml", "prof_nets/0.yaml", "prof_nets/1.yaml",
                                        "prof_nets/2.yaml"};
    static const struct awh_genprof_options runs[] = {{.seed = 1}, {.seed = 4, .num_sample = 3}};
    for (size_t r = 0; r < 2; r++) {
        struct fixture f;
        char *before[7];
        fixture_init(&f);
        assert_int_equal(genprof(&f, runs[r]), AW_OK);
        for (size_t i = 0; i < 7; i++)
            before[i] = read_text(&f, files[i]);
        assert_int_equal(genprof(&f, runs[r]), AW_OK); /* replaces its own directory */
        for (size_t i = 0; i < 7; i++)
            assert_string_equal(read_text(&f, files[i]), before[i]);
        fixture_release(&f);
    }
}

static void test_sampled_nets(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.seed = 9, .num_sample = 2}), AW_OK);
    assert_names(&f, "prof_nets", "0.yaml 1.yaml");
    char *first = read_text(&f, "prof_nets/0.yaml"), *second = read_text(&f, "prof_nets/1.yaml");
    assert_string_not_equal(first, second);
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.seed = 9, .num_sample = 11}), AW_OK);
    assert_string_equal(read_text(&f, "prof_nets/0.yaml"), first); /* the stream goes on */
    assert_string_equal(read_text(&f, "prof_nets/1.yaml"), second);
    assert_names(&f, "prof_nets",
                 "0.yaml 1.yaml 10.yaml 2.yaml 3.yaml 4.yaml 5.yaml 6.yaml 7.yaml 8.yaml 9.yaml");
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.num_sample = -1}), AW_ERR_RANGE);
    fixture_release(&f);
}

static void test_foreign_directory(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    char *mine = awh_path_join(&f.arena, f.out, "mine.txt");
    assert_int_equal(awh_dir_make(f.out, NULL), AW_OK);
    write_text(mine, "precious");
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.seed = 1}), AW_ERR_EXISTS);
    assert_non_null(strstr(f.diag.text, f.out));
    assert_names(&f, "", "mine.txt");
    assert_names(&f, NULL, "cfg.yaml hwobj.yaml results");
    f.diag.err = AW_OK;
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.force = true}), AW_OK);
    assert_false(awh_path_exists(mine));
    fixture_release(&f);
}

static const struct mistake {
    const char *name;
    const char *cfg_from, *cfg_to, *hwobj_from, *hwobj_to;
    bool compile;
    const char *compiler;
    const char *message;
} mistakes[] = {
    {"no profiling_net_cfg", NULL, NULL, "profiling_net_cfg:", "profiling_nets:", false, NULL,
     "lacks 'profiling_net_cfg'"},
    {"profiling_net_cfg is no map", NULL, NULL, "profiling_net_cfg:",
     "profiling_net_cfg: 3\nother:", false, NULL, "profiling_net_cfg: expected a map, found"},
    {"no base_cfg_template", NULL, NULL, "  base_cfg_template:", "  x:", false, NULL,
     "profiling_net_cfg: lacks 'base_cfg_template'"},
    {"base_cfg_template is no map", NULL, NULL, "  base_cfg_template:",
     "  base_cfg_template: []\n  x:", false, NULL, "base_cfg_template: expected a map"},
    {"final_model_cfg is no map", NULL, NULL, "{a: 1}", "[]", false, NULL,
     "base_cfg_template.final_model_cfg: expected a map"},
    {"max_layers 0", NULL, NULL, "max_layers: 5", "max_layers: 0", false, NULL, "max_layers"},
    {"image_size as text", NULL, NULL, "image_size: 32", "image_size: big", false, NULL,
     "profiling_net_cfg.image_size"},
    {"fix_stem_layer as text", NULL, NULL, "max_layers: 5", "fix_stem_layer: maybe", false, NULL,
     "profiling_net_cfg.fix_stem_layer"},
    {"num_sample 0", NULL, NULL, "max_layers: 5", "num_sample: 0", false, NULL,
     "profiling_net_cfg.num_sample"},
    {"image_size too small", NULL, NULL, "  image_size: 32\n", "  image_size: 8\n", false, NULL,
     "of 17 primitives fit into no net, as their spatial_size is above 4, half of "
     "profiling_net_cfg.image_size 8"},
    {"no mixin_search_space_type", NULL, NULL, "mixin_search_space_type: ofa_mixin\n", "", false,
     NULL, "mixin_search_space_type"},
    {"a space that is not built in", NULL, NULL, "ofa_mixin", "nasbench_mixin", false, NULL,
     "nasbench_mixin"},
    {"no prof_prims_cfg", NULL, NULL, "prof_prims_cfg:", "other:", false, NULL, "prof_prims_cfg"},
    {"two names of prof_prims_cfg", NULL, NULL, "hwperfmodel_type: table",
     "profiling_primitive_cfg: {strides: [1]}", false, NULL, "profiling_primitive_cfg"},
    {"stale key", NULL, NULL, "hwperfmodel_type: table", "hardware_obj_type: table", false, NULL,
     "hwperfmodel_type"},
    {"no width_choice", "  width_choice: [2, 3]\n", "", NULL, NULL, false, NULL,
     "cfg.yaml:4: search_space_cfg: ofa_mixin needs 'width_choice'"},
    {"no search_space_cfg", "search_space_cfg:", "other:", NULL, NULL, false, NULL,
     "needs 'width_choice'"},
    {"no base_channels", NULL, NULL, "base_channels", "channels", false, NULL, "base_channels"},
    {"unknown activation", NULL, NULL, "h_swish", "hswish", false, NULL,
     "prof_prims_cfg.acts[2]: expected relu"},
    {"broken YAML", "rollout_type: ofa", "rollout_type: [", NULL, NULL, false, NULL, "cfg.yaml:"},
    {"the file's compiler is not built in", NULL, NULL, "hardware_compiler_type: xavier",
     "hardware_compiler_type: hexagon", true, NULL,
     "hardware_compiler_type: the hardware compiler 'hexagon' is not built in; there is: "},
    {"one of the list is not built in", NULL, NULL, "hardware_compiler_type: xavier",
     "hardware_compilers: [{hardware_compiler_type: tpu}]", true, NULL,
     "hardware_compilers[0].hardware_compiler_type: the hardware compiler 'tpu' is not built in"},
    {"a list without names", NULL, NULL, "hardware_compiler_type: xavier",
     "hardware_compilers: [{hardware_compiler_cfg: {}}]", true, NULL, "hardware_compiler_type"},
    {"a list of names", NULL, NULL, "hardware_compiler_type: xavier", "hardware_compilers: [dpu]",
     false, NULL, "hardware_compilers[0]: expected a map"},
    {"not a list", NULL, NULL, "hardware_compiler_type: xavier", "hardware_compilers: dpu", false,
     NULL, "hardware_compilers: expected a list"},
    {"-c of another", NULL, NULL, NULL, NULL, true, "tpu", "-c tpu: this hardware compiler is not"},
    {"no compiler named", NULL, NULL, "hardware_compiler_type: xavier\n", "", true, NULL,
     "names no compiler; add 'hardware_compilers', or give one with -c"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *row = &mistakes[i];
        struct fixture f;
        print_message("row %s\n", row->name);
        fixture_init(&f);
        write_text(f.cfg, replaced(&f.arena, cfg_text, row->cfg_from, row->cfg_to));
        write_text(f.hwobj, replaced(&f.arena, hwobj_text, row->hwobj_from, row->hwobj_to));
        enum aw_err err = genprof(&f, (struct awh_genprof_options){.compile = row->compile,
                                                                   .compilers = {row->compiler}});
        assert_int_equal(awh_exit_code(err), 2);
        assert_int_equal(err, f.diag.err);
        if (!strstr(f.diag.text, row->message))
            fail_msg("message: %s", f.diag.text);
        assert_null(strchr(f.diag.text, '\n'));
        assert_false(awh_path_exists(f.out)); /* nothing was written */
        assert_names(&f, NULL, "cfg.yaml hwobj.yaml");
        fixture_release(&f);
    }
}

static const struct oddity {
    const char *name, *cfg_from, *cfg_to, *hwobj_from, *hwobj_to;
    const char *warning;
} oddities[] = {
    {"another name of prof_prims_cfg", NULL, NULL,
     "prof_prims_cfg:", "profiling_primitive_cfg:", "profiling_primitive_cfg"},
    {"and another", NULL, NULL, "prof_prims_cfg:", "hwobj_cfg:", "hwobj_cfg"},
    {"unknown top-level key", NULL, NULL, "hwperfmodel_type", "hwperfmodle_type",
     "hwperfmodel_type"},
    {"unknown key of profiling_net_cfg", NULL, NULL, "max_layers: 5", "max_layer: 5", "max_layers"},
    {"the same key in both spaces", NULL, NULL, "fixed_primitives: null", "width_choice: [2, 3]",
     "width_choice: is in search_space_cfg too"},
    {"both spellings of compilers", NULL, NULL, "hwperfmodel_type: table",
     "hardware_compilers: [{hardware_compiler_type: dpu}]", "hardware_compiler_type: is not used"},
    {"a stem that is in no net", NULL, NULL, "  image_size: 32\n", "  image_size: 64\n",
     "the primitive 'conv_3x3 32 3 8 2 true' is in no net"},
    {"base_cfg_template twice", NULL, NULL, "  max_layers: 5",
     "  base_cfg_template: {a: 1}\n  max_layers: 5", "base_cfg_template"},
    {"glue that does not reach the size", "num_cell_groups: [1, 2, 2]",
     "num_cell_groups: [1, 2, 2]", "fixed_primitives: null",
     "fixed_primitives: [{prim_type: conv_1x1, spatial_size: 3, C: 80, C_out: 8, stride: 1, "
     "affine: "
     "true}]",
     "run on another size than their spatial_size"},
};

static void test_oddities(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
        const struct oddity *row = &oddities[i];
        struct fixture f;
        print_message("row %s\n", row->name);
        fixture_init(&f);
        write_text(f.cfg, replaced(&f.arena, cfg_text, row->cfg_from, row->cfg_to));
        write_text(f.hwobj, replaced(&f.arena, hwobj_text, row->hwobj_from, row->hwobj_to));
        if (genprof(&f, (struct awh_genprof_options){.seed = 1}))
            fail_msg("%s", f.diag.text);
        if (!strstr(f.warnings, row->warning))
            fail_msg("warnings: %s", f.warnings);
        fixture_release(&f);
    }
}

static void test_template_without_final_model(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    write_text(f.hwobj, replaced(&f.arena, hwobj_text, "    final_model_cfg: {a: 1}\n", ""));
    assert_int_equal(genprof(&f, (struct awh_genprof_options){.quiet = true}), AW_OK);
    static const char head[] = "final_model_cfg:\n  genotypes:\n  - C: 3\n";
    assert_memory_equal(read_text(&f, "prof_nets/0.yaml"), head, sizeof head - 1);
    assert_string_equal(f.summary, "");
    fixture_release(&f);
}

static void test_compiled(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    if (genprof(&f, (struct awh_genprof_options){.compile = true, .compilers = {"dpu"}}))
        fail_msg("%s", f.diag.text);
    assert_names(&f, "hardwares", "0-dpu");
    assert_names(&f, "hardwares/0-dpu", "0 1 2 3 4");
    assert_names(&f, "hardwares/0-dpu/2", "2.awp 2.layers.yaml prim2names.yaml");
    assert_non_null(strstr(f.summary, "hardwares/0-dpu\n"));
    write_text(f.hwobj, replaced(&f.arena, hwobj_text, "xavier", "dpu"));
    if (genprof(&f, (struct awh_genprof_options){.compile = true}))
        fail_msg("%s", f.diag.text);
    assert_names(&f, "hardwares/0-dpu", "0 1 2 3 4");
    fixture_release(&f);
}

static void test_stock(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.cfg = awh_arena_strdup(&f.arena, AWNAS_SHARED_DIR "/configs/ofa_final.yaml");
    f.hwobj = awh_arena_strdup(&f.arena, AWNAS_SHARED_DIR "/configs/ofa_lat.yaml");
    if (!awh_path_exists(f.cfg)) {
        print_message("skipped: no %s\n", f.cfg);
        fixture_release(&f);
        skip();
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (genprof(&f, (struct awh_genprof_options){.seed = 1}))
        fail_msg("%s", f.diag.text);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("%s%.1f ms\n", f.summary,
                  (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                      (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
    print_message("warnings: %s\n", f.warnings);
    assert_non_null(strstr(f.summary, "primitives  92\n"));
    assert_non_null(strstr(f.summary, "nets        11, "));
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_same_bytes_twice),
        cmocka_unit_test(test_sampled_nets),
        cmocka_unit_test(test_foreign_directory),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_oddities),
        cmocka_unit_test(test_template_without_final_model),
        cmocka_unit_test(test_compiled),
        cmocka_unit_test(test_stock),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

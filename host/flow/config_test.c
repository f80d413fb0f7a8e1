/* The two config files: names that changed, stale names, wrong kinds (aw_nas-notes 1 to 5 and 10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "flow/config.h"

static char dir[] = "/tmp/config_test_XXXXXX";
static char warnings[4096];

static void keep_warning(void *context, const char *text)
{
    (void)context;
    size_t at = strlen(warnings);
    snprintf(warnings + at, sizeof(warnings) - at, "%s\n", text);
}

/* Both sections of a config whose hwobj file is `hwobj`. */
static enum aw_err load(struct awh_arena *arena, const char *hwobj,
                        struct awh_perfmodel_config *perfmodel, struct awh_diag *diag)
{
    static const char cfg[] = "search_space_cfg: {width_choice: [3]}\n";
    struct awh_config config;
    char *cfg_path = awh_path_join(arena, dir, "cfg.yaml");
    char *hwobj_path = awh_path_join(arena, dir, "hwobj.yaml");
    warnings[0] = '\0';
    *diag = (struct awh_diag){.warn = keep_warning};
    assert_int_equal(awh_file_write(cfg_path, cfg, strlen(cfg), diag), AW_OK);
    assert_int_equal(awh_file_write(hwobj_path, hwobj, strlen(hwobj), diag), AW_OK);
    enum aw_err err = awh_config_load(arena, cfg_path, hwobj_path, &config, diag);
    return err == AW_OK ? awh_config_perfmodel(&config, perfmodel, diag) : err;
}

#define SPACE "mixin_search_space_type: ofa_mixin\n"

static void accepted_spellings(void **unused)
{
    (void)unused;
    static const struct {
        const char *hwobj, *model, *perf_name, *warning;
    } rows[] = {
        {SPACE, "table", "latency", NULL},
        {SPACE "hwperfmodel_type: regression\nhwperfmodel_cfg: {perf_name: energy}\n", "regression",
         "energy", NULL},
        {SPACE "hwobjmodel_type: regression\nhwobjmodel_cfg: {performance: latency}\n",
         "regression", "latency", "'hwobjmodel_type' is now called 'hwperfmodel_type'"},
        {SPACE "hardware_perfmodel_type: table\nhardware_perfmodel_cfg: {}\n", "table", "latency",
         "is now called 'hwperfmodel_cfg'"},
        {SPACE "profiling_primitive_cfg: {spatial_size: 32}\n", "table", "latency",
         "is now called 'prof_prims_cfg'"},
        {SPACE "hwperfmodel_typ: table\n", "table", "latency", "hwperfmodel_type"},
        {SPACE
         "prof_prims_cfg: {acts: [relu]}\nhwperfmodel_cfg: {prof_prims_cfg: {acts: [relu6]}}\n",
         "table", "latency", "differs from the prof_prims_cfg that was profiled"},
        {SPACE "prof_prims_cfg: {mult_ratio: 1.0}\n"
               "hwperfmodel_cfg: {prof_prims_cfg: {mult_ratio: 1}}\n",
         "table", "latency", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_perfmodel_config perfmodel;
        struct awh_diag diag;
        awh_arena_init(&arena);
        if (load(&arena, rows[i].hwobj, &perfmodel, &diag) != AW_OK)
            fail_msg("%s: %s", rows[i].hwobj, diag.text);
        assert_string_equal(perfmodel.type->name, rows[i].model);
        assert_string_equal(perfmodel.perf_name, rows[i].perf_name);
        if (rows[i].warning == NULL ? warnings[0] != '\0' : !strstr(warnings, rows[i].warning))
            fail_msg("%s: warned '%s'", rows[i].hwobj, warnings);
        awh_arena_release(&arena);
    }
}

static void mistakes(void **unused)
{
    (void)unused;
    static const struct {
        const char *hwobj, *message;
    } rows[] = {
        {"prof_prims_cfg: {}\n", "mixin_search_space_type"},
        {"mixin_search_space_type: ofa_mixed\n", "unknown search space 'ofa_mixed'; there is"},
        {"mixin_search_space_type: 3\n", "mixin_search_space_type"},
        {"- a\n", "expected a map with mixin_search_space_type"},
        {SPACE "hardware_obj_type: table\n", "'hardware_obj_type' is now hwperfmodel_type"},
        {SPACE "hardware_obj_cfg: {}\n", "'hardware_obj_cfg' is now hwperfmodel_cfg"},
        {SPACE "preprocessors: [flatten]\n", "is now hwperfmodel_cfg.preprocessors"},
        {SPACE "hwperfmodel_type: mlpp\n", "unknown model 'mlpp'; there are"},
        {SPACE "hwperfmodel_type: table\nhwobjmodel_type: table\n",
         "are the same setting; keep one"},
        {SPACE "hwperfmodel_cfg: {perf_name: a, performance: b}\n", "are the same setting"},
        {SPACE "hwperfmodel_cfg: [1]\n", "hwperfmodel_cfg: expected a map"},
        {SPACE "prof_prims_cfg: 7\n", "prof_prims_cfg: expected a map"},
        {SPACE "mixin_search_space_cfg: x\n", "mixin_search_space_cfg: expected a map"},
        {SPACE "hwperfmodel_cfg: {perf_name: 7}\n", "perf_name"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_perfmodel_config perfmodel;
        struct awh_diag diag;
        awh_arena_init(&arena);
        assert_int_not_equal(load(&arena, rows[i].hwobj, &perfmodel, &diag), AW_OK);
        if (strstr(diag.text, rows[i].message) == NULL || strchr(diag.text, '\n') != NULL)
            fail_msg("%s: '%s'", rows[i].hwobj, diag.text);
        assert_int_equal(awh_exit_code(diag.err), 2);
        awh_arena_release(&arena);
    }
}

static int make_dir(void **unused)
{
    (void)unused;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **unused)
{
    (void)unused;
    struct awh_diag diag = {0};
    return awh_dir_remove(dir, &diag) != AW_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_spellings),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

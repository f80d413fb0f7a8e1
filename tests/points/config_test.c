/* Points 1 to 13: keys of configs, and what aw_nas's documentation says of them. */
#include "points.h"

static const char genmodel[] = "genmodel cfg.yaml hwobj.yaml profs --result-file model.yaml";
static const char genprof[] = "genprof cfg.yaml hwobj.yaml -r results";

static void prepare_profiles(struct point *p)
{
    point_genprof(p);
    point_profile(p, "profs", 3);
}

/* Documentation and examples say hwobjmodel_*, the code hwperfmodel_*: both, with a warning. */
static void point_01_old_names_of_sections(void **state)
{
    static const struct {
        const char *from, *to, *warning; /* NULL: none */
    } rows[] = {
        {"hwperfmodel", "hwperfmodel", NULL},
        {"hwperfmodel_type", "hwobjmodel_type",
         "'hwobjmodel_type' is now called 'hwperfmodel_type'"},
        {"hwperfmodel_cfg", "hwobjmodel_cfg", "'hwobjmodel_cfg' is now called 'hwperfmodel_cfg'"},
        {"hwperfmodel_type", "hardware_perfmodel_type", "is now called 'hwperfmodel_type'"},
        {"hwperfmodel_cfg", "hardware_perfmodel_cfg", "is now called 'hwperfmodel_cfg'"},
        {"prof_prims_cfg", "profiling_primitive_cfg",
         "'profiling_primitive_cfg' is now called 'prof_prims_cfg'"},
        {"prof_prims_cfg", "hwobj_cfg", "'hwobj_cfg' is now called 'prof_prims_cfg'"},
    };
    struct point *p = *state;
    prepare_profiles(p);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        point_write(p, "hwobj.yaml", point_hwobj);
        point_edit_hwobj(p, rows[i].from, rows[i].to);
        point_expect(p, 0, NULL, genmodel);
        if (rows[i].warning != NULL)
            point_contains(p->err, rows[i].warning);
        else
            point_lacks(p->err, "is now called");
    }
    point_edit_hwobj(p, "hwperfmodel_type: table", "prof_prims_cfg: {}");
    point_expect(p, 2, "'hwobj_cfg' and 'prof_prims_cfg' are the same setting; keep one", genmodel);
}

static void point_02_performance_is_perf_name(void **state)
{
    struct point *p = *state;
    prepare_profiles(p);
    point_edit_hwobj(p, "perf_name: latency", "performance: latency");
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->err, "'performance' is now called 'perf_name'");
    point_contains(point_read(p, "model.yaml"), "perf_name: latency\n");
    point_edit_hwobj(p, "performance: latency", "performance: power");
    point_expect(p, 2, "profs: no primitive has a value of 'power'",
                 genmodel); /* the name counts */
}

/* A model file says all that a prediction needs; the config files may be gone. */
static void point_03_model_file_is_complete(void **state)
{
    struct point *p = *state;
    prepare_profiles(p);
    point_expect(p, 0, NULL, genmodel);
    const struct awh_yaml *model = point_yaml(p, "model.yaml");
    const struct awh_yaml *prof = awh_yaml_get(model, "prof_prims_cfg");
    assert_true(awh_yaml_equal(prof, awh_yaml_get(point_yaml(p, "hwobj.yaml"), "prof_prims_cfg")));
    assert_true(awh_yaml_is_str(awh_yaml_get(model, "perf_name"), "latency"));
    assert_int_equal(awh_yaml_get(model, "preprocessors")->list.count, 1);
    point_write(p, "cfg.yaml", "gone\n");
    point_write(p, "hwobj.yaml", "gone\n");
    point_expect(p, 0, NULL, "predict model.yaml --random 3 --format csv");
    assert_int_equal(point_count(p->out, "\n\"image_size=32, cell_0=1, "), 3);
}

/* The documentation's example, whose names aw_nas refuses with a TypeError. */
static void point_04_stale_names_are_refused_by_their_new_names(void **state)
{
    static const char stale_objective[] = "objective_type: container\n"
                                          "objective_cfg:\n"
                                          "  sub_objectives:\n"
                                          "  - objective_type: hardware\n"
                                          "    objective_cfg:\n"
                                          "      hardware_obj_type: table\n"
                                          "      hardware_obj_cfg:\n"
                                          "        prof_prims_cfg: {default_prim_type: a}\n"
                                          "      hardware_model_path: null\n"
                                          "      preprocessors: [flatten]\n";
    static const char *const told[] = {
        "objective_cfg.sub_objectives[0].objective_cfg.hardware_obj_type: ",
        "'hardware_obj_type' is now hwperfmodel_type (in an objective hardware_perfmodel_type)",
        "'hardware_obj_cfg' is now hwperfmodel_cfg (in an objective hardware_perfmodel_cfg)",
        "'hardware_model_path' is now hardware_model_paths, a list",
        "'default_prim_type' is now prof_prims_cfg.primitive_type",
        "'preprocessors' is now hwperfmodel_cfg.preprocessors",
        "prof_prims_cfg now has a spatial_size",
    };
    struct point *p = *state;
    /* As HWOBJ, with and without what makes one of it; as CFG, whose objective genprof ignores. */
    for (int mixin = 0; mixin < 2; mixin++) {
        point_write(p, "hwobj.yaml", stale_objective);
        if (mixin)
            point_edit_hwobj(p, "objective_type",
                             "mixin_search_space_type: ofa_mixin\nobjective_type");
        point_expect(p, 2, "hwobj.yaml:", genprof);
        for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
            point_contains(p->err, told[i]);
        assert_false(point_has(p, "results"));
    }
    point_write(p, "hwobj.yaml", point_hwobj);
    point_edit_cfg(p, "rollout_type: ofa\n", stale_objective);
    point_expect(p, 0, NULL, genprof);
    point_contains(p->err, "warning: cfg.yaml:6: objective_cfg.sub_objectives[0]");
    point_contains(p->err, told[1]);
    /* image_size_choice, which the example lacks. */
    point_write(p, "cfg.yaml", point_cfg);
    point_edit_cfg(p, "  image_size_choice: [32]\n", "");
    point_expect(p, 0, NULL, genprof);
    point_contains(p->err, "image_size_choice is missing");
}

/* Profiled with relu6, predicted with relu: aw_nas counts 0 for whole stages. */
static void point_05_other_prof_prims_cfg_is_counted(void **state)
{
    static const char objective[] =
        "objective_type: hardware\n"
        "objective_cfg:\n"
        "  hardware_perfmodel_type: table\n"
        "  hardware_perfmodel_cfg:\n"
        "    prof_prims_cfg: {spatial_size: 32, base_channels: [8, 8, 16, 24], strides: [1, 2, "
        "2],\n"
        "      acts: [relu, relu, h_swish], primitive_type: mobilenet_v2_block}\n"
        "rollout_type: ofa\n";
    static const char count[] = "8 of the 18 primitives that this asks for are not ";
    struct point *p = *state;
    point_edit_cfg(p, "rollout_type: ofa\n", objective);
    point_genprof(p);
    point_contains(p->err, "cfg.yaml:5: objective_cfg.hardware_perfmodel_cfg.prof_prims_cfg: ");
    point_contains(p->err, count);
    point_contains(p->err, "the first: mobilenet_v2_block 8 16 16 1 true activation=relu");
    point_profile(p, "profs", 3);
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->err, count);
    /* The same in the model's own section of HWOBJ: then predictions ask for it. */
    point_write(p, "cfg.yaml", point_cfg);
    point_edit_hwobj(p, "{perf_name: latency}",
                     "\n  prof_prims_cfg: {spatial_size: 32, base_channels: [8, 8, 16, 24],\n"
                     "    strides: [1, 2, 2], acts: [relu, relu, h_swish]}");
    point_expect(p, 0, NULL, genmodel);
    point_contains(p->err, "differs from the prof_prims_cfg that was profiled");
    point_contains(p->err, count);
    point_expect(p, 0, NULL, "predict model.yaml --random 20 --format csv");
    point_contains(p->err, "of 20 architectures were never measured and count 0");
}

static void point_06_last_of_a_key_given_twice_wins(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "  max_layers: 5\n",
                     "  base_cfg_template: {final_model_type: first, early: 1}\n  max_layers: 5\n");
    point_genprof(p);
    point_contains(p->err,
                   "profiling_net_cfg: the key 'base_cfg_template' was already given in line");
    char *net = point_read(p, "results/prof_nets/0.yaml");
    point_contains(net, "final_model_type: general_final_model\n");
    point_lacks(net, "early");
}

/* One schema for genprof and predictions: base_channels and strides, the rest has defaults. */
static void point_07_required_and_default_keys(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "  spatial_size: 32\n", "");
    point_edit_hwobj(p, "  primitive_type: mobilenet_v2_block\n", "");
    point_edit_hwobj(p, "  image_size: 32\n", "");
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    point_edit_hwobj(p, "  strides:",
                     "  primitive_type: mobilenet_v2_block\n  spatial_size: 224\n  stem_stride: 2\n"
                     "  stem_type: conv_3x3\n  mult_ratio: 1\n  sample: null\n  strides:");
    point_genprof(p);
    assert_string_equal(point_read(p, "results/prof_prims.yaml"), prims);
    point_contains(prims, "prim_type: conv_3x3\n  spatial_size: 224\n  stride: 2\n");
    point_edit_hwobj(p, "  strides: [1, 2, 2]\n", "");
    point_expect(p, 2, "prof_prims_cfg: the key 'strides' is missing", genprof);
    point_write(p, "hwobj.yaml", point_hwobj);
    point_edit_hwobj(p, "  base_channels: [8, 8, 16, 24]\n", "");
    point_expect(p, 2, "prof_prims_cfg: the key 'base_channels' is missing", genprof);
}

static void point_08_null_is_the_same_as_absent(void **state)
{
    struct point *p = *state;
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 5 --json");
    char *samples = p->out;
    point_edit_hwobj(p,
                     "  acts:", "  use_ses: null\n  stem_type: null\n  mult_ratio: null\n  acts:");
    point_genprof(p);
    assert_string_equal(point_read(p, "results/prof_prims.yaml"), prims);
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 5 --json");
    assert_string_equal(p->out, samples);
}

static void point_09_as_dict_is_ignored(void **state)
{
    struct point *p = *state;
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    for (int on = 0; on < 2; on++) {
        point_edit_hwobj(p, "  acts:", on ? "  acts:" : "  as_dict: false\n  acts:");
        point_edit_hwobj(p, "as_dict: false", on ? "as_dict: true" : "as_dict: false");
        point_genprof(p);
        point_lacks(p->err, "as_dict");
        assert_string_equal(point_read(p, "results/prof_prims.yaml"), prims);
    }
}

/* mixin_search_space_type decides, and mixin_search_space_cfg where a key is in both. */
static void point_10_mixin_wins(void **state)
{
    struct point *p = *state;
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    point_edit_cfg(p, "search_space_type: ofa", "search_space_type: nasbench-101");
    point_genprof(p);
    assert_string_equal(point_read(p, "results/prof_prims.yaml"), prims);
    point_edit_hwobj(p, "  fixed_primitives: null\n", "  width_choice: [4]\n");
    point_genprof(p);
    point_contains(p->err,
                   "mixin_search_space_cfg.width_choice: is in search_space_cfg too (line 7); "
                   "the value of mixin_search_space_cfg is used");
    prims = point_read(p, "results/prof_prims.yaml");
    point_contains(prims, "expansion: 4\n");
    point_lacks(prims, "expansion: 3\n");
}

/* genprof reads a list, parse one compiler: either, everywhere. */
static void point_11_one_compiler_or_a_list(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "hwperfmodel_type",
                     "hardware_compilers:\n"
                     "- {hardware_compiler_type: dpu, hardware_compiler_cfg: {stages: [program]}}\n"
                     "- {hardware_compiler_type: onnx}\n"
                     "hwperfmodel_type");
    point_genprof(p); /* as in aw_nas, a list needs no -c */
    assert_true(point_has(p, "results/hardwares/0-dpu/0/0.awp"));
    assert_true(point_has(p, "results/hardwares/1-onnx/0/whole.yaml") ||
                point_has(p, "results/hardwares/1-onnx/0/prim2names.yaml"));
    point_write(p, "hwobj.yaml", point_hwobj);
    point_edit_hwobj(p, "hwperfmodel_type",
                     "hardware_compiler_type: dpu\nhardware_compiler_cfg: {stages: [program]}\n"
                     "hwperfmodel_type");
    point_genprof(p); /* the examples' single one is said, and taken with -c */
    point_contains(p->out, "-c dpu does (hardware_compiler_type)");
    assert_false(point_has(p, "results/hardwares"));
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c dpu");
    assert_true(point_has(p, "results/hardwares/0-dpu/0/0.awp"));
}

/* Spellings of the documentation. */
static void point_12_spellings_of_the_documentation(void **state)
{
    struct point *p = *state;
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml --result_dir results --num_sample 2");
    point_profile(p, "profs", 1);
    point_expect(p, 0, NULL, "genmodel cfg.yaml hwobj.yaml profs --result_file model.yaml");
    assert_true(point_has(p, "model.yaml"));
    point_expect(p, 0, NULL, "net2primitive --help");
    point_contains(p->out, "--result-file");
    point_edit_hwobj(p, "{perf_name: latency}",
                     "{preprocessors: [block_sum, flatten, extrace_lstm_features]}");
    point_expect(p, 2, "'extrace_lstm_features' is spelt 'extract_lstm_features'", genmodel);
}

/* The documentation knows one model; list and the error tell those that there are. */
static void point_13_models_are_listed(void **state)
{
    struct point *p = *state;
    point_expect(p, 0, NULL, "list models");
    point_contains(p->out, "table");
    point_contains(p->out, "regression");
    prepare_profiles(p);
    point_edit_hwobj(p, "hwperfmodel_type: table", "hwperfmodel_type: forest");
    point_expect(p, 2, "hwperfmodel_type: unknown model 'forest'; there are table, regression",
                 genmodel);
}

int main(void)
{
#define POINT(name) cmocka_unit_test_setup_teardown(name, point_setup, point_teardown)
    const struct CMUnitTest tests[] = {
        POINT(point_01_old_names_of_sections),
        POINT(point_02_performance_is_perf_name),
        POINT(point_03_model_file_is_complete),
        POINT(point_04_stale_names_are_refused_by_their_new_names),
        POINT(point_05_other_prof_prims_cfg_is_counted),
        POINT(point_06_last_of_a_key_given_twice_wins),
        POINT(point_07_required_and_default_keys),
        POINT(point_08_null_is_the_same_as_absent),
        POINT(point_09_as_dict_is_ignored),
        POINT(point_10_mixin_wins),
        POINT(point_11_one_compiler_or_a_list),
        POINT(point_12_spellings_of_the_documentation),
        POINT(point_13_models_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Points 14 to 25: commands and the files between them. Points 24 and 25 are about `latency`, and
 * in latency_test.c. */
#include "points.h"

#include <math.h>

#include "mapping/outliers.h"

static const char genprof[] = "genprof cfg.yaml hwobj.yaml -r results";

/* Value of a key that must be a number. */
static double real(const struct awh_yaml *map, const char *key)
{
    double value = 0;
    const struct awh_yaml *node = awh_yaml_get(map, key);
    if (node == NULL)
        fail_msg("no key '%s'", key);
    assert_int_equal(awh_yaml_real(node, &value, NULL), AW_OK);
    return value;
}

static double prim_perf(const struct awh_yaml *run, size_t i, const char *perf)
{
    const struct awh_yaml *prims = awh_yaml_get(run, "primitives");
    assert_true(i < prims->list.count);
    return real(awh_yaml_get(prims->list.items[i], "performances"), perf);
}

/* Nets, compiled for the DPU, and results of aw_nas's own form for them. */
static void prepare_results(struct point *p)
{
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c dpu");
    point_profile(p, "logs", 1);
}
#define PARSE_ARGUMENTS " hwobj.yaml logs results/prof_prims.yaml results/hardwares/0-dpu "

static void point_14_parse_is_also_net2primitive(void **state)
{
    struct point *p = *state;
    prepare_results(p);
    point_expect(p, 0, NULL, "parse" PARSE_ARGUMENTS "--result-dir parsed");
    assert_true(point_has(p, "parsed/4/0.yaml"));
    point_expect(p, 0, NULL, "net2primitive" PARSE_ARGUMENTS "--result-file table.yaml");
    assert_true(point_yaml(p, "table.yaml")->kind == AWH_YAML_MAP ||
                point_yaml(p, "table.yaml")->kind == AWH_YAML_SEQ);
    point_expect(p, 2, "--result-file is required", "net2primitive" PARSE_ARGUMENTS);
}

static void point_15_hwobj_type_is_honoured(void **state)
{
    struct point *p = *state;
    prepare_results(p);
    point_expect(p, 0, NULL, "parse" PARSE_ARGUMENTS "--result-dir parsed");
    assert_true(fabs(prim_perf(point_yaml(p, "parsed/1/0.yaml"), 2, "latency") -
                     point_latency(1, 2)) < 1e-12);
    point_expect(p, 0, NULL, "parse" PARSE_ARGUMENTS "--result-dir parsed --hwobj-type energy");
    const struct awh_yaml *run = point_yaml(p, "parsed/1/0.yaml");
    assert_true(fabs(prim_perf(run, 2, "energy") - 7 * point_latency(1, 2)) < 1e-12);
    assert_true(real(run, "overall_energy") > 0 && real(run, "block_sum_energy") > 0);
    assert_null(awh_yaml_get(run, "overall_latency"));
    point_expect(p, 2, "results found",
                 "parse" PARSE_ARGUMENTS "--result-dir no --hwobj-type power");
    assert_false(point_has(p, "no"));
}

/* What aw_nas calls a file, and lists as a directory, is one; its pickles are text here. */
static void point_16_prim_to_ops_is_a_directory(void **state)
{
    struct point *p = *state;
    prepare_results(p);
    char *names = point_read(p, "results/hardwares/0-dpu/0/prim2names.yaml");
    point_contains(names, "- names:\n  - 0_conv_1\n  primitive:\n    C: 3\n");
    point_expect(p, 2, "results/prof_prims.yaml",
                 "parse hwobj.yaml logs results/prof_prims.yaml results/prof_prims.yaml "
                 "--result-dir parsed");
    assert_false(point_has(p, "parsed"));
}

/* The DPU's log, which the reference cannot read at all: three lines of head and tail, columns. */
static void point_17_dpu_logs_are_read(void **state)
{
    static const char log[] =
        "some output before\n"
        "=====================================================================\n"
        "[DNNDK] Performance profile - DPU Kernel \"0\" DPU Task \"0-0\"\n"
        "=====================================================================\n"
        "  ID  NodeName Workload(MOP) Mem(MB) RunTime(ms) Perf(GOPS) Utilization MB/S\n"
        "   1  0_conv_1         2.500    0.25       0.500        5.0        0.4%  500.0\n"
        "   2  0_conv_2         2.500    0.25       0.250       10.0        0.8% 1000.0\n"
        "   3  0_conv_3         2.500    0.25       0.125       20.0        1.6% 2000.0\n"
        "\n"
        "                Total Nodes In Avg:\n"
        "                     All         7.500    0.75       0.875        8.6        0.7%  857.1\n"
        "=====================================================================\n";
    struct point *p = *state;
    prepare_results(p);
    point_write(p, "dpu/0.txt", log);
    point_expect(p, 0, NULL,
                 "parse hwobj.yaml dpu results/prof_prims.yaml results/hardwares/0-dpu "
                 "--result-dir parsed");
    const struct awh_yaml *run = point_yaml(p, "parsed/0/0.yaml");
    assert_true(fabs(prim_perf(run, 0, "latency") - 0.5) < 1e-12);
    assert_true(fabs(prim_perf(run, 1, "latency") - 0.375) < 1e-12); /* its two layers */
    assert_true(fabs(real(run, "overall_latency") - 0.875) < 1e-12);
    /* Primitives that were not measured are left out. */
    assert_int_equal(awh_yaml_get(run, "primitives")->list.count, 2);
    assert_true(fabs(real(run, "block_sum_latency") - 0.875) < 1e-12);
}

/* aw_nas: -c dpu is a ConfigException without input_size, -c xavier needs a GPU. */
static void point_18_compilers_need_no_input_size_and_no_gpu(void **state)
{
    struct point *p = *state;
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c dpu -c xavier");
    assert_true(point_has(p, "results/hardwares/0-dpu/4/4.awp"));
    assert_true(point_has(p, "results/hardwares/1-xavier/4/4_whole@3x32x32.onnx") ||
                point_has(p, "results/hardwares/1-xavier/4/1-xavier-4_whole@3x32x32.onnx"));
}

/* aw_nas's xavier compiler leaves the next one only the last primitive, and drops primitives that
 * it takes for stem or glue. */
static void point_19_a_compiler_does_not_change_the_net(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "fixed_primitives: null",
                     "fixed_primitives: [{prim_type: conv_1x1, spatial_size: 16, C: 8, C_out: 8, "
                     "stride: 1, affine: true}]");
    point_edit_hwobj(p, "  max_layers: 5\n", "  max_layers: 5\n  fix_stem_layer: false\n");
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r alone -c dpu");
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c xavier -c dpu");
    bool conv = false;
    for (int net = 0; net < 4; net++) {
        char path[80];
        snprintf(path, sizeof(path), "alone/hardwares/0-dpu/%d/prim2names.yaml", net);
        char *names = point_read(p, path);
        snprintf(path, sizeof(path), "results/hardwares/1-dpu/%d/prim2names.yaml", net);
        assert_string_equal(point_read(p, path), names);
        snprintf(path, sizeof(path), "results/prof_nets/%d.yaml", net);
        char *genotypes = point_read(p, path);
        snprintf(path, sizeof(path), "alone/prof_nets/%d.yaml", net);
        assert_string_equal(point_read(p, path), genotypes);
        assert_int_equal(point_count(names, "- names:"), point_count(genotypes, "prim_type:"));
        /* Layer 0 is a primitive like any other, as there is no stem. */
        snprintf(path, sizeof(path), "results/hardwares/0-xavier/%d/prim2names.yaml", net);
        assert_int_equal(point_count(point_read(p, path), "- names:"),
                         point_count(genotypes, "prim_type:"));
        conv = conv ||
               strstr(names, "prim_type: conv_1x1\n    spatial_size: 16\n    stride: 1") != NULL;
    }
    assert_true(conv);
}

/* Data whose fullest bin is the last one: aw_nas drops all of it. */
static void point_20_histogram_of_constant_data(void **state)
{
    static const struct {
        double samples[6];
        size_t count, kept;
    } rows[] = {
        {{5, 5, 5, 5, 5}, 5, 5},
        {{5}, 1, 1},
        {{1, 5, 5, 5, 5}, 5, 4},
        {{5, 5, 5, 5, 9}, 5, 4},
    };
    struct point *p = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double kept[6];
        size_t count;
        struct awh_diag diag = {0};
        assert_int_equal(
            awh_histogram_keep(rows[i].samples, rows[i].count, 1e-4, kept, &count, &diag), AW_OK);
        if (i < 3)
            assert_int_equal(count, rows[i].kept);
        assert_true(count > 0);
        for (size_t k = 0; i < 3 && k < count; k++)
            assert_true(kept[k] == 5);
    }
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c xavier");
    point_write(p, "logs/0-xavier-0_0@8x16x16.txt", "");
    point_expect(p, 2, "logs/0-xavier-0_0@8x16x16.txt",
                 "parse hwobj.yaml logs results/prof_prims.yaml results/hardwares/0-xavier "
                 "--outliers histogram --result-dir parsed");
}

/* Lines without a date, or with more dashes; a net whose name contains "whole". */
static void point_21_trtexec_lines_of_any_prefix(void **state)
{
    static const char *const lines[] = {
        "Average on 10 runs - GPU latency: 1.5 ms - Host latency: 9 ms (end to end 9 ms)\n",
        "[02/16/2021-18:13:27] [I] Average on 10 runs - GPU latency: 1.5 ms - Host latency: 9 ms\n",
        "[02-16-2021-18:13:27] [I] Average on 10 runs - GPU latency: 1.5 ms - Host latency: 9 ms\n",
    };
    static const char command[] =
        "parse hwobj.yaml logs results/prof_prims.yaml results/hardwares/0-xavier "
        "--outliers histogram --result-dir parsed";
    struct point *p = *state;
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results -c xavier");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        point_write(p, "logs/0-xavier-0_0@8x16x16.txt", lines[i]);
        point_expect(p, 0, NULL, command);
        const struct awh_yaml *run = point_yaml(p, "parsed/0/0.yaml");
        assert_true(fabs(prim_perf(run, 0, "latency") - 1.5) < 1e-12);
        assert_null(awh_yaml_get(run, "overall_latency")); /* no log of the whole net */
    }
    static const char prim[] = "- {C: 8, C_out: 8, affine: true, prim_type: conv_3x3, "
                               "spatial_size: 32, stride: 1}\n";
    point_write(p, "hw/wholemeal/x-wholemeal_0@8x32x32.yaml", prim);
    point_write(p, "hw/wholemeal/x-wholemeal_whole@8x32x32.yaml", prim);
    point_write(p, "whole/x-wholemeal_0@8x32x32.txt", lines[0]);
    point_expect(p, 0, NULL,
                 "parse hwobj.yaml whole results/prof_prims.yaml hw --result-dir parsed");
    const struct awh_yaml *run = point_yaml(p, "parsed/wholemeal/wholemeal.yaml");
    assert_true(fabs(prim_perf(run, 0, "latency") - 1.5) < 1e-12);
    assert_null(awh_yaml_get(run, "overall_latency"));
}

/* aw_nas asks on the standard input whether to delete, and ends with 0 on no. */
static void point_22_never_prompts(void **state)
{
    struct point *p = *state;
    point_write(p, "results/mine.txt", "precious");
    point_expect(p, 2, "results",
                 genprof); /* its input is /dev/null: a question would hang or end */
    assert_string_equal(point_read(p, "results/mine.txt"), "precious");
    assert_false(point_has(p, "results/config.yaml"));
    assert_false(point_has(p, "results/prof_prims.yaml"));
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results --force");
    assert_false(point_has(p, "results/mine.txt"));
    point_expect(p, 0, NULL, genprof); /* its own are replaced without a question */
    point_write(p, "parsed/mine.txt", "precious");
    point_profile(p, "logs", 1);
    point_expect(p, 2, "parsed",
                 "parse hwobj.yaml logs results/prof_prims.yaml results/prof_nets "
                 "--result-dir parsed");
    assert_string_equal(point_read(p, "parsed/mine.txt"), "precious");
}

/* The order of the folder must not matter; what is no result is left out, and said. */
static void point_23_genmodel_sorts_and_skips_what_is_empty(void **state)
{
    static const char genmodel[] = "genmodel cfg.yaml hwobj.yaml profs --result-file model.yaml";
    struct point *p = *state;
    point_genprof(p);
    point_profile(p, "profs", 3);
    point_expect(p, 0, NULL, genmodel);
    char *model = point_read(p, "model.yaml");
    point_write(p, "profs/10/readme.txt", "no run\n");
    point_write(p, "profs/11/0.yaml", "overall_latency: 3\nprimitives: []\n");
    point_write(p, "profs/12/0.yaml", "overall_latency: 3\n");
    point_write(p, "profs/0/xyaml", "not YAML: [\n");
    point_write(p, "profs/notes.txt", "not a net\n");
    point_expect(p, 0, NULL, genmodel);
    assert_string_equal(point_read(p, "model.yaml"), model);
    point_contains(p->err, "profs/10: no measured run; the net is left out");
    point_contains(p->err, "profs/11/0.yaml: no primitives; the run is left out");
    point_contains(p->err, "profs/12/0.yaml: no primitives; the run is left out");
    point_write(p, "none/0/0.yaml", "primitives: []\n");
    point_expect(p, 2, "none", "genmodel cfg.yaml hwobj.yaml none --result-file model2.yaml");
}

int main(void)
{
#define POINT(name) cmocka_unit_test_setup_teardown(name, point_setup, point_teardown)
    const struct CMUnitTest tests[] = {
        POINT(point_14_parse_is_also_net2primitive),
        POINT(point_15_hwobj_type_is_honoured),
        POINT(point_16_prim_to_ops_is_a_directory),
        POINT(point_17_dpu_logs_are_read),
        POINT(point_18_compilers_need_no_input_size_and_no_gpu),
        POINT(point_19_a_compiler_does_not_change_the_net),
        POINT(point_20_histogram_of_constant_data),
        POINT(point_21_trtexec_lines_of_any_prefix),
        POINT(point_22_never_prompts),
        POINT(point_23_genmodel_sorts_and_skips_what_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

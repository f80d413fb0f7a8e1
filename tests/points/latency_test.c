/* Points 24 and 25 of aw_nas's inconsistencies: its latency.py, and what awnas-hw does instead. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"
#include "flow/flow.h"
#include "timing/engine.h"

#define SAMPLES 8 /* the faster half of which becomes runs */

static const char net[] =
    "final_model_cfg:\n"
    "  genotypes:\n"
    "  - {prim_type: conv_3x3, spatial_size: 16, C: 3, C_out: 8, stride: 2, affine: true}\n"
    "  - {prim_type: conv_1x1, spatial_size: 8, C: 8, C_out: 16, stride: 1, affine: true}\n";

struct point {
    struct awh_arena arena;
    char dir[64];
    FILE *out;
};

static void quiet(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static int set_up(void **state)
{
    struct point *p = calloc(1, sizeof *p);
    *state = p;
    snprintf(p->dir, sizeof p->dir, "/tmp/awnas-hw-point-XXXXXX");
    awh_arena_init(&p->arena);
    p->out = tmpfile();
    return !mkdtemp(p->dir) || !p->out;
}

static int tear_down(void **state)
{
    struct point *p = *state;
    enum aw_err err = awh_dir_remove(p->dir, NULL);
    fclose(p->out);
    awh_arena_release(&p->arena);
    free(p);
    return err != AW_OK;
}

static const char *in(struct point *p, const char *name)
{
    return awh_path_join(&p->arena, p->dir, name);
}

/* Two nets whose names differ behind the first dot. */
static void measure(struct point *p)
{
    const char *const paths[] = {in(p, "a.1.yaml"), in(p, "a.2.yaml")};
    const struct awh_latency_options options = {.net_paths = paths,
                                                .net_count = 2,
                                                .perf_dir = in(p, "perf"),
                                                .device = "-1",
                                                .forward_time = SAMPLES,
                                                .mode = "fused",
                                                .precision = "fp32",
                                                .precision_target = "2",
                                                .time_budget = "0.2"};
    struct awh_diag diag = {.warn = quiet};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(awh_file_write(paths[i], net, strlen(net), NULL), AW_OK);
    if (awh_latency(&options, p->out, &diag))
        fail_msg("%s", diag.text);
}

static double real(const struct awh_yaml *map, const char *key)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    double value = 0.0;
    if (!node)
        fail_msg("no key %s", key);
    assert_int_equal(awh_yaml_real(node, &value, NULL), AW_OK);
    return value;
}

/* The directory is the file's name without ".yaml"; aw_nas cuts it at the first dot, and both nets
 * would be "a". Its help has the texts of --perf_dir and --forward_time swapped. */
static void point_24_latency_keeps_full_names(void **state)
{
    struct point *p = *state;
    char help[4096];
    measure(p);
    assert_true(awh_path_exists(in(p, "perf/a.1/0.yaml")));
    assert_true(awh_path_exists(in(p, "perf/a.2/0.yaml")));
    assert_false(awh_path_exists(in(p, "perf/a")));
    FILE *pipe = popen(AWNAS_BINARY_DIR "/awnas-hw latency --help", "r");
    help[fread(help, 1, sizeof help - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    const char *dir = strstr(help, "--perf-dir DIR"), *times = strstr(help, "--forward-time N");
    assert_non_null(dir);
    assert_non_null(times);
    assert_memory_equal(dir + 14 + strspn(dir + 14, " "), "where to write", 14);
    assert_memory_equal(times + 16 + strspn(times + 16, " "), "accepted samples", 16);
}

/* A run is a pass with a time of each layer (their sum is block_sum_latency) and one without
 * (overall_latency), as in aw_nas, but inference alone, on a clock that nobody sets. */
static void point_25_latency_passes_and_clock(void **state)
{
    struct point *p = *state;
    measure(p);
    for (int run = 0; run < SAMPLES / 2; run++) {
        struct awh_yaml *root;
        const char *path = awh_arena_printf(&p->arena, "%s/perf/a.1/%d.yaml", p->dir, run);
        assert_int_equal(awh_yaml_load_file(&p->arena, path, &root, NULL), AW_OK);
        const struct awh_yaml *prims = awh_yaml_get(root, "primitives");
        double sum = 0.0;
        assert_int_equal(prims->list.count, 2);
        for (size_t i = 0; i < 2; i++)
            sum += real(awh_yaml_get(prims->list.items[i], "performances"), "latency");
        assert_true(sum > 0.0);
        assert_true(fabs(sum - real(root, "block_sum_latency")) <= 1e-9 * sum);
        assert_true(real(root, "overall_latency") > 0.0);
        assert_true(awh_yaml_is_str(awh_yaml_get(awh_yaml_get(root, "device"), "clock"),
                                    "CLOCK_MONOTONIC"));
        assert_true(awh_yaml_is_str(awh_yaml_get(root, "unit"), "ms"));
    }
    assert_false(awh_path_exists(in(p, "perf/a.1/8.yaml")));
}

int main(void)
{
    if (awh_engine_find("cpu")->missing) {
        print_message("%s\n", awh_engine_find("cpu")->missing);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(point_24_latency_keeps_full_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(point_25_latency_passes_and_clock, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The command `latency` from end to end on the fake's GPU: what the engine says and does reaches
 * the files. */
#include "timing/cuda/fake_testing.h"

#include "base/path.h"
#include "flow/flow.h"

static const char prims[] = "- {prim_type: mobilenet_v3_block, spatial_size: 8, C: 8, C_out: 8,\n"
                            "   stride: 1, affine: true, kernel_size: 3, expansion: 2,\n"
                            "   activation: h_swish, use_se: true}\n"
                            "- {prim_type: conv_3x3, spatial_size: 16, C: 3, C_out: 8, stride: 2,\n"
                            "   affine: true}\n";

/* A directory of its own for each row, below the build. */
static void make_input(struct awh_arena *arena, const char *row, const char **prims_out,
                       const char **perf_out)
{
    struct awh_diag diag = {0};
    const char *dir = awh_arena_printf(arena, "%s/cuda-latency-test/%s", AWNAS_BINARY_DIR, row);
    assert_non_null(dir);
    if (awh_dir_remove(dir, &diag) || awh_dir_make(dir, &diag))
        fail_msg("%s", diag.text);
    *prims_out = awh_path_join(arena, dir, "prims.yaml");
    *perf_out = awh_path_join(arena, dir, "perf");
    if (awh_file_write(*prims_out, prims, sizeof(prims) - 1, &diag))
        fail_msg("%s", diag.text);
}

static const char *text_of(struct awh_arena *arena, const char *dir, const char *name)
{
    struct awh_diag diag = {0};
    char *bytes;
    size_t size;
    if (awh_file_read(arena, awh_path_join(arena, dir, name), 1 << 20, &bytes, &size, &diag))
        fail_msg("%s", diag.text);
    return bytes;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void files_come_from_the_gpu(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {0};
        struct awh_latency_options options = {.device = "1",
                                              .forward_time = 5,
                                              .mode = awh_timing_mode_name(rows[i].mode),
                                              .precision = awh_precision_name(rows[i].precision),
                                              .precision_target = "2",
                                              .cold = rows[i].cold,
                                              .quiet = true};
        awh_arena_init(&arena);
        make_input(&arena, rows[i].name, &options.prims_path, &options.perf_dir);
        start(&machine);
        if (awh_latency(&options, stdout, &diag))
            fail_msg("%s: %s", rows[i].name, diag.text);
        assert_clean(rows[i].name);
        const char *text = text_of(&arena, options.perf_dir, "prim_0.layers.yaml");
        expect(text, "name: Fake GPU 1");
        expect(text, "kernel:gap");
        expect(text, rows[i].mode == AWH_TIMING_FUSED ? "launch: cuda graph" : "launch: stream");
        text = text_of(&arena, options.perf_dir, "prof_primitive.yaml");
        expect(text, "prim_type: conv_3x3");
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_from_the_gpu),
    };
    return cmocka_run_group_tests(tests, NULL, forget_fake);
}

/* How genprof's time and memory grow with the number of primitives. */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "base/stats.h"
#include "base/str.h"
#include "flow/bench.h"
#include "flow/flow.h"

/* aw_nas on a space of this size, on a machine of this class, and what is asked of us. */
#define CASE_PRIMS 1762
#define AW_NAS_MS  3780
#define AW_NAS_MB  336
#define BOUND_MS   60
#define BOUND_MB   30

#define RUNS_MAX       5
#define RUN_ONCE_ABOVE 20000

struct figures {
    double wall_ms, user_ms, system_ms, peak_mb;
};

struct curve {
    struct awh_arena arena;
    char *dir;
    struct awh_diag *diag;
    FILE *out;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static double timeval_ms(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec * 1e-3;
}

/* Primitive i of a synthetic space: every i below the product of the counts is another one, and any
 * stretch of them is spread over the whole space. */
static void append_prim(struct awh_str *text, uint64_t i)
{
    static const char *const acts[] = {"relu", "relu6", "h_swish"};
    static const int sizes[] = {112, 56, 28, 14, 7}, expansions[] = {1, 3, 4, 6};
    const uint64_t count = UINT64_C(32) * 32 * 2 * 5 * 4 * 3 * 3 * 2;
    uint64_t n = i * UINT64_C(400009) % count; /* a prime that does not divide it */
    unsigned c = (unsigned)(n % 32), c_out = (unsigned)(n / 32 % 32);
    n /= 32 * 32;
    unsigned stride = (unsigned)(n % 2), size = (unsigned)(n / 2 % 5),
             expansion = (unsigned)(n / 10 % 4), kernel = (unsigned)(n / 40 % 3),
             act = (unsigned)(n / 120 % 3), se = (unsigned)(n / 360 % 2);
    awh_str_printf(
        text,
        "  - {prim_type: mobilenet_v3_block, spatial_size: %d, C: %u, C_out: %u, stride: "
        "%u, affine: true, activation: %s, expansion: %d, kernel_size: %u, use_se: %s}\n",
        sizes[size], 16 + 8 * c, 16 + 8 * c_out, 1 + stride, acts[act], expansions[expansion],
        3 + 2 * kernel, se ? "true" : "false");
}

static enum aw_err write_configs(const struct curve *curve, uint64_t prims, const char *cfg,
                                 const char *hwobj)
{
    static const char search_space[] = "search_space_cfg: {}\n";
    struct awh_str text;
    awh_str_init(&text);
    awh_str_append(&text, "mixin_search_space_type: general\nprof_prims_cfg: {}\n"
                          "profiling_net_cfg:\n  image_size: 224\n  max_layers: 20\n"
                          "  base_cfg_template: {final_model_type: general_final_model}\n"
                          "mixin_search_space_cfg:\n  fixed_primitives:\n");
    for (uint64_t i = 0; i < prims; i++)
        append_prim(&text, i);
    enum aw_err err = text.failed ? awh_fail_mem(curve->diag)
                                  : awh_file_write(hwobj, text.text, text.size, curve->diag);
    if (!err)
        err = awh_file_write(cfg, search_space, sizeof search_space - 1, curve->diag);
    awh_str_release(&text);
    return err;
}

static _Noreturn void child(const struct awh_genprof_options *options)
{
    struct awh_diag diag = {0};
    enum aw_err err = awh_genprof(options, stdout, &diag);
    if (err)
        fprintf(stderr, "awnas-hw: %s\n", diag.text);
    fflush(stderr);
    _exit(err ? 1 : 0);
}

/* One run in a process of its own, for its own peak of memory. */
static enum aw_err run_once(const struct curve *curve, const struct awh_genprof_options *options,
                            struct figures *figures_out)
{
    struct rusage usage;
    int status;
    fflush(curve->out);
    double start = now_ms();
    pid_t pid = fork();
    if (pid == 0)
        child(options);
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        return awh_fail(curve->diag, AW_ERR_IO, "cannot start a process");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return awh_fail(curve->diag, AW_ERR_STATE, "genprof failed on a synthetic space");
    *figures_out = (struct figures){
        .wall_ms = now_ms() - start,
        .user_ms = timeval_ms(usage.ru_utime),
        .system_ms = timeval_ms(usage.ru_stime),
        .peak_mb = (double)usage.ru_maxrss / 1024,
    };
    return AW_OK;
}

/* Every run writes a directory of its own: a file system takes longer to make files just after it
 * removed many. */
static enum aw_err run_case(struct curve *curve, uint64_t prims, struct figures *figures_out)
{
    char *cfg = awh_path_join(&curve->arena, curve->dir, "cfg.yaml");
    char *hwobj = awh_path_join(&curve->arena, curve->dir, "hwobj.yaml");
    double wall[RUNS_MAX], user[RUNS_MAX], kernel[RUNS_MAX];
    struct figures figures = {0};
    size_t runs = prims > RUN_ONCE_ABOVE ? 1 : RUNS_MAX;
    if (!cfg || !hwobj)
        return awh_fail_mem(curve->diag);
    enum aw_err err = write_configs(curve, prims, cfg, hwobj);
    for (size_t i = 0; !err && i < runs; i++) {
        char *results = awh_arena_printf(&curve->arena, "%s/results-%llu-%zu", curve->dir,
                                         (unsigned long long)prims, i);
        struct awh_genprof_options options = {.cfg_path = cfg,
                                              .hwobj_path = hwobj,
                                              .result_dir = results,
                                              .seed = 1,
                                              .no_compile = true,
                                              .quiet = true};
        struct figures run = {0};
        if (!results)
            return awh_fail_mem(curve->diag);
        if ((err = run_once(curve, &options, &run)))
            return err;
        wall[i] = run.wall_ms;
        user[i] = run.user_ms;
        kernel[i] = run.system_ms;
        figures.peak_mb = fmax(figures.peak_mb, run.peak_mb);
    }
    if (err)
        return err;
    figures.wall_ms = awh_median(wall, runs);
    figures.user_ms = awh_median(user, runs);
    figures.system_ms = awh_median(kernel, runs);
    *figures_out = figures;
    return AW_OK;
}

static enum aw_err run_curve(struct curve *curve, uint64_t up_to)
{
    static const uint64_t sizes[] = {1000, CASE_PRIMS, 5000, 10000, 20000, 50000, 100000, 200000};
    struct figures the_case = {0};
    double first = 0, last = 0;
    fprintf(curve->out, "%10s  %10s  %10s  %10s  %10s  %14s\n", "primitives", "wall ms", "user ms",
            "system ms", "peak MB", "cpu ns/n log2n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && sizes[i] <= up_to; i++) {
        struct figures figures = {0};
        enum aw_err err = run_case(curve, sizes[i], &figures);
        if (err)
            return err;
        double n = (double)sizes[i];
        last = (figures.user_ms + figures.system_ms) * 1e6 / (n * log2(n));
        first = first > 0 ? first : last;
        if (sizes[i] == CASE_PRIMS)
            the_case = figures;
        fprintf(curve->out, "%10llu  %10.1f  %10.1f  %10.1f  %10.1f  %14.0f\n",
                (unsigned long long)sizes[i], figures.wall_ms, figures.user_ms, figures.system_ms,
                figures.peak_mb, last);
        fflush(curve->out);
    }
    fprintf(curve->out,
            "from the first to the last size, CPU time grew %.2f times as fast as n log n\n",
            last / first);
    if (the_case.wall_ms > 0)
        fprintf(curve->out,
                "%d primitives: %.1f ms and %.1f MB (bounds %d ms, %d MB; aw_nas %d ms, %d MB)\n",
                CASE_PRIMS, the_case.wall_ms, the_case.peak_mb, BOUND_MS, BOUND_MB, AW_NAS_MS,
                AW_NAS_MB);
    return AW_OK;
}

enum aw_err awh_bench_curve(uint64_t up_to, FILE *out, struct awh_diag *diag)
{
    struct curve curve = {.diag = diag, .out = out};
    struct awh_diag ignored = {0};
    if (up_to < 1000)
        return awh_fail(diag, AW_ERR_RANGE, "--up-to: expected at least 1000");
    awh_arena_init(&curve.arena);
    enum aw_err err = awh_bench_make_dir(&curve.arena, &curve.dir, diag);
    if (!err) {
        fprintf(out, "results in %s\n", curve.dir);
        err = run_curve(&curve, up_to);
        if (awh_dir_remove(curve.dir, &ignored))
            awh_warn(diag, "%s: could not be removed", curve.dir);
    }
    awh_arena_release(&curve.arena);
    return err;
}

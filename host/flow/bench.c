#include "flow/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "base/stats.h"
#include "base/yaml.h"
#include "devices/wire.h"
#include "flow/flow.h"

/* aw_nas's genprof on its stock config (ofa_final.yaml, ofa_lat.yaml) on a machine of this class.
 */
#define AW_NAS_GENPROF_MS 2530.0
#define BENCH_BYTES       (UINT64_C(1) << 30)

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

enum aw_err awh_bench_make_dir(struct awh_arena *arena, char **dir_out, struct awh_diag *diag)
{
    static const char memory[] = "/dev/shm";
    const char *parent = getenv("TMPDIR");
    struct statvfs space;
    if (parent == NULL || parent[0] == '\0')
        parent = statvfs(memory, &space) == 0 && access(memory, W_OK) == 0 &&
                         space.f_bavail >= BENCH_BYTES / space.f_frsize
                     ? memory
                     : "/tmp";
    char *dir = awh_path_join(arena, parent, "awnas-hw-bench-XXXXXX");
    if (dir == NULL)
        return awh_fail_mem(diag);
    if (mkdtemp(dir) == NULL)
        return awh_fail(diag, AW_ERR_IO, "%s: cannot make a directory for the results", parent);
    *dir_out = dir;
    return AW_OK;
}

enum aw_err awh_bench_genprof(const char *cfg_path, const char *hwobj_path, uint32_t repeats,
                              FILE *out, struct awh_diag *diag)
{
    char *dir;
    struct awh_arena arena;
    if (repeats == 0 || repeats > 10000)
        return awh_fail(diag, AW_ERR_RANGE, "--repeats: expected 1 to 10000");
    awh_arena_init(&arena);
    enum aw_err err = awh_bench_make_dir(&arena, &dir, diag);
    if (err != AW_OK) {
        awh_arena_release(&arena);
        return err;
    }
    double *ms = awh_arena_array(&arena, repeats, sizeof(*ms));
    char *results = awh_path_join(&arena, dir, "results");
    if (ms == NULL || results == NULL)
        err = awh_fail_mem(diag);
    struct awh_genprof_options options = {.cfg_path = cfg_path,
                                          .hwobj_path = hwobj_path,
                                          .result_dir = results,
                                          .seed = 1,
                                          .no_compile = true,
                                          .quiet = true};
    for (uint32_t i = 0; err == AW_OK && i < repeats; i++) {
        double start = now_ms();
        err = awh_genprof(&options, out, diag);
        ms[i] = now_ms() - start;
    }
    if (err == AW_OK) {
        double median = awh_median(ms, repeats);
        fprintf(
            out,
            "genprof: median %.2f ms of %u runs with files written and synced; aw_nas on its stock "
            "config %.0f ms, ratio %.0f\n",
            median, repeats, AW_NAS_GENPROF_MS, AW_NAS_GENPROF_MS / median);
    }
    struct awh_diag ignored = {0};
    if (awh_dir_remove(dir, &ignored) != AW_OK)
        awh_warn(diag, "%s: could not be removed", dir);
    awh_arena_release(&arena);
    return err;
}

struct wire_bench {
    struct awh_arena arena;
    struct awh_diag *diag;
    FILE *out;
    size_t max_upload_bytes;
    double max_bytes_a_layer, max_probe_effect;
};

static enum aw_err bench_samples(struct wire_bench *b, const char *path)
{
    struct awh_yaml *root, *layers;
    enum aw_err err = awh_yaml_load_file(&b->arena, path, &root, b->diag);
    if (err != AW_OK ||
        (err = awh_yaml_need(root, "layers", AWH_YAML_SEQ, &layers, b->diag)) != AW_OK)
        return err;
    uint64_t *ticks = awh_arena_array(&b->arena, layers->list.count, sizeof(*ticks));
    if (ticks == NULL)
        return awh_fail_mem(b->diag);
    for (size_t i = 0; i < layers->list.count; i++) {
        int64_t value;
        const struct awh_yaml *node = awh_yaml_get(layers->list.items[i], "ticks");
        if (node == NULL)
            return awh_yaml_fail(layers->list.items[i], AW_ERR_NOT_FOUND, b->diag,
                                 "expected the key 'ticks'");
        if ((err = awh_yaml_int(node, 0, INT64_MAX, &value, b->diag)) != AW_OK)
            return err;
        ticks[i] = (uint64_t)value;
    }
    size_t bytes;
    double probe = 0;
    if ((err = awh_wire_ticks_bytes(ticks, layers->list.count, &bytes, b->diag)) != AW_OK ||
        (err = awh_yaml_opt_real(root, "probe_effect", &probe, b->diag)) != AW_OK)
        return err;
    double a_layer = (double)bytes / (double)(layers->list.count ? layers->list.count : 1);
    fprintf(b->out, " %8zu %12.2f %11.4f%%", layers->list.count, a_layer, 100 * probe);
    b->max_bytes_a_layer = fmax(b->max_bytes_a_layer, a_layer);
    b->max_probe_effect = fmax(b->max_probe_effect, fabs(probe));
    return AW_OK;
}

static enum aw_err bench_net(struct wire_bench *b, const char *dir, const char *net)
{
    char *program = awh_arena_printf(&b->arena, "%s/%s/%s.awp", dir, net, net);
    char *run = awh_arena_printf(&b->arena, "%s/prof_results/%s/0.yaml", dir, net);
    char *bytes;
    size_t size;
    if (program == NULL || run == NULL)
        return awh_fail_mem(b->diag);
    if (!awh_path_exists(program))
        return AW_OK;
    enum aw_err err = awh_file_read(&b->arena, program, 256u << 20, &bytes, &size, b->diag);
    if (err != AW_OK)
        return err;
    fprintf(b->out, "%-8s %12zu", net, size);
    if (size > b->max_upload_bytes)
        b->max_upload_bytes = size;
    err = awh_path_exists(run) ? bench_samples(b, run) : AW_OK;
    fputc('\n', b->out);
    return err;
}

enum aw_err awh_bench_wire(const char *result_dir, const char *hardware, FILE *out,
                           struct awh_diag *diag)
{
    struct wire_bench b = {.diag = diag, .out = out};
    char **names;
    size_t count;
    awh_arena_init(&b.arena);
    char *dir = awh_arena_printf(&b.arena, "%s/hardwares/%s", result_dir, hardware);
    enum aw_err err =
        dir == NULL ? awh_fail_mem(diag) : awh_dir_list(&b.arena, dir, &names, &count, diag);
    fprintf(out, "%-8s %12s %8s %12s %12s\n", "net", "upload bytes", "layers", "bytes/layer",
            "probe effect");
    for (size_t i = 0; err == AW_OK && i < count; i++)
        err = bench_net(&b, dir, names[i]);
    if (err == AW_OK)
        fprintf(out,
                "largest upload %zu bytes (bound 16384), at most %.2f bytes a layer on the wire "
                "(bound 6), "
                "probe effect at most %.4f%% (bound 1%%)\n",
                b.max_upload_bytes, b.max_bytes_a_layer, 100 * b.max_probe_effect);
    awh_arena_release(&b.arena);
    return err;
}

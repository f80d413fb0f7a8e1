/* How well `latency` repeats itself, and what its harness costs: printed ratios. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/path.h"
#include "base/stats.h"
#include "base/yaml.h"
#include "flow/bench.h"
#include "net/net.h"
#include "timing/host.h"
#include "timing/method.h"
#include "timing/prepare.h"

#define DIRS_MAX 16

/* -- spread over processes ----------------------------------------------------------------- */

enum kind { LAYER, BLOCK, WHOLE, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"layers >= 40 us", "blocks >= 40 us",
                                                   "whole nets"};
enum figure { QUARTILE, MEDIAN, FIGURE_COUNT };
static const char *const figure_keys[FIGURE_COUNT] = {"latency", "median"};

struct spreads {
    double *values;
    size_t count, capacity;
};

struct comparison {
    struct awh_arena arena;
    const char *const *dirs;
    size_t dir_count;
    struct spreads spreads[KIND_COUNT][FIGURE_COUNT];
    struct spreads stamped; /* layers over whole, of each net and directory */
    struct awh_diag *diag;
};

static enum aw_err add(struct comparison *c, struct spreads *spreads, double value)
{
    void *grown = awh_grow(spreads->values, &spreads->capacity, spreads->count + 1, sizeof(double));
    if (!grown)
        return awh_fail_mem(c->diag);
    spreads->values = grown;
    spreads->values[spreads->count++] = value;
    return AW_OK;
}

/* Largest over smallest figure of one thing in all directories; `maps` has one a directory. */
static enum aw_err compare(struct comparison *c, enum kind kind, struct awh_yaml *const *maps)
{
    double values[DIRS_MAX];
    for (int figure = 0; figure < FIGURE_COUNT; figure++) {
        double low = INFINITY, high = 0.0;
        for (size_t i = 0; i < c->dir_count; i++) {
            struct awh_yaml *node;
            enum aw_err err =
                awh_yaml_need(maps[i], figure_keys[figure], AWH_YAML_FLOAT, &node, c->diag);
            if (err || (err = awh_yaml_real(node, &values[i], c->diag)))
                return err;
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
        double middle = awh_median(values, c->dir_count);
        if (kind != WHOLE && middle * 1e6 < AWH_METHOD_BLOCK_NS)
            continue;
        enum aw_err err = add(c, &c->spreads[kind][figure], (high - low) / middle);
        if (err)
            return err;
    }
    return AW_OK;
}

static enum aw_err compare_lists(struct comparison *c, enum kind kind, const char *key,
                                 struct awh_yaml *const *roots)
{
    struct awh_yaml *lists[DIRS_MAX] = {NULL}, *maps[DIRS_MAX];
    for (size_t i = 0; i < c->dir_count; i++) {
        enum aw_err err = awh_yaml_need(roots[i], key, AWH_YAML_SEQ, &lists[i], c->diag);
        if (err)
            return err;
        if (lists[i]->list.count != lists[0]->list.count)
            return awh_yaml_fail(lists[i], AW_ERR_MISMATCH, c->diag,
                                 "as many entries as in %s expected", c->dirs[0]);
    }
    for (size_t k = 0; k < lists[0]->list.count; k++) {
        for (size_t i = 0; i < c->dir_count; i++)
            maps[i] = kind == BLOCK ? awh_yaml_get(lists[i]->list.items[k], "performances")
                                    : lists[i]->list.items[k];
        enum aw_err err = compare(c, kind, maps);
        if (err)
            return err;
    }
    return AW_OK;
}

static enum aw_err compare_net(struct comparison *c, const char *name)
{
    struct awh_yaml *roots[DIRS_MAX] = {NULL}, *wholes[DIRS_MAX] = {NULL};
    for (size_t i = 0; i < c->dir_count; i++) {
        struct awh_yaml *ratio;
        double value = 0.0;
        const char *path = awh_path_join(&c->arena, c->dirs[i], name);
        if (!path)
            return awh_fail_mem(c->diag);
        enum aw_err err = awh_yaml_load_file(&c->arena, path, &roots[i], c->diag);
        if (err || (err = awh_yaml_need(roots[i], "overall", AWH_YAML_MAP, &wholes[i], c->diag)) ||
            (err = awh_yaml_need(roots[i], "layers_over_whole", AWH_YAML_FLOAT, &ratio, c->diag)) ||
            (err = awh_yaml_real(ratio, &value, c->diag)) || (err = add(c, &c->stamped, value)))
            return err;
    }
    enum aw_err err = compare(c, WHOLE, wholes);
    if (!err)
        err = compare_lists(c, LAYER, "layers", roots);
    return err ? err : compare_lists(c, BLOCK, "primitives", roots);
}

static void print_comparison(struct comparison *c, FILE *out)
{
    fprintf(out,
            "spread over %zu processes (largest - smallest, over the median), %%:\n"
            "  %-18s %5s   lower quartile: median, worst    median: median, worst\n",
            c->dir_count, "", "count");
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        fprintf(out, "  %-18s %5zu", kind_names[kind], c->spreads[kind][QUARTILE].count);
        for (int figure = 0; figure < FIGURE_COUNT; figure++) {
            struct spreads *spreads = &c->spreads[kind][figure];
            if (spreads->count)
                fprintf(out, "       %10.2f %10.2f  ",
                        100.0 * awh_median(spreads->values, spreads->count),
                        100.0 * awh_quantile(spreads->values, spreads->count, 1.0));
        }
        fputc('\n', out);
    }
    if (c->stamped.count) {
        double middle = awh_median(c->stamped.values, c->stamped.count);
        double low = awh_quantile(c->stamped.values, c->stamped.count, 0.0);
        double high = awh_quantile(c->stamped.values, c->stamped.count, 1.0);
        fprintf(out, "stamped over whole passes: median %.4f, from %.4f to %.4f\n", middle, low,
                high);
    }
}

enum aw_err awh_bench_spread(const char *const *dirs, size_t count, FILE *out,
                             struct awh_diag *diag)
{
    struct comparison c = {.dirs = dirs, .dir_count = count, .diag = diag};
    char **names;
    size_t name_count = 0;
    if (count < 2 || count > DIRS_MAX)
        return awh_fail(diag, AW_ERR_ARG, "bench spread: expected 2 to %d directories of latency",
                        DIRS_MAX);
    awh_arena_init(&c.arena);
    enum aw_err err = awh_dir_list(&c.arena, dirs[0], &names, &name_count, diag);
    for (size_t i = 0; i < name_count && !err; i++) {
        const char *end = strstr(names[i], ".layers.yaml");
        if (end && !end[12])
            err = compare_net(&c, names[i]);
    }
    if (!err && !c.stamped.count)
        err = awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no <net>.layers.yaml here", dirs[0]);
    if (!err)
        print_comparison(&c, out);
    for (int kind = 0; kind < KIND_COUNT; kind++)
        for (int figure = 0; figure < FIGURE_COUNT; figure++)
            free(c.spreads[kind][figure].values);
    free(c.stamped.values);
    awh_arena_release(&c.arena);
    return err;
}

/* -- overhead of the harness --------------------------------------------------------------- */

#define BATCH_NS 1000000.0 /* executions of a layer in a bare loop take about so long, */
#define BATCH    20        /* and are no more than this */
#define BATCHES  100       /* of each kind, in turns, between two looks that found nothing; */
#define TRIES    1000      /* of so many at most */
#define LEAST    50000.0

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct overhead {
    const struct awh_engine_ops *ops;
    void *engine, *net;
    double gauge_ns;
    struct awh_diag *diag;
};

/* Mean of a batch: with a stamp behind each execution, as the harness takes them, or none. */
static enum aw_err batch(const struct overhead *o, size_t step, int count, bool stamped,
                         double *mean_out)
{
    double sum = 0.0;
    uint64_t start = now_ns(), before = start;
    for (int i = 0; i < count; i++) {
        enum aw_err err = o->ops->run_step(o->engine, o->net, step, o->diag);
        if (err)
            return err;
        if (stamped) {
            uint64_t after = now_ns();
            sum += (double)(after - before) - o->ops->stamp_ns(o->engine);
            before = after;
        }
    }
    *mean_out = (stamped ? sum : (double)(now_ns() - start)) / count;
    return AW_OK;
}

/* So many that they take about BATCH_NS. */
static enum aw_err batch_size(const struct overhead *o, size_t step, int *count_out)
{
    double ns[BATCH];
    for (int i = 0; i < BATCH; i++) {
        enum aw_err err = batch(o, step, 1, false, &ns[i]);
        if (err)
            return err;
    }
    *count_out = (int)fmin(fmax(BATCH_NS / fmax(awh_median(ns, BATCH), 1.0), 1.0), BATCH);
    return AW_OK;
}

static bool is_quiet(const struct overhead *o)
{
    return o->gauge_ns <= 0.0 || awh_gauge() < AWH_GAUGE_LIMIT * o->gauge_ns;
}

/* Pairs that are not quiet count only where there are not enough others. */
static enum aw_err step_overhead(const struct overhead *o, size_t step, double *bare_out,
                                 double *ratio_out)
{
    double bare[BATCHES], stamped[BATCHES];
    int count, kept = 0;
    enum aw_err err = batch_size(o, step, &count);
    for (int tried = 0; kept < BATCHES && tried < TRIES && !err; tried++) {
        bool quiet = is_quiet(o);
        err = batch(o, step, count, tried % 2, tried % 2 ? &stamped[kept] : &bare[kept]);
        if (!err)
            err = batch(o, step, count, !(tried % 2), tried % 2 ? &bare[kept] : &stamped[kept]);
        kept += (quiet && is_quiet(o)) || TRIES - tried <= BATCHES - kept;
    }
    if (err)
        return err;
    *bare_out = awh_quantile(bare, (size_t)kept, 0.25);
    *ratio_out = awh_quantile(stamped, (size_t)kept, 0.25) / *bare_out;
    return AW_OK;
}

static enum aw_err print_overhead(const struct overhead *o, FILE *out)
{
    size_t count, long_ones = 0;
    const struct awh_step *steps = o->ops->steps(o->net, &count);
    double *ratios = calloc(count + 1, sizeof *ratios);
    enum aw_err err = ratios ? AW_OK : awh_fail_mem(o->diag);
    for (size_t i = 0; i < count && !err; i++) {
        double bare, ratio;
        err = step_overhead(o, i, &bare, &ratio);
        if (err || bare < LEAST)
            continue;
        ratios[long_ones++] = ratio;
        fprintf(out, "  %-24s %9.1f us  %.4f\n", steps[i].name, bare / 1000.0, ratio);
    }
    if (!err && long_ones)
        fprintf(out, "harness over a bare loop, layers over 50 us: median %.4f, worst %.4f (%zu)\n",
                awh_median(ratios, long_ones), awh_quantile(ratios, long_ones, 1.0), long_ones);
    free(ratios);
    return err;
}

static enum aw_err with_net(struct overhead *o, const struct awh_net *net, FILE *out)
{
    struct awh_prepared prepared;
    enum aw_err err = awh_prepare(net, AWH_TIMING_FUSED, &prepared, o->diag);
    if (err)
        return err;
    const struct awh_engine_load load = awh_prepared_load(&prepared);
    err = o->ops->load(o->engine, &load, &o->net, o->diag);
    if (!err) {
        err = print_overhead(o, out);
        o->ops->unload(o->engine, o->net);
    }
    awh_prepared_release(&prepared);
    return err;
}

enum aw_err awh_bench_overhead(const char *net_path, FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_net net;
    struct overhead o = {.diag = diag};
    struct awh_engine_options options = {.mode = AWH_TIMING_FUSED};
    awh_arena_init(&arena);
    awh_gauge_load(&options.gauge_ns, diag);
    o.gauge_ns = options.gauge_ns;
    enum aw_err err = awh_engine_of_device(-1, &o.ops, &options.device, diag);
    if (!err)
        err = awh_net_load(&arena, net_path, &net, diag);
    if (!err)
        err = o.ops->open(&options, &o.engine, diag);
    if (!err) {
        err = with_net(&o, &net, out);
        o.ops->close(o.engine);
    }
    awh_arena_release(&arena);
    return err;
}

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/latency.h"

#define NS_PER_MS 1e6

double awh_latency_figure(const struct awh_timing *timing)
{
    return timing->lower_quartile / NS_PER_MS;
}

/* -- the directory ------------------------------------------------------------------------ */

enum aw_err awh_latency_prepare_dir(const struct awh_latency *latency, struct awh_diag *diag)
{
    const char *dir = latency->options->perf_dir;
    struct awh_arena arena;
    char **names;
    size_t count = 0;
    enum aw_err err = AW_OK;
    awh_arena_init(&arena);
    const char *marker = awh_path_join(&arena, dir, ".awnas-hw");
    if (!marker)
        err = awh_fail_mem(diag);
    else if (awh_path_exists(dir))
        err = awh_dir_list(&arena, dir, &names, &count, diag);
    if (!err && count && !awh_path_exists(marker) && !latency->options->force)
        err = awh_fail(diag, AW_ERR_EXISTS,
                       "%s: exists and was not made by awnas-hw; choose another --perf-dir, or "
                       "write into it with --force",
                       dir);
    if (!err)
        err = awh_dir_make(dir, diag);
    if (!err && !awh_path_exists(marker))
        err = awh_file_write(marker, "", 0, diag);
    awh_arena_release(&arena);
    return err;
}

const char *awh_latency_layers_path(const struct awh_latency *latency, struct awh_arena *arena,
                                    const struct awh_net *net)
{
    return awh_arena_printf(arena, "%s/%s.layers.yaml", latency->options->perf_dir, net->name);
}

/* -- documents ---------------------------------------------------------------------------- */

/* A document that is being made: a failed allocation is latched. */
struct writer {
    struct awh_latency *latency;
    const struct awh_latency_net *net;
    struct awh_arena arena;
    bool failed;
};

static void set(struct writer *w, struct awh_yaml *map, const char *key, struct awh_yaml *value)
{
    if (!map || !awh_yaml_set(&w->arena, map, key, value))
        w->failed = true;
}

static void set_text(struct writer *w, struct awh_yaml *map, const char *key, const char *text)
{
    set(w, map, key, awh_yaml_new_str(&w->arena, text));
}

static void set_int(struct writer *w, struct awh_yaml *map, const char *key, size_t value)
{
    set(w, map, key, awh_yaml_new_int(&w->arena, (int64_t)value));
}

static void set_real(struct writer *w, struct awh_yaml *map, const char *key, double value)
{
    set(w, map, key, awh_yaml_new_real(&w->arena, value));
}

static void set_bool(struct writer *w, struct awh_yaml *map, const char *key, bool value)
{
    set(w, map, key, awh_yaml_new_bool(&w->arena, value));
}

static void push(struct writer *w, struct awh_yaml *list, struct awh_yaml *item)
{
    if (!list || !awh_yaml_push(&w->arena, list, item))
        w->failed = true;
}

static bool is_verified(const struct awh_latency_net *net)
{
    return !isnan(net->worst_error);
}

/* What it was measured on. */
static enum aw_err device_map(struct writer *w, struct awh_yaml **out, struct awh_diag *diag)
{
    struct awh_latency *latency = w->latency;
    char title[256];
    struct awh_yaml *map = awh_yaml_new_map(&w->arena);
    enum aw_err err = latency->ops->title(latency->device, title, sizeof title, diag);
    if (err)
        return err;
    if (!map)
        return awh_fail_mem(diag);
    set_text(w, map, "engine", latency->ops->name);
    set_text(w, map, "name", title);
    *out = map;
    return latency->ops->describe(latency->engine, &w->arena, map, diag);
}

/* How it was measured, and how well that went. */
static struct awh_yaml *method_map(struct writer *w)
{
    const struct awh_latency *latency = w->latency;
    const struct awh_measured *m = &w->net->measured;
    struct awh_yaml *map = awh_yaml_new_map(&w->arena), *why = awh_yaml_new_map(&w->arena);
    for (size_t i = 0; i < AWH_REJECTS_MAX && latency->ops->rejects[i]; i++)
        set_int(w, why, latency->ops->rejects[i], m->rejects[i]);
    set_text(w, map, "mode", awh_timing_mode_name(latency->mode));
    set_text(w, map, "precision", awh_precision_name(latency->precision));
    set_text(w, map, "caches", latency->options->cold ? "cold" : "warm");
    set_text(w, map, "figure", "lower quartile");
    set_int(w, map, "samples", m->kept);
    set_int(w, map, "passes", m->passes);
    set_int(w, map, "whole_samples", m->whole_kept);
    set_int(w, map, "whole_passes", m->whole_passes);
    set_int(w, map, "whole_parts", m->part_count);
    set_real(w, map, "accepted_share", m->accepted_share);
    set(w, map, "rejected", why);
    set_bool(w, map, "rejected_used", !m->filtered);
    set_bool(w, map, "noisy", m->noisy);
    set_real(w, map, "interval_target", latency->target);
    set_real(w, map, "interval_widest", m->widest);
    return map;
}

static void set_timing(struct writer *w, struct awh_yaml *map, const struct awh_timing *timing)
{
    set_real(w, map, "latency", awh_latency_figure(timing));
    set_real(w, map, "median", timing->median / NS_PER_MS);
    set_real(w, map, "interval_low", timing->low / NS_PER_MS);
    set_real(w, map, "interval_high", timing->high / NS_PER_MS);
}

static bool has_steps(const struct awh_measured *m, size_t prim)
{
    for (size_t i = 0; i < m->step_count; i++)
        if (m->steps[i].prim == (int)prim)
            return true;
    return false;
}

/* Primitives with a value each; those without a layer cost nothing that could be measured, and are
 * left out. `details`: the map of a primitive's timing, or NULL. */
static struct awh_yaml *prim_list(struct writer *w, const double *values, bool details)
{
    const struct awh_latency_net *net = w->net;
    struct awh_yaml *list = awh_yaml_new_seq(&w->arena);
    for (size_t i = 0; i < net->net.count; i++) {
        if (!has_steps(&net->measured, i))
            continue;
        struct awh_yaml *item = awh_prim_to_yaml(&w->arena, &net->net.prims[i]);
        struct awh_yaml *performances = awh_yaml_new_map(&w->arena);
        if (details)
            set_timing(w, performances, &net->measured.prim_times[i]);
        else
            set_real(w, performances, "latency", values[i]);
        if (item)
            set(w, item, "performances", performances);
        push(w, list, item);
    }
    return list;
}

static struct awh_yaml *layer_map(struct writer *w, size_t index)
{
    const struct awh_measured *m = &w->net->measured;
    const struct awh_step *step = &m->steps[index];
    struct awh_yaml *map = awh_yaml_new_map(&w->arena);
    set_int(w, map, "index", index);
    set_text(w, map, "name", step->name);
    set_int(w, map, "primitive", (size_t)step->prim);
    set_text(w, map, "implementation", step->implementation);
    set_bool(w, map, "slow_implementation", step->slow);
    set_bool(w, map, "reorder", step->reorder);
    set_int(w, map, "new_memory_bytes", step->new_memory_bytes);
    /* Too short to be repeated: its block's time is what counts. */
    const struct awh_timing *timing = &m->step_times[index];
    bool is_short = timing->median < AWH_METHOD_BLOCK_NS;
    set_bool(w, map, "short", is_short);
    set_bool(w, map, "wide_interval",
             !is_short && timing->high - timing->low > w->latency->target * timing->median);
    set_timing(w, map, timing);
    return map;
}

static void set_common(struct writer *w, struct awh_yaml *root, struct awh_yaml *device)
{
    set_text(w, root, "net", w->net->net.name);
    set_text(w, root, "unit", "ms");
    set_bool(w, root, "verified", is_verified(w->net));
    if (is_verified(w->net)) {
        set_text(w, root, "verified_by", "every layer against the float reference");
        set_real(w, root, "verified_error", w->net->worst_error);
    }
    set(w, root, "device", device);
    set(w, root, "method", method_map(w));
}

/* What becomes of kept times in runs: the faster half, in order of time. What a model learns from
 * runs, their mean, then agrees with the figure. A run's times are of the same time, not of the
 * same pass: each was accepted by itself. */
struct quiet_half {
    const double *ns;
    size_t count;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct quiet_half quiet_half(struct writer *w, const struct awh_series *series)
{
    size_t wanted = (series->count + 1) / 2, below = 0, count = 0;
    double *sorted = awh_arena_array(&w->arena, series->count, sizeof *sorted);
    double *ns = awh_arena_array(&w->arena, wanted, sizeof *ns);
    if (!sorted || !ns || !wanted) {
        w->failed = w->failed || !sorted || !ns;
        return (struct quiet_half){0};
    }
    memcpy(sorted, series->ns, series->count * sizeof *sorted);
    qsort(sorted, series->count, sizeof *sorted, by_value);
    double limit = sorted[wanted - 1];
    while (below < wanted && sorted[below] < limit)
        below++;
    size_t equal = wanted - below; /* of those on the limit the first ones */
    for (size_t i = 0; i < series->count; i++) {
        bool on_limit = series->ns[i] >= limit && series->ns[i] <= limit;
        if (series->ns[i] < limit || (on_limit && equal))
            ns[count++] = series->ns[i];
        equal -= on_limit && equal;
    }
    return (struct quiet_half){.ns = ns, .count = count};
}

static struct quiet_half *quiet_halves(struct writer *w, const struct awh_series *series,
                                       size_t count)
{
    struct quiet_half *halves = awh_arena_array(&w->arena, count, sizeof *halves);
    if (!halves)
        w->failed = true;
    for (size_t i = 0; halves && i < count; i++)
        halves[i] = quiet_half(w, &series[i]);
    return halves;
}

/* Runs are spread over all of the half. */
static double of_run(const struct quiet_half *half, size_t run, size_t runs)
{
    return half->count ? half->ns[run * half->count / runs] / NS_PER_MS : 0.0;
}

/* Runs that the net's directory gets; a primitive by itself gets none. There are fewer times of
 * whole nets: neighbouring runs share one. */
static size_t run_count(const struct writer *w)
{
    const struct awh_measured *m = &w->net->measured;
    size_t count = (m->kept + 1) / 2;
    size_t most = w->latency->options->forward_time;
    if (!w->net->path)
        return 0;
    return count < most ? count : most;
}

static struct awh_yaml *layers_root(struct writer *w, struct awh_yaml *device)
{
    const struct awh_measured *m = &w->net->measured;
    struct awh_yaml *root = awh_yaml_new_map(&w->arena), *layers = awh_yaml_new_seq(&w->arena);
    struct awh_yaml *sum = awh_yaml_new_map(&w->arena), *whole = awh_yaml_new_map(&w->arena);
    for (size_t i = 0; i < m->step_count; i++)
        push(w, layers, layer_map(w, i));
    set_timing(w, sum, &m->block_sum);
    set_timing(w, whole, &m->whole);
    set_common(w, root, device);
    set_int(w, root, "runs", run_count(w));
    set_int(w, root, "forward_time", w->latency->options->forward_time);
    set(w, root, "primitives", prim_list(w, NULL, true));
    set(w, root, "layers", layers);
    set(w, root, "block_sum", sum);
    set(w, root, "overall", whole);
    set_real(w, root, "layers_over_whole",
             m->whole.lower_quartile > 0.0 ? m->block_sum.lower_quartile / m->whole.lower_quartile
                                           : 0.0);
    return root;
}

struct runs {
    const struct quiet_half *steps, *parts;
    size_t count;
};

static struct awh_yaml *run_root(struct writer *w, struct awh_yaml *device, const struct runs *runs,
                                 size_t run)
{
    const struct awh_measured *m = &w->net->measured;
    double *values = awh_arena_array(&w->arena, w->net->net.count, sizeof *values), sum = 0.0;
    struct awh_yaml *root = awh_yaml_new_map(&w->arena);
    double whole = 0.0;
    if (!values || !root) {
        w->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < m->step_count; i++) {
        double ms = of_run(&runs->steps[i], run, runs->count);
        values[m->steps[i].prim] += ms;
        sum += ms;
    }
    for (size_t i = 0; i < m->part_count; i++)
        whole += of_run(&runs->parts[i], run, runs->count);
    set_common(w, root, device);
    set_int(w, root, "run", run);
    set(w, root, "primitives", prim_list(w, values, false));
    set_real(w, root, "block_sum_latency", sum);
    set_real(w, root, "overall_latency", whole);
    set_real(w, root, "probe_effect", whole > 0.0 ? sum / whole - 1.0 : 0.0);
    return root;
}

/* -- files -------------------------------------------------------------------------------- */

static enum aw_err stage_run(struct writer *w, struct awh_stage *stage, size_t run,
                             const struct awh_yaml *root, struct awh_diag *diag)
{
    char name[32];
    struct awh_str text;
    awh_str_init(&text);
    snprintf(name, sizeof name, "%zu.yaml", run);
    enum aw_err err = w->failed ? awh_fail_mem(diag) : awh_yaml_dump(root, &text, diag);
    if (!err)
        err = awh_stage_write(stage, name, text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

static enum aw_err write_runs(struct writer *w, struct awh_yaml *device, struct awh_diag *diag)
{
    const struct awh_measured *m = &w->net->measured;
    struct awh_stage stage = {0};
    struct runs runs = {.steps = quiet_halves(w, m->steps_kept, m->step_count),
                        .parts = quiet_halves(w, m->parts_kept, m->part_count),
                        .count = run_count(w)};
    const char *dir = awh_path_join(&w->arena, w->latency->options->perf_dir, w->net->net.name);
    if (!dir)
        return awh_fail_mem(diag);
    if (w->failed)
        return awh_fail_mem(diag);
    /* The directory above is ours, so what is in it may be replaced. */
    enum aw_err err = awh_stage_begin(dir, true, &stage, diag);
    for (size_t run = 0; run < runs.count && !err; run++)
        err = stage_run(w, &stage, run, run_root(w, device, &runs, run), diag);
    if (!err)
        err = awh_stage_commit(&stage, diag);
    awh_stage_release(&stage);
    return err;
}

enum aw_err awh_latency_write(struct awh_latency *latency, const struct awh_latency_net *net,
                              struct awh_diag *diag)
{
    struct writer w = {.latency = latency, .net = net};
    struct awh_yaml *device = NULL;
    awh_arena_init(&w.arena);
    enum aw_err err = device_map(&w, &device, diag);
    if (!err && run_count(&w))
        err = write_runs(&w, device, diag);
    if (!err) { /* last: it says that the net is complete */
        struct awh_yaml *root = layers_root(&w, device);
        const char *path = awh_latency_layers_path(latency, &w.arena, &net->net);
        err = w.failed || !path ? awh_fail_mem(diag) : awh_yaml_save(root, path, diag);
    }
    awh_arena_release(&w.arena);
    return err;
}

/* -- on the terminal ---------------------------------------------------------------------- */

void awh_latency_print(const struct awh_latency *latency, const struct awh_latency_net *net,
                       FILE *out)
{
    const struct awh_measured *m = &net->measured;
    (void)latency;
    fprintf(
        out,
        "net %-12s %10.4f ms  layers/whole %.3f  interval %4.1f%%  accepted %3.0f%% of %zu passes",
        net->net.name, awh_latency_figure(&m->whole),
        m->whole.lower_quartile > 0.0 ? m->block_sum.lower_quartile / m->whole.lower_quartile : 0.0,
        100.0 * m->widest, 100.0 * m->accepted_share, m->passes + m->whole_passes);
    if (isnan(net->worst_error))
        fputs("  NOT VERIFIED", out);
    if (m->noisy)
        fprintf(out, "  NOISY%s", m->filtered ? "" : " (rejected times used)");
    fputc('\n', out);
}

void awh_latency_print_end(const struct awh_latency *latency, FILE *out)
{
    size_t resumed = 0;
    for (size_t i = 0; i < latency->net_count; i++)
        resumed += latency->nets[i].resumed;
    fprintf(out, "nets measured: %zu, kept: %zu, NOISY: %zu\nwritten to %s\n",
            latency->net_count - resumed, resumed, latency->noisy_count,
            latency->options->perf_dir);
    if (latency->noisy_count)
        fputs("NOISY: the host was too busy for the precision that was asked for; raise "
              "--time-budget,\nor measure again when it is quiet\n",
              out);
}

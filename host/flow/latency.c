#include "flow/latency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "base/yaml.h"
#include "timing/host.h"

#define GROUP        12 /* nets that are measured in turns, and in memory at one time */
#define SECONDS_NET  10.0
#define SAMPLES_MOST 10000

/* -- options ------------------------------------------------------------------------------ */

static enum aw_err parse_number(const char *name, const char *text, double low, double high,
                                double *out, struct awh_diag *diag)
{
    char *end;
    double value = awh_c_strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return awh_fail(diag, AW_ERR_ARG, "--%s: expected a number from %g to %g, found '%s'", name,
                        low, high, text);
    *out = value;
    return AW_OK;
}

static enum aw_err parse_device(const char *text, int64_t *out, struct awh_diag *diag)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value < -1000000 || value > 1000000)
        return awh_fail(diag, AW_ERR_ARG,
                        "--device: expected -1 (the CPU) or the number of a GPU, found '%s'", text);
    *out = value;
    return AW_OK;
}

static enum aw_err parse_names(struct awh_latency *latency, struct awh_diag *diag)
{
    const struct awh_latency_options *o = latency->options;
    int mode = 0, precision = 0;
    while (mode < AWH_TIMING_MODE_COUNT &&
           strcmp(awh_timing_mode_name((enum awh_timing_mode)mode), o->mode))
        mode++;
    if (mode == AWH_TIMING_MODE_COUNT)
        return awh_fail(diag, AW_ERR_ARG, "--mode: expected fused or eager, found '%s'", o->mode);
    while (precision < AWH_PRECISION_COUNT &&
           strcmp(awh_precision_name((enum awh_precision)precision), o->precision))
        precision++;
    if (precision == AWH_PRECISION_COUNT)
        return awh_fail(diag, AW_ERR_ARG,
                        "--precision: expected fp32, tf32, fp16, bf16 or int8, found '%s'",
                        o->precision);
    latency->mode = (enum awh_timing_mode)mode;
    latency->precision = (enum awh_precision)precision;
    return AW_OK;
}

static enum aw_err check_options(struct awh_latency *latency, struct awh_diag *diag)
{
    const struct awh_latency_options *o = latency->options;
    int64_t device = -1;
    double percent = 0.0;
    if (!o->net_count == !o->prims_path)
        return awh_fail(diag, AW_ERR_ARG, "latency: expected nets (NET.yaml ...) or --prims FILE");
    if (!o->perf_dir)
        return awh_fail(diag, AW_ERR_ARG, "latency: --perf-dir is required");
    if (!o->forward_time || o->forward_time > SAMPLES_MOST)
        return awh_fail(diag, AW_ERR_ARG, "--forward-time: expected 1 to %d, found %u",
                        SAMPLES_MOST, o->forward_time);
    enum aw_err err = parse_names(latency, diag);
    if (err ||
        (err = parse_number("precision-target", o->precision_target, 0.01, 100.0, &percent, diag)))
        return err;
    latency->target = percent / 100.0;
    latency->budget_s = 0.0;
    if (o->time_budget &&
        (err = parse_number("time-budget", o->time_budget, 0.001, 1e6, &latency->budget_s, diag)))
        return err;
    if ((err = parse_device(o->device, &device, diag)))
        return err;
    return awh_engine_of_device(device, &latency->ops, &latency->device, diag);
}

/* -- nets --------------------------------------------------------------------------------- */

static enum aw_err load_nets(struct awh_latency *latency, struct awh_diag *diag)
{
    const struct awh_latency_options *o = latency->options;
    latency->nets = awh_arena_array(&latency->arena, o->net_count, sizeof *latency->nets);
    if (!latency->nets)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < o->net_count; i++) {
        struct awh_latency_net *net = &latency->nets[latency->net_count++];
        net->path = o->net_paths[i];
        enum aw_err err = awh_net_load(&latency->arena, net->path, &net->net, diag);
        if (err)
            return err;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(latency->nets[k].net.name, net->net.name))
                return awh_fail(diag, AW_ERR_ARG,
                                "%s and %s would both be written to %s/%s: measure them into "
                                "directories of their own",
                                latency->nets[k].path, net->path, o->perf_dir, net->net.name);
    }
    return AW_OK;
}

/* Each primitive is a net of its own. */
static enum aw_err load_prims(struct awh_latency *latency, struct awh_diag *diag)
{
    struct awh_yaml *root;
    enum aw_err err =
        awh_yaml_load_file(&latency->arena, latency->options->prims_path, &root, diag);
    if (err)
        return err;
    if (root->kind != AWH_YAML_SEQ || !root->list.count)
        return awh_yaml_fail(
            root, AW_ERR_FORMAT, diag,
            "expected the list of primitives that genprof writes (prof_prims.yaml)");
    latency->nets = awh_arena_array(&latency->arena, root->list.count, sizeof *latency->nets);
    struct awh_prim *prims = awh_arena_array(&latency->arena, root->list.count, sizeof *prims);
    if (!latency->nets || !prims)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < root->list.count; i++) {
        struct awh_net *net = &latency->nets[latency->net_count++].net;
        if ((err = awh_prim_from_yaml(root->list.items[i], &prims[i], diag)))
            return err;
        snprintf(net->name, sizeof net->name, "prim_%zu", i);
        net->prims = &prims[i];
        net->count = 1;
    }
    return AW_OK;
}

/* -- measuring ---------------------------------------------------------------------------- */

static void warn_slow(const struct awh_latency *latency, const struct awh_latency_net *net,
                      struct awh_diag *diag)
{
    size_t count;
    const struct awh_step *steps = latency->ops->steps(net->loaded, &count);
    for (size_t i = 0; i < count; i++)
        if (steps[i].slow)
            awh_warn(diag, "net %s: layer %s: the library only has a slow implementation (%s)",
                     net->net.name, steps[i].name, steps[i].implementation);
}

static enum aw_err load_net(struct awh_latency *latency, struct awh_latency_net *net,
                            struct awh_diag *diag)
{
    const struct awh_engine_load load = awh_prepared_load(&net->prepared);
    enum aw_err err = latency->ops->load(latency->engine, &load, &net->loaded, diag);
    if (err)
        return err;
    net->worst_error = (double)NAN;
    if (!latency->options->no_verify)
        err = awh_verify(latency->ops, latency->engine, net->loaded, &net->prepared,
                         latency->precision, &net->worst_error, diag);
    if (!err)
        warn_slow(latency, net, diag);
    awh_prepared_forget(&net->prepared);
    return err;
}

static void release_net(struct awh_latency *latency, struct awh_latency_net *net)
{
    if (net->is_measured)
        awh_measured_release(&net->measured);
    if (net->loaded)
        latency->ops->unload(latency->engine, net->loaded);
    if (net->is_prepared)
        awh_prepared_release(&net->prepared);
    net->is_measured = net->is_prepared = false;
    net->loaded = NULL;
}

struct group {
    struct awh_latency *latency;
    struct awh_latency_net *nets[GROUP];
    size_t count;
    size_t first; /* that is not loaded */
    struct awh_progress *progress;
    uint64_t done, total; /* nets in thousandths */
};

static void show_progress(void *context, double share)
{
    struct group *group = context;
    awh_progress_update(group->progress,
                        group->done + (uint64_t)(share * (double)group->count * 1000.0), NULL);
}

static enum aw_err prepare_one(void *context, size_t index, struct awh_diag *diag)
{
    const struct group *group = context;
    struct awh_latency_net *net = group->nets[group->first + index];
    enum aw_err err = awh_prepare(&net->net, group->latency->mode, &net->prepared, diag);
    net->is_prepared = !err;
    return err;
}

/* As many at a time as there are cores: until it is verified a net has the values of all tensors.
 */
static enum aw_err load_group(struct group *group, struct awh_diag *diag)
{
    const struct awh_cores *cores = &group->latency->cores;
    enum aw_err err = AW_OK;
    for (group->first = 0; group->first < group->count && !err;) {
        size_t left = group->count - group->first;
        size_t count = left < cores->count ? left : cores->count;
        err = awh_parallel(cores, count, prepare_one, group, diag);
        for (size_t end = group->first + count; group->first < end && !err; group->first++)
            err = load_net(group->latency, group->nets[group->first], diag);
    }
    return err;
}

static enum aw_err write_group(struct group *group, FILE *out, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < group->count && !err; i++) {
        const struct awh_latency_net *net = group->nets[i];
        err = awh_latency_write(group->latency, net, diag);
        if (!err && !group->latency->options->quiet) {
            awh_progress_clear(group->progress);
            awh_latency_print(group->latency, net, out);
        }
        group->latency->noisy_count += net->measured.noisy;
    }
    return err;
}

static enum aw_err measure_group(struct group *group, FILE *out, struct awh_diag *diag)
{
    struct awh_latency *latency = group->latency;
    struct awh_measured nets[GROUP];
    double seconds = latency->budget_s > 0.0
                         ? latency->budget_s * (double)group->count * 1000.0 / (double)group->total
                         : SECONDS_NET * (double)group->count;
    const struct awh_method_options options = {.target = latency->target,
                                               .samples = latency->options->forward_time,
                                               .budget_s = seconds,
                                               .progress = show_progress,
                                               .context = group};
    enum aw_err err = load_group(group, diag);
    for (size_t i = 0; i < group->count; i++)
        nets[i] = (struct awh_measured){.net = group->nets[i]->loaded,
                                        .prim_count = group->nets[i]->net.count};
    if (!err)
        err = awh_measure_timed(latency->ops, latency->engine, nets, group->count, &options, diag);
    for (size_t i = 0; i < group->count && !err; i++) {
        group->nets[i]->measured = nets[i];
        group->nets[i]->is_measured = true;
    }
    if (!err)
        err = write_group(group, out, diag);
    for (size_t i = 0; i < group->count; i++)
        release_net(latency, group->nets[i]);
    return err;
}

static enum aw_err measure_all(struct awh_latency *latency, FILE *out, struct awh_diag *diag)
{
    struct awh_progress progress;
    struct group group = {.latency = latency, .progress = &progress};
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < latency->net_count; i++)
        group.total += latency->nets[i].resumed ? 0 : 1000;
    awh_progress_begin(&progress, STDERR_FILENO, latency->options->quiet, "latency", 0,
                       group.total);
    for (size_t i = 0; i < latency->net_count && !err; i++) {
        if (!latency->nets[i].resumed)
            group.nets[group.count++] = &latency->nets[i];
        if (group.count < GROUP && i + 1 < latency->net_count)
            continue;
        if (group.count)
            err = measure_group(&group, out, diag);
        group.done += 1000 * group.count;
        group.count = 0;
    }
    awh_progress_end(&progress);
    return err;
}

/* The engine is opened only when there is something to measure. */
static enum aw_err run(struct awh_latency *latency, FILE *out, struct awh_diag *diag)
{
    const struct awh_latency_options *o = latency->options;
    size_t left = 0;
    for (size_t i = 0; i < latency->net_count; i++) {
        latency->nets[i].resumed = o->resume && awh_latency_is_complete(latency, &latency->nets[i]);
        left += !latency->nets[i].resumed;
    }
    if (left) {
        struct awh_engine_options options = {.device = latency->device,
                                             .mode = latency->mode,
                                             .precision = latency->precision,
                                             .threads = o->threads,
                                             .cold = o->cold};
        awh_cores_find(&latency->cores);
        if (latency->ops->host)
            awh_gauge_load(&options.gauge_ns, diag);
        enum aw_err err = latency->ops->open(&options, &latency->engine, diag);
        if (err)
            return err;
        err = measure_all(latency, out, diag);
        latency->ops->close(latency->engine);
        if (err)
            return err;
    }
    return awh_latency_write_table(latency, diag);
}

enum aw_err awh_latency(const struct awh_latency_options *options, FILE *out, struct awh_diag *diag)
{
    struct awh_latency latency = {.options = options};
    awh_arena_init(&latency.arena);
    enum aw_err err = check_options(&latency, diag);
    if (!err)
        err = options->prims_path ? load_prims(&latency, diag) : load_nets(&latency, diag);
    if (!err)
        err = awh_latency_prepare_dir(&latency, diag);
    if (!err)
        err = run(&latency, out, diag);
    if (!err && !options->quiet)
        awh_latency_print_end(&latency, out);
    awh_arena_release(&latency.arena);
    return err;
}

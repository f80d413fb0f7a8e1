#include "timing/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/stats.h"
#include "timing/samples.h"

#define BURST        8     /* passes of layers a turn, behind an untimed one for the caches ... */
#define WHOLE_EVERY  4     /* ... and a pass of the whole net behind so many of them */
#define SETTLE_LAST  5     /* warm-up: medians of so many passes ... */
#define SETTLE       0.02  /* ... differ by no more than this */
#define WARMUP_MAX   40    /* passes */
#define WARMUP_SHARE 0.2   /* of the budget, at most */
#define SAMPLES_MAX  20000 /* of a kind and net: bounds the memory */

struct run {
    const struct awh_engine_ops *ops;
    void *engine;
    const struct awh_method_options *options;
    uint64_t start_ns;
    double stamp_ns;
    double *parts; /* of a pass that does not count */
    struct awh_diag *diag;
};

static uint64_t now_ns(const struct run *run)
{
    if (run->options->now_ns)
        return run->options->now_ns(run->options->context);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Whether a share of the budget is used up. */
static bool is_over(const struct run *run, double share)
{
    return (double)(now_ns(run) - run->start_ns) > share * run->options->budget_s * 1e9;
}

/* -- samples ------------------------------------------------------------------------------ */

static enum aw_err sample(const struct run *run, struct awh_samples *samples, bool whole)
{
    struct awh_sample_set *set = whole ? &samples->whole : &samples->layers;
    void *net = samples->net->net;
    double *values;
    int *verdicts;
    if (!awh_sample_new(set, &values, &verdicts))
        return awh_fail_mem(run->diag);
    enum aw_err err = whole ? run->ops->pass_whole(run->engine, net, values, verdicts, run->diag)
                            : run->ops->pass_layers(run->engine, net, values, verdicts, run->diag);
    if (err)
        return err;
    for (size_t i = 0; !whole && i < set->width; i++)
        values[i] = fmax(values[i] - run->stamp_ns, 0.0);
    awh_sample_keep(set);
    return AW_OK;
}

/* A pass that is no sample; its time. */
static enum aw_err pass(const struct run *run, const struct awh_measured *net, double *total_out)
{
    enum aw_err err = run->ops->pass_whole(run->engine, net->net, run->parts, NULL, run->diag);
    *total_out = 0.0;
    for (size_t i = 0; i < net->part_count && !err; i++)
        *total_out += run->parts[i];
    return err;
}

static enum aw_err warm_up(const struct run *run, const struct awh_measured *net)
{
    double last[2 * SETTLE_LAST];
    double copy[SETTLE_LAST];
    for (unsigned i = 0; i < WARMUP_MAX && !is_over(run, WARMUP_SHARE); i++) {
        if (i >= 2 * SETTLE_LAST)
            memmove(last, last + 1, (2 * SETTLE_LAST - 1) * sizeof *last);
        double *at = &last[i < 2 * SETTLE_LAST ? i : 2 * SETTLE_LAST - 1];
        enum aw_err err = pass(run, net, at);
        if (err)
            return err;
        if (i + 1 < 2 * SETTLE_LAST)
            continue;
        memcpy(copy, last, sizeof copy);
        double before = awh_median(copy, SETTLE_LAST);
        memcpy(copy, last + SETTLE_LAST, sizeof copy);
        double after = awh_median(copy, SETTLE_LAST);
        if (fabs(after - before) <= SETTLE * before)
            break;
    }
    return AW_OK;
}

/* -- turns -------------------------------------------------------------------------------- */

/* Judged again whenever there is a tenth more: sorting takes time too. */
static void judge(const struct run *run, struct awh_samples *samples)
{
    size_t layers = awh_sample_least(&samples->layers), whole = awh_sample_least(&samples->whole);
    if (samples->layers.taken >= SAMPLES_MAX || samples->whole.taken >= SAMPLES_MAX)
        samples->done = true;
    if (samples->done || layers < run->options->samples ||
        whole < awh_samples_whole_least(run->options->samples) ||
        (double)(layers + whole) < 1.1 * (double)samples->judged)
        return;
    struct awh_widths widths = awh_samples_widths(samples);
    samples->judged = layers + whole;
    samples->layers_done = widths.blocks <= run->options->target;
    samples->done = samples->layers_done && widths.whole <= run->options->target;
}

/* The budget is used up; with next to nothing accepted some patience is better than what there is.
 */
static bool is_over_for(const struct run *run, const struct awh_samples *samples)
{
    size_t few = run->options->samples < AWH_METHOD_FEW ? run->options->samples : AWH_METHOD_FEW;
    if (!is_over(run, 1.0))
        return false;
    return is_over(run, AWH_METHOD_PATIENCE) ||
           (awh_sample_least(&samples->layers) >= few && awh_sample_least(&samples->whole) >= few);
}

/* When only the whole net's interval is too wide yet, it has as many passes as layers have: both
 * are of the same times. */
static enum aw_err turn(const struct run *run, struct awh_samples *samples)
{
    int whole_every = samples->layers_done ? 1 : WHOLE_EVERY;
    double ignored;
    enum aw_err err = pass(run, samples->net, &ignored);
    for (int i = 1; i <= BURST && !err; i++) {
        err = sample(run, samples, false);
        if (!err && i % whole_every == 0)
            err = sample(run, samples, true);
    }
    if (!err)
        judge(run, samples);
    return err;
}

static void report(const struct run *run, const struct awh_samples *samples, size_t count)
{
    double share = 0.0, used = 1.0;
    if (!run->options->progress)
        return;
    if (run->options->budget_s > 0.0)
        used = (double)(now_ns(run) - run->start_ns) / (run->options->budget_s * 1e9);
    for (size_t i = 0; i < count; i++) {
        double part =
            (double)awh_sample_least(&samples[i].layers) / (double)(run->options->samples + 1);
        share += samples[i].done ? 1.0 : fmin(fmax(part, used), 0.99);
    }
    run->options->progress(run->options->context, share / (double)count);
}

static enum aw_err run_turns(const struct run *run, struct awh_samples *samples, size_t count)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = warm_up(run, samples[i].net);
    /* Every net has a turn, whatever the budget: there is always something to report. */
    for (bool left = true, first = true; left && !err; first = false) {
        left = false;
        for (size_t i = 0; i < count && !err; i++) {
            if (samples[i].done || (!first && is_over_for(run, &samples[i])))
                continue;
            err = turn(run, &samples[i]);
            left = left || !samples[i].done;
            report(run, samples, count);
        }
    }
    return err;
}

static enum aw_err begin(struct run *run, struct awh_measured *nets, struct awh_samples *samples,
                         size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        nets[i].steps = run->ops->steps(nets[i].net, &nets[i].step_count);
        nets[i].part_count = run->ops->parts(nets[i].net);
        most = nets[i].part_count > most ? nets[i].part_count : most;
        enum aw_err err = awh_samples_init(&samples[i], &nets[i], run->diag);
        if (err)
            return err;
    }
    run->parts = calloc(most + 1, sizeof *run->parts);
    return run->parts ? AW_OK : awh_fail_mem(run->diag);
}

enum aw_err awh_measure_timed(const struct awh_engine_ops *ops, void *engine,
                              struct awh_measured *nets, size_t count,
                              const struct awh_method_options *options, struct awh_diag *diag)
{
    struct run run = {.ops = ops,
                      .engine = engine,
                      .options = options,
                      .stamp_ns = ops->stamp_ns(engine),
                      .diag = diag};
    struct awh_samples *samples = calloc(count ? count : 1, sizeof *samples);
    if (!samples)
        return awh_fail_mem(diag);
    run.start_ns = now_ns(&run);
    enum aw_err err = begin(&run, nets, samples, count);
    if (!err)
        err = run_turns(&run, samples, count);
    for (size_t i = 0; i < count && !err; i++)
        err = awh_samples_finish(&samples[i], options->samples, options->target, diag);
    for (size_t i = 0; i < count; i++) {
        awh_samples_release(&samples[i]);
        if (err)
            awh_measured_release(&nets[i]);
    }
    free(samples);
    free(run.parts);
    return err;
}

void awh_measured_release(struct awh_measured *net)
{
    awh_series_free(net->steps_kept, net->step_count);
    awh_series_free(net->parts_kept, net->part_count);
    free(net->step_times);
    free(net->prim_times);
    net->steps_kept = net->parts_kept = NULL;
    net->step_times = net->prim_times = NULL;
}

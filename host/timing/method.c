#include "timing/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/stats.h"
#include "timing/samples.h"

#define BURST        4     /* samples a turn, behind an untimed pass that brings back the caches */
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
    double *values = awh_sample_new(set);
    int reject = -1;
    if (!values)
        return awh_fail_mem(run->diag);
    enum aw_err err = run->ops->sample_begin(run->engine, run->diag);
    if (!err)
        err = whole ? run->ops->pass_whole(run->engine, samples->net->net, values, run->diag)
                    : run->ops->pass_layers(run->engine, samples->net->net, values, run->diag);
    if (!err)
        err = run->ops->sample_end(run->engine, &reject, run->diag);
    if (err)
        return err;
    for (size_t i = 0; !whole && i < set->width; i++)
        values[i] = fmax(values[i] - run->stamp_ns, 0.0);
    if (reject >= 0 && reject < AWH_REJECTS_MAX)
        samples->net->rejects[reject]++;
    awh_sample_keep(set, reject < 0);
    return AW_OK;
}

static enum aw_err warm_up(const struct run *run, const struct awh_measured *net)
{
    double last[2 * SETTLE_LAST];
    double copy[SETTLE_LAST];
    for (unsigned i = 0; i < WARMUP_MAX && !is_over(run, WARMUP_SHARE); i++) {
        if (i >= 2 * SETTLE_LAST)
            memmove(last, last + 1, (2 * SETTLE_LAST - 1) * sizeof *last);
        double *at = &last[i < 2 * SETTLE_LAST ? i : 2 * SETTLE_LAST - 1];
        enum aw_err err = run->ops->pass_whole(run->engine, net->net, at, run->diag);
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
static bool is_done(const struct run *run, struct awh_samples *samples)
{
    size_t count = samples->layers.accepted < samples->whole.accepted ? samples->layers.accepted
                                                                      : samples->whole.accepted;
    if (samples->layers.taken >= SAMPLES_MAX)
        return true;
    if (count < run->options->samples || (double)count < 1.1 * (double)samples->judged)
        return false;
    samples->judged = count;
    return awh_samples_widest(samples) <= run->options->target;
}

static enum aw_err turn(const struct run *run, struct awh_samples *samples)
{
    double ignored;
    enum aw_err err = run->ops->pass_whole(run->engine, samples->net->net, &ignored, run->diag);
    for (int i = 0; i < BURST && !err; i++) {
        err = sample(run, samples, false);
        if (!err)
            err = sample(run, samples, true);
    }
    if (!err && is_done(run, samples))
        samples->done = true;
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
        double part = (double)samples[i].layers.accepted / (double)(run->options->samples + 1);
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
            if (samples[i].done || (!first && is_over(run, 1.0)))
                continue;
            err = turn(run, &samples[i]);
            left = left || !samples[i].done;
            report(run, samples, count);
        }
    }
    return err;
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
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < count; i++) {
        nets[i].steps = ops->steps(nets[i].net, &nets[i].step_count);
        samples[i] = (struct awh_samples){
            .net = &nets[i], .layers.width = nets[i].step_count, .whole.width = 1};
    }
    err = run_turns(&run, samples, count);
    for (size_t i = 0; i < count && !err; i++)
        err = awh_samples_finish(&samples[i], options->samples, options->target, diag);
    for (size_t i = 0; i < count; i++) {
        awh_samples_release(&samples[i]);
        if (err)
            awh_measured_release(&nets[i]);
    }
    free(samples);
    return err;
}

void awh_measured_release(struct awh_measured *net)
{
    free(net->step_ns);
    free(net->whole_ns);
    free(net->step_times);
    free(net->prim_times);
    net->step_ns = net->whole_ns = NULL;
    net->step_times = net->prim_times = NULL;
}

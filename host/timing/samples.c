#include "timing/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"

#define WHOLE_SHARE 4 /* a whole net needs so many times less times than a step */

/* -- rows --------------------------------------------------------------------------------- */

enum aw_err awh_samples_init(struct awh_samples *samples, struct awh_measured *net,
                             struct awh_diag *diag)
{
    *samples = (struct awh_samples){
        .net = net, .layers.width = net->step_count, .whole.width = net->part_count};
    samples->layers.accepted = calloc(net->step_count + 1, sizeof(size_t));
    samples->whole.accepted = calloc(net->part_count + 1, sizeof(size_t));
    return samples->layers.accepted && samples->whole.accepted ? AW_OK : awh_fail_mem(diag);
}

bool awh_sample_new(struct awh_sample_set *set, double **values_out, int **verdicts_out)
{
    size_t needed = (set->taken + 1) * set->width + 1;
    void *values = awh_grow(set->values, &set->value_capacity, needed, sizeof *set->values);
    if (values)
        set->values = values;
    void *verdicts = awh_grow(set->verdicts, &set->verdict_capacity, needed, sizeof *set->verdicts);
    if (verdicts)
        set->verdicts = verdicts;
    if (!values || !verdicts)
        return false;
    *values_out = set->values + set->taken * set->width;
    *verdicts_out = set->verdicts + set->taken * set->width;
    return true;
}

void awh_sample_keep(struct awh_sample_set *set)
{
    const int *verdicts = set->verdicts + set->taken++ * set->width;
    for (size_t i = 0; i < set->width; i++)
        set->accepted[i] += verdicts[i] < 0;
}

size_t awh_sample_least(const struct awh_sample_set *set)
{
    size_t least = set->taken;
    for (size_t i = 0; i < set->width; i++)
        least = set->accepted[i] < least ? set->accepted[i] : least;
    return least;
}

/* -- columns ------------------------------------------------------------------------------ */

/* The accepted times of a column in order of time; where there are none all. */
static size_t take_column(const struct awh_sample_set *set, size_t column, double *values)
{
    size_t count = 0;
    bool all = !set->accepted[column];
    for (size_t row = 0; row < set->taken; row++) {
        size_t at = row * set->width + column;
        if (all || set->verdicts[at] < 0)
            values[count++] = set->values[at];
    }
    return count;
}

static struct awh_timing timing_of(double *values, size_t count)
{
    struct awh_timing timing = {0};
    if (!count)
        return timing;
    timing.median = awh_median(values, count);
    timing.lower_quartile = awh_quantile(values, count, 0.25);
    awh_median_interval(values, count, &timing.low, &timing.high);
    return timing;
}

static struct awh_timing column_timing(const struct awh_sample_set *set, size_t column,
                                       double *scratch)
{
    return timing_of(scratch, take_column(set, column, scratch));
}

/* -- sums --------------------------------------------------------------------------------- */

static void add_timing(struct awh_timing *sum, const struct awh_timing *term)
{
    sum->median += term->median;
    sum->lower_quartile += term->lower_quartile;
    sum->low += term->low;
    sum->high += term->high;
}

/* +1 or -1: which side of its column's median an accepted time is on. */
static double side_of(const struct awh_sample_set *set, size_t row, size_t column, double median)
{
    size_t at = row * set->width + column;
    if (set->accepted[column] && set->verdicts[at] >= 0)
        return 0.0;
    return set->values[at] > median ? 1.0 : -1.0;
}

/* How far the medians of columns err together: 1 when the same passes are slow in all of them, less
 * when some are slow where others are not, as a share of the sum of their errors.
 *
 * To first order a median errs by the mean of its samples' sides, times what its own interval says;
 * summed pass by pass, sides that agree add up and others cancel (the influence function of the
 * median: Huber, Robust Statistics, 1981, section 3.2). */
static double share_of_error(const struct awh_sample_set *set, const struct awh_timing *columns,
                             const size_t *members, size_t count, double *errors)
{
    double together = 0.0, square = 0.0;
    memset(errors, 0, set->taken * sizeof *errors);
    for (size_t i = 0; i < count; i++) {
        const struct awh_timing *column = &columns[members[i]];
        size_t n = set->accepted[members[i]] ? set->accepted[members[i]] : set->taken;
        double error = (column->high - column->low) / sqrt((double)n);
        together += column->high - column->low;
        for (size_t row = 0; row < set->taken; row++)
            errors[row] += error * side_of(set, row, members[i], column->median);
    }
    for (size_t row = 0; row < set->taken; row++)
        square += errors[row] * errors[row];
    return together > 0.0 ? fmin(sqrt(square) / together, 1.0) : 1.0;
}

static struct awh_timing sum_of(const struct awh_sample_set *set, const struct awh_timing *columns,
                                const size_t *members, size_t count, double *scratch)
{
    struct awh_timing sum = {0};
    for (size_t i = 0; i < count; i++)
        add_timing(&sum, &columns[members[i]]);
    double share = share_of_error(set, columns, members, count, scratch);
    sum.low = sum.median - share * (sum.median - sum.low);
    sum.high = sum.median + share * (sum.high - sum.median);
    return sum;
}

/* -- figures ------------------------------------------------------------------------------ */

struct figures {
    struct awh_timing *steps, *parts, *prims; /* [step_count], [part_count], [prim_count] */
    size_t *members;                          /* scratch */
    struct awh_timing sum, whole;
};

static void fill(const struct awh_samples *samples, struct figures *figures, double *scratch)
{
    const struct awh_measured *net = samples->net;
    for (size_t i = 0; i < net->step_count; i++)
        figures->steps[i] = column_timing(&samples->layers, i, scratch);
    for (size_t i = 0; i < net->part_count; i++)
        figures->parts[i] = column_timing(&samples->whole, i, scratch);
    for (size_t prim = 0; prim < net->prim_count; prim++) {
        size_t count = 0;
        for (size_t i = 0; i < net->step_count; i++)
            if ((size_t)net->steps[i].prim == prim)
                figures->members[count++] = i;
        figures->prims[prim] =
            sum_of(&samples->layers, figures->steps, figures->members, count, scratch);
    }
    for (size_t i = 0; i < net->step_count || i < net->part_count; i++)
        figures->members[i] = i;
    figures->sum =
        sum_of(&samples->layers, figures->steps, figures->members, net->step_count, scratch);
    figures->whole =
        sum_of(&samples->whole, figures->parts, figures->members, net->part_count, scratch);
}

static double width_of(const struct awh_timing *timing)
{
    return timing->median > 0.0 ? (timing->high - timing->low) / timing->median : 0.0;
}

/* Only a block that is long enough to be repeated counts. */
static struct awh_widths widths(const struct awh_measured *net, const struct figures *figures)
{
    struct awh_widths widths = {.whole = width_of(&figures->whole)};
    for (size_t i = 0; i < net->prim_count; i++)
        if (figures->prims[i].median >= AWH_METHOD_BLOCK_NS)
            widths.blocks = fmax(widths.blocks, width_of(&figures->prims[i]));
    return widths;
}

static bool figures_new(const struct awh_measured *net, struct figures *figures)
{
    figures->steps = calloc(net->step_count + 1, sizeof *figures->steps);
    figures->parts = calloc(net->part_count + 1, sizeof *figures->parts);
    figures->prims = calloc(net->prim_count + 1, sizeof *figures->prims);
    figures->members = calloc(net->step_count + net->part_count + 1, sizeof *figures->members);
    return figures->steps && figures->parts && figures->prims && figures->members;
}

static void figures_release(struct figures *figures)
{
    free(figures->steps);
    free(figures->prims);
    free(figures->parts);
    free(figures->members);
}

static double *scratch_for(const struct awh_samples *samples)
{
    size_t most =
        samples->layers.taken > samples->whole.taken ? samples->layers.taken : samples->whole.taken;
    return malloc((most + 1) * sizeof(double));
}

struct awh_widths awh_samples_widths(const struct awh_samples *samples)
{
    struct figures figures = {0};
    struct awh_widths result = {INFINITY, INFINITY};
    double *scratch = scratch_for(samples);
    if (figures_new(samples->net, &figures) && scratch) {
        fill(samples, &figures, scratch);
        result = widths(samples->net, &figures);
    }
    figures_release(&figures);
    free(scratch);
    return result;
}

/* -- what is handed over ------------------------------------------------------------------ */

static struct awh_series *take_series(const struct awh_sample_set *set, double *scratch,
                                      size_t *least_out)
{
    struct awh_series *series = calloc(set->width + 1, sizeof *series);
    *least_out = set->width ? SIZE_MAX : 0;
    for (size_t i = 0; series && i < set->width; i++) {
        size_t count = take_column(set, i, scratch);
        if (!(series[i].ns = malloc((count + 1) * sizeof(double)))) {
            awh_series_free(series, i);
            return NULL;
        }
        memcpy(series[i].ns, scratch, count * sizeof(double));
        series[i].count = count;
        *least_out = count < *least_out ? count : *least_out;
    }
    return series;
}

static void count_verdicts(const struct awh_sample_set *set, struct awh_measured *net,
                           size_t *accepted)
{
    for (size_t i = 0; i < set->taken * set->width; i++)
        if (set->verdicts[i] < 0)
            ++*accepted;
        else if (set->verdicts[i] < AWH_REJECTS_MAX)
            net->rejects[set->verdicts[i]]++;
}

static void account(const struct awh_samples *samples)
{
    struct awh_measured *net = samples->net;
    const struct awh_sample_set *layers = &samples->layers, *whole = &samples->whole;
    size_t accepted = 0, taken = layers->taken * layers->width + whole->taken * whole->width;
    net->passes = layers->taken;
    net->whole_passes = whole->taken;
    count_verdicts(layers, net, &accepted);
    count_verdicts(whole, net, &accepted);
    net->accepted_share = taken ? (double)accepted / (double)taken : 0.0;
    net->filtered = awh_sample_least(layers) && awh_sample_least(whole);
}

size_t awh_samples_whole_least(unsigned least)
{
    return (least + WHOLE_SHARE - 1) / WHOLE_SHARE;
}

enum aw_err awh_samples_finish(struct awh_samples *samples, unsigned least, double target,
                               struct awh_diag *diag)
{
    struct awh_measured *net = samples->net;
    struct figures figures = {0};
    double *scratch = scratch_for(samples);
    if (!scratch || !figures_new(net, &figures)) {
        free(scratch);
        figures_release(&figures);
        return awh_fail_mem(diag);
    }
    account(samples);
    fill(samples, &figures, scratch);
    net->step_times = figures.steps;
    net->prim_times = figures.prims;
    net->block_sum = figures.sum;
    net->whole = figures.whole;
    struct awh_widths both = widths(net, &figures);
    net->widest = fmax(both.blocks, both.whole);
    figures.steps = figures.prims = NULL; /* the net's now */
    figures_release(&figures);
    net->noisy = awh_sample_least(&samples->layers) < least ||
                 awh_sample_least(&samples->whole) < awh_samples_whole_least(least) ||
                 net->widest > target;
    net->steps_kept = take_series(&samples->layers, scratch, &net->kept);
    net->parts_kept = take_series(&samples->whole, scratch, &net->whole_kept);
    free(scratch);
    return net->steps_kept && net->parts_kept ? AW_OK : awh_fail_mem(diag);
}

static void set_release(struct awh_sample_set *set)
{
    free(set->values);
    free(set->verdicts);
    free(set->accepted);
}

void awh_samples_release(struct awh_samples *samples)
{
    set_release(&samples->layers);
    set_release(&samples->whole);
}

void awh_series_free(struct awh_series *series, size_t count)
{
    for (size_t i = 0; series && i < count; i++)
        free(series[i].ns);
    free(series);
}

#include "timing/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"

/* -- rows --------------------------------------------------------------------------------- */

double *awh_sample_new(struct awh_sample_set *set)
{
    size_t rows = set->taken + 1;
    void *values =
        awh_grow(set->values, &set->value_capacity, rows * set->width + 1, sizeof *set->values);
    if (values)
        set->values = values;
    void *good = awh_grow(set->good, &set->good_capacity, rows, sizeof *set->good);
    if (good)
        set->good = good;
    return values && good ? set->values + set->taken * set->width : NULL;
}

void awh_sample_keep(struct awh_sample_set *set, bool accepted)
{
    set->good[set->taken++] = accepted;
    set->accepted += accepted;
}

static bool is_kept(const struct awh_sample_set *set, size_t row, bool all)
{
    return all || set->good[row];
}

/* -- columns ------------------------------------------------------------------------------ */

/* What is added up of each row: a step, the steps of a primitive, or all. */
struct column {
    const struct awh_measured *net;
    int step, prim; /* -1: not this one */
};

static double value_of(const struct column *column, const double *row)
{
    if (column->step >= 0)
        return row[column->step];
    double sum = 0.0;
    for (size_t i = 0; i < column->net->step_count; i++)
        if (column->prim < 0 || column->net->steps[i].prim == column->prim)
            sum += row[i];
    return sum;
}

static size_t take_column(const struct awh_sample_set *set, const struct column *column, bool all,
                          double *values)
{
    size_t count = 0;
    for (size_t row = 0; row < set->taken; row++)
        if (is_kept(set, row, all))
            values[count++] = value_of(column, set->values + row * set->width);
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

static struct awh_timing column_timing(const struct awh_sample_set *set,
                                       const struct column *column, bool all, double *scratch)
{
    return timing_of(scratch, take_column(set, column, all, scratch));
}

static double width_of(const struct awh_timing *timing)
{
    return timing->median > 0.0 ? (timing->high - timing->low) / timing->median : 0.0;
}

/* Only a layer or block that is long enough to be repeated counts. */
static double counted_width(const struct awh_timing *timing)
{
    return timing->median >= AWH_METHOD_BLOCK_NS ? width_of(timing) : 0.0;
}

static double widest(const struct awh_samples *samples, bool all, double *scratch)
{
    const struct awh_measured *net = samples->net;
    struct column column = {.net = net, .step = -1, .prim = -1};
    struct awh_timing timing =
        column_timing(&samples->whole, &(struct column){.net = net}, all, scratch);
    double most = width_of(&timing);
    for (size_t i = 0; i < net->step_count; i++) {
        column.step = (int)i;
        timing = column_timing(&samples->layers, &column, all, scratch);
        most = fmax(most, counted_width(&timing));
    }
    column.step = -1;
    for (size_t i = 0; i < net->prim_count; i++) {
        column.prim = (int)i;
        timing = column_timing(&samples->layers, &column, all, scratch);
        most = fmax(most, counted_width(&timing));
    }
    return most;
}

static double *scratch_for(const struct awh_samples *samples)
{
    size_t most =
        samples->layers.taken > samples->whole.taken ? samples->layers.taken : samples->whole.taken;
    return malloc((most + 1) * sizeof(double));
}

double awh_samples_widest(const struct awh_samples *samples)
{
    double *scratch = scratch_for(samples);
    if (!scratch)
        return INFINITY;
    double most = widest(samples, false, scratch);
    free(scratch);
    return most;
}

/* -- figures ------------------------------------------------------------------------------ */

/* Kept rows, close together. */
static double *compact(const struct awh_sample_set *set, bool all, size_t *kept_out)
{
    double *rows = malloc((set->taken * set->width + 1) * sizeof *rows);
    size_t kept = 0;
    for (size_t row = 0; rows && row < set->taken; row++)
        if (is_kept(set, row, all))
            memcpy(rows + kept++ * set->width, set->values + row * set->width,
                   set->width * sizeof *rows);
    *kept_out = kept;
    return rows;
}

static void fill(struct awh_samples *samples, bool all, double *scratch)
{
    struct awh_measured *net = samples->net;
    struct column column = {.net = net, .step = -1, .prim = -1};
    net->block_sum = column_timing(&samples->layers, &column, all, scratch);
    for (size_t i = 0; i < net->step_count; i++) {
        column.step = (int)i;
        net->step_times[i] = column_timing(&samples->layers, &column, all, scratch);
    }
    column.step = -1;
    for (size_t i = 0; i < net->prim_count; i++) {
        column.prim = (int)i;
        net->prim_times[i] = column_timing(&samples->layers, &column, all, scratch);
    }
    net->whole = column_timing(&samples->whole, &(struct column){.net = net}, all, scratch);
    net->widest = widest(samples, all, scratch);
}

enum aw_err awh_samples_finish(struct awh_samples *samples, unsigned least, double target,
                               struct awh_diag *diag)
{
    struct awh_measured *net = samples->net;
    double *scratch = scratch_for(samples);
    net->taken = samples->layers.taken;
    net->accepted = samples->layers.accepted;
    net->whole_taken = samples->whole.taken;
    net->whole_accepted = samples->whole.accepted;
    size_t few = net->accepted < net->whole_accepted ? net->accepted : net->whole_accepted;
    net->filtered = few >= (least < AWH_METHOD_FEW ? least : AWH_METHOD_FEW);
    net->step_ns = compact(&samples->layers, !net->filtered, &net->kept);
    net->whole_ns = compact(&samples->whole, !net->filtered, &net->whole_kept);
    net->step_times = calloc(net->step_count + 1, sizeof *net->step_times);
    net->prim_times = calloc(net->prim_count + 1, sizeof *net->prim_times);
    bool ok = scratch && net->step_ns && net->whole_ns && net->step_times && net->prim_times;
    if (ok) {
        fill(samples, !net->filtered, scratch);
        net->noisy = few < least || net->widest > target;
    }
    free(scratch);
    return ok ? AW_OK : awh_fail_mem(diag);
}

void awh_samples_release(struct awh_samples *samples)
{
    free(samples->layers.values);
    free(samples->layers.good);
    free(samples->whole.values);
    free(samples->whole.good);
}

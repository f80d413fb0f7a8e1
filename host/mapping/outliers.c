#include "mapping/outliers.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"

enum aw_err awh_outliers_parse(const char *name, enum awh_outliers *out, struct awh_diag *diag)
{
    static const char *const names[] = {[AWH_OUTLIERS_NONE] = "none",
                                        [AWH_OUTLIERS_HISTOGRAM] = "histogram",
                                        [AWH_OUTLIERS_MEDIAN_OF_MEANS] = "median-of-means"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum awh_outliers)i;
            return AW_OK;
        }
    return awh_fail(diag, AW_ERR_ARG,
                    "--outliers: expected none, histogram or median-of-means, found '%.40s'", name);
}

/* -- Median of means
 * -------------------------------------------------------------------------------- */

static size_t group_count(size_t count)
{
    if (count <= 8)
        return count;
    size_t groups = (size_t)ceil(2 * sqrt((double)count));
    return groups | 1; /* odd: the median is one of the means */
}

static enum aw_err median_of_means(const double *samples, size_t count, double *mean_out,
                                   struct awh_diag *diag)
{
    size_t groups = group_count(count);
    double *means = malloc(groups * sizeof(*means));
    if (means == NULL)
        return awh_fail_mem(diag);
    for (size_t g = 0, begin = 0; g < groups; g++) {
        size_t size = count / groups + (g < count % groups);
        means[g] = awh_mean(samples + begin, size);
        begin += size;
    }
    *mean_out = awh_median(means, groups);
    free(means);
    return AW_OK;
}

/* -- Histogram
 * ------------------------------------------------------------------------------------------ */

/* The edges of bin i are start + i * size and that plus size, each rounded as aw_nas's are: a
 * sample may fall between two bins, or into both. Empty bins are not stored. */
#define MAX_BINS 1e15 /* so that the index of a bin is a whole double */

struct histogram {
    double start, size;
    double bin_count;
    const double *sorted;
    size_t sample_count;
};

static double bin_begin(const struct histogram *h, double index)
{
    return h->start + index * h->size;
}

static size_t first_at_least(const struct histogram *h, double value)
{
    size_t low = 0, high = h->sample_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t bin_height(const struct histogram *h, double index)
{
    if (index < 0 || index >= h->bin_count)
        return 0;
    double begin = bin_begin(h, index);
    size_t from = first_at_least(h, begin), to = first_at_least(h, begin + h->size);
    return to > from ? to - from : 0;
}

/* The fullest bin is one that a sample is in, or a neighbour by rounding. */
static double fullest_bin(const struct histogram *h, size_t *height_out)
{
    double fullest = 0;
    size_t best = bin_height(h, 0);
    for (size_t i = 0; i < h->sample_count; i++) {
        double near = floor((h->sorted[i] - h->start) / h->size);
        for (double index = near - 1; index <= near + 1; index++) {
            size_t height = bin_height(h, index);
            if (height > best || (height == best && height > 0 && index < fullest)) {
                best = height;
                fullest = index;
            }
        }
    }
    *height_out = best;
    return fullest;
}

/* `low` is above 0, so a bin that is not low holds samples and these walks end. */
static double upper_bound(const struct histogram *h, double fullest, double low)
{
    for (double index = fullest + 1; index < h->bin_count; index++)
        if ((double)bin_height(h, index) < low)
            return bin_begin(h, index);
    return (double)INFINITY;
}

static double lower_bound(const struct histogram *h, double fullest, double low)
{
    for (double index = fullest - 1; index > 0; index--)
        if ((double)bin_height(h, index) < low)
            return bin_begin(h, index);
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

enum aw_err awh_histogram_keep(const double *samples, size_t count, double bin_size, double *kept,
                               size_t *count_out, struct awh_diag *diag)
{
    double *sorted = malloc(count * sizeof(*sorted));
    size_t height;
    if (sorted == NULL)
        return awh_fail_mem(diag);
    memcpy(sorted, samples, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_value);
    struct histogram h = {.start = trunc(sorted[0] / bin_size) * bin_size,
                          .size = bin_size,
                          .bin_count = trunc((sorted[count - 1] - sorted[0]) / bin_size) + 1,
                          .sorted = sorted,
                          .sample_count = count};
    if (!(h.bin_count <= MAX_BINS)) {
        enum aw_err err =
            awh_fail(diag, AW_ERR_RANGE, "samples from %g to %g are too far apart for bins of %g",
                     sorted[0], sorted[count - 1], bin_size);
        free(sorted);
        return err;
    }
    double from = 0, to = (double)INFINITY;
    double fullest = fullest_bin(&h, &height), low = 0.1 * (double)height;
    if (height > 0) {
        from = lower_bound(&h, fullest, low);
        to = upper_bound(&h, fullest, low);
    }
    free(sorted);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (samples[i] >= from && samples[i] <= to)
            kept[n++] = samples[i];
    *count_out = n;
    return AW_OK;
}

static enum aw_err histogram_mean(const double *samples, size_t count, const char *unit,
                                  const char *place, double *mean_out, struct awh_diag *diag)
{
    double bin_size = strcmp(unit, "ms") == 0   ? 1e-4
                      : strcmp(unit, "us") == 0 ? 1e-1
                      : strcmp(unit, "s") == 0  ? 1e-7
                                                : 0;
    if (bin_size == 0)
        return awh_fail(
            diag, AW_ERR_UNSUPPORTED,
            "%s: --outliers histogram has bins of 0.1 us, and these values are in %s; use "
            "median-of-means or none",
            place, unit);
    double *kept = malloc(count * sizeof(*kept));
    if (kept == NULL)
        return awh_fail_mem(diag);
    size_t kept_count;
    enum aw_err err = awh_histogram_keep(samples, count, bin_size, kept, &kept_count, diag);
    if (err == AW_OK && kept_count == 0)
        err = awh_fail(diag, AW_ERR_NUMERIC, "%s: --outliers histogram keeps none of %zu samples",
                       place, count);
    if (err == AW_OK)
        *mean_out = awh_mean(kept, kept_count);
    free(kept);
    return err;
}

enum aw_err awh_outliers_mean(enum awh_outliers method, const double *samples, size_t count,
                              const char *unit, const char *place, double *mean_out,
                              struct awh_diag *diag)
{
    switch (method) {
    case AWH_OUTLIERS_NONE:
        *mean_out = awh_mean(samples, count);
        return AW_OK;
    case AWH_OUTLIERS_HISTOGRAM:
        return histogram_mean(samples, count, unit, place, mean_out, diag);
    case AWH_OUTLIERS_MEDIAN_OF_MEANS:
        return median_of_means(samples, count, mean_out, diag);
    }
    return awh_fail(diag, AW_ERR_INTERNAL, "no such method for outliers: %d", (int)method);
}

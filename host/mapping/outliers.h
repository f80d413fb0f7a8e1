/* One figure of many samples of the same thing, in the order in which they were taken. */
#ifndef AWH_OUTLIERS_H
#define AWH_OUTLIERS_H

#include <stddef.h>

#include "base/diag.h"

/* AWH_OUTLIERS_NONE: the mean of all.
 *
 * AWH_OUTLIERS_MEDIAN_OF_MEANS: the samples, as they follow each other, in about 2 sqrt(n) groups
 * (an odd number; up to 8 samples: as many groups as samples); the median of their means. It holds
 * while the outliers reach fewer than half of the groups, wherever they are; nothing is tuned to a
 * device.
 *
 * AWH_OUTLIERS_HISTOGRAM: what aw_nas does for trtexec logs. Bins of 0.1 us; from the fullest one
 * (the first of several) upwards and downwards to the first bin with less than a tenth of its
 * samples; the mean of what lies between those two bins. aw_nas drops everything when there is no
 * such bin above; here everything above the lower one is kept then. Only for times. */
enum awh_outliers { AWH_OUTLIERS_NONE, AWH_OUTLIERS_HISTOGRAM, AWH_OUTLIERS_MEDIAN_OF_MEANS };

/* "none", "histogram", "median-of-means". */
AW_MUST_USE enum aw_err awh_outliers_parse(const char *name, enum awh_outliers *out,
                                           struct awh_diag *diag);

/* `count` is at least 1; `place` and `unit` ("ms", "us", "s") are for the histogram and its
 * messages. */
AW_MUST_USE enum aw_err awh_outliers_mean(enum awh_outliers method, const double *samples,
                                          size_t count, const char *unit, const char *place,
                                          double *mean_out, struct awh_diag *diag);

/* Copies those that the histogram method keeps to `kept`, which has room for all; sets *count_out.
 */
AW_MUST_USE enum aw_err awh_histogram_keep(const double *samples, size_t count, double bin_size,
                                           double *kept, size_t *count_out, struct awh_diag *diag);

#endif

/* Statistics of measurements and predictions. `count` is at least 1 everywhere. */
#ifndef AWH_STATS_H
#define AWH_STATS_H

#include <stddef.h>

/* Sum over count, added up pairwise as numpy does: the error grows with log(count). */
double awh_mean(const double *values, size_t count);
/* Sample standard deviation: square root of the sum of (v - mean)^2 over count - 1; 0 for one
 * value. */
double awh_stddev(const double *values, size_t count);
/* Order statistics; `values` is reordered, NANs last. quantile(p), p in 0..1, interpolates linearly
 * between the order statistics at p * (count - 1), as numpy's default does; median is
 * quantile(0.5). */
double awh_median(double *values, size_t count);
double awh_quantile(double *values, size_t count, double p);

/* Bounds between which the median of what the values are drawn from lies with a probability of at
 * least 95 %, whatever its distribution: order statistics. With less than six values none are wide
 * enough, and these are the least and the largest. `values` is reordered. */
void awh_median_interval(double *values, size_t count, double *low_out, double *high_out);

/* Errors of predictions p of measured values m, which are not 0. As shares, 0.05 is 5 %.
 *   mape    mean of |p - m| / |m|
 *   rmspe   square root of the mean of ((p - m) / m)^2
 *   rrmse   square root of the mean of (p - m)^2, over the mean of m
 *   within  share of predictions with |p - m| <= limit * |m| */
double awh_mape(const double *predicted, const double *measured, size_t count);
double awh_rmspe(const double *predicted, const double *measured, size_t count);
double awh_rrmse(const double *predicted, const double *measured, size_t count);
double awh_within(const double *predicted, const double *measured, size_t count, double limit);

/* Kendall's tau-b, (concordant - discordant) / sqrt((pairs - ties of a)(pairs - ties of b)), by
 * Knight's O(n log n) merge count. NAN when one side is constant, a value is NAN or memory is
 * short. */
double awh_kendall_tau(const double *a, const double *b, size_t count);

#endif

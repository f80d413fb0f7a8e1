#include "base/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is added up: a term of item i. */
struct terms {
    double (*term)(const struct terms *terms, size_t i);
    const double *a, *b;
    double mean;
};

/* numpy's pairwise sum: eight running sums up to 128 items, halves beyond. The same order of
 * additions gives the same bits. */
static double sum_block(const struct terms *t, size_t first, size_t count)
{
    if (count < 8) {
        double total = 0;
        for (size_t i = 0; i < count; i++) {
            total += t->term(t, first + i);
        }
        return total;
    }
    double r[8];
    for (size_t k = 0; k < 8; k++) {
        r[k] = t->term(t, first + k);
    }
    size_t i = 8;
    for (; i + 8 <= count; i += 8) {
        for (size_t k = 0; k < 8; k++) {
            r[k] += t->term(t, first + i + k);
        }
    }
    double total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i++) {
        total += t->term(t, first + i);
    }
    return total;
}

static double sum(const struct terms *t, size_t first, size_t count)
{
    if (count <= 128) {
        return sum_block(t, first, count);
    }
    size_t half = count / 2;
    half -= half % 8;
    return sum(t, first, half) + sum(t, first + half, count - half);
}

static double mean_of(struct terms terms, size_t count)
{
    return sum(&terms, 0, count) / (double)count;
}

static double value(const struct terms *t, size_t i)
{
    return t->a[i];
}

static double squared_deviation(const struct terms *t, size_t i)
{
    double d = t->a[i] - t->mean;
    return d * d;
}

static double relative_error(const struct terms *t, size_t i)
{
    return fabs((t->a[i] - t->b[i]) / t->b[i]);
}

static double squared_relative_error(const struct terms *t, size_t i)
{
    double e = relative_error(t, i);
    return e * e;
}

static double squared_error(const struct terms *t, size_t i)
{
    double e = t->a[i] - t->b[i];
    return e * e;
}

static double is_within(const struct terms *t, size_t i)
{
    return fabs(t->a[i] - t->b[i]) <= t->mean * fabs(t->b[i]) ? 1 : 0;
}

double awh_mean(const double *values, size_t count)
{
    return mean_of((struct terms){.term = value, .a = values}, count);
}

double awh_stddev(const double *values, size_t count)
{
    if (count < 2) {
        return 0;
    }
    struct terms terms = {.term = squared_deviation, .a = values, .mean = awh_mean(values, count)};
    return sqrt(sum(&terms, 0, count) / (double)(count - 1));
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    if (isnan(x) || isnan(y)) {
        return (isnan(x) != 0) - (isnan(y) != 0);
    }
    return (x > y) - (x < y);
}

double awh_quantile(double *values, size_t count, double p)
{
    qsort(values, count, sizeof(*values), by_value);
    double at = p * (double)(count - 1);
    if (!(at > 0)) {
        return values[0];
    }
    if (at >= (double)(count - 1)) {
        return values[count - 1];
    }
    size_t low = (size_t)at;
    if (values[low] == values[low + 1]) {
        return values[low]; /* infinities have no difference */
    }
    double share = at - (double)low, step = values[low + 1] - values[low];
    /* From the nearer side, as numpy does. */
    return share < 0.5 ? values[low] + step * share : values[low + 1] - step * (1 - share);
}

double awh_median(double *values, size_t count)
{
    return awh_quantile(values, count, 0.5);
}

/* How many values lie below the median is binomial: the largest rank k with P(less than k) <= 2.5
 * %. Beyond EXACT_MAX the normal approximation is right to a rank. */
#define EXACT_MAX 400

static size_t interval_rank(size_t count)
{
    double n = (double)count, below = 0;
    if (count > EXACT_MAX) {
        return (size_t)floor(n / 2 - 0.98 * sqrt(n));
    }
    size_t rank = 0;
    while (rank < count) {
        double k = (double)rank;
        below += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2));
        if (below > 0.025) {
            break;
        }
        rank++;
    }
    return rank;
}

void awh_median_interval(double *values, size_t count, double *low_out, double *high_out)
{
    size_t rank = interval_rank(count);
    qsort(values, count, sizeof(*values), by_value);
    *low_out = values[rank ? rank - 1 : 0];
    *high_out = values[rank ? count - rank : count - 1];
}

double awh_mape(const double *predicted, const double *measured, size_t count)
{
    return mean_of((struct terms){.term = relative_error, .a = predicted, .b = measured}, count);
}

double awh_rmspe(const double *predicted, const double *measured, size_t count)
{
    return sqrt(mean_of(
        (struct terms){.term = squared_relative_error, .a = predicted, .b = measured}, count));
}

double awh_rrmse(const double *predicted, const double *measured, size_t count)
{
    struct terms terms = {.term = squared_error, .a = predicted, .b = measured};
    return sqrt(mean_of(terms, count)) / awh_mean(measured, count);
}

double awh_within(const double *predicted, const double *measured, size_t count, double limit)
{
    return mean_of((struct terms){.term = is_within, .a = predicted, .b = measured, .mean = limit},
                   count);
}

/* Kendall's tau */

struct pair {
    double a, b;
};

static int by_a_then_b(const void *x, const void *y)
{
    const struct pair *p = x, *q = y;
    if (p->a != q->a) {
        return p->a < q->a ? -1 : 1;
    }
    return (p->b > q->b) - (p->b < q->b);
}

/* Merge sort by b; returns the number of exchanges, which are the discordant pairs. */
static uint64_t merge_count(struct pair *pairs, struct pair *scratch, size_t count)
{
    if (count < 2) {
        return 0;
    }
    size_t half = count / 2, i = 0, j = half, at = 0;
    uint64_t swaps =
        merge_count(pairs, scratch, half) + merge_count(pairs + half, scratch, count - half);
    while (i < half || j < count) {
        if (j == count || (i < half && pairs[i].b <= pairs[j].b)) {
            scratch[at++] = pairs[i++];
        } else {
            swaps += half - i;
            scratch[at++] = pairs[j++];
        }
    }
    memcpy(pairs, scratch, count * sizeof(*pairs));
    return swaps;
}

static double pairs_of(size_t n)
{
    return (double)n * ((double)n - 1) / 2;
}

/* Pairs that are equal in the named members; they stand side by side. */
static double tied_pairs(const struct pair *pairs, size_t count, bool in_a, bool in_b)
{
    double ties = 0;
    size_t run = 1;
    for (size_t i = 1; i <= count; i++) {
        if (i < count && (!in_a || pairs[i].a == pairs[i - 1].a) &&
            (!in_b || pairs[i].b == pairs[i - 1].b)) {
            run++;
        } else {
            ties += pairs_of(run);
            run = 1;
        }
    }
    return ties;
}

double awh_kendall_tau(const double *a, const double *b, size_t count)
{
    struct pair *pairs = calloc(count, 2 * sizeof(*pairs));
    if (pairs == NULL) {
        return (double)NAN;
    }
    bool ordered = true;
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct pair){a[i], b[i]};
        ordered = ordered && !isnan(a[i]) && !isnan(b[i]);
    }
    qsort(pairs, count, sizeof(*pairs), by_a_then_b);
    double all = pairs_of(count);
    double tied_a = tied_pairs(pairs, count, true, false);
    double tied_both = tied_pairs(pairs, count, true, true);
    double discordant = (double)merge_count(pairs, pairs + count, count);
    double tied_b = tied_pairs(pairs, count, false, true);
    free(pairs);
    if (!ordered || all <= tied_a || all <= tied_b) {
        return (double)NAN;
    }
    double concordant = all - tied_a - tied_b + tied_both - discordant;
    return (concordant - discordant) / (sqrt(all - tied_a) * sqrt(all - tied_b));
}

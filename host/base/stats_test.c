/* Expected values: numpy 2.4.6 and scipy.stats.kendalltau on the same sequences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/stats.h"

#define MAX_COUNT 4097

/* A linear congruential generator, 0..1, that is easily repeated in Python. */
static void fill(double *values, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = (seed * 1103515245u + 12345u) & 0x7fffffffu;
        values[i] = (double)seed / 0x80000000u;
    }
}

static void check(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

static void matches_numpy(void **state)
{
    static const struct {
        size_t count;
        double mean, stddev, quantile_10, quantile_95, median;
    } rows[] = {
        {1, 513870.17813900707, 0, 513870.17813900707, 513870.17813900707, 513870.17813900707},
        {7, 479198.9828219474, 285522.7278445447, 174139.4025033176, 874008.9983438908,
         513870.17813900707},
        {8, 447602.9576027602, 279040.36114492326, 174539.90268910528, 861739.1605155377,
         411260.8971765101},
        {100, 515489.56968279777, 278818.0231982703, 149382.80896673203, 956065.9104950562,
         495315.7602568924},
        {129, 512966.3215233196, 282435.83015903755, 149538.54770789147, 957807.6611032545,
         476960.99092642067},
        {1000, 509308.6543643682, 285297.2470415342, 111538.78841938676, 953587.0154613465,
         518947.8887470275},
        {4097, 501360.717140442, 287429.68480012176, 105006.76713342071, 947600.8824763655,
         503504.3040981352},
    };
    (void)state;
    static double values[MAX_COUNT];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = rows[i].count;
        fill(values, count, 1);
        for (size_t k = 0; k < count; k++) {
            values[k] = values[k] * 1e6 + 0.1;
        }
        assert_true(awh_mean(values, count) == rows[i].mean); /* the same order of additions */
        check(awh_stddev(values, count), rows[i].stddev);
        check(awh_quantile(values, count, 0.1), rows[i].quantile_10);
        check(awh_quantile(values, count, 0.95), rows[i].quantile_95);
        check(awh_median(values, count), rows[i].median);
    }
}

static void order_statistics(void **state)
{
    (void)state;
    double even[] = {4, 1, 3, 2}, odd[] = {3, 1, 2}, equal[] = {5, 5, 5};
    double infinite[] = {1, (double)INFINITY, (double)INFINITY, (double)INFINITY};
    double unknown[] = {(double)NAN, 1, 2, 3};
    check(awh_median(even, 4), 2.5);
    check(awh_median(odd, 3), 2);
    check(awh_quantile(even, 4, 0), 1);
    check(awh_quantile(even, 4, 1), 4);
    check(awh_quantile(even, 4, 0.25), 1.75);
    check(awh_quantile(equal, 3, 0.3), 5);
    assert_true(isinf(awh_median(infinite, 4)));
    check(awh_quantile(unknown, 4, 1.0 / 3), 2);
    assert_true(isnan(awh_quantile(unknown, 4, 1)));
    assert_true(awh_stddev(even, 1) == 0);
}

/* A plain sum of these loses the ones. */
static void sums_pairwise(void **state)
{
    (void)state;
    static double values[4096];
    for (size_t i = 0; i < 4096; i++) {
        values[i] = i == 0 ? 1e16 : 1;
    }
    check(awh_mean(values, 4096), (1e16 + 4080) / 4096); /* one of eight running sums holds 1e16 */
}

static void prediction_errors(void **state)
{
    (void)state;
    double measured[1000], predicted[1000];
    fill(measured, 1000, 1);
    fill(predicted, 1000, 2);
    for (size_t i = 0; i < 1000; i++) {
        measured[i] += 0.5;
        predicted[i] = measured[i] * (0.9 + 0.2 * predicted[i]);
    }
    check(awh_mape(predicted, measured, 1000), 0.05097664576079695);
    check(awh_rmspe(predicted, measured, 1000), 0.058255148190754426);
    check(awh_rrmse(predicted, measured, 1000), 0.06037325245352954);
    check(awh_within(predicted, measured, 1000, 0.05), 0.491);
    check(awh_kendall_tau(predicted, measured, 1000), 0.8714394394394394);
    for (size_t i = 0; i < 1000; i++) {
        measured[i] = rint(measured[i] * 10);
        predicted[i] = rint(predicted[i] * 10);
    }
    check(awh_kendall_tau(predicted, measured, 1000), 0.9093853227187282);
}

/* Against the definition, pair by pair. */
static double slow_tau(const double *a, const double *b, size_t count)
{
    double concordant = 0, discordant = 0, only_a = 0, only_b = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            double da = a[i] - a[j], db = b[i] - b[j];
            concordant += da * db > 0;
            discordant += da * db < 0;
            only_a += da == 0 && db != 0;
            only_b += da != 0 && db == 0;
        }
    }
    return (concordant - discordant) /
           sqrt((concordant + discordant + only_a) * (concordant + discordant + only_b));
}

static void kendall(void **state)
{
    (void)state;
    const double up[] = {1, 2, 3, 4}, down[] = {4, 3, 2, 1}, flat[] = {1, 1, 1, 1};
    const double a[] = {12, 2, 1, 12, 2}, b[] = {1, 4, 7, 1, 0};
    const double unknown[] = {1, 2, (double)NAN, 4};
    check(awh_kendall_tau(up, up, 4), 1);
    check(awh_kendall_tau(up, down, 4), -1);
    check(awh_kendall_tau(a, b, 5), -0.4714045207910316);
    assert_true(isnan(awh_kendall_tau(up, flat, 4)));
    assert_true(isnan(awh_kendall_tau(flat, up, 4)));
    assert_true(isnan(awh_kendall_tau(up, up, 1)));
    assert_true(isnan(awh_kendall_tau(up, unknown, 4)));
    for (uint32_t seed = 1; seed <= 50; seed++) {
        double x[40], y[40];
        size_t count = 3 + seed % 38;
        fill(x, count, seed);
        fill(y, count, seed + 1000);
        for (size_t i = 0; i < count; i++) {
            x[i] = floor(x[i] * (seed % 7 + 2)); /* many ties to none */
            y[i] = floor(y[i] * (seed % 50 + 2));
        }
        double slow = slow_tau(x, y, count), fast = awh_kendall_tau(x, y, count);
        assert_true((isnan(slow) && isnan(fast)) || fabs(slow - fast) < 1e-12);
    }
}

/* 10^5 points: 5 * 10^9 pairs would take many seconds. */
static void kendall_is_fast(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    double *a = malloc(COUNT * sizeof(*a)), *b = malloc(COUNT * sizeof(*b));
    for (size_t i = 0; i < COUNT; i++) {
        a[i] = (double)i;
        b[i] = (double)(COUNT - i);
    }
    check(awh_kendall_tau(a, b, COUNT), -1);
    free(a);
    free(b);
}

/* Ranks: the largest k with sum of C(n, i) over i < k of at most 2.5 % of 2^n. */
static void median_interval(void **state)
{
    (void)state;
    static const struct {
        size_t count, rank; /* 0: none */
    } rows[] = {{1, 0},    {5, 0},     {6, 1},     {10, 2},     {20, 6},      {50, 18},
                {100, 40}, {400, 180}, {401, 181}, {1000, 469}, {20000, 9861}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = rows[i].count, rank = rows[i].rank ? rows[i].rank : 1;
        double *values = malloc(count * sizeof(*values)), low, high;
        for (size_t k = 0; k < count; k++) /* count to 1 */
            values[k] = (double)(count - k);
        awh_median_interval(values, count, &low, &high);
        /* The normal approximation may be off by one. */
        assert_true(fabs(low - (double)rank) <= (count > 400 ? 1.0 : 0.0));
        assert_true(fabs(high - (double)(count + 1 - rank)) <= (count > 400 ? 1.0 : 0.0));
        free(values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_numpy),   cmocka_unit_test(order_statistics),
        cmocka_unit_test(sums_pairwise),   cmocka_unit_test(prediction_errors),
        cmocka_unit_test(kendall),         cmocka_unit_test(kendall_is_fast),
        cmocka_unit_test(median_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

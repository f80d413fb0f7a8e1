/* Intervals of sums: as wide as errors that go together make them, and no wider. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "timing/samples.h"

#define STEPS  16
#define PASSES 120
#define TRIALS 400

static uint64_t state = 1;

/* In 0..1; skewed, as times are. */
static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    double u = (double)(state >> 40) / (double)(1 << 24);
    return u * u;
}

/* Steps of 50 us; `shared` of what varies is the same for all steps of a pass. A tenth is rejected.
 */
static struct awh_timing trial(double shared, double *together_out)
{
    struct awh_step steps[STEPS] = {0};
    struct awh_measured net = {
        .steps = steps, .step_count = STEPS, .part_count = 1, .prim_count = 1};
    struct awh_samples samples;
    double *values;
    int *verdicts;
    assert_int_equal(awh_samples_init(&samples, &net, NULL), AW_OK);
    for (int pass = 0; pass < PASSES; pass++) {
        double common = draw();
        assert_true(awh_sample_new(&samples.layers, &values, &verdicts));
        for (int i = 0; i < STEPS; i++) {
            verdicts[i] = draw() < 0.01 ? 0 : AWH_ACCEPTED;
            values[i] = 50000.0 + 10000.0 * (draw() < shared ? common : draw());
        }
        awh_sample_keep(&samples.layers);
        assert_true(awh_sample_new(&samples.whole, &values, &verdicts));
        values[0] = 800000.0;
        verdicts[0] = AWH_ACCEPTED;
        awh_sample_keep(&samples.whole);
    }
    assert_int_equal(awh_samples_finish(&samples, 100, 0.02, NULL), AW_OK);
    struct awh_timing sum = net.prim_times[0];
    *together_out = 0.0;
    for (int i = 0; i < STEPS; i++)
        *together_out += net.step_times[i].high - net.step_times[i].low;
    awh_samples_release(&samples);
    awh_measured_release(&net);
    return sum;
}

/* The share of trials whose interval holds the true median, and the widths' share of those of terms
 * that err together. */
static void check(double shared, double least_width, double most_width)
{
    const double truth = STEPS * (50000.0 + 10000.0 * 0.25);
    size_t holds = 0;
    double width = 0.0, together = 0.0, all;
    for (int i = 0; i < TRIALS; i++) {
        struct awh_timing sum = trial(shared, &all);
        holds += sum.low <= truth && truth <= sum.high;
        width += sum.high - sum.low;
        together += all;
    }
    print_message("shared %.1f: holds in %.1f %%, %.2f of the widest\n", shared,
                  100.0 * (double)holds / TRIALS, width / together);
    assert_true((double)holds / TRIALS > 0.9);
    assert_true(width / together > least_width && width / together < most_width);
}

static void test_errors_apart(void **unused)
{
    (void)unused;
    check(0.0, 0.2, 0.3); /* 1 / sqrt(16) */
}

static void test_errors_together(void **unused)
{
    (void)unused;
    check(1.1, 0.9, 1.01);
}

static void test_errors_in_between(void **unused)
{
    (void)unused;
    check(0.7, 0.4, 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_apart),
        cmocka_unit_test(test_errors_together),
        cmocka_unit_test(test_errors_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

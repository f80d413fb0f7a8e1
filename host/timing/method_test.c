/* The measuring method on an engine that is made up and a clock that is made up: what is measured
 * is known exactly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "timing/method.h"

#define STEPS 3
#define STAMP 10.0
#define LOG   4096

/* A net of three steps; the last two belong to primitive 1. */
static const struct awh_step steps[STEPS] = {
    {.name = "a", .prim = 0}, {.name = "b", .prim = 1}, {.name = "c", .prim = 1}};
static const double true_ns[STEPS] = {100000.0, 50000.0, 1000.0};
#define PARTS 2
static const double true_part_ns[PARTS] = {100000.0, 51000.0};

struct fake {
    uint64_t now;
    uint32_t random;
    double noise;        /* times are up to this share longer */
    unsigned good_of_10; /* samples that are accepted, of ten */
    unsigned late_of_10; /* samples of which only the first step or part is accepted, of ten */
    unsigned slow_first; /* passes of each net that take ten times as long */
    unsigned fail_at;    /* the pass of this number fails; 0: none */
    unsigned passes, samples, in_sample, begun;
    int last_net, passes_of[4];
    char order[LOG]; /* number of the net of each pass */
};

static struct fake fake;

static double draw(void)
{
    fake.random = fake.random * 1664525u + 1013904223u;
    return (double)(fake.random >> 8) / (double)(1u << 24);
}

static uint64_t fake_now(void *context)
{
    (void)context;
    return fake.now;
}

static const struct awh_step *fake_steps(const void *net, size_t *count_out)
{
    (void)net;
    *count_out = STEPS;
    return steps;
}

static enum aw_err start(void *net, struct awh_diag *diag)
{
    int index = (int)((const char *)net - (const char *)&fake.passes_of) / (int)sizeof(int);
    if (fake.passes < LOG)
        fake.order[fake.passes] = (char)('0' + index);
    fake.passes++;
    fake.passes_of[index]++;
    if (fake.fail_at && fake.passes == fake.fail_at)
        return awh_fail(diag, AW_ERR_IO, "the device is gone");
    return AW_OK;
}

static double length(void *net, double ns)
{
    double factor = *(int *)net <= (int)fake.slow_first ? 10.0 : 1.0;
    double bad = fake.in_sample && (fake.samples % 10) >= fake.good_of_10 ? 3.0 : 1.0;
    return ns * factor * bad * (1.0 + fake.noise * draw());
}

static enum aw_err times(void *net, const double *lengths, size_t count, double stamp, double *ns,
                         int *verdicts, struct awh_diag *diag)
{
    enum aw_err err = start(net, diag);
    bool late = verdicts && fake.samples % 10 < fake.late_of_10;
    bool bad = fake.samples % 10 >= fake.good_of_10;
    fake.in_sample = verdicts != NULL;
    for (size_t i = 0; i < count; i++) {
        ns[i] = length(net, lengths[i]) * (late && i ? 3.0 : 1.0) + stamp;
        fake.now += (uint64_t)ns[i];
        if (verdicts)
            verdicts[i] = bad ? (int)((fake.samples + 1) % 2) : late && i ? 1 : AWH_ACCEPTED;
    }
    fake.samples += fake.in_sample;
    fake.in_sample = 0;
    return err;
}

static enum aw_err fake_layers(void *engine, void *net, double *step_ns, int *verdicts,
                               struct awh_diag *diag)
{
    (void)engine;
    return times(net, true_ns, STEPS, STAMP, step_ns, verdicts, diag);
}

static size_t fake_parts(const void *net)
{
    (void)net;
    return PARTS;
}

static enum aw_err fake_whole(void *engine, void *net, double *part_ns, int *verdicts,
                              struct awh_diag *diag)
{
    (void)engine;
    return times(net, true_part_ns, PARTS, 0.0, part_ns, verdicts, diag);
}

static double fake_stamp(void *engine)
{
    (void)engine;
    return STAMP;
}

static const char *const rejects[] = {"even", "odd", NULL};

static const struct awh_engine_ops ops = {
    .name = "fake",
    .steps = fake_steps,
    .pass_layers = fake_layers,
    .parts = fake_parts,
    .pass_whole = fake_whole,
    .stamp_ns = fake_stamp,
    .rejects = rejects,
};

static const struct awh_method_options usual = {
    .target = 0.02, .samples = 100, .budget_s = 10.0, .now_ns = fake_now};

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.random = 1, .noise = 0.01, .good_of_10 = 10};
    return 0;
}

static enum aw_err measure(struct awh_measured *nets, size_t count,
                           const struct awh_method_options *options, struct awh_diag *diag)
{
    for (size_t i = 0; i < count; i++)
        nets[i] = (struct awh_measured){.net = &fake.passes_of[i], .prim_count = 3};
    return awh_measure_timed(&ops, NULL, nets, count, options, diag);
}

static void near(double found, double expected, double share)
{
    if (!(fabs(found - expected) <= share * expected))
        fail_msg("found %g, expected %g", found, expected);
}

static void test_quiet(void **state)
{
    (void)state;
    struct awh_measured net;
    assert_int_equal(measure(&net, 1, &usual, NULL), AW_OK);
    assert_false(net.noisy);
    assert_true(net.filtered);
    assert_true(net.passes >= 100 && net.passes < 130);
    assert_true(net.accepted_share >= 1.0);
    assert_int_equal(net.kept, net.passes);
    assert_int_equal(net.whole_kept, net.whole_passes);
    assert_int_equal(net.passes, 4 * net.whole_passes);
    for (size_t i = 0; i < STEPS; i++) { /* the cost of the stamp is gone */
        near(net.step_times[i].median, true_ns[i] * 1.005, 0.003);
        near(net.step_times[i].lower_quartile, true_ns[i] * 1.0025, 0.003);
        assert_true(net.step_times[i].low <= net.step_times[i].median &&
                    net.step_times[i].median <= net.step_times[i].high);
    }
    near(net.prim_times[0].median, 100500.0, 0.003);
    near(net.prim_times[1].median, 51255.0, 0.003);
    assert_true(net.prim_times[2].median == 0.0); /* has no step */
    near(net.block_sum.median, 151755.0, 0.003);
    near(net.whole.median, 151755.0, 0.003);
    assert_true(net.widest > 0.0 && net.widest <= 0.02);
    awh_measured_release(&net);
}

/* A fifth of the samples takes three times as long, and is rejected. */
static void test_disturbed_samples_are_left_out(void **state)
{
    (void)state;
    struct awh_measured net;
    fake.good_of_10 = 8;
    assert_int_equal(measure(&net, 1, &usual, NULL), AW_OK);
    assert_false(net.noisy);
    assert_true(net.kept >= 100 && net.kept < net.passes);
    near(net.accepted_share, 0.8, 0.05);
    assert_int_equal(net.rejects[0] + net.rejects[1],
                     STEPS * (net.passes - net.kept) + PARTS * (net.whole_passes - net.whole_kept));
    for (size_t i = 0; i < net.steps_kept[0].count; i++)
        assert_true(net.steps_kept[0].ns[i] < 1.02 * true_ns[0]);
    near(net.whole.median, 151755.0, 0.003);
    awh_measured_release(&net);
}

/* What was done before a pass was disturbed counts. */
static void test_times_are_judged_one_by_one(void **state)
{
    (void)state;
    struct awh_measured net;
    fake.late_of_10 = 7;
    assert_int_equal(measure(&net, 1, &usual, NULL), AW_OK);
    assert_false(net.noisy);
    assert_true(net.filtered);
    assert_int_equal(net.steps_kept[0].count, net.passes);
    assert_true(net.kept >= 100 && net.kept == net.steps_kept[1].count);
    assert_true(net.steps_kept[1].count * 2 < net.passes);
    for (size_t i = 0; i < net.kept; i++)
        assert_true(net.steps_kept[1].ns[i] < 1.02 * true_ns[1]);
    assert_int_equal(net.parts_kept[0].count, net.whole_passes);
    assert_true(net.parts_kept[1].count < net.whole_passes);
    near(net.block_sum.median, 151755.0, 0.003);
    near(net.whole.median, 151755.0, 0.003);
    awh_measured_release(&net);
}

/* With next to nothing accepted it goes on for a while; what then is there is used, and said. */
static void test_patience(void **state)
{
    (void)state;
    struct awh_measured net;
    struct awh_method_options options = usual;
    options.budget_s = 0.1;
    fake.good_of_10 = 0;
    assert_int_equal(measure(&net, 1, &options, NULL), AW_OK);
    assert_true(fake.now >= 200000000 && fake.now < 205000000);
    awh_measured_release(&net);
    set_up(NULL);
    fake.good_of_10 = 5;
    options.budget_s = 0.01;
    assert_int_equal(measure(&net, 1, &options, NULL), AW_OK);
    assert_true(net.kept < 100 && net.noisy && net.filtered);
    assert_int_equal(net.whole_kept, 5);
    assert_true(fake.now > 10000000 && fake.now < 20000000);
    near(net.block_sum.median, 151755.0, 0.01);
    awh_measured_release(&net);
}

static void test_too_few_accepted_are_said_to_be_noisy(void **state)
{
    (void)state;
    struct awh_measured net;
    struct awh_method_options options = usual;
    fake.good_of_10 = 0;
    options.budget_s = 0.1;
    assert_int_equal(measure(&net, 1, &options, NULL), AW_OK);
    assert_true(net.noisy);
    assert_false(net.filtered); /* all rejected: what there is is reported as what it is */
    assert_true(net.accepted_share <= 0.0);
    assert_int_equal(net.kept, net.passes);
    assert_true(net.kept > 0);
    near(net.block_sum.median, 3.0 * 151755.0, 0.01);
    awh_measured_release(&net);
}

static void test_wide_intervals_go_on_until_the_budget_ends(void **state)
{
    (void)state;
    struct awh_measured net;
    struct awh_method_options options = usual;
    options.budget_s = 0.3; /* about a thousand pairs of passes */
    options.target = 0.0001;
    fake.noise = 0.5;
    assert_int_equal(measure(&net, 1, &options, NULL), AW_OK);
    assert_true(net.noisy);
    assert_true(net.filtered);
    assert_true(net.kept > 500);
    assert_true(net.widest > 0.0001);
    assert_true(fake.now >= 300000000 && fake.now < 310000000);
    awh_measured_release(&net);
}

/* More noise needs more samples, and no more than that. */
static void test_adapts(void **state)
{
    (void)state;
    struct awh_measured net;
    fake.noise = 0.3;
    assert_int_equal(measure(&net, 1, &usual, NULL), AW_OK);
    assert_false(net.noisy);
    assert_true(net.kept > 300);
    assert_true(net.widest <= 0.02);
    awh_measured_release(&net);
}

/* The first passes of a net never count. */
static void test_warm_up(void **state)
{
    (void)state;
    struct awh_measured net;
    fake.slow_first = 8;
    assert_int_equal(measure(&net, 1, &usual, NULL), AW_OK);
    for (size_t i = 0; i < net.kept; i++)
        assert_true(net.steps_kept[0].ns[i] < 2.0 * true_ns[0]);
    awh_measured_release(&net);
}

/* Nets take turns: none is measured in one go. */
static void test_nets_are_interleaved(void **state)
{
    (void)state;
    struct awh_measured nets[3];
    size_t longest = 0, run = 1;
    assert_int_equal(measure(nets, 3, &usual, NULL), AW_OK);
    size_t first = 3 * 40, count = fake.passes < LOG ? fake.passes : LOG; /* behind the warm-up */
    for (size_t i = first; i + 1 < count; i++) {
        run = fake.order[i] == fake.order[i + 1] ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    assert_true(longest >= 2 && longest <= 11);
    for (size_t i = 0; i < 3; i++) {
        assert_true(nets[i].kept >= 100);
        awh_measured_release(&nets[i]);
    }
}

/* A budget of nothing still gives every net its turn. */
static void test_tiny_budget(void **state)
{
    (void)state;
    struct awh_measured nets[2];
    struct awh_method_options options = usual;
    options.budget_s = 1e-9;
    assert_int_equal(measure(nets, 2, &options, NULL), AW_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_true(nets[i].noisy);
        assert_true(nets[i].kept > 0 && nets[i].whole_kept > 0);
        near(nets[i].block_sum.median, 151755.0, 0.02);
        awh_measured_release(&nets[i]);
    }
}

/* Whichever pass fails, the error is reported and nothing leaks (the sanitised build looks). */
static void test_failures(void **state)
{
    (void)state;
    static const unsigned at[] = {1, 2, 11, 20, 21, 22, 23, 40, 99, 150};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct awh_measured nets[2];
        struct awh_diag diag = {0};
        set_up(NULL);
        fake.fail_at = at[i];
        assert_int_equal(measure(nets, 2, &usual, &diag), AW_ERR_IO);
        assert_string_equal(diag.text, "the device is gone");
        assert_null(nets[0].steps_kept);
        assert_null(nets[1].prim_times);
    }
}

static void see_progress(void *context, double share)
{
    (void)context;
    assert_true(share >= 0.0 && share <= 1.0);
    fake.begun++;
    fake.last_net = share >= 1.0;
}

static void test_progress(void **state)
{
    (void)state;
    struct awh_measured net;
    struct awh_method_options options = usual;
    options.progress = see_progress;
    assert_int_equal(measure(&net, 1, &options, NULL), AW_OK);
    assert_true(fake.begun > 5);
    assert_true(fake.last_net);
    awh_measured_release(&net);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        ROW(test_quiet),
        ROW(test_disturbed_samples_are_left_out),
        ROW(test_times_are_judged_one_by_one),
        ROW(test_patience),
        ROW(test_too_few_accepted_are_said_to_be_noisy),
        ROW(test_wide_intervals_go_on_until_the_budget_ends),
        ROW(test_adapts),
        ROW(test_warm_up),
        ROW(test_nets_are_interleaved),
        ROW(test_tiny_budget),
        ROW(test_failures),
        ROW(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

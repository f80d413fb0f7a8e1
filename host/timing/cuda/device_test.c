/* On a GPU, where there is one: every op against the float reference, and times from events.
 * Without one the test is skipped and says why. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/str.h"
#include "timing/cuda/api.h"
#include "timing/cuda/prims_testing.h"

static const struct awh_engine_ops *const ops = &awh_engine_cuda;

struct row {
    const char *name;
    struct awh_engine_options options;
};

static const struct row rows[] = {
    {"fused fp32", {.mode = AWH_TIMING_FUSED, .precision = AWH_PRECISION_FP32}},
    {"fused tf32", {.mode = AWH_TIMING_FUSED, .precision = AWH_PRECISION_TF32}},
    {"fused fp16", {.mode = AWH_TIMING_FUSED, .precision = AWH_PRECISION_FP16}},
    {"fused fp32 cold", {.mode = AWH_TIMING_FUSED, .precision = AWH_PRECISION_FP32, .cold = true}},
    {"eager fp32", {.mode = AWH_TIMING_EAGER, .precision = AWH_PRECISION_FP32}},
    {"eager tf32", {.mode = AWH_TIMING_EAGER, .precision = AWH_PRECISION_TF32}},
    {"eager fp16", {.mode = AWH_TIMING_EAGER, .precision = AWH_PRECISION_FP16}},
    {"eager fp16 cold", {.mode = AWH_TIMING_EAGER, .precision = AWH_PRECISION_FP16, .cold = true}},
};

static void check_passes(const struct row *row, void *engine, void *net)
{
    struct awh_diag diag = {0};
    size_t count = 0;
    int verdicts[64];
    double times[64], whole = 0.0, sum = 0.0;
    const struct awh_step *steps = ops->steps(net, &count);
    assert_true(count <= 64);
    for (int pass = 0; pass < 20; pass++)
        if (ops->pass_layers(engine, net, times, verdicts, &diag) ||
            ops->pass_whole(engine, net, &whole, NULL, &diag))
            fail_msg("%s: %s", row->name, diag.text);
    for (size_t i = 0; i < count; i++) {
        print_message("  %-24s %8.0f ns  %s\n", steps[i].name, times[i], steps[i].implementation);
        assert_true(isfinite(times[i]) && times[i] >= 0.0);
        sum += times[i];
    }
    print_message("  sum %.0f ns, whole %.0f ns, stamp %.0f ns\n", sum, whole,
                  ops->stamp_ns(engine));
    assert_true(sum > 0.0 && whole > 0.0);
}

static void print_facts(void *engine)
{
    struct awh_arena arena;
    struct awh_str text;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    awh_str_init(&text);
    struct awh_yaml *map = awh_yaml_new_map(&arena);
    if (ops->describe(engine, &arena, map, &diag) || awh_yaml_dump(map, &text, &diag))
        fail_msg("%s", diag.text);
    print_message("%s", text.text);
    awh_str_release(&text);
    awh_arena_release(&arena);
}

static void run_row(const struct row *row)
{
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL;
    double worst = 0.0;
    if (testing_net(put_all, row->options.mode, &prepared, &diag))
        fail_msg("%s", diag.text);
    struct awh_engine_load load = testing_load(&prepared);
    enum aw_err err = ops->open(&row->options, &engine, &diag);
    if (err == AW_ERR_UNSUPPORTED && row->options.precision == AWH_PRECISION_TF32) {
        print_message("%s: %s\n", row->name, diag.text); /* an older GPU */
        testing_net_release(&prepared);
        return;
    }
    if (err || ops->load(engine, &load, &net, &diag) ||
        awh_verify(ops, engine, net, &prepared, row->options.precision, &worst, &diag))
        fail_msg("%s: %s", row->name, diag.text);
    print_message("%s: worst error %.3g\n", row->name, worst);
    check_passes(row, engine, net);
    size_t count = 0;
    char name[96] = "";
    if (prims_verify(engine, &row->options, &count, &worst, name, &diag))
        fail_msg("%s: %s: %s", row->name, name, diag.text);
    print_message("%s: %zu primitives, worst error %.3g\n", row->name, count, worst);
    if (row == &rows[0])
        print_facts(engine);
    ops->unload(engine, net);
    ops->close(engine);
    testing_net_release(&prepared);
}

static void a_gpu_computes_what_the_reference_does(void **state)
{
    (void)state;
    struct awh_diag diag = {0};
    unsigned count = 0;
    char why[256] = "";
    if (ops->count(&count, why, sizeof(why), &diag))
        fail_msg("%s", diag.text);
    if (count == 0) {
        print_message("skipped: %s\n", why);
        skip();
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        run_row(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gpu_computes_what_the_reference_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

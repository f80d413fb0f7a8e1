/* What eager mode has of a framework: who does its convolutions, and what its memory costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "prims/prim.h"
#include "timing/prepare.h"

extern const struct awh_engine_ops awh_engine_cpu;
static const struct awh_engine_ops *const ops = &awh_engine_cpu;

struct fixture {
    void *engine, *loaded;
    struct awh_prepared prepared;
    const struct awh_step *steps;
    size_t count;
};

static void quiet(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* `blocks` convolutions of 3x3 with batch norm and relu, c to c channels. */
static void load(struct fixture *f, enum awh_timing_mode mode, int32_t size, int32_t c,
                 size_t blocks)
{
    const struct awh_engine_options options = {.mode = mode, .gauge_ns = 1e6};
    const struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_diag diag = {.warn = quiet};
    struct awh_prim prims[4];
    struct awh_net net = {.name = "n", .prims = prims, .count = blocks};
    for (size_t i = 0; i < blocks; i++)
        assert_int_equal(
            awh_prim_make("conv_bn_relu_3x3", size, c, c, 1, affine, NULL, 0, &prims[i], &diag),
            AW_OK);
    assert_int_equal(ops->open(&options, &f->engine, &diag), AW_OK);
    if (awh_prepare(&net, mode, &f->prepared, &diag))
        fail_msg("%s", diag.text);
    const struct awh_engine_load what = awh_prepared_load(&f->prepared);
    if (ops->load(f->engine, &what, &f->loaded, &diag))
        fail_msg("%s", diag.text);
    f->steps = ops->steps(f->loaded, &f->count);
}

static void unload(struct fixture *f)
{
    ops->unload(f->engine, f->loaded);
    awh_prepared_release(&f->prepared);
    ops->close(f->engine);
}

static size_t new_memory(const struct fixture *f)
{
    size_t bytes = 0;
    for (size_t i = 0; i < f->count; i++)
        bytes += f->steps[i].new_memory_bytes;
    return bytes;
}

static size_t faults(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_minflt;
}

/* Pages that a pass of layers, and one of the whole net, meets anew. */
static void pass_faults(struct fixture *f, size_t seen[2])
{
    double times[64];
    int verdicts[64];
    assert_true(f->count <= 64);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ops->pass_layers(f->engine, f->loaded, times, verdicts, NULL), AW_OK);
    size_t before = faults();
    assert_int_equal(ops->pass_layers(f->engine, f->loaded, times, verdicts, NULL), AW_OK);
    seen[0] = faults() - before;
    assert_int_equal(ops->pass_whole(f->engine, f->loaded, times, verdicts, NULL), AW_OK);
    before = faults();
    assert_int_equal(ops->pass_whole(f->engine, f->loaded, times, verdicts, NULL), AW_OK);
    seen[1] = faults() - before;
}

/* What results say of new memory is what the kernel counts. */
static void test_new_memory_is_met_at_each_pass(void **state)
{
    (void)state;
    struct fixture f;
    size_t seen[2];
    load(&f, AWH_TIMING_EAGER, 96, 24, 3);
    size_t pages = new_memory(&f) / 4096;
    assert_true(pages > 200);
    pass_faults(&f, seen);
    for (int i = 0; i < 2; i++) /* blocks do not fill their last pages */
        if (seen[i] + pages / 50 + 16 < pages || seen[i] > pages + 16)
            fail_msg("%zu new pages were met, expected about %zu", seen[i], pages);
    unload(&f);
}

static void test_fused_nets_keep_their_memory(void **state)
{
    (void)state;
    struct fixture f;
    size_t seen[2];
    load(&f, AWH_TIMING_FUSED, 96, 24, 3);
    assert_int_equal(new_memory(&f), 0);
    pass_faults(&f, seen);
    assert_true(seen[0] < 16 && seen[1] < 16);
    unload(&f);
}

/* 20,480 values of input are the limit. */
static void test_small_convolutions_go_to_blas(void **state)
{
    (void)state;
    static const struct {
        int32_t size, c;
        bool blas;
    } rows[] = {{16, 80, true}, {16, 81, false}, {7, 40, true}, {40, 40, false}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct fixture f;
        load(&f, AWH_TIMING_EAGER, rows[r].size, rows[r].c, 1);
        if (!!strstr(f.steps[0].implementation, "BLAS sgemm") != rows[r].blas)
            fail_msg("%d %d: %s", (int)rows[r].size, (int)rows[r].c, f.steps[0].implementation);
        unload(&f);
        load(&f, AWH_TIMING_FUSED, rows[r].size, rows[r].c, 1);
        for (size_t i = 0; i < f.count; i++)
            assert_null(strstr(f.steps[i].implementation, "BLAS"));
        unload(&f);
    }
}

int main(void)
{
    if (ops->missing) {
        print_message("%s\n", ops->missing);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_memory_is_met_at_each_pass),
        cmocka_unit_test(test_fused_nets_keep_their_memory),
        cmocka_unit_test(test_small_convolutions_go_to_blas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The engine through the fake: what it computes, how long that takes, which way it goes, and in
 * which order it calls. */
#include <math.h>

#include "timing/cuda/fake_testing.h"

/* -- Values and times -------------------------------------------------------------------------- */

/* Between its stamps a step has only its own work, so that whole passes take what the steps take
 * less their stamps; the fake's clock is exact. */
static void check_times(const char *row, void *engine, void *net)
{
    struct awh_diag diag = {0};
    size_t count = 0;
    (void)ops->steps(net, &count);
    double times[64], whole = 0.0, sum = 0.0, stamp = ops->stamp_ns(engine);
    assert_true(count <= 64);
    if (ops->pass_layers(engine, net, times, NULL, &diag) ||
        ops->pass_whole(engine, net, &whole, NULL, &diag))
        fail_msg("%s: %s", row, diag.text);
    for (size_t i = 0; i < count; i++) {
        if (!(times[i] - stamp >= 2000.0 - 1.0))
            fail_msg("%s: step %zu takes %g ns", row, i, times[i]);
        sum += times[i] - stamp;
    }
    if (fabs(whole - stamp - sum) > 1e-3 * sum)
        fail_msg("%s: whole %g ns, sum of steps %g ns, stamp %g ns", row, whole, sum, stamp);
}

static void check_passes(const struct row *row, const struct awh_prepared *prepared, void *engine,
                         void *net)
{
    struct awh_diag diag = {0};
    double worst = 0.0;
    if (awh_verify(ops, engine, net, prepared, row->precision, &worst, &diag))
        fail_msg("%s: %s", row->name, diag.text);
    check_times(row->name, engine, net);
    /* What a pass leaves is what a verified step leaves. */
    int output = prepared->graph.output;
    size_t last = 0, count = 0;
    const struct awh_step *steps = ops->steps(net, &count);
    while (last < count - 1 && steps[last].out != output)
        last++;
    assert_int_equal(steps[last].out, output);
    count = awh_float_count(&prepared->graph, output);
    float *values = calloc(count, sizeof(*values));
    assert_non_null(values);
    assert_int_equal(ops->read(engine, net, last, values, &diag), AW_OK);
    for (size_t i = 0; i < count; i++)
        assert_true(fabsf(values[i] - prepared->outputs[output][i]) < 0.02f);
    free(values);
}

static void run_row(const struct row *row, const struct awh_cuda_fake *fake)
{
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL, *other = NULL;
    const struct awh_engine_options options = {
        .mode = row->mode, .precision = row->precision, .cold = row->cold, .device = 1};
    make(put_all, row->mode, &prepared);
    struct awh_engine_load load = testing_load(&prepared);
    start(fake);
    if (ops->open(&options, &engine, &diag) || ops->load(engine, &load, &net, &diag) ||
        ops->load(engine, &load, &other, &diag))
        fail_msg("%s: %s", row->name, diag.text);
    check_passes(row, &prepared, engine, net);
    check_passes(row, &prepared, engine, other); /* nets are measured in turns */
    check_times(row->name, engine, net);
    assert_int_equal(awh_cuda_fake_math() & ~row->math, 0);
    ops->unload(engine, net);
    ops->unload(engine, other);
    ops->close(engine);
    assert_clean(row->name);
    testing_net_release(&prepared);
}

static void computes_what_the_reference_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++)
        run_row(&rows[i], &machine);
}

static void computes_it_whatever_cudnn_can(void **state)
{
    (void)state;
    struct awh_cuda_fake fake = machine;
    fake.no_algorithm = true;
    run_row(&rows[0], &fake);
    run_row(&rows[2], &fake);
    run_row(&rows[3], &fake);
    fake = machine;
    fake.fused_unsupported = true;
    run_row(&rows[0], &fake);
    fake.fused_bad = true;
    run_row(&rows[2], &fake);
    fake.plain_unsupported = true;
    run_row(&rows[0], &fake);
    fake = machine;
    fake.direct_ns = 2000.0;
    run_row(&rows[2], &fake);
}

/* -- Ways -------------------------------------------------------------------------------------- */

static void put_ways(struct net_builder *b)
{
    put_conv(b, 8, 3, 1, 8, 1, true); /* depthwise */
    put_conv(b, 8, 3, 1, 1, 1, true);
    put_act(b, AW_ACT_RELU);
    put_conv(b, 8, 1, 1, 1, 1, true);
    put_act(b, AW_ACT_RELU6);
    put_conv(b, 8, 1, 1, 1, 1, false);
}

static void put_twice(struct net_builder *b)
{
    put_conv(b, 8, 3, 1, 1, 1, true);
    put_conv(b, 8, 3, 1, 1, 1, true);
    put_conv(b, 8, 1, 1, 1, 1, false);
}

static void put_trunk_and_residuals(struct net_builder *b)
{
    put_conv(b, 12, 1, 1, 1, 1, true);
    put_residuals(b);
}

struct way_row {
    const char *name;
    struct awh_cuda_fake fake;
    const char *implementations[4];
    bool slow[4];
};

static void run_way_row(const struct way_row *row, const struct awh_prepared *prepared)
{
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL;
    size_t count = 0;
    const struct awh_engine_options options = {0};
    struct awh_engine_load load = testing_load(prepared);
    start(&row->fake);
    if (ops->open(&options, &engine, &diag) || ops->load(engine, &load, &net, &diag))
        fail_msg("%s: %s", row->name, diag.text);
    const struct awh_step *steps = ops->steps(net, &count);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(steps[i].implementation, row->implementations[i]) != 0)
            fail_msg("%s: step %zu is %s; expected %s", row->name, i, steps[i].implementation,
                     row->implementations[i]);
        assert_int_equal(steps[i].slow, row->slow[i]);
    }
    ops->unload(engine, net);
    ops->close(engine);
    assert_clean(row->name);
}

#define GEMM     "cudnn:implicit_precomp_gemm:fma"
#define WINOGRAD "cudnn:winograd_nonfused:fma"
static void the_quickest_way_is_taken(void **state)
{
    (void)state;
    static const struct way_row way_rows[] = {
        {"fused",
         {.devices = 1,
          .compute_major = 9,
          .plain_ns = 20000,
          .fused_ns = 18000,
          .direct_ns = 30000},
         {GEMM " fused (workspace 112)", WINOGRAD " fused (workspace 4096)",
          GEMM " + kernel:affine (workspace 112)", GEMM " (workspace 112)"},
         {false, false, false, false}},
        {"plain",
         {.devices = 1,
          .compute_major = 9,
          .plain_ns = 20000,
          .fused_ns = 28000,
          .direct_ns = 30000},
         {GEMM " + kernel:affine (workspace 112)", WINOGRAD " + kernel:affine (workspace 4096)",
          GEMM " + kernel:affine (workspace 112)", GEMM " (workspace 112)"},
         {false, false, false, false}},
        {"direct is for depthwise only",
         {.devices = 1,
          .compute_major = 9,
          .plain_ns = 20000,
          .fused_ns = 18000,
          .direct_ns = 3000},
         {"kernel:conv", WINOGRAD " fused (workspace 4096)",
          GEMM " + kernel:affine (workspace 112)", GEMM " (workspace 112)"},
         {false, false, false, false}},
        {"refused",
         {.devices = 1,
          .compute_major = 9,
          .plain_ns = 20000,
          .no_algorithm = true,
          .direct_ns = 3000},
         {"kernel:conv", "kernel:conv", "kernel:conv", "kernel:conv"},
         {false, true, true, true}},
    };
    struct awh_prepared prepared;
    make(put_ways, AWH_TIMING_FUSED, &prepared);
    for (size_t i = 0; i < sizeof(way_rows) / sizeof(way_rows[0]); i++)
        run_way_row(&way_rows[i], &prepared);
    testing_net_release(&prepared);
}

static void a_layer_runs_the_same_way_wherever_it_comes(void **state)
{
    (void)state;
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *nets[2] = {NULL, NULL};
    size_t count = 0;
    const struct awh_engine_options options = {0};
    make(put_twice, AWH_TIMING_FUSED, &prepared);
    struct awh_engine_load load = testing_load(&prepared);
    start(&machine);
    assert_int_equal(ops->open(&options, &engine, &diag), AW_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ops->load(engine, &load, &nets[i], &diag), AW_OK);
        assert_int_equal(awh_cuda_fake_count("cudnnFindConvolutionForwardAlgorithm"), 2);
        const struct awh_step *steps = ops->steps(nets[i], &count);
        assert_int_equal(count, 3);
        assert_string_equal(steps[0].implementation, steps[1].implementation);
        assert_string_not_equal(steps[0].implementation, steps[2].implementation);
        awh_cuda_fake_options()->fused_ns = 90000.0; /* would choose otherwise now */
    }
    for (size_t i = 0; i < 2; i++)
        ops->unload(engine, nets[i]);
    ops->close(engine);
    assert_clean("twice");
    testing_net_release(&prepared);
}

static void residuals_are_added_by_their_convolution(void **state)
{
    (void)state;
    static const struct {
        const char *name; /* of the first layer */
        size_t nodes;
        const char *implementation;
    } expected[] = {
        {"t_conv_2", 2, WINOGRAD " fused (workspace 4096)"}, /* relu */
        {"t_conv_3", 1, GEMM " fused (workspace 112)"},      /* read twice */
        {"t_add_2", 1, "kernel:binary"},
        {"t_add_3", 1, "kernel:binary"},
        {"t_conv_4", 2, GEMM " fused (workspace 112)"},
        {"t_conv_5", 2, GEMM " + kernel:affine (workspace 112)"}, /* relu6 */
    };
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL;
    size_t count = 0;
    const struct awh_engine_options options = {0};
    make(put_trunk_and_residuals, AWH_TIMING_FUSED, &prepared);
    struct awh_engine_load load = testing_load(&prepared);
    start(&machine);
    assert_int_equal(ops->open(&options, &engine, &diag), AW_OK);
    assert_int_equal(ops->load(engine, &load, &net, &diag), AW_OK);
    const struct awh_step *steps = ops->steps(net, &count);
    assert_int_equal(count, 1 + sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 1; i < count; i++) {
        assert_string_equal(steps[i].name, expected[i - 1].name);
        assert_int_equal(steps[i].node_count, expected[i - 1].nodes);
        assert_string_equal(steps[i].implementation, expected[i - 1].implementation);
    }
    ops->unload(engine, net);
    ops->close(engine);
    assert_clean("residuals");
    testing_net_release(&prepared);
}

/* -- Order ------------------------------------------------------------------------------------- */

/* Names of the calls in order, a run of one name once. */
static void calls_come_in_this_order(void **state)
{
    (void)state;
    static const char *const order[] = {
        "cudaGetDeviceProperties",
        "cudaDeviceGetPCIBusId",
        "cudaSetDevice",
        "cudaStreamCreateWithFlags",
        "cudnnCreate",
        "cudnnSetStream",
        "cudaLibraryLoadData",
        "cudaLibraryGetKernel",
        "cudaEventCreate",
        "cudaEventRecordWithFlags",
        "cudaStreamSynchronize",
        "cudaStreamBeginCapture",
        "cudaStreamEndCapture",
        "cudaGraphInstantiate",
        "cudaGraphDestroy",
        "cudaGraphLaunch",
        "cudaEventElapsedTime",
        "cudaGraphExecDestroy",
        "cudaEventDestroy",
        "nvmlInit_v2",
        "nvmlDeviceGetHandleByPciBusId_v2",
        "cudaMalloc",
        "cudaMemcpyAsync",
        "cudnnCreateTensorDescriptor",
        "cudnnCreateFilterDescriptor",
        "cudnnCreateConvolutionDescriptor",
        "cudnnCreateActivationDescriptor",
        "cudnnSetTensor4dDescriptor",
        "cudnnSetFilter4dDescriptor",
        "cudnnSetConvolution2dDescriptor",
        "cudnnSetConvolutionGroupCount",
        "cudnnSetConvolutionMathType",
        "cudnnSetActivationDescriptor",
        "cudnnGetConvolutionForwardAlgorithmMaxCount",
        "cudnnFindConvolutionForwardAlgorithm",
        "cudnnGetConvolutionForwardWorkspaceSize",
        "cudnnConvolutionBiasActivationForward",
        "cudnnConvolutionForward",
        "cudaLaunchKernel",
        "nvmlDeviceGetCurrentClocksThrottleReasons",
        "nvmlDeviceGetClockInfo",
        "cudnnDestroyTensorDescriptor",
        "cudnnDestroyFilterDescriptor",
        "cudnnDestroyConvolutionDescriptor",
        "cudnnDestroyActivationDescriptor",
        "cudaFree",
        "nvmlShutdown",
        "cudaLibraryUnload",
        "cudnnDestroy",
        "cudaStreamDestroy",
    };
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL;
    double times[8], whole = 0.0;
    int verdicts[8], verdict = 99;
    const struct awh_engine_options options = {0};
    make(put_ways, AWH_TIMING_FUSED, &prepared);
    struct awh_engine_load load = testing_load(&prepared);
    start(&machine);
    assert_int_equal(ops->open(&options, &engine, &diag), AW_OK);
    assert_int_equal(ops->load(engine, &load, &net, &diag), AW_OK);
    assert_int_equal(ops->pass_layers(engine, net, times, verdicts, &diag), AW_OK);
    assert_int_equal(verdicts[0], AWH_ACCEPTED);
    /* A pass is one launch, whatever the net. */
    unsigned launches = awh_cuda_fake_count("cudaLaunchKernel");
    unsigned graphs = awh_cuda_fake_count("cudaGraphLaunch");
    assert_int_equal(ops->pass_whole(engine, net, &whole, &verdict, &diag), AW_OK);
    assert_int_equal(verdict, AWH_ACCEPTED);
    assert_int_equal(awh_cuda_fake_count("cudaLaunchKernel"), launches);
    assert_int_equal(awh_cuda_fake_count("cudaGraphLaunch"), graphs + 1);
    ops->unload(engine, net);
    ops->close(engine);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (awh_cuda_fake_first(order[i]) == 0)
            fail_msg("%s was never called", order[i]);
        if (i > 0 && awh_cuda_fake_first(order[i]) < awh_cuda_fake_first(order[i - 1]))
            fail_msg("%s was called before %s", order[i], order[i - 1]);
    }
    assert_clean("order");
    testing_net_release(&prepared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_what_the_reference_does),
        cmocka_unit_test(computes_it_whatever_cudnn_can),
        cmocka_unit_test(the_quickest_way_is_taken),
        cmocka_unit_test(residuals_are_added_by_their_convolution),
        cmocka_unit_test(a_layer_runs_the_same_way_wherever_it_comes),
        cmocka_unit_test(calls_come_in_this_order),
    };
    return cmocka_run_group_tests(tests, NULL, forget_fake);
}

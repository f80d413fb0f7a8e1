/* The engine through the fake: what becomes of an error in each call, what is refused, and what is
 * told of the device. */
#include "timing/cuda/fake_testing.h"

/* -- Errors ------------------------------------------------------------------------------------ */

static void put_few(struct net_builder *b)
{
    put_conv(b, 8, 3, 1, 8, 1, true);
    put_norm(b, true);
    put_act(b, AW_ACT_RELU6);
}

/* Everything that an engine does, once. */
static enum aw_err do_all(const struct awh_engine_options *options,
                          const struct awh_prepared *prepared, struct awh_diag *diag)
{
    void *engine = NULL, *net = NULL;
    unsigned count = 0;
    char text[256] = "";
    double times[8], whole = 0.0, worst = 0.0;
    int verdicts[8], verdict;
    struct awh_arena arena;
    struct awh_engine_load load = testing_load(prepared);
    enum aw_err err = ops->count(&count, text, sizeof(text), diag);
    if (!err)
        err = ops->title(0, text, sizeof(text), diag);
    if (!err)
        err = ops->open(options, &engine, diag);
    if (err)
        return err;
    awh_arena_init(&arena);
    err = ops->load(engine, &load, &net, diag);
    if (!err)
        err = awh_verify(ops, engine, net, prepared, options->precision, &worst, diag);
    if (!err)
        err = ops->pass_layers(engine, net, times, verdicts, diag);
    if (!err)
        err = ops->pass_whole(engine, net, &whole, &verdict, diag);
    if (!err)
        err = ops->describe(engine, &arena, awh_yaml_new_map(&arena), diag);
    if (net)
        ops->unload(engine, net);
    ops->close(engine);
    awh_arena_release(&arena);
    return err;
}

/* Calls whose failure costs nothing but a fact, or comes when all is over. */
static bool may_fail(const char *name)
{
    return strstr(name, "Destroy") || strstr(name, "Unload") || !strcmp(name, "cudaFree") ||
           !strncmp(name, "nvml", 4) || !strcmp(name, "cudaMemGetInfo");
}

static void check_failure(const char *row, unsigned n, enum aw_err err, const struct awh_diag *diag)
{
    const char *call = awh_cuda_fake_failed();
    bool of_layer = !strncmp(call, "cudnn", 5) && strcmp(call, "cudnnCreate") != 0 &&
                    strcmp(call, "cudnnSetStream") != 0;
    if (!err) {
        /* unload waits for the stream, and says nothing */
        if (!may_fail(call) && strcmp(call, "cudaStreamSynchronize") != 0)
            fail_msg("%s: call %u, %s, failed and nobody noticed", row, n, call);
        return;
    }
    if (may_fail(call))
        fail_msg("%s: call %u, %s: %s", row, n, call, diag->text);
    const char *words = !strncmp(call, "cudnn", 5) ? "CUDNN_STATUS_INTERNAL_ERROR"
                                                   : "unknown error (cudaErrorUnknown)";
    if (!strstr(diag->text, call) || !strstr(diag->text, words) || strchr(diag->text, '\n') ||
        (of_layer && !strstr(diag->text, "net t: layer t_")))
        fail_msg("%s: call %u, %s: %s", row, n, call, diag->text);
}

static void an_error_of_any_call_is_told_and_leaks_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct awh_prepared prepared;
        struct awh_cuda_fake fake = machine;
        const struct awh_engine_options options = {
            .mode = rows[i].mode, .precision = rows[i].precision, .cold = rows[i].cold};
        make(put_few, rows[i].mode, &prepared);
        do {
            struct awh_diag diag = {0};
            fake.fail_at++;
            start(&fake);
            enum aw_err err = do_all(&options, &prepared, &diag);
            if (awh_cuda_fake_failed())
                check_failure(rows[i].name, fake.fail_at, err, &diag);
            else if (err)
                fail_msg("%s: %s", rows[i].name, diag.text);
            assert_clean(rows[i].name);
        } while (awh_cuda_fake_failed());
        assert_true(fake.fail_at > 100);
        testing_net_release(&prepared);
    }
}

static void out_of_memory_names_the_layer_and_the_bytes(void **state)
{
    (void)state;
    struct awh_prepared prepared;
    struct awh_cuda_fake fake = machine;
    const struct awh_engine_options options = {.precision = AWH_PRECISION_FP16, .cold = true};
    unsigned layers = 0, buffers = 0, workspaces = 0;
    enum aw_err err = AW_ERR_NO_MEM;
    make(put_few, AWH_TIMING_FUSED, &prepared);
    for (fake.memory_bytes = 64; err; fake.memory_bytes += 64) {
        struct awh_diag diag = {0};
        start(&fake);
        err = do_all(&options, &prepared, &diag);
        assert_clean("memory");
        if (!err)
            break;
        assert_int_equal(err, AW_ERR_NO_MEM);
        if (!strstr(diag.text, "out of memory") || !strstr(diag.text, " bytes for "))
            fail_msg("%zu bytes: %s", fake.memory_bytes, diag.text);
        layers += strstr(diag.text, "net t: layer t_") != NULL;
        buffers += strstr(diag.text, "flushes L2") != NULL;
        workspaces += strstr(diag.text, "workspace") != NULL;
    }
    assert_true(layers > 0 && buffers > 0 && workspaces > 0);
    testing_net_release(&prepared);
}

/* -- Devices ----------------------------------------------------------------------------------- */

static void expect_open(const struct awh_engine_options *options, enum aw_err expected,
                        const char *text)
{
    struct awh_diag diag = {0};
    void *engine = NULL;
    assert_int_equal(ops->open(options, &engine, &diag), expected);
    if (!strstr(diag.text, text))
        fail_msg("'%s' is not in: %s", text, diag.text);
    assert_null(engine);
    assert_clean(text);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct awh_cuda_fake old = machine;
    old.compute_major = 7;
    start(&old);
    expect_open(&(struct awh_engine_options){.precision = AWH_PRECISION_INT8}, AW_ERR_UNSUPPORTED,
                "precision int8: expected fp32, tf32 or fp16");
    expect_open(&(struct awh_engine_options){.precision = AWH_PRECISION_BF16}, AW_ERR_UNSUPPORTED,
                "precision bf16");
    expect_open(&(struct awh_engine_options){.threads = 2}, AW_ERR_UNSUPPORTED, "2 threads");
    expect_open(&(struct awh_engine_options){.precision = AWH_PRECISION_TF32}, AW_ERR_UNSUPPORTED,
                "Fake GPU 0 has compute capability 7.0; TF32 begins with 8.0");
}

static void check_count(const struct awh_cuda_fake *fake, unsigned expected, const char *text)
{
    struct awh_diag diag = {0};
    unsigned count = 99;
    char why[256] = "";
    start(fake);
    assert_int_equal(ops->count(&count, why, sizeof(why), &diag), AW_OK);
    assert_int_equal(count, expected);
    if (!strstr(why, text))
        fail_msg("'%s' is not in: %s", text, why);
}

static void devices_are_counted(void **state)
{
    (void)state;
    const struct awh_engine_ops *found = NULL;
    unsigned device = 99;
    struct awh_diag diag = {0};
    struct awh_cuda_fake fake = machine;
    check_count(&fake, 2, "");
    assert_int_equal(awh_engine_of_device(1, &found, &device, &diag), AW_OK);
    assert_ptr_equal(found, ops);
    assert_int_equal(device, 1);
    assert_int_equal(awh_engine_of_device(2, &found, &device, &diag), AW_ERR_NOT_FOUND);
    if (!strstr(diag.text, "0: Fake GPU 0; 1: Fake GPU 1"))
        fail_msg("%s", diag.text);
    fake.devices = 0;
    check_count(&fake, 0, "there is no NVIDIA GPU");
    fake.no_driver = true;
    fake.driver_version = 0;
    check_count(&fake, 0, "no NVIDIA driver is loaded");
    fake.driver_version = 12040;
    check_count(&fake, 0, "the NVIDIA driver is for CUDA 12.4 and this program needs");
}

/* -- Facts and samples ------------------------------------------------------------------------- */

static const char *fact(const struct awh_yaml *map, const char *key, char text[96])
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    if (!node)
        fail_msg("no fact %s", key);
    return awh_yaml_describe(node, text, 96);
}

static void check_fact(const struct awh_yaml *map, const char *key, const char *expected)
{
    char text[96];
    if (strcmp(fact(map, key, text), expected) != 0)
        fail_msg("%s is %s; expected %s", key, text, expected);
}

static void put_more(struct net_builder *b)
{
    put_few(b);
    put_few(b);
}

static struct awh_yaml *facts_of(const struct awh_cuda_fake *fake, struct awh_arena *arena,
                                 int *reject_out)
{
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    void *engine = NULL, *net = NULL;
    double times[8];
    int verdicts[8];
    size_t count = 0;
    const struct awh_engine_options options = {0};
    struct awh_yaml *map = awh_yaml_new_map(arena);
    make(put_more, AWH_TIMING_FUSED, &prepared);
    struct awh_engine_load load = testing_load(&prepared);
    start(fake);
    assert_int_equal(ops->open(&options, &engine, &diag), AW_OK);
    assert_int_equal(ops->load(engine, &load, &net, &diag), AW_OK);
    assert_int_equal(ops->pass_layers(engine, net, times, verdicts, &diag), AW_OK);
    (void)ops->steps(net, &count);
    assert_true(count > 1 && count <= 8);
    for (size_t i = 1; i < count; i++) /* a pass is judged as a whole */
        assert_int_equal(verdicts[i], verdicts[0]);
    *reject_out = verdicts[0];
    assert_int_equal(ops->describe(engine, arena, map, &diag), AW_OK);
    ops->unload(engine, net);
    ops->close(engine);
    testing_net_release(&prepared);
    assert_clean("facts");
    return map;
}

static void facts_and_throttling_come_from_nvml(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_cuda_fake fake = machine;
    int reject = 99;
    awh_arena_init(&arena);
    fake.throttle_reasons = AWH_NVML_HW_THERMAL;
    struct awh_yaml *map = facts_of(&fake, &arena, &reject);
    assert_string_equal(ops->rejects[reject], "throttled");
    check_fact(map, "name", "the string 'Fake GPU 0'");
    check_fact(map, "compute_capability", "the string '9.0'");
    check_fact(map, "sm_clock_mhz_lowest", "1410");
    check_fact(map, "sm_clock_mhz_limit", "1980");
    check_fact(map, "temperature_celsius", "41");
    check_fact(map, "mig_mode", "the string 'unknown'");
    check_fact(map, "launch", "the string 'cuda graph'");
    assert_true(awh_yaml_is_str(awh_yaml_get(map, "throttle_reasons")->list.items[0],
                                "hw_thermal_slowdown"));
    fake.throttle_reasons = 0x01; /* an idle GPU */
    (void)facts_of(&fake, &arena, &reject);
    assert_int_equal(reject, -1);
    fake.nvml = false;
    map = facts_of(&fake, &arena, &reject);
    assert_int_equal(reject, -1);
    check_fact(map, "nvml", "the string 'unknown: libnvidia-ml.so.1 was not found'");
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_of_any_call_is_told_and_leaks_nothing),
        cmocka_unit_test(out_of_memory_names_the_layer_and_the_bytes),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(devices_are_counted),
        cmocka_unit_test(facts_and_throttling_come_from_nvml),
    };
    return cmocka_run_group_tests(tests, NULL, forget_fake);
}

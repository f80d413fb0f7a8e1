/* Every primitive on the CPU, in every mode and precision that it has, against the float reference;
 * and what the engine refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "prims/prim.h"
#include "timing/prepare.h"

extern const struct awh_engine_ops awh_engine_cpu;
static const struct awh_engine_ops *const ops = &awh_engine_cpu;

static const struct {
    int32_t size, c, c_out, stride;
} shapes[] = {{6, 8, 8, 1}, {9, 8, 16, 2}, {8, 8, 16, 2},  {7, 16, 24, 1},  {12, 16, 24, 3},
              {5, 1, 2, 2}, {5, 1, 1, 1},  {11, 3, 20, 2}, {13, 70, 140, 2}};

static const struct awh_param usual[] = {
    {"activation", {.kind = AWH_VALUE_STR, .text = "h_swish"}},
    {"expansion", {.kind = AWH_VALUE_INT, .integer = 3}},
    {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 5}},
    {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
};

static const char *const acts[] = {"relu", "relu6", "h_swish", "h_sigmoid", "sigmoid", "tanh"};

static void quiet(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void *open_engine(enum awh_timing_mode mode, enum awh_precision precision, bool cold)
{
    const struct awh_engine_options options = {
        .mode = mode, .precision = precision, .cold = cold, .gauge_ns = 1e6};
    struct awh_diag diag = {.warn = quiet};
    void *engine = NULL;
    if (ops->open(&options, &engine, &diag))
        fail_msg("%s", diag.text);
    return engine;
}

static bool make_prim(const struct awh_prim_type *type, size_t shape, const char *act,
                      struct awh_prim *prim)
{
    struct awh_param given[AWH_PRIM_PARAMS_MAX];
    struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_diag why = {.warn = quiet};
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
            if (!strcmp(spec->name, usual[i].name)) {
                given[count] = usual[i];
                if (!strcmp(spec->name, "activation"))
                    given[count].value.text = act;
                count++;
            }
    return !awh_prim_make(type->name, shapes[shape].size, shapes[shape].c, shapes[shape].c_out,
                          shapes[shape].stride, affine, given, count, prim, &why);
}

/* Every node is in one step, and every pass gives each step a time. */
static void check_steps(void *engine, void *net, const struct awh_prepared *prepared)
{
    size_t count, covered = 0;
    const struct awh_step *steps = ops->steps(net, &count);
    double times[64], whole = 0.0;
    int verdicts[64];
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < steps[i].node_count; k++)
            assert_true(steps[i].nodes[k] < prepared->graph.node_count);
        assert_true(steps[i].implementation[0]);
        assert_int_equal(steps[i].prim, 0);
        assert_true(steps[i].reorder == (steps[i].node_count == 0));
        covered += steps[i].node_count;
        times[i] = -1.0;
    }
    assert_int_equal(covered, prepared->graph.node_count);
    for (int judged = 0; judged < 2; judged++) {
        memset(verdicts, 99, sizeof verdicts);
        assert_int_equal(ops->pass_layers(engine, net, times, judged ? verdicts : NULL, NULL),
                         AW_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(times[i] >= 0.0);
            assert_true(!judged || (verdicts[i] >= AWH_ACCEPTED && verdicts[i] < 2));
        }
        assert_true(ops->parts(net) <= count && (ops->parts(net) || !count));
        memset(verdicts, 99, sizeof verdicts);
        assert_int_equal(ops->pass_whole(engine, net, times, judged ? verdicts : NULL, NULL),
                         AW_OK);
        for (size_t i = 0; i < ops->parts(net); i++) {
            whole += times[i];
            assert_true(!judged || (verdicts[i] >= AWH_ACCEPTED && verdicts[i] < 2));
        }
        assert_true(whole > 0.0 || !count);
    }
}

/* Also after passes: nothing that a pass needs is destroyed by one. */
static void check_net(void *engine, const struct awh_prim *prim, enum awh_timing_mode mode,
                      enum awh_precision precision)
{
    struct awh_net net = {.name = "n", .prims = (struct awh_prim *)(uintptr_t)prim, .count = 1};
    struct awh_prepared prepared;
    struct awh_diag diag = {.warn = quiet};
    char text[200];
    void *loaded;
    double worst;
    awh_prim_format(prim, text, sizeof text);
    if (awh_prepare(&net, mode, &prepared, &diag))
        fail_msg("%s: %s", text, diag.text);
    const struct awh_engine_load load = awh_prepared_load(&prepared);
    if (ops->load(engine, &load, &loaded, &diag))
        fail_msg("%s: %s", text, diag.text);
    for (int again = 0; again < 2; again++) {
        if (awh_verify(ops, engine, loaded, &prepared, precision, &worst, &diag))
            fail_msg("%s, %s: %s", text, awh_timing_mode_name(mode), diag.text);
        check_steps(engine, loaded, &prepared);
    }
    ops->unload(engine, loaded);
    awh_prepared_release(&prepared);
}

static void check_all(enum awh_timing_mode mode, enum awh_precision precision)
{
    void *engine = open_engine(mode, precision, false);
    size_t types = 0, nets = 0;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++, types++) {
        size_t before = nets;
        for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
            struct awh_prim prim;
            struct awh_graph graph;
            struct awh_net net = {.name = "n", .prims = &prim, .count = 1};
            struct awh_diag why = {.warn = quiet};
            if (!make_prim(*type, shape, acts[(shape + types) % (sizeof acts / sizeof *acts)],
                           &prim) ||
                awh_net_lower(&net, &graph, &why))
                continue;
            awh_graph_release(&graph);
            check_net(engine, &prim, mode, precision);
            nets++;
        }
        if (nets == before && strcmp((*type)->name, "inspect_block")) /* cannot be lowered */
            fail_msg("no shape fits %s", (*type)->name);
    }
    ops->close(engine);
    print_message("%zu nets of %zu types\n", nets, types);
}

static void test_fused(void **state)
{
    (void)state;
    check_all(AWH_TIMING_FUSED, AWH_PRECISION_FP32);
}

static void test_eager(void **state)
{
    (void)state;
    check_all(AWH_TIMING_EAGER, AWH_PRECISION_FP32);
}

static void test_int8(void **state)
{
    (void)state;
    check_all(AWH_TIMING_FUSED, AWH_PRECISION_INT8);
}

/* Not every CPU has it; one that does must be right. */
static void test_bf16(void **state)
{
    (void)state;
    const struct awh_engine_options options = {.precision = AWH_PRECISION_BF16, .gauge_ns = 1e6};
    struct awh_diag diag = {.warn = quiet};
    void *engine = NULL;
    if (!ops->open(&options, &engine, &diag)) {
        ops->close(engine);
        check_all(AWH_TIMING_FUSED, AWH_PRECISION_BF16);
        check_all(AWH_TIMING_EAGER, AWH_PRECISION_BF16);
        return;
    }
    assert_int_equal(diag.err, AW_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "bf16"));
    print_message("not on this CPU: %s\n", diag.text);
}

static void test_cold(void **state)
{
    (void)state;
    struct awh_prim prim;
    void *engine = open_engine(AWH_TIMING_FUSED, AWH_PRECISION_FP32, true);
    assert_true(make_prim(awh_prim_type_find("mobilenet_v3_block"), 0, "relu", &prim));
    check_net(engine, &prim, AWH_TIMING_FUSED, AWH_PRECISION_FP32);
    ops->close(engine);
}

/* The residual is added by the convolution before it, which then covers two nodes. */
static void test_residual_is_fused(void **state)
{
    (void)state;
    struct awh_prim prims[2];
    struct awh_net net = {.name = "n", .prims = prims, .count = 2};
    struct awh_prepared prepared;
    void *engine = open_engine(AWH_TIMING_FUSED, AWH_PRECISION_FP32, false), *loaded;
    size_t count, fused = 0;
    assert_true(make_prim(awh_prim_type_find("mobilenet_v2_block"), 0, "relu", &prims[0]));
    prims[1] = prims[0]; /* the first one's input is the net's: nothing may be added to that */
    assert_int_equal(awh_prepare(&net, AWH_TIMING_FUSED, &prepared, NULL), AW_OK);
    const struct awh_engine_load load = awh_prepared_load(&prepared);
    assert_int_equal(ops->load(engine, &load, &loaded, NULL), AW_OK);
    const struct awh_step *steps = ops->steps(loaded, &count);
    for (size_t i = 0; i < count; i++)
        if (steps[i].node_count == 2) {
            fused++;
            assert_int_equal(steps[i].prim, 1);
        }
    assert_int_equal(fused, 1);
    ops->unload(engine, loaded);
    awh_prepared_release(&prepared);
    ops->close(engine);
}

/* An engine that is wrong is found out, and the layer named. */
static void test_wrong_output_is_an_error(void **state)
{
    (void)state;
    struct awh_prim prim;
    struct awh_net net = {.name = "n", .prims = &prim, .count = 1};
    struct awh_prepared prepared;
    struct awh_diag diag = {0};
    double worst;
    void *engine = open_engine(AWH_TIMING_FUSED, AWH_PRECISION_FP32, false), *loaded;
    assert_true(make_prim(awh_prim_type_find("mobilenet_v2_block"), 0, "relu", &prim));
    assert_int_equal(awh_prepare(&net, AWH_TIMING_FUSED, &prepared, NULL), AW_OK);
    const struct awh_engine_load load = awh_prepared_load(&prepared);
    assert_int_equal(ops->load(engine, &load, &loaded, NULL), AW_OK);
    prepared.outputs[prepared.graph.nodes[1].out][5] += 10.0f;
    assert_int_equal(awh_verify(ops, engine, loaded, &prepared, AWH_PRECISION_FP32, &worst, &diag),
                     AW_ERR_MISMATCH);
    assert_non_null(strstr(diag.text, "net n: layer n_conv_2 ("));
    ops->unload(engine, loaded);
    awh_prepared_release(&prepared);
    ops->close(engine);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        struct awh_engine_options options;
        enum aw_err err;
        const char *text;
    } rows[] = {
        {{.precision = AWH_PRECISION_FP16}, AW_ERR_UNSUPPORTED, "a CPU has fp32, bf16 and int8"},
        {{.precision = AWH_PRECISION_TF32}, AW_ERR_UNSUPPORTED, "no convolution in tf32"},
        {{.precision = AWH_PRECISION_INT8, .mode = AWH_TIMING_EAGER},
         AW_ERR_UNSUPPORTED,
         "use it with --mode fused"},
        {{.threads = 100000}, AW_ERR_RANGE, "--threads: expected 1 to "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_engine_options options = rows[i].options;
        struct awh_diag diag = {.warn = quiet};
        void *engine = NULL;
        options.gauge_ns = 1e6;
        assert_int_equal(ops->open(&options, &engine, &diag), rows[i].err);
        if (!strstr(diag.text, rows[i].text))
            fail_msg("%s", diag.text);
    }
}

/* Memory that no machine has. */
static void test_no_memory_names_the_layer(void **state)
{
    (void)state;
    struct awh_graph graph;
    struct awh_diag diag = {0};
    float input = 0.0f, low[2] = {0}, high[2] = {0};
    struct awh_node_weights none[1] = {0};
    const struct awh_float_weights weights = {.nodes = none, .node_count = 1};
    void *engine = open_engine(AWH_TIMING_FUSED, AWH_PRECISION_FP32, false), *loaded;
    assert_int_equal(awh_graph_init(&graph, "big", 1, 1, 1, &diag), AW_OK);
    assert_int_equal(awh_graph_zero(&graph, graph.input, 65535, 65535, 65535, &graph.output, &diag),
                     AW_OK);
    const struct awh_engine_load load = {
        .graph = &graph, .weights = &weights, .input = &input, .low = low, .high = high};
    assert_int_equal(ops->load(engine, &load, &loaded, &diag), AW_ERR_NO_MEM);
    if (!strstr(diag.text, "net big: layer big_") || !strstr(diag.text, "no memory for its"))
        fail_msg("%s", diag.text);
    ops->close(engine);
    awh_graph_release(&graph);
}

/* -- eager mode: who does its convolutions, and what its memory costs ------------------------- */

struct fixture {
    void *engine, *loaded;
    struct awh_prepared prepared;
    const struct awh_step *steps;
    size_t count;
};

/* `blocks` convolutions of 3x3 with batch norm and relu, c to c channels. */
static void load(struct fixture *f, enum awh_timing_mode mode, int32_t size, int32_t c,
                 size_t blocks)
{
    const struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_diag diag = {.warn = quiet};
    struct awh_prim prims[4];
    struct awh_net net = {.name = "n", .prims = prims, .count = blocks};
    for (size_t i = 0; i < blocks; i++)
        assert_int_equal(
            awh_prim_make("conv_bn_relu_3x3", size, c, c, 1, affine, NULL, 0, &prims[i], &diag),
            AW_OK);
    f->engine = open_engine(mode, AWH_PRECISION_FP32, false);
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
        cmocka_unit_test(test_fused),
        cmocka_unit_test(test_eager),
        cmocka_unit_test(test_int8),
        cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_cold),
        cmocka_unit_test(test_residual_is_fused),
        cmocka_unit_test(test_wrong_output_is_an_error),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_memory_names_the_layer),
        cmocka_unit_test(test_new_memory_is_met_at_each_pass),
        cmocka_unit_test(test_fused_nets_keep_their_memory),
        cmocka_unit_test(test_small_convolutions_go_to_blas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

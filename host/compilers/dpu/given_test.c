/* A program of what stage fix rounded: its weights are those of the caffemodel, to the bit, and it
 * computes what the Caffe net does. */
#include "compilers/dpu/caffe_testing.h"

#include "compilers/dpu/fix.h"
#include "compilers/dpu/stages.h"
#include "program/compile.h"
#include "program/reference.h"

/* Of the caffemodel, where that is in a layer's canonical order. */
static size_t place(const struct aw_plan *plan, size_t o, size_t i, size_t tap)
{
    size_t taps = (size_t)plan->layer.kernel_h * plan->layer.kernel_w;
    size_t ins = plan->in0.c / plan->layer.groups;
    return plan->layer.op == AW_OP_DWCONV2D ? tap * plan->out.c + o : (o * taps + tap) * ins + i;
}

static const struct awh_caffe_layer *layer_named(const struct caffe_case *it, const char *name)
{
    for (size_t i = 0; i < it->net.layer_count; i++) {
        const struct awh_caffe_layer *layer = &it->net.layers[i];
        if (layer->type == AWH_CAFFE_CONVOLUTION &&
            strcmp(it->graph.nodes[layer->node].name, name) == 0)
            return layer;
    }
    fail_msg("no convolution of %s", name);
    return NULL;
}

static void check_layer(const struct aw_program *program, const struct aw_plan *plan,
                        const struct awh_caffe_layer *layer)
{
    const struct awh_caffe_array *from = &layer->arrays[0];
    size_t ins = (size_t)from->shape[1], taps = (size_t)(from->shape[2] * from->shape[3]);
    int8_t *weights = malloc(plan->weight_count);
    int32_t *bias = malloc((plan->bias_count + 1) * sizeof(*bias));
    assert_true(weights && bias);
    assert_int_equal(from->count, plan->weight_count);
    aw_program_weights(program, plan, weights, bias);
    for (size_t at = 0; at < from->count; at++) {
        size_t o = at / taps / ins, i = at / taps % ins, tap = at % taps;
        double value = ldexp(weights[place(plan, o, i, tap)], -plan->layer.w_pos);
        if (value != (double)from->data[at])
            fail_msg("%s: weight %zu is %g, not %g", layer->name, at, value,
                     (double)from->data[at]);
    }
    int sums_pos = plan->in0_pos + plan->layer.w_pos;
    for (uint32_t c = 0; c < plan->bias_count; c++) {
        double off = ldexp(bias[c], -sums_pos) - (double)layer->arrays[1].data[c];
        if (fabs(off) > ldexp(0.5, -sums_pos))
            fail_msg("%s: bias %u is off by %g", layer->name, c, off);
    }
    assert_int_equal(plan->bias_count > 0, layer->conv.bias);
    free(weights);
    free(bias);
}

static void keep_last(void *context, uint16_t index, const int8_t *values, uint32_t count)
{
    (void)index;
    memcpy(context, values, count); /* layers that are not the last are no larger than all */
}

/* Of both nets on the same input: noise beside the signal. */
static double difference(struct caffe_case *it, const struct aw_program *program)
{
    struct aw_tensor in, out;
    struct awh_diag diag = {.err = AW_OK};
    aw_program_tensor(program, program->input, &in);
    aw_program_tensor(program, program->output, &out);
    size_t pixels = (size_t)in.shape.h * in.shape.w, out_pixels = (size_t)out.shape.h * out.shape.w;
    int8_t *input = awh_arena_array(it->arena, it->in_count, sizeof(*input));
    int8_t *last = awh_arena_array(it->arena, program->arena_bytes, sizeof(*last));
    float *got = awh_arena_array(it->arena, it->out_count, sizeof(*got));
    assert_true(input && last && got);
    for (size_t i = 0; i < it->in_count; i++) {
        size_t c = i / pixels, p = i % pixels;
        double code = rint(ldexp((double)it->input[i], in.pos));
        code = fmin(fmax(code, -128), 127);
        input[p * in.shape.c + c] = (int8_t)code;
        it->input[i] = (float)ldexp(code, -in.pos);
    }
    const struct awh_reference_observer observer = {.layer = keep_last, .context = last};
    assert_int_equal(awh_reference_observe(program, input, &observer, &diag), AW_OK);
    for (size_t i = 0; i < it->out_count; i++)
        got[i] = (float)ldexp(last[i % out_pixels * out.shape.c + i / out_pixels], -out.pos);
    const float *expected = caffe_case_run(it);
    double noise = 0, signal = 0;
    for (size_t i = 0; i < it->out_count; i++) {
        noise += pow((double)got[i] - (double)expected[i], 2);
        signal += pow((double)expected[i], 2);
    }
    return sqrt(noise / fmax(signal, 1e-12));
}

/* Eight bits, several layers of them, cost some percent; one wrong order, everything. */
#define MOST_NOISE 0.1
static double worst;

static size_t check_case(struct caffe_case *it, const struct awh_net *net)
{
    struct awh_diag diag = {.err = AW_OK};
    struct awh_calib calib;
    struct awh_given_list given;
    struct awh_graph graph;
    struct awh_compiled compiled;
    struct aw_program program;
    struct aw_program_fault fault = {.what = "?"};
    const struct awh_dpu_job job = {.arena = it->arena, .graph = &it->graph};
    const struct awh_compile_options options = {.seed = 3, .embed = true, .given = &given};
    size_t checked = 0;
    caffe_case_make(it, AWH_CAFFE_XILINX);
    if (awh_calib_open(it->arena, NULL, 3, &calib, &diag) ||
        awh_caffe_fold(it->arena, &it->net, &diag) ||
        awh_fix(it->arena, &it->net, &calib, 1, AWH_FIX_WEIGHT_MIN_BOARD, &diag) ||
        awh_dpu_given(&job, &it->net, &given, &diag) || awh_net_lower(net, &graph, &diag) ||
        awh_compile_graph(it->arena, net, &graph, &options, &compiled, &diag))
        fail_msg("%s", diag.text);
    if (aw_program_open(compiled.program, compiled.program_bytes, NULL, &program, &fault))
        fail_msg("%s", fault.what);
    for (uint16_t i = 0; i < program.layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(&program, i, &plan);
        if (plan.weight_count == 0)
            continue;
        check_layer(&program, &plan, layer_named(it, compiled.layers.items[i].name));
        checked++;
    }
    double error = difference(it, &program);
    worst = fmax(worst, error);
    if (!(error < MOST_NOISE))
        fail_msg("%s: outputs differ by %g", net->prims[1].type->name, error);
    awh_graph_release(&graph);
    return checked;
}

static void test_all_types(void **state)
{
    (void)state;
    size_t layers = 0;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++)
        for (size_t i = 0; i < CAFFE_SHAPE_COUNT; i++) {
            const struct caffe_shape first = {caffe_shapes[i].size, 3, caffe_shapes[i].c, 1};
            struct awh_prim prims[2];
            const struct awh_net net = {.name = "0", .prims = prims, .count = 2};
            struct awh_arena arena;
            struct caffe_case it;
            awh_arena_init(&arena);
            caffe_prim(awh_prim_type_find("conv_1x1"), &first, &prims[0]);
            caffe_prim(*type, &caffe_shapes[i], &prims[1]);
            if (caffe_case_lower(&arena, &net, &it)) {
                layers += check_case(&it, &net);
                awh_graph_release(&it.graph);
            }
            awh_arena_release(&arena);
        }
    print_message("%zu layers, noise at most %g\n", layers, worst);
    assert_true(layers > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

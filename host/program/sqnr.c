#include "program/sqnr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program/compile.h"
#include "program/float_reference.h"
#include "program/reference.h"
#include "program/scene.h"

struct compare {
    const struct awh_graph *graph;
    const struct aw_program *program;
    const struct awh_float_weights *weights;
    struct awh_sqnr *result;
    int8_t **fixed; /* a layer: its output in the program */
    int8_t *scene;  /* the input, and in real numbers */
    float *input, *output;
    double *sums; /* of the output's channels */
    bool *chosen; /* classes */
    struct awh_diag *diag;
};

/* -- The program's parameters in floating point
 * ----------------------------------------------------- */

/* From [out_ch][kh][kw][in_ch / groups], or [kh][kw][ch] of a depthwise convolution, to
 * [out_ch][in_ch / groups][kh][kw]. */
static void convert_weights(const struct aw_plan *plan, const int8_t *from, float *to)
{
    size_t taps = (size_t)plan->layer.kernel_h * plan->layer.kernel_w, out_ch = plan->out.c;
    size_t in_ch = plan->weight_count / (taps * out_ch);
    bool depthwise = plan->layer.op == AW_OP_DWCONV2D;
    for (size_t o = 0; o < out_ch; o++)
        for (size_t i = 0; i < in_ch; i++)
            for (size_t t = 0; t < taps; t++) {
                size_t at = depthwise ? t * out_ch + o : (o * taps + t) * in_ch + i;
                to[(o * in_ch + i) * taps + t] = ldexpf((float)from[at], -plan->layer.w_pos);
            }
}

static enum aw_err convert_layer(struct awh_arena *arena, const struct aw_program *program,
                                 const struct aw_plan *plan, struct awh_node_weights *out,
                                 struct awh_diag *diag)
{
    int8_t *weights = malloc(plan->weight_count + (size_t)1);
    int32_t *bias = malloc((plan->bias_count + (size_t)1) * sizeof *bias);
    enum aw_err err = AW_OK;
    out->weight_count = plan->weight_count;
    out->weights = awh_arena_array(arena, plan->weight_count, sizeof *out->weights);
    out->bias = awh_arena_array(arena, plan->bias_count, sizeof *out->bias);
    if (weights && bias && out->weights && out->bias) {
        aw_program_weights(program, plan, weights, bias);
        convert_weights(plan, weights, out->weights);
        for (uint32_t i = 0; i < plan->bias_count; i++)
            out->bias[i] = (float)ldexp(bias[i], -(plan->in0_pos + plan->layer.w_pos));
    } else {
        err = awh_fail_mem(diag);
    }
    free(weights);
    free(bias);
    return err;
}

static enum aw_err convert_program(struct awh_arena *arena, const struct awh_graph *graph,
                                   const struct aw_program *program, struct awh_float_weights *out,
                                   struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    if (graph->node_count != program->layer_count)
        return awh_fail(diag, AW_ERR_ARG, "net %s has %zu layers, but its program %u", graph->net,
                        graph->node_count, program->layer_count);
    *out = (struct awh_float_weights){.node_count = graph->node_count};
    out->nodes = awh_arena_array(arena, graph->node_count, sizeof *out->nodes);
    if (!out->nodes)
        return awh_fail_mem(diag);
    for (uint16_t i = 0; i < program->layer_count && !err; i++) {
        struct aw_plan plan;
        aw_program_plan(program, i, &plan);
        if (plan.out_bytes != awh_float_count(graph, graph->nodes[i].out))
            err = awh_fail(diag, AW_ERR_ARG, "net %s: layer %s is not that of its program",
                           graph->net, graph->nodes[i].name);
        else if (aw_op_find(plan.layer.op)->weighted)
            err = convert_layer(arena, program, &plan, &out->nodes[i], diag);
    }
    return err;
}

/* -- One input
 * ----------------------------------------------------------------------------------------- */

static void keep_fixed(void *context, uint16_t index, const int8_t *values, uint32_t count)
{
    const struct compare *compare = context;
    memcpy(compare->fixed[index], values, count);
}

static void compare_layer(void *context, size_t node, const float *values, size_t count)
{
    const struct compare *compare = context;
    struct awh_sqnr_layer *layer = &compare->result->layers[node];
    const int8_t *fixed = compare->fixed[node];
    struct aw_plan plan;
    aw_program_plan(compare->program, (uint16_t)node, &plan);
    double unit = ldexp(1, -plan.out_pos);
    for (size_t i = 0; i < count; i++) {
        double off = fixed[i] * unit - (double)values[i];
        layer->signal += (double)values[i] * (double)values[i];
        layer->noise += off * off;
    }
}

static uint32_t class_of(const struct compare *compare, const float *floats, const int8_t *fixed)
{
    const struct awh_graph *graph = compare->graph;
    size_t channels = (size_t)graph->tensors[graph->output].c, best = 0;
    size_t count = awh_float_count(graph, graph->output);
    memset(compare->sums, 0, channels * sizeof *compare->sums);
    for (size_t i = 0; i < count; i++)
        compare->sums[i % channels] += floats ? (double)floats[i] : (double)fixed[i];
    for (size_t c = 1; c < channels; c++)
        if (compare->sums[c] > compare->sums[best])
            best = c;
    return (uint32_t)best;
}

/* Scene `seed`, for both. */
static void draw(const struct compare *compare, uint32_t seed)
{
    struct aw_tensor input;
    aw_program_tensor(compare->program, compare->program->input, &input);
    awh_scene_draw(seed, input.shape, compare->scene);
    size_t count = awh_float_count(compare->graph, compare->graph->input);
    for (size_t i = 0; i < count; i++)
        compare->input[i] = ldexpf(compare->scene[i], -input.pos);
}

static enum aw_err run_input(struct compare *compare, uint32_t seed)
{
    const struct awh_graph *graph = compare->graph;
    const struct awh_reference_observer fixed = {.layer = keep_fixed, .context = compare};
    const struct awh_float_observer floats = {.layer = compare_layer, .context = compare};
    draw(compare, seed);
    enum aw_err err =
        awh_reference_observe(compare->program, compare->scene, &fixed, compare->diag);
    if (!err)
        err = awh_float_run(graph, compare->weights, compare->input, &floats, compare->output,
                            compare->diag);
    if (err)
        return err;
    int last = graph->tensors[graph->output].producer;
    uint32_t expected = class_of(compare, compare->output, NULL);
    compare->result->agreed += class_of(compare, NULL, compare->fixed[last]) == expected;
    compare->result->classes += !compare->chosen[expected];
    compare->chosen[expected] = true;
    compare->result->inputs++;
    return AW_OK;
}

/* -- All of them
 * --------------------------------------------------------------------------------------- */

static enum aw_err make_room(struct compare *compare, struct awh_arena *arena)
{
    const struct awh_graph *graph = compare->graph;
    size_t channels = (size_t)graph->tensors[graph->output].c;
    compare->sums = awh_arena_array(arena, channels, sizeof *compare->sums);
    compare->chosen = awh_arena_array(arena, channels, sizeof *compare->chosen);
    compare->fixed = awh_arena_array(arena, graph->node_count, sizeof *compare->fixed);
    compare->result->layers =
        awh_arena_array(arena, graph->node_count, sizeof *compare->result->layers);
    compare->result->layer_count = graph->node_count;
    size_t in_count = awh_float_count(graph, graph->input);
    compare->scene = awh_arena_alloc(arena, in_count);
    compare->input = awh_arena_array(arena, in_count, sizeof *compare->input);
    compare->output =
        awh_arena_array(arena, awh_float_count(graph, graph->output), sizeof *compare->output);
    if (!compare->sums || !compare->chosen || !compare->fixed || !compare->result->layers ||
        !compare->scene || !compare->input || !compare->output)
        return awh_fail_mem(compare->diag);
    for (size_t i = 0; i < graph->node_count; i++) {
        compare->result->layers[i].name = graph->nodes[i].name;
        compare->fixed[i] = awh_arena_alloc(arena, awh_float_count(graph, graph->nodes[i].out));
        if (!compare->fixed[i])
            return awh_fail_mem(compare->diag);
    }
    return AW_OK;
}

enum aw_err awh_sqnr_run(struct awh_arena *arena, const struct awh_graph *folded,
                         const struct aw_program *program, uint32_t first_seed, uint32_t inputs,
                         struct awh_sqnr *out, struct awh_diag *diag)
{
    struct awh_sqnr result = {0};
    struct awh_float_weights weights;
    struct compare compare = {
        .graph = folded, .program = program, .weights = &weights, .result = &result, .diag = diag};
    enum aw_err err = convert_program(arena, folded, program, &weights, diag);
    if (!err)
        err = make_room(&compare, arena);
    if (err)
        return err;
    for (uint32_t i = 0; i < inputs && !err; i++)
        err = run_input(&compare, first_seed + i);
    for (size_t i = 0; i < result.layer_count; i++) {
        struct awh_sqnr_layer *layer = &result.layers[i];
        layer->db = layer->noise > 0 ? 10 * log10(layer->signal / layer->noise) : INFINITY;
    }
    if (!err)
        *out = result;
    return err;
}

static enum aw_err compile_and_run(struct awh_arena *arena, const struct awh_net *net,
                                   struct awh_graph *graph, uint32_t seed, uint32_t inputs,
                                   struct awh_sqnr *out, struct awh_diag *diag)
{
    struct awh_compiled compiled;
    struct aw_program program;
    struct aw_program_fault fault;
    enum aw_err err = awh_compile_graph(
        arena, net, graph, &(struct awh_compile_options){.seed = seed}, &compiled, diag);
    if (!err && aw_program_open(compiled.program, compiled.program_bytes, NULL, &program, &fault))
        err = awh_fail(diag, AW_ERR_INTERNAL, "net %s: %s", net->name, fault.what);
    if (!err)
        err = awh_sqnr_run(arena, graph, &program, seed + 1, inputs, out, diag);
    return err;
}

enum aw_err awh_sqnr_net(struct awh_arena *arena, const struct awh_net *net, uint32_t seed,
                         uint32_t inputs, struct awh_sqnr *out, struct awh_diag *diag)
{
    struct awh_graph graph;
    struct awh_sqnr result;
    enum aw_err err = awh_net_lower(net, &graph, diag);
    if (err)
        return err;
    err = compile_and_run(arena, net, &graph, seed, inputs, &result, diag);
    for (size_t i = 0; i < result.layer_count && !err; i++) {
        result.layers[i].name = awh_arena_strdup(arena, result.layers[i].name);
        if (!result.layers[i].name)
            err = awh_fail_mem(diag);
    }
    awh_graph_release(&graph);
    if (!err)
        *out = result;
    return err;
}

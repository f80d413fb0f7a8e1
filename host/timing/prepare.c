#include "timing/prepare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program/float_reference.h"
#include "program/fold.h"

#define WEIGHT_SEED 1
#define INPUT_SEED  1

/* -- the reference ------------------------------------------------------------------------ */

struct observer {
    struct awh_prepared *prepared;
    bool failed;
};

static void take_range(struct awh_prepared *prepared, int tensor, const float *values, size_t count)
{
    float low = 0.0f, high = 0.0f;
    for (size_t i = 0; i < count; i++) {
        low = fminf(low, values[i]);
        high = fmaxf(high, values[i]);
    }
    prepared->low[tensor] = low;
    prepared->high[tensor] = high;
}

static void see_layer(void *context, size_t node, const float *values, size_t count)
{
    struct observer *observer = context;
    struct awh_prepared *prepared = observer->prepared;
    int tensor = prepared->graph.nodes[node].out;
    float *copy = malloc(count * sizeof *copy);
    if (!copy) {
        observer->failed = true;
        return;
    }
    memcpy(copy, values, count * sizeof *copy);
    free(prepared->outputs[tensor]);
    prepared->outputs[tensor] = copy;
    take_range(prepared, tensor, values, count);
}

static enum aw_err run_reference(struct awh_prepared *prepared, struct awh_diag *diag)
{
    const struct awh_graph *graph = &prepared->graph;
    struct observer observer = {.prepared = prepared};
    const struct awh_float_observer watch = {.layer = see_layer, .context = &observer};
    float *output = malloc(awh_float_count(graph, graph->output) * sizeof *output);
    if (!output)
        return awh_fail_mem(diag);
    take_range(prepared, graph->input, prepared->input, awh_float_count(graph, graph->input));
    enum aw_err err =
        awh_float_run(graph, &prepared->weights, prepared->input, &watch, output, diag);
    free(output);
    return !err && observer.failed ? awh_fail_mem(diag) : err;
}

/* -- the net ------------------------------------------------------------------------------ */

static enum aw_err take_arrays(struct awh_prepared *prepared, struct awh_diag *diag)
{
    const struct awh_graph *graph = &prepared->graph;
    size_t inputs = awh_float_count(graph, graph->input);
    prepared->low = awh_arena_array(&prepared->arena, graph->tensor_count, sizeof(float));
    prepared->high = awh_arena_array(&prepared->arena, graph->tensor_count, sizeof(float));
    prepared->outputs = awh_arena_array(&prepared->arena, graph->tensor_count, sizeof(float *));
    prepared->input = awh_arena_array(&prepared->arena, inputs, sizeof(float));
    if (!prepared->low || !prepared->high || !prepared->outputs || !prepared->input)
        return awh_fail_mem(diag);
    return awh_float_input(INPUT_SEED, inputs, prepared->input, diag);
}

/* Batch norms into convolutions. `lowered` stays the caller's. */
static enum aw_err fold(struct awh_prepared *prepared, const struct awh_graph *lowered,
                        struct awh_diag *diag)
{
    struct awh_float_weights folded;
    enum aw_err err = awh_graph_copy(lowered, &prepared->graph, diag);
    if (err)
        return err;
    if ((err = awh_fold(&prepared->graph, diag)) ||
        (err = awh_float_weights_fold(&prepared->arena, lowered, &prepared->weights,
                                      &prepared->graph, &folded, diag))) {
        awh_graph_release(&prepared->graph);
        return err;
    }
    prepared->weights = folded;
    return AW_OK;
}

static enum aw_err make_graph(const struct awh_net *net, enum awh_timing_mode mode,
                              struct awh_prepared *prepared, struct awh_diag *diag)
{
    struct awh_graph lowered;
    enum aw_err err = awh_net_lower(net, &lowered, diag);
    if (err)
        return err;
    err = awh_float_weights_make(&prepared->arena, &lowered, WEIGHT_SEED, &prepared->weights, diag);
    if (!err)
        err = awh_float_weights_settle(&lowered, INPUT_SEED, &prepared->weights, diag);
    if (!err && mode == AWH_TIMING_EAGER) {
        prepared->graph = lowered;
        return AW_OK;
    }
    if (!err)
        err = fold(prepared, &lowered, diag);
    awh_graph_release(&lowered);
    return err;
}

enum aw_err awh_prepare(const struct awh_net *net, enum awh_timing_mode mode,
                        struct awh_prepared *out, struct awh_diag *diag)
{
    struct awh_prepared prepared = {0};
    awh_arena_init(&prepared.arena);
    enum aw_err err = make_graph(net, mode, &prepared, diag);
    if (err) {
        awh_arena_release(&prepared.arena);
        return err;
    }
    err = take_arrays(&prepared, diag);
    if (!err)
        err = run_reference(&prepared, diag);
    if (err)
        awh_prepared_release(&prepared);
    else
        *out = prepared;
    return err;
}

void awh_prepared_forget(struct awh_prepared *prepared)
{
    for (size_t i = 0; prepared->outputs && i < prepared->graph.tensor_count; i++) {
        free(prepared->outputs[i]);
        prepared->outputs[i] = NULL;
    }
}

void awh_prepared_release(struct awh_prepared *prepared)
{
    awh_prepared_forget(prepared);
    awh_graph_release(&prepared->graph);
    awh_arena_release(&prepared->arena);
}

struct awh_engine_load awh_prepared_load(const struct awh_prepared *prepared)
{
    return (struct awh_engine_load){
        .graph = &prepared->graph,
        .weights = &prepared->weights,
        .input = prepared->input,
        .low = prepared->low,
        .high = prepared->high,
    };
}

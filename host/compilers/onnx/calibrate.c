#include "compilers/onnx/export.h"

#include <math.h>
#include <stdlib.h>

#include "program/float_reference.h"

struct magnitudes {
    const struct awh_graph *graph;
    float *tensors;
};

static float magnitude_of(float so_far, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        so_far = fmaxf(so_far, fabsf(values[i]));
    return so_far;
}

static void see_layer(void *context, size_t node, const float *values, size_t count)
{
    struct magnitudes *magnitudes = context;
    float *tensor = &magnitudes->tensors[magnitudes->graph->nodes[node].out];
    *tensor = magnitude_of(*tensor, values, count);
}

enum aw_err awh_onnx_calibrate(struct awh_arena *arena, const struct awh_graph *graph,
                               const struct awh_float_weights *weights, uint32_t seed,
                               uint32_t inputs, struct awh_onnx_scales *scales_out,
                               struct awh_diag *diag)
{
    size_t in_count = awh_float_count(graph, graph->input);
    size_t out_count = awh_float_count(graph, graph->output);
    float *input = malloc(in_count * sizeof *input), *output = malloc(out_count * sizeof *output);
    struct magnitudes seen = {.graph = graph};
    seen.tensors = awh_arena_array(arena, graph->tensor_count, sizeof *seen.tensors);
    const struct awh_float_observer observer = {.layer = see_layer, .context = &seen};
    enum aw_err err = input && output && seen.tensors ? AW_OK : awh_fail_mem(diag);
    for (uint32_t i = 0; i < inputs && !err; i++) {
        err = awh_float_input(seed + i, in_count, input, diag);
        if (err)
            break;
        seen.tensors[graph->input] = magnitude_of(seen.tensors[graph->input], input, in_count);
        err = awh_float_run(graph, weights, input, &observer, output, diag);
    }
    for (size_t t = 0; t < graph->tensor_count && !err; t++)
        seen.tensors[t] = seen.tensors[t] > 0 ? seen.tensors[t] / 127.0f : 1.0f;
    scales_out->tensors = seen.tensors;
    free(input);
    free(output);
    return err;
}

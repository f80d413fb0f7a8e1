#include <stdlib.h>

#include "program/float_reference.h"

/* A channel of few pixels says little by itself: so many pixels of the whole tensor count with it.
 */
#define SHARED_PIXELS 4.0

struct settle {
    const struct awh_graph *graph;
    struct awh_float_weights *weights;
};

static double mean_of(const float *values, size_t count, size_t step)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i * step];
    return sum / (double)count;
}

/* Around `mean`, which need not be that of the values. */
static double variance_of(const float *values, size_t count, size_t step, double mean)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double off = (double)values[i * step] - mean;
        sum += off * off;
    }
    return sum / (double)count;
}

static void settle_norm(const float *values, size_t count, size_t channels,
                        struct awh_node_weights *norm)
{
    size_t pixels = count / channels;
    double all_mean = mean_of(values, count, 1);
    double all_variance = variance_of(values, count, 1, all_mean);
    double own = (double)pixels / ((double)pixels + SHARED_PIXELS);
    if (all_variance <= 0.0) /* behind a layer of zeros */
        return;
    for (size_t c = 0; c < channels; c++) {
        double mean = own * mean_of(values + c, pixels, channels) + (1.0 - own) * all_mean;
        double variance = variance_of(values + c, pixels, channels, mean);
        norm->mean[c] = (float)mean;
        norm->variance[c] = (float)(own * variance + (1.0 - own) * all_variance);
    }
}

static void settle_readers(const struct settle *settle, int tensor, const float *values,
                           size_t count)
{
    const struct awh_graph *graph = settle->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].op == AWH_NODE_BATCH_NORM && graph->nodes[i].in0 == tensor)
            settle_norm(values, count, (size_t)graph->tensors[tensor].c,
                        &settle->weights->nodes[i]);
}

/* Norms run after what they read: they are settled just in time. */
static void see_layer(void *context, size_t node, const float *values, size_t count)
{
    const struct settle *settle = context;
    settle_readers(settle, settle->graph->nodes[node].out, values, count);
}

enum aw_err awh_float_weights_settle(const struct awh_graph *graph, uint32_t seed,
                                     struct awh_float_weights *weights, struct awh_diag *diag)
{
    struct settle settle = {.graph = graph, .weights = weights};
    const struct awh_float_observer observer = {.layer = see_layer, .context = &settle};
    size_t in_count = awh_float_count(graph, graph->input);
    float *input = malloc(in_count * sizeof *input);
    float *output = malloc(awh_float_count(graph, graph->output) * sizeof *output);
    enum aw_err err = input && output ? AW_OK : awh_fail_mem(diag);
    if (!err)
        err = awh_float_input(seed, in_count, input, diag);
    if (!err) {
        settle_readers(&settle, graph->input, input, in_count);
        err = awh_float_run(graph, weights, input, &observer, output, diag);
    }
    free(input);
    free(output);
    return err;
}

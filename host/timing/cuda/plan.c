/* Which nodes make a step together.
 *
 * A deployed net does not write a convolution's output only to read it again for the addition of a
 * residual: the two are one step, act(convolution + bias + residual). That is so when the addition
 * alone reads the convolution, the convolution has no activation of its own, and the other operand
 * is there before the convolution runs. */
#include <stdio.h>
#include <stdlib.h>

#include "timing/cuda/internal.h"

/* An addition and the convolution that does it; NULL where a node is on its own. */
struct pairs {
    const struct awh_node **addition;    /* of a convolution */
    const struct awh_node **convolution; /* of an addition */
    unsigned *readers;                   /* of a tensor; the graph's output counts as read */
};

static void count_readers(const struct awh_graph *graph, unsigned *readers)
{
    readers[graph->output]++;
    for (size_t i = 0; i < graph->node_count; i++) {
        readers[graph->nodes[i].in0]++;
        if (graph->nodes[i].in1 >= 0)
            readers[graph->nodes[i].in1]++;
    }
}

/* `other` is the addition's second operand. */
static void try_pair(const struct awh_graph *graph, struct pairs *pairs,
                     const struct awh_node *addition, int sum, int other)
{
    int maker = graph->tensors[sum].producer;
    if (maker < 0 || pairs->readers[sum] != 1 || graph->tensors[other].producer >= maker ||
        pairs->convolution[addition - graph->nodes])
        return;
    const struct awh_node *conv = &graph->nodes[maker];
    if (conv->op != AWH_NODE_CONV || conv->act != AW_ACT_NONE)
        return;
    pairs->addition[maker] = addition;
    pairs->convolution[addition - graph->nodes] = conv;
}

static void find_pairs(const struct awh_graph *graph, struct pairs *pairs)
{
    count_readers(graph, pairs->readers);
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        if (node->op != AWH_NODE_ADD)
            continue;
        try_pair(graph, pairs, node, node->in0, node->in1);
        try_pair(graph, pairs, node, node->in1, node->in0);
    }
}

static void add_step(struct awh_cuda_net *net, const struct awh_node *node,
                     const struct awh_node *addition, size_t *used)
{
    const struct awh_node *last = addition ? addition : node;
    struct awh_step *step = &net->steps[net->step_count];
    size_t *nodes = &net->nodes[*used];
    net->work[net->step_count++] =
        (struct awh_cuda_work){.node = node, .residual = -1, .out = last->out, .act = last->act};
    nodes[0] = (size_t)(node - net->graph->nodes);
    if (addition) {
        nodes[1] = (size_t)(addition - net->graph->nodes);
        net->work[net->step_count - 1].residual =
            addition->in0 == node->out ? addition->in1 : addition->in0;
    }
    *step = (struct awh_step){
        .nodes = nodes, .node_count = addition ? 2 : 1, .prim = node->prim, .out = last->out};
    snprintf(step->name, sizeof(step->name), "%s", node->name);
    *used += step->node_count;
}

enum aw_err awh_cuda_plan(struct awh_cuda_net *net, struct awh_diag *diag)
{
    const struct awh_graph *graph = net->graph;
    struct pairs pairs = {
        .addition = calloc(graph->node_count + 1, sizeof(struct awh_node *)),
        .convolution = calloc(graph->node_count + 1, sizeof(struct awh_node *)),
        .readers = calloc(graph->tensor_count, sizeof(*pairs.readers)),
    };
    enum aw_err err = AW_OK;
    size_t used = 0;
    if (!pairs.addition || !pairs.convolution || !pairs.readers)
        err = awh_fail_mem(diag);
    else if (net->cuda->options.mode == AWH_TIMING_FUSED)
        find_pairs(graph, &pairs);
    for (size_t i = 0; i < graph->node_count && !err; i++)
        if (!pairs.convolution[i])
            add_step(net, &graph->nodes[i], pairs.addition[i], &used);
    free(pairs.addition);
    free(pairs.convolution);
    free(pairs.readers);
    return err;
}

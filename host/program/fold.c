#include "program/fold.h"

#include <stdlib.h>

/* Working state: who is read how often, and which nodes stay. */
struct fold {
    struct awh_graph *graph;
    unsigned *readers; /* a tensor; the graph's output counts as read */
    bool *removed;     /* a node */
};

static bool reads_two(const struct awh_node *node)
{
    return node->in1 >= 0;
}

static void replace_reads(struct awh_graph *graph, int from, int to)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        struct awh_node *node = &graph->nodes[i];
        if (node->in0 == from)
            node->in0 = to;
        if (node->in1 == from)
            node->in1 = to;
    }
    if (graph->output == from)
        graph->output = to;
}

static void remove_identities(struct fold *fold)
{
    struct awh_graph *graph = fold->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        struct awh_node *node = &graph->nodes[i];
        if (node->op != AWH_NODE_ACT || node->act != AW_ACT_NONE)
            continue;
        replace_reads(graph, node->out, node->in0);
        fold->removed[i] = true;
    }
}

static void count_readers(struct fold *fold)
{
    const struct awh_graph *graph = fold->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        if (fold->removed[i])
            continue;
        fold->readers[graph->nodes[i].in0]++;
        if (reads_two(&graph->nodes[i]))
            fold->readers[graph->nodes[i].in1]++;
    }
    fold->readers[graph->output]++;
}

/* The node that alone makes this node's input for this node alone, or NULL. */
static struct awh_node *sole_producer(const struct fold *fold, const struct awh_node *node)
{
    int producer = fold->graph->tensors[node->in0].producer;
    if (producer < 0 || fold->readers[node->in0] != 1)
        return NULL;
    return &fold->graph->nodes[producer];
}

/* `into` makes what nodes[index] made; the tensor between them is dead. */
static void absorb(struct fold *fold, struct awh_node *into, size_t index)
{
    struct awh_graph *graph = fold->graph;
    into->out = graph->nodes[index].out;
    graph->tensors[into->out].producer = (int)(into - graph->nodes);
    fold->removed[index] = true;
}

static void fold_batch_norm(struct fold *fold, size_t index)
{
    struct awh_node *norm = &fold->graph->nodes[index];
    struct awh_node *conv = sole_producer(fold, norm);
    if (conv && conv->op == AWH_NODE_CONV && conv->act == AW_ACT_NONE) {
        conv->conv.bias = true;
        absorb(fold, conv, index);
        return;
    }
    int32_t channels = fold->graph->tensors[norm->out].c;
    norm->op = AWH_NODE_CONV;
    norm->conv = (struct awh_conv){.out_ch = channels,
                                   .kernel_h = 1,
                                   .kernel_w = 1,
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .groups = channels,
                                   .dilation = 1,
                                   .bias = true};
}

static void fuse_activation(struct fold *fold, size_t index)
{
    const struct awh_node *act = &fold->graph->nodes[index];
    struct awh_node *before = sole_producer(fold, act);
    if (!before || before->op == AWH_NODE_ACT || before->act != AW_ACT_NONE)
        return;
    before->act = act->act;
    absorb(fold, before, index);
}

/* New ids in order of first use; nodes come in order of execution, so a tensor's maker comes before
 * its readers. `ids` has one entry a tensor, `old` room for a copy of them all. */
static void compact(struct fold *fold, int *ids, struct awh_graph_tensor *old)
{
    struct awh_graph *graph = fold->graph;
    for (size_t t = 0; t < graph->tensor_count; t++) {
        ids[t] = -1;
        old[t] = graph->tensors[t];
    }
    int tensors = 0;
    size_t nodes = 0;
    ids[graph->input] = tensors;
    graph->tensors[tensors++] = old[graph->input];
    for (size_t i = 0; i < graph->node_count; i++) {
        if (fold->removed[i])
            continue;
        struct awh_node *node = &graph->nodes[nodes];
        *node = graph->nodes[i];
        int out = node->out;
        ids[out] = tensors;
        graph->tensors[tensors] = old[out];
        graph->tensors[tensors].producer = (int)nodes++;
        node->out = tensors++;
        node->in0 = ids[node->in0];
        if (reads_two(node))
            node->in1 = ids[node->in1];
    }
    graph->output = ids[graph->output];
    graph->input = 0;
    graph->tensor_count = (size_t)tensors;
    graph->node_count = nodes;
}

static void fold_nodes(struct fold *fold)
{
    const struct awh_graph *graph = fold->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        if (fold->removed[i])
            continue;
        if (graph->nodes[i].op == AWH_NODE_BATCH_NORM)
            fold_batch_norm(fold, i);
        else if (graph->nodes[i].op == AWH_NODE_ACT)
            fuse_activation(fold, i);
    }
}

enum aw_err awh_fold(struct awh_graph *graph, struct awh_diag *diag)
{
    size_t tensors = graph->tensor_count;
    struct fold fold = {
        .graph = graph,
        .readers = calloc(tensors, sizeof(*fold.readers)),
        .removed = calloc(graph->node_count + 1, sizeof(*fold.removed)),
    };
    int *ids = calloc(tensors, sizeof(*ids));
    struct awh_graph_tensor *old = calloc(tensors, sizeof(*old));
    enum aw_err err = AW_OK;
    if (!fold.readers || !fold.removed || !ids || !old) {
        err = awh_fail_mem(diag);
    } else {
        remove_identities(&fold);
        count_readers(&fold);
        fold_nodes(&fold);
        compact(&fold, ids, old);
    }
    free(fold.readers);
    free(fold.removed);
    free(ids);
    free(old);
    return err;
}

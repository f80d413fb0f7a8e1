#include "program/float_weights.h"

#include <math.h>
#include <string.h>

#include "aw/rng.h"

/* Streams of one node. */
enum part { PART_WEIGHT, PART_BIAS, PART_MEAN, PART_VARIANCE, PART_GAMMA, PART_BETA };

/* What is expected of the values of a tensor. */
struct moments {
    double mean, square; /* E[x], E[x^2] */
};

/* For normal input of unit variance, by numerical integration; `square` of relu, relu6 and h_swish
 * is used for any variance in proportion, the others hardly depend on it. */
static const struct moments act_moments[AW_ACT_COUNT] = {
    [AW_ACT_RELU] = {0.399, 0.500},     [AW_ACT_RELU6] = {0.399, 0.500},
    [AW_ACT_H_SWISH] = {0.166, 0.332},  [AW_ACT_H_SIGMOID] = {0.500, 0.278},
    [AW_ACT_SIGMOID] = {0.500, 0.293},  [AW_ACT_TANH] = {0.000, 0.394},
    [AW_ACT_HARDTANH] = {0.000, 0.516},
};

static struct moments after_act(enum aw_act act, struct moments x)
{
    if (act == AW_ACT_NONE)
        return x;
    struct moments y = act_moments[act];
    if (act == AW_ACT_RELU || act == AW_ACT_RELU6 || act == AW_ACT_H_SWISH) {
        y.square *= x.square;
        y.mean *= sqrt(x.square);
    }
    return y;
}

/* Of a mean over pixels: channels differ, and keep about half of the variance. */
static struct moments after_mean(struct moments x)
{
    return (struct moments){x.mean, (x.mean * x.mean + x.square) / 2};
}

static struct moments after_concat(const struct awh_graph *graph, const struct awh_node *node,
                                   struct moments x, struct moments y)
{
    double share = (double)graph->tensors[node->in0].c / graph->tensors[node->out].c;
    return (struct moments){share * x.mean + (1 - share) * y.mean,
                            share * x.square + (1 - share) * y.square};
}

static struct moments after(const struct awh_graph *graph, const struct awh_node *node,
                            const struct moments *moments)
{
    struct moments x = moments[node->in0];
    switch (node->op) {
    case AWH_NODE_CONV:
    case AWH_NODE_BATCH_NORM:
        return (struct moments){0, 1};
    case AWH_NODE_ACT:
        return after_act(node->act, x);
    case AWH_NODE_GAP:
    case AWH_NODE_AVG_POOL:
        return after_mean(x);
    case AWH_NODE_ADD:
        return (struct moments){x.mean + moments[node->in1].mean,
                                x.square + moments[node->in1].square};
    case AWH_NODE_MUL:
        return (struct moments){x.mean * moments[node->in1].mean,
                                x.square * moments[node->in1].square};
    case AWH_NODE_CONCAT:
        return after_concat(graph, node, x, moments[node->in1]);
    case AWH_NODE_ZERO:
        return (struct moments){0, 0};
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_PAD:
    case AWH_NODE_SLICE:
        break;
    }
    return x;
}

/* `count` numbers uniform in [centre - reach, centre + reach); NULL when memory is short. */
static float *draw(struct awh_arena *arena, uint32_t node_seed, enum part part, size_t count,
                   double centre, double reach)
{
    uint32_t seed = aw_rng_word(node_seed, part);
    float *values = awh_arena_array(arena, count, sizeof *values);
    for (size_t i = 0; values && i < count; i++) {
        double unit = (double)(int32_t)aw_rng_word(seed, (uint32_t)i) / 2147483648.0;
        values[i] = (float)(centre + reach * unit);
    }
    return values;
}

static bool weight_count(const struct awh_graph *graph, const struct awh_node *node,
                         size_t *count_out)
{
    const struct awh_conv *conv = &node->conv;
    size_t fan_in = (size_t)(graph->tensors[node->in0].c / conv->groups);
    return !__builtin_mul_overflow(fan_in, (size_t)(conv->kernel_h * conv->kernel_w), &fan_in) &&
           !__builtin_mul_overflow(fan_in, (size_t)conv->out_ch, count_out);
}

static bool make_conv(struct awh_arena *arena, const struct awh_graph *graph,
                      const struct awh_node *node, struct moments in, uint32_t seed,
                      struct awh_node_weights *out)
{
    size_t channels = (size_t)node->conv.out_ch;
    if (!weight_count(graph, node, &out->weight_count))
        return false;
    double fan_in = (double)(out->weight_count / channels);
    double square = in.square > 0 ? in.square : 1; /* behind a layer of zeros */
    out->weights =
        draw(arena, seed, PART_WEIGHT, out->weight_count, 0, sqrt(3 / (fan_in * square)));
    if (node->conv.bias)
        out->bias = draw(arena, seed, PART_BIAS, channels, 0, 0.25);
    return out->weights && (out->bias || !node->conv.bias);
}

static bool make_norm(struct awh_arena *arena, const struct awh_graph *graph,
                      const struct awh_node *node, struct moments in, uint32_t seed,
                      struct awh_node_weights *out)
{
    size_t channels = (size_t)graph->tensors[node->out].c;
    double variance = in.square - in.mean * in.mean;
    if (variance <= 0)
        variance = 1; /* behind a layer of zeros */
    out->mean = draw(arena, seed, PART_MEAN, channels, in.mean, 0.1 * sqrt(variance));
    out->variance = draw(arena, seed, PART_VARIANCE, channels, variance, 0.5 * variance);
    if (node->affine) {
        out->gamma = draw(arena, seed, PART_GAMMA, channels, 1, 0.25);
        out->beta = draw(arena, seed, PART_BETA, channels, 0, 0.25);
    }
    return out->mean && out->variance && (!node->affine || (out->gamma && out->beta));
}

enum aw_err awh_float_weights_make(struct awh_arena *arena, const struct awh_graph *graph,
                                   uint32_t seed, struct awh_float_weights *out,
                                   struct awh_diag *diag)
{
    struct awh_float_weights made = {.node_count = graph->node_count};
    made.nodes = awh_arena_array(arena, graph->node_count, sizeof *made.nodes);
    struct moments *moments = awh_arena_array(arena, graph->tensor_count, sizeof *moments);
    if (!made.nodes || !moments)
        return awh_fail_mem(diag);
    moments[graph->input] = (struct moments){0, 1};
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        uint32_t node_seed = aw_rng_word(seed, (uint32_t)i);
        bool ok = true;
        if (node->op == AWH_NODE_CONV)
            ok = make_conv(arena, graph, node, moments[node->in0], node_seed, &made.nodes[i]);
        else if (node->op == AWH_NODE_BATCH_NORM)
            ok = make_norm(arena, graph, node, moments[node->in0], node_seed, &made.nodes[i]);
        if (!ok)
            return awh_fail_mem(diag);
        moments[node->out] = after(graph, node, moments);
    }
    *out = made;
    return AW_OK;
}

/* Node of the folded graph with this name, or -1. */
static int find(const struct awh_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->node_count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* The fold of a graph's parameters into those of its folded form. */
struct fold {
    struct awh_arena *arena;
    const struct awh_graph *from, *to;
    struct awh_float_weights made;
};

static bool copy(struct awh_arena *arena, float **values_inout, size_t count)
{
    if (!*values_inout)
        return true;
    float *values = awh_arena_array(arena, count, sizeof *values);
    if (values)
        memcpy(values, *values_inout, count * sizeof *values);
    *values_inout = values;
    return values != NULL;
}

/* Convolutions get arrays of their own, and the bias that folding gave them. */
static bool copy_conv(struct fold *fold, const struct awh_node *node,
                      const struct awh_node_weights *weights, struct awh_node_weights *out)
{
    size_t channels = (size_t)node->conv.out_ch;
    *out = *weights;
    if (!copy(fold->arena, &out->weights, out->weight_count) ||
        !copy(fold->arena, &out->bias, channels))
        return false;
    if (node->conv.bias && !out->bias)
        out->bias = awh_arena_array(fold->arena, channels, sizeof *out->bias);
    return out->bias || !node->conv.bias;
}

static void scale_conv(struct awh_node_weights *conv, size_t channels,
                       const struct awh_node_weights *norm)
{
    size_t fan_in = conv->weight_count / channels;
    for (size_t c = 0; c < channels; c++) {
        double scale = 1.0 / sqrt((double)norm->variance[c] + (double)AWH_BATCH_NORM_EPS);
        double shift = 0;
        if (norm->gamma) {
            scale *= (double)norm->gamma[c];
            shift = (double)norm->beta[c];
        }
        for (size_t k = 0; k < fan_in; k++)
            conv->weights[c * fan_in + k] = (float)((double)conv->weights[c * fan_in + k] * scale);
        double centred = (double)conv->bias[c] - (double)norm->mean[c];
        conv->bias[c] = (float)(centred * scale + shift);
    }
}

/* A batch norm that became a depthwise 1x1 convolution: ones, scaled. */
static bool make_lone_norm(struct fold *fold, size_t channels, struct awh_node_weights *out)
{
    *out = (struct awh_node_weights){.weight_count = channels};
    out->weights = awh_arena_array(fold->arena, channels, sizeof *out->weights);
    out->bias = awh_arena_array(fold->arena, channels, sizeof *out->bias);
    for (size_t c = 0; out->weights && c < channels; c++)
        out->weights[c] = 1.0f;
    return out->weights && out->bias;
}

/* `index` is what the norm's name stands for in the folded graph, -1 for nothing. */
static enum aw_err fold_norm(struct fold *fold, const struct awh_node *norm,
                             const struct awh_node_weights *weights, int index,
                             struct awh_diag *diag)
{
    const struct awh_graph *graph = fold->from;
    size_t channels = (size_t)graph->tensors[norm->out].c;
    if (index >= 0) {
        if (!make_lone_norm(fold, channels, &fold->made.nodes[index]))
            return awh_fail_mem(diag);
    } else {
        int producer = graph->tensors[norm->in0].producer;
        index = producer < 0 ? -1 : find(fold->to, graph->nodes[producer].name);
    }
    if (index < 0 || !fold->made.nodes[index].bias)
        return awh_fail(diag, AW_ERR_INTERNAL,
                        "net %s: layer %s was folded, and no convolution took it", graph->net,
                        norm->name);
    scale_conv(&fold->made.nodes[index], channels, weights);
    return AW_OK;
}

enum aw_err awh_float_weights_fold(struct awh_arena *arena, const struct awh_graph *graph,
                                   const struct awh_float_weights *weights,
                                   const struct awh_graph *folded, struct awh_float_weights *out,
                                   struct awh_diag *diag)
{
    struct fold fold = {.arena = arena, .from = graph, .to = folded};
    fold.made.node_count = folded->node_count;
    fold.made.nodes = awh_arena_array(arena, folded->node_count, sizeof *fold.made.nodes);
    if (!fold.made.nodes)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        int index = find(folded, node->name);
        enum aw_err err = AW_OK;
        if (node->op == AWH_NODE_BATCH_NORM)
            err = fold_norm(&fold, node, &weights->nodes[i], index, diag);
        else if (index >= 0 && node->op == AWH_NODE_CONV)
            err =
                copy_conv(&fold, &folded->nodes[index], &weights->nodes[i], &fold.made.nodes[index])
                    ? AW_OK
                    : awh_fail_mem(diag);
        if (err)
            return err;
    }
    *out = fold.made;
    return AW_OK;
}

/* A net of every op, for the tests with the fake and those on a GPU. */
#ifndef AWH_CUDA_TESTING_H
#define AWH_CUDA_TESTING_H

#include <stdlib.h>
#include <string.h>

#include "program/float_reference.h"
#include "program/fold.h"
#include "timing/prepare.h"

extern const struct awh_engine_ops awh_engine_cuda;

/* No more than one `err` a builder: the first failure stays. */
struct net_builder {
    struct awh_graph graph;
    int at; /* tensor */
    enum aw_err err;
    struct awh_diag diag;
};

static inline void put_conv(struct net_builder *b, int32_t out_ch, int32_t kernel, int32_t stride,
                            int32_t groups, int32_t dilation, bool bias)
{
    int32_t pad = kernel / 2 * dilation;
    struct awh_conv conv = {.out_ch = out_ch,
                            .kernel_h = kernel,
                            .kernel_w = kernel,
                            .stride_h = stride,
                            .stride_w = stride,
                            .pad_h = pad,
                            .pad_w = pad,
                            .groups = groups,
                            .dilation = dilation,
                            .bias = bias};
    if (!b->err)
        b->err = awh_graph_conv(&b->graph, b->at, conv, &b->at, &b->diag);
}

/* Height and width that differ in everything. */
static inline void put_oblong(struct net_builder *b, int32_t out_ch)
{
    struct awh_conv conv = {.out_ch = out_ch,
                            .kernel_h = 3,
                            .kernel_w = 5,
                            .stride_h = 2,
                            .stride_w = 1,
                            .pad_h = 0,
                            .pad_w = 2,
                            .groups = 1,
                            .dilation = 1,
                            .bias = true};
    if (!b->err)
        b->err = awh_graph_conv(&b->graph, b->at, conv, &b->at, &b->diag);
}

static inline void put_norm(struct net_builder *b, bool affine)
{
    if (!b->err)
        b->err = awh_graph_batch_norm(&b->graph, b->at, affine, &b->at, &b->diag);
}

static inline void put_act(struct net_builder *b, enum aw_act act)
{
    if (!b->err)
        b->err = awh_graph_act(&b->graph, b->at, act, &b->at, &b->diag);
}

static inline void put_pools(struct net_builder *b)
{
    struct awh_pool pool = {
        .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .pad_h = 1, .pad_w = 1};
    if (!b->err)
        b->err = awh_graph_max_pool(&b->graph, b->at, pool, &b->at, &b->diag);
    if (!b->err)
        b->err = awh_graph_avg_pool(&b->graph, b->at, pool, &b->at, &b->diag);
    pool.count_include_pad = true;
    pool.kernel_w = 2, pool.stride_h = 2, pool.pad_w = 0;
    if (!b->err)
        b->err = awh_graph_avg_pool(&b->graph, b->at, pool, &b->at, &b->diag);
}

static inline void put_squeeze(struct net_builder *b, int32_t channels)
{
    int trunk = b->at;
    if (!b->err)
        b->err = awh_graph_gap(&b->graph, b->at, &b->at, &b->diag);
    put_conv(b, channels / 2, 1, 1, 1, 1, true);
    put_act(b, AW_ACT_RELU);
    put_conv(b, channels, 1, 1, 1, 1, true);
    put_act(b, AW_ACT_H_SIGMOID);
    if (!b->err)
        b->err = awh_graph_mul(&b->graph, trunk, b->at, &b->at, &b->diag);
}

/* What can be one step with its convolution (first and third), and what cannot: the convolution is
 * read twice. */
static inline void put_residuals(struct net_builder *b)
{
    static const enum aw_act acts[] = {AW_ACT_RELU, AW_ACT_NONE, AW_ACT_NONE, AW_ACT_RELU6};
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        int trunk = b->at;
        put_conv(b, 12, 3, 1, i == 3 ? 12 : 1, 1, true);
        int sum = b->at;
        if (!b->err)
            b->err = awh_graph_add(&b->graph, i % 2 ? trunk : b->at, i % 2 ? b->at : trunk, &b->at,
                                   &b->diag);
        put_act(b, acts[i]);
        if (!b->err && i == 1)
            b->err = awh_graph_add(&b->graph, b->at, sum, &b->at, &b->diag);
    }
}

/* Slice, pad, concat and zero, which do not move a value but by places. */
static inline void put_moves(struct net_builder *b)
{
    int other = 0;
    const struct awh_slice slice = {.offset_h = 1, .stride_h = 2, .stride_w = 1};
    const struct awh_pad pad = {.top = 1, .left = 2, .right = 1, .channels = 3};
    int trunk = b->at;
    if (!b->err)
        b->err = awh_graph_slice(&b->graph, b->at, slice, &b->at, &b->diag);
    if (!b->err)
        b->err = awh_graph_pad(&b->graph, b->at, pad, &b->at, &b->diag);
    if (!b->err) {
        const struct awh_graph_tensor *shape = &b->graph.tensors[b->at];
        b->err = awh_graph_zero(&b->graph, trunk, shape->h, shape->w, 2, &other, &b->diag);
    }
    if (!b->err)
        b->err = awh_graph_concat(&b->graph, b->at, other, &b->at, &b->diag);
}

static inline void put_all(struct net_builder *b)
{
    put_norm(b, true); /* before any convolution: stays one when folded */
    put_conv(b, 12, 3, 1, 1, 1, false);
    put_norm(b, true);
    put_act(b, AW_ACT_RELU6);
    int shortcut = b->at;
    put_conv(b, 12, 3, 1, 12, 1, false); /* depthwise */
    put_norm(b, false);
    put_act(b, AW_ACT_H_SWISH);
    put_conv(b, 12, 3, 1, 4, 2, true); /* groups and dilation */
    put_act(b, AW_ACT_RELU);
    put_squeeze(b, 12);
    if (!b->err)
        b->err = awh_graph_add(&b->graph, b->at, shortcut, &b->at, &b->diag);
    put_act(b, AW_ACT_HARDTANH);
    put_residuals(b);
    put_pools(b);
    put_conv(b, 36, 1, 1, 1, 1, true);
    put_squeeze(b, 36); /* more channels than a tile of the mean */
    put_oblong(b, 8);
    put_moves(b);
    put_act(b, AW_ACT_SIGMOID);
    put_conv(b, 12, 1, 1, 1, 1, false); /* nothing behind the sums */
    put_act(b, AW_ACT_TANH);
    put_act(b, AW_ACT_TANH); /* cannot be fused */
}

struct observed {
    struct awh_prepared *prepared;
    bool failed;
};

static inline void observe(void *context, size_t node, const float *values, size_t count)
{
    struct observed *observed = context;
    struct awh_prepared *p = observed->prepared;
    float *copy = awh_arena_array(&p->arena, count, sizeof(*copy));
    if (!copy) {
        observed->failed = true;
        return;
    }
    memcpy(copy, values, count * sizeof(*copy));
    p->outputs[p->graph.nodes[node].out] = copy;
}

static inline enum aw_err run_net_reference(struct awh_prepared *p, struct awh_diag *diag)
{
    const struct awh_graph *graph = &p->graph;
    size_t in = awh_float_count(graph, graph->input), out = awh_float_count(graph, graph->output);
    struct observed observed = {.prepared = p};
    const struct awh_float_observer observer = {.layer = observe, .context = &observed};
    p->input = awh_arena_array(&p->arena, in, sizeof(float));
    p->outputs = awh_arena_array(&p->arena, graph->tensor_count, sizeof(float *));
    float *output = awh_arena_array(&p->arena, out, sizeof(float));
    if (!p->input || !p->outputs || !output)
        return awh_fail_mem(diag);
    enum aw_err err = awh_float_input(5, in, p->input, diag);
    if (!err)
        err = awh_float_run(graph, &p->weights, p->input, &observer, output, diag);
    return !err && observed.failed ? awh_fail_mem(diag) : err;
}

/* The net as awh_prepare makes one, its outputs in the arena: release with testing_net_release.
 * `put` is put_all or another builder; the input is 9 x 11 x 8. */
static inline enum aw_err testing_net(void (*put)(struct net_builder *), enum awh_timing_mode mode,
                                      struct awh_prepared *out, struct awh_diag *diag)
{
    struct net_builder b = {.diag = {0}};
    struct awh_float_weights folded;
    *out = (struct awh_prepared){0};
    awh_arena_init(&out->arena);
    b.err = awh_graph_init(&b.graph, "t", 9, 11, 8, &b.diag);
    b.at = b.graph.input;
    put(&b);
    if (b.err)
        return awh_fail(diag, b.err, "%s", b.diag.text);
    b.graph.output = b.at;
    enum aw_err err = awh_float_weights_make(&out->arena, &b.graph, 3, &out->weights, diag);
    if (!err)
        err = awh_graph_copy(&b.graph, &out->graph, diag);
    if (!err && mode == AWH_TIMING_FUSED) {
        err = awh_fold(&out->graph, diag);
        if (!err)
            err = awh_float_weights_fold(&out->arena, &b.graph, &out->weights, &out->graph, &folded,
                                         diag);
        if (!err)
            out->weights = folded;
    }
    awh_graph_release(&b.graph);
    return err ? err : run_net_reference(out, diag);
}

static inline void testing_net_release(struct awh_prepared *prepared)
{
    awh_graph_release(&prepared->graph);
    awh_arena_release(&prepared->arena);
}

static inline struct awh_engine_load testing_load(const struct awh_prepared *prepared)
{
    return (struct awh_engine_load){
        .graph = &prepared->graph, .weights = &prepared->weights, .input = prepared->input};
}

#endif

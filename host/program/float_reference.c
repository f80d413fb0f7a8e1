#include "program/float_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aw/rng.h"
#include "program/calibrate.h"
#include "program/quantise.h"

struct run {
    const struct awh_graph *graph;
    float **values; /* a tensor: malloc'ed when written, freed after its last reader */
    size_t *last;   /* a tensor: the node that reads it last; node_count for the output */
    struct awh_diag *diag;
};

/* A node with its tensors. */
struct work {
    const struct awh_node *node;
    const struct awh_node_weights *weights;
    struct awh_graph_tensor x, y, z; /* in0, in1, out */
    const float *in0, *in1;
    float *out;
};

/* Rows or columns of a window that lie inside the input: [first, last) of kernel positions. */
struct window {
    int32_t start; /* of kernel position 0 in the input, negative in the padding */
    int32_t first, last;
};

static size_t tensor_size(const struct awh_graph_tensor *tensor)
{
    return (size_t)tensor->h * (size_t)tensor->w * (size_t)tensor->c;
}

size_t awh_float_count(const struct awh_graph *graph, int tensor)
{
    return tensor_size(&graph->tensors[tensor]);
}

enum aw_err awh_float_input(uint32_t seed, size_t count, float *values, struct awh_diag *diag)
{
    if (count > UINT32_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "an input of %zu values; expected less than 2^32",
                        count);
    int8_t *drawn = malloc(count + 1);
    if (!drawn)
        return awh_fail_mem(diag);
    aw_rng_input(seed, (uint32_t)count, drawn);
    for (size_t i = 0; i < count; i++)
        values[i] = ldexpf((float)drawn[i], -AWH_INPUT_POS);
    free(drawn);
    return AW_OK;
}

static size_t pixel_at(const struct awh_graph_tensor *tensor, int32_t h, int32_t w)
{
    return ((size_t)h * (size_t)tensor->w + (size_t)w) * (size_t)tensor->c;
}

static struct window window_at(int32_t out, int32_t stride, int32_t pad, int32_t kernel,
                               int32_t dilation, int32_t side)
{
    struct window window = {.start = out * stride - pad, .first = 0, .last = kernel};
    while (window.first < kernel && window.start + window.first * dilation < 0)
        window.first++;
    while (window.last > window.first && window.start + (window.last - 1) * dilation >= side)
        window.last--;
    return window;
}

/* -- Convolution ------------------------------------------------------------------------------ */

/* From [out_ch][in_ch / groups][kh][kw] to [kh][kw][in_ch / groups][out_ch]: the innermost loop
 * then goes over output channels in memory order. */
static float *pack_weights(const struct work *work)
{
    const struct awh_conv *conv = &work->node->conv;
    size_t out_ch = (size_t)conv->out_ch, in_ch = (size_t)(work->x.c / conv->groups);
    size_t taps = (size_t)conv->kernel_h * (size_t)conv->kernel_w;
    float *packed = malloc(out_ch * in_ch * taps * sizeof(*packed));
    if (!packed)
        return NULL;
    for (size_t o = 0; o < out_ch; o++)
        for (size_t i = 0; i < in_ch; i++)
            for (size_t t = 0; t < taps; t++)
                packed[(t * in_ch + i) * out_ch + o] =
                    work->weights->weights[(o * in_ch + i) * taps + t];
    return packed;
}

/* Adds one input pixel times one kernel position to all output channels. */
static void add_tap(const struct work *work, const float *pixel, const float *tap, double *sums)
{
    const struct awh_conv *conv = &work->node->conv;
    size_t groups = (size_t)conv->groups, out_ch = (size_t)conv->out_ch;
    size_t group_in = (size_t)work->x.c / groups, group_out = out_ch / groups;
    if (group_in == 1 && group_out == 1) {
        for (size_t c = 0; c < out_ch; c++)
            sums[c] += (double)pixel[c] * (double)tap[c];
        return;
    }
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < group_in; i++) {
            double value = pixel[g * group_in + i];
            const float *row = tap + i * out_ch + g * group_out;
            double *sum = sums + g * group_out;
            for (size_t o = 0; o < group_out; o++)
                sum[o] += value * (double)row[o];
        }
}

static void convolve_at(const struct work *work, const float *packed, int32_t h, int32_t w,
                        double *sums)
{
    const struct awh_conv *conv = &work->node->conv;
    size_t out_ch = (size_t)conv->out_ch;
    size_t tap_size = (size_t)(work->x.c / conv->groups) * out_ch;
    struct window rows =
        window_at(h, conv->stride_h, conv->pad_h, conv->kernel_h, conv->dilation, work->x.h);
    struct window columns =
        window_at(w, conv->stride_w, conv->pad_w, conv->kernel_w, conv->dilation, work->x.w);
    for (size_t o = 0; o < out_ch; o++)
        sums[o] = conv->bias ? (double)work->weights->bias[o] : 0.0;
    for (int32_t kh = rows.first; kh < rows.last; kh++)
        for (int32_t kw = columns.first; kw < columns.last; kw++)
            add_tap(work,
                    work->in0 + pixel_at(&work->x, rows.start + kh * conv->dilation,
                                         columns.start + kw * conv->dilation),
                    packed + (size_t)(kh * conv->kernel_w + kw) * tap_size, sums);
}

static enum aw_err run_conv(const struct run *run, const struct work *work)
{
    size_t out_ch = (size_t)work->z.c;
    float *packed = pack_weights(work);
    double *sums = malloc(out_ch * sizeof(*sums));
    enum aw_err err = AW_OK;
    if (packed && sums) {
        for (int32_t h = 0; h < work->z.h; h++)
            for (int32_t w = 0; w < work->z.w; w++) {
                float *out = work->out + pixel_at(&work->z, h, w);
                convolve_at(work, packed, h, w, sums);
                for (size_t o = 0; o < out_ch; o++)
                    out[o] = (float)sums[o];
            }
    } else {
        err = awh_fail_mem(run->diag);
    }
    free(packed);
    free(sums);
    return err;
}

/* -- The other ops ---------------------------------------------------------------------------- */

static void run_batch_norm(const struct work *work)
{
    const struct awh_node_weights *weights = work->weights;
    size_t channels = (size_t)work->x.c, count = tensor_size(&work->x);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % channels;
        double scale = 1.0 / sqrt((double)weights->variance[c] + (double)AWH_BATCH_NORM_EPS);
        double value = ((double)work->in0[i] - (double)weights->mean[c]) * scale;
        if (work->node->affine)
            value = value * (double)weights->gamma[c] + (double)weights->beta[c];
        work->out[i] = (float)value;
    }
}

static void run_gap(const struct work *work)
{
    size_t channels = (size_t)work->x.c, pixels = tensor_size(&work->x) / channels;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0.0;
        for (size_t p = 0; p < pixels; p++)
            sum += (double)work->in0[p * channels + c];
        work->out[c] = (float)(sum / (double)pixels);
    }
}

static float max_of(const struct work *work, struct window rows, struct window columns, size_t c)
{
    float max = -INFINITY;
    for (int32_t kh = rows.first; kh < rows.last; kh++)
        for (int32_t kw = columns.first; kw < columns.last; kw++)
            max =
                fmaxf(max, work->in0[pixel_at(&work->x, rows.start + kh, columns.start + kw) + c]);
    return max;
}

static float mean_of(const struct work *work, struct window rows, struct window columns, size_t c)
{
    const struct awh_pool *pool = &work->node->pool;
    double sum = 0.0;
    for (int32_t kh = rows.first; kh < rows.last; kh++)
        for (int32_t kw = columns.first; kw < columns.last; kw++)
            sum += (double)work->in0[pixel_at(&work->x, rows.start + kh, columns.start + kw) + c];
    int32_t count = pool->count_include_pad
                        ? pool->kernel_h * pool->kernel_w
                        : (rows.last - rows.first) * (columns.last - columns.first);
    return (float)(sum / count);
}

static void run_pool(const struct work *work)
{
    const struct awh_pool *pool = &work->node->pool;
    bool max = work->node->op == AWH_NODE_MAX_POOL;
    for (int32_t h = 0; h < work->z.h; h++)
        for (int32_t w = 0; w < work->z.w; w++) {
            struct window rows =
                window_at(h, pool->stride_h, pool->pad_h, pool->kernel_h, 1, work->x.h);
            struct window columns =
                window_at(w, pool->stride_w, pool->pad_w, pool->kernel_w, 1, work->x.w);
            float *out = work->out + pixel_at(&work->z, h, w);
            for (size_t c = 0; c < (size_t)work->z.c; c++)
                out[c] = max ? max_of(work, rows, columns, c) : mean_of(work, rows, columns, c);
        }
}

static void run_binary(const struct work *work)
{
    bool add = work->node->op == AWH_NODE_ADD;
    size_t count = tensor_size(&work->z), other = tensor_size(&work->y);
    for (size_t i = 0; i < count; i++)
        work->out[i] = add ? work->in0[i] + work->in1[i] : work->in0[i] * work->in1[i % other];
}

static void run_concat(const struct work *work)
{
    size_t a = (size_t)work->x.c, b = (size_t)work->y.c;
    size_t pixels = tensor_size(&work->z) / (a + b);
    for (size_t p = 0; p < pixels; p++) {
        memcpy(work->out + p * (a + b), work->in0 + p * a, a * sizeof(float));
        memcpy(work->out + p * (a + b) + a, work->in1 + p * b, b * sizeof(float));
    }
}

static void run_pad(const struct work *work)
{
    const struct awh_pad *pad = &work->node->pad;
    memset(work->out, 0, tensor_size(&work->z) * sizeof(float));
    for (int32_t h = 0; h < work->x.h; h++)
        for (int32_t w = 0; w < work->x.w; w++)
            memcpy(work->out + pixel_at(&work->z, h + pad->top, w + pad->left),
                   work->in0 + pixel_at(&work->x, h, w), (size_t)work->x.c * sizeof(float));
}

static void run_slice(const struct work *work)
{
    const struct awh_slice *slice = &work->node->slice;
    for (int32_t h = 0; h < work->z.h; h++)
        for (int32_t w = 0; w < work->z.w; w++)
            memcpy(work->out + pixel_at(&work->z, h, w),
                   work->in0 + pixel_at(&work->x, slice->offset_h + h * slice->stride_h,
                                        slice->offset_w + w * slice->stride_w),
                   (size_t)work->z.c * sizeof(float));
}

static enum aw_err run_op(const struct run *run, const struct work *work)
{
    switch (work->node->op) {
    case AWH_NODE_CONV:
        return run_conv(run, work);
    case AWH_NODE_BATCH_NORM:
        run_batch_norm(work);
        return AW_OK;
    case AWH_NODE_ACT:
        memcpy(work->out, work->in0, tensor_size(&work->z) * sizeof(float));
        return AW_OK;
    case AWH_NODE_GAP:
        run_gap(work);
        return AW_OK;
    case AWH_NODE_ADD:
    case AWH_NODE_MUL:
        run_binary(work);
        return AW_OK;
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        run_pool(work);
        return AW_OK;
    case AWH_NODE_CONCAT:
        run_concat(work);
        return AW_OK;
    case AWH_NODE_PAD:
        run_pad(work);
        return AW_OK;
    case AWH_NODE_SLICE:
        run_slice(work);
        return AW_OK;
    case AWH_NODE_ZERO:
        memset(work->out, 0, tensor_size(&work->z) * sizeof(float));
        return AW_OK;
    }
    return awh_fail(run->diag, AW_ERR_INTERNAL, "net %s: layer %s: no such op", run->graph->net,
                    work->node->name);
}

/* -- The graph -------------------------------------------------------------------------------- */

static enum aw_err check_weights(const struct run *run, const struct awh_node *node,
                                 const struct awh_node_weights *weights)
{
    bool ok = true;
    if (node->op == AWH_NODE_CONV) {
        size_t in_ch = (size_t)(run->graph->tensors[node->in0].c / node->conv.groups);
        size_t taps = (size_t)node->conv.kernel_h * (size_t)node->conv.kernel_w;
        ok = weights->weights &&
             weights->weight_count == (size_t)node->conv.out_ch * in_ch * taps &&
             (!node->conv.bias || weights->bias);
    } else if (node->op == AWH_NODE_BATCH_NORM) {
        ok = weights->mean && weights->variance &&
             (!node->affine || (weights->gamma && weights->beta));
    }
    if (ok)
        return AW_OK;
    return awh_fail(run->diag, AW_ERR_ARG, "net %s: layer %s has no parameters that fit it",
                    run->graph->net, node->name);
}

static void release_read(const struct run *run, int tensor, size_t node)
{
    if (tensor < 0 || run->last[tensor] != node)
        return;
    free(run->values[tensor]);
    run->values[tensor] = NULL;
}

static enum aw_err run_node(const struct run *run, const struct awh_float_weights *weights,
                            size_t index, const struct awh_float_observer *observer)
{
    const struct awh_graph *graph = run->graph;
    const struct awh_node *node = &graph->nodes[index];
    struct work work = {
        .node = node,
        .weights = &weights->nodes[index],
        .x = graph->tensors[node->in0],
        .z = graph->tensors[node->out],
        .in0 = run->values[node->in0],
    };
    if (node->in1 >= 0) {
        work.y = graph->tensors[node->in1];
        work.in1 = run->values[node->in1];
    }
    enum aw_err err = check_weights(run, node, work.weights);
    if (err)
        return err;
    size_t count = tensor_size(&work.z);
    work.out = run->values[node->out] = malloc(count * sizeof(float));
    if (!work.out)
        return awh_fail_mem(run->diag);
    err = run_op(run, &work);
    if (err)
        return err;
    if (node->act != AW_ACT_NONE)
        for (size_t i = 0; i < count; i++)
            work.out[i] = (float)awh_act_value((uint8_t)node->act, (double)work.out[i]);
    if (observer)
        observer->layer(observer->context, index, work.out, count);
    release_read(run, node->in0, index);
    release_read(run, node->in1, index);
    release_read(run, node->out, index); /* nobody reads it */
    return AW_OK;
}

static void find_last_readers(const struct run *run)
{
    const struct awh_graph *graph = run->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        run->last[node->out] = i;
        run->last[node->in0] = i;
        if (node->in1 >= 0)
            run->last[node->in1] = i;
    }
    run->last[graph->output] = graph->node_count;
}

static enum aw_err run_graph(const struct run *run, const struct awh_float_weights *weights,
                             const float *input, const struct awh_float_observer *observer,
                             float *output)
{
    const struct awh_graph *graph = run->graph;
    size_t input_bytes = awh_float_count(graph, graph->input) * sizeof(float);
    float *copy = run->values[graph->input] = malloc(input_bytes);
    if (!copy)
        return awh_fail_mem(run->diag);
    memcpy(copy, input, input_bytes);
    find_last_readers(run);
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < graph->node_count && !err; i++)
        err = run_node(run, weights, i, observer);
    if (!err)
        memcpy(output, run->values[graph->output],
               awh_float_count(graph, graph->output) * sizeof(float));
    return err;
}

enum aw_err awh_float_run(const struct awh_graph *graph, const struct awh_float_weights *weights,
                          const float *input, const struct awh_float_observer *observer,
                          float *output, struct awh_diag *diag)
{
    struct run run = {
        .graph = graph,
        .values = calloc(graph->tensor_count, sizeof(*run.values)),
        .last = calloc(graph->tensor_count, sizeof(*run.last)),
        .diag = diag,
    };
    enum aw_err err;
    if (weights->node_count != graph->node_count)
        err = awh_fail(diag, AW_ERR_ARG, "net %s: parameters of %zu layers for %zu", graph->net,
                       weights->node_count, graph->node_count);
    else if (!run.values || !run.last)
        err = awh_fail_mem(diag);
    else
        err = run_graph(&run, weights, input, observer, output);
    for (size_t t = 0; run.values && t < graph->tensor_count; t++)
        free(run.values[t]);
    free(run.values);
    free(run.last);
    return err;
}

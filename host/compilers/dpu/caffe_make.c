/* From the layer graph to Caffe's layers. */
#include <stdio.h>
#include <string.h>

#include "compilers/dpu/caffe.h"

/* h_swish is six layers; nothing takes more. */
#define LAYERS_PER_NODE 6
#define KINDS_MAX       24

struct build {
    struct awh_arena *arena;
    const struct awh_graph *graph;
    struct awh_caffe_net *net;
    struct awh_diag *diag;
    enum aw_err err; /* the first one; what is added after it is not looked at */
    bool relu6_as_relu;
    int node;
    struct {
        const char *name;
        unsigned count;
    } kinds[KINDS_MAX];
};

static unsigned next_of_kind(struct build *build, const char *kind)
{
    unsigned k = 0;
    while (build->kinds[k].name && strcmp(build->kinds[k].name, kind) != 0)
        k++;
    build->kinds[k].name = kind;
    return ++build->kinds[k].count;
}

/* A layer that writes a new blob of the shape of `in`; its type's attributes are the caller's. */
static struct awh_caffe_layer *add(struct build *build, const char *kind, enum awh_caffe_type type,
                                   int in)
{
    struct awh_caffe_net *net = build->net;
    unsigned n = next_of_kind(build, kind);
    struct awh_caffe_layer *layer = &net->layers[net->layer_count++];
    *layer = (struct awh_caffe_layer){
        .type = type, .bottoms = {in, -1}, .top = (int)net->blob_count, .node = build->node};
    struct awh_caffe_blob *blob = &net->blobs[net->blob_count++];
    *blob = net->blobs[in];
    snprintf(layer->name, sizeof layer->name, "%s_%s_%u", net->name, kind, n);
    snprintf(blob->name, sizeof blob->name, "%s_blob%u", kind, n);
    return layer;
}

static void set_shape(struct build *build, const struct awh_caffe_layer *layer, int32_t c,
                      int32_t h, int32_t w)
{
    struct awh_caffe_blob *blob = &build->net->blobs[layer->top];
    blob->c = c;
    blob->h = h;
    blob->w = w;
}

static void add_array(struct awh_caffe_layer *layer, float *data, const int64_t *shape,
                      unsigned dims)
{
    struct awh_caffe_array *array = &layer->arrays[layer->array_count++];
    *array = (struct awh_caffe_array){.dims = dims, .data = data, .count = 1};
    for (unsigned i = 0; i < dims; i++) {
        array->shape[i] = shape[i];
        array->count *= (size_t)shape[i];
    }
}

static void add_vector(struct awh_caffe_layer *layer, float *data, int64_t count)
{
    add_array(layer, data, &count, 1);
}

static float *floats(struct build *build, size_t count)
{
    float *data = awh_arena_array(build->arena, count, sizeof *data);
    if (!data && !build->err)
        build->err = awh_fail_mem(build->diag);
    return data;
}

static int power(struct build *build, int in, float scale, float shift)
{
    struct awh_caffe_layer *layer = add(build, "power", AWH_CAFFE_POWER, in);
    layer->scale = scale;
    layer->shift = shift;
    return layer->top;
}

static int plain(struct build *build, const char *kind, enum awh_caffe_type type, int in)
{
    return add(build, kind, type, in)->top;
}

static int relu(struct build *build, int in)
{
    return plain(build, "relu", AWH_CAFFE_RELU, in);
}

/* min(max(scale * x + shift, 0), high) out of what every Caffe has: high - relu(high - relu(.)). */
static int clamped(struct build *build, int in, float scale, float shift, float high)
{
    if (scale != 1.0f || shift != 0.0f)
        in = power(build, in, scale, shift);
    if (high == 6.0f && build->net->dialect == AWH_CAFFE_XILINX)
        return plain(build, "relu", AWH_CAFFE_RELU6, in);
    in = relu(build, in);
    in = relu(build, power(build, in, -1, high));
    return power(build, in, -1, high);
}

static int eltwise(struct build *build, const char *kind, int a, int b, bool product)
{
    struct awh_caffe_layer *layer = add(build, kind, AWH_CAFFE_ELTWISE, a);
    layer->bottoms[1] = b;
    layer->product = product;
    return layer->top;
}

/* Xilinx's ReLU6 saves layers; the others have the sixth inside, which saves one. */
static int h_sigmoid(struct build *build, int in)
{
    if (build->net->dialect == AWH_CAFFE_XILINX)
        return power(build, clamped(build, in, 1, 3, 6), 1.0f / 6, 0);
    return clamped(build, in, 1.0f / 6, 0.5f, 1);
}

/* In [-1, 1]: 1 - relu(2 - relu(x + 1)). */
static int hardtanh(struct build *build, int in)
{
    in = relu(build, power(build, in, 1, 1));
    in = relu(build, power(build, in, -1, 2));
    return power(build, in, -1, 1);
}

static int activation(struct build *build, int in, enum aw_act act)
{
    switch (act) {
    case AW_ACT_RELU:
        return relu(build, in);
    case AW_ACT_RELU6:
        return build->relu6_as_relu ? relu(build, in) : clamped(build, in, 1, 0, 6);
    case AW_ACT_H_SWISH:
        return eltwise(build, "mul", in, h_sigmoid(build, in), true);
    case AW_ACT_H_SIGMOID:
        return h_sigmoid(build, in);
    case AW_ACT_SIGMOID:
        return plain(build, "sigmoid", AWH_CAFFE_SIGMOID, in);
    case AW_ACT_TANH:
        return plain(build, "tanh", AWH_CAFFE_TANH, in);
    case AW_ACT_HARDTANH:
        return hardtanh(build, in);
    case AW_ACT_NONE:
    case AW_ACT_COUNT:
        break;
    }
    return in;
}

static int32_t conv_side(int32_t in, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation)
{
    return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

/* A convolution of the kind's name with these weights. */
static struct awh_caffe_layer *convolution(struct build *build, const char *kind, int in,
                                           struct awh_conv conv, float *weights, float *bias)
{
    struct awh_caffe_layer *layer = add(build, kind, AWH_CAFFE_CONVOLUTION, in);
    struct awh_caffe_blob x = build->net->blobs[in];
    layer->conv = conv;
    add_array(layer, weights,
              (const int64_t[]){conv.out_ch, x.c / conv.groups, conv.kernel_h, conv.kernel_w}, 4);
    if (conv.bias)
        add_vector(layer, bias, conv.out_ch);
    set_shape(build, layer, conv.out_ch,
              conv_side(x.h, conv.kernel_h, conv.stride_h, conv.pad_h, conv.dilation),
              conv_side(x.w, conv.kernel_w, conv.stride_w, conv.pad_w, conv.dilation));
    return layer;
}

/* Moves pixels, channel by channel: a depthwise convolution whose only weight that is not 0 is the
 * 1 at (tap_h, tap_w). `conv` has kernel, stride and padding. */
static int move(struct build *build, const char *kind, int in, struct awh_conv conv, int32_t tap_h,
                int32_t tap_w)
{
    int32_t channels = build->net->blobs[in].c;
    size_t window = (size_t)(conv.kernel_h * conv.kernel_w);
    float *weights = floats(build, window * (size_t)channels);
    for (size_t c = 0; weights && c < (size_t)channels; c++)
        weights[c * window + (size_t)(tap_h * conv.kernel_w + tap_w)] = 1;
    conv.out_ch = conv.groups = channels;
    conv.dilation = 1;
    return convolution(build, kind, in, conv, weights, NULL)->top;
}

/* Zeros of `channels`, from a 1x1 convolution; `conv` says which pixels. */
static int zeros(struct build *build, const char *kind, int in, struct awh_conv conv,
                 int32_t channels)
{
    conv.groups = conv.dilation = 1;
    conv.out_ch = channels;
    size_t window = (size_t)(conv.kernel_h * conv.kernel_w);
    size_t count = window * (size_t)channels * (size_t)build->net->blobs[in].c;
    return convolution(build, kind, in, conv, floats(build, count), NULL)->top;
}

static int conv_node(struct build *build, const struct awh_node *node,
                     const struct awh_node_weights *weights, int in)
{
    if ((node->conv.bias && !weights->bias) || !weights->weights)
        build->err = awh_fail(build->diag, AW_ERR_ARG, "layer %s has no weights", node->name);
    return convolution(build, "conv", in, node->conv, weights->weights, weights->bias)->top;
}

static int norm_node(struct build *build, const struct awh_node *node,
                     const struct awh_node_weights *weights, int in)
{
    int64_t channels = build->net->blobs[in].c;
    struct awh_caffe_layer *norm = add(build, "batch_norm", AWH_CAFFE_BATCH_NORM, in);
    add_vector(norm, weights->mean, channels);
    add_vector(norm, weights->variance, channels);
    float *factor = floats(build, 1);
    if (factor)
        *factor = 1;
    add_vector(norm, factor, 1);
    int top = norm->top;
    if (!node->affine)
        return top;
    /* In place, and so without a blob of its own. */
    struct awh_caffe_layer *scale = add(build, "bn_scale", AWH_CAFFE_SCALE, top);
    build->net->blob_count--;
    scale->top = top;
    scale->axis = 1;
    scale->num_axes = 1;
    add_vector(scale, weights->gamma, channels);
    add_vector(scale, weights->beta, channels);
    return top;
}

static int gap_node(struct build *build, int in)
{
    struct awh_caffe_layer *layer = add(build, "ave_pool", AWH_CAFFE_POOLING, in);
    layer->pool_global = true;
    set_shape(build, layer, build->net->blobs[in].c, 1, 1);
    return layer->top;
}

/* A gate [1, c, 1, 1] becomes [1, c], which Scale spreads over the pixels. */
static int mul_node(struct build *build, int in, int gate)
{
    struct awh_caffe_layer *view = add(build, "view", AWH_CAFFE_RESHAPE, gate);
    build->net->blobs[view->top].flat = true;
    gate = view->top;
    struct awh_caffe_layer *scale = add(build, "mul", AWH_CAFFE_SCALE, in);
    scale->bottoms[1] = gate;
    scale->axis = 0;
    scale->num_axes = 2;
    return scale->top;
}

static enum aw_err refuse(struct build *build, const char *why)
{
    return awh_fail(build->diag, AW_ERR_UNSUPPORTED, "layer %s cannot be expressed in Caffe: %s",
                    build->graph->nodes[build->node].name, why);
}

/* A side of Caffe's pooling: rounded up; but where either side is padded, no window may start
 * beyond the input and the padding before it. */
static int32_t pool_side(int32_t in, int32_t kernel, int32_t stride, int32_t pad, bool padded)
{
    int32_t side = (in + 2 * pad - kernel + stride - 1) / stride + 1;
    return padded && (side - 1) * stride >= in + pad ? side - 1 : side;
}

/* Numbers that turn means over whole windows into means over what is in the input. */
static int only_inside(struct build *build, const struct awh_pool *pool,
                       const struct awh_graph_tensor *in, int at)
{
    struct awh_caffe_layer *layer = add(build, "scale", AWH_CAFFE_SCALE, at);
    struct awh_caffe_blob y = build->net->blobs[at];
    float *factors = floats(build, (size_t)(y.h * y.w));
    for (int32_t i = 0; factors && i < y.h * y.w; i++) {
        int32_t top = i / y.w * pool->stride_h - pool->pad_h, bottom = top + pool->kernel_h;
        int32_t left = i % y.w * pool->stride_w - pool->pad_w, right = left + pool->kernel_w;
        int32_t high = (bottom < in->h ? bottom : in->h) - (top > 0 ? top : 0);
        int32_t wide = (right < in->w ? right : in->w) - (left > 0 ? left : 0);
        factors[i] = (float)(pool->kernel_h * pool->kernel_w) / (float)(high * wide);
    }
    layer->axis = 2;
    layer->num_axes = 2;
    add_array(layer, factors, (const int64_t[]){y.h, y.w}, 2);
    return layer->top;
}

/* The upper left h x w pixels. */
static int crop(struct build *build, int in, int32_t h, int32_t w)
{
    const struct awh_caffe_blob *x = &build->net->blobs[in];
    if (x->h == h && x->w == w)
        return in;
    struct awh_conv conv = {
        .kernel_h = x->h - h + 1, .kernel_w = x->w - w + 1, .stride_h = 1, .stride_w = 1};
    return move(build, "crop", in, conv, 0, 0);
}

/* Caffe rounds the number of windows up, ours is rounded down. Pixels that no window of ours
 * reaches go before the pooling; where there is padding, the windows too many go after it. */
static int pool_node(struct build *build, const struct awh_node *node, int in)
{
    const struct awh_pool *pool = &node->pool;
    const struct awh_graph_tensor *x = &build->graph->tensors[node->in0];
    const struct awh_graph_tensor *y = &build->graph->tensors[node->out];
    bool max = node->op == AWH_NODE_MAX_POOL, padded = pool->pad_h > 0 || pool->pad_w > 0;
    if (!padded)
        in = crop(build, in, (y->h - 1) * pool->stride_h + pool->kernel_h,
                  (y->w - 1) * pool->stride_w + pool->kernel_w);
    struct awh_caffe_layer *layer =
        add(build, max ? "max_pool" : "ave_pool", AWH_CAFFE_POOLING, in);
    struct awh_caffe_blob from = build->net->blobs[in];
    layer->pool_max = max;
    layer->conv = (struct awh_conv){.kernel_h = pool->kernel_h,
                                    .kernel_w = pool->kernel_w,
                                    .stride_h = pool->stride_h,
                                    .stride_w = pool->stride_w,
                                    .pad_h = pool->pad_h,
                                    .pad_w = pool->pad_w};
    set_shape(build, layer, x->c,
              pool_side(from.h, pool->kernel_h, pool->stride_h, pool->pad_h, padded),
              pool_side(from.w, pool->kernel_w, pool->stride_w, pool->pad_w, padded));
    int at = crop(build, layer->top, y->h, y->w);
    if (!max && !pool->count_include_pad && padded)
        at = only_inside(build, pool, x, at);
    return at;
}

static int concat(struct build *build, const char *kind, int a, int b)
{
    struct awh_caffe_layer *layer = add(build, kind, AWH_CAFFE_CONCAT, a);
    layer->bottoms[1] = b;
    build->net->blobs[layer->top].c += build->net->blobs[b].c;
    return layer->top;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int pad_node(struct build *build, const struct awh_pad *pad, int at)
{
    struct awh_conv conv = {.stride_h = 1, .stride_w = 1};
    conv.pad_h = larger(pad->top, pad->bottom);
    conv.pad_w = larger(pad->left, pad->right);
    /* Caffe pads both sides alike: a wider kernel takes away what is too much. */
    conv.kernel_h = 2 * conv.pad_h - pad->top - pad->bottom + 1;
    conv.kernel_w = 2 * conv.pad_w - pad->left - pad->right + 1;
    if (conv.pad_h > 0 || conv.pad_w > 0)
        at = move(build, "pad", at, conv, conv.pad_h - pad->top, conv.pad_w - pad->left);
    if (pad->channels > 0) {
        struct awh_conv each = {.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1};
        at = concat(build, "cat", at, zeros(build, "pad", at, each, pad->channels));
    }
    return at;
}

static int slice_node(struct build *build, const struct awh_slice *slice, int in)
{
    struct awh_conv conv = {.kernel_h = slice->offset_h + 1,
                            .kernel_w = slice->offset_w + 1,
                            .stride_h = slice->stride_h,
                            .stride_w = slice->stride_w};
    return move(build, "slice", in, conv, slice->offset_h, slice->offset_w);
}

/* Kernel and stride that take `in` pixels to `out`; false when there are more of them. */
static bool reach(int32_t in, int32_t out, int32_t *kernel, int32_t *stride)
{
    if (out > in)
        return false;
    *stride = in / out;
    *kernel = in - (out - 1) * *stride;
    return true;
}

static int zero_node(struct build *build, const struct awh_node *node, int in)
{
    const struct awh_graph_tensor *y = &build->graph->tensors[node->out];
    struct awh_caffe_blob x = build->net->blobs[in];
    struct awh_conv conv = {.pad_h = 0, .pad_w = 0};
    if (x.c == y->c && x.h == y->h && x.w == y->w) {
        struct awh_caffe_layer *layer = add(build, "zero", AWH_CAFFE_POWER, in);
        return layer->top;
    }
    if (!reach(x.h, y->h, &conv.kernel_h, &conv.stride_h) ||
        !reach(x.w, y->w, &conv.kernel_w, &conv.stride_w)) {
        build->err = refuse(build, "zeros of more pixels than there are before it");
        return in;
    }
    return zeros(build, "zero", in, conv, y->c);
}

static int make_node(struct build *build, const struct awh_node *node,
                     const struct awh_node_weights *weights, const int *blobs)
{
    int in0 = blobs[node->in0], in1 = node->in1 < 0 ? -1 : blobs[node->in1];
    switch (node->op) {
    case AWH_NODE_CONV:
        return conv_node(build, node, weights, in0);
    case AWH_NODE_BATCH_NORM:
        return norm_node(build, node, weights, in0);
    case AWH_NODE_ACT:
        return activation(build, in0, node->act);
    case AWH_NODE_GAP:
        return gap_node(build, in0);
    case AWH_NODE_ADD:
        return eltwise(build, "add", in0, in1, false);
    case AWH_NODE_MUL:
        return mul_node(build, in0, in1);
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        return pool_node(build, node, in0);
    case AWH_NODE_CONCAT:
        return concat(build, "cat", in0, in1);
    case AWH_NODE_PAD:
        return pad_node(build, &node->pad, in0);
    case AWH_NODE_SLICE:
        return slice_node(build, &node->slice, in0);
    case AWH_NODE_ZERO:
        return zero_node(build, node, in0);
    }
    return in0;
}

/* The reference names the layer as its blob. */
static void make_input(struct build *build)
{
    const struct awh_graph_tensor *x = &build->graph->tensors[build->graph->input];
    struct awh_caffe_net *net = build->net;
    net->layers[net->layer_count++] = (struct awh_caffe_layer){
        .name = "blob1", .type = AWH_CAFFE_INPUT, .bottoms = {-1, -1}, .node = -1};
    net->blobs[net->blob_count++] =
        (struct awh_caffe_blob){.name = "blob1", .c = x->c, .h = x->h, .w = x->w};
}

enum aw_err awh_caffe_make(struct awh_arena *arena, const struct awh_graph *graph,
                           const struct awh_float_weights *weights, enum awh_caffe_dialect dialect,
                           bool relu6_as_relu, struct awh_caffe_net *net_out, struct awh_diag *diag)
{
    struct awh_caffe_net net = {.dialect = dialect, .name = awh_arena_strdup(arena, graph->net)};
    size_t room = graph->node_count * LAYERS_PER_NODE + 1;
    int *blobs = awh_arena_array(arena, graph->tensor_count, sizeof *blobs);
    net.layers = awh_arena_array(arena, room, sizeof *net.layers);
    net.blobs = awh_arena_array(arena, room, sizeof *net.blobs);
    if (!net.name || !blobs || !net.layers || !net.blobs)
        return awh_fail_mem(diag);
    struct build build = {
        .arena = arena, .graph = graph, .net = &net, .diag = diag, .relu6_as_relu = relu6_as_relu};
    make_input(&build);
    for (size_t i = 0; i < graph->node_count && !build.err; i++) {
        const struct awh_node *node = &graph->nodes[i];
        build.node = (int)i;
        blobs[node->out] = make_node(&build, node, &weights->nodes[i], blobs);
    }
    if (build.err)
        return build.err;
    net.output = blobs[graph->output];
    if (net.output == net.input)
        return awh_fail(diag, AW_ERR_UNSUPPORTED, "net %s has no layers: nothing to export",
                        graph->net);
    *net_out = net;
    return AW_OK;
}

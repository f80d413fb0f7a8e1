#include "net/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SIDE_MAX 65535 /* program tensors have 16-bit sides */

static const char *const act_names[AW_ACT_COUNT] = {
    [AW_ACT_NONE] = "none",       [AW_ACT_RELU] = "relu",           [AW_ACT_RELU6] = "relu6",
    [AW_ACT_H_SWISH] = "h_swish", [AW_ACT_H_SIGMOID] = "h_sigmoid", [AW_ACT_SIGMOID] = "sigmoid",
    [AW_ACT_TANH] = "tanh",       [AW_ACT_HARDTANH] = "hardtanh",
};

bool awh_act_parse(const char *name, enum aw_act *act_out)
{
    if (!strcmp(name, "identity")) {
        *act_out = AW_ACT_NONE;
        return true;
    }
    for (enum aw_act act = AW_ACT_RELU; act < AW_ACT_COUNT; act++)
        if (act != AW_ACT_HARDTANH && !strcmp(name, act_names[act])) {
            *act_out = act;
            return true;
        }
    return false;
}

const char *awh_act_name(enum aw_act act)
{
    return (unsigned)act < AW_ACT_COUNT ? act_names[act] : "unknown";
}

static const char *kind_name(enum awh_node_op op, enum aw_act act)
{
    switch (op) {
    case AWH_NODE_CONV:
        return "conv";
    case AWH_NODE_BATCH_NORM:
        return "batch_norm";
    case AWH_NODE_ACT:
        return awh_act_name(act);
    case AWH_NODE_GAP:
        return "ave_pool";
    case AWH_NODE_ADD:
        return "add";
    case AWH_NODE_MUL:
        return "mul";
    case AWH_NODE_MAX_POOL:
        return "max_pool";
    case AWH_NODE_AVG_POOL:
        return "ave_pool";
    case AWH_NODE_CONCAT:
        return "cat";
    case AWH_NODE_PAD:
        return "pad";
    case AWH_NODE_SLICE:
        return "slice";
    case AWH_NODE_ZERO:
        return "zero";
    }
    return "layer";
}

/* Ops whose layers have the same kind count together, so that names are unique. */
static unsigned kind_of(enum awh_node_op op, enum aw_act act)
{
    if (op == AWH_NODE_ACT)
        return (unsigned)act;
    return AW_ACT_COUNT + (unsigned)(op == AWH_NODE_AVG_POOL ? AWH_NODE_GAP : op);
}

static bool side_ok(int64_t side)
{
    return side >= 1 && side <= SIDE_MAX;
}

enum aw_err awh_graph_init(struct awh_graph *graph, const char *net, int32_t h, int32_t w,
                           int32_t c, struct awh_diag *diag)
{
    *graph = (struct awh_graph){.input = 0, .output = 0};
    if (strlen(net) >= sizeof graph->net)
        return awh_fail(diag, AW_ERR_RANGE, "net name '%.60s': at most %zu characters", net,
                        sizeof graph->net - 1);
    if (!side_ok(h) || !side_ok(w) || !side_ok(c))
        return awh_fail(diag, AW_ERR_RANGE, "net %s: input of %dx%dx%d; each side is 1 to %d", net,
                        (int)h, (int)w, (int)c, SIDE_MAX);
    graph->tensors = awh_grow(NULL, &graph->tensor_capacity, 1, sizeof *graph->tensors);
    if (!graph->tensors)
        return awh_fail_mem(diag);
    strcpy(graph->net, net);
    graph->tensors[graph->tensor_count++] =
        (struct awh_graph_tensor){.h = h, .w = w, .c = c, .producer = -1};
    return AW_OK;
}

void awh_graph_release(struct awh_graph *graph)
{
    free(graph->nodes);
    free(graph->tensors);
    *graph = (struct awh_graph){.input = 0, .output = 0};
}

enum aw_err awh_graph_copy(const struct awh_graph *graph, struct awh_graph *copy_out,
                           struct awh_diag *diag)
{
    struct awh_graph copy = *graph;
    /* One more: a graph may have no nodes. */
    copy.nodes = calloc(graph->node_count + 1, sizeof *copy.nodes);
    copy.tensors = calloc(graph->tensor_count, sizeof *copy.tensors);
    copy.node_capacity = graph->node_count + 1;
    copy.tensor_capacity = graph->tensor_count;
    if (!copy.nodes || !copy.tensors) {
        free(copy.nodes);
        free(copy.tensors);
        return awh_fail_mem(diag);
    }
    if (graph->node_count)
        memcpy(copy.nodes, graph->nodes, graph->node_count * sizeof *copy.nodes);
    memcpy(copy.tensors, graph->tensors, graph->tensor_count * sizeof *copy.tensors);
    *copy_out = copy;
    return AW_OK;
}

static bool reserve(struct awh_graph *graph)
{
    void *nodes =
        awh_grow(graph->nodes, &graph->node_capacity, graph->node_count + 1, sizeof *graph->nodes);
    if (!nodes)
        return false;
    graph->nodes = nodes;
    void *tensors = awh_grow(graph->tensors, &graph->tensor_capacity, graph->tensor_count + 1,
                             sizeof *graph->tensors);
    if (!tensors)
        return false;
    graph->tensors = tensors;
    return true;
}

/* Appends `node`, whose shape has been checked. */
static enum aw_err append(struct awh_graph *graph, struct awh_node node,
                          struct awh_graph_tensor shape, int *out, struct awh_diag *diag)
{
    if (graph->node_count >= INT32_MAX / 2 || !reserve(graph))
        return awh_fail_mem(diag);
    snprintf(node.name, sizeof node.name, "%s_%s_%u", graph->net, kind_name(node.op, node.act),
             ++graph->kind_counts[kind_of(node.op, node.act)]);
    node.prim = graph->prim;
    node.out = (int)graph->tensor_count;
    shape.producer = (int)graph->node_count;
    graph->nodes[graph->node_count++] = node;
    graph->tensors[graph->tensor_count++] = shape;
    graph->output = node.out;
    *out = node.out;
    return AW_OK;
}

static const char *next_name(const struct awh_graph *graph, enum awh_node_op op, enum aw_act act,
                             char text[64])
{
    snprintf(text, 64, "%s_%s_%u", graph->net, kind_name(op, act),
             graph->kind_counts[kind_of(op, act)] + 1);
    return text;
}

static bool is_tensor(const struct awh_graph *graph, int tensor)
{
    return tensor >= 0 && (size_t)tensor < graph->tensor_count;
}

static enum aw_err no_tensor(const struct awh_graph *graph, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_INTERNAL, "net %s: a layer reads a tensor that does not exist",
                    graph->net);
}

static int64_t conv_side(int64_t in, int64_t kernel, int64_t pad, int64_t stride, int64_t dilation)
{
    int64_t room = in + 2 * pad - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

static bool within(int32_t value, int32_t min, int32_t max)
{
    return value >= min && value <= max;
}

static const char *conv_attributes_fault(const struct awh_conv *conv, int32_t in_ch)
{
    if (!within(conv->kernel_h, 1, 255) || !within(conv->kernel_w, 1, 255))
        return "the kernel must be 1 to 255";
    if (!within(conv->stride_h, 1, 255) || !within(conv->stride_w, 1, 255))
        return "the stride must be 1 to 255";
    if (!within(conv->pad_h, 0, 255) || !within(conv->pad_w, 0, 255))
        return "the padding must be 0 to 255";
    if (!within(conv->dilation, 1, 255))
        return "the dilation must be 1 to 255";
    if (!side_ok(conv->out_ch))
        return "the output channels must be 1 to 65535";
    if (conv->groups < 1 || in_ch % conv->groups || conv->out_ch % conv->groups)
        return "the groups must divide input and output channels";
    return NULL;
}

static bool macs_fit(const struct awh_conv *conv, const struct awh_graph_tensor *out, int32_t in_ch)
{
    uint64_t macs = (uint64_t)(out->h * (int64_t)out->w);
    return !__builtin_mul_overflow(macs, (uint64_t)conv->out_ch, &macs) &&
           !__builtin_mul_overflow(macs, (uint64_t)(in_ch / conv->groups), &macs) &&
           !__builtin_mul_overflow(macs, (uint64_t)(conv->kernel_h * conv->kernel_w), &macs) &&
           macs <= INT64_MAX;
}

enum aw_err awh_graph_conv(struct awh_graph *graph, int in, struct awh_conv conv, int *out,
                           struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    struct awh_graph_tensor x = graph->tensors[in];
    char name[64];
    const char *why = conv_attributes_fault(&conv, x.c);
    struct awh_graph_tensor y = {.c = conv.out_ch};
    if (!why) {
        int64_t h = conv_side(x.h, conv.kernel_h, conv.pad_h, conv.stride_h, conv.dilation);
        int64_t w = conv_side(x.w, conv.kernel_w, conv.pad_w, conv.stride_w, conv.dilation);
        if (!side_ok(h) || !side_ok(w))
            why = "the kernel does not fit into the input";
        y.h = (int32_t)h;
        y.w = (int32_t)w;
    }
    if (!why && !macs_fit(&conv, &y, x.c))
        why = "more than 2^63 multiply-accumulates";
    if (why)
        return awh_fail(
            diag, AW_ERR_RANGE,
            "layer %s: input %dx%dx%d, kernel %dx%d, stride %d, padding %d, groups %d, %d "
            "output channels: %s",
            next_name(graph, AWH_NODE_CONV, AW_ACT_NONE, name), (int)x.h, (int)x.w, (int)x.c,
            (int)conv.kernel_h, (int)conv.kernel_w, (int)conv.stride_h, (int)conv.pad_h,
            (int)conv.groups, (int)conv.out_ch, why);
    return append(graph, (struct awh_node){.op = AWH_NODE_CONV, .in0 = in, .in1 = -1, .conv = conv},
                  y, out, diag);
}

enum aw_err awh_graph_batch_norm(struct awh_graph *graph, int in, bool affine, int *out,
                                 struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    return append(
        graph, (struct awh_node){.op = AWH_NODE_BATCH_NORM, .in0 = in, .in1 = -1, .affine = affine},
        graph->tensors[in], out, diag);
}

enum aw_err awh_graph_act(struct awh_graph *graph, int in, enum aw_act act, int *out,
                          struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    if ((unsigned)act >= AW_ACT_COUNT)
        return awh_fail(diag, AW_ERR_ARG, "net %s: activation %u does not exist", graph->net,
                        (unsigned)act);
    if (act == AW_ACT_NONE) {
        *out = in;
        return AW_OK;
    }
    return append(graph, (struct awh_node){.op = AWH_NODE_ACT, .in0 = in, .in1 = -1, .act = act},
                  graph->tensors[in], out, diag);
}

enum aw_err awh_graph_gap(struct awh_graph *graph, int in, int *out, struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    return append(graph, (struct awh_node){.op = AWH_NODE_GAP, .in0 = in, .in1 = -1},
                  (struct awh_graph_tensor){.h = 1, .w = 1, .c = graph->tensors[in].c}, out, diag);
}

static enum aw_err binary(struct awh_graph *graph, enum awh_node_op op, int a, int b, bool fits,
                          int *out, struct awh_diag *diag)
{
    struct awh_graph_tensor x = graph->tensors[a], y = graph->tensors[b];
    char name[64];
    if (!fits)
        return awh_fail(diag, AW_ERR_RANGE, "layer %s: inputs %dx%dx%d and %dx%dx%d do not fit",
                        next_name(graph, op, AW_ACT_NONE, name), (int)x.h, (int)x.w, (int)x.c,
                        (int)y.h, (int)y.w, (int)y.c);
    return append(graph, (struct awh_node){.op = op, .in0 = a, .in1 = b}, x, out, diag);
}

enum aw_err awh_graph_add(struct awh_graph *graph, int a, int b, int *out, struct awh_diag *diag)
{
    if (!is_tensor(graph, a) || !is_tensor(graph, b))
        return no_tensor(graph, diag);
    const struct awh_graph_tensor *x = &graph->tensors[a], *y = &graph->tensors[b];
    return binary(graph, AWH_NODE_ADD, a, b, x->h == y->h && x->w == y->w && x->c == y->c, out,
                  diag);
}

enum aw_err awh_graph_mul(struct awh_graph *graph, int a, int scale, int *out,
                          struct awh_diag *diag)
{
    if (!is_tensor(graph, a) || !is_tensor(graph, scale))
        return no_tensor(graph, diag);
    const struct awh_graph_tensor *x = &graph->tensors[a], *y = &graph->tensors[scale];
    return binary(graph, AWH_NODE_MUL, a, scale, y->h == 1 && y->w == 1 && x->c == y->c, out, diag);
}

static const char *pool_attributes_fault(const struct awh_pool *pool)
{
    if (!within(pool->kernel_h, 1, 255) || !within(pool->kernel_w, 1, 255))
        return "the kernel must be 1 to 255";
    if (!within(pool->stride_h, 1, 255) || !within(pool->stride_w, 1, 255))
        return "the stride must be 1 to 255";
    if (!within(pool->pad_h, 0, pool->kernel_h / 2) || !within(pool->pad_w, 0, pool->kernel_w / 2))
        return "the padding must be 0 to half of the kernel";
    return NULL;
}

static enum aw_err append_pool(struct awh_graph *graph, enum awh_node_op op, int in,
                               struct awh_pool pool, int *out, struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    struct awh_graph_tensor x = graph->tensors[in], y = {.c = x.c};
    char name[64];
    const char *why = pool_attributes_fault(&pool);
    if (!why) {
        int64_t h = conv_side(x.h, pool.kernel_h, pool.pad_h, pool.stride_h, 1);
        int64_t w = conv_side(x.w, pool.kernel_w, pool.pad_w, pool.stride_w, 1);
        if (!side_ok(h) || !side_ok(w))
            why = "the kernel does not fit into the input";
        y.h = (int32_t)h;
        y.w = (int32_t)w;
    }
    if (why)
        return awh_fail(
            diag, AW_ERR_RANGE, "layer %s: input %dx%dx%d, kernel %dx%d, stride %d, padding %d: %s",
            next_name(graph, op, AW_ACT_NONE, name), (int)x.h, (int)x.w, (int)x.c,
            (int)pool.kernel_h, (int)pool.kernel_w, (int)pool.stride_h, (int)pool.pad_h, why);
    return append(graph, (struct awh_node){.op = op, .in0 = in, .in1 = -1, .pool = pool}, y, out,
                  diag);
}

enum aw_err awh_graph_max_pool(struct awh_graph *graph, int in, struct awh_pool pool, int *out,
                               struct awh_diag *diag)
{
    return append_pool(graph, AWH_NODE_MAX_POOL, in, pool, out, diag);
}

enum aw_err awh_graph_avg_pool(struct awh_graph *graph, int in, struct awh_pool pool, int *out,
                               struct awh_diag *diag)
{
    return append_pool(graph, AWH_NODE_AVG_POOL, in, pool, out, diag);
}

enum aw_err awh_graph_concat(struct awh_graph *graph, int a, int b, int *out, struct awh_diag *diag)
{
    if (!is_tensor(graph, a) || !is_tensor(graph, b))
        return no_tensor(graph, diag);
    struct awh_graph_tensor x = graph->tensors[a], y = graph->tensors[b];
    char name[64];
    if (x.h != y.h || x.w != y.w || !side_ok((int64_t)x.c + y.c))
        return awh_fail(diag, AW_ERR_RANGE,
                        "layer %s: inputs %dx%dx%d and %dx%dx%d: height and width must be equal "
                        "and the channels together at most %d",
                        next_name(graph, AWH_NODE_CONCAT, AW_ACT_NONE, name), (int)x.h, (int)x.w,
                        (int)x.c, (int)y.h, (int)y.w, (int)y.c, SIDE_MAX);
    x.c += y.c;
    return append(graph, (struct awh_node){.op = AWH_NODE_CONCAT, .in0 = a, .in1 = b}, x, out,
                  diag);
}

enum aw_err awh_graph_pad(struct awh_graph *graph, int in, struct awh_pad pad, int *out,
                          struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    struct awh_graph_tensor x = graph->tensors[in];
    char name[64];
    bool ok = within(pad.top, 0, 255) && within(pad.bottom, 0, 255) && within(pad.left, 0, 255) &&
              within(pad.right, 0, 255) && within(pad.channels, 0, SIDE_MAX) &&
              side_ok(x.h + pad.top + pad.bottom) && side_ok(x.w + pad.left + pad.right) &&
              side_ok(x.c + pad.channels);
    if (!ok)
        return awh_fail(diag, AW_ERR_RANGE,
                        "layer %s: input %dx%dx%d, zeros above %d, below %d, left %d, right %d, "
                        "%d more channels: at most 255 to a side, and each side of the output at "
                        "most %d",
                        next_name(graph, AWH_NODE_PAD, AW_ACT_NONE, name), (int)x.h, (int)x.w,
                        (int)x.c, (int)pad.top, (int)pad.bottom, (int)pad.left, (int)pad.right,
                        (int)pad.channels, SIDE_MAX);
    x.h += pad.top + pad.bottom;
    x.w += pad.left + pad.right;
    x.c += pad.channels;
    return append(graph, (struct awh_node){.op = AWH_NODE_PAD, .in0 = in, .in1 = -1, .pad = pad}, x,
                  out, diag);
}

enum aw_err awh_graph_slice(struct awh_graph *graph, int in, struct awh_slice slice, int *out,
                            struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    struct awh_graph_tensor x = graph->tensors[in];
    char name[64];
    if (!within(slice.stride_h, 1, 255) || !within(slice.stride_w, 1, 255) ||
        !within(slice.offset_h, 0, 255) || !within(slice.offset_w, 0, 255) ||
        slice.offset_h >= x.h || slice.offset_w >= x.w)
        return awh_fail(diag, AW_ERR_RANGE,
                        "layer %s: input %dx%dx%d, from row %d, column %d, by %d, %d: the stride "
                        "must be 1 to 255, the offset at most 255 and inside the input",
                        next_name(graph, AWH_NODE_SLICE, AW_ACT_NONE, name), (int)x.h, (int)x.w,
                        (int)x.c, (int)slice.offset_h, (int)slice.offset_w, (int)slice.stride_h,
                        (int)slice.stride_w);
    x.h = (x.h - slice.offset_h - 1) / slice.stride_h + 1;
    x.w = (x.w - slice.offset_w - 1) / slice.stride_w + 1;
    return append(graph,
                  (struct awh_node){.op = AWH_NODE_SLICE, .in0 = in, .in1 = -1, .slice = slice}, x,
                  out, diag);
}

enum aw_err awh_graph_zero(struct awh_graph *graph, int in, int32_t h, int32_t w, int32_t c,
                           int *out, struct awh_diag *diag)
{
    if (!is_tensor(graph, in))
        return no_tensor(graph, diag);
    char name[64];
    if (!side_ok(h) || !side_ok(w) || !side_ok(c))
        return awh_fail(diag, AW_ERR_RANGE, "layer %s: zeros of %dx%dx%d; each side is 1 to %d",
                        next_name(graph, AWH_NODE_ZERO, AW_ACT_NONE, name), (int)h, (int)w, (int)c,
                        SIDE_MAX);
    return append(graph, (struct awh_node){.op = AWH_NODE_ZERO, .in0 = in, .in1 = -1},
                  (struct awh_graph_tensor){.h = h, .w = w, .c = c}, out, diag);
}

static uint64_t weights_per_position(const struct awh_graph *graph, const struct awh_node *node)
{
    uint64_t in_ch = (uint64_t)graph->tensors[node->in0].c;
    return (uint64_t)node->conv.out_ch * (in_ch / (uint64_t)node->conv.groups) *
           (uint64_t)node->conv.kernel_h * (uint64_t)node->conv.kernel_w;
}

uint64_t awh_node_macs(const struct awh_graph *graph, const struct awh_node *node)
{
    if (node->op != AWH_NODE_CONV)
        return 0;
    const struct awh_graph_tensor *out = &graph->tensors[node->out];
    return weights_per_position(graph, node) * (uint64_t)out->h * (uint64_t)out->w;
}

uint64_t awh_node_params(const struct awh_graph *graph, const struct awh_node *node)
{
    switch (node->op) {
    case AWH_NODE_CONV:
        return weights_per_position(graph, node) +
               (node->conv.bias ? (uint64_t)node->conv.out_ch : 0);
    case AWH_NODE_BATCH_NORM:
        return node->affine ? 2 * (uint64_t)graph->tensors[node->out].c : 0;
    default:
        return 0;
    }
}

static uint64_t tensor_bytes(const struct awh_graph *graph, int tensor)
{
    if (tensor < 0)
        return 0;
    const struct awh_graph_tensor *x = &graph->tensors[tensor];
    return (uint64_t)x->h * (uint64_t)x->w * (uint64_t)x->c;
}

uint64_t awh_node_bytes(const struct awh_graph *graph, const struct awh_node *node)
{
    uint64_t bytes = tensor_bytes(graph, node->out);
    if (node->op != AWH_NODE_ZERO)
        bytes += tensor_bytes(graph, node->in0) + tensor_bytes(graph, node->in1);
    if (node->op == AWH_NODE_CONV)
        bytes += weights_per_position(graph, node) +
                 (node->conv.bias ? 4 * (uint64_t)node->conv.out_ch : 0);
    else if (node->op == AWH_NODE_BATCH_NORM)
        bytes += 5 * (uint64_t)graph->tensors[node->out].c;
    return bytes;
}

#include <string.h>

#include "timing/cuda/internal.h"

_Static_assert(AWH_K_RELU == AW_ACT_RELU && AWH_K_RELU6 == AW_ACT_RELU6 &&
                   AWH_K_H_SWISH == AW_ACT_H_SWISH && AWH_K_H_SIGMOID == AW_ACT_H_SIGMOID &&
                   AWH_K_SIGMOID == AW_ACT_SIGMOID && AWH_K_TANH == AW_ACT_TANH &&
                   AWH_K_HARDTANH == AW_ACT_HARDTANH && AW_ACT_COUNT == 8,
               "the kernels number the activations as programs do");

const char *const awh_cuda_kernel_names[AWH_CUDA_KERNEL_COUNT] = {
    [AWH_CUDA_AFFINE] = "affine", [AWH_CUDA_BINARY] = "binary", [AWH_CUDA_GAP] = "gap",
    [AWH_CUDA_POOL] = "pool",     [AWH_CUDA_CONV] = "conv",     [AWH_CUDA_GATHER] = "gather",
};

/* A node's tensors: shapes, and where they are. */
struct operands {
    struct awh_graph_tensor x, b, y;
    void *x_data, *b_data, *y_data, *residual;
    int count;
};

static struct operands operands_of(const struct awh_cuda_net *net, const struct awh_cuda_work *work)
{
    const struct awh_node *node = work->node;
    struct operands o = {
        .x = net->graph->tensors[node->in0],
        .y = net->graph->tensors[work->out],
        .x_data = net->tensors[node->in0].data,
        .y_data = net->tensors[work->out].data,
        .count = (int)net->tensors[work->out].count,
    };
    if (node->in1 >= 0) {
        o.b = net->graph->tensors[node->in1];
        o.b_data = net->tensors[node->in1].data;
    }
    if (work->residual >= 0)
        o.residual = net->tensors[work->residual].data;
    return o;
}

static unsigned blocks_of(int count)
{
    return ((unsigned)count + AWH_K_BLOCK - 1) / AWH_K_BLOCK;
}

/* Elements that lie between one channel and the next. */
static int inner_of(const struct awh_cuda_net *net, const struct awh_graph_tensor *tensor)
{
    return net->cuda->nhwc ? 1 : tensor->h * tensor->w;
}

static struct awh_cuda_launch affine(const struct awh_cuda_net *net,
                                     const struct awh_cuda_work *work, const void *x,
                                     const float *scale, const float *shift)
{
    struct operands o = operands_of(net, work);
    return (struct awh_cuda_launch){
        .kernel = AWH_CUDA_AFFINE,
        .blocks = blocks_of(o.count),
        .args.affine = {.x = x,
                        .residual = o.residual,
                        .scale = scale,
                        .shift = shift,
                        .y = o.y_data,
                        .count = o.count,
                        .channels = o.y.c,
                        .inner = inner_of(net, &o.y),
                        .act = (int)work->act},
    };
}

static struct awh_cuda_launch binary(const struct awh_cuda_net *net,
                                     const struct awh_cuda_work *work)
{
    struct operands o = operands_of(net, work);
    return (struct awh_cuda_launch){
        .kernel = AWH_CUDA_BINARY,
        .blocks = blocks_of(o.count),
        .args.binary = {.a = o.x_data,
                        .b = o.b_data,
                        .y = o.y_data,
                        .count = o.count,
                        .channels = o.y.c,
                        .inner = inner_of(net, &o.y),
                        .mul = work->node->op == AWH_NODE_MUL,
                        .act = (int)work->act},
    };
}

/* A warp reads neighbouring addresses in both layouts: pixels of one channel in nchw, 32 channels
 * of a pixel in nhwc. */
static struct awh_cuda_launch gap(const struct awh_cuda_net *net, const struct awh_cuda_work *work)
{
    struct operands o = operands_of(net, work);
    int pixels = o.x.h * o.x.w, tile = net->cuda->nhwc ? 32 : 1;
    return (struct awh_cuda_launch){
        .kernel = AWH_CUDA_GAP,
        .blocks = (unsigned)((o.x.c + tile - 1) / tile),
        .args.gap = {.x = o.x_data,
                     .y = o.y_data,
                     .channels = o.x.c,
                     .pixels = pixels,
                     .pixel_step = net->cuda->nhwc ? o.x.c : 1,
                     .channel_step = net->cuda->nhwc ? 1 : pixels,
                     .tile = tile,
                     .act = (int)work->act},
    };
}

static struct awh_cuda_launch pool(const struct awh_cuda_net *net, const struct awh_cuda_work *work)
{
    struct operands o = operands_of(net, work);
    const struct awh_pool *p = &work->node->pool;
    return (struct awh_cuda_launch){
        .kernel = AWH_CUDA_POOL,
        .blocks = blocks_of(o.count),
        .args.pool = {.x = o.x_data,
                      .y = o.y_data,
                      .window = {.in_h = o.x.h,
                                 .in_w = o.x.w,
                                 .out_h = o.y.h,
                                 .out_w = o.y.w,
                                 .kernel_h = p->kernel_h,
                                 .kernel_w = p->kernel_w,
                                 .stride_h = p->stride_h,
                                 .stride_w = p->stride_w,
                                 .pad_h = p->pad_h,
                                 .pad_w = p->pad_w,
                                 .dilation = 1},
                      .count = o.count,
                      .channels = o.y.c,
                      .nhwc = net->cuda->nhwc,
                      .max = work->node->op == AWH_NODE_MAX_POOL,
                      .include_pad = p->count_include_pad,
                      .act = (int)work->act},
    };
}

static struct awh_cuda_launch gather(const struct awh_cuda_net *net,
                                     const struct awh_cuda_work *work)
{
    const struct awh_node *node = work->node;
    struct operands o = operands_of(net, work);
    struct awh_cuda_launch launch = {
        .kernel = AWH_CUDA_GATHER,
        .blocks = blocks_of(o.count),
        .args.gather = {.x0 = o.x_data,
                        .x1 = o.b_data,
                        .y = o.y_data,
                        .in_h = o.x.h,
                        .in_w = o.x.w,
                        .channels0 = node->op == AWH_NODE_ZERO ? 0 : o.x.c,
                        .channels1 = node->op == AWH_NODE_CONCAT ? o.b.c : 0,
                        .out_h = o.y.h,
                        .out_w = o.y.w,
                        .out_ch = o.y.c,
                        .stride_h = 1,
                        .stride_w = 1,
                        .count = o.count,
                        .nhwc = net->cuda->nhwc,
                        .act = (int)work->act},
    };
    if (node->op == AWH_NODE_PAD) {
        launch.args.gather.offset_h = -node->pad.top;
        launch.args.gather.offset_w = -node->pad.left;
    } else if (node->op == AWH_NODE_SLICE) {
        launch.args.gather.offset_h = node->slice.offset_h;
        launch.args.gather.offset_w = node->slice.offset_w;
        launch.args.gather.stride_h = node->slice.stride_h;
        launch.args.gather.stride_w = node->slice.stride_w;
    }
    return launch;
}

enum aw_err awh_cuda_prepare(const struct awh_cuda_net *net, struct awh_cuda_work *work,
                             const struct awh_cuda_at *at)
{
    const struct awh_node *node = work->node;
    char where[200];
    switch (node->op) {
    case AWH_NODE_CONV:
        break;
    case AWH_NODE_BATCH_NORM:
    case AWH_NODE_ACT:
        work->launch = affine(net, work, net->tensors[node->in0].data, work->scale, work->shift);
        return AW_OK;
    case AWH_NODE_GAP:
        work->launch = gap(net, work);
        return AW_OK;
    case AWH_NODE_ADD:
    case AWH_NODE_MUL:
        work->launch = binary(net, work);
        return AW_OK;
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        work->launch = pool(net, work);
        return AW_OK;
    case AWH_NODE_CONCAT:
    case AWH_NODE_PAD:
    case AWH_NODE_SLICE:
    case AWH_NODE_ZERO:
        work->launch = gather(net, work);
        return AW_OK;
    }
    return awh_fail(at->diag, AW_ERR_UNSUPPORTED, "%sthe CUDA engine has no op %d",
                    awh_cuda_where(at, where), (int)node->op);
}

void awh_cuda_prepare_conv(const struct awh_cuda_net *net, struct awh_cuda_work *work)
{
    struct awh_cuda_conv *conv = work->conv;
    struct operands o = operands_of(net, work);
    const struct awh_conv *c = &work->node->conv;
    if (conv->shift || o.residual || work->act != AW_ACT_NONE)
        conv->epilogue = affine(net, work, o.y_data, NULL, conv->shift);
    conv->direct = (struct awh_cuda_launch){
        .kernel = AWH_CUDA_CONV,
        .blocks = blocks_of(o.count),
        .args.conv = {.x = o.x_data,
                      .weights = conv->weights,
                      .residual = o.residual,
                      .bias = conv->shift,
                      .y = o.y_data,
                      .window = {.in_h = o.x.h,
                                 .in_w = o.x.w,
                                 .out_h = o.y.h,
                                 .out_w = o.y.w,
                                 .kernel_h = c->kernel_h,
                                 .kernel_w = c->kernel_w,
                                 .stride_h = c->stride_h,
                                 .stride_w = c->stride_w,
                                 .pad_h = c->pad_h,
                                 .pad_w = c->pad_w,
                                 .dilation = c->dilation},
                      .count = o.count,
                      .in_ch = o.x.c,
                      .out_ch = o.y.c,
                      .groups = c->groups,
                      .nhwc = net->cuda->nhwc,
                      .act = (int)work->act},
    };
}

enum aw_err awh_cuda_launch(const struct awh_cuda *cuda, const struct awh_cuda_launch *launch,
                            const struct awh_cuda_at *at)
{
    if (launch->blocks == 0)
        return AW_OK;
    struct awh_cuda_launch copy = *launch; /* CUDA takes the arguments by pointers that may write */
    void *args[] = {&copy.args};
    return AWH_CUDA(at, cudaLaunchKernel, (const void *)cuda->kernels[launch->kernel],
                    (dim3){launch->blocks, 1, 1}, (dim3){AWH_K_BLOCK, 1, 1}, args, 0, cuda->stream);
}

enum aw_err awh_cuda_upload(const struct awh_cuda *cuda, const char *what, const void *bytes,
                            size_t size, void **out, const struct awh_cuda_at *at)
{
    enum aw_err err = awh_cuda_alloc(at, what, size, out);
    if (err)
        return err;
    err = AWH_CUDA(at, cudaMemcpyAsync, *out, bytes, size, cudaMemcpyHostToDevice, cuda->stream);
    if (!err)
        err = awh_cuda_sync(cuda, at); /* `bytes` is the caller's to free */
    return err;
}

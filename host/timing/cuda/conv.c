/* Convolutions through cuDNN, and by our own kernel where that is the better way.
 *
 * cuDNN's rules that this follows: filters are described as (out, in / groups, h, w) whatever their
 * layout; a convolution proper is CUDNN_CROSS_CORRELATION; sums are in float, for halves too; the
 * math type says which arithmetic an algorithm may use (FMA_MATH: plain float, DEFAULT_MATH: TF32
 * for floats where the device has it, TENSOR_OP_MATH: tensor cores); the fused call takes relu with
 * any algorithm, no activation only with IMPLICIT_PRECOMP_GEMM, and no other activation, NaNs not
 * propagated, its bias in the type of the tensors. */
#include <stdlib.h>

#include "timing/cuda/internal.h"

/* -- Descriptors ------------------------------------------------------------------------------- */

static enum aw_err create(struct awh_cuda_conv *conv, const struct awh_cuda_at *at)
{
    enum aw_err err = AWH_CUDNN(at, cudnnCreateTensorDescriptor, &conv->x);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreateTensorDescriptor, &conv->y);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreateTensorDescriptor, &conv->bias);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreateFilterDescriptor, &conv->filter);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreateConvolutionDescriptor, &conv->conv);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreateActivationDescriptor, &conv->act);
    return err;
}

static cudnnDataType_t type_of(const struct awh_cuda *cuda)
{
    return cuda->half ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT;
}

static enum aw_err describe_tensor(const struct awh_cuda *cuda, cudnnTensorDescriptor_t descriptor,
                                   const struct awh_graph_tensor *shape,
                                   const struct awh_cuda_at *at)
{
    return AWH_CUDNN(at, cudnnSetTensor4dDescriptor, descriptor,
                     cuda->nhwc ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW, type_of(cuda), 1, shape->c,
                     shape->h, shape->w);
}

/* What an algorithm may use at most. */
static cudnnMathType_t math_of(const struct awh_cuda *cuda)
{
    switch (cuda->options.precision) {
    case AWH_PRECISION_FP16:
        return CUDNN_TENSOR_OP_MATH;
    case AWH_PRECISION_TF32:
        return CUDNN_DEFAULT_MATH;
    default:
        return CUDNN_FMA_MATH;
    }
}

static enum aw_err describe(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                            const struct awh_cuda_at *at)
{
    const struct awh_cuda *cuda = net->cuda;
    const struct awh_node *node = work->node;
    const struct awh_cuda_conv *conv = work->conv;
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    const struct awh_conv *c = &node->conv;
    const struct awh_graph_tensor bias = {.h = 1, .w = 1, .c = c->out_ch};
    enum aw_err err = describe_tensor(cuda, conv->x, x, at);
    if (!err)
        err = describe_tensor(cuda, conv->y, &net->graph->tensors[work->out], at);
    if (!err)
        err = describe_tensor(cuda, conv->bias, &bias, at);
    if (!err)
        err = AWH_CUDNN(at, cudnnSetFilter4dDescriptor, conv->filter, type_of(cuda),
                        cuda->nhwc ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW, c->out_ch,
                        x->c / c->groups, c->kernel_h, c->kernel_w);
    if (!err)
        err = AWH_CUDNN(at, cudnnSetConvolution2dDescriptor, conv->conv, c->pad_h, c->pad_w,
                        c->stride_h, c->stride_w, c->dilation, c->dilation, CUDNN_CROSS_CORRELATION,
                        CUDNN_DATA_FLOAT);
    if (!err)
        err = AWH_CUDNN(at, cudnnSetConvolutionGroupCount, conv->conv, c->groups);
    if (!err)
        err = AWH_CUDNN(at, cudnnSetConvolutionMathType, conv->conv, math_of(cuda));
    if (!err)
        err =
            AWH_CUDNN(at, cudnnSetActivationDescriptor, conv->act,
                      work->act == AW_ACT_RELU ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                      CUDNN_NOT_PROPAGATE_NAN, 0.0);
    return err;
}

/* -- Parameters -------------------------------------------------------------------------------- */

static enum aw_err upload_bias(const struct awh_cuda *cuda, const float *bias, size_t count,
                               struct awh_cuda_conv *conv, const struct awh_cuda_at *at)
{
    enum aw_err err =
        awh_cuda_upload(cuda, "biases", bias, count * sizeof(*bias), (void **)&conv->shift, at);
    if (err)
        return err;
    if (!cuda->half) {
        conv->typed_shift = conv->shift;
        return AW_OK;
    }
    uint16_t *halves = malloc(count * sizeof(*halves));
    if (!halves)
        return awh_fail_mem(at->diag);
    for (size_t i = 0; i < count; i++)
        halves[i] = awh_half_of(bias[i]);
    err = awh_cuda_upload(cuda, "biases", halves, count * sizeof(*halves), &conv->typed_shift, at);
    free(halves);
    return err;
}

static enum aw_err upload(const struct awh_cuda_net *net, const struct awh_node *node,
                          const struct awh_node_weights *weights, struct awh_cuda_conv *conv,
                          const struct awh_cuda_at *at)
{
    const struct awh_cuda *cuda = net->cuda;
    int32_t in_ch = net->graph->tensors[node->in0].c;
    size_t bytes = weights->weight_count * awh_cuda_element(cuda);
    void *packed = malloc(bytes ? bytes : 1);
    if (!packed)
        return awh_fail_mem(at->diag);
    awh_cuda_pack_weights(cuda, &node->conv, in_ch, weights->weights, packed);
    enum aw_err err = awh_cuda_upload(cuda, "weights", packed, bytes, &conv->weights, at);
    free(packed);
    if (!err && node->conv.bias)
        err = upload_bias(cuda, weights->bias, (size_t)node->conv.out_ch, conv, at);
    return err;
}

enum aw_err awh_cuda_conv_open(struct awh_cuda_net *net, struct awh_cuda_work *work,
                               const struct awh_node_weights *weights, const struct awh_cuda_at *at)
{
    const struct awh_node *node = work->node;
    struct awh_cuda_conv *conv = work->conv = calloc(1, sizeof(*conv));
    if (!conv)
        return awh_fail_mem(at->diag);
    enum aw_err err = create(conv, at);
    if (!err)
        err = describe(net, work, at);
    if (!err)
        err = upload(net, node, weights, conv, at);
    if (!err)
        err = awh_cuda_ways_find(net, work, at);
    if (err)
        return err;
    awh_cuda_prepare_conv(net, work);
    for (size_t v = 0; v < conv->variant_count; v++)
        if (conv->variants[v].workspace_bytes > net->workspace_bytes)
            net->workspace_bytes = conv->variants[v].workspace_bytes;
    return AW_OK;
}

void awh_cuda_conv_close(const struct awh_cuda *cuda, struct awh_cuda_conv *conv)
{
    const struct awh_cuda_api *api = cuda->api;
    if (!conv)
        return;
    /* What a library says about something that is given up changes nothing any more. */
    if (conv->x)
        (void)api->cudnnDestroyTensorDescriptor(conv->x);
    if (conv->y)
        (void)api->cudnnDestroyTensorDescriptor(conv->y);
    if (conv->bias)
        (void)api->cudnnDestroyTensorDescriptor(conv->bias);
    if (conv->filter)
        (void)api->cudnnDestroyFilterDescriptor(conv->filter);
    if (conv->conv)
        (void)api->cudnnDestroyConvolutionDescriptor(conv->conv);
    if (conv->act)
        (void)api->cudnnDestroyActivationDescriptor(conv->act);
    if (conv->typed_shift && conv->typed_shift != conv->shift)
        (void)api->cudaFree(conv->typed_shift);
    if (conv->shift)
        (void)api->cudaFree(conv->shift);
    if (conv->weights)
        (void)api->cudaFree(conv->weights);
    free(conv);
}

/* -- Running ----------------------------------------------------------------------------------- */

static cudnnStatus_t call_plain(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                                const struct awh_cuda_variant *variant)
{
    static const float one = 1.0f, zero = 0.0f;
    const struct awh_cuda *cuda = net->cuda;
    const struct awh_cuda_conv *conv = work->conv;
    return cuda->api->cudnnConvolutionForward(
        cuda->cudnn, &one, conv->x, net->tensors[work->node->in0].data, conv->filter, conv->weights,
        conv->conv, variant->algorithm, net->workspace, variant->workspace_bytes, &zero, conv->y,
        net->tensors[work->out].data);
}

/* y = act(1 * conv(x) + 1 * residual + bias), or with 0 * y: z must be given, and may be y. */
static cudnnStatus_t call_fused(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                                const struct awh_cuda_variant *variant)
{
    static const float one = 1.0f, zero = 0.0f;
    const struct awh_cuda *cuda = net->cuda;
    const struct awh_cuda_conv *conv = work->conv;
    void *y = net->tensors[work->out].data;
    void *z = work->residual >= 0 ? net->tensors[work->residual].data : y;
    return cuda->api->cudnnConvolutionBiasActivationForward(
        cuda->cudnn, &one, conv->x, net->tensors[work->node->in0].data, conv->filter, conv->weights,
        conv->conv, variant->algorithm, net->workspace, variant->workspace_bytes,
        work->residual >= 0 ? &one : &zero, conv->y, z, conv->bias, conv->typed_shift, conv->act,
        conv->y, y);
}

enum aw_err awh_cuda_way_run(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                             const struct awh_cuda_variant *variant, bool *unsupported_out,
                             const struct awh_cuda_at *at)
{
    const char *call = "cudnnConvolutionForward";
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    if (variant->way == AWH_CUDA_DIRECT)
        return awh_cuda_launch(net->cuda, &work->conv->direct, at);
    if (variant->way == AWH_CUDA_PLAIN) {
        status = call_plain(net, work, variant);
    } else {
        call = "cudnnConvolutionBiasActivationForward";
        status = call_fused(net, work, variant);
    }
    /* Some combinations that the fused call does not have are to it bad parameters. Every parameter
     * but the activation is also the plain call's, whose complaints are errors. */
    if (unsupported_out && (awh_cudnn_unsupported(status) ||
                            (variant->way == AWH_CUDA_FUSED &&
                             CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_BAD_PARAM))) {
        *unsupported_out = true;
        return AW_OK;
    }
    enum aw_err err = awh_cudnn_status(at, call, status);
    if (!err && variant->way == AWH_CUDA_PLAIN)
        err = awh_cuda_launch(net->cuda, &work->conv->epilogue, at);
    return err;
}

enum aw_err awh_cuda_conv_run(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                              const struct awh_cuda_at *at)
{
    return awh_cuda_way_run(net, work, &work->conv->variants[0], NULL, at);
}

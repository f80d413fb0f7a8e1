/* cuDNN's part of the fake: descriptors, what can be run with what, and convolutions from their
 * definition. It finds these algorithms, quickest first:
 *
 *   implicit_precomp_gemm   anything; the only one in nhwc; on tensor cores and without
 *   winograd_nonfused       3x3, stride 1, one group, nchw; without tensor cores
 *   implicit_gemm           nchw; without tensor cores
 *
 * and says of the rest that they are not supported. Those on tensor cores come first even when the
 * descriptor asks for plain arithmetic: who wants that must look. */
#include <string.h>

#include "timing/cuda/fake/state.h"
#include "timing/cuda/internal.h"

#define CALL(name)                                                                                 \
    do {                                                                                           \
        if (fake_call(#name))                                                                      \
            return CUDNN_STATUS_INTERNAL_ERROR;                                                    \
    } while (0)
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return CUDNN_STATUS_BAD_PARAM;                                                         \
    } while (0)
#define CREATE(name, kind)                                                                         \
    {                                                                                              \
        CALL(name);                                                                                \
        NEED(!fake.capturing || fake_misuse(#name " during a capture"));                           \
        *out = (void *)fake_new(kind);                                                             \
        return CUDNN_STATUS_SUCCESS;                                                               \
    }
#define DESTROY(name, kind)                                                                        \
    {                                                                                              \
        bool fails = fake_call(#name);                                                             \
        NEED(fake_is(handle, kind, #name));                                                        \
        fake_drop((struct fake_object *)handle);                                                   \
        return fails ? CUDNN_STATUS_INTERNAL_ERROR : CUDNN_STATUS_SUCCESS;                         \
    }

static const struct fake_object *object_of(const void *handle)
{
    return handle;
}

/* -- Handles and descriptors ------------------------------------------------------------------- */

cudnnStatus_t fake_cudnnCreate(cudnnHandle_t *out) CREATE(cudnnCreate, FAKE_CUDNN) cudnnStatus_t
    fake_cudnnDestroy(cudnnHandle_t handle) DESTROY(cudnnDestroy, FAKE_CUDNN) cudnnStatus_t
    fake_cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *out)
        CREATE(cudnnCreateTensorDescriptor, FAKE_TENSOR) cudnnStatus_t
    fake_cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t handle)
        DESTROY(cudnnDestroyTensorDescriptor, FAKE_TENSOR) cudnnStatus_t
    fake_cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *out)
        CREATE(cudnnCreateFilterDescriptor, FAKE_FILTER) cudnnStatus_t
    fake_cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t handle)
        DESTROY(cudnnDestroyFilterDescriptor, FAKE_FILTER) cudnnStatus_t
    fake_cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *out)
        CREATE(cudnnCreateConvolutionDescriptor, FAKE_CONV) cudnnStatus_t
    fake_cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t handle)
        DESTROY(cudnnDestroyConvolutionDescriptor, FAKE_CONV) cudnnStatus_t
    fake_cudnnCreateActivationDescriptor(cudnnActivationDescriptor_t *out)
        CREATE(cudnnCreateActivationDescriptor, FAKE_ACT) cudnnStatus_t
    fake_cudnnDestroyActivationDescriptor(cudnnActivationDescriptor_t handle)
        DESTROY(cudnnDestroyActivationDescriptor, FAKE_ACT)

            cudnnStatus_t fake_cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
    CALL(cudnnSetStream);
    NEED(fake_is(handle, FAKE_CUDNN, "cudnnSetStream") &&
         fake_is(stream, FAKE_STREAM, "cudnnSetStream"));
    ((struct fake_object *)handle)->stream = (struct fake_object *)stream;
    return CUDNN_STATUS_SUCCESS;
}

size_t fake_cudnnGetVersion(void)
{
    return CUDNN_VERSION;
}

const char *fake_cudnnGetErrorString(cudnnStatus_t status)
{
    return status == CUDNN_STATUS_INTERNAL_ERROR  ? "CUDNN_STATUS_INTERNAL_ERROR"
           : status == CUDNN_STATUS_NOT_SUPPORTED ? "CUDNN_STATUS_NOT_SUPPORTED"
                                                  : "CUDNN_STATUS_BAD_PARAM";
}

static bool good_shape(int format, int type, int n, int c, int h, int w)
{
    return ((format == CUDNN_TENSOR_NCHW || format == CUDNN_TENSOR_NHWC) &&
            (type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_HALF) && n > 0 && c > 0 && h > 0 &&
            w > 0) ||
           fake_misuse("a descriptor of format %d, type %d, %d x %d x %d x %d", format, type, n, c,
                       h, w);
}

cudnnStatus_t fake_cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor,
                                              cudnnTensorFormat_t format, cudnnDataType_t type,
                                              int n, int c, int h, int w)
{
    CALL(cudnnSetTensor4dDescriptor);
    NEED(fake_is(tensor, FAKE_TENSOR, "cudnnSetTensor4dDescriptor"));
    NEED(good_shape((int)format, (int)type, n, c, h, w));
    ((struct fake_object *)tensor)->shape = (struct fake_shape){
        .set = true, .format = (int)format, .type = (int)type, .n = n, .c = c, .h = h, .w = w};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, cudnnDataType_t type,
                                              cudnnTensorFormat_t format, int k, int c, int h,
                                              int w)
{
    CALL(cudnnSetFilter4dDescriptor);
    NEED(fake_is(filter, FAKE_FILTER, "cudnnSetFilter4dDescriptor"));
    NEED(good_shape((int)format, (int)type, k, c, h, w));
    ((struct fake_object *)filter)->shape = (struct fake_shape){
        .set = true, .format = (int)format, .type = (int)type, .n = k, .c = c, .h = h, .w = w};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnSetActivationDescriptor(cudnnActivationDescriptor_t activation,
                                                cudnnActivationMode_t mode,
                                                cudnnNanPropagation_t nan, double coefficient)
{
    CALL(cudnnSetActivationDescriptor);
    NEED(fake_is(activation, FAKE_ACT, "cudnnSetActivationDescriptor"));
    (void)coefficient;
    ((struct fake_object *)activation)->act =
        (struct fake_act){.set = true, .mode = (int)mode, .nan = (int)nan};
    return CUDNN_STATUS_SUCCESS;
}

/* Setting a convolution anew makes its groups and math type what they are at first. */
cudnnStatus_t fake_cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t conv, int pad_h,
                                                   int pad_w, int stride_h, int stride_w,
                                                   int dilation_h, int dilation_w,
                                                   cudnnConvolutionMode_t mode,
                                                   cudnnDataType_t compute)
{
    CALL(cudnnSetConvolution2dDescriptor);
    NEED(fake_is(conv, FAKE_CONV, "cudnnSetConvolution2dDescriptor"));
    NEED((pad_h >= 0 && pad_w >= 0 && stride_h > 0 && stride_w > 0 && dilation_h > 0 &&
          dilation_w > 0) ||
         fake_misuse("a convolution with pads %d, %d and strides %d, %d", pad_h, pad_w, stride_h,
                     stride_w));
    ((struct fake_object *)conv)->conv = (struct fake_conv){.set = true,
                                                            .pad_h = pad_h,
                                                            .pad_w = pad_w,
                                                            .stride_h = stride_h,
                                                            .stride_w = stride_w,
                                                            .dilation_h = dilation_h,
                                                            .dilation_w = dilation_w,
                                                            .mode = (int)mode,
                                                            .compute = (int)compute,
                                                            .groups = 1};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t conv, int groups)
{
    CALL(cudnnSetConvolutionGroupCount);
    NEED(fake_is(conv, FAKE_CONV, "cudnnSetConvolutionGroupCount"));
    NEED(groups > 0 || fake_misuse("%d groups", groups));
    ((struct fake_object *)conv)->conv.groups = groups;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t conv,
                                               cudnnMathType_t math)
{
    CALL(cudnnSetConvolutionMathType);
    NEED(fake_is(conv, FAKE_CONV, "cudnnSetConvolutionMathType"));
    NEED(((unsigned)math <= CUDNN_FMA_MATH) || fake_misuse("math type %d", (int)math));
    ((struct fake_object *)conv)->conv.math = (int)math;
    return CUDNN_STATUS_SUCCESS;
}

/* -- What goes together ------------------------------------------------------------------------ */

static int out_side(int side, int pad, int kernel, int dilation, int stride)
{
    return (side + 2 * pad - (kernel - 1) * dilation - 1) / stride + 1;
}

static bool check_problem(const char *call, cudnnHandle_t handle, cudnnTensorDescriptor_t x_desc,
                          cudnnFilterDescriptor_t w_desc, cudnnConvolutionDescriptor_t conv_desc,
                          cudnnTensorDescriptor_t y_desc)
{
    if (!fake_is(handle, FAKE_CUDNN, call) || !fake_is(x_desc, FAKE_TENSOR, call) ||
        !fake_is(w_desc, FAKE_FILTER, call) || !fake_is(conv_desc, FAKE_CONV, call) ||
        !fake_is(y_desc, FAKE_TENSOR, call))
        return false;
    const struct fake_shape *x = &object_of(x_desc)->shape, *w = &object_of(w_desc)->shape,
                            *y = &object_of(y_desc)->shape;
    const struct fake_conv *c = &object_of(conv_desc)->conv;
    if (!object_of(handle)->stream)
        return fake_misuse("%s: a handle without a stream", call);
    if (!x->set || !w->set || !y->set || !c->set)
        return fake_misuse("%s: a descriptor that is not set", call);
    if (x->format != w->format || x->format != y->format || x->type != w->type ||
        x->type != y->type)
        return fake_misuse("%s: layouts or types differ", call);
    if (c->mode != CUDNN_CROSS_CORRELATION || c->compute != CUDNN_DATA_FLOAT)
        return fake_misuse("%s: mode %d, compute type %d", call, c->mode, c->compute);
    if (x->n != 1 || y->n != 1 || x->c != w->c * c->groups || w->n % c->groups != 0 ||
        y->c != w->n || y->h != out_side(x->h, c->pad_h, w->h, c->dilation_h, c->stride_h) ||
        y->w != out_side(x->w, c->pad_w, w->w, c->dilation_w, c->stride_w))
        return fake_misuse("%s: shapes that do not agree", call);
    return true;
}

/* Bytes that an algorithm needs with the descriptor's math type; -1: not supported. */
static long long workspace_of(const struct fake_shape *x, const struct fake_shape *w,
                              const struct fake_conv *c, cudnnConvolutionFwdAlgo_t algorithm)
{
    bool plain = c->math == CUDNN_FMA_MATH || c->math == CUDNN_DEFAULT_MATH;
    bool nchw = x->format == CUDNN_TENSOR_NCHW;
    switch (algorithm) {
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM:
        return 64 + 16 * c->math;
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED:
        return nchw && plain && w->h == 3 && w->w == 3 && c->stride_h == 1 && c->stride_w == 1 &&
                       c->groups == 1 && c->dilation_h == 1
                   ? 4096
                   : -1;
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM:
        return nchw && plain ? 0 : -1;
    default:
        return -1;
    }
}

cudnnStatus_t fake_cudnnGetConvolutionForwardAlgorithmMaxCount(cudnnHandle_t handle, int *count)
{
    CALL(cudnnGetConvolutionForwardAlgorithmMaxCount);
    NEED(fake_is(handle, FAKE_CUDNN, "cudnnGetConvolutionForwardAlgorithmMaxCount"));
    *count = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnFindConvolutionForwardAlgorithm(
    cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
    const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t y, const int asked,
    int *returned, cudnnConvolutionFwdAlgoPerf_t *perf)
{
    static const struct {
        cudnnConvolutionFwdAlgo_t algorithm;
        cudnnMathType_t math;
    } order[] = {
        {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION},
        {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, CUDNN_TENSOR_OP_MATH},
        {CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED, CUDNN_FMA_MATH},
        {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, CUDNN_FMA_MATH},
        {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, CUDNN_DEFAULT_MATH},
        {CUDNN_CONVOLUTION_FWD_ALGO_FFT, CUDNN_DEFAULT_MATH},
        {CUDNN_CONVOLUTION_FWD_ALGO_DIRECT, CUDNN_DEFAULT_MATH},
    };
    CALL(cudnnFindConvolutionForwardAlgorithm);
    NEED(check_problem("cudnnFindConvolutionForwardAlgorithm", handle, x, w, conv, y));
    NEED(!fake.capturing || fake_misuse("a search during a capture"));
    if (fake.options.no_algorithm)
        return CUDNN_STATUS_NOT_SUPPORTED;
    *returned = 0;
    for (int pass = 0; pass < 2; pass++) /* those that work first */
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && *returned < asked; i++) {
            struct fake_conv with = object_of(conv)->conv;
            with.math = (int)order[i].math;
            long long bytes =
                workspace_of(&object_of(x)->shape, &object_of(w)->shape, &with, order[i].algorithm);
            if ((bytes < 0) != (pass == 1))
                continue;
            perf[(*returned)++] = (cudnnConvolutionFwdAlgoPerf_t){
                .algo = order[i].algorithm,
                .mathType = order[i].math,
                .status = bytes < 0 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS,
                .time = bytes < 0 ? -1.0f : 0.01f * (float)(i + 1),
                .memory = bytes < 0 ? 0 : (size_t)bytes,
            };
        }
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t fake_cudnnGetConvolutionForwardWorkspaceSize(
    cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
    const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t y,
    cudnnConvolutionFwdAlgo_t algorithm, size_t *bytes_out)
{
    CALL(cudnnGetConvolutionForwardWorkspaceSize);
    NEED(check_problem("cudnnGetConvolutionForwardWorkspaceSize", handle, x, w, conv, y));
    long long bytes =
        workspace_of(&object_of(x)->shape, &object_of(w)->shape, &object_of(conv)->conv, algorithm);
    if (bytes < 0)
        return CUDNN_STATUS_NOT_SUPPORTED;
    *bytes_out = (size_t)bytes;
    return CUDNN_STATUS_SUCCESS;
}

/* -- Convolutions ------------------------------------------------------------------------------ */

static size_t bytes_of(const struct fake_shape *shape)
{
    return (size_t)shape->n * (size_t)shape->c * (size_t)shape->h * (size_t)shape->w *
           (shape->type == CUDNN_DATA_HALF ? 2 : 4);
}

static bool check_data(const struct fake_op *op, cudnnConvolutionFwdAlgo_t algorithm,
                       const void *workspace, size_t workspace_bytes, const float *one,
                       const float *zero)
{
    const struct fake_shape *x = &op->convolution.x, *w = &op->convolution.w,
                            *y = &op->convolution.y;
    long long needed = workspace_of(x, w, &op->convolution.conv, algorithm);
    if (needed < 0)
        return fake_misuse("algorithm %d with math type %d", (int)algorithm,
                           op->convolution.conv.math);
    if ((size_t)needed > workspace_bytes)
        return fake_misuse("a workspace of %zu bytes; %lld are needed", workspace_bytes, needed);
    if (*one != 1.0f || (zero && *zero != 0.0f))
        return fake_misuse("scaling by other than 1 and 0");
    if (op->in == op->out)
        return fake_misuse("a convolution in place");
    return (workspace_bytes == 0 || fake_memory(workspace, workspace_bytes, "workspace")) &&
           fake_memory(op->in, bytes_of(x), "x") &&
           fake_memory(op->convolution.weights, bytes_of(w), "w") &&
           fake_memory(op->out, bytes_of(y), "y");
}

static struct fake_op convolution(cudnnTensorDescriptor_t x, const void *x_data,
                                  cudnnFilterDescriptor_t w, const void *w_data,
                                  cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t y,
                                  void *y_data)
{
    struct fake_op op = {.kind = FAKE_CONVOLVE, .in = x_data, .out = y_data};
    op.convolution.x = object_of(x)->shape;
    op.convolution.w = object_of(w)->shape;
    op.convolution.y = object_of(y)->shape;
    op.convolution.conv = object_of(conv)->conv;
    op.convolution.weights = w_data;
    return op;
}

/* Numbers of the ways that a capture must not be the first to go. */
static int once_of(cudnnConvolutionFwdAlgo_t algorithm, bool fused)
{
    return 16 + 2 * (int)algorithm + fused;
}

cudnnStatus_t fake_cudnnConvolutionForward(cudnnHandle_t handle, const void *alpha,
                                           const cudnnTensorDescriptor_t x, const void *x_data,
                                           const cudnnFilterDescriptor_t w, const void *w_data,
                                           const cudnnConvolutionDescriptor_t conv,
                                           cudnnConvolutionFwdAlgo_t algorithm, void *workspace,
                                           size_t workspace_bytes, const void *beta,
                                           const cudnnTensorDescriptor_t y, void *y_data)
{
    CALL(cudnnConvolutionForward);
    NEED(check_problem("cudnnConvolutionForward", handle, x, w, conv, y));
    struct fake_op op = convolution(x, x_data, w, w_data, conv, y, y_data);
    NEED(check_data(&op, algorithm, workspace, workspace_bytes, alpha, beta));
    if (fake.options.plain_unsupported)
        return CUDNN_STATUS_NOT_SUPPORTED;
    fake.math |= 1u << op.convolution.conv.math;
    op.cost_ns = fake.options.plain_ns;
    fake_put(&op, once_of(algorithm, false));
    return CUDNN_STATUS_SUCCESS;
}

static bool check_fused(cudnnTensorDescriptor_t z, const void *z_data, cudnnTensorDescriptor_t bias,
                        const void *bias_data, cudnnActivationDescriptor_t act,
                        cudnnConvolutionFwdAlgo_t algorithm, const struct fake_op *op)
{
    static const char call[] = "cudnnConvolutionBiasActivationForward";
    if (!fake_is(z, FAKE_TENSOR, call) || !fake_is(bias, FAKE_TENSOR, call) ||
        !fake_is(act, FAKE_ACT, call))
        return false;
    const struct fake_shape *b = &object_of(bias)->shape, *y = &op->convolution.y;
    const struct fake_act *a = &object_of(act)->act;
    if (!b->set || !a->set || memcmp(&object_of(z)->shape, y, sizeof(*y)) != 0)
        return fake_misuse("%s: a descriptor that is not set, or z is not like y", call);
    if (b->n != 1 || b->c != y->c || b->h != 1 || b->w != 1 || b->type != y->type)
        return fake_misuse("%s: a bias of another shape or type", call);
    if (a->nan != CUDNN_NOT_PROPAGATE_NAN ||
        (a->mode != CUDNN_ACTIVATION_RELU && a->mode != CUDNN_ACTIVATION_IDENTITY))
        return fake_misuse("%s: activation %d", call, a->mode);
    if (a->mode == CUDNN_ACTIVATION_IDENTITY &&
        algorithm != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM)
        return fake_misuse("%s: identity with algorithm %d", call, (int)algorithm);
    return fake_memory(bias_data, bytes_of(b), "bias") && fake_memory(z_data, bytes_of(y), "z");
}

cudnnStatus_t fake_cudnnConvolutionBiasActivationForward(
    cudnnHandle_t handle, const void *alpha1, const cudnnTensorDescriptor_t x, const void *x_data,
    const cudnnFilterDescriptor_t w, const void *w_data, const cudnnConvolutionDescriptor_t conv,
    cudnnConvolutionFwdAlgo_t algorithm, void *workspace, size_t workspace_bytes,
    const void *alpha2, const cudnnTensorDescriptor_t z, const void *z_data,
    const cudnnTensorDescriptor_t bias, const void *bias_data,
    const cudnnActivationDescriptor_t act, const cudnnTensorDescriptor_t y, void *y_data)
{
    CALL(cudnnConvolutionBiasActivationForward);
    NEED(check_problem("cudnnConvolutionBiasActivationForward", handle, x, w, conv, y));
    struct fake_op op = convolution(x, x_data, w, w_data, conv, y, y_data);
    NEED(check_data(&op, algorithm, workspace, workspace_bytes, alpha1, NULL));
    NEED(check_fused(z, z_data, bias, bias_data, act, algorithm, &op));
    float share = *(const float *)alpha2;
    NEED(share == 0.0f || share == 1.0f || fake_misuse("z scaled by other than 0 and 1"));
    NEED(z_data != x_data || share == 1.0f || fake_misuse("z is x"));
    if (fake.options.fused_unsupported)
        return fake.options.fused_bad ? CUDNN_STATUS_BAD_PARAM : CUDNN_STATUS_NOT_SUPPORTED;
    fake.math |= 1u << op.convolution.conv.math;
    op.cost_ns = fake.options.fused_ns;
    op.convolution.bias = bias_data;
    op.convolution.z = share == 1.0f ? z_data : NULL;
    op.convolution.relu = object_of(act)->act.mode == CUDNN_ACTIVATION_RELU;
    fake_put(&op, once_of(algorithm, true));
    return CUDNN_STATUS_SUCCESS;
}

static double value_at(const struct fake_shape *shape, const void *data, int n, int c, int h, int w)
{
    size_t index = shape->format == CUDNN_TENSOR_NHWC
                       ? (size_t)(((n * shape->h + h) * shape->w + w) * shape->c + c)
                       : (size_t)(((n * shape->c + c) * shape->h + h) * shape->w + w);
    return shape->type == CUDNN_DATA_HALF ? (double)awh_half_value(((const uint16_t *)data)[index])
                                          : (double)((const float *)data)[index];
}

static double sum_at(const struct fake_op *op, int k, int h, int w)
{
    const struct fake_shape *x = &op->convolution.x, *f = &op->convolution.w;
    const struct fake_conv *c = &op->convolution.conv;
    int first = k / (f->n / c->groups) * f->c;
    double sum = 0.0;
    for (int i = 0; i < f->c; i++)
        for (int r = 0; r < f->h; r++)
            for (int s = 0; s < f->w; s++) {
                int at_h = h * c->stride_h - c->pad_h + r * c->dilation_h;
                int at_w = w * c->stride_w - c->pad_w + s * c->dilation_w;
                if (at_h >= 0 && at_h < x->h && at_w >= 0 && at_w < x->w)
                    sum += value_at(x, op->in, 0, first + i, at_h, at_w) *
                           value_at(f, op->convolution.weights, k, i, r, s);
            }
    return sum;
}

void fake_convolve(const struct fake_op *op)
{
    const struct fake_shape *y = &op->convolution.y;
    const struct fake_shape bias = {
        .format = CUDNN_TENSOR_NCHW, .type = y->type, .n = 1, .c = y->c, .h = 1, .w = 1};
    for (int k = 0; k < y->c; k++)
        for (int h = 0; h < y->h; h++)
            for (int w = 0; w < y->w; w++) {
                double value = sum_at(op, k, h, w);
                if (op->convolution.bias)
                    value += value_at(&bias, op->convolution.bias, 0, k, 0, 0);
                if (op->convolution.z)
                    value += value_at(y, op->convolution.z, 0, k, h, w);
                if (op->convolution.relu && value < 0.0)
                    value = 0.0;
                size_t index = y->format == CUDNN_TENSOR_NHWC ? (size_t)((h * y->w + w) * y->c + k)
                                                              : (size_t)((k * y->h + h) * y->w + w);
                if (y->type == CUDNN_DATA_HALF)
                    ((uint16_t *)op->out)[index] = awh_half_of((float)value);
                else
                    ((float *)op->out)[index] = (float)value;
            }
}

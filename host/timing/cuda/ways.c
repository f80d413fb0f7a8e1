/* Which way a convolution is run: what cuDNN finds, tried with the net's own tensors, against each
 * other and against our own kernel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "timing/cuda/internal.h"

#define TUNE_RUNS 5

bool awh_cudnn_unsupported(cudnnStatus_t status)
{
    return CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED;
}

static bool is_depthwise(const struct awh_graph_tensor *x, const struct awh_node *node)
{
    return node->conv.groups > 1 && node->conv.groups == x->c;
}

/* -- Choices ----------------------------------------------------------------------------------- */

/* A layer for which the same choice is right. */
static struct awh_cuda_layer layer_of(const struct awh_cuda_net *net,
                                      const struct awh_cuda_work *work)
{
    return (struct awh_cuda_layer){.x = net->graph->tensors[work->node->in0],
                                   .conv = work->node->conv,
                                   .act = work->act,
                                   .adds = work->residual >= 0};
}

static bool is_like(const struct awh_cuda_layer *a, const struct awh_cuda_layer *b)
{
    const struct awh_conv *c = &a->conv, *d = &b->conv;
    return a->x.h == b->x.h && a->x.w == b->x.w && a->x.c == b->x.c && a->act == b->act &&
           a->adds == b->adds && c->out_ch == d->out_ch && c->kernel_h == d->kernel_h &&
           c->kernel_w == d->kernel_w && c->stride_h == d->stride_h && c->stride_w == d->stride_w &&
           c->pad_h == d->pad_h && c->pad_w == d->pad_w && c->groups == d->groups &&
           c->dilation == d->dilation && c->bias == d->bias;
}

static const struct awh_cuda_variant *find_choice(const struct awh_cuda_net *net,
                                                  const struct awh_cuda_work *work)
{
    struct awh_cuda_layer layer = layer_of(net, work);
    for (size_t i = 0; i < net->cuda->choice_count; i++)
        if (is_like(&net->cuda->choices[i].layer, &layer))
            return &net->cuda->choices[i].variant;
    return NULL;
}

/* An earlier convolution of the net that is like this one; NULL: there is none. */
static const struct awh_cuda_conv *find_twin(const struct awh_cuda_net *net,
                                             const struct awh_cuda_work *work)
{
    struct awh_cuda_layer layer = layer_of(net, work);
    for (const struct awh_cuda_work *other = net->work; other < work; other++) {
        struct awh_cuda_layer its = layer_of(net, other);
        if (other->conv && is_like(&its, &layer))
            return other->conv;
    }
    return NULL;
}

static enum aw_err keep_choice(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                               const struct awh_cuda_variant *variant, struct awh_diag *diag)
{
    struct awh_cuda *cuda = net->cuda;
    struct awh_cuda_choice *choices =
        awh_grow(cuda->choices, &cuda->choice_capacity, cuda->choice_count + 1, sizeof(*choices));
    if (!choices)
        return awh_fail_mem(diag);
    cuda->choices = choices;
    choices[cuda->choice_count++] = (struct awh_cuda_choice){
        .layer = layer_of(net, work),
        .variant = *variant,
    };
    return AW_OK;
}

/* -- Ways -------------------------------------------------------------------------------------- */

/* Whether an algorithm of this math type computes what the precision says: fp32 refuses tensor
 * cores, tf32 and fp16 a conversion of their values to something smaller. */
static bool is_allowed(const struct awh_cuda *cuda, cudnnMathType_t math)
{
    if (cuda->options.precision == AWH_PRECISION_FP32)
        return math == CUDNN_FMA_MATH || math == CUDNN_DEFAULT_MATH;
    return math != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION;
}

static void add_variant(struct awh_cuda_conv *conv, struct awh_cuda_variant variant)
{
    if (conv->variant_count < AWH_CUDA_VARIANTS_MAX)
        conv->variants[conv->variant_count++] = variant;
}

/* Whether the fused call computes this node with this algorithm. */
static bool is_fusable(const struct awh_cuda *cuda, const struct awh_cuda_work *work,
                       cudnnConvolutionFwdAlgo_t algorithm)
{
    if (cuda->options.mode != AWH_TIMING_FUSED || !work->node->conv.bias)
        return false;
    return work->act == AW_ACT_RELU ||
           (work->act == AW_ACT_NONE &&
            algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
}

/* An algorithm that cuDNN found; its workspace is asked for again, with the math type that it will
 * run with. The first that fits is the quickest plain way, the first that can be fused the quickest
 * fused one. */
static enum aw_err consider(const struct awh_cuda *cuda, struct awh_cuda_work *work,
                            const cudnnConvolutionFwdAlgoPerf_t *found, bool seen[2],
                            const struct awh_cuda_at *at)
{
    struct awh_cuda_conv *conv = work->conv;
    struct awh_cuda_variant variant = {
        .algorithm = found->algo,
        .math = cuda->options.precision == AWH_PRECISION_FP32 ? CUDNN_FMA_MATH : found->mathType,
    };
    enum aw_err err = AWH_CUDNN(at, cudnnSetConvolutionMathType, conv->conv, variant.math);
    if (err)
        return err;
    cudnnStatus_t status = at->api->cudnnGetConvolutionForwardWorkspaceSize(
        cuda->cudnn, conv->x, conv->filter, conv->conv, conv->y, variant.algorithm,
        &variant.workspace_bytes);
    if (awh_cudnn_unsupported(status))
        return AW_OK;
    err = awh_cudnn_status(at, "cudnnGetConvolutionForwardWorkspaceSize", status);
    if (err || variant.workspace_bytes > AWH_CUDA_WORKSPACE_MAX)
        return err;
    if (!seen[AWH_CUDA_FUSED] && is_fusable(cuda, work, variant.algorithm)) {
        variant.way = AWH_CUDA_FUSED;
        seen[variant.way] = true;
        add_variant(conv, variant);
    }
    if (!seen[AWH_CUDA_PLAIN]) {
        variant.way = AWH_CUDA_PLAIN;
        seen[variant.way] = true;
        add_variant(conv, variant);
    }
    return AW_OK;
}

/* cuDNN tries all its algorithms in memory of its own and gives them quickest first. */
static enum aw_err search(const struct awh_cuda *cuda, struct awh_cuda_work *work,
                          const struct awh_cuda_at *at)
{
    const struct awh_cuda_conv *conv = work->conv;
    int count = 0, found = 0;
    enum aw_err err =
        AWH_CUDNN(at, cudnnGetConvolutionForwardAlgorithmMaxCount, cuda->cudnn, &count);
    if (err)
        return err;
    cudnnConvolutionFwdAlgoPerf_t *perf = calloc((size_t)(count > 0 ? count : 1), sizeof(*perf));
    if (!perf)
        return awh_fail_mem(at->diag);
    cudnnStatus_t status = at->api->cudnnFindConvolutionForwardAlgorithm(
        cuda->cudnn, conv->x, conv->filter, conv->conv, conv->y, count, &found, perf);
    if (awh_cudnn_unsupported(status))
        found = 0;
    else
        err = awh_cudnn_status(at, "cudnnFindConvolutionForwardAlgorithm", status);
    bool seen[2] = {false, false};
    for (int i = 0; i < found && i < count && !err; i++)
        if (perf[i].status == CUDNN_STATUS_SUCCESS && is_allowed(cuda, perf[i].mathType))
            err = consider(cuda, work, &perf[i], seen, at);
    free(perf);
    return err;
}

/* What cuDNN finds, and our own kernel for depthwise convolutions and those for which it finds
 * nothing; of a layer that was there before, what was found then. */
enum aw_err awh_cuda_ways_find(const struct awh_cuda_net *net, struct awh_cuda_work *work,
                               const struct awh_cuda_at *at)
{
    const struct awh_node *node = work->node;
    struct awh_cuda_conv *conv = work->conv;
    const struct awh_cuda_variant *choice = find_choice(net, work);
    const struct awh_cuda_conv *twin = find_twin(net, work);
    if (choice) {
        add_variant(conv, *choice);
        return AW_OK;
    }
    for (size_t v = 0; twin && v < twin->variant_count; v++)
        add_variant(conv, twin->variants[v]);
    if (twin)
        return AW_OK;
    enum aw_err err = search(net->cuda, work, at);
    if (!err && (conv->variant_count == 0 || is_depthwise(&net->graph->tensors[node->in0], node)))
        add_variant(conv, (struct awh_cuda_variant){.way = AWH_CUDA_DIRECT});
    return err;
}

/* -- Tuning ------------------------------------------------------------------------------------ */

static enum aw_err time_once(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                             const struct awh_cuda_variant *variant, cudaEvent_t events[2],
                             float *ms_out, const struct awh_cuda_at *at)
{
    cudaStream_t stream = net->cuda->stream;
    enum aw_err err =
        AWH_CUDA(at, cudaEventRecordWithFlags, events[0], stream, cudaEventRecordDefault);
    if (!err)
        err = awh_cuda_way_run(net, work, variant, NULL, at);
    if (!err)
        err = AWH_CUDA(at, cudaEventRecordWithFlags, events[1], stream, cudaEventRecordDefault);
    if (!err)
        err = awh_cuda_sync(net->cuda, at);
    if (!err)
        err = AWH_CUDA(at, cudaEventElapsedTime, ms_out, events[0], events[1]);
    return err;
}

/* The first run shows whether the way can be gone at all, and loads what it needs. */
static enum aw_err try_variant(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                               struct awh_cuda_variant *variant, cudaEvent_t events[2],
                               bool *unsupported_out, const struct awh_cuda_at *at)
{
    enum aw_err err = AW_OK;
    if (variant->way != AWH_CUDA_DIRECT)
        err = AWH_CUDNN(at, cudnnSetConvolutionMathType, work->conv->conv, variant->math);
    if (!err)
        err = awh_cuda_way_run(net, work, variant, unsupported_out, at);
    if (!err)
        err = awh_cuda_sync(net->cuda, at);
    if (err || *unsupported_out)
        return err;
    for (int run = 0; run < TUNE_RUNS && !err; run++) {
        float ms = 0.0f;
        err = time_once(net, work, variant, events, &ms, at);
        if (run == 0 || (double)ms < variant->best_ms)
            variant->best_ms = (double)ms;
    }
    return err;
}

static const char *algorithm_name(cudnnConvolutionFwdAlgo_t algorithm)
{
    static const char *const names[CUDNN_CONVOLUTION_FWD_ALGO_COUNT] = {
        [CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM] = "implicit_gemm",
        [CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM] = "implicit_precomp_gemm",
        [CUDNN_CONVOLUTION_FWD_ALGO_GEMM] = "gemm",
        [CUDNN_CONVOLUTION_FWD_ALGO_DIRECT] = "direct",
        [CUDNN_CONVOLUTION_FWD_ALGO_FFT] = "fft",
        [CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING] = "fft_tiling",
        [CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD] = "winograd",
        [CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED] = "winograd_nonfused",
    };
    return (unsigned)algorithm < CUDNN_CONVOLUTION_FWD_ALGO_COUNT ? names[algorithm] : "unknown";
}

static const char *math_name(cudnnMathType_t math)
{
    switch (math) {
    case CUDNN_FMA_MATH:
        return "fma";
    case CUDNN_TENSOR_OP_MATH:
        return "tensor_op";
    case CUDNN_DEFAULT_MATH:
        return "default";
    default:
        return "unknown";
    }
}

static void name_variant(const struct awh_cuda_conv *conv, bool depthwise, struct awh_step *step)
{
    const struct awh_cuda_variant *variant = &conv->variants[0];
    if (variant->way == AWH_CUDA_DIRECT) {
        snprintf(step->implementation, sizeof(step->implementation), "kernel:conv");
        step->slow = !depthwise;
        return;
    }
    snprintf(step->implementation, sizeof(step->implementation), "cudnn:%s:%s%s (workspace %zu)",
             algorithm_name(variant->algorithm), math_name(variant->math),
             variant->way == AWH_CUDA_FUSED ? " fused"
             : conv->epilogue.blocks != 0   ? " + kernel:affine"
                                            : "",
             variant->workspace_bytes);
}

/* Leaves the quickest that runs as the only one; our own kernel when every way of cuDNN was refused
 * after all. */
static enum aw_err choose(const struct awh_cuda_net *net, const struct awh_cuda_work *work,
                          const struct awh_cuda_at *at)
{
    struct awh_cuda_conv *conv = work->conv;
    struct awh_cuda_variant best = {.way = AWH_CUDA_DIRECT, .best_ms = HUGE_VAL};
    for (size_t v = 0; v < conv->variant_count; v++) {
        bool unsupported = false;
        enum aw_err err = try_variant(net, work, &conv->variants[v], net->events, &unsupported, at);
        if (err)
            return err;
        if (!unsupported && conv->variants[v].best_ms < best.best_ms)
            best = conv->variants[v];
    }
    conv->variants[0] = best;
    conv->variant_count = 1;
    return keep_choice(net, work, &best, at->diag);
}

enum aw_err awh_cuda_way_choose(struct awh_cuda_net *net, struct awh_cuda_work *work,
                                struct awh_step *step, const struct awh_cuda_at *at)
{
    struct awh_cuda_conv *conv = work->conv;
    const struct awh_cuda_variant *choice = find_choice(net, work);
    enum aw_err err = AW_OK;
    if (choice)
        conv->variants[0] = *choice;
    else
        err = choose(net, work, at);
    if (err)
        return err;
    name_variant(conv, is_depthwise(&net->graph->tensors[work->node->in0], work->node), step);
    if (conv->variants[0].way == AWH_CUDA_DIRECT)
        return AW_OK;
    return AWH_CUDNN(at, cudnnSetConvolutionMathType, conv->conv, conv->variants[0].math);
}

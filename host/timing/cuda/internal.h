/* The CUDA engine's own parts.
 *
 * A net's tensors have a place each on the device. Its steps are its nodes, but for additions that
 * are done with the convolution before them (plan.c). A step is a convolution (conv.c), which has
 * several ways to run of which the quickest is found by trying, or one launch of a kernel of ours
 * (launch.c). Steps are put on the engine's stream, either directly (eager) or once into a CUDA
 * graph that every pass launches (fused), with events as stamps (pass.c). */
#ifndef AWH_CUDA_INTERNAL_H
#define AWH_CUDA_INTERNAL_H

#include "timing/cuda/api.h"
#include "timing/cuda/kernels.h"
#include "timing/engine.h"

/* An algorithm that wants more than this is passed over. */
#define AWH_CUDA_WORKSPACE_MAX ((size_t)1 << 30)

enum awh_cuda_kernel {
    AWH_CUDA_AFFINE,
    AWH_CUDA_BINARY,
    AWH_CUDA_GAP,
    AWH_CUDA_POOL,
    AWH_CUDA_CONV,
    AWH_CUDA_GATHER,
};
#define AWH_CUDA_KERNEL_COUNT (AWH_CUDA_GATHER + 1)

/* What NVML says; an UINT_MAX is unknown. */
struct awh_cuda_watch {
    struct awh_nvml_device *device; /* NULL: there is no NVML, or it does not know the device */
    bool initialised;
    char error[64];             /* why not */
    unsigned long long reasons; /* for throttling, all that were seen */
    bool knows_reasons;         /* at least one query was answered */
    unsigned low_mhz, high_mhz; /* SM clock at the end of samples; low_mhz 0: never known */
    bool throttled;             /* at the beginning of this sample */
};

enum awh_cuda_way {
    AWH_CUDA_PLAIN,  /* cudnnConvolutionForward, then bias and activation by a kernel of ours */
    AWH_CUDA_FUSED,  /* cudnnConvolutionBiasActivationForward */
    AWH_CUDA_DIRECT, /* a kernel of ours */
};

struct awh_cuda_variant {
    enum awh_cuda_way way;
    cudnnConvolutionFwdAlgo_t algorithm;
    cudnnMathType_t math;
    size_t workspace_bytes;
    double best_ms;
};
/* A convolution and the way that was found quickest. The same layer runs the same way wherever it
 * comes again, in this net or another. */
struct awh_cuda_layer {
    struct awh_graph_tensor x;
    struct awh_conv conv;
    enum aw_act act;
    bool adds; /* a residual */
};

struct awh_cuda_choice {
    struct awh_cuda_layer layer;
    struct awh_cuda_variant variant;
};

struct awh_cuda {
    const struct awh_cuda_api *api;
    struct awh_engine_options options;
    struct cudaDeviceProp properties;
    char bus_id[32];
    bool half, nhwc;
    bool graphs; /* passes are CUDA graphs */
    cudaStream_t stream;
    cudnnHandle_t cudnn;
    cudaLibrary_t library;
    cudaKernel_t kernels[AWH_CUDA_KERNEL_COUNT];
    void *flush; /* written to push everything else out of L2; NULL unless cold */
    size_t flush_bytes;
    double stamp_ns;
    struct awh_cuda_watch watch;
    struct awh_cuda_choice *choices;
    size_t choice_count, choice_capacity;
};

/* A launch of a kernel of ours, ready to go. */
struct awh_cuda_launch {
    enum awh_cuda_kernel kernel;
    unsigned blocks; /* 0: nothing to launch */
    union awh_k_args args;
};

#define AWH_CUDA_VARIANTS_MAX 3

struct awh_cuda_conv {
    cudnnTensorDescriptor_t x, y, bias;
    cudnnFilterDescriptor_t filter;
    cudnnConvolutionDescriptor_t conv;
    cudnnActivationDescriptor_t act;
    void *weights;
    float *shift;      /* bias as float; NULL: none */
    void *typed_shift; /* bias in the tensors' type, for FUSED; may be `shift` */
    struct awh_cuda_variant variants[AWH_CUDA_VARIANTS_MAX];
    size_t variant_count; /* the first is the one that runs, once tuned */
    struct awh_cuda_launch epilogue, direct;
};

struct awh_cuda_tensor {
    void *data;
    size_t count, bytes;
};

/* What a step does. An addition behind a convolution that nothing else reads is done with it
 * (fused); the step then makes what the addition makes. */
struct awh_cuda_work {
    const struct awh_node *node;
    int residual;                  /* tensor that is added; -1: none */
    int out;                       /* tensor that is made */
    enum aw_act act;               /* at the end */
    struct awh_cuda_conv *conv;    /* AWH_NODE_CONV */
    struct awh_cuda_launch launch; /* other ops */
    float *scale, *shift;          /* AWH_NODE_BATCH_NORM, on the device */
};

struct awh_cuda_net {
    struct awh_cuda *cuda;
    const struct awh_graph *graph;
    char name[41];
    struct awh_cuda_tensor *tensors; /* one a tensor of the graph */
    struct awh_cuda_work *work;      /* one a step */
    struct awh_step *steps;
    size_t *nodes; /* in the order of steps: what steps[i].nodes points into */
    size_t step_count;
    void *workspace; /* of all convolutions, one after the other */
    size_t workspace_bytes;
    cudaEvent_t *events; /* event_count of them: see pass.c */
    size_t event_count;
    cudaGraphExec_t layers, whole; /* fused */
};

static inline struct awh_cuda_at awh_cuda_at(const struct awh_cuda *cuda, const char *net,
                                             const char *layer, struct awh_diag *diag)
{
    return (struct awh_cuda_at){.api = cuda->api, .diag = diag, .net = net, .layer = layer};
}

/* -- device.c: NVML and the facts -- */
void awh_cuda_watch_open(struct awh_cuda *cuda);
void awh_cuda_watch_close(struct awh_cuda *cuda);
void awh_cuda_watch_begin(struct awh_cuda *cuda);
/* True when the clock was held down. */
bool awh_cuda_watch_end(struct awh_cuda *cuda);
enum aw_err awh_cuda_describe(void *engine, struct awh_arena *arena, struct awh_yaml *map,
                              struct awh_diag *diag);

/* -- layout.c: values between the host's order ([h][w][c], floats) and the device's -- */
uint16_t awh_half_of(float value); /* nearest, ties to even */
float awh_half_value(uint16_t bits);
/* `out` has room for the tensor in the device's type. */
void awh_cuda_pack(const struct awh_cuda *cuda, const struct awh_graph_tensor *shape,
                   const float *values, void *out);
void awh_cuda_unpack(const struct awh_cuda *cuda, const struct awh_graph_tensor *shape,
                     const void *packed, float *values);
/* OIHW to what the engine's layout wants. */
void awh_cuda_pack_weights(const struct awh_cuda *cuda, const struct awh_conv *conv, int32_t in_ch,
                           const float *weights, void *out);
static inline size_t awh_cuda_element(const struct awh_cuda *cuda)
{
    return cuda->half ? sizeof(uint16_t) : sizeof(float);
}

/* -- launch.c -- */
extern const char *const awh_cuda_kernel_names[AWH_CUDA_KERNEL_COUNT];
/* The launch that computes a node that is no convolution. AW_ERR_UNSUPPORTED for an op it does not
 * know. */
AW_MUST_USE enum aw_err awh_cuda_prepare(const struct awh_cuda_net *net, struct awh_cuda_work *work,
                                         const struct awh_cuda_at *at);
/* The same for what comes after a plain convolution, and for a direct one. */
void awh_cuda_prepare_conv(const struct awh_cuda_net *net, struct awh_cuda_work *work);
AW_MUST_USE enum aw_err awh_cuda_launch(const struct awh_cuda *cuda,
                                        const struct awh_cuda_launch *launch,
                                        const struct awh_cuda_at *at);
/* A copy of host bytes in new device memory. */
AW_MUST_USE enum aw_err awh_cuda_upload(const struct awh_cuda *cuda, const char *what,
                                        const void *bytes, size_t size, void **out,
                                        const struct awh_cuda_at *at);

/* -- conv.c -- */
/* Weights, descriptors and the ways that are worth a try. */
AW_MUST_USE enum aw_err awh_cuda_conv_open(struct awh_cuda_net *net, struct awh_cuda_work *work,
                                           const struct awh_node_weights *weights,
                                           const struct awh_cuda_at *at);
void awh_cuda_conv_close(const struct awh_cuda *cuda, struct awh_cuda_conv *conv);
AW_MUST_USE enum aw_err awh_cuda_conv_run(const struct awh_cuda_net *net,
                                          const struct awh_cuda_work *work,
                                          const struct awh_cuda_at *at);

/* Runs one way. Where *unsupported_out is given, one that cuDNN does not support sets it and is no
 * error. */
AW_MUST_USE enum aw_err awh_cuda_way_run(const struct awh_cuda_net *net,
                                         const struct awh_cuda_work *work,
                                         const struct awh_cuda_variant *variant,
                                         bool *unsupported_out, const struct awh_cuda_at *at);

/* -- ways.c -- */
bool awh_cudnn_unsupported(cudnnStatus_t status);
/* Fills the variants of a convolution that is described. */
AW_MUST_USE enum aw_err awh_cuda_ways_find(const struct awh_cuda_net *net,
                                           struct awh_cuda_work *work,
                                           const struct awh_cuda_at *at);
/* Tries them, with the net's workspace, and keeps the quickest; says in the step which it is. */
AW_MUST_USE enum aw_err awh_cuda_way_choose(struct awh_cuda_net *net, struct awh_cuda_work *work,
                                            struct awh_step *step, const struct awh_cuda_at *at);

/* -- pass.c -- */
AW_MUST_USE enum aw_err awh_cuda_step(const struct awh_cuda_net *net, size_t index,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_cuda_sync(const struct awh_cuda *cuda, const struct awh_cuda_at *at);
/* Events, a first pass without a graph (which loads whatever is loaded lazily: a capture must not),
 * and the graphs. */
AW_MUST_USE enum aw_err awh_cuda_passes_open(struct awh_cuda_net *net, struct awh_diag *diag);
void awh_cuda_passes_close(struct awh_cuda_net *net);
enum aw_err awh_cuda_pass_layers(void *engine, void *net, double *step_ns, int *verdicts,
                                 struct awh_diag *diag);
size_t awh_cuda_parts(const void *net);
enum aw_err awh_cuda_pass_whole(void *engine, void *net, double *total_ns, int *verdicts,
                                struct awh_diag *diag);
/* Sets stamp_ns: what two stamps with nothing between are apart, in the way passes are run. */
AW_MUST_USE enum aw_err awh_cuda_measure_stamp(struct awh_cuda *cuda, struct awh_diag *diag);
/* Creates events; on failure those that were made are destroyed. */
AW_MUST_USE enum aw_err awh_cuda_events_open(const struct awh_cuda *cuda, size_t count,
                                             cudaEvent_t *events, const struct awh_cuda_at *at);
void awh_cuda_events_close(const struct awh_cuda *cuda, size_t count, cudaEvent_t *events);

/* -- plan.c -- */
/* Fills the node, residual, out and act of work, and the steps, of a net whose arrays have room for
 * its nodes. */
AW_MUST_USE enum aw_err awh_cuda_plan(struct awh_cuda_net *net, struct awh_diag *diag);

/* -- net.c -- */
enum aw_err awh_cuda_load(void *engine, const struct awh_engine_load *load, void **net_out,
                          struct awh_diag *diag);
void awh_cuda_unload(void *engine, void *net);
const struct awh_step *awh_cuda_steps(const void *net, size_t *count_out);
enum aw_err awh_cuda_run_step(void *engine, void *net, size_t index, struct awh_diag *diag);
enum aw_err awh_cuda_read(void *engine, void *net, size_t step, float *values,
                          struct awh_diag *diag);

/* -- kernels.cu, as a fat binary -- */
extern const unsigned long long awh_cuda_kernels[];

#endif

/* Every call into CUDA, cuDNN and NVML goes through one table, so that tests drive the engine with
 * a recording fake: the order of calls, an error from every call in turn, nothing leaked. */
#ifndef AWH_CUDA_API_H
#define AWH_CUDA_API_H

#include <cuda_runtime.h>
#include <cudnn.h>

#include "base/diag.h"
#include "timing/cuda/nvml.h"

#define AWH_CUDA_CALLS(CALL)                                                                       \
    CALL(cudaDriverGetVersion)                                                                     \
    CALL(cudaRuntimeGetVersion)                                                                    \
    CALL(cudaGetDeviceCount)                                                                       \
    CALL(cudaGetDeviceProperties)                                                                  \
    CALL(cudaDeviceGetPCIBusId)                                                                    \
    CALL(cudaSetDevice)                                                                            \
    CALL(cudaMemGetInfo)                                                                           \
    CALL(cudaMalloc)                                                                               \
    CALL(cudaFree)                                                                                 \
    CALL(cudaMemcpyAsync)                                                                          \
    CALL(cudaMemsetAsync)                                                                          \
    CALL(cudaStreamCreateWithFlags)                                                                \
    CALL(cudaStreamDestroy)                                                                        \
    CALL(cudaStreamSynchronize)                                                                    \
    CALL(cudaStreamBeginCapture)                                                                   \
    CALL(cudaStreamEndCapture)                                                                     \
    CALL(cudaEventCreate)                                                                          \
    CALL(cudaEventDestroy)                                                                         \
    CALL(cudaEventRecordWithFlags)                                                                 \
    CALL(cudaEventElapsedTime)                                                                     \
    CALL(cudaGraphInstantiate)                                                                     \
    CALL(cudaGraphDestroy)                                                                         \
    CALL(cudaGraphExecDestroy)                                                                     \
    CALL(cudaGraphLaunch)                                                                          \
    CALL(cudaLibraryLoadData)                                                                      \
    CALL(cudaLibraryUnload)                                                                        \
    CALL(cudaLibraryGetKernel)                                                                     \
    CALL(cudaLaunchKernel)                                                                         \
    CALL(cudaGetErrorName)                                                                         \
    CALL(cudaGetErrorString)                                                                       \
    CALL(cudnnCreate)                                                                              \
    CALL(cudnnDestroy)                                                                             \
    CALL(cudnnSetStream)                                                                           \
    CALL(cudnnGetVersion)                                                                          \
    CALL(cudnnGetErrorString)                                                                      \
    CALL(cudnnCreateTensorDescriptor)                                                              \
    CALL(cudnnDestroyTensorDescriptor)                                                             \
    CALL(cudnnSetTensor4dDescriptor)                                                               \
    CALL(cudnnCreateFilterDescriptor)                                                              \
    CALL(cudnnDestroyFilterDescriptor)                                                             \
    CALL(cudnnSetFilter4dDescriptor)                                                               \
    CALL(cudnnCreateActivationDescriptor)                                                          \
    CALL(cudnnDestroyActivationDescriptor)                                                         \
    CALL(cudnnSetActivationDescriptor)                                                             \
    CALL(cudnnCreateConvolutionDescriptor)                                                         \
    CALL(cudnnDestroyConvolutionDescriptor)                                                        \
    CALL(cudnnSetConvolution2dDescriptor)                                                          \
    CALL(cudnnSetConvolutionGroupCount)                                                            \
    CALL(cudnnSetConvolutionMathType)                                                              \
    CALL(cudnnGetConvolutionForwardAlgorithmMaxCount)                                              \
    CALL(cudnnFindConvolutionForwardAlgorithm)                                                     \
    CALL(cudnnGetConvolutionForwardWorkspaceSize)                                                  \
    CALL(cudnnConvolutionForward)                                                                  \
    CALL(cudnnConvolutionBiasActivationForward)

struct awh_cuda_api {
#define AWH_CUDA_MEMBER(name)                    __typeof__(name) *name;
#define AWH_NVML_MEMBER(name, parameters, names) int(*name) parameters;
    AWH_CUDA_CALLS(AWH_CUDA_MEMBER)
    AWH_NVML_CALLS(AWH_NVML_MEMBER)
#undef AWH_CUDA_MEMBER
#undef AWH_NVML_MEMBER
};

/* The libraries themselves. */
extern const struct awh_cuda_api awh_cuda_libraries;

/* The table that the engine opens devices with; NULL: the libraries'. For tests, before anything is
 * opened; an open engine keeps its own. */
void awh_cuda_use(const struct awh_cuda_api *api);

/* Where a call is made, for messages: "net 3: layer 3_conv_7". */
struct awh_cuda_at {
    const struct awh_cuda_api *api;
    struct awh_diag *diag;
    const char *net, *layer; /* either may be NULL */
};

/* AW_OK for success, else an error of one line: where, the call, the library's own words. What the
 * device has no memory for is AW_ERR_NO_MEM. */
AW_MUST_USE enum aw_err awh_cuda_status(const struct awh_cuda_at *at, const char *call,
                                        cudaError_t status);
AW_MUST_USE enum aw_err awh_cudnn_status(const struct awh_cuda_at *at, const char *call,
                                         cudnnStatus_t status);

/* AWH_CUDA(at, cudaSetDevice, 0): a call that must succeed. */
#define AWH_CUDA(at, name, ...)  awh_cuda_status((at), #name, (at)->api->name(__VA_ARGS__))
#define AWH_CUDNN(at, name, ...) awh_cudnn_status((at), #name, (at)->api->name(__VA_ARGS__))

/* cudaMalloc of at least one byte; out of memory says what was asked for, for what, and what is
 * free. */
AW_MUST_USE enum aw_err awh_cuda_alloc(const struct awh_cuda_at *at, const char *what, size_t bytes,
                                       void **out);
/* "net 3: layer 3_conv_7: ", in `text`. */
const char *awh_cuda_where(const struct awh_cuda_at *at, char text[200]);

#endif

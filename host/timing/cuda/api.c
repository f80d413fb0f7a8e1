#include "timing/cuda/api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* -- NVML, opened when it is first needed ------------------------------------------------------ */

static struct {
#define AWH_NVML_MEMBER(name, parameters, names) int(*name) parameters;
    AWH_NVML_CALLS(AWH_NVML_MEMBER)
#undef AWH_NVML_MEMBER
} nvml;
static void *nvml_library;

static void open_nvml(void)
{
    nvml_library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!nvml_library)
        return;
#define AWH_NVML_FIND(name, parameters, names)                                                     \
    *(void **)&nvml.name = dlsym(nvml_library, #name); /* POSIX's own way to a function */
    AWH_NVML_CALLS(AWH_NVML_FIND)
#undef AWH_NVML_FIND
}

static int need_nvml(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, open_nvml);
    return nvml_library ? AWH_NVML_NO_FUNCTION : AWH_NVML_LIBRARY_NOT_FOUND;
}

#define AWH_NVML_CALL(name, parameters, names)                                                     \
    static int call_##name parameters                                                              \
    {                                                                                              \
        int missing = need_nvml();                                                                 \
        return nvml.name ? nvml.name names : missing;                                              \
    }
AWH_NVML_CALLS(AWH_NVML_CALL)
#undef AWH_NVML_CALL

/* -- The table --------------------------------------------------------------------------------- */

const struct awh_cuda_api awh_cuda_libraries = {
#define AWH_CUDA_MEMBER(name)                    .name = name,
#define AWH_NVML_MEMBER(name, parameters, names) .name = call_##name,
    AWH_CUDA_CALLS(AWH_CUDA_MEMBER) AWH_NVML_CALLS(AWH_NVML_MEMBER)
#undef AWH_CUDA_MEMBER
#undef AWH_NVML_MEMBER
};

/* -- Errors ------------------------------------------------------------------------------------ */

const char *awh_cuda_where(const struct awh_cuda_at *at, char text[200])
{
    snprintf(text, 200, "%s%.60s%s%s%.100s%s", at->net ? "net " : "", at->net ? at->net : "",
             at->net ? ": " : "", at->layer ? "layer " : "", at->layer ? at->layer : "",
             at->layer ? ": " : "");
    return text;
}

enum aw_err awh_cuda_status(const struct awh_cuda_at *at, const char *call, cudaError_t status)
{
    if (status == cudaSuccess)
        return AW_OK;
    char where[200];
    return awh_fail(at->diag, status == cudaErrorMemoryAllocation ? AW_ERR_NO_MEM : AW_ERR_IO,
                    "%s%s: %s (%s)", awh_cuda_where(at, where), call,
                    at->api->cudaGetErrorString(status), at->api->cudaGetErrorName(status));
}

enum aw_err awh_cudnn_status(const struct awh_cuda_at *at, const char *call, cudnnStatus_t status)
{
    if (status == CUDNN_STATUS_SUCCESS)
        return AW_OK;
    char where[200];
    enum aw_err err = AW_ERR_IO;
    if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
        status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
        err = AW_ERR_NO_MEM;
    else if (CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED)
        err = AW_ERR_UNSUPPORTED;
    return awh_fail(at->diag, err, "%s%s: %s", awh_cuda_where(at, where), call,
                    at->api->cudnnGetErrorString(status));
}

enum aw_err awh_cuda_alloc(const struct awh_cuda_at *at, const char *what, size_t bytes, void **out)
{
    void *memory = NULL;
    cudaError_t status = at->api->cudaMalloc(&memory, bytes ? bytes : 1);
    if (status == cudaErrorMemoryAllocation) {
        char where[200], left[64] = "unknown";
        size_t free_bytes = 0, total_bytes = 0;
        if (at->api->cudaMemGetInfo(&free_bytes, &total_bytes) == cudaSuccess)
            snprintf(left, sizeof(left), "%zu of %zu", free_bytes, total_bytes);
        return awh_fail(at->diag, AW_ERR_NO_MEM,
                        "%scudaMalloc: out of memory: %zu bytes for %s, %s bytes of the device "
                        "are free (%s)",
                        awh_cuda_where(at, where), bytes, what, left,
                        at->api->cudaGetErrorName(status));
    }
    enum aw_err err = awh_cuda_status(at, "cudaMalloc", status);
    if (!err)
        *out = memory;
    return err;
}

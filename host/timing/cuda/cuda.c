/* The CUDA engine: NVIDIA GPUs, through the CUDA runtime and cuDNN. */
#include <stdio.h>
#include <stdlib.h>

#include "timing/cuda/internal.h"

static const struct awh_cuda_api *current = &awh_cuda_libraries;

void awh_cuda_use(const struct awh_cuda_api *api)
{
    current = api ? api : &awh_cuda_libraries;
}

/* -- Devices ----------------------------------------------------------------------------------- */

/* Why there is no driver to speak to; what `status` says otherwise. */
static void say_driver(const struct awh_cuda_api *api, char *why, size_t capacity)
{
    int driver = 0, runtime = 0;
    if (api->cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
        snprintf(why, capacity, "no NVIDIA driver is loaded");
        return;
    }
    if (api->cudaRuntimeGetVersion(&runtime) != cudaSuccess)
        runtime = CUDART_VERSION;
    snprintf(why, capacity,
             "the NVIDIA driver is for CUDA %d.%d and this program needs %d.%d: update the driver",
             driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
}

static enum aw_err count_devices(unsigned *count_out, char *why, size_t capacity,
                                 struct awh_diag *diag)
{
    struct awh_cuda_at at = {.api = current, .diag = diag};
    int count = 0;
    cudaError_t status = current->cudaGetDeviceCount(&count);
    if (status == cudaErrorNoDevice || (status == cudaSuccess && count <= 0)) {
        snprintf(why, capacity, "there is no NVIDIA GPU (or CUDA_VISIBLE_DEVICES hides it)");
        count = 0;
    } else if (status == cudaErrorInsufficientDriver) {
        say_driver(current, why, capacity);
        count = 0;
    } else {
        enum aw_err err = awh_cuda_status(&at, "cudaGetDeviceCount", status);
        if (err)
            return err;
    }
    *count_out = (unsigned)count;
    return AW_OK;
}

static enum aw_err title(unsigned device, char *text, size_t capacity, struct awh_diag *diag)
{
    struct awh_cuda_at at = {.api = current, .diag = diag};
    struct cudaDeviceProp properties;
    enum aw_err err = AWH_CUDA(&at, cudaGetDeviceProperties, &properties, (int)device);
    if (!err)
        snprintf(text, capacity, "%.255s", properties.name);
    return err;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static enum aw_err check_options(const struct awh_engine_options *options, struct awh_diag *diag)
{
    switch (options->precision) {
    case AWH_PRECISION_FP32:
    case AWH_PRECISION_TF32:
    case AWH_PRECISION_FP16:
        break;
    default:
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "precision %s: expected fp32, tf32 or fp16 on a GPU",
                        awh_precision_name(options->precision));
    }
    if (options->threads != 0)
        return awh_fail(diag, AW_ERR_UNSUPPORTED, "%u threads: a GPU has no thread setting",
                        options->threads);
    return AW_OK;
}

static enum aw_err check_device(const struct awh_cuda *cuda, struct awh_diag *diag)
{
    if (cuda->options.precision == AWH_PRECISION_TF32 && cuda->properties.major < 8)
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "precision tf32: %.255s has compute capability %d.%d; TF32 begins with 8.0",
                        cuda->properties.name, cuda->properties.major, cuda->properties.minor);
    return AW_OK;
}

static enum aw_err open_device(struct awh_cuda *cuda, const struct awh_cuda_at *at)
{
    int device = (int)cuda->options.device;
    enum aw_err err = AWH_CUDA(at, cudaGetDeviceProperties, &cuda->properties, device);
    if (!err)
        err = check_device(cuda, at->diag);
    if (!err)
        err = AWH_CUDA(at, cudaDeviceGetPCIBusId, cuda->bus_id, (int)sizeof(cuda->bus_id), device);
    if (!err)
        err = AWH_CUDA(at, cudaSetDevice, device);
    if (!err)
        err = AWH_CUDA(at, cudaStreamCreateWithFlags, &cuda->stream, cudaStreamNonBlocking);
    if (!err)
        err = AWH_CUDNN(at, cudnnCreate, &cuda->cudnn);
    if (!err)
        err = AWH_CUDNN(at, cudnnSetStream, cuda->cudnn, cuda->stream);
    return err;
}

static enum aw_err open_kernels(struct awh_cuda *cuda, const struct awh_cuda_at *at)
{
    enum aw_err err = AWH_CUDA(at, cudaLibraryLoadData, &cuda->library, awh_cuda_kernels, NULL,
                               NULL, 0, NULL, NULL, 0);
    for (size_t i = 0; i < AWH_CUDA_KERNEL_COUNT && !err; i++) {
        char name[32];
        snprintf(name, sizeof(name), "awh_%s_%s", awh_cuda_kernel_names[i],
                 cuda->half ? "half" : "float");
        err = AWH_CUDA(at, cudaLibraryGetKernel, &cuda->kernels[i], cuda->library, name);
    }
    return err;
}

/* Twice what L2 holds, so that writing it leaves nothing else there. */
static enum aw_err open_flush(struct awh_cuda *cuda, const struct awh_cuda_at *at)
{
    if (!cuda->options.cold)
        return AW_OK;
    size_t l2 =
        cuda->properties.l2CacheSize > 0 ? (size_t)cuda->properties.l2CacheSize : (size_t)32 << 20;
    cuda->flush_bytes = 2 * l2;
    return awh_cuda_alloc(at, "the buffer that flushes L2", cuda->flush_bytes, &cuda->flush);
}

static void close_engine(void *engine)
{
    struct awh_cuda *cuda = engine;
    if (!cuda)
        return;
    awh_cuda_watch_close(cuda);
    if (cuda->flush)
        (void)cuda->api->cudaFree(cuda->flush);
    if (cuda->library)
        (void)cuda->api->cudaLibraryUnload(cuda->library);
    if (cuda->cudnn)
        (void)cuda->api->cudnnDestroy(cuda->cudnn);
    if (cuda->stream)
        (void)cuda->api->cudaStreamDestroy(cuda->stream);
    free(cuda->choices);
    free(cuda);
}

static enum aw_err open_engine(const struct awh_engine_options *options, void **engine_out,
                               struct awh_diag *diag)
{
    enum aw_err err = check_options(options, diag);
    if (err)
        return err;
    struct awh_cuda *cuda = calloc(1, sizeof(*cuda));
    if (!cuda)
        return awh_fail_mem(diag);
    cuda->api = current;
    cuda->options = *options;
    cuda->half = options->precision == AWH_PRECISION_FP16;
    cuda->graphs = options->mode == AWH_TIMING_FUSED;
    /* Tensor cores read halves of neighbouring channels; floats are as quick in nchw. */
    cuda->nhwc = options->mode == AWH_TIMING_FUSED && cuda->half;
    struct awh_cuda_at at = awh_cuda_at(cuda, NULL, NULL, diag);
    err = open_device(cuda, &at);
    if (!err)
        err = open_kernels(cuda, &at);
    if (!err)
        err = open_flush(cuda, &at);
    if (!err)
        err = awh_cuda_measure_stamp(cuda, diag);
    if (err) {
        close_engine(cuda);
        return err;
    }
    awh_cuda_watch_open(cuda);
    *engine_out = cuda;
    return AW_OK;
}

/* -- Samples ----------------------------------------------------------------------------------- */

static double stamp_ns(void *engine)
{
    return ((const struct awh_cuda *)engine)->stamp_ns;
}

static const char *const rejects[] = {"throttled", NULL};

const struct awh_engine_ops awh_engine_cuda = {
    .name = "cuda",
    .count = count_devices,
    .title = title,
    .open = open_engine,
    .close = close_engine,
    .describe = awh_cuda_describe,
    .load = awh_cuda_load,
    .unload = awh_cuda_unload,
    .steps = awh_cuda_steps,
    .run_step = awh_cuda_run_step,
    .read = awh_cuda_read,
    .pass_layers = awh_cuda_pass_layers,
    .parts = awh_cuda_parts,
    .pass_whole = awh_cuda_pass_whole,
    .stamp_ns = stamp_ns,
    .rejects = rejects,
};

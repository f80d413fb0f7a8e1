/* The CUDA runtime and NVML of the fake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing/cuda/fake/state.h"

#define GIB ((size_t)1 << 30)

/* The call that is made to fail returns an error that nothing expects. */
#define CALL(name)                                                                                 \
    do {                                                                                           \
        if (fake_call(#name))                                                                      \
            return cudaErrorUnknown;                                                               \
    } while (0)
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return cudaErrorInvalidValue;                                                          \
    } while (0)
/* What is not allowed on a stream that is being captured. */
#define NOT_CAPTURING(name) NEED(!fake.capturing || fake_misuse(#name " during a capture"))

cudaError_t fake_cudaDriverGetVersion(int *version)
{
    CALL(cudaDriverGetVersion);
    *version = fake.options.driver_version;
    return cudaSuccess;
}

cudaError_t fake_cudaRuntimeGetVersion(int *version)
{
    CALL(cudaRuntimeGetVersion);
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t fake_cudaGetDeviceCount(int *count)
{
    CALL(cudaGetDeviceCount);
    if (fake.options.no_driver)
        return cudaErrorInsufficientDriver;
    if (fake.options.devices == 0)
        return cudaErrorNoDevice;
    *count = fake.options.devices;
    return cudaSuccess;
}

cudaError_t fake_cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
    CALL(cudaGetDeviceProperties);
    NEED((device >= 0 && device < fake.options.devices) || fake_misuse("device %d", device));
    memset(properties, 0, sizeof(*properties));
    snprintf(properties->name, sizeof(properties->name), "Fake GPU %d", device);
    properties->major = fake.options.compute_major;
    properties->totalGlobalMem = fake.options.memory_bytes;
    properties->l2CacheSize = 1 << 16;
    properties->multiProcessorCount = 4;
    return cudaSuccess;
}

cudaError_t fake_cudaDeviceGetPCIBusId(char *id, int length, int device)
{
    CALL(cudaDeviceGetPCIBusId);
    NEED(length >= 13 || fake_misuse("a PCI bus id in %d bytes", length));
    snprintf(id, (size_t)length, "0000:%02X:00.0", (unsigned)device & 0xFF);
    return cudaSuccess;
}

cudaError_t fake_cudaSetDevice(int device)
{
    CALL(cudaSetDevice);
    NEED((device >= 0 && device < fake.options.devices) || fake_misuse("device %d", device));
    return cudaSuccess;
}

/* -- Memory ------------------------------------------------------------------------------------ */

static size_t memory_bytes(void)
{
    return fake.options.memory_bytes ? fake.options.memory_bytes : GIB;
}

cudaError_t fake_cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    CALL(cudaMemGetInfo);
    *total_bytes = memory_bytes();
    *free_bytes = *total_bytes - fake.used_bytes;
    return cudaSuccess;
}

cudaError_t fake_cudaMalloc(void **out, size_t bytes)
{
    CALL(cudaMalloc);
    NOT_CAPTURING(cudaMalloc);
    NEED(bytes > 0 || fake_misuse("cudaMalloc of nothing"));
    if (bytes > memory_bytes() - fake.used_bytes)
        return cudaErrorMemoryAllocation;
    struct fake_object *object = fake_new(FAKE_MEMORY);
    object->data = malloc(bytes);
    if (!object->data)
        abort();
    memset(object->data, 0x7F, bytes); /* not numbers, for floats and halves alike: 3.4e38, nan */
    object->bytes = bytes;
    fake.used_bytes += bytes;
    *out = object->data;
    return cudaSuccess;
}

cudaError_t fake_cudaFree(void *pointer)
{
    bool fails = fake_call("cudaFree");
    struct fake_object *object = fake.objects;
    while (object && !(object->alive && object->kind == FAKE_MEMORY && object->data == pointer))
        object = object->next;
    NEED(object || fake_misuse("cudaFree of what cudaMalloc did not give"));
    fake_drop(object);
    return fails ? cudaErrorUnknown : cudaSuccess;
}

/* -- Streams and events ------------------------------------------------------------------------ */

#define CREATE(call, kind, out)                                                                    \
    do {                                                                                           \
        CALL(call);                                                                                \
        NOT_CAPTURING(call);                                                                       \
        *(out) = (void *)fake_new(kind);                                                           \
        return cudaSuccess;                                                                        \
    } while (0)
/* What a destruction destroys is gone even when it reports an error. */
#define DESTROY(call, kind, handle)                                                                \
    do {                                                                                           \
        bool fails = fake_call(#call);                                                             \
        NEED(fake_is(handle, kind, #call));                                                        \
        fake_drop((struct fake_object *)(handle));                                                 \
        return fails ? cudaErrorUnknown : cudaSuccess;                                             \
    } while (0)

cudaError_t fake_cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    NEED(flags == cudaStreamNonBlocking || fake_misuse("stream flags %u", flags));
    CREATE(cudaStreamCreateWithFlags, FAKE_STREAM, stream);
}

cudaError_t fake_cudaStreamDestroy(cudaStream_t stream)
{
    NOT_CAPTURING(cudaStreamDestroy);
    DESTROY(cudaStreamDestroy, FAKE_STREAM, stream);
}

cudaError_t fake_cudaEventCreate(cudaEvent_t *event)
{
    CREATE(cudaEventCreate, FAKE_EVENT, event);
}

cudaError_t fake_cudaEventDestroy(cudaEvent_t event)
{
    DESTROY(cudaEventDestroy, FAKE_EVENT, event);
}

cudaError_t fake_cudaStreamSynchronize(cudaStream_t stream)
{
    bool fails = fake_call("cudaStreamSynchronize");
    NEED(fake_is(stream, FAKE_STREAM, "cudaStreamSynchronize"));
    NOT_CAPTURING(cudaStreamSynchronize);
    fake_drain();
    return fails ? cudaErrorUnknown : cudaSuccess;
}

cudaError_t fake_cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags)
{
    CALL(cudaEventRecordWithFlags);
    NEED(fake_is(stream, FAKE_STREAM, "cudaEventRecordWithFlags") &&
         fake_is(event, FAKE_EVENT, "cudaEventRecordWithFlags"));
    NEED(flags == (fake.capturing ? cudaEventRecordExternal : cudaEventRecordDefault) ||
         fake_misuse("event flags %u", flags));
    struct fake_object *object = (struct fake_object *)event;
    object->recorded = false; /* until the work before it is done */
    fake_put(&(struct fake_op){.kind = FAKE_RECORD, .cost_ns = 500.0, .object = object}, -1);
    return cudaSuccess;
}

cudaError_t fake_cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end)
{
    CALL(cudaEventElapsedTime);
    NEED(fake_is(begin, FAKE_EVENT, "cudaEventElapsedTime") &&
         fake_is(end, FAKE_EVENT, "cudaEventElapsedTime"));
    const struct fake_object *a = (const struct fake_object *)begin,
                             *b = (const struct fake_object *)end;
    NEED((a->recorded && b->recorded) || fake_misuse("the time of events that have not happened"));
    NEED(a->at_ns <= b->at_ns || fake_misuse("a time that runs backwards"));
    *ms = (float)((b->at_ns - a->at_ns) / 1e6);
    return cudaSuccess;
}

/* -- Copies ------------------------------------------------------------------------------------ */

static bool is_device(const void *pointer)
{
    for (const struct fake_object *object = fake.objects; object; object = object->next)
        if (object->alive && object->kind == FAKE_MEMORY && (const char *)pointer >= object->data &&
            (const char *)pointer < object->data + object->bytes)
            return true;
    return false;
}

cudaError_t fake_cudaMemcpyAsync(void *out, const void *in, size_t bytes, enum cudaMemcpyKind kind,
                                 cudaStream_t stream)
{
    CALL(cudaMemcpyAsync);
    NEED(fake_is(stream, FAKE_STREAM, "cudaMemcpyAsync"));
    NOT_CAPTURING(cudaMemcpyAsync);
    const void *device = kind == cudaMemcpyHostToDevice ? out : in;
    const void *host = kind == cudaMemcpyHostToDevice ? in : out;
    NEED(kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToHost ||
         fake_misuse("a copy of kind %d", (int)kind));
    NEED(fake_memory(device, bytes, "cudaMemcpyAsync"));
    NEED(!is_device(host) || fake_misuse("cudaMemcpyAsync: the host's side is on the device"));
    fake_put(&(struct fake_op){.kind = FAKE_COPY, .out = out, .in = in, .bytes = bytes}, -1);
    return cudaSuccess;
}

cudaError_t fake_cudaMemsetAsync(void *out, int value, size_t bytes, cudaStream_t stream)
{
    CALL(cudaMemsetAsync);
    NEED(fake_is(stream, FAKE_STREAM, "cudaMemsetAsync"));
    NEED(fake_memory(out, bytes, "cudaMemsetAsync"));
    fake_put(&(struct fake_op){.kind = FAKE_FILL,
                               .cost_ns = 1e6, /* must never be inside a time */
                               .out = out,
                               .value = value,
                               .bytes = bytes},
             -1);
    return cudaSuccess;
}

/* -- Graphs ------------------------------------------------------------------------------------ */

cudaError_t fake_cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
    CALL(cudaStreamBeginCapture);
    NEED(fake_is(stream, FAKE_STREAM, "cudaStreamBeginCapture"));
    NOT_CAPTURING(cudaStreamBeginCapture);
    NEED(mode == cudaStreamCaptureModeThreadLocal || fake_misuse("capture mode %d", (int)mode));
    fake.capturing = true;
    fake.captured.count = 0;
    return cudaSuccess;
}

cudaError_t fake_cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    bool fails = fake_call("cudaStreamEndCapture");
    NEED(fake_is(stream, FAKE_STREAM, "cudaStreamEndCapture"));
    NEED(fake.capturing || fake_misuse("the end of no capture"));
    fake.capturing = false;
    if (fails)
        return cudaErrorUnknown;
    struct fake_object *object = fake_new(FAKE_GRAPH);
    object->list = fake.captured;
    fake.captured = (struct fake_list){0};
    *graph = (void *)object;
    return cudaSuccess;
}

cudaError_t fake_cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph,
                                      unsigned long long flags)
{
    CALL(cudaGraphInstantiate);
    NEED(fake_is(graph, FAKE_GRAPH, "cudaGraphInstantiate"));
    NEED(flags == 0 || fake_misuse("graph flags %llu", flags));
    const struct fake_list *list = &((const struct fake_object *)graph)->list;
    struct fake_object *object = fake_new(FAKE_EXEC);
    object->list = (struct fake_list){.count = list->count, .capacity = list->count};
    object->list.ops = malloc((list->count + 1) * sizeof(*list->ops));
    if (!object->list.ops)
        abort();
    if (list->count > 0)
        memcpy(object->list.ops, list->ops, list->count * sizeof(*list->ops));
    *exec = (void *)object;
    return cudaSuccess;
}

cudaError_t fake_cudaGraphDestroy(cudaGraph_t graph)
{
    DESTROY(cudaGraphDestroy, FAKE_GRAPH, graph);
}

cudaError_t fake_cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    DESTROY(cudaGraphExecDestroy, FAKE_EXEC, exec);
}

cudaError_t fake_cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    CALL(cudaGraphLaunch);
    NEED(fake_is(stream, FAKE_STREAM, "cudaGraphLaunch") &&
         fake_is(exec, FAKE_EXEC, "cudaGraphLaunch"));
    NOT_CAPTURING(cudaGraphLaunch);
    const struct fake_list *list = &((struct fake_object *)exec)->list;
    for (size_t i = 0; i < list->count; i++)
        if (list->ops[i].kind == FAKE_RECORD)
            list->ops[i].object->recorded = false;
    fake_put(&(struct fake_op){.kind = FAKE_GRAPH_RUN,
                               .cost_ns = 5000.0,
                               .object = (struct fake_object *)exec},
             -1);
    return cudaSuccess;
}

/* -- Kernels ----------------------------------------------------------------------------------- */

/* A kernel's handle: where its index lies. */
static char kernel_handles[FAKE_KERNELS];

cudaError_t fake_cudaLibraryLoadData(cudaLibrary_t *library, const void *code,
                                     enum cudaJitOption *jit, void **jit_values, unsigned jit_count,
                                     enum cudaLibraryOption *options, void **values, unsigned count)
{
    (void)jit, (void)jit_values, (void)options, (void)values;
    NEED(jit_count == 0 && count == 0);
    NEED(*(const unsigned *)code == 0xBA55ED50u || fake_misuse("code that is no fat binary"));
    CREATE(cudaLibraryLoadData, FAKE_LIBRARY, library);
}

cudaError_t fake_cudaLibraryUnload(cudaLibrary_t library)
{
    DESTROY(cudaLibraryUnload, FAKE_LIBRARY, library);
}

cudaError_t fake_cudaLibraryGetKernel(cudaKernel_t *kernel, cudaLibrary_t library, const char *name)
{
    CALL(cudaLibraryGetKernel);
    NEED(fake_is(library, FAKE_LIBRARY, "cudaLibraryGetKernel"));
    int index = fake_kernel_find(name);
    NEED(index >= 0 || fake_misuse("no kernel %s", name));
    *kernel = (void *)&kernel_handles[index];
    return cudaSuccess;
}

cudaError_t fake_cudaLaunchKernel(const void *function, dim3 grid, dim3 block, void **args,
                                  size_t shared, cudaStream_t stream)
{
    CALL(cudaLaunchKernel);
    NEED(fake_is(stream, FAKE_STREAM, "cudaLaunchKernel"));
    const char *handle = function;
    NEED((handle >= kernel_handles && handle < kernel_handles + FAKE_KERNELS) ||
         fake_misuse("a launch of no kernel"));
    NEED((grid.x > 0 && grid.y == 1 && grid.z == 1 && block.x == AWH_K_BLOCK && block.y == 1 &&
          block.z == 1 && shared == 0) ||
         fake_misuse("a launch of %u blocks of %u threads", grid.x, block.x));
    int kernel = (int)(handle - kernel_handles);
    struct fake_op op = {
        .kind = FAKE_KERNEL, .cost_ns = 2000.0, .kernel = kernel, .blocks = grid.x};
    if (fake_kernel_is_conv(kernel))
        op.cost_ns = fake.options.direct_ns;
    memcpy(&op.args, args[0], fake_kernel_args(kernel));
    NEED(fake_kernel_check(kernel, grid.x, &op.args));
    fake_put(&op, kernel);
    return cudaSuccess;
}

/* -- Errors ------------------------------------------------------------------------------------ */

const char *fake_cudaGetErrorName(cudaError_t error)
{
    return error == cudaErrorUnknown            ? "cudaErrorUnknown"
           : error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation"
                                                : "cudaErrorInvalidValue";
}

const char *fake_cudaGetErrorString(cudaError_t error)
{
    return error == cudaErrorUnknown            ? "unknown error"
           : error == cudaErrorMemoryAllocation ? "out of memory"
                                                : "invalid argument";
}

/* -- NVML -------------------------------------------------------------------------------------- */

#define NVML_CALL(name)                                                                            \
    do {                                                                                           \
        if (fake_call(#name))                                                                      \
            return 999;                                                                            \
    } while (0)
#define NVML_DEVICE(name)                                                                          \
    do {                                                                                           \
        NVML_CALL(name);                                                                           \
        if (!fake_is(device, FAKE_NVML, #name))                                                    \
            return 2;                                                                              \
    } while (0)

int fake_nvmlInit_v2(void)
{
    NVML_CALL(nvmlInit_v2);
    if (!fake.options.nvml)
        return AWH_NVML_LIBRARY_NOT_FOUND;
    (void)fake_new(FAKE_NVML);
    return AWH_NVML_SUCCESS;
}

int fake_nvmlShutdown(void)
{
    bool fails = fake_call("nvmlShutdown");
    for (struct fake_object *object = fake.objects; object; object = object->next)
        if (object->kind == FAKE_NVML && object->alive) {
            fake_drop(object);
            return fails ? 999 : AWH_NVML_SUCCESS;
        }
    (void)fake_misuse("nvmlShutdown without nvmlInit_v2");
    return 1;
}

int fake_nvmlSystemGetDriverVersion(char *version, unsigned length)
{
    NVML_CALL(nvmlSystemGetDriverVersion);
    snprintf(version, length, "580.65.06");
    return AWH_NVML_SUCCESS;
}

/* The device is the library itself: it lives as long. */
int fake_nvmlDeviceGetHandleByPciBusId_v2(const char *id, struct awh_nvml_device **device)
{
    NVML_CALL(nvmlDeviceGetHandleByPciBusId_v2);
    struct fake_object *object = fake.objects;
    while (object && !(object->kind == FAKE_NVML && object->alive))
        object = object->next;
    if (!object || strncmp(id, "0000:", 5) != 0) {
        (void)fake_misuse("NVML device %s", id);
        return 2;
    }
    *device = (void *)object;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetClockInfo(struct awh_nvml_device *device, int type, unsigned *mhz)
{
    NVML_DEVICE(nvmlDeviceGetClockInfo);
    *mhz = type == AWH_NVML_CLOCK_SM ? 1410 : 2619;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetMaxClockInfo(struct awh_nvml_device *device, int type, unsigned *mhz)
{
    NVML_DEVICE(nvmlDeviceGetMaxClockInfo);
    *mhz = type == AWH_NVML_CLOCK_SM ? 1980 : 2619;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetTemperature(struct awh_nvml_device *device, int sensor, unsigned *celsius)
{
    NVML_DEVICE(nvmlDeviceGetTemperature);
    *celsius = sensor == AWH_NVML_TEMPERATURE_GPU ? 41 : 0;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetCurrentClocksThrottleReasons(struct awh_nvml_device *device,
                                                   unsigned long long *reasons)
{
    NVML_DEVICE(nvmlDeviceGetCurrentClocksThrottleReasons);
    *reasons = fake.options.throttle_reasons;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetPowerUsage(struct awh_nvml_device *device, unsigned *milliwatts)
{
    NVML_DEVICE(nvmlDeviceGetPowerUsage);
    *milliwatts = 70000;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetEnforcedPowerLimit(struct awh_nvml_device *device, unsigned *milliwatts)
{
    NVML_DEVICE(nvmlDeviceGetEnforcedPowerLimit);
    *milliwatts = 700000;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetPersistenceMode(struct awh_nvml_device *device, int *enabled)
{
    NVML_DEVICE(nvmlDeviceGetPersistenceMode);
    *enabled = 1;
    return AWH_NVML_SUCCESS;
}

int fake_nvmlDeviceGetMigMode(struct awh_nvml_device *device, unsigned *now, unsigned *pending)
{
    NVML_DEVICE(nvmlDeviceGetMigMode);
    *now = *pending = 0;
    return AWH_NVML_NOT_SUPPORTED;
}

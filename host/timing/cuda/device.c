/* What the device is and how it fares: facts of results, and the watch on its clock. NVML is asked
 * where it is; without it results say "unknown", and no sample is refused for throttling. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "timing/cuda/internal.h"

/* -- The watch --------------------------------------------------------------------------------- */

static const char *nvml_text(int status)
{
    switch (status) {
    case AWH_NVML_NOT_SUPPORTED:
        return "not supported by the device";
    case AWH_NVML_LIBRARY_NOT_FOUND:
        return "libnvidia-ml.so.1 was not found";
    case AWH_NVML_NO_FUNCTION:
        return "libnvidia-ml.so.1 lacks a function";
    default:
        return NULL;
    }
}

static void watch_error(struct awh_cuda_watch *watch, const char *call, int status)
{
    const char *text = nvml_text(status);
    if (text)
        snprintf(watch->error, sizeof(watch->error), "%s", text);
    else
        snprintf(watch->error, sizeof(watch->error), "%.32s: error %d", call, status);
}

void awh_cuda_watch_open(struct awh_cuda *cuda)
{
    struct awh_cuda_watch *watch = &cuda->watch;
    int status = cuda->api->nvmlInit_v2();
    if (status != AWH_NVML_SUCCESS) {
        watch_error(watch, "nvmlInit_v2", status);
        return;
    }
    watch->initialised = true;
    status = cuda->api->nvmlDeviceGetHandleByPciBusId_v2(cuda->bus_id, &watch->device);
    if (status != AWH_NVML_SUCCESS) {
        watch->device = NULL;
        watch_error(watch, "nvmlDeviceGetHandleByPciBusId_v2", status);
    }
}

void awh_cuda_watch_close(struct awh_cuda *cuda)
{
    if (cuda->watch.initialised)
        (void)cuda->api->nvmlShutdown();
    cuda->watch.initialised = false;
    cuda->watch.device = NULL;
}

static bool is_throttled(struct awh_cuda *cuda)
{
    struct awh_cuda_watch *watch = &cuda->watch;
    unsigned long long reasons = 0;
    if (!watch->device || cuda->api->nvmlDeviceGetCurrentClocksThrottleReasons(
                              watch->device, &reasons) != AWH_NVML_SUCCESS)
        return false;
    watch->knows_reasons = true;
    watch->reasons |= reasons;
    return (reasons & AWH_NVML_THROTTLED) != 0;
}

void awh_cuda_watch_begin(struct awh_cuda *cuda)
{
    cuda->watch.throttled = is_throttled(cuda);
}

bool awh_cuda_watch_end(struct awh_cuda *cuda)
{
    struct awh_cuda_watch *watch = &cuda->watch;
    unsigned mhz = 0;
    bool throttled = is_throttled(cuda) || watch->throttled;
    if (watch->device &&
        cuda->api->nvmlDeviceGetClockInfo(watch->device, AWH_NVML_CLOCK_SM, &mhz) ==
            AWH_NVML_SUCCESS &&
        mhz > 0) {
        if (watch->low_mhz == 0 || mhz < watch->low_mhz)
            watch->low_mhz = mhz;
        if (mhz > watch->high_mhz)
            watch->high_mhz = mhz;
    }
    return throttled;
}

/* -- Facts ------------------------------------------------------------------------------------- */

struct facts {
    struct awh_arena *arena;
    struct awh_yaml *map;
    bool ok; /* false: memory is short */
};

static void set(struct facts *facts, const char *key, struct awh_yaml *value)
{
    facts->ok = awh_yaml_set(facts->arena, facts->map, key, value) && facts->ok;
}

static void set_text(struct facts *facts, const char *key, const char *text)
{
    set(facts, key, awh_yaml_new_str(facts->arena, text));
}

static void set_int(struct facts *facts, const char *key, int64_t value)
{
    set(facts, key, awh_yaml_new_int(facts->arena, value));
}

static void set_bool(struct facts *facts, const char *key, bool value)
{
    set(facts, key, awh_yaml_new_bool(facts->arena, value));
}

/* CUDA's 13000 is 13.0. */
static void set_version(struct facts *facts, const char *key, int version)
{
    char text[32];
    snprintf(text, sizeof(text), "%d.%d", version / 1000, version % 1000 / 10);
    set_text(facts, key, text);
}

static void set_unsigned(struct facts *facts, const char *key, int status, unsigned value)
{
    if (status == AWH_NVML_SUCCESS)
        set_int(facts, key, (int64_t)value);
    else
        set_text(facts, key, "unknown");
}

static void add_properties(struct facts *facts, const struct awh_cuda *cuda)
{
    const struct cudaDeviceProp *p = &cuda->properties;
    char text[64];
    set_text(facts, "name", p->name);
    snprintf(text, sizeof(text), "%d.%d", p->major, p->minor);
    set_text(facts, "compute_capability", text);
    set_text(facts, "pci_bus_id", cuda->bus_id);
    set_int(facts, "memory_bytes", (int64_t)p->totalGlobalMem);
    set_int(facts, "l2_bytes", p->l2CacheSize);
    set_int(facts, "multiprocessors", p->multiProcessorCount);
    set_bool(facts, "ecc", p->ECCEnabled != 0);
    set_bool(facts, "mps", p->mpsEnabled != 0);
    set_text(facts, "layout", cuda->nhwc ? "nhwc" : "nchw");
    set_text(facts, "launch", cuda->graphs ? "cuda graph" : "stream");
    if (cuda->flush)
        set_int(facts, "flush_bytes", (int64_t)cuda->flush_bytes);
}

static enum aw_err add_versions(struct facts *facts, const struct awh_cuda *cuda,
                                const struct awh_cuda_at *at)
{
    int driver = 0, runtime = 0;
    char text[64];
    enum aw_err err = AWH_CUDA(at, cudaDriverGetVersion, &driver);
    if (!err)
        err = AWH_CUDA(at, cudaRuntimeGetVersion, &runtime);
    if (err)
        return err;
    size_t cudnn = cuda->api->cudnnGetVersion(); /* 91900 is 9.19.0 */
    snprintf(text, sizeof(text), "cuDNN %zu.%zu.%zu", cudnn / 10000, cudnn / 100 % 100,
             cudnn % 100);
    set_text(facts, "library", text);
    set_version(facts, "cuda_runtime", runtime);
    set_version(facts, "cuda_driver", driver);
    return AW_OK;
}

static void add_switches(struct facts *facts, const struct awh_cuda *cuda)
{
    struct awh_nvml_device *device = cuda->watch.device;
    int persistence = 0;
    unsigned mig = 0, pending = 0;
    if (cuda->api->nvmlDeviceGetPersistenceMode(device, &persistence) == AWH_NVML_SUCCESS)
        set_bool(facts, "persistence_mode", persistence != 0);
    else
        set_text(facts, "persistence_mode", "unknown");
    if (cuda->api->nvmlDeviceGetMigMode(device, &mig, &pending) == AWH_NVML_SUCCESS)
        set_bool(facts, "mig_mode", mig != 0);
    else
        set_text(facts, "mig_mode", "unknown");
}

static void add_reasons(struct facts *facts, const struct awh_cuda_watch *watch)
{
    static const struct {
        unsigned long long bit;
        const char *name;
    } known[] = {
        {0x01, "gpu_idle"},
        {0x02, "applications_clocks_setting"},
        {AWH_NVML_SW_POWER_CAP, "sw_power_cap"},
        {AWH_NVML_HW_SLOWDOWN, "hw_slowdown"},
        {0x10, "sync_boost"},
        {AWH_NVML_SW_THERMAL, "sw_thermal_slowdown"},
        {AWH_NVML_HW_THERMAL, "hw_thermal_slowdown"},
        {AWH_NVML_HW_POWER_BRAKE, "hw_power_brake_slowdown"},
        {0x100, "display_clock_setting"},
    };
    if (!watch->knows_reasons) {
        set_text(facts, "throttle_reasons", "unknown");
        return;
    }
    struct awh_yaml *list = awh_yaml_new_seq(facts->arena);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (watch->reasons & known[i].bit)
            facts->ok =
                awh_yaml_push(facts->arena, list, awh_yaml_new_str(facts->arena, known[i].name)) &&
                facts->ok;
    set(facts, "throttle_reasons", list);
}

static void add_clocks(struct facts *facts, const struct awh_cuda *cuda)
{
    const struct awh_cuda_api *api = cuda->api;
    const struct awh_cuda_watch *watch = &cuda->watch;
    unsigned value = 0;
    int known = watch->low_mhz > 0 ? AWH_NVML_SUCCESS : AWH_NVML_NOT_SUPPORTED;
    set_unsigned(facts, "sm_clock_mhz_lowest", known, watch->low_mhz);
    set_unsigned(facts, "sm_clock_mhz_highest", known, watch->high_mhz);
    known = api->nvmlDeviceGetMaxClockInfo(watch->device, AWH_NVML_CLOCK_SM, &value);
    set_unsigned(facts, "sm_clock_mhz_limit", known, value);
    known = api->nvmlDeviceGetClockInfo(watch->device, AWH_NVML_CLOCK_MEM, &value);
    set_unsigned(facts, "memory_clock_mhz", known, value);
    known = api->nvmlDeviceGetTemperature(watch->device, AWH_NVML_TEMPERATURE_GPU, &value);
    set_unsigned(facts, "temperature_celsius", known, value);
    known = api->nvmlDeviceGetPowerUsage(watch->device, &value);
    set_unsigned(facts, "power_mw", known, value);
    known = api->nvmlDeviceGetEnforcedPowerLimit(watch->device, &value);
    set_unsigned(facts, "power_limit_mw", known, value);
}

static void add_watch(struct facts *facts, const struct awh_cuda *cuda)
{
    char driver[80] = "";
    if (!cuda->watch.device) {
        char text[96];
        snprintf(text, sizeof(text), "unknown: %s", cuda->watch.error);
        set_text(facts, "nvml", text);
        return;
    }
    if (cuda->api->nvmlSystemGetDriverVersion(driver, sizeof(driver)) != AWH_NVML_SUCCESS)
        snprintf(driver, sizeof(driver), "unknown");
    set_text(facts, "driver", driver);
    add_clocks(facts, cuda);
    add_switches(facts, cuda);
    add_reasons(facts, &cuda->watch);
}

enum aw_err awh_cuda_describe(void *engine, struct awh_arena *arena, struct awh_yaml *map,
                              struct awh_diag *diag)
{
    const struct awh_cuda *cuda = engine;
    struct awh_cuda_at at = awh_cuda_at(cuda, NULL, NULL, diag);
    struct facts facts = {.arena = arena, .map = map, .ok = true};
    enum aw_err err = add_versions(&facts, cuda, &at);
    if (err)
        return err;
    add_properties(&facts, cuda);
    add_watch(&facts, cuda);
    return facts.ok ? AW_OK : awh_fail_mem(diag);
}

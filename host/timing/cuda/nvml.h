/* The few calls of NVIDIA's management library that tell clocks, throttling and temperature. The
 * toolkit does not always come with nvml.h and the library comes with the driver, so the types are
 * spelled out here (the library's ABI is stable) and the library is opened at run time. */
#ifndef AWH_CUDA_NVML_H
#define AWH_CUDA_NVML_H

struct awh_nvml_device; /* nvmlDevice_t points to one */

/* nvmlReturn_t; others are failures too. */
#define AWH_NVML_SUCCESS           0
#define AWH_NVML_NOT_SUPPORTED     3
#define AWH_NVML_LIBRARY_NOT_FOUND 12
#define AWH_NVML_NO_FUNCTION       13

/* nvmlClockType_t */
#define AWH_NVML_CLOCK_SM  1
#define AWH_NVML_CLOCK_MEM 2

/* nvmlTemperatureSensors_t */
#define AWH_NVML_TEMPERATURE_GPU 0

/* nvmlClocksThrottleReasons */
#define AWH_NVML_SW_POWER_CAP   0x04u
#define AWH_NVML_HW_SLOWDOWN    0x08u
#define AWH_NVML_SW_THERMAL     0x20u
#define AWH_NVML_HW_THERMAL     0x40u
#define AWH_NVML_HW_POWER_BRAKE 0x80u
/* Those that make a sample unfit. An idle clock, clocks set by the user, display clocks and the
 * boost of a group are states that hold, and are recorded. */
#define AWH_NVML_THROTTLED                                                                         \
    (AWH_NVML_SW_POWER_CAP | AWH_NVML_HW_SLOWDOWN | AWH_NVML_SW_THERMAL | AWH_NVML_HW_THERMAL |    \
     AWH_NVML_HW_POWER_BRAKE)

/* Name, and the arguments of the function that is opened. */
#define AWH_NVML_CALLS(CALL)                                                                       \
    CALL(nvmlInit_v2, (void), ())                                                                  \
    CALL(nvmlShutdown, (void), ())                                                                 \
    CALL(nvmlSystemGetDriverVersion, (char *version, unsigned length), (version, length))          \
    CALL(nvmlDeviceGetHandleByPciBusId_v2, (const char *id, struct awh_nvml_device **device),      \
         (id, device))                                                                             \
    CALL(nvmlDeviceGetClockInfo, (struct awh_nvml_device * device, int type, unsigned *mhz),       \
         (device, type, mhz))                                                                      \
    CALL(nvmlDeviceGetMaxClockInfo, (struct awh_nvml_device * device, int type, unsigned *mhz),    \
         (device, type, mhz))                                                                      \
    CALL(nvmlDeviceGetTemperature,                                                                 \
         (struct awh_nvml_device * device, int sensor, unsigned *celsius),                         \
         (device, sensor, celsius))                                                                \
    CALL(nvmlDeviceGetCurrentClocksThrottleReasons,                                                \
         (struct awh_nvml_device * device, unsigned long long *reasons), (device, reasons))        \
    CALL(nvmlDeviceGetPowerUsage, (struct awh_nvml_device * device, unsigned *milliwatts),         \
         (device, milliwatts))                                                                     \
    CALL(nvmlDeviceGetEnforcedPowerLimit, (struct awh_nvml_device * device, unsigned *milliwatts), \
         (device, milliwatts))                                                                     \
    CALL(nvmlDeviceGetPersistenceMode, (struct awh_nvml_device * device, int *enabled),            \
         (device, enabled))                                                                        \
    CALL(nvmlDeviceGetMigMode,                                                                     \
         (struct awh_nvml_device * device, unsigned *current, unsigned *pending),                  \
         (device, current, pending))

#endif

/* CUDA, cuDNN and NVML for tests, without a GPU: a table like the real one that records every call,
 * makes any one of them fail, and is strict where the libraries' documentation is. Handles,
 * descriptors, sizes, layouts, workspaces and pointers are checked at every use. Work is queued and
 * done no earlier than the stream is waited for, so what the host does too early shows. It is
 * really done: kernels of ours run on the host from the text that the GPU runs, convolutions from
 * their definition. Times are those of a clock that only the work itself moves. */
#ifndef AWH_CUDA_FAKE_H
#define AWH_CUDA_FAKE_H

#include <stdbool.h>

#include "timing/cuda/api.h"

struct awh_cuda_fake {
    /* What the machine is. */
    int devices;
    bool no_driver; /* no count of devices: the driver is missing, or older than driver_version */
    int driver_version;
    int compute_major;
    size_t memory_bytes; /* of the device; 0: a GiB */
    bool nvml;
    unsigned long long throttle_reasons;
    /* What cuDNN can and how long it takes, in ns. */
    bool no_algorithm;                         /* finds none for any convolution */
    bool plain_unsupported, fused_unsupported; /* when they are run */
    bool fused_bad;                            /* is a bad parameter then */
    double plain_ns, fused_ns, direct_ns;      /* direct: our own convolution kernel */
    /* The call that fails, from 1; 0: none. Calls that cannot fail are not counted. */
    unsigned fail_at;
};

extern const struct awh_cuda_api awh_cuda_fake_api;

/* Forgets everything and starts over; leaks of the time before are freed. */
void awh_cuda_fake_start(const struct awh_cuda_fake *fake);
/* The options in force: tests may change them in between. */
struct awh_cuda_fake *awh_cuda_fake_options(void);

/* Calls so far; the name of the one that was made to fail, NULL while none was. */
unsigned awh_cuda_fake_calls(void);
const char *awh_cuda_fake_failed(void);
/* The first breach of a rule, NULL for none. */
const char *awh_cuda_fake_misuse(void);
/* What was made and not destroyed: "3 tensor descriptors, 1 event"; "" for nothing. */
const char *awh_cuda_fake_leaks(void);
/* How often a function was called, and the number of its first call in the order of all (0: never).
 */
unsigned awh_cuda_fake_count(const char *name);
unsigned awh_cuda_fake_first(const char *name);
/* Bit m: a convolution ran with math type m. */
unsigned awh_cuda_fake_math(void);

#endif

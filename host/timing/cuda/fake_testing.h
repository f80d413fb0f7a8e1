/* What the tests with the fake have in common. Includes cmocka's headers first. */
#ifndef AWH_CUDA_FAKE_TESTING_H
#define AWH_CUDA_FAKE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "timing/cuda/fake/fake.h"
#include "timing/cuda/testing.h"

static const struct awh_engine_ops *const ops = &awh_engine_cuda;

static const struct awh_cuda_fake machine = {
    .devices = 2,
    .driver_version = 13000,
    .compute_major = 9,
    .nvml = true,
    .plain_ns = 20000.0,
    .fused_ns = 18000.0,
    .direct_ns = 30000.0,
};

static inline void start(const struct awh_cuda_fake *fake)
{
    awh_cuda_fake_start(fake);
    awh_cuda_use(&awh_cuda_fake_api);
}

static inline void assert_clean(const char *row)
{
    if (awh_cuda_fake_misuse())
        fail_msg("%s: %s", row, awh_cuda_fake_misuse());
    if (awh_cuda_fake_leaks()[0])
        fail_msg("%s: left behind: %s", row, awh_cuda_fake_leaks());
}

static inline void make(void (*put)(struct net_builder *), enum awh_timing_mode mode,
                        struct awh_prepared *out)
{
    struct awh_diag diag = {0};
    if (testing_net(put, mode, out, &diag))
        fail_msg("%s", diag.text);
}

struct row {
    const char *name;
    enum awh_timing_mode mode;
    enum awh_precision precision;
    bool cold;
    unsigned math; /* bits of math types that convolutions may run with */
};

static const struct row rows[] = {
    {"fused fp32", AWH_TIMING_FUSED, AWH_PRECISION_FP32, false, 1u << CUDNN_FMA_MATH},
    {"fused tf32 cold", AWH_TIMING_FUSED, AWH_PRECISION_TF32, true,
     1u << CUDNN_FMA_MATH | 1u << CUDNN_TENSOR_OP_MATH | 1u << CUDNN_DEFAULT_MATH},
    {"fused fp16", AWH_TIMING_FUSED, AWH_PRECISION_FP16, false,
     1u << CUDNN_FMA_MATH | 1u << CUDNN_TENSOR_OP_MATH | 1u << CUDNN_DEFAULT_MATH},
    {"eager fp32", AWH_TIMING_EAGER, AWH_PRECISION_FP32, false, 1u << CUDNN_FMA_MATH},
    {"eager fp32 cold", AWH_TIMING_EAGER, AWH_PRECISION_FP32, true, 1u << CUDNN_FMA_MATH},
    {"eager fp16", AWH_TIMING_EAGER, AWH_PRECISION_FP16, false,
     1u << CUDNN_FMA_MATH | 1u << CUDNN_TENSOR_OP_MATH | 1u << CUDNN_DEFAULT_MATH},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static inline int forget_fake(void **state)
{
    (void)state;
    awh_cuda_fake_start(&machine);
    awh_cuda_use(NULL);
    return 0;
}

#endif

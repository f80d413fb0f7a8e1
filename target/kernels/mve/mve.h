/* What the kernels for Cortex-M55 share. Every kernel equals the reference in common/ops bit for
 * bit.
 *
 * Requantisation is exact in vectors: VQRSHL by -shift rounds a right shift half toward +infinity
 * at infinite precision and saturates a left one, and a clamp to limits within int8 saturates to 8
 * bits. */
#ifndef AWT_KERNELS_MVE_H
#define AWT_KERNELS_MVE_H

#include <arm_mve.h>
#include <stddef.h>

#include "aw/mem.h"
#include "aw/size.h"
#include "awt/kernel.h"

#include "../../../common/packings/mve.h"

#define MVE_INLINE static inline __attribute__((always_inline))
/* Loops over registers; left rolled, the registers would be an array in memory. */
#define MVE_UNROLL _Pragma("GCC unroll 16")

/* Convolutions; packings in common/packings/mve.c. */
uint32_t mve_conv2d_scratch_bytes(const struct aw_plan *plan);
void mve_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
uint32_t mve_dw_scratch_bytes(const struct aw_plan *plan);
void mve_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

bool mve_gap_supports(const struct aw_plan *plan);
void mve_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
bool mve_avgpool_supports(const struct aw_plan *plan);
void mve_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

void mve_concat_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_pad_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_slice_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void mve_zero_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

/* The end of every convolution, in 4 lanes: requantise, saturate, clamp. */
struct mve_finish {
    int32x4_t lo, hi;
    int32_t shift; /* of VQRSHL: positive is left */
};

MVE_INLINE struct mve_finish mve_finish_of(const struct aw_plan *plan)
{
    return (struct mve_finish){
        .lo = vdupq_n_s32(plan->lo), .hi = vdupq_n_s32(plan->hi), .shift = -plan->shift};
}

MVE_INLINE int32x4_t mve_finish4(int32x4_t sums, const struct mve_finish *f)
{
    return vminq_s32(vmaxq_s32(vqrshlq_n_s32(sums, f->shift), f->lo), f->hi);
}

/* GCC would go through memory. */
MVE_INLINE int32x4_t mve_vector(int32_t a, int32_t b, int32_t c, int32_t d)
{
    int32x4_t v;
    __asm__("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4"
            : "=&w"(v)
            : "r"(a), "r"(b), "r"(c), "r"(d));
    return v;
}

/* Saturated to 16 bits: lanes of a are the even ones of the result. GCC would copy first. */
MVE_INLINE int16x8_t mve_narrow(int32x4_t a, int32x4_t b)
{
    int16x8_t v;
    __asm__("vqmovnb.s32 %q0, %q1\n\tvqmovnt.s32 %q0, %q2" : "=&w"(v) : "w"(a), "w"(b));
    return v;
}

/* The end of the kernels that work on 16 values at a time. */
struct mve_clamp {
    int8x16_t lo, hi;
    int32_t shift; /* of VQRSHL */
};

MVE_INLINE struct mve_clamp mve_clamp_of(const struct aw_plan *plan)
{
    return (struct mve_clamp){
        .lo = vdupq_n_s8(plan->lo), .hi = vdupq_n_s8(plan->hi), .shift = -plan->shift};
}

MVE_INLINE int8x16_t mve_clamp16(int8x16_t value, const struct mve_clamp *c)
{
    return vminq_s8(vmaxq_s8(value, c->lo), c->hi);
}

/* The first n bytes, at most all. */
MVE_INLINE void mve_store(int8_t *out, int8x16_t value, uint32_t n)
{
    if (n >= 16)
        vst1q_s8(out, value);
    else
        vstrbq_p_s8(out, value, vctp8q(n));
}

#endif

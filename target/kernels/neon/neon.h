/* What the A64 kernels share. Every kernel equals the reference in common/ops bit for bit.
 *
 * Requantisation is exact in vectors: SQRSHL by -shift rounds a right shift half toward +infinity
 * at infinite precision and saturates a left one, SQXTN saturates, and saturating to 32, 16 and 8
 * bits in turn is saturating to 8. */
#ifndef AWT_KERNELS_NEON_H
#define AWT_KERNELS_NEON_H

#include <arm_neon.h>
#include <stddef.h>

#include "aw/mem.h"
#include "aw/size.h"
#include "awt/kernel.h"

/* Kernels are written once for several tile sizes; this makes the sizes constants. */
#define NEON_INLINE static inline __attribute__((always_inline))
/* Loops over registers; left rolled, the registers would be an array in memory. */
#define NEON_UNROLL _Pragma("GCC unroll 64")

/* Hides where a vector came from, at no cost: it stays one value in one register. */
#define NEON_KEEP(vector) __asm__("" : "+w"(vector))

NEON_INLINE uint32_t neon_round_up(uint32_t n, uint32_t step)
{
    return (n + step - 1) / step * step;
}

/* Convolutions. */
bool neon_lanes_supports(const struct aw_plan *plan);
uint32_t neon_lanes_packed_bytes(const struct aw_plan *plan);
void neon_lanes_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
void neon_lanes_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
bool neon_dots_supports(const struct aw_plan *plan);
uint32_t neon_dots_packed_bytes(const struct aw_plan *plan);
void neon_dots_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
void neon_dots_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
uint32_t neon_conv2d_scratch_bytes(const struct aw_plan *plan);

bool neon_dw3_supports(const struct aw_plan *plan);
void neon_dw3_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
bool neon_dw_supports(const struct aw_plan *plan);
uint32_t neon_dw_packed_bytes(const struct aw_plan *plan);
void neon_dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
uint32_t neon_dw_scratch_bytes(const struct aw_plan *plan);
void neon_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

bool neon_gap_supports(const struct aw_plan *plan);
void neon_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

void neon_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
bool neon_avgpool_supports(const struct aw_plan *plan);
void neon_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

/* The end of every convolution: requantise, saturate, clamp. */
struct neon_finish {
    int32x4_t shift; /* of SQRSHL: positive is left */
    int8x16_t lo, hi;
};

NEON_INLINE struct neon_finish neon_finish_of(const struct aw_plan *plan)
{
    return (struct neon_finish){
        .shift = vdupq_n_s32(-plan->shift),
        .lo = vdupq_n_s8(plan->lo),
        .hi = vdupq_n_s8(plan->hi),
    };
}

NEON_INLINE int8x16_t neon_clamp(int8x16_t value, const struct neon_finish *f)
{
    return vminq_s8(vmaxq_s8(value, f->lo), f->hi);
}

NEON_INLINE int16x8_t neon_requantise8(int32x4_t a, int32x4_t b, const struct neon_finish *f)
{
    int16x4_t low = vqmovn_s32(vqrshlq_s32(a, f->shift));
    return vqmovn_high_s32(low, vqrshlq_s32(b, f->shift));
}

NEON_INLINE int8x16_t neon_finish16(const int32x4_t acc[4], const struct neon_finish *f)
{
    int8x8_t low = vqmovn_s16(neon_requantise8(acc[0], acc[1], f));
    return neon_clamp(vqmovn_high_s16(low, neon_requantise8(acc[2], acc[3], f)), f);
}

/* In the low half. */
NEON_INLINE int8x16_t neon_finish8(const int32x4_t acc[2], const struct neon_finish *f)
{
    int8x8_t value = vqmovn_s16(neon_requantise8(acc[0], acc[1], f));
    return neon_clamp(vcombine_s8(value, vdup_n_s8(0)), f);
}

/* Stores the first n of 1..15 bytes. */
void neon_store_part(int8_t *out, int8x16_t value, uint32_t n);

/* Stores the first n of 1..16 bytes. */
NEON_INLINE void neon_store(int8_t *out, int8x16_t value, uint32_t n)
{
    if (n == 16)
        vst1q_s8(out, value);
    else
        neon_store_part(out, value, n);
}

/* The first n of 1..16 bytes of `count` values, `stride` bytes apart. */
void neon_store_cut(int8_t *out, size_t stride, const int8x16_t *values, uint32_t count,
                    uint32_t n);

/* A tile's results: `width` (8 or 16) bytes of each, or a part of them at the edge of a tensor. */
NEON_INLINE void neon_store_tile(int8_t *out, size_t stride, const int8x16_t *values,
                                 uint32_t values_n, uint32_t width, uint32_t count, uint32_t n)
{
    if (n != width || count < values_n) {
        int8x16_t cut[4]; /* a copy, so that the values need not be in memory otherwise */
        NEON_UNROLL
        for (uint32_t i = 0; i < values_n; i++)
            cut[i] = values[i];
        neon_store_cut(out, stride, cut, count, n);
        return;
    }
    NEON_UNROLL
    for (uint32_t i = 0; i < values_n; i++) {
        if (width == 16)
            vst1q_s8(out + i * stride, values[i]);
        else
            vst1_s8(out + i * stride, vget_low_s8(values[i]));
    }
}

#endif

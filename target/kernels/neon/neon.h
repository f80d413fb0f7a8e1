/* What the NEON kernels share; a64.h and a32.h hold what differs. Every kernel equals the reference
 * in common/ops bit for bit.
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

#include "../../../common/packings/conv.h"
#include "../../../common/packings/neon.h"

/* Kernels are written once for several tile sizes; this makes the sizes constants. */
#define NEON_INLINE static inline __attribute__((always_inline))
/* Loops over registers; left rolled, the registers would be an array in memory. */
#define NEON_UNROLL _Pragma("GCC unroll 64")

#ifdef __aarch64__
#include "a64.h"
#else
#include "a32.h"
#endif

/* Kernels. */
uint32_t neon_conv2d_scratch_bytes(const struct aw_plan *plan);
void neon_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

bool neon_dw3_supports(const struct aw_plan *plan);
void neon_dw3_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
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

void neon_concat_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_pad_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_slice_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void neon_zero_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

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

NEON_INLINE int8x8_t neon_finish8(const int32x4_t acc[2], const struct neon_finish *f)
{
    int8x8_t value = vqmovn_s16(neon_requantise8(acc[0], acc[1], f));
    return vmin_s8(vmax_s8(value, vget_low_s8(f->lo)), vget_low_s8(f->hi));
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

/* Most results of a tile. */
#define NEON_TILE 4u

/* The results of a tile: `values_n` of 4 * quads bytes each from as many accumulators; at the edge
 * of a tensor only `count` values of n bytes exist. */
NEON_INLINE void neon_store_tile(int8_t *out, size_t stride, const int32x4_t acc[NEON_TILE][4],
                                 uint32_t values_n, uint32_t quads, const struct neon_finish *f,
                                 uint32_t count, uint32_t n)
{
    bool whole = n == 4 * quads && count == values_n;
    int8x16_t cut[NEON_TILE];
    NEON_UNROLL
    for (uint32_t i = 0; i < values_n; i++) {
        if (quads == 4) {
            int8x16_t value = neon_finish16(acc[i], f);
            if (whole)
                vst1q_s8(out + i * stride, value);
            else
                cut[i] = value;
        } else {
            int8x8_t value = neon_finish8(acc[i], f);
            if (whole)
                vst1_s8(out + i * stride, value);
            else
                cut[i] = vcombine_s8(value, value);
        }
    }
    if (!whole)
        neon_store_cut(out, stride, cut, count, n);
}

#endif

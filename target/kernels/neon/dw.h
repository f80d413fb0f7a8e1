/* What the depthwise kernels share. Channels are taken DW_BLOCK at a time; the last block of a
 * layer that has a full one reaches back so that it is full too, and some channels are computed
 * twice. */
#ifndef AWT_KERNELS_NEON_DW_H
#define AWT_KERNELS_NEON_DW_H

#include "neon.h"

#define DW_QUADS  (DW_BLOCK / 4u) /* accumulators of a block */
#define DW_HALVES (DW_BLOCK / 8u) /* vectors of 16-bit sums */

/* First channel of the block that would start at `at`. */
NEON_INLINE uint32_t dw_block_start(uint32_t at, uint32_t ch)
{
    return aw_neon_dw_start(at, ch, DW_BLOCK);
}

NEON_INLINE uint32_t dw_block_channels(uint32_t ch)
{
    return aw_min_u32(ch, DW_BLOCK);
}

/* The bias of a block: where it lies, or in `spare` when it is missing or shorter than a block. */
NEON_INLINE const int32_t *dw_bias(const struct aw_buffers *buffers, uint32_t start, uint32_t ch,
                                   int32_t spare[DW_BLOCK])
{
    if (buffers->bias && ch >= DW_BLOCK)
        return buffers->bias + start;
    memset(spare, 0, DW_BLOCK * sizeof spare[0]);
    if (buffers->bias)
        memcpy(spare, buffers->bias, ch * sizeof spare[0]);
    return spare;
}

NEON_INLINE void dw_add(int32x4_t acc[4], const int16x8_t sums[DW_HALVES])
{
    NEON_UNROLL
    for (uint32_t i = 0; i < DW_HALVES; i++) {
        acc[2 * i] = vaddw_s16(acc[2 * i], vget_low_s16(sums[i]));
        acc[2 * i + 1] = vaddw_high_s16(acc[2 * i + 1], sums[i]);
    }
}

/* Two products fit 16 bits, since weights are not -128. */
NEON_INLINE void dw_add2(int32x4_t acc[4], dw_vector in0, dw_vector w0, dw_vector in1, dw_vector w1)
{
    int16x8_t sums[DW_HALVES];
    dw_mull(sums, in0, w0);
    dw_mlal(sums, in1, w1);
    dw_add(acc, sums);
}

NEON_INLINE void dw_add1(int32x4_t acc[4], dw_vector in, dw_vector w)
{
    int16x8_t sums[DW_HALVES];
    dw_mull(sums, in, w);
    dw_add(acc, sums);
}

#endif

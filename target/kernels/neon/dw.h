/* What the depthwise kernels share. Channels are taken 16 at a time; the last block of a layer with
 * 16 channels or more reaches back so that it is full too, and some channels are computed twice. */
#ifndef AWT_KERNELS_NEON_DW_H
#define AWT_KERNELS_NEON_DW_H

#include "neon.h"

#define DW_BLOCK 16u

/* First channel of the block that would start at `at`. */
NEON_INLINE uint32_t dw_block_start(uint32_t at, uint32_t ch)
{
    return at + DW_BLOCK <= ch || ch < DW_BLOCK ? at : ch - DW_BLOCK;
}

NEON_INLINE uint32_t dw_block_channels(uint32_t ch)
{
    return ch < DW_BLOCK ? ch : DW_BLOCK;
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

NEON_INLINE void dw_add(int32x4_t acc[4], int16x8_t low, int16x8_t high)
{
    acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
    acc[1] = vaddw_high_s16(acc[1], low);
    acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
    acc[3] = vaddw_high_s16(acc[3], high);
}

/* Two products fit 16 bits, since weights are not -128. NEON_KEEP: GCC would keep a second copy of
 * the low half of every operand that is used again. */
NEON_INLINE void dw_add2(int32x4_t acc[4], int8x16_t *in0, int8x16_t *w0, int8x16_t *in1,
                         int8x16_t *w1)
{
    NEON_KEEP(*in0);
    NEON_KEEP(*in1);
    NEON_KEEP(*w0);
    NEON_KEEP(*w1);
    int16x8_t low = vmull_s8(vget_low_s8(*in0), vget_low_s8(*w0));
    int16x8_t high = vmull_high_s8(*in0, *w0);
    low = vmlal_s8(low, vget_low_s8(*in1), vget_low_s8(*w1));
    high = vmlal_high_s8(high, *in1, *w1);
    dw_add(acc, low, high);
}

NEON_INLINE void dw_add1(int32x4_t acc[4], int8x16_t *in, int8x16_t *w)
{
    NEON_KEEP(*in);
    NEON_KEEP(*w);
    dw_add(acc, vmull_s8(vget_low_s8(*in), vget_low_s8(*w)), vmull_high_s8(*in, *w));
}

NEON_INLINE void dw_load_bias(int32x4_t acc[4], const int32_t *bias)
{
    NEON_UNROLL
    for (uint32_t q = 0; q < 4; q++)
        acc[q] = vld1q_s32(bias + 4 * q);
}

#endif

/* What the NEON packings and kernels agree on. */
#ifndef AW_PACKINGS_NEON_H
#define AW_PACKINGS_NEON_H

#include <stdint.h>

#define AW_NEON_STEP   4u  /* along the window of a convolution; weights are padded to it */
#define AW_NEON_BLOCK  16u /* output channels of a block, or half as many */
#define AW_NEON_HALF   8u
#define AW_NEON_BUNDLE 16u /* input channels of a bundle of groups (conv.h) */
/* Channels of a depthwise block. */
#define AW_NEON_DW_A64 16u
#define AW_NEON_DW_A32 8u

/* Output channels of the next block of a convolution when `left` are left. */
static inline uint32_t aw_neon_block(uint32_t left)
{
    return left > AW_NEON_HALF ? AW_NEON_BLOCK : AW_NEON_HALF;
}

/* First channel of the depthwise block that would start at `at`. */
static inline uint32_t aw_neon_dw_start(uint32_t at, uint32_t ch, uint32_t block)
{
    return at + block <= ch || ch < block ? at : ch - block;
}

#endif

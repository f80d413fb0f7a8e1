/* A convolution as a product of matrices: [pixels][depth] of input windows by [out_ch][depth] of
 * weights, depth = kernel_h * kernel_w * in_ch. conv2d.c walks the layer; gemm.c multiplies. */
#ifndef AWT_KERNELS_NEON_GEMM_H
#define AWT_KERNELS_NEON_GEMM_H

#include "neon.h"

/* One block of output channels for a run of pixels. */
struct gemm_panel {
    const int8_t *in; /* window of the first pixel */
    size_t in_stride; /* bytes from one window to the next */
    uint32_t pixels;
    uint32_t depth;        /* of the packed weights: a multiple of AW_NEON_STEP */
    const int8_t *weights; /* packed */
    const int32_t *bias;   /* one for each channel of the block, padded */
    int8_t *out;
    size_t out_stride; /* bytes from one pixel to the next: all output channels */
    uint32_t channels; /* that exist in the block */
    struct neon_finish finish;
};

/* block: AW_NEON_BLOCK or AW_NEON_HALF. Reads up to 3 bytes behind a window. */
void gemm_run(uint32_t block, const struct gemm_panel *panel);

#endif

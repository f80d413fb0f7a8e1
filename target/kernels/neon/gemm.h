/* A convolution as a product of matrices: [pixels][depth] of input windows by [out_ch][depth] of
 * weights, depth = kernel_h * kernel_w * in_ch. conv2d.c walks the layer; a form multiplies. */
#ifndef AWT_KERNELS_NEON_GEMM_H
#define AWT_KERNELS_NEON_GEMM_H

#include "neon.h"

/* Channels come in blocks, and the packed weights in full half blocks. */
#define GEMM_HALF  8u
#define GEMM_BLOCK 16u

/* One block of output channels for a run of pixels. */
struct gemm_panel {
    const int8_t *in; /* window of the first pixel; 15 bytes behind each window are readable */
    size_t in_stride; /* bytes from one window to the next */
    uint32_t pixels;
    uint32_t depth;        /* of the packed weights: a multiple of the form's depth_step */
    const int8_t *weights; /* packed */
    const int32_t *bias;   /* one for each channel of the block, padded */
    int8_t *out;
    size_t out_stride; /* bytes from one pixel to the next: all output channels */
    uint32_t channels; /* that exist in the block */
    struct neon_finish finish;
};

struct gemm_form {
    uint32_t block;      /* output channels a panel takes at most */
    uint32_t depth_step; /* weights are padded with zeros to a multiple of it */
    /* Place of a weight in its packed block of `channels` (8 or 16). */
    uint32_t (*place)(uint32_t channel, uint32_t k, uint32_t channels);
    void (*panel)(const struct gemm_panel *panel);
};

uint32_t gemm_depth(const struct aw_plan *plan);
bool gemm_supports(const struct aw_plan *plan);
uint32_t gemm_packed_bytes(const struct gemm_form *form, const struct aw_plan *plan);
void gemm_pack(const struct gemm_form *form, const struct aw_plan *plan, const int8_t *canonical,
               int8_t *packed);
void gemm_run(const struct gemm_form *form, const struct aw_plan *plan,
              const struct aw_buffers *buffers, int8_t *scratch);

#endif

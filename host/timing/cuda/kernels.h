/* What the GPU's own kernels compute, as arguments that both sides see: the host that launches them
 * and kernels.cu. cuDNN does the convolutions; these do everything else, and those convolutions
 * that it cannot do or is slow at (depthwise).
 *
 * Tensors are float or half, batch 1, [c][h][w] (nchw) or [h][w][c] (nhwc), densely packed; sums,
 * scales and shifts are float. Every kernel ends with an activation. All counts fit an int less a
 * block. */
#ifndef AWH_CUDA_KERNELS_H
#define AWH_CUDA_KERNELS_H

#define AWH_K_BLOCK 256 /* threads of a block, of every kernel */

/* Activations: the numbers of enum aw_act (launch.c asserts it). */
#define AWH_K_RELU      1
#define AWH_K_RELU6     2
#define AWH_K_H_SWISH   3
#define AWH_K_H_SIGMOID 4
#define AWH_K_SIGMOID   5
#define AWH_K_TANH      6
#define AWH_K_HARDTANH  7

/* y = act(x * scale[c] + shift[c] + residual); a scale that is NULL means 1, a shift or residual
 * that is NULL means 0. y may be x. Element i belongs to channel i / inner % channels: inner is h *
 * w in nchw, 1 in nhwc. */
struct awh_k_affine {
    const void *x, *residual;
    const float *scale, *shift;
    void *y;
    int count, channels, inner, act;
};

/* y = act(a + b), or with `mul` act(a * b[c]), channels as above. */
struct awh_k_binary {
    const void *a, *b;
    void *y;
    int count, channels, inner, mul, act;
};

/* y[c] = act(mean of x over its pixels). `tile` channels (a power of two) go to a block, whose
 * other threads share the pixels. Element (p, c) is x[p * pixel_step + c * channel_step]. */
struct awh_k_gap {
    const void *x;
    void *y;
    int channels, pixels, pixel_step, channel_step, tile, act;
};

/* A window over every channel. */
struct awh_k_window {
    int in_h, in_w, out_h, out_w;
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation;
};

/* y = act(largest or mean of the window's pixels inside x); `include_pad`: the mean divides by the
 * whole window. */
struct awh_k_pool {
    const void *x;
    void *y;
    struct awh_k_window window;
    int count, channels, nhwc, max, include_pad, act;
};

/* y = act(convolution + bias + residual), straight from the definition. weights are
 * [out_ch][in][kh][kw] in nchw and [out_ch][kh][kw][in] in nhwc, in = in_ch / groups; bias and
 * residual may be NULL.
 */
struct awh_k_conv {
    const void *x, *weights, *residual;
    const float *bias;
    void *y;
    struct awh_k_window window;
    int count, in_ch, out_ch, groups, nhwc, act;
};

/* Pad, slice, concat and zero. Output channel c < channels0 is x0 at row h * stride_h + offset_h,
 * column w * stride_w + offset_w, or 0 outside of it; the next channels1 are x1 at (h, w), which
 * is of the output's height and width; the rest is 0. */
struct awh_k_gather {
    const void *x0, *x1;
    void *y;
    int in_h, in_w, channels0, channels1;
    int out_h, out_w, out_ch;
    int offset_h, offset_w, stride_h, stride_w;
    int count, nhwc, act;
};

/* The arguments of any of them. */
union awh_k_args {
    struct awh_k_affine affine;
    struct awh_k_binary binary;
    struct awh_k_gap gap;
    struct awh_k_pool pool;
    struct awh_k_conv conv;
    struct awh_k_gather gather;
};

#endif

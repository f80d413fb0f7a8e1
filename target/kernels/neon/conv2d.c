/* Convolution as a product of matrices (gemm.h), with groups as several (common/packings/conv.h).
 *
 * A 1x1 convolution with stride 1 multiplies its input where it lies. Any other gathers the windows
 * of a few pixels into scratch first: rows of a window are stretches of NHWC memory, and a copy
 * costs two instructions for 16 bytes that every output channel uses. */
#include "gemm.h"

#include <stddef.h>

/* Bytes of gathered windows that stay in a 32 KiB first-level cache beside a block of weights. */
#define GATHER_BYTES 16384u
#define MIN_BATCH    4u
#define MAX_BATCH    64u
#define WINDOW_ALIGN 16u

static bool in_place(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    return l->kernel_h == 1 && l->kernel_w == 1 && l->stride_h == 1 && l->stride_w == 1;
}

static uint32_t window_bytes(const struct aw_bundles *bundles)
{
    return aw_round_up_u32(bundles->depth, WINDOW_ALIGN);
}

/* Pixels gathered at a time. */
static uint32_t batch_pixels(const struct aw_plan *plan, uint32_t bytes)
{
    uint32_t fit = GATHER_BYTES / bytes / MIN_BATCH * MIN_BATCH;
    fit = fit < MIN_BATCH ? MIN_BATCH : aw_min_u32(fit, MAX_BATCH);
    return aw_min_u32(fit, (uint32_t)plan->out.h * plan->out.w);
}

uint32_t neon_conv2d_scratch_bytes(const struct aw_plan *plan)
{
    const struct aw_bundles bundles = aw_bundles_of(plan, AW_NEON_BUNDLE);
    const uint32_t bytes = window_bytes(&bundles);
    return in_place(plan) ? 0 : batch_pixels(plan, bytes) * bytes + WINDOW_ALIGN;
}

/* Whole vectors: up to 15 bytes more are read and written. */
NEON_INLINE void copy(int8_t *to, const int8_t *from, ptrdiff_t n)
{
    for (; n >= 64; n -= 64)
        neon_copy64(&to, &from);
    for (; n > 0; n -= 16) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
}

NEON_INLINE void clear(int8_t *to, ptrdiff_t n)
{
    for (; n > 0; n -= 16) {
        vst1q_s8(to, vdupq_n_s8(0));
        to += 16;
    }
}

/* Walks the output pixels of a layer in order and gathers their windows. */
struct gather {
    const int8_t *in;
    ptrdiff_t ch;               /* of a tap */
    ptrdiff_t pixel, row_bytes; /* of the input */
    ptrdiff_t run_bytes;        /* of a window's row */
    int32_t h, w;               /* of the input */
    int32_t kernel_h, kernel_w, dilation_h, dilation_w, stride_h, stride_w;
    int32_t y, x;              /* of tap (0, 0) in the input; negative inside the padding */
    int32_t first_x, end_x;    /* range of x */
    uint32_t inner_h, inner_w; /* a window whose y and x are below consists of stretches */
};

/* Windows of `ch` channels from those of `in` on. */
static struct gather gather_start(const struct aw_plan *plan, uint32_t ch, const int8_t *in)
{
    const struct aw_layer *l = &plan->layer;
    const int32_t inner_h = plan->in0.h - (l->kernel_h - 1) * l->dilation_h;
    const bool stretches = l->dilation_w == 1 && ch == plan->in0.c;
    const int32_t inner_w = stretches ? plan->in0.w - l->kernel_w + 1 : 0;
    return (struct gather){
        .in = in,
        .ch = (ptrdiff_t)ch,
        .pixel = plan->in0.c,
        .row_bytes = (ptrdiff_t)plan->in0.w * plan->in0.c,
        .run_bytes = (ptrdiff_t)(l->kernel_w * ch),
        .h = plan->in0.h,
        .w = plan->in0.w,
        .kernel_h = l->kernel_h,
        .kernel_w = l->kernel_w,
        .dilation_h = l->dilation_h,
        .dilation_w = l->dilation_w,
        .stride_h = l->stride_h,
        .stride_w = l->stride_w,
        .y = -l->pad_top,
        .x = -l->pad_left,
        .first_x = -l->pad_left,
        .end_x = plan->out.w * l->stride_w - l->pad_left,
        .inner_h = inner_h > 0 ? (uint32_t)inner_h : 0,
        .inner_w = inner_w > 0 ? (uint32_t)inner_w : 0,
    };
}

/* One row of a window that is not one stretch: tap by tap. */
static void gather_taps(const struct gather *g, const int8_t *row, int8_t *to)
{
    int32_t x = g->x;
    for (int32_t kx = 0; kx < g->kernel_w; kx++) {
        if (x >= 0 && x < g->w)
            copy(to, row + x * g->pixel, g->ch);
        else
            clear(to, g->ch);
        to += g->ch;
        x += g->dilation_w;
    }
}

static void gather_window(const struct gather *g, int8_t *to)
{
    ptrdiff_t row = g->y * g->row_bytes;
    const int32_t end_y = g->y + g->kernel_h * g->dilation_h;
    for (int32_t y = g->y; y != end_y; y += g->dilation_h) {
        if (y < 0 || y >= g->h)
            clear(to, g->run_bytes);
        else
            gather_taps(g, g->in + row, to);
        to += g->run_bytes;
        row += g->dilation_h * g->row_bytes;
    }
}

/* All rows are inside of the input, and each is one stretch of it. */
NEON_INLINE void gather_inner(const struct gather *g, int8_t *to)
{
    const int8_t *from = g->in + g->y * g->row_bytes + g->x * g->pixel;
    const ptrdiff_t run_bytes = g->run_bytes, row_bytes = g->dilation_h * g->row_bytes;
    for (int32_t ky = g->kernel_h; ky > 0; ky--) {
        copy(to, from, run_bytes);
        to += run_bytes;
        from += row_bytes;
    }
}

static __attribute__((noinline)) void gather_pixels(struct gather *gather, uint32_t pixels,
                                                    uint32_t window_stride, int8_t *to)
{
    struct gather g = *gather;
    for (; pixels > 0; pixels--) {
        if ((uint32_t)g.y < g.inner_h && (uint32_t)g.x < g.inner_w)
            gather_inner(&g, to);
        else
            gather_window(&g, to);
        to += window_stride;
        g.x += g.stride_w;
        if (g.x == g.end_x) {
            g.x = g.first_x;
            g.y += g.stride_h;
        }
    }
    gather->y = g.y;
    gather->x = g.x;
}

/* All output channels of a bundle, for a run of pixels. */
static void multiply(uint32_t channels, const struct gemm_panel *from, const int32_t *biases)
{
    struct gemm_panel panel = *from;
    for (uint32_t o = 0; o < channels;) {
        uint32_t block = aw_neon_block(channels - o);
        int32_t bias[AW_NEON_BLOCK] = {0};
        panel.channels = aw_min_u32(block, channels - o);
        panel.bias = bias;
        if (biases && panel.channels == block)
            panel.bias = biases + o;
        else if (biases)
            memcpy(bias, biases + o, panel.channels * sizeof bias[0]);
        gemm_run(block, &panel);
        panel.weights += (size_t)block * panel.depth;
        panel.out += panel.channels;
        o += panel.channels;
    }
}

static void run_bundle(const struct aw_plan *plan, const struct aw_bundles *bundles,
                       const int8_t *in, struct gemm_panel panel, const int32_t *biases,
                       void *scratch)
{
    const uint32_t pixels = panel.pixels;
    if (in_place(plan)) {
        panel.in = in;
        panel.in_stride = plan->in0.c;
        multiply(bundles->outs, &panel, biases);
        return;
    }
    struct gather gather = gather_start(plan, bundles->ins, in);
    panel.in = scratch;
    panel.in_stride = window_bytes(bundles);
    const uint32_t batch = batch_pixels(plan, window_bytes(bundles));
    for (uint32_t done = 0; done < pixels; done += panel.pixels) {
        panel.pixels = aw_min_u32(batch, pixels - done);
        gather_pixels(&gather, panel.pixels, window_bytes(bundles), scratch);
        multiply(bundles->outs, &panel, biases);
        panel.out += (size_t)panel.pixels * panel.out_stride;
    }
}

void neon_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct aw_bundles bundles = aw_bundles_of(plan, AW_NEON_BUNDLE);
    const int32_t *biases = buffers->bias;
    const int8_t *in = buffers->in0;
    struct gemm_panel panel = {
        .pixels = (uint32_t)plan->out.h * plan->out.w,
        .depth = aw_round_up_u32(bundles.depth, AW_NEON_STEP),
        .weights = buffers->weights,
        .out = buffers->out,
        .out_stride = plan->out.c,
        .finish = neon_finish_of(plan),
    };
    for (uint32_t left = bundles.count; left > 0; left--) {
        run_bundle(plan, &bundles, in, panel, biases, scratch);
        in += bundles.ins;
        panel.weights += (size_t)aw_round_up_u32(bundles.outs, AW_NEON_HALF) * panel.depth;
        panel.out += bundles.outs;
        biases += biases ? bundles.outs : 0;
    }
}

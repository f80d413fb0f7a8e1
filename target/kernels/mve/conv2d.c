/* Convolution as a product of matrices, with groups as several (common/packings/conv.h): windows of
 * pixels by weights, depth = kernel_h * kernel_w * in_ch.
 *
 * Tile: 2 pixels x 2 channels, or, for a pixel that is left over and for fully connected layers, 1
 * x 4; 4 accumulators in general registers, depth in steps of 16: VMLADAVA adds 16 products to one
 * of them. Weights are packed [pair of channels][step][channel][16] (common/packings), filled up
 * with zeros, which meet what lies behind a window. */
#include "mve.h"

#define STEP 16u

MVE_INLINE void window_copy16(int8_t *to, const int8_t *from)
{
    vst1q_s8(to, vld1q_s8(from));
}

MVE_INLINE void window_clear16(int8_t *to)
{
    vst1q_s8(to, vdupq_n_s8(0));
}

#include "../windows.h"

static uint32_t window_bytes(const struct aw_bundles *bundles)
{
    return aw_round_up_u32(bundles->depth, STEP) + WINDOW_SLACK;
}

uint32_t mve_conv2d_scratch_bytes(const struct aw_plan *plan)
{
    const struct aw_bundles bundles = aw_bundles_of(plan, AW_MVE_BUNDLE);
    return window_in_place(plan) ? 0 : 2 * window_bytes(&bundles);
}

/* Some pairs of channels of one tile. */
struct panel {
    const int8_t *in[2]; /* windows; of one pixel, the same twice */
    uint32_t steps;
    const int8_t *weights;
    const int32_t *bias;
    uint32_t bias_step; /* of a pair; 0 where there is no bias, and `bias` is four zeros */
    int8_t *out;
    size_t out_stride; /* from pixel to pixel */
    uint32x4_t places; /* of a tile's results from `out` on */
    struct mve_finish finish;
};

/* sums of the 2 x 2 tile: pixel 0 by both channels, then pixel 1. Two steps a turn; an odd one
 * first. */
#define STEP22                                                                                     \
    "vldrb.8 q0, [%[w]], #16\n\t"                                                                  \
    "vldrb.8 q1, [%[x]], #16\n\t"                                                                  \
    "vldrb.8 q2, [%[w]], #16\n\t"                                                                  \
    "vmladava.s8 %[a], q0, q1\n\t"                                                                 \
    "vldrb.8 q3, [%[y]], #16\n\t"                                                                  \
    "vmladava.s8 %[b], q2, q1\n\t"                                                                 \
    "vmladava.s8 %[c], q0, q3\n\t"                                                                 \
    "vmladava.s8 %[d], q2, q3\n\t"

static __attribute__((noinline)) void panel22(const struct panel *panel, uint32_t pairs)
{
    const struct panel p = *panel;
    const int8_t *w = p.weights;
    const int32_t *bias = p.bias;
    int8_t *out = p.out;
    for (; pairs > 0; pairs--) {
        const int8_t *x = p.in[0], *y = p.in[1];
        int32_t a = bias[0], b = bias[1], c = a, d = b;
        if (p.steps & 1)
            __asm__ volatile(STEP22
                             : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [w] "+r"(w),
                               [x] "+r"(x), [y] "+r"(y)
                             :
                             : "q0", "q1", "q2", "q3", "memory");
        __asm__ volatile("wls lr, %[n], 2f\n"
                         "1:\n\t" STEP22 STEP22 "le lr, 1b\n"
                         "2:"
                         : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [w] "+r"(w),
                           [x] "+r"(x), [y] "+r"(y)
                         : [n] "r"(p.steps / 2)
                         : "q0", "q1", "q2", "q3", "lr", "memory");
        vstrbq_scatter_offset_s32(out, p.places, mve_finish4(mve_vector(a, b, c, d), &p.finish));
        bias += p.bias_step;
        out += 2;
    }
}

#define STEP14                                                                                     \
    "vldrb.8 q0, [%[x]], #16\n\t"                                                                  \
    "vldrb.8 q1, [%[w]], #16\n\t"                                                                  \
    "vldrb.8 q2, [%[w]], #16\n\t"                                                                  \
    "vmladava.s8 %[a], q0, q1\n\t"                                                                 \
    "vldrb.8 q1, [%[v]], #16\n\t"                                                                  \
    "vmladava.s8 %[b], q0, q2\n\t"                                                                 \
    "vldrb.8 q2, [%[v]], #16\n\t"                                                                  \
    "vmladava.s8 %[c], q0, q1\n\t"                                                                 \
    "vmladava.s8 %[d], q0, q2\n\t"

/* One pixel by two pairs of channels. */
static __attribute__((noinline)) void panel14(const struct panel *panel, uint32_t quads)
{
    const struct panel p = *panel;
    const uint32_t pair = p.steps * 2 * STEP;
    const int8_t *w = p.weights;
    const int32_t *bias = p.bias;
    int8_t *out = p.out;
    for (; quads > 0; quads--) {
        const int8_t *x = p.in[0], *v = w + pair;
        int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
        __asm__ volatile("dls lr, %[n]\n"
                         "1:\n\t" STEP14 "le lr, 1b"
                         : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [w] "+r"(w),
                           [x] "+r"(x), [v] "+r"(v)
                         : [n] "r"(p.steps)
                         : "q0", "q1", "q2", "lr", "memory");
        vstrbq_s32(out, mve_finish4(mve_vector(a, b, c, d), &p.finish));
        w = v;
        bias += 2 * p.bias_step;
        out += 4;
    }
}

/* Some channels of one tile or pixel that lie behind whole panels: results go through `rest`. */
static void run_rest(const struct panel *panel, uint32_t pixels, uint32_t done, uint32_t channels)
{
    int8_t rest[4] = {0};
    struct panel last = *panel;
    last.weights += (size_t)done / 2 * last.steps * 2 * STEP;
    last.bias += done / 2 * last.bias_step;
    last.out = rest;
    last.places = vidupq_n_u32(0, 1);
    panel22(&last, 1);
    for (uint32_t m = 0; m < pixels; m++)
        for (uint32_t c = done; c < channels && c < done + 2; c++)
            panel->out[m * panel->out_stride + c] = rest[2 * m + c - done];
}

static void run_tile(const struct panel *panel, uint32_t pixels, uint32_t channels)
{
    uint32_t done = 0;
    if (pixels == 2) {
        done = channels / 2 * 2;
        panel22(panel, done / 2);
    } else {
        done = channels / 4 * 4;
        panel14(panel, done / 4);
    }
    for (; done < channels; done += 2)
        run_rest(panel, pixels, done, channels);
}

static void run_bundle(const struct aw_plan *plan, const struct aw_bundles *bundles,
                       const int8_t *in, struct panel panel, int8_t *scratch)
{
    struct windows windows = windows_start(plan, bundles->ins, in);
    int8_t *const window[2] = {scratch, scratch + window_bytes(bundles)};
    for (uint32_t left = (uint32_t)plan->out.h * plan->out.w; left > 0;) {
        uint32_t pixels = left >= 2 ? 2 : 1;
        for (uint32_t m = 0; m < pixels; m++)
            panel.in[m] = windows_next(&windows, window[m]);
        if (pixels == 1)
            panel.in[1] = panel.in[0];
        run_tile(&panel, pixels, bundles->outs);
        panel.out += pixels * panel.out_stride;
        left -= pixels;
    }
}

void mve_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    static const int32_t no_bias[4];
    const struct aw_bundles bundles = aw_bundles_of(plan, AW_MVE_BUNDLE);
    const uint32_t channels = plan->out.c;
    struct panel panel = {
        .steps = aw_round_up_u32(bundles.depth, STEP) / STEP,
        .weights = buffers->weights,
        .bias = buffers->bias ? buffers->bias : no_bias,
        .bias_step = buffers->bias ? 2 : 0,
        .out = buffers->out,
        .out_stride = channels,
        .places = (uint32x4_t){0, 1, channels, channels + 1},
        .finish = mve_finish_of(plan),
    };
    const int8_t *in = buffers->in0;
    for (uint32_t left = bundles.count; left > 0; left--) {
        run_bundle(plan, &bundles, in, panel, scratch);
        in += bundles.ins;
        panel.weights += (size_t)aw_round_up_u32(bundles.outs, 2) * panel.steps * STEP;
        panel.bias += buffers->bias ? bundles.outs : 0;
        panel.out += bundles.outs;
    }
}

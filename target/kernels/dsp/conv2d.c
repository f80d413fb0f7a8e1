/* Convolution as a product of matrices, with groups as several (common/packings/conv.h): windows of
 * pixels by weights, depth = kernel_h * kernel_w * in_ch.
 *
 * Tile: 4 pixels x 2 channels, 8 accumulators; depth in steps of 4. The windows of 4 pixels are
 * widened to 16 bits in scratch, once for all channels, as [step][even, odd][pixel]; SXTB16 widens
 * the weights, whose packing (common/packings) makes the even bytes of a word one channel and the
 * odd ones the other. Pixels that are left over, and a fully connected layer, take one pixel x 2
 * channels.
 */
#include "dsp.h"

#define TILE 4u
#define STEP 4u

DSP_INLINE void window_copy16(int8_t *to, const int8_t *from)
{
    DSP_UNROLL
    for (uint32_t i = 0; i < 16; i += 4)
        dsp_store(to + i, dsp_load(from + i));
}

DSP_INLINE void window_clear16(int8_t *to)
{
    DSP_UNROLL
    for (uint32_t i = 0; i < 16; i += 4)
        dsp_store(to + i, 0);
}

#include "../windows.h"

static uint32_t tile_bytes(const struct aw_plan *plan, uint32_t depth)
{
    uint32_t pixels = aw_min_u32((uint32_t)plan->out.h * plan->out.w, TILE);
    return (pixels < TILE ? 1 : TILE) * 2 * depth;
}

uint32_t dsp_conv2d_scratch_bytes(const struct aw_plan *plan)
{
    uint32_t depth = aw_round_up_u32(aw_bundles_of(plan, AW_DSP_BUNDLE).depth, STEP);
    return tile_bytes(plan, depth) + (window_in_place(plan) ? 0 : depth + WINDOW_SLACK);
}

/* Widens one window to every `lanes`-th word of a tile. */
DSP_INLINE void widen(const int8_t *in, uint32_t depth, uint32_t *tile, uint32_t lanes)
{
    const int8_t *end = in + depth;
    do {
        uint32_t word = dsp_load(in);
        in += STEP;
        tile[0] = dsp_even(word);
        tile[lanes] = dsp_odd(word);
        tile += 2 * lanes;
    } while (in != end);
}

/* The windows of the next pixels, all of a tile or one. */
static __attribute__((noinline)) void load_tile(struct windows *windows, int8_t *buffer,
                                                uint32_t pixels, uint32_t depth, uint32_t *tile)
{
    struct windows w = *windows;
    for (uint32_t m = 0; m < pixels; m++) {
        const int8_t *in = windows_next(&w, buffer);
        if (pixels == TILE)
            widen(in, depth, tile + m, TILE);
        else
            widen(in, depth, tile, 1);
    }
    *windows = w;
}

/* Pairs of channels of one tile. */
struct panel {
    const uint32_t *tile;
    uint32_t depth;
    const int8_t *weights;
    const int32_t *bias;
    uint32_t bias_step; /* 0 where there is no bias, and `bias` is two zeros */
    int8_t *out;
    uint32_t out_stride; /* from pixel to pixel */
    struct dsp_finish finish;
};

/* One half of a step: the same two inputs of 4 pixels, from `in`, by two channels' weights. */
#define STEP4                                                                                      \
    "ldr %[w], [%[weights]], #4\n\t"                                                               \
    "ldrd %[x], %[y], [%[in]], #8\n\t"                                                             \
    "sxtb16 %[v], %[w], ror #8\n\t"                                                                \
    "sxtb16 %[w], %[w]\n\t"                                                                        \
    "smlad %[a0], %[x], %[w], %[a0]\n\t"                                                           \
    "smlad %[b0], %[x], %[v], %[b0]\n\t"                                                           \
    "smlad %[a1], %[y], %[w], %[a1]\n\t"                                                           \
    "smlad %[b1], %[y], %[v], %[b1]\n\t"                                                           \
    "ldrd %[x], %[y], [%[in]], #8\n\t"                                                             \
    "smlad %[a2], %[x], %[w], %[a2]\n\t"                                                           \
    "smlad %[b2], %[x], %[v], %[b2]\n\t"                                                           \
    "smlad %[a3], %[y], %[w], %[a3]\n\t"                                                           \
    "smlad %[b3], %[y], %[v], %[b3]\n\t"

/* A tile by two channels, a and b: sums[pixel][channel]. All 14 registers are in use: the end of
 * the loop is kept by the FPU. */
DSP_INLINE const int8_t *multiply4(const uint32_t *in, const int8_t *weights, uint32_t depth,
                                   int32_t a, int32_t b, int32_t sums[TILE][2])
{
    int32_t a0 = a, a1 = a, a2 = a, a3 = a, b0 = b, b1 = b, b2 = b, b3 = b;
    uint32_t w, v, x, y;
    const int8_t *end = weights + (size_t)2 * depth;
    if (depth & STEP)
        __asm__ volatile(
            STEP4 STEP4
            : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3), [b0] "+r"(b0),
              [b1] "+r"(b1), [b2] "+r"(b2), [b3] "+r"(b3), [in] "+r"(in), [weights] "+r"(weights),
              [w] "=&r"(w), [v] "=&r"(v), [x] "=&r"(x), [y] "=&r"(y)
            :
            : "memory");
    if (weights != end)
        __asm__ volatile(
            "1:\n\t" STEP4 STEP4 STEP4 STEP4 "vmov %[x], %[end]\n\t"
            "cmp %[weights], %[x]\n\t"
            "bne 1b"
            : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3), [b0] "+r"(b0),
              [b1] "+r"(b1), [b2] "+r"(b2), [b3] "+r"(b3), [in] "+r"(in), [weights] "+r"(weights),
              [w] "=&r"(w), [v] "=&r"(v), [x] "=&r"(x), [y] "=&r"(y)
            : [end] "t"(end)
            : "cc", "memory");
    sums[0][0] = a0;
    sums[0][1] = b0;
    sums[1][0] = a1;
    sums[1][1] = b1;
    sums[2][0] = a2;
    sums[2][1] = b2;
    sums[3][0] = a3;
    sums[3][1] = b3;
    return weights;
}

DSP_INLINE void store2(int8_t *out, uint32_t bytes)
{
    uint16_t value = (uint16_t)bytes;
    __builtin_memcpy(out, &value, sizeof value);
}

static __attribute__((noinline)) void panel4(const struct panel *panel, uint32_t pairs)
{
    const struct panel p = *panel;
    const int8_t *weights = p.weights;
    const int32_t *bias = p.bias;
    int8_t *out = p.out;
    for (; pairs > 0; pairs--) {
        int32_t sums[TILE][2];
        weights = multiply4(p.tile, weights, p.depth, bias[0], bias[1], sums);
        if (p.finish.left != 0) {
            DSP_UNROLL
            for (uint32_t m = 0; m < TILE; m++) {
                sums[m][0] = dsp_shift_left(sums[m][0], &p.finish);
                sums[m][1] = dsp_shift_left(sums[m][1], &p.finish);
            }
        }
        int8_t *at = out;
        DSP_UNROLL
        for (uint32_t m = 0; m < TILE; m += 2) {
            uint32_t q =
                dsp_finish4(sums[m][0], sums[m][1], sums[m + 1][0], sums[m + 1][1], &p.finish);
            store2(at, q);
            store2(at + p.out_stride, q >> 16);
            at += 2 * p.out_stride;
        }
        bias += p.bias_step;
        out += 2;
    }
}

#define LOAD2 "ldmia %[weights]!, {r4, r5}\n\tldmia %[in]!, {r8, r9}\n\t"
#define LOAD4 "ldmia %[weights]!, {r4-r7}\n\tldmia %[in]!, {r8-r11}\n\t"
/* Two inputs of one pixel by two channels' weights, both in registers. */
#define STEP1(weights, in)                                                                         \
    "sxtb16 %[v], " weights ", ror #8\n\t"                                                         \
    "sxtb16 " weights ", " weights "\n\t"                                                          \
    "smlad %[a], " in ", " weights ", %[a]\n\t"                                                    \
    "smlad %[b], " in ", %[v], %[b]\n\t"

/* One pixel by two channels: adds to sums. */
DSP_INLINE const int8_t *multiply1(const uint32_t *in, const int8_t *weights, uint32_t depth,
                                   int32_t sums[2])
{
    int32_t a = sums[0], b = sums[1];
    const int8_t *end = weights + (size_t)2 * depth;
    uint32_t v;
    if (depth & STEP)
        __asm__ volatile(
            LOAD2 STEP1("r4", "r8") STEP1("r5", "r9")
            : [a] "+r"(a), [b] "+r"(b), [in] "+r"(in), [weights] "+r"(weights), [v] "=&r"(v)
            :
            : "r4", "r5", "r8", "r9", "memory");
    if (weights != end)
        __asm__ volatile(
            "1:\n\t" LOAD4 STEP1("r4", "r8") STEP1("r5", "r9") STEP1("r6", "r10")
                STEP1("r7", "r11") "vmov %[v], %[end]\n\t"
                                   "cmp %[weights], %[v]\n\t"
                                   "bne 1b"
            : [a] "+r"(a), [b] "+r"(b), [in] "+r"(in), [weights] "+r"(weights), [v] "=&r"(v)
            : [end] "t"(end)
            : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc", "memory");
    sums[0] = a;
    sums[1] = b;
    return weights;
}

static __attribute__((noinline)) void panel1(const struct panel *panel, uint32_t pairs)
{
    const struct panel p = *panel;
    const int8_t *weights = p.weights;
    const int32_t *bias = p.bias;
    int8_t *out = p.out;
    for (; pairs > 0; pairs--) {
        int32_t sums[2] = {bias[0], bias[1]};
        weights = multiply1(p.tile, weights, p.depth, sums);
        store2(out, dsp_finish4_any(sums[0], sums[1], 0, 0, &p.finish));
        bias += p.bias_step;
        out += 2;
    }
}

static void run_pairs(const struct panel *panel, uint32_t pixels, uint32_t pairs)
{
    if (pixels == TILE)
        panel4(panel, pairs);
    else
        panel1(panel, pairs);
}

/* All channels of a tile. */
static void run_tile(const struct panel *panel, uint32_t pixels, uint32_t channels)
{
    const uint32_t pairs = channels / 2;
    if (pairs > 0)
        run_pairs(panel, pixels, pairs);
    if (channels % 2 == 0)
        return;
    /* The last channel's pair has another that does not exist. */
    int8_t results[TILE * 2];
    struct panel last = *panel;
    last.weights += (size_t)2 * pairs * last.depth;
    last.bias += pairs * last.bias_step;
    last.out = results;
    last.out_stride = 2;
    run_pairs(&last, pixels, 1);
    for (uint32_t m = 0; m < pixels; m++)
        panel->out[(size_t)m * panel->out_stride + channels - 1] = results[2 * m];
}

static void run_bundle(const struct aw_plan *plan, const struct aw_bundles *bundles,
                       const int8_t *in, struct panel panel, int8_t *window)
{
    struct windows windows = windows_start(plan, bundles->ins, in);
    uint32_t *tile = (uint32_t *)(uintptr_t)panel.tile;
    for (uint32_t left = (uint32_t)plan->out.h * plan->out.w; left > 0;) {
        uint32_t pixels = left >= TILE ? TILE : 1;
        load_tile(&windows, window, pixels, panel.depth, tile);
        run_tile(&panel, pixels, bundles->outs);
        panel.out += (size_t)pixels * panel.out_stride;
        left -= pixels;
    }
}

void dsp_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    static const int32_t no_bias[2];
    const struct aw_bundles bundles = aw_bundles_of(plan, AW_DSP_BUNDLE);
    struct panel panel = {
        .tile = scratch,
        .depth = aw_round_up_u32(bundles.depth, STEP),
        .weights = buffers->weights,
        .bias = buffers->bias ? buffers->bias : no_bias,
        .bias_step = buffers->bias ? 2 : 0,
        .out = buffers->out,
        .out_stride = plan->out.c,
        .finish = dsp_finish_of(plan),
    };
    int8_t *window = (int8_t *)scratch + tile_bytes(plan, panel.depth);
    const int8_t *in = buffers->in0;
    for (uint32_t left = bundles.count; left > 0; left--) {
        run_bundle(plan, &bundles, in, panel, window);
        in += bundles.ins;
        panel.weights += (size_t)aw_round_up_u32(bundles.outs, 2) * panel.depth;
        panel.bias += buffers->bias ? bundles.outs : 0;
        panel.out += bundles.outs;
    }
}

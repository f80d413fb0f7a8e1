/* Convolution for long windows: a lane of an accumulator is a part of the window, so that neither
 * operand is broadcast; the lanes are summed once at the end.
 *
 * Tile: 2 pixels x 8 channels, 16 accumulators; depth in steps of 16, taken in twos. Weights are
 * packed [step][channel][16]. SMULL of the low and SMLAL of the high halves fit 16 bits, since
 * weights are not -128, and SADALP adds the neighbours. Input behind the depth meets zero weights.
 */

/* As in lanes.c: the first scheduler would send accumulators to the stack. */
#pragma GCC optimize("no-schedule-insns")

#include "gemm.h"

#define STEP       16u
#define STEP_BYTES (STEP * GEMM_HALF)
/* From here on the sums at the end cost less than the broadcasts of lanes.c. */
#define MIN_DEPTH 96u

/* acc[m][...] = or += one step of 8 channels. */
NEON_INLINE void add_step(uint32_t pixels, bool first, int32x4_t acc[2][8], const int8x16_t in[2],
                          const int8_t *weights)
{
    NEON_UNROLL
    for (uint32_t c = 0; c < 8; c += 2) {
        int8x16_t w[2];
        NEON_UNROLL
        for (uint32_t i = 0; i < 2; i++)
            w[i] = vld1q_s8(weights + STEP * (c + i));
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++) {
            int16x8_t sums[2];
            NEON_UNROLL
            for (uint32_t i = 0; i < 2; i++)
                sums[i] = vmull_s8(vget_low_s8(w[i]), vget_low_s8(in[m]));
            NEON_UNROLL
            for (uint32_t i = 0; i < 2; i++)
                sums[i] = vmlal_high_s8(sums[i], w[i], in[m]);
            NEON_UNROLL
            for (uint32_t i = 0; i < 2; i++)
                acc[m][c + i] = first ? vpaddlq_s16(sums[i]) : vpadalq_s16(acc[m][c + i], sums[i]);
        }
    }
}

NEON_INLINE void add_two_steps(uint32_t pixels, bool first, int32x4_t acc[2][8],
                               const struct gemm_panel *p, const int8_t *in, const int8_t *weights)
{
    int8x16_t a[2], b[2];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        a[m] = vld1q_s8(in + m * p->in_stride);
        b[m] = vld1q_s8(in + m * p->in_stride + STEP);
    }
    add_step(pixels, first, acc, a, weights);
    add_step(pixels, false, acc, b, weights + STEP_BYTES);
}

/* Sums of the lanes of 4 accumulators. */
NEON_INLINE int32x4_t reduce4(const int32x4_t acc[4])
{
    return vpaddq_s32(vpaddq_s32(acc[0], acc[1]), vpaddq_s32(acc[2], acc[3]));
}

NEON_INLINE void tile(uint32_t pixels, const struct gemm_panel *p, const int8_t *in, int8_t *out)
{
    const int8_t *weights = p->weights;
    const int8_t *end = weights + p->depth / (2 * STEP) * (2 * STEP_BYTES);
    int32x4_t acc[2][8];
    add_two_steps(pixels, true, acc, p, in, weights);
    for (weights += 2 * STEP_BYTES; weights != end; weights += 2 * STEP_BYTES) {
        in += 2 * STEP;
        add_two_steps(pixels, false, acc, p, in, weights);
    }
    if (p->depth & STEP) {
        int8x16_t a[2];
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++)
            a[m] = vld1q_s8(in + 2 * STEP + m * p->in_stride);
        add_step(pixels, false, acc, a, weights);
    }
    int32x4_t bias0 = vld1q_s32(p->bias), bias1 = vld1q_s32(p->bias + 4);
    int8x16_t results[2];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        int32x4_t sums[2] = {vaddq_s32(reduce4(acc[m]), bias0),
                             vaddq_s32(reduce4(acc[m] + 4), bias1)};
        results[m] = neon_finish8(sums, &p->finish);
    }
    neon_store_tile(out, p->out_stride, results, pixels, GEMM_HALF, pixels, p->channels);
}

static void dots_panel(const struct gemm_panel *panel)
{
    const struct gemm_panel p = *panel;
    const int8_t *in = p.in;
    int8_t *out = p.out;
    uint32_t left = p.pixels;
    for (; left >= 2; left -= 2) {
        tile(2, &p, in, out);
        in += 2 * p.in_stride;
        out += 2 * p.out_stride;
    }
    if (left > 0)
        tile(1, &p, in, out);
}

static uint32_t dots_place(uint32_t channel, uint32_t k, uint32_t channels)
{
    return (k / STEP * channels + channel) * STEP + k % STEP;
}

static const struct gemm_form dots = {
    .block = GEMM_HALF, .depth_step = STEP, .place = dots_place, .panel = dots_panel};

bool neon_dots_supports(const struct aw_plan *plan)
{
    return gemm_supports(plan) && gemm_depth(plan) >= MIN_DEPTH;
}

uint32_t neon_dots_packed_bytes(const struct aw_plan *plan)
{
    return gemm_packed_bytes(&dots, plan);
}

void neon_dots_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    gemm_pack(&dots, plan, canonical, packed);
}

void neon_dots_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    gemm_run(&dots, plan, buffers, scratch);
}

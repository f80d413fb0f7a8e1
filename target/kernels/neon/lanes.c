/* Convolution for short windows: a lane of an accumulator is an output channel, so nothing is left
 * to reduce at the end.
 *
 * Tile: 4 pixels x 16 channels, 16 accumulators; depth in steps of 4, which are two pairs of
 * neighbours. Weights are packed [step][pair][channel][2]: one register is 8 channels of a pair.
 * The pair of a pixel is broadcast to all lanes; SMULL and SMLAL of both pairs fit 16 bits, since
 * weights are not -128, and SADALP adds the neighbours to 4 channels. Input behind the depth meets
 * zero weights. */

/* A tile needs nearly all 32 registers; GCC's first scheduler, which moves products ahead, would
 * send accumulators to the stack. The source is in a good order for the Cortex-A53. */
#pragma GCC optimize("no-schedule-insns")

#include "gemm.h"

#define STEP 4u

/* NEON_KEEP: GCC would load every pair again, by itself and through a general register. */
NEON_INLINE int8x16_t window_load(const int8_t *in)
{
    int8x16_t value = vld1q_s8(in);
    NEON_KEEP(value);
    return value;
}

/* acc[m][...] += pairs 2 * at and 2 * at + 1 of in[m], for `quads` groups of 4 channels. */
NEON_INLINE void add_step(uint32_t pixels, uint32_t quads, int32x4_t acc[4][4],
                          const int8x16_t in[4], int at, const int8_t *weights)
{
    int8x16_t w0[2], w1[2];
    NEON_UNROLL
    for (uint32_t q = 0; q < quads / 2; q++) {
        w0[q] = vld1q_s8(weights + 16 * q);
        w1[q] = vld1q_s8(weights + 8 * quads + 16 * q);
    }
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        int16x8_t pairs = vreinterpretq_s16_s8(in[m]);
        int8x16_t a0 = vreinterpretq_s8_s16(vdupq_laneq_s16(pairs, 2 * at));
        int8x16_t a1 = vreinterpretq_s8_s16(vdupq_laneq_s16(pairs, 2 * at + 1));
        int16x8_t sums[4];
        NEON_UNROLL
        for (uint32_t q = 0; q < quads / 2; q++) {
            sums[2 * q] = vmull_s8(vget_low_s8(w0[q]), vget_low_s8(a0));
            sums[2 * q + 1] = vmull_high_s8(w0[q], a0);
        }
        NEON_UNROLL
        for (uint32_t q = 0; q < quads / 2; q++) {
            sums[2 * q] = vmlal_s8(sums[2 * q], vget_low_s8(w1[q]), vget_low_s8(a1));
            sums[2 * q + 1] = vmlal_high_s8(sums[2 * q + 1], w1[q], a1);
        }
        NEON_UNROLL
        for (uint32_t q = 0; q < quads; q++)
            acc[m][q] = vpadalq_s16(acc[m][q], sums[q]);
    }
}

NEON_INLINE void tile(uint32_t pixels, uint32_t quads, const struct gemm_panel *p, const int8_t *in,
                      int8_t *out)
{
    const uint32_t step_bytes = STEP * 4 * quads;
    const int8_t *weights = p->weights;
    int32x4_t acc[4][4];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        NEON_UNROLL
        for (uint32_t q = 0; q < quads; q++)
            acc[m][q] = vld1q_s32(p->bias + 4 * q);
    }
    int8x16_t a[4];
    uint32_t left = p->depth;
    for (; left >= 16; left -= 16) {
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++)
            a[m] = window_load(in + m * p->in_stride);
        add_step(pixels, quads, acc, a, 0, weights);
        add_step(pixels, quads, acc, a, 1, weights + step_bytes);
        add_step(pixels, quads, acc, a, 2, weights + 2 * step_bytes);
        add_step(pixels, quads, acc, a, 3, weights + 3 * step_bytes);
        in += 16;
        weights += 4 * step_bytes;
    }
    for (; left > 0; left -= STEP) {
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++)
            a[m] = window_load(in + m * p->in_stride);
        add_step(pixels, quads, acc, a, 0, weights);
        in += STEP;
        weights += step_bytes;
    }
    int8x16_t results[4];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++)
        results[m] =
            quads == 4 ? neon_finish16(acc[m], &p->finish) : neon_finish8(acc[m], &p->finish);
    neon_store_tile(out, p->out_stride, results, pixels, 4 * quads, pixels, p->channels);
}

NEON_INLINE void run_panel(uint32_t quads, const struct gemm_panel *panel)
{
    const struct gemm_panel p = *panel;
    const int8_t *in = p.in;
    int8_t *out = p.out;
    uint32_t left = p.pixels;
    for (; left >= 4; left -= 4) {
        tile(4, quads, &p, in, out);
        in += 4 * p.in_stride;
        out += 4 * p.out_stride;
    }
    for (; left > 0; left--) {
        tile(1, quads, &p, in, out);
        in += p.in_stride;
        out += p.out_stride;
    }
}

static __attribute__((noinline)) void panel16(const struct gemm_panel *panel)
{
    run_panel(4, panel);
}

static __attribute__((noinline)) void panel8(const struct gemm_panel *panel)
{
    run_panel(2, panel);
}

static void lanes_panel(const struct gemm_panel *p)
{
    if (p->channels > GEMM_HALF)
        panel16(p);
    else
        panel8(p);
}

static uint32_t lanes_place(uint32_t channel, uint32_t k, uint32_t channels)
{
    return (k / 2 * channels + channel) * 2 + k % 2;
}

static const struct gemm_form lanes = {
    .block = GEMM_BLOCK, .depth_step = STEP, .place = lanes_place, .panel = lanes_panel};

bool neon_lanes_supports(const struct aw_plan *plan)
{
    return gemm_supports(plan);
}

uint32_t neon_lanes_packed_bytes(const struct aw_plan *plan)
{
    return gemm_packed_bytes(&lanes, plan);
}

void neon_lanes_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed)
{
    gemm_pack(&lanes, plan, canonical, packed);
}

void neon_lanes_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    gemm_run(&lanes, plan, buffers, scratch);
}

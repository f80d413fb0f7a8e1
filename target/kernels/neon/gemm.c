/* Product of input windows and packed weights.
 *
 * Tile: NEON_CONV_PIXELS pixels by 16 or 8 channels; an accumulator holds 4 channels of a pixel, so
 * that nothing is left to reduce at the end. Depth in steps of 4, which are two pairs of
 * neighbours; a vector of weights is 8 channels of a pair. The pair of a pixel is loaded into all
 * lanes; SMULL and SMLAL of both pairs fit 16 bits, since weights are not -128, and SADALP adds the
 * neighbours to 4 channels. Input behind the depth meets zero weights. */

/* A tile needs nearly all registers; GCC's first scheduler, which moves products ahead, would send
 * accumulators to the stack. The source is in a good order for cores that issue in order. One
 * region for the allocator: with a region a loop, it moves accumulators from register to register
 * between the loops. */
#pragma GCC optimize("no-schedule-insns", "ira-region=one")

#include "gemm.h"

/* Steps that share the loop's own instructions. */
#define UNROLL 4u

/* The next step: acc[m][...] += two pairs of in[m] by `quads` groups of 4 channels. */
NEON_INLINE void add_step(uint32_t pixels, uint32_t quads, int32x4_t acc[NEON_TILE][4],
                          const int8_t *in[NEON_TILE], const int8_t **weights)
{
    int8x16_t w[4];
    const int8x16_t *w0 = w, *w1 = w + quads / 2;
    if (quads == 4)
        neon_load4(weights, w);
    else
        neon_load2(weights, w);
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        neon_pair a[2];
        neon_load_pairs(&in[m], a);
        NEON_UNROLL
        for (uint32_t q = 0; q < quads / 2; q++) {
            int16x8_t low = neon_mull_low(w0[q], a[0]), high = neon_mull_high(w0[q], a[0]);
            low = neon_mlal_low(low, w1[q], a[1]);
            high = neon_mlal_high(high, w1[q], a[1]);
            acc[m][2 * q] = vpadalq_s16(acc[m][2 * q], low);
            acc[m][2 * q + 1] = vpadalq_s16(acc[m][2 * q + 1], high);
        }
    }
}

NEON_INLINE void tile(uint32_t pixels, uint32_t quads, const struct gemm_panel *p, const int8_t *at,
                      int8_t *out)
{
    const int8_t *weights = p->weights, *in[NEON_TILE];
    int32x4_t acc[NEON_TILE][4];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++) {
        in[m] = at + m * p->in_stride;
        NEON_UNROLL
        for (uint32_t q = 0; q < quads; q++)
            acc[m][q] = vld1q_s32(p->bias + 4 * q);
    }
    uint32_t left = p->depth / AW_NEON_STEP;
    for (; left >= UNROLL; left -= UNROLL) {
        NEON_UNROLL
        for (uint32_t i = 0; i < UNROLL; i++)
            add_step(pixels, quads, acc, in, &weights);
    }
    for (; left > 0; left--)
        add_step(pixels, quads, acc, in, &weights);
    neon_store_tile(out, p->out_stride, acc, pixels, quads, &p->finish, pixels, p->channels);
}

NEON_INLINE void run(uint32_t quads, const struct gemm_panel *panel)
{
    const uint32_t pixels = NEON_CONV_PIXELS(4 * quads);
    const struct gemm_panel p = *panel;
    const int8_t *in = p.in;
    int8_t *out = p.out;
    uint32_t left = p.pixels;
    for (; left >= pixels; left -= pixels) {
        tile(pixels, quads, &p, in, out);
        in += pixels * p.in_stride;
        out += pixels * p.out_stride;
    }
    for (; left > 0; left--) {
        tile(1, quads, &p, in, out);
        in += p.in_stride;
        out += p.out_stride;
    }
}

static __attribute__((noinline)) void run16(const struct gemm_panel *panel)
{
    run(4, panel);
}

static __attribute__((noinline)) void run8(const struct gemm_panel *panel)
{
    run(2, panel);
}

void gemm_run(uint32_t block, const struct gemm_panel *panel)
{
    if (block == AW_NEON_BLOCK)
        run16(panel);
    else
        run8(panel);
}

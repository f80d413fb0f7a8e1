/* Windows of the largest value and of the mean, which may be the whole input: one output pixel of
 * 16 channels at a time; a rest of the channels is computed like the others and stored in part. */
#include "neon.h"

/* Sums of up to 255 pixels fit 16 bits. */
#define RUN_PIXELS 255u
/* Of n * 2^|shift|: what the reciprocals below are exact for. */
#define MAX_DIVISOR (UINT32_C(1) << 20)

/* Pixels that share a loop's own instructions: most windows are 3 wide. */
#define TOGETHER 3u

/* Rows and columns of the input under a window. */
struct window {
    const int8_t *first;
    uint32_t rows, columns;
};

NEON_INLINE struct window window_at(const struct aw_plan *plan, const int8_t *in, uint32_t oy,
                                    uint32_t ox)
{
    const struct aw_layer *l = &plan->layer;
    int32_t y = (int32_t)(oy * l->stride_h) - l->pad_top;
    int32_t x = (int32_t)(ox * l->stride_w) - l->pad_left;
    int32_t y_end = y + l->kernel_h, x_end = x + l->kernel_w;
    y_end = y_end < plan->in0.h ? y_end : plan->in0.h;
    x_end = x_end < plan->in0.w ? x_end : plan->in0.w;
    y = y < 0 ? 0 : y;
    x = x < 0 ? 0 : x;
    return (struct window){
        .first = in + ((size_t)(uint32_t)y * plan->in0.w + (uint32_t)x) * plan->in0.c,
        .rows = (uint32_t)(y_end - y),
        .columns = (uint32_t)(x_end - x),
    };
}

NEON_INLINE int8x16_t largest16(const struct window *w, size_t ch, size_t row)
{
    int8x16_t most = vdupq_n_s8(-128);
    for (uint32_t y = 0; y < w->rows; y++) {
        const int8_t *in = w->first + y * row;
        uint32_t n = w->columns;
        for (; n >= TOGETHER; n -= TOGETHER) {
            NEON_UNROLL
            for (uint32_t i = 0; i < TOGETHER; i++)
                most = vmaxq_s8(most, neon_load_step(&in, ch));
        }
        for (; n > 0; n--)
            most = vmaxq_s8(most, neon_load_step(&in, ch));
    }
    return most;
}

void neon_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct neon_finish finish = neon_finish_of(plan);
    const int8x16_t shift = vdupq_n_s8((int8_t)-plan->shift);
    const uint32_t ch = plan->out.c;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            struct window w = window_at(plan, buffers->in0, oy, ox);
            for (uint32_t c = 0; c < ch; c += 16, w.first += 16) {
                int8x16_t most = largest16(&w, ch, (size_t)plan->in0.w * ch);
                neon_store(out + c, neon_clamp(vqrshlq_s8(most, shift), &finish),
                           aw_min_u32(ch - c, 16));
            }
        }
}

/* floor(sum * up / d + 1/2), where d is n * 2^shift or up is 2^-shift, as floor(dividend / 2d) -
 * offset: the offset, 128 * up, makes the dividend 2 * sum * up + d + 2d * offset positive. Its
 * quotient is a product with ceil(2^k / 2d), which is exact when dividend * 2d <= 2^k; with k = 32
 * + log2(d), rounded down, and a quotient below 257 * up it is while d * up <= 2^31 / 1028. */
struct mean {
    int32x4_t twice_up; /* shift count */
    int32x4_t add, offset;
    uint32x2_t reciprocal;
    int32x4_t down; /* shift count for k - 32, to the right when negative */
};

static bool mean_supports(uint64_t n, int shift)
{
    return n << (shift < 0 ? -shift : shift) <= MAX_DIVISOR;
}

static struct mean mean_of(uint32_t n, int shift)
{
    int32_t up = shift < 0 ? -shift : 0;
    uint32_t d = shift > 0 ? n << shift : n;
    int log = 31 - __builtin_clz(d);
    int32_t offset = 128 << up;
    return (struct mean){
        .twice_up = vdupq_n_s32(1 + up),
        .add = vdupq_n_s32((int32_t)d * (1 + 2 * offset)),
        .offset = vdupq_n_s32(offset),
        .reciprocal = vdup_n_u32((uint32_t)(((UINT64_C(1) << (32 + log)) + 2 * d - 1) / (2 * d))),
        .down = vdupq_n_s32(-log),
    };
}

NEON_INLINE int32x4_t mean4(int32x4_t sum, const struct mean *m)
{
    uint32x4_t dividend = vreinterpretq_u32_s32(vaddq_s32(vshlq_s32(sum, m->twice_up), m->add));
    uint64x2_t low = vmull_u32(vget_low_u32(dividend), m->reciprocal);
    uint64x2_t high = vmull_u32(vget_high_u32(dividend), m->reciprocal);
    uint32x4_t quotient = vcombine_u32(vshrn_n_u64(low, 32), vshrn_n_u64(high, 32));
    return vsubq_s32(vreinterpretq_s32_u32(vshlq_u32(quotient, m->down)), m->offset);
}

NEON_INLINE int8x16_t mean16(const int32x4_t sums[4], const struct mean *m,
                             const struct neon_finish *finish)
{
    int16x8_t a = vqmovn_high_s32(vqmovn_s32(mean4(sums[0], m)), mean4(sums[1], m));
    int16x8_t b = vqmovn_high_s32(vqmovn_s32(mean4(sums[2], m)), mean4(sums[3], m));
    return neon_clamp(vqmovn_high_s16(vqmovn_s16(a), b), finish);
}

NEON_INLINE void add_pixel(int16x8_t sums[2], int8x16_t a)
{
    sums[0] = vaddw_s8(sums[0], vget_low_s8(a));
    sums[1] = vaddw_high_s8(sums[1], a);
}

/* sums += n pixels, `stride` bytes apart. */
NEON_INLINE void add_pixels(const int8_t *in, uint32_t n, size_t stride, int16x8_t sums[2])
{
    for (; n >= TOGETHER; n -= TOGETHER) {
        NEON_UNROLL
        for (uint32_t i = 0; i < TOGETHER; i++)
            add_pixel(sums, neon_load_step(&in, stride));
    }
    for (; n > 0; n--)
        add_pixel(sums, neon_load_step(&in, stride));
}

NEON_INLINE void add_run(const int16x8_t run[2], int32x4_t sums[4])
{
    sums[0] = vaddw_s16(sums[0], vget_low_s16(run[0]));
    sums[1] = vaddw_high_s16(sums[1], run[0]);
    sums[2] = vaddw_s16(sums[2], vget_low_s16(run[1]));
    sums[3] = vaddw_high_s16(sums[3], run[1]);
}

NEON_INLINE int8x16_t window_mean16(const struct window *w, size_t ch, size_t row,
                                    const struct mean *m, const struct neon_finish *finish)
{
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    int16x8_t run[2] = {vdupq_n_s16(0), vdupq_n_s16(0)};
    for (uint32_t y = 0; y < w->rows; y++)
        add_pixels(w->first + y * row, w->columns, ch, run);
    add_run(run, sums);
    return mean16(sums, m, finish);
}

bool neon_avgpool_supports(const struct aw_plan *plan)
{
    uint32_t n = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w;
    return n <= RUN_PIXELS && mean_supports(n, plan->shift);
}

void neon_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct aw_layer *l = &plan->layer;
    const struct neon_finish finish = neon_finish_of(plan);
    const uint32_t ch = plan->out.c;
    uint32_t n = (uint32_t)l->kernel_h * l->kernel_w;
    struct mean mean = mean_of(n, plan->shift);
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            struct window w = window_at(plan, buffers->in0, oy, ox);
            if (!l->count_include_pad && w.rows * w.columns != n) {
                n = w.rows * w.columns;
                mean = mean_of(n, plan->shift);
            }
            for (uint32_t c = 0; c < ch; c += 16, w.first += 16)
                neon_store(out + c, window_mean16(&w, ch, (size_t)plan->in0.w * ch, &mean, &finish),
                           aw_min_u32(ch - c, 16));
        }
}

bool neon_gap_supports(const struct aw_plan *plan)
{
    return mean_supports((uint64_t)plan->in0.h * plan->in0.w, plan->shift);
}

void neon_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct neon_finish finish = neon_finish_of(plan);
    const uint32_t pixels = (uint32_t)plan->in0.h * plan->in0.w, ch = plan->in0.c;
    const struct mean mean = mean_of(pixels, plan->shift);
    (void)scratch;
    for (uint32_t c = 0; c < ch; c += 16) {
        int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
        for (uint32_t done = 0, n; done < pixels; done += n) {
            int16x8_t run[2] = {vdupq_n_s16(0), vdupq_n_s16(0)};
            n = aw_min_u32(pixels - done, RUN_PIXELS);
            add_pixels(buffers->in0 + (size_t)done * ch + c, n, ch, run);
            add_run(run, sums);
        }
        neon_store(buffers->out + c, mean16(sums, &mean, &finish), aw_min_u32(ch - c, 16));
    }
}

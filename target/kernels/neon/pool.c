/* Windows of the largest value and of the mean: one output pixel of 16 channels at a time; a rest
 * of the channels is computed like the others and stored in part. */
#include "neon.h"

/* What reciprocals below are exact for. */
#define MAX_AVG_AREA 64u
/* A mean is within [-128, 127]; a right shift by this many bits or more leaves 0 of it. */
#define AVG_ALL_SHIFTED 8

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
    const int8_t *line = w->first;
    for (uint32_t y = 0; y < w->rows; y++, line += row) {
        const int8_t *in = line;
        for (uint32_t x = 0; x < w->columns; x++, in += ch)
            most = vmaxq_s8(most, vld1q_s8(in));
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

/* floor(sum * 2^-shift / n + 1/2) as floor((2 * sum * up + n * down) / 2n) / down, with up or down
 * the power of two. The dividend is made positive by adding `offset` times 2n, and its division by
 * 2n is a product with ceil(2^32 / 2n), whose error stays below one while dividend * 2n < 2^32:
 * n <= 64 and dividend < 2^18 * n. */
struct mean {
    int32x4_t twice_up; /* shift count */
    int32x4_t add;      /* n * down + offset * 2n */
    uint32x2_t reciprocal;
    int32x4_t offset, down; /* down: shift count, to the right when negative */
};

static struct mean mean_of(uint32_t n, int shift)
{
    int32_t up = shift < 0 ? -shift : 0, down = shift > 0 ? shift : 0;
    int32_t offset = 128 << up;
    return (struct mean){
        .twice_up = vdupq_n_s32(1 + up),
        .add = vdupq_n_s32((int32_t)(n << down) + offset * 2 * (int32_t)n),
        .reciprocal = vdup_n_u32((uint32_t)(((UINT64_C(1) << 32) + 2 * n - 1) / (2 * n))),
        .offset = vdupq_n_s32(offset),
        .down = vdupq_n_s32(-down),
    };
}

NEON_INLINE int32x4_t mean4(int32x4_t sum, const struct mean *m)
{
    uint32x4_t dividend = vreinterpretq_u32_s32(vaddq_s32(vshlq_s32(sum, m->twice_up), m->add));
    uint64x2_t low = vmull_u32(vget_low_u32(dividend), m->reciprocal);
    uint64x2_t high = vmull_high_u32(dividend, vcombine_u32(m->reciprocal, m->reciprocal));
    uint32x4_t quotient = vcombine_u32(vshrn_n_u64(low, 32), vshrn_n_u64(high, 32));
    return vshlq_s32(vsubq_s32(vreinterpretq_s32_u32(quotient), m->offset), m->down);
}

NEON_INLINE int8x16_t mean16(const struct window *w, size_t ch, size_t row, const struct mean *m,
                             const struct neon_finish *finish)
{
    int16x8_t low = vdupq_n_s16(0), high = vdupq_n_s16(0);
    const int8_t *line = w->first;
    for (uint32_t y = 0; y < w->rows; y++, line += row) {
        const int8_t *in = line;
        for (uint32_t x = 0; x < w->columns; x++, in += ch) {
            int8x16_t a = vld1q_s8(in);
            low = vaddw_s8(low, vget_low_s8(a));
            high = vaddw_high_s8(high, a);
        }
    }
    int16x8_t a = vqmovn_high_s32(vqmovn_s32(mean4(vmovl_s16(vget_low_s16(low)), m)),
                                  mean4(vmovl_high_s16(low), m));
    int16x8_t b = vqmovn_high_s32(vqmovn_s32(mean4(vmovl_s16(vget_low_s16(high)), m)),
                                  mean4(vmovl_high_s16(high), m));
    return neon_clamp(vqmovn_high_s16(vqmovn_s16(a), b), finish);
}

bool neon_avgpool_supports(const struct aw_plan *plan)
{
    return (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w <= MAX_AVG_AREA &&
           plan->shift < AVG_ALL_SHIFTED;
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
                neon_store(out + c, mean16(&w, ch, (size_t)plan->in0.w * ch, &mean, &finish),
                           aw_min_u32(ch - c, 16));
        }
}

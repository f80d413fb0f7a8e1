/* Windows of the largest value, 16 channels at a time, and of the mean, 8 at a time; a rest of the
 * channels is computed like the others and stored in part. */
#include "../mean.h"
#include "mve.h"
#include "op_impl.h"

/* Sums of up to this many int8 fit 16 bits. */
#define MAX_HALF_PIXELS 255u
/* What the reciprocals below are exact for. */
#define MAX_AVG_AREA 64u

void mve_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct mve_clamp clamp = mve_clamp_of(plan);
    const uint32_t ch = plan->out.c, row = plan->in0.w * ch;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            const struct aw_window w = aw_pool_window(plan, oy, ox);
            const int8_t *first = buffers->in0 + (w.y_first * plan->in0.w + w.x_first) * ch;
            for (uint32_t c = 0; c < ch; c += 16) {
                int8x16_t most = vdupq_n_s8(-128);
                const int8_t *line = first + c;
                for (uint32_t y = w.y_first; y < w.y_end; y++, line += row) {
                    const int8_t *in = line;
                    for (uint32_t x = w.x_end - w.x_first; x > 0; x--, in += ch)
                        most = vmaxq_s8(most, vld1q_s8(in));
                }
                mve_store(out + c, mve_clamp16(vqrshlq_n_s8(most, clamp.shift), &clamp), ch - c);
            }
        }
}

/* mean.h, with products for divisions: by the factor 2n through ceil(2^32 / 2n), whose error stays
 * below one while dividend * 2n < 2^32 (n <= 64 and dividend < 2^18 * n), then by the power of two.
 */
struct means {
    struct mean mean;
    uint32_t reciprocal;
    int32_t down; /* shift count, to the right when negative */
    int16x8_t lo, hi;
};

static void set_window(struct means *m, uint32_t n, int shift)
{
    m->mean = mean_of(n, shift);
    m->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + 2 * n - 1) / (2 * n));
    m->down = shift > 0 ? -shift : 0;
    if (shift > 0) /* the offset is of what is shifted down */
        m->mean.add = (n << shift) + m->mean.offset * 2 * n;
}

MVE_INLINE int32x4_t mean4(int32x4_t sums, const struct means *m)
{
    uint32x4_t dividend =
        vaddq_n_u32(vreinterpretq_u32_s32(vshlq_r_s32(sums, (int32_t)m->mean.up)), m->mean.add);
    int32x4_t q = vreinterpretq_s32_u32(vmulhq_u32(dividend, vdupq_n_u32(m->reciprocal)));
    return vshlq_r_s32(vsubq_n_s32(q, (int32_t)m->mean.offset), m->down);
}

/* Sums of 8 channels; `line` is the window's first pixel. */
MVE_INLINE int16x8_t sums8(const int8_t *line, uint32_t rows, uint32_t columns, size_t ch,
                           size_t row)
{
    int16x8_t sums = vdupq_n_s16(0);
    for (; rows > 0; rows--, line += row) {
        const int8_t *in = line;
        for (uint32_t x = columns; x > 0; x--, in += ch)
            sums = vaddq_s16(sums, vldrbq_s16(in));
    }
    return sums;
}

bool mve_avgpool_supports(const struct aw_plan *plan)
{
    return (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w <= MAX_AVG_AREA &&
           plan->shift < MEAN_ALL_SHIFTED;
}

void mve_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const uint32_t ch = plan->out.c, row = plan->in0.w * ch;
    uint32_t n = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w;
    struct means means = {.lo = vdupq_n_s16(plan->lo), .hi = vdupq_n_s16(plan->hi)};
    int8_t *out = buffers->out;
    set_window(&means, n, plan->shift);
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            const struct aw_window w = aw_pool_window(plan, oy, ox);
            const uint32_t rows = w.y_end - w.y_first, columns = w.x_end - w.x_first;
            const int8_t *first = buffers->in0 + (w.y_first * plan->in0.w + w.x_first) * ch;
            if (!plan->layer.count_include_pad && rows * columns != n) {
                n = rows * columns;
                set_window(&means, n, plan->shift);
            }
            for (uint32_t c = 0; c < ch; c += 8) {
                int16x8_t sums = sums8(first + c, rows, columns, ch, row);
                int16x8_t q =
                    mve_narrow(mean4(vmovlbq_s16(sums), &means), mean4(vmovltq_s16(sums), &means));
                q = vminq_s16(vmaxq_s16(q, means.lo), means.hi);
                vstrbq_p_s16(out + c, q, vctp16q(ch - c));
            }
        }
}

bool mve_gap_supports(const struct aw_plan *plan)
{
    return mean_supports(plan->divisor, plan->shift);
}

void mve_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct mean mean = mean_of(plan->divisor, plan->shift);
    const uint32_t ch = plan->in0.c;
    (void)scratch;
    for (uint32_t c = 0; c < ch; c += 8) {
        const int8_t *in = buffers->in0 + c;
        int32x4_t even = vdupq_n_s32(0), odd = vdupq_n_s32(0);
        for (uint32_t left = plan->divisor; left > 0;) {
            uint32_t n = aw_min_u32(left, MAX_HALF_PIXELS);
            int16x8_t sums = sums8(in, n, 1, ch, ch);
            even = vaddq_s32(even, vmovlbq_s16(sums));
            odd = vaddq_s32(odd, vmovltq_s16(sums));
            in += (size_t)n * ch;
            left -= n;
        }
        int32_t sums[2][4];
        vst1q_s32(sums[0], even);
        vst1q_s32(sums[1], odd);
        for (uint32_t i = 0; i < 8 && c + i < ch; i++) {
            int32_t q = mean_value(sums[i % 2][i / 2], &mean);
            q = q < plan->lo ? plan->lo : q;
            buffers->out[c + i] = (int8_t)(q > plan->hi ? plan->hi : q);
        }
    }
}

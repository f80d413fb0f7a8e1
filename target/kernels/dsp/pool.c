/* Windows of the largest value and of the mean: 4 channels at a time. */
#include "../mean.h"
#include "dsp.h"
#include "op_impl.h"

/* Sums of up to this many int8 fit the halves of a word. */
#define MAX_HALF_PIXELS 255u
void dsp_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const uint32_t ch = plan->out.c, row = plan->in0.w * ch;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            const struct aw_window w = aw_pool_window(plan, oy, ox);
            const uint32_t columns = w.x_end - w.x_first;
            const int8_t *first = buffers->in0 + (w.y_first * plan->in0.w + w.x_first) * ch;
            for (uint32_t c = 0; c < ch; c += 4) {
                uint32_t most = 0x80808080u;
                const int8_t *line = first + c;
                for (uint32_t y = w.y_first; y < w.y_end; y++, line += row) {
                    const int8_t *in = line;
                    for (uint32_t x = columns; x > 0; x--, in += ch)
                        most = dsp_max4(most, dsp_load(in));
                }
                most =
                    plan->shift == 0 ? dsp_clamp4(most, &finish) : dsp_finish_bytes(most, &finish);
                dsp_store_part(out + c, most, aw_min_u32(ch - c, 4));
            }
        }
}

DSP_INLINE uint32_t mean1(int32_t sum, const struct mean *m)
{
    int32_t q = mean_value(sum, m);
    __asm__("ssat %0, #8, %0" : "+r"(q));
    return (uint32_t)q;
}

static uint32_t mean4(const int32_t sums[4], const struct mean *m, const struct dsp_finish *f)
{
    return dsp_clamp4(
        dsp_join4(mean1(sums[0], m), mean1(sums[1], m), mean1(sums[2], m), mean1(sums[3], m)), f);
}

/* sums[..] += the 4 channels of `n` pixels, at most MAX_HALF_PIXELS. */
DSP_INLINE void add_pixels(int32_t sums[4], const int8_t *in, size_t ch, uint32_t n)
{
    uint32_t even = 0, odd = 0;
    for (; n > 0; n--, in += ch) {
        uint32_t word = dsp_load(in);
        even = dsp_add_even(even, word);
        odd = dsp_add_odd(odd, word);
    }
    sums[0] += dsp_low(even);
    sums[1] += dsp_low(odd);
    sums[2] += dsp_high(even);
    sums[3] += dsp_high(odd);
}

bool dsp_gap_supports(const struct aw_plan *plan)
{
    return mean_supports(plan->divisor, plan->shift);
}

void dsp_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const struct mean mean = mean_of(plan->divisor, plan->shift);
    const uint32_t ch = plan->in0.c;
    (void)scratch;
    for (uint32_t c = 0; c < ch; c += 4) {
        const int8_t *in = buffers->in0 + c;
        int32_t sums[4] = {0, 0, 0, 0};
        for (uint32_t left = plan->divisor; left > 0;) {
            uint32_t n = aw_min_u32(left, MAX_HALF_PIXELS);
            add_pixels(sums, in, ch, n);
            in += (size_t)n * ch;
            left -= n;
        }
        dsp_store_part(buffers->out + c, mean4(sums, &mean, &finish), aw_min_u32(ch - c, 4));
    }
}

bool dsp_avgpool_supports(const struct aw_plan *plan)
{
    /* A row of a window is at most 255 pixels: MAX_HALF_PIXELS. */
    return mean_supports((uint32_t)plan->layer.kernel_h * plan->layer.kernel_w, plan->shift);
}

void dsp_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const uint32_t ch = plan->out.c, row = plan->in0.w * ch;
    uint32_t n = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w;
    struct mean mean = mean_of(n, plan->shift);
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, out += ch) {
            const struct aw_window w = aw_pool_window(plan, oy, ox);
            const uint32_t columns = w.x_end - w.x_first;
            const uint32_t inside = (w.y_end - w.y_first) * columns;
            const int8_t *first = buffers->in0 + (w.y_first * plan->in0.w + w.x_first) * ch;
            if (!plan->layer.count_include_pad && inside != n) {
                n = inside;
                mean = mean_of(n, plan->shift);
            }
            for (uint32_t c = 0; c < ch; c += 4) {
                int32_t sums[4] = {0, 0, 0, 0};
                const int8_t *line = first + c;
                for (uint32_t y = w.y_first; y < w.y_end; y++, line += row)
                    add_pixels(sums, line, ch, columns);
                dsp_store_part(out + c, mean4(sums, &mean, &finish), aw_min_u32(ch - c, 4));
            }
        }
}

/* Depthwise convolution, horizontal stride 1 or 2, without horizontal dilation.
 *
 * Channel by channel, in planes (planes.h): SXTB16 makes of the word at x the pairs (x, x+2) and
 * (x+1, x+3), and SMLAD multiplies a pair by two taps. Weights are widened to the same pairs, once
 * a channel; a row of taps is filled up with zeros to fours (common/packings). Tile: 4 pixels of
 * one channel. */
#include "dsp.h"

#define TILE 4u

static void planes_copy(const int8_t *in, size_t ch, uint32_t n, int8_t *to, size_t plane)
{
    for (; n >= 4; n -= 4, to += 4) {
        uint32_t a = dsp_load(in), b = dsp_load(in + ch);
        in += 2 * ch;
        uint32_t c = dsp_load(in), d = dsp_load(in + ch);
        in += 2 * ch;
        uint32_t ab = dsp_weave(a, b), cd = dsp_weave(c, d);
        int8_t *at = to;
        dsp_store(at, dsp_low_halves(ab, cd));
        dsp_store(at + 2 * plane, dsp_high_halves(ab, cd));
        ab = dsp_weave(a >> 8, b >> 8);
        cd = dsp_weave(c >> 8, d >> 8);
        at += plane;
        dsp_store(at, dsp_low_halves(ab, cd));
        dsp_store(at + 2 * plane, dsp_high_halves(ab, cd));
    }
    for (; n > 0; n--, in += ch, to++) {
        uint32_t word = dsp_load(in);
        int8_t *at = to;
        for (uint32_t c = 0; c < 4; c++, word >>= 8, at += plane)
            *at = (int8_t)word;
    }
}

DSP_INLINE uint32_t planes_packed_row(const struct aw_plan *plan)
{
    return aw_round_up_u32(plan->layer.kernel_w, 4);
}

/* Widened: a word for two taps. */
DSP_INLINE uint32_t planes_weights_bytes(const struct aw_plan *plan)
{
    return plan->layer.kernel_h * 2 * planes_packed_row(plan);
}

static const int8_t *planes_weights(const struct aw_plan *plan, const int8_t *packed,
                                    int8_t *scratch)
{
    uint32_t *w = (uint32_t *)(void *)scratch;
    for (uint32_t left = plan->layer.kernel_h * planes_packed_row(plan); left > 0; left -= 4) {
        uint32_t word = dsp_load(packed);
        *w++ = dsp_even(word);
        *w++ = dsp_odd(word);
        packed += 4;
    }
    return scratch;
}

#include "../planes.h"

DSP_INLINE void store_tile(int8_t *out, size_t stride, uint32_t bytes, uint32_t n)
{
    if (n >= TILE) {
        int8_t *next = out + 2 * stride;
        out[0] = (int8_t)bytes;
        out[stride] = (int8_t)(bytes >> 8);
        next[0] = (int8_t)(bytes >> 16);
        next[stride] = (int8_t)(bytes >> 24);
        return;
    }
    for (; n > 0; n--, out += stride, bytes >>= 8)
        *out = (int8_t)bytes;
}

/* w[0]: taps 0 and 2, w[1]: tap 1. */
DSP_INLINE void add_row3(int32_t acc[4], const int8_t *in, const uint32_t *w)
{
    const int32_t w02 = (int32_t)w[0], w1 = (int32_t)w[1];
    DSP_UNROLL
    for (uint32_t m = 0; m < 4; m += 2) {
        uint32_t word = dsp_load(in + m);
        int32_t even = (int32_t)dsp_even(word), odd = (int32_t)dsp_odd(word);
        acc[m] = __smlad(even, w02, acc[m]);
        acc[m] = __smlabb(odd, w1, acc[m]);
        acc[m + 1] = __smlad(odd, w02, acc[m + 1]);
        acc[m + 1] = __smlatb(even, w1, acc[m + 1]);
    }
}

/* w[0]: taps 0 and 2, w[1]: taps 1 and 3, w[2]: tap 4. */
DSP_INLINE void add_row5(int32_t acc[4], const int8_t *in, const uint32_t *w)
{
    const int32_t w02 = (int32_t)w[0], w13 = (int32_t)w[1], w4 = (int32_t)w[2];
    uint32_t word = dsp_load(in);
    int32_t even = (int32_t)dsp_even(word), odd = (int32_t)dsp_odd(word);
    DSP_UNROLL
    for (uint32_t m = 0; m < 4; m += 2) {
        acc[m] = __smlad(even, w02, acc[m]);
        acc[m] = __smlad(odd, w13, acc[m]);
        acc[m + 1] = __smlad(odd, w02, acc[m + 1]);
        word = dsp_load(in + m + 2);
        even = (int32_t)dsp_even(word);
        odd = (int32_t)dsp_odd(word);
        acc[m] = __smlatb(even, w4, acc[m]);
        acc[m + 1] = __smlad(even, w13, acc[m + 1]);
        acc[m + 1] = __smlatb(odd, w4, acc[m + 1]);
    }
}

/* Two pixels, `stride` apart, by 4 taps of one row: w[0]: taps 0 and 2, w[1]: taps 1 and 3. */
DSP_INLINE void add_group(uint32_t stride, int32_t acc[2], const int8_t *in, const uint32_t *w)
{
    const int32_t w02 = (int32_t)w[0], w13 = (int32_t)w[1];
    uint32_t first = dsp_load(in), second = dsp_load(in + 2);
    int32_t odd = (int32_t)dsp_odd(first), even = (int32_t)dsp_even(second);
    acc[0] = __smlad((int32_t)dsp_even(first), w02, acc[0]);
    acc[0] = __smlad(odd, w13, acc[0]);
    acc[1] = __smlad(stride == 1 ? odd : even, w02, acc[1]);
    acc[1] = __smlad(stride == 1 ? even : (int32_t)dsp_odd(second), w13, acc[1]);
}

DSP_INLINE void add_groups(uint32_t groups, uint32_t stride, int32_t acc[TILE], const int8_t *in,
                           const uint32_t *w)
{
    for (; groups > 0; groups--, in += 4, w += 2) {
        add_group(stride, acc, in, w);
        add_group(stride, acc + 2, in + 2 * stride, w);
    }
}

/* What rows need besides. */
struct ends {
    struct dsp_finish finish;
    uint32_t groups; /* words of a row of taps */
};

/* kernel_w 3 or 5: so many columns, with stride 1. 0: `groups` words of a row of taps. */
DSP_INLINE void run_row(uint32_t kernel_w, uint32_t groups, uint32_t stride,
                        const struct planes_rows *r, const struct dsp_finish *finish,
                        const int8_t *in, int8_t *out)
{
    for (int32_t left = (int32_t)r->pixels; left > 0; left -= (int32_t)TILE) {
        int32_t acc[TILE] = {r->bias, r->bias, r->bias, r->bias};
        const int8_t *at = in;
        const uint32_t *w = (const uint32_t *)(const void *)r->weights;
        uint32_t ky = r->taps;
        do {
            if (kernel_w == 3)
                add_row3(acc, at, w);
            else if (kernel_w == 5)
                add_row5(acc, at, w);
            else
                add_groups(groups, stride, acc, at, w);
            at += r->tap_row;
            w += kernel_w == 0 ? 2 * groups : kernel_w == 3 ? 2 : 4;
        } while (--ky > 0);
        uint32_t q = dsp_finish4_any(acc[0], acc[1], acc[2], acc[3], finish);
        store_tile(out, r->out_stride, q, (uint32_t)left);
        in += TILE * stride;
        out += TILE * r->out_stride;
    }
}

DSP_INLINE void run_rows(uint32_t kernel_w, uint32_t groups, uint32_t stride,
                         const struct planes_rows *rows, const int8_t *in, int8_t *out)
{
    const struct planes_rows r = *rows;
    const struct dsp_finish finish = ((const struct ends *)r.set)->finish;
    for (uint32_t left = r.rows; left > 0; left--) {
        run_row(kernel_w, groups, stride, &r, &finish, in, out);
        in += r.in_row;
        out += r.out_row;
    }
}

#define RUN_ROWS(name, kernel_w, groups, stride)                                                   \
    static void name(const struct planes_rows *rows, const int8_t *in, int8_t *out)                \
    {                                                                                              \
        run_rows(kernel_w, groups, stride, rows, in, out);                                         \
    }
RUN_ROWS(run_3, 3, 0, 1)
RUN_ROWS(run_5, 5, 0, 1)
RUN_ROWS(run_one_stride2, 0, 1, 2)
RUN_ROWS(run_two, 0, 2, 1)
RUN_ROWS(run_two_stride2, 0, 2, 2)
RUN_ROWS(run_any, 0, ((const struct ends *)rows->set)->groups, 1)
RUN_ROWS(run_any_stride2, 0, ((const struct ends *)rows->set)->groups, 2)

static planes_run_rows *run_rows_of(const struct aw_layer *l)
{
    const uint32_t groups = (l->kernel_w + 3u) / 4u;
    if (l->stride_w == 2)
        return groups == 1 ? run_one_stride2 : groups == 2 ? run_two_stride2 : run_any_stride2;
    if (l->kernel_w == 3)
        return run_3;
    return l->kernel_w == 5 ? run_5 : groups == 2 ? run_two : run_any;
}

uint32_t dsp_dw_scratch_bytes(const struct aw_plan *plan)
{
    return planes_scratch_bytes(plan);
}

void dsp_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct ends ends = {dsp_finish_of(plan), planes_packed_row(plan) / 4};
    planes_run(plan, buffers, scratch, run_rows_of(&plan->layer), &ends);
}

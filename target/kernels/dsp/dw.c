/* Depthwise convolution, horizontal stride 1 or 2, without horizontal dilation.
 *
 * A strip of input rows of 4 channels is copied to scratch as 4 planes, with the padding beside it
 * as zeros. In a plane neighbours in x are neighbours in memory: SXTB16 makes of the word at x the
 * pairs (x, x+2) and (x+1, x+3), and SMLAD multiplies a pair by two taps. Weights are widened to
 * the same pairs, once a channel; a row of taps is filled up with zeros to fours (pack.c). Tiles: 4
 * pixels of one channel for 3 and 5 columns with stride 1, else 2 pixels. Taps above or below the
 * input are left out. */
#include "dsp.h"

#define BLOCK 4u
/* Bytes of the planes; one window may need more. */
#define STRIP_BYTES 16384u
/* Beyond it, sizes could leave 32 bits. */
#define MAX_STRIP_BYTES (UINT32_C(1) << 28)

/* What lies in scratch: the widened weights of one channel, then the planes. */
struct strip {
    const struct aw_plan *plan;
    uint32_t row_words;   /* of widened weights */
    uint32_t row_bytes;   /* of a plane */
    uint32_t window_rows; /* of the input */
    uint32_t out_rows;    /* that a full strip makes */
    uint32_t plane_bytes;
    uint32_t *weights;
    int8_t *planes;
};

static struct strip strip_of(const struct aw_plan *plan, void *scratch)
{
    const struct aw_layer *l = &plan->layer;
    struct strip s = {
        .plan = plan,
        .row_words = dsp_round_up(l->kernel_w, 4) / 2,
        .window_rows = (uint32_t)(l->kernel_h - 1) * l->dilation_h + 1,
        .weights = scratch,
    };
    s.row_bytes = dsp_round_up(plan->out.w, 4) * l->stride_w + 2 * s.row_words + 4;
    uint32_t rows = STRIP_BYTES / BLOCK / s.row_bytes;
    s.out_rows = rows > s.window_rows ? (rows - s.window_rows) / l->stride_h + 1 : 1;
    s.out_rows = aw_min_u32(s.out_rows, plan->out.h);
    s.plane_bytes = ((s.out_rows - 1) * l->stride_h + s.window_rows) * s.row_bytes;
    s.planes = (int8_t *)(s.weights + l->kernel_h * s.row_words);
    return s;
}

bool dsp_dw_supports(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    if (l->dilation_w != 1 || l->stride_w > 2)
        return false;
    struct strip s = strip_of(plan, NULL);
    return (uint64_t)s.window_rows * s.row_bytes * BLOCK <= MAX_STRIP_BYTES;
}

uint32_t dsp_dw_scratch_bytes(const struct aw_plan *plan)
{
    struct strip s = strip_of(plan, NULL);
    return plan->layer.kernel_h * s.row_words * (uint32_t)sizeof *s.weights + BLOCK * s.plane_bytes;
}

/* `n` pixels of 4 channels, to the same place in 4 planes. */
static void copy_row(const int8_t *in, size_t ch, uint32_t n, int8_t *to, size_t plane)
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
        for (uint32_t c = 0; c < BLOCK; c++, word >>= 8, at += plane)
            *at = (int8_t)word;
    }
}

/* One output row of one channel. */
struct row {
    const uint32_t *weights;  /* of the rows of the window that exist */
    uint32_t rows, row_words; /* those; widened weights of one */
    size_t row_step;          /* from one row of the window to the next */
    int32_t bias;
    uint32_t pixels;
    size_t out_stride; /* bytes from pixel to pixel */
    struct dsp_finish finish;
};

#define TILE 4u

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

/* groups 0: 3 or 5 columns with stride 1; else the words of a row of taps. */
DSP_INLINE void run_tiles(uint32_t kernel_w, uint32_t groups, uint32_t stride,
                          const struct row *row, const int8_t *in, int8_t *out)
{
    const struct row r = *row;
    for (int32_t left = (int32_t)r.pixels; left > 0; left -= (int32_t)TILE) {
        int32_t acc[TILE] = {r.bias, r.bias, r.bias, r.bias};
        const int8_t *at = in;
        const uint32_t *w = r.weights;
        for (uint32_t ky = r.rows; ky > 0; ky--) {
            if (kernel_w == 3)
                add_row3(acc, at, w);
            else if (kernel_w == 5)
                add_row5(acc, at, w);
            else
                add_groups(groups, stride, acc, at, w);
            at += r.row_step;
            w += r.row_words;
        }
        uint32_t q = dsp_finish4_any(acc[0], acc[1], acc[2], acc[3], &r.finish);
        store_tile(out, r.out_stride, q, (uint32_t)left);
        in += TILE * stride;
        out += TILE * r.out_stride;
    }
}

typedef void run_row(const struct row *row, const int8_t *in, int8_t *out);

#define RUN_ROW(name, kernel_w, groups, stride)                                                    \
    static void name(const struct row *row, const int8_t *in, int8_t *out)                         \
    {                                                                                              \
        run_tiles(kernel_w, groups, stride, row, in, out);                                         \
    }
RUN_ROW(run_row3, 3, 0, 1)
RUN_ROW(run_row5, 5, 0, 1)
RUN_ROW(run_one, 0, 1, 2)
RUN_ROW(run_two, 0, 2, 1)
RUN_ROW(run_two_stride2, 0, 2, 2)
RUN_ROW(run_any, 0, row->row_words / 2, 1)
RUN_ROW(run_any_stride2, 0, row->row_words / 2, 2)

static run_row *run_row_of(const struct aw_layer *l)
{
    const uint32_t groups = (l->kernel_w + 3u) / 4u;
    if (l->stride_w == 2)
        return groups == 1 ? run_one : groups == 2 ? run_two_stride2 : run_any_stride2;
    if (l->kernel_w == 3)
        return run_row3;
    return l->kernel_w == 5 ? run_row5 : groups == 2 ? run_two : run_any;
}

/* The input rows of output rows [oy, end), of 4 channels from `in` on; the padding beside them is
 * there already. */
static void load_strip(const struct strip *s, const int8_t *in, int32_t oy, int32_t end)
{
    const struct aw_plan *plan = s->plan;
    const struct aw_layer *l = &plan->layer;
    const int32_t first = oy * l->stride_h - l->pad_top;
    const int32_t last = (end - 1) * l->stride_h - l->pad_top + (int32_t)s->window_rows;
    const uint32_t width = aw_min_u32(plan->in0.w, s->row_bytes - l->pad_left);
    for (int32_t y = first < 0 ? 0 : first; y < last && y < plan->in0.h; y++)
        copy_row(in + (size_t)(uint32_t)y * plan->in0.w * plan->in0.c, plan->in0.c, width,
                 s->planes + (size_t)(uint32_t)(y - first) * s->row_bytes + l->pad_left,
                 s->plane_bytes);
}

static void widen_weights(const struct strip *s, const int8_t *packed)
{
    uint32_t *w = s->weights;
    for (uint32_t left = s->plan->layer.kernel_h * s->row_words; left > 0; left -= 2, packed += 4) {
        uint32_t word = dsp_load(packed);
        *w++ = dsp_even(word);
        *w++ = dsp_odd(word);
    }
}

/* Output rows [oy, end) of one channel, from its plane. */
static void run_channel(const struct strip *s, struct row *row, const int8_t *plane, int32_t oy,
                        int32_t end, int8_t *out)
{
    const struct aw_plan *plan = s->plan;
    const struct aw_layer *l = &plan->layer;
    run_row *run = run_row_of(l);
    for (int32_t y = oy * l->stride_h - l->pad_top; oy < end; oy++, y += l->stride_h) {
        int32_t first = 0, last = l->kernel_h;
        while (first < last && y + first * l->dilation_h < 0)
            first++;
        while (last > first && y + (last - 1) * l->dilation_h >= plan->in0.h)
            last--;
        row->rows = (uint32_t)(last - first);
        row->weights = s->weights + (uint32_t)first * s->row_words;
        run(row, plane + (size_t)(uint32_t)first * row->row_step, out);
        plane += l->stride_h * s->row_bytes;
        out += (size_t)plan->out.w * plan->out.c;
    }
}

void dsp_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    struct strip s = strip_of(plan, scratch);
    const uint32_t ch = plan->in0.c, filter = plan->layer.kernel_h * s.row_words * 2;
    struct row row = {
        .row_words = s.row_words,
        .row_step = (size_t)s.row_bytes * plan->layer.dilation_h,
        .pixels = plan->out.w,
        .out_stride = ch,
        .finish = dsp_finish_of(plan),
    };
    memset(s.planes, 0, (size_t)BLOCK * s.plane_bytes);
    for (uint32_t oy = 0; oy < plan->out.h; oy += s.out_rows) {
        const int32_t end = (int32_t)aw_min_u32(oy + s.out_rows, plan->out.h);
        for (uint32_t c = 0; c < ch; c++) {
            if (c % BLOCK == 0)
                load_strip(&s, buffers->in0 + c, (int32_t)oy, end);
            widen_weights(&s, buffers->weights + (size_t)c * filter);
            row.bias = buffers->bias ? buffers->bias[c] : 0;
            run_channel(&s, &row, s.planes + (size_t)(c % BLOCK) * s.plane_bytes, (int32_t)oy, end,
                        buffers->out + (size_t)oy * plan->out.w * ch + c);
        }
    }
}

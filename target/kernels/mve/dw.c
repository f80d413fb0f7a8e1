/* Depthwise convolution, horizontal stride 1 or 2.
 *
 * Channel by channel, in planes (planes.h): VLDRB widens 4 neighbours to 32 bits, and VMLA
 * multiplies them by one tap, which is a number in a general register. Tile: 16 pixels of one
 * channel, 4 accumulators; 8 where that is enough. */

/* The first scheduler would move loads ahead and send accumulators to the stack. */
#pragma GCC optimize("no-schedule-insns", "no-auto-inc-dec")

#include "mve.h"

MVE_INLINE void copy8(const int8_t *in, uint16x8_t places, mve_pred16_t some, int8_t *to,
                      size_t plane)
{
    MVE_UNROLL
    for (uint32_t c = 0; c < 4; c++, to += plane)
        vstrbq_p_s16(to, vldrbq_gather_offset_z_s16(in + c, places, some), some);
}

static void planes_copy(const int8_t *in, size_t ch, uint32_t n, int8_t *to, size_t plane)
{
    const uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)ch);
    int8_t *to1 = to + plane, *to2 = to1 + plane, *to3 = to2 + plane;
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8, in += 8 * ch) {
        vstrbq_s16(to + i, vldrbq_gather_offset_s16(in, places));
        vstrbq_s16(to1 + i, vldrbq_gather_offset_s16(in + 1, places));
        vstrbq_s16(to2 + i, vldrbq_gather_offset_s16(in + 2, places));
        vstrbq_s16(to3 + i, vldrbq_gather_offset_s16(in + 3, places));
    }
    if (i < n)
        copy8(in, places, vctp16q(n - i), to + i, plane);
}

MVE_INLINE uint32_t planes_packed_row(const struct aw_plan *plan)
{
    return plan->layer.kernel_w;
}

MVE_INLINE uint32_t planes_weights_bytes(const struct aw_plan *plan)
{
    (void)plan;
    return 0;
}

MVE_INLINE const int8_t *planes_weights(const struct aw_plan *plan, const int8_t *packed,
                                        int8_t *scratch)
{
    (void)plan;
    (void)scratch;
    return packed;
}

#include "../planes.h"

/* What rows need besides. The end works on 8 pixels: VQMOVN narrows a vector of the first 4 to the
 * even lanes and one of the others to the odd lanes. */
struct ends {
    int32_t shift; /* of VQRSHL: positive is left */
    int16x8_t lo, hi;
    int16x8_t pixels;        /* of a lane */
    uint16x8_t places;       /* its bytes from pixel 0 on */
    uint32_t kernel_w, step; /* of any window: taps a row, bytes between them */
};

MVE_INLINE int32x4_t load4(uint32_t stride, const int8_t *in)
{
    if (stride == 1)
        return vldrbq_s32(in);
    return vldrbq_gather_offset_s32(in, vidupq_n_u32(0, 2));
}

MVE_INLINE void add_tap(uint32_t vectors, uint32_t stride, int32x4_t acc[4], const int8_t *in,
                        int32_t w)
{
    MVE_UNROLL
    for (uint32_t m = 0; m < vectors; m++)
        acc[m] = vmlaq_n_s32(acc[m], load4(stride, in + 4 * stride * m), w);
}

/* 8 pixels, or the first `left`. */
MVE_INLINE void store8(int8_t *out, int32x4_t a, int32x4_t b, int32_t left, const struct ends *e)
{
    a = vqrshlq_n_s32(a, e->shift);
    b = vqrshlq_n_s32(b, e->shift);
    int16x8_t q = mve_narrow(a, b);
    q = vminq_s16(vmaxq_s16(q, e->lo), e->hi);
    if (left >= 8)
        vstrbq_scatter_offset_s16(out, e->places, q);
    else /* GCC would take the predicate through a general register */
        __asm__ volatile("vpt.s16 lt, %q[pixels], %[left]\n\t"
                         "vstrbt.16 %q[q], [%[out], %q[places]]"
                         :
                         : [pixels] "w"(e->pixels), [left] "r"(left), [q] "w"(q), [out] "r"(out),
                           [places] "w"(e->places)
                         : "p0", "memory");
}

/* kernel_w 0: any; else neighbouring taps. */
MVE_INLINE void run_tile(uint32_t vectors, uint32_t kernel_w, uint32_t stride,
                         const struct planes_rows *r, const struct ends *e, const int8_t *in,
                         int32_t left, int8_t *out)
{
    const int8_t *w = r->weights;
    int32_t bias = r->bias;
    __asm__ volatile("" : "+r"(bias)); /* not as a vector of its own */
    int32x4_t acc[4];
    MVE_UNROLL
    for (uint32_t m = 0; m < vectors; m++)
        acc[m] = vdupq_n_s32(bias);
    uint32_t ky = r->taps;
    do {
        MVE_UNROLL
        for (uint32_t kx = 0; kx < kernel_w; kx++)
            add_tap(vectors, stride, acc, in + kx, *w++);
        if (kernel_w == 0) {
            const int8_t *at = in;
            for (uint32_t taps = e->kernel_w; taps > 0; taps--, at += e->step)
                add_tap(vectors, stride, acc, at, *w++);
        }
        in += r->tap_row;
    } while (--ky > 0);
    store8(out, acc[0], acc[1], left, e);
    if (vectors > 2)
        store8(out + 8 * r->out_stride, acc[2], acc[3], left - 8, e);
}

MVE_INLINE void run_rows(uint32_t kernel_w, uint32_t stride, const struct planes_rows *rows,
                         const int8_t *in, int8_t *out)
{
    const struct planes_rows r = *rows;
    const struct ends e = *(const struct ends *)r.set;
    for (uint32_t n = r.rows; n > 0; n--, in += r.in_row, out += r.out_row) {
        const int8_t *from = in;
        int8_t *to = out;
        int32_t left = (int32_t)r.pixels;
        for (; left > 8; left -= 16) {
            run_tile(4, kernel_w, stride, &r, &e, from, left, to);
            from += 16 * stride;
            to += 16 * r.out_stride;
        }
        if (left > 0)
            run_tile(2, kernel_w, stride, &r, &e, from, left, to);
    }
}

#define RUN_ROWS(name, kernel_w, stride)                                                           \
    static void name(const struct planes_rows *rows, const int8_t *in, int8_t *out)                \
    {                                                                                              \
        run_rows(kernel_w, stride, rows, in, out);                                                 \
    }
RUN_ROWS(run_3, 3, 1)
RUN_ROWS(run_5, 5, 1)
RUN_ROWS(run_any, 0, 1)
RUN_ROWS(run_any_stride2, 0, 2)

static planes_run_rows *run_rows_of(const struct aw_layer *l)
{
    if (l->stride_w == 2)
        return run_any_stride2;
    if (l->dilation_w == 1 && l->kernel_w == 3)
        return run_3;
    return l->dilation_w == 1 && l->kernel_w == 5 ? run_5 : run_any;
}

uint32_t mve_dw_scratch_bytes(const struct aw_plan *plan)
{
    return planes_scratch_bytes(plan);
}

void mve_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const int16x8_t pixels = {0, 4, 1, 5, 2, 6, 3, 7};
    const struct ends ends = {
        .shift = -plan->shift,
        .lo = vdupq_n_s16(plan->lo),
        .hi = vdupq_n_s16(plan->hi),
        .pixels = pixels,
        .places = vmulq_n_u16(vreinterpretq_u16_s16(pixels), plan->out.c),
        .kernel_w = plan->layer.kernel_w,
        .step = plan->layer.dilation_w,
    };
    planes_run(plan, buffers, scratch, run_rows_of(&plan->layer), &ends);
}

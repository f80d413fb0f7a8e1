/* Depthwise convolution, horizontal stride 1 or 2.
 *
 * Channel by channel, in planes (planes.h): VLDRB widens 4 neighbours to 32 bits, and VMLA
 * multiplies them by one tap, which is a number in a general register. Tile: 16 pixels of one
 * channel, 4 accumulators; 8 where that is enough. */

/* The first scheduler would move loads ahead and send accumulators to the stack. */
#pragma GCC optimize("no-schedule-insns")

#include "mve.h"

/* Offsets of 8 pixels must fit 16 bits. */
#define MAX_CH 8192u

static void planes_copy(const int8_t *in, size_t ch, uint32_t n, int8_t *to, size_t plane)
{
    const uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)ch);
    for (int32_t left = (int32_t)n; left > 0; left -= 8) {
        const mve_pred16_t some = vctp16q((uint32_t)left);
        int8_t *at = to;
        MVE_UNROLL
        for (uint32_t c = 0; c < 4; c++, at += plane)
            vstrbq_p_s16(at, vldrbq_gather_offset_z_s16(in + c, places, some), some);
        in += 8 * ch;
        to += 8;
    }
}

MVE_INLINE uint32_t planes_packed_row(const struct aw_plan *plan)
{
    return plan->layer.kernel_w;
}

MVE_INLINE uint32_t planes_weights_row(const struct aw_plan *plan)
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

/* What a row needs besides: taps a row and bytes between them. */
struct taps {
    struct mve_finish finish;
    uint32_t kernel_w, step;
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

/* kernel_w 0: any; else neighbouring taps. */
MVE_INLINE void run_tile(uint32_t vectors, uint32_t kernel_w, uint32_t stride,
                         const struct planes_row *r, const struct taps *t, const int8_t *in,
                         uint32_t pixels, int8_t *out)
{
    const int8_t *w = r->weights;
    int32x4_t acc[4];
    MVE_UNROLL
    for (uint32_t m = 0; m < vectors; m++)
        acc[m] = vdupq_n_s32(r->bias);
    for (uint32_t ky = r->rows; ky > 0; ky--, in += r->row_step) {
        MVE_UNROLL
        for (uint32_t kx = 0; kx < kernel_w; kx++)
            add_tap(vectors, stride, acc, in + kx, *w++);
        if (kernel_w == 0) {
            const int8_t *at = in;
            for (uint32_t left = t->kernel_w; left > 0; left--, at += t->step)
                add_tap(vectors, stride, acc, at, *w++);
        }
    }
    const uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), r->out_stride);
    MVE_UNROLL
    for (uint32_t m = 0; m < vectors; m++, out += 4 * r->out_stride) {
        int32x4_t q = mve_finish4(acc[m], &t->finish);
        if (pixels >= 4 * (m + 1))
            vstrbq_scatter_offset_s32(out, places, q);
        else if (pixels > 4 * m)
            vstrbq_scatter_offset_p_s32(out, places, q, vctp32q(pixels - 4 * m));
    }
}

MVE_INLINE void run_tiles(uint32_t kernel_w, uint32_t stride, const struct planes_row *row,
                          const int8_t *in, int8_t *out)
{
    const struct planes_row r = *row;
    const struct taps *t = r.finish;
    uint32_t left = r.pixels;
    for (; left > 8; left -= aw_min_u32(left, 16)) {
        run_tile(4, kernel_w, stride, &r, t, in, left, out);
        in += 16 * stride;
        out += 16 * r.out_stride;
    }
    if (left > 0)
        run_tile(2, kernel_w, stride, &r, t, in, left, out);
}

#define RUN_ROW(name, kernel_w, stride)                                                            \
    static void name(const struct planes_row *row, const int8_t *in, int8_t *out)                  \
    {                                                                                              \
        run_tiles(kernel_w, stride, row, in, out);                                                 \
    }
RUN_ROW(run_row3, 3, 1)
RUN_ROW(run_row5, 5, 1)
RUN_ROW(run_any, 0, 1)
RUN_ROW(run_any_stride2, 0, 2)

static planes_run_row *run_row_of(const struct aw_layer *l)
{
    if (l->stride_w == 2)
        return run_any_stride2;
    if (l->dilation_w == 1 && l->kernel_w == 3)
        return run_row3;
    return l->dilation_w == 1 && l->kernel_w == 5 ? run_row5 : run_any;
}

bool mve_dw_supports(const struct aw_plan *plan)
{
    return plan->layer.stride_w <= 2 && plan->in0.c <= MAX_CH && planes_fit(plan);
}

uint32_t mve_dw_scratch_bytes(const struct aw_plan *plan)
{
    return planes_scratch_bytes(plan);
}

void mve_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct taps taps = {
        .finish = mve_finish_of(plan),
        .kernel_w = plan->layer.kernel_w,
        .step = plan->layer.dilation_w,
    };
    planes_run(plan, buffers, scratch, run_row_of(&plan->layer), &taps);
}

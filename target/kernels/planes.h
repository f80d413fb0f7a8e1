/* Depthwise convolution channel by channel; for the small kernel sets. A strip of input rows of 4
 * channels is copied to scratch as 4 planes, with the padding beside it as zeros: in a plane
 * neighbours in x are neighbours in memory. Taps above or below the input are left out. Before it
 * is included, a set defines
 *
 *   `n` pixels of 4 channels, `ch` bytes apart, to the same place in 4 planes:
 *   static inline void planes_copy(const int8_t *in, size_t ch, uint32_t n, int8_t *to, size_t
 * plane); the bytes of a row of taps, in packed and in prepared weights; of the preparation in
 * scratch: static inline uint32_t planes_packed_row(const struct aw_plan *plan); static inline
 * uint32_t planes_weights_row(const struct aw_plan *plan); static inline uint32_t
 * planes_weights_bytes(const struct aw_plan *plan); the prepared weights of a channel: static
 * inline const int8_t *planes_weights(const struct aw_plan *plan, const int8_t *packed, int8_t
 * *scratch); */
#ifndef AWT_KERNELS_PLANES_H
#define AWT_KERNELS_PLANES_H

#include <stddef.h>

#include "aw/mem.h"
#include "aw/size.h"
#include "awt/kernel.h"

#define PLANES 4u
/* Of all planes; one window may need more, which its packing limits. */
#define PLANES_BYTES 16384u
/* Row kernels make so many pixels at a time, and may read this many values more. */
#define PLANES_TILE  16u
#define PLANES_SLACK 4u

struct planes {
    const struct aw_plan *plan;
    uint32_t row_bytes;
    uint32_t window_rows; /* of the input */
    uint32_t out_rows;    /* that a full strip makes */
    uint32_t plane_bytes;
};

/* Output rows of one channel. */
struct planes_rows {
    const int8_t *weights; /* prepared */
    size_t tap_row;        /* bytes from one row of the window to the next */
    uint32_t taps;         /* rows of the window */
    int32_t bias;
    uint32_t rows, pixels;      /* of the output */
    size_t in_row;              /* bytes from window to window */
    size_t out_row, out_stride; /* bytes from row to row, from pixel to pixel */
    const void *set;            /* the set's own */
};

typedef void planes_run_rows(const struct planes_rows *rows, const int8_t *in, int8_t *out);

static inline struct planes planes_of(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    struct planes p = {
        .plan = plan,
        .window_rows = (uint32_t)(l->kernel_h - 1) * l->dilation_h + 1,
        .row_bytes =
            ((uint32_t)plan->out.w + PLANES_TILE - 1) / PLANES_TILE * PLANES_TILE * l->stride_w,
    };
    p.row_bytes += (uint32_t)(l->kernel_w - 1) * l->dilation_w + PLANES_SLACK;
    uint32_t rows = PLANES_BYTES / PLANES / p.row_bytes;
    p.out_rows = rows > p.window_rows ? (rows - p.window_rows) / l->stride_h + 1 : 1;
    p.out_rows = aw_min_u32(p.out_rows, plan->out.h);
    p.plane_bytes = ((p.out_rows - 1) * l->stride_h + p.window_rows) * p.row_bytes;
    return p;
}

/* The input rows of output rows [oy, end), of 4 channels from `in` on; the zeros around them are
 * there already. */
static inline void planes_load(const struct planes *p, const int8_t *in, int32_t oy, int32_t end,
                               int8_t *planes)
{
    const struct aw_plan *plan = p->plan;
    const struct aw_layer *l = &plan->layer;
    const int32_t first = oy * l->stride_h - l->pad_top;
    const int32_t last = (end - 1) * l->stride_h - l->pad_top + (int32_t)p->window_rows;
    const uint32_t width = aw_min_u32(plan->in0.w, p->row_bytes - l->pad_left);
    for (int32_t y = first < 0 ? 0 : first; y < last && y < plan->in0.h; y++)
        planes_copy(in + (size_t)(uint32_t)y * plan->in0.w * plan->in0.c, plan->in0.c, width,
                    planes + (size_t)(uint32_t)(y - first) * p->row_bytes + l->pad_left,
                    p->plane_bytes);
}

static inline uint32_t planes_scratch_bytes(const struct aw_plan *plan)
{
    return planes_weights_bytes(plan) + PLANES * planes_of(plan).plane_bytes;
}

static inline void planes_run(const struct aw_plan *plan, const struct aw_buffers *buffers,
                              int8_t *scratch, planes_run_rows *run, const void *set)
{
    const struct planes p = planes_of(plan);
    const uint32_t ch = plan->in0.c;
    int8_t *planes = scratch + planes_weights_bytes(plan);
    struct planes_rows rows = {
        .tap_row = (size_t)p.row_bytes * plan->layer.dilation_h,
        .taps = plan->layer.kernel_h,
        .pixels = plan->out.w,
        .in_row = (size_t)p.row_bytes * plan->layer.stride_h,
        .out_row = (size_t)plan->out.w * ch,
        .out_stride = ch,
        .set = set,
    };
    for (uint32_t oy = 0; oy < plan->out.h; oy += p.out_rows) {
        const uint32_t end = aw_min_u32(oy + p.out_rows, plan->out.h);
        const int8_t *packed = buffers->weights;
        rows.rows = end - oy;
        memset(planes, 0, (size_t)PLANES * p.plane_bytes);
        for (uint32_t c = 0; c < ch; c++) {
            if (c % PLANES == 0)
                planes_load(&p, buffers->in0 + c, (int32_t)oy, (int32_t)end, planes);
            rows.weights = planes_weights(plan, packed, scratch);
            rows.bias = buffers->bias ? buffers->bias[c] : 0;
            run(&rows, planes + (size_t)(c % PLANES) * p.plane_bytes,
                buffers->out + (size_t)oy * plan->out.w * ch + c);
            packed += plan->layer.kernel_h * planes_packed_row(plan);
        }
    }
}

#endif

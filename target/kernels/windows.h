/* Gathers the windows of a convolution's output pixels, in order; for the small kernel sets. Before
 * it is included, a set defines how it copies and clears 16 bytes:
 *
 *   static inline void window_copy16(int8_t *to, const int8_t *from);
 *   static inline void window_clear16(int8_t *to); */
#ifndef AWT_KERNELS_WINDOWS_H
#define AWT_KERNELS_WINDOWS_H

#include <stddef.h>

#include "awt/kernel.h"

#include "../../common/packings/conv.h"

/* A buffer has room for so many bytes behind a window. */
#define WINDOW_SLACK 16u

/* The windows lie in the input itself and need not be gathered. */
static inline bool window_in_place(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    return l->kernel_h == 1 && l->kernel_w == 1;
}

struct windows {
    const struct aw_plan *plan;
    const int8_t *in;       /* input at (y, x), if it has that */
    int32_t y, x;           /* of tap (0, 0); negative inside the padding */
    int32_t first_x, end_x; /* range of x */
    /* From 0 to here, rows of a window are stretches of the input. 0: windows lie in the input. */
    int32_t inner_end_y, inner_end_x;
    int32_t ch, run; /* bytes of a tap, of a row of taps */
    /* Steps of `in`: a tap, a row of taps, a pixel, a row of pixels. */
    ptrdiff_t tap, tap_row, next_x, next_y;
};

/* Of `ch` channels from those of `in` on. */
static inline struct windows windows_start(const struct aw_plan *plan, uint32_t ch,
                                           const int8_t *in)
{
    const struct aw_layer *l = &plan->layer;
    const int32_t row_bytes = (int32_t)plan->in0.w * plan->in0.c;
    struct windows w = {
        .plan = plan,
        .y = -l->pad_top,
        .x = -l->pad_left,
        .first_x = -l->pad_left,
        .end_x = plan->out.w * l->stride_w - l->pad_left,
        .inner_end_x = l->dilation_w == 1 && ch == plan->in0.c ? plan->in0.w - l->kernel_w + 1 : 0,
        .ch = (int32_t)ch,
        .run = l->kernel_w * (int32_t)ch,
        .tap = l->dilation_w * plan->in0.c,
        .tap_row = l->dilation_h * row_bytes,
        .next_x = l->stride_w * plan->in0.c,
    };
    if (!window_in_place(plan))
        w.inner_end_y = plan->in0.h - (l->kernel_h - 1) * l->dilation_h;
    w.in = in + w.y * row_bytes + w.x * plan->in0.c;
    w.next_y = l->stride_h * row_bytes - plan->out.w * w.next_x;
    return w;
}

/* In blocks: up to 15 bytes more are read and written; n > 0. */
static inline int8_t *window_copy(int8_t *restrict to, const int8_t *restrict from, int32_t n)
{
    int8_t *end = to + n;
    do {
        window_copy16(to, from);
        to += 16;
        from += 16;
    } while (to < end);
    return end;
}

static inline int8_t *window_clear(int8_t *to, int32_t n)
{
    int8_t *end = to + n;
    for (; to < end; to += 16)
        window_clear16(to);
    return end;
}

/* A window that lies in the input, its rows in one stretch each. */
static __attribute__((noinline)) void
windows_gather_inner(int8_t *to, const int8_t *in, uint32_t rows, ptrdiff_t tap_row, int32_t run)
{
    do {
        to = window_copy(to, in, run);
        in += tap_row;
    } while (--rows > 0);
}

/* A window that reaches into the padding or has gaps. */
static __attribute__((noinline)) void windows_gather_any(const struct windows *w, int8_t *to)
{
    const struct aw_layer *l = &w->plan->layer;
    const int8_t *row = w->in;
    for (int32_t ky = 0, y = w->y; ky < l->kernel_h; ky++, y += l->dilation_h) {
        const int8_t *in = row;
        for (int32_t kx = 0, x = w->x; kx < l->kernel_w; kx++, x += l->dilation_w) {
            bool inside = y >= 0 && y < w->plan->in0.h && x >= 0 && x < w->plan->in0.w;
            to = inside ? window_copy(to, in, w->ch) : window_clear(to, w->ch);
            in += w->tap;
        }
        row += w->tap_row;
    }
}

/* The next pixel's window: where it lies, or in `to`. */
static inline const int8_t *windows_next(struct windows *w, int8_t *to)
{
    const int8_t *window = w->in;
    if (w->y >= 0 && w->y < w->inner_end_y && w->x >= 0 && w->x < w->inner_end_x) {
        windows_gather_inner(to, w->in, w->plan->layer.kernel_h, w->tap_row, w->run);
        window = to;
    } else if (!window_in_place(w->plan)) {
        windows_gather_any(w, to);
        window = to;
    }
    w->x += w->plan->layer.stride_w;
    w->in += w->next_x;
    if (w->x == w->end_x) {
        w->x = w->first_x;
        w->y += w->plan->layer.stride_h;
        w->in += w->next_y;
    }
    return window;
}

#endif

/* Layers that move values: channels behind channels, rows among zeros, every n-th pixel, and zeros
 * alone. Before it is included, a set defines how values get to the layer's position, which is most
 * often that of the input:
 *
 *   struct moves;
 *   values that are first shifted right by `align`, rounded, as concat aligns its inputs:
 *   static inline struct moves moves_of(const struct aw_plan *plan, int align);
 *   exactly `n` of them:
 *   static void moves_put(int8_t *out, const int8_t *in, uint32_t n, const struct moves *m);
 *
 * 0 stays 0: at any position, and within the limits of all activations. */
#ifndef AWT_KERNELS_MOVES_H
#define AWT_KERNELS_MOVES_H

#include "aw/mem.h"
#include "awt/kernel.h"
#include "op_impl.h"

static inline void moves_concat(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const int pos = aw_smaller_pos(plan);
    const struct moves m0 = moves_of(plan, plan->in0_pos - pos);
    const struct moves m1 = moves_of(plan, plan->in1_pos - pos);
    const uint32_t ch0 = plan->in0.c, ch1 = plan->in1.c;
    const int8_t *in0 = buffers->in0, *in1 = buffers->in1;
    int8_t *out = buffers->out;
    for (uint32_t pixels = (uint32_t)plan->out.h * plan->out.w; pixels > 0; pixels--) {
        moves_put(out, in0, ch0, &m0);
        moves_put(out + ch0, in1, ch1, &m1);
        in0 += ch0;
        in1 += ch1;
        out += ch0 + ch1;
    }
}

static inline void moves_zero(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    memset(buffers->out, 0, plan->out_bytes);
}

/* Pixels of the input, each `step` values behind the last, to neighbours `to_step` apart. */
static inline void moves_pixels(int8_t *out, size_t to_step, const int8_t *in, size_t step,
                                uint32_t n, uint32_t ch, const struct moves *m)
{
    if (step == ch && to_step == ch) { /* one stretch */
        ch *= n;
        n = 1;
    }
    for (; n > 0; n--, out += to_step, in += step)
        moves_put(out, in, ch, m);
}

static inline void moves_pad(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const struct aw_layer *l = &plan->layer;
    const struct moves m = moves_of(plan, 0);
    const uint32_t ch = plan->in0.c, to_ch = plan->out.c, row = plan->in0.w * ch;
    const size_t to_row = (size_t)plan->out.w * to_ch;
    const int8_t *in = buffers->in0;
    int8_t *out = buffers->out + l->pad_top * to_row + (size_t)l->pad_left * to_ch;
    moves_zero(plan, buffers);
    for (uint32_t rows = plan->in0.h; rows > 0; rows--, in += row, out += to_row)
        moves_pixels(out, to_ch, in, ch, plan->in0.w, ch, &m);
}

static inline void moves_slice(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    const struct aw_layer *l = &plan->layer;
    const struct moves m = moves_of(plan, 0);
    const uint32_t ch = plan->in0.c;
    const size_t row = (size_t)plan->in0.w * ch, to_row = (size_t)plan->out.w * ch;
    const int8_t *in = buffers->in0 + l->start_h * row + (size_t)l->start_w * ch;
    int8_t *out = buffers->out;
    for (uint32_t rows = plan->out.h; rows > 0; rows--, in += l->stride_h * row, out += to_row)
        moves_pixels(out, ch, in, (size_t)l->stride_w * ch, plan->out.w, ch, &m);
}

/* The set's kernels: MOVES_RUN(neon_concat_run, moves_concat). */
#define MOVES_RUN(name, move)                                                                      \
    void name(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)         \
    {                                                                                              \
        (void)scratch;                                                                             \
        move(plan, buffers);                                                                       \
    }

#endif

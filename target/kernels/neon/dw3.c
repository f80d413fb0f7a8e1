/* Depthwise 3x3 with horizontal stride 1 or 2.
 *
 * Tile: one output row of 16 channels (fewer are left to dw.c). The 9 weights stay in registers; so
 * does a window of 3 input columns, which slides along the row and loads each column once. Columns
 * outside of the input are zero; rows outside of it get zero weights and the address of a row that
 * exists. */

/* As in lanes.c: the first scheduler would send columns to the stack. */
#pragma GCC optimize("no-schedule-insns")

#include <stddef.h>

#include "dw.h"

struct column {
    int8x16_t row[3];
};

struct strip {
    const int8_t *rows[3];
    int8x16_t w[9];
    const int32_t *bias;
    int32_t in_width, out_width, x; /* x: of the first column in the input */
    size_t stride;                  /* bytes from column to column, in and out */
    int8_t *out;
    struct neon_finish finish;
};

/* The column at x, `at` bytes from the start of the rows. */
NEON_INLINE struct column load_column(const struct strip *s, int32_t x, size_t at)
{
    struct column c = {{vdupq_n_s8(0), vdupq_n_s8(0), vdupq_n_s8(0)}};
    if ((uint32_t)x < (uint32_t)s->in_width) {
        NEON_UNROLL
        for (uint32_t ky = 0; ky < 3; ky++)
            c.row[ky] = vld1q_s8(s->rows[ky] + at);
    }
    return c;
}

NEON_INLINE void emit(struct strip *s, int8_t *out, struct column *c0, struct column *c1,
                      struct column *c2)
{
    int32x4_t acc[4];
    dw_load_bias(acc, s->bias);
    dw_add2(acc, &c0->row[0], &s->w[0], &c1->row[0], &s->w[1]);
    dw_add2(acc, &c2->row[0], &s->w[2], &c0->row[1], &s->w[3]);
    dw_add2(acc, &c1->row[1], &s->w[4], &c2->row[1], &s->w[5]);
    dw_add2(acc, &c0->row[2], &s->w[6], &c1->row[2], &s->w[7]);
    dw_add1(acc, &c2->row[2], &s->w[8]);
    vst1q_s8(out, neon_finish16(acc, &s->finish));
}

/* The window's columns take turns instead of being moved. */
static __attribute__((noinline)) void run_strip_stride1(const struct strip *strip)
{
    struct strip s = *strip;
    const size_t stride = s.stride;
    int32_t x = s.x;
    size_t at = (size_t)x * stride;
    int8_t *out = s.out, *end = out + (size_t)(uint32_t)s.out_width * stride;
    struct column c0 = load_column(&s, x, at), c1 = load_column(&s, x + 1, at + stride), c2;
    x += 2;
    at += 2 * stride;
    for (;;) {
        c2 = load_column(&s, x++, at);
        emit(&s, out, &c0, &c1, &c2);
        at += stride;
        if ((out += stride) == end)
            return;
        c0 = load_column(&s, x++, at);
        emit(&s, out, &c1, &c2, &c0);
        at += stride;
        if ((out += stride) == end)
            return;
        c1 = load_column(&s, x++, at);
        emit(&s, out, &c2, &c0, &c1);
        at += stride;
        if ((out += stride) == end)
            return;
    }
}

static __attribute__((noinline)) void run_strip_stride2(const struct strip *strip)
{
    struct strip s = *strip;
    const size_t stride = s.stride;
    int32_t x = s.x;
    size_t at = (size_t)x * stride;
    int8_t *out = s.out, *end = out + (size_t)(uint32_t)s.out_width * stride;
    struct column c0 = load_column(&s, x, at), c1, c2;
    for (; out != end; out += stride) {
        c1 = load_column(&s, x + 1, at + stride);
        c2 = load_column(&s, x + 2, at + 2 * stride);
        emit(&s, out, &c0, &c1, &c2);
        c0 = c2;
        x += 2;
        at += 2 * stride;
    }
}

/* Rows and weights of the strip whose window starts at input row y. */
static void set_rows(struct strip *s, const struct aw_plan *plan, const int8_t *in,
                     const int8_t *weights, int32_t y)
{
    uint32_t ch = plan->in0.c;
    for (int32_t ky = 0; ky < 3; ky++) {
        bool inside = y + ky >= 0 && y + ky < plan->in0.h;
        s->rows[ky] = inside ? in + (size_t)(uint32_t)(y + ky) * plan->in0.w * ch : in;
        for (int32_t kx = 0; kx < 3; kx++)
            s->w[3 * ky + kx] =
                inside ? vld1q_s8(weights + (size_t)(uint32_t)(3 * ky + kx) * ch) : vdupq_n_s8(0);
    }
}

bool neon_dw3_supports(const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    return l->kernel_h == 3 && l->kernel_w == 3 && l->dilation_h == 1 && l->dilation_w == 1 &&
           l->stride_w <= 2 && plan->in0.c >= DW_BLOCK;
}

void neon_dw3_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct aw_layer *l = &plan->layer;
    uint32_t ch = plan->in0.c;
    int32_t no_bias[DW_BLOCK];
    struct strip s = {
        .in_width = plan->in0.w,
        .out_width = plan->out.w,
        .x = -l->pad_left,
        .stride = ch,
        .finish = neon_finish_of(plan),
    };
    (void)scratch;
    for (int32_t oy = 0; oy < plan->out.h; oy++) {
        int8_t *out = buffers->out + (size_t)(uint32_t)oy * plan->out.w * ch;
        for (uint32_t at = 0; at < ch; at += DW_BLOCK) {
            uint32_t c = dw_block_start(at, ch);
            s.bias = dw_bias(buffers, c, ch, no_bias);
            s.out = out + c;
            set_rows(&s, plan, buffers->in0 + c, buffers->weights + c,
                     oy * l->stride_h - l->pad_top);
            if (l->stride_w == 1)
                run_strip_stride1(&s);
            else
                run_strip_stride2(&s);
        }
    }
}

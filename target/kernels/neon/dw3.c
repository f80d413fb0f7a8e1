/* Depthwise 3x3 with horizontal stride 1 or 2.
 *
 * Tile: one output row of DW_BLOCK channels (fewer are left to dw.c). The 9 weights stay in
 * registers; so does a window of 3 input columns, which slides along the row and loads each column
 * once. Columns outside of the input are zero; rows outside of it get zero weights and the address
 * of a row that exists. */

/* As in gemm.c. */
#pragma GCC optimize("no-schedule-insns", "ira-region=one")

#include <stddef.h>

#include "dw.h"

struct column {
    dw_vector row[3];
};

struct strip {
    const int8_t *rows[3]; /* of the next column */
    dw_vector w[9];
    const int32_t *bias;
    int32_t in_width, out_width, x; /* x: of the next column in the input */
    size_t stride;                  /* bytes from column to column, in and out */
    int8_t *out;
    struct neon_finish finish;
};

/* The next column; it is inside of the input. */
NEON_INLINE struct column load_inner(struct strip *s)
{
    struct column c;
    NEON_UNROLL
    for (uint32_t ky = 0; ky < 3; ky++)
        c.row[ky] = dw_load_step(&s->rows[ky], s->stride);
    return c;
}

/* The next column, wherever it is. */
NEON_INLINE struct column load_any(struct strip *s)
{
    struct column c = {{dw_zero(), dw_zero(), dw_zero()}};
    if (s->x >= 0 && s->x < s->in_width)
        c = load_inner(s);
    s->x++;
    return c;
}

NEON_INLINE void emit(struct strip *s, struct column c0, struct column c1, struct column c2)
{
    int32x4_t acc[NEON_TILE][4];
    dw_load_bias(acc[0], s->bias);
    dw_add2(acc[0], c0.row[0], s->w[0], c1.row[0], s->w[1]);
    dw_add2(acc[0], c2.row[0], s->w[2], c0.row[1], s->w[3]);
    dw_add2(acc[0], c1.row[1], s->w[4], c2.row[1], s->w[5]);
    dw_add2(acc[0], c0.row[2], s->w[6], c1.row[2], s->w[7]);
    dw_add1(acc[0], c2.row[2], s->w[8]);
    neon_store_tile(s->out, 0, acc, 1, DW_QUADS, &s->finish, 1, DW_BLOCK);
    s->out += s->stride;
}

/* Several outputs at a time while all columns are inside: the window's columns take turns instead
 * of being moved. */
static __attribute__((noinline)) void run_strip_stride1(const struct strip *strip)
{
    struct strip s = *strip;
    int32_t left = s.out_width;
    struct column c0 = load_any(&s), c1 = load_any(&s), c2;
    int32_t inner = s.x >= 0 ? s.in_width - s.x : 0;
    for (inner = inner < left ? inner : left; inner >= 3; inner -= 3) {
        c2 = load_inner(&s);
        emit(&s, c0, c1, c2);
        c0 = load_inner(&s);
        emit(&s, c1, c2, c0);
        c1 = load_inner(&s);
        emit(&s, c2, c0, c1);
        s.x += 3;
        left -= 3;
    }
    for (; left > 0; left--) {
        c2 = load_any(&s);
        emit(&s, c0, c1, c2);
        c0 = c1;
        c1 = c2;
    }
}

static __attribute__((noinline)) void run_strip_stride2(const struct strip *strip)
{
    struct strip s = *strip;
    int32_t left = s.out_width;
    struct column c0 = load_any(&s), c1, c2;
    int32_t inner = s.x >= 0 ? (s.in_width - s.x) / 2 : 0;
    for (inner = inner < left ? inner : left; inner >= 2; inner -= 2) {
        c1 = load_inner(&s);
        c2 = load_inner(&s);
        emit(&s, c0, c1, c2);
        c1 = load_inner(&s);
        c0 = load_inner(&s);
        emit(&s, c2, c1, c0);
        s.x += 4;
        left -= 2;
    }
    for (; left > 0; left--) {
        c1 = load_any(&s);
        c2 = load_any(&s);
        emit(&s, c0, c1, c2);
        c0 = c2;
    }
}

/* Rows and weights of the strip whose window starts at input row y. */
static void set_rows(struct strip *s, const struct aw_plan *plan, const int8_t *in,
                     const int8_t *weights, int32_t y)
{
    uint32_t ch = plan->in0.c;
    s->x = -plan->layer.pad_left;
    for (int32_t ky = 0; ky < 3; ky++) {
        bool inside = y + ky >= 0 && y + ky < plan->in0.h;
        s->rows[ky] = inside ? in + (size_t)(uint32_t)(y + ky) * plan->in0.w * ch : in;
        for (int32_t kx = 0; kx < 3; kx++)
            s->w[3 * ky + kx] =
                inside ? dw_load(weights + (uint32_t)(3 * ky + kx) * DW_BLOCK) : dw_zero();
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
        .stride = ch,
        .finish = neon_finish_of(plan),
    };
    (void)scratch;
    for (int32_t oy = 0; oy < plan->out.h; oy++) {
        int8_t *out = buffers->out + (size_t)(uint32_t)oy * plan->out.w * ch;
        const int8_t *weights = buffers->weights;
        for (uint32_t at = 0; at < ch; at += DW_BLOCK, weights += 9 * DW_BLOCK) {
            uint32_t c = dw_block_start(at, ch);
            s.bias = dw_bias(buffers, c, ch, no_bias);
            s.out = out + c;
            set_rows(&s, plan, buffers->in0 + c, weights, oy * l->stride_h - l->pad_top);
            if (l->stride_w == 1)
                run_strip_stride1(&s);
            else
                run_strip_stride2(&s);
        }
    }
}

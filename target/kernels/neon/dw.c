/* Depthwise convolution with any window.
 *
 * A strip of input rows is copied to scratch first, for one block of channels, with the padding
 * beside it as zeros and the columns sorted by their remainder modulo the stride: a tap then meets
 * neighbouring output pixels in neighbouring vectors.
 * Tile: 4 pixels (2 are left over in a tile of their own) by DW_BLOCK channels, 16 on A64 and 8 on
 * A32; taps in twos, their weights packed [block][tap][channel]. Taps above or below the input are
 * left out. */

/* As in gemm.c. */
#pragma GCC optimize("no-schedule-insns", "ira-region=one")

#include <stddef.h>

#include "dw.h"

/* Bytes of a strip. Input lines of 64 bytes hold 4 blocks: with this many, those that a strip
 * touches stay in a 32 KiB first-level cache until the next block of channels needs them. */
#define STRIP_BYTES 8192u

/* What lies in scratch: the offset of every tap from a pixel's first tap, then the rows. */
struct strip {
    const struct aw_plan *plan;
    uint32_t taps;
    uint32_t columns;     /* of one remainder, without what only a cut tile reads */
    uint32_t plane_bytes; /* all of them; a row is stride_w planes */
    uint32_t row_bytes;
    uint32_t out_rows; /* that a full strip makes */
    uint32_t window_rows;
    int32_t *offsets; /* of the taps */
    int8_t *rows;
};

static uint32_t offsets_bytes(const struct aw_plan *plan)
{
    uint32_t taps = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w;
    return aw_round_up_u32(taps * (uint32_t)sizeof(int32_t), 16);
}

static struct strip strip_of(const struct aw_plan *plan, int8_t *scratch)
{
    const struct aw_layer *l = &plan->layer;
    uint32_t last_tap = (uint32_t)(l->kernel_w - 1) * l->dilation_w;
    uint32_t columns = plan->out.w + last_tap / l->stride_w;
    struct strip s = {
        .plan = plan,
        .taps = (uint32_t)l->kernel_h * l->kernel_w,
        .columns = columns,
        .plane_bytes = (columns + NEON_TILE) * DW_BLOCK,
        .window_rows = (uint32_t)(l->kernel_h - 1) * l->dilation_h + 1,
        .offsets = (int32_t *)(void *)scratch,
        .rows = scratch ? scratch + offsets_bytes(plan) : NULL,
    };
    s.row_bytes = s.plane_bytes * l->stride_w;
    uint32_t rows = STRIP_BYTES / s.row_bytes;
    s.out_rows = rows > s.window_rows ? (rows - s.window_rows) / l->stride_h + 1 : 1;
    s.out_rows = aw_min_u32(s.out_rows, plan->out.h);
    return s;
}

/* Input rows of a full strip. */
static uint32_t strip_rows(const struct strip *s)
{
    return (s->out_rows - 1) * s->plan->layer.stride_h + s->window_rows;
}

uint32_t neon_dw_scratch_bytes(const struct aw_plan *plan)
{
    struct strip s = strip_of(plan, NULL);
    return offsets_bytes(plan) + strip_rows(&s) * s.row_bytes;
}

static void set_offsets(const struct strip *s)
{
    const struct aw_layer *l = &s->plan->layer;
    int32_t *offset = s->offsets;
    for (uint32_t ky = 0; ky < l->kernel_h; ky++)
        for (uint32_t kx = 0; kx < l->kernel_w; kx++) {
            uint32_t x = kx * l->dilation_w;
            *offset++ = (int32_t)(ky * l->dilation_h * s->row_bytes +
                                  x % l->stride_w * s->plane_bytes + x / l->stride_w * DW_BLOCK);
        }
}

/* Zeros wherever nothing will be copied; the rest of a row is the same for every block. */
static void clear(const struct strip *s)
{
    int8_t *end = s->rows + (size_t)strip_rows(s) * s->row_bytes;
    for (int8_t *to = s->rows; to != end; to += DW_BLOCK)
        dw_store(to, dw_zero());
}

/* n columns, `step` bytes from one to the next. */
NEON_INLINE void copy_columns(const int8_t *from, size_t step, int32_t n, int8_t *to)
{
    for (; n >= 4; n -= 4, to += 4 * DW_BLOCK) {
        NEON_UNROLL
        for (uint32_t i = 0; i < 4; i++)
            dw_store(to + i * DW_BLOCK, dw_load_step(&from, step));
    }
    for (; n > 0; n--, to += DW_BLOCK)
        dw_store(to, dw_load_step(&from, step));
}

/* Copies a block of n input rows; `in` is the first column of the first. */
static void copy_rows(const struct strip *s, const int8_t *in, int32_t n, int8_t *to)
{
    const struct aw_layer *l = &s->plan->layer;
    const int32_t stride = l->stride_w, columns = (int32_t)s->columns;
    const size_t step = (size_t)stride * s->plan->in0.c;
    for (int32_t plane = 0; plane < stride; plane++, to += s->plane_bytes) {
        int32_t x = plane - l->pad_left;
        int32_t left = x < 0 ? (stride - 1 - x) / stride : 0;
        left = left < columns ? left : columns;
        x += left * stride;
        int32_t room = x < s->plan->in0.w ? (s->plan->in0.w - x + stride - 1) / stride : 0;
        int32_t inner = room < columns - left ? room : columns - left;
        const int8_t *from = in + (size_t)x * s->plan->in0.c;
        int8_t *first = to + (size_t)left * DW_BLOCK;
        for (int32_t y = 0; y < n; y++) {
            copy_columns(from, step, inner, first);
            from += (size_t)s->plan->in0.w * s->plan->in0.c;
            first += s->row_bytes;
        }
    }
}

#define MAX_KERNEL 7u

struct tile;
typedef void run_row(const struct tile *t, const int8_t *in, uint32_t pixels, int8_t *out);

/* A row of output pixels, as far as its tiles need it. */
struct tile {
    run_row *run;
    const int8_t *weights;        /* of the window's rows that exist, [row][kernel_w][channel] */
    uint32_t rows, taps;          /* that exist */
    const int32_t *offsets;       /* of the taps from the first that exists */
    size_t row_step, plane_bytes; /* from one row of the window, one plane to the next */
    const int32_t *bias;
    size_t out_stride;
    uint32_t channels;
    struct neon_finish finish;
};

/* Any window: the taps are a list. */
NEON_INLINE void add_taps(uint32_t pixels, const struct tile *t, const int8_t *in,
                          int32x4_t acc[NEON_TILE][4])
{
    const int32_t *offset = t->offsets;
    const int8_t *weights = t->weights;
    for (uint32_t left = t->taps / 2; left > 0; left--) {
        const int8_t *in0 = in + offset[0], *in1 = in + offset[1];
        dw_vector w0 = dw_load_aligned(weights), w1 = dw_load_aligned(weights + DW_BLOCK);
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++) {
            dw_vector a0 = dw_load_aligned(in0 + DW_BLOCK * m),
                      a1 = dw_load_aligned(in1 + DW_BLOCK * m);
            dw_add2(acc[m], a0, w0, a1, w1);
        }
        offset += 2;
        weights += 2 * DW_BLOCK;
    }
    if (t->taps % 2 != 0) {
        dw_vector w = dw_load_aligned(weights);
        NEON_UNROLL
        for (uint32_t m = 0; m < pixels; m++) {
            dw_vector a = dw_load_aligned(in + offset[0] + DW_BLOCK * m);
            dw_add1(acc[m], a, w);
        }
    }
}

/* Columns that tap kx meets and tap kx - stride did not; a[plane][column]. */
NEON_INLINE void load_columns(uint32_t pixels, uint32_t kx, uint32_t stride, const struct tile *t,
                              const int8_t *in, dw_vector a[2][MAX_KERNEL + NEON_TILE])
{
    uint32_t plane = kx % stride, column = kx / stride;
    NEON_UNROLL
    for (uint32_t m = column == 0 ? 0 : pixels - 1; m < pixels; m++)
        a[plane][column + m] =
            dw_load_aligned(in + plane * t->plane_bytes + DW_BLOCK * (column + m));
}

/* A window of constant width, without dilation, of 5 or 7 columns: neighbouring pixels share
 * columns that stay in registers. */
NEON_INLINE void add_rows(uint32_t pixels, uint32_t kernel_w, uint32_t stride, const struct tile *t,
                          const int8_t *in, int32x4_t acc[NEON_TILE][4])
{
    const int8_t *weights = t->weights;
    for (uint32_t left = t->rows; left > 0; left--) {
        dw_vector a[2][MAX_KERNEL + NEON_TILE];
        NEON_UNROLL
        for (uint32_t kx = 0; kx < kernel_w; kx += 2) {
            const uint32_t next = kx + 1;
            dw_vector w0 = dw_load_aligned(weights + DW_BLOCK * kx);
            load_columns(pixels, kx, stride, t, in, a);
            if (next == kernel_w) {
                NEON_UNROLL
                for (uint32_t m = 0; m < pixels; m++)
                    dw_add1(acc[m], a[kx % stride][kx / stride + m], w0);
                break;
            }
            dw_vector w1 = dw_load_aligned(weights + DW_BLOCK * next);
            load_columns(pixels, next, stride, t, in, a);
            NEON_UNROLL
            for (uint32_t m = 0; m < pixels; m++)
                dw_add2(acc[m], a[kx % stride][kx / stride + m], w0,
                        a[next % stride][next / stride + m], w1);
        }
        in += t->row_step;
        weights += DW_BLOCK * kernel_w;
    }
}

/* kernel_w 0: any window. */
NEON_INLINE void run_tile(uint32_t pixels, uint32_t kernel_w, uint32_t stride, const struct tile *t,
                          const int8_t *in, uint32_t stored, int8_t *out)
{
    int32x4_t acc[NEON_TILE][4];
    NEON_UNROLL
    for (uint32_t m = 0; m < pixels; m++)
        dw_load_bias(acc[m], t->bias);
    if (kernel_w == 0)
        add_taps(pixels, t, in, acc);
    else
        add_rows(pixels, kernel_w, stride, t, in, acc);
    neon_store_tile(out, t->out_stride, acc, pixels, DW_QUADS, &t->finish, stored, t->channels);
}

static __attribute__((noinline)) void run_pixel(const struct tile *t, const int8_t *in, int8_t *out)
{
    run_tile(1, 0, 1, t, in, 1, out);
}

NEON_INLINE void run_tiles(uint32_t kernel_w, uint32_t stride, const struct tile *t,
                           const int8_t *in, uint32_t pixels, int8_t *out)
{
    /* Three pixels left cost less as a tile of four. */
    for (; pixels >= NEON_TILE - 1; pixels -= aw_min_u32(pixels, NEON_TILE)) {
        run_tile(NEON_TILE, kernel_w, stride, t, in, aw_min_u32(pixels, NEON_TILE), out);
        in += (size_t)NEON_TILE * DW_BLOCK;
        out += NEON_TILE * t->out_stride;
    }
    if (pixels == 2)
        run_tile(2, kernel_w, stride, t, in, 2, out);
    else if (pixels == 1)
        run_pixel(t, in, out);
}

static __attribute__((noinline)) void run_row_any(const struct tile *t, const int8_t *in,
                                                  uint32_t pixels, int8_t *out)
{
    run_tiles(0, 1, t, in, pixels, out);
}

#define RUN_ROW(kernel_w, stride)                                                                  \
    static __attribute__((noinline)) void run_row_##kernel_w##_##stride(                           \
        const struct tile *t, const int8_t *in, uint32_t pixels, int8_t *out)                      \
    {                                                                                              \
        run_tiles(kernel_w, stride, t, in, pixels, out);                                           \
    }
RUN_ROW(5, 1)
RUN_ROW(5, 2)
RUN_ROW(7, 1)
RUN_ROW(7, 2)

static run_row *run_row_of(const struct aw_layer *l)
{
    if (l->dilation_w != 1 || l->stride_w > 2)
        return run_row_any;
    if (l->kernel_w == 5)
        return l->stride_w == 1 ? run_row_5_1 : run_row_5_2;
    if (l->kernel_w == 7)
        return l->stride_w == 1 ? run_row_7_1 : run_row_7_2;
    return run_row_any;
}

/* Output row `oy` of a block of channels; `in_y` is the input row that the strip starts with. */
static void run_out_row(const struct strip *s, const int8_t *weights, struct tile *tile, int32_t oy,
                        int32_t in_y, int8_t *out)
{
    const struct aw_plan *plan = s->plan;
    const struct aw_layer *l = &plan->layer;
    int32_t y = oy * l->stride_h - l->pad_top;
    uint32_t first = 0, end = l->kernel_h;
    while (first < end && y + (int32_t)(first * l->dilation_h) < 0)
        first++;
    while (end > first && y + (int32_t)((end - 1) * l->dilation_h) >= plan->in0.h)
        end--;
    tile->weights = weights + (size_t)first * l->kernel_w * DW_BLOCK;
    tile->rows = end - first;
    tile->taps = tile->rows * l->kernel_w;
    uint32_t row = (uint32_t)(y - in_y) + first * l->dilation_h;
    tile->run(tile, s->rows + (size_t)row * s->row_bytes, plan->out.w,
              out + (size_t)oy * plan->out.w * plan->out.c);
}

/* Output rows [oy, end) of a block of channels; `in`, `weights` and `out` are those of the block.
 */
static void run_strip(const struct strip *s, const int8_t *in, const int8_t *weights,
                      struct tile *tile, int32_t oy, int32_t end, int8_t *out)
{
    const struct aw_plan *plan = s->plan;
    const struct aw_layer *l = &plan->layer;
    const int32_t in_y = oy * l->stride_h - l->pad_top;
    const int32_t in_end = in_y + (end - 1 - oy) * l->stride_h + (int32_t)s->window_rows;
    const int32_t first = in_y < 0 ? 0 : in_y;
    copy_rows(s, in + (size_t)first * plan->in0.w * plan->in0.c,
              (in_end < plan->in0.h ? in_end : plan->in0.h) - first,
              s->rows + (size_t)(first - in_y) * s->row_bytes);
    for (; oy < end; oy++)
        run_out_row(s, weights, tile, oy, in_y, out);
}

void neon_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    struct strip s = strip_of(plan, scratch);
    uint32_t ch = plan->in0.c;
    int32_t spare_bias[DW_BLOCK];
    struct tile tile = {
        .run = run_row_of(&plan->layer),
        .offsets = s.offsets,
        .row_step = (size_t)s.row_bytes * plan->layer.dilation_h,
        .plane_bytes = s.plane_bytes,
        .out_stride = ch,
        .channels = dw_block_channels(ch),
        .finish = neon_finish_of(plan),
    };
    set_offsets(&s);
    clear(&s);
    for (uint32_t oy = 0; oy < plan->out.h; oy += s.out_rows) {
        const int8_t *weights = buffers->weights;
        for (uint32_t at = 0; at < ch; at += DW_BLOCK) {
            uint32_t c = dw_block_start(at, ch);
            tile.bias = dw_bias(buffers, c, ch, spare_bias);
            run_strip(&s, buffers->in0 + c, weights, &tile, (int32_t)oy,
                      (int32_t)aw_min_u32(oy + s.out_rows, plan->out.h), buffers->out + c);
            weights += s.taps * DW_BLOCK;
        }
    }
}

/* The mean of a window, with or without its padding. */
#include "op_impl.h"

#include "aw/size.h"

/* Channels that are summed together; the sums live on the stack. */
#define BLOCK_CH 64u
/* 128 times this fits the wide integers. */
#define MAX_DIVISOR (UINT32_C(1) << 24)

static enum aw_err avgpool_shape(const struct aw_layer *layer, struct aw_shape in0,
                                 struct aw_shape in1, struct aw_shape *out)
{
    (void)in1;
    return layer->count_include_pad > 1 ? AW_ERR_RANGE : aw_pool_shape(layer, in0, out);
}

static uint32_t least_multiple(uint32_t a, uint32_t b)
{
    uint32_t x = a, y = b;
    while (y != 0) {
        uint32_t rest = x % y;
        x = y;
        y = rest;
    }
    uint64_t multiple = (uint64_t)a / x * b;
    return multiple > MAX_DIVISOR ? 0 : (uint32_t)multiple;
}

/* Along one direction: the least common multiple of the windows' pixels inside the input, or 0 when
 * it is over MAX_DIVISOR. */
static uint32_t common_count(uint32_t extent, uint32_t places, uint32_t kernel, uint32_t stride,
                             uint32_t pad)
{
    uint32_t multiple = 1, before = 0;
    for (uint32_t o = 0; o < places && multiple != 0; o++) {
        struct aw_taps taps = aw_conv_taps((int32_t)(o * stride) - (int32_t)pad, 1, kernel, extent);
        uint32_t inside = taps.end - taps.first;
        if (inside != before) /* most windows are like the one before */
            multiple = least_multiple(multiple, inside);
        before = inside;
    }
    return multiple;
}

static enum aw_err avgpool_plan(struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    uint32_t rows = l->kernel_h, columns = l->kernel_w;
    if (!l->count_include_pad) {
        rows = common_count(plan->in0.h, plan->out.h, l->kernel_h, l->stride_h, l->pad_top);
        columns = common_count(plan->in0.w, plan->out.w, l->kernel_w, l->stride_w, l->pad_left);
    }
    if (!aw_mul_u32(rows, columns, &plan->divisor) || plan->divisor == 0 ||
        plan->divisor > MAX_DIVISOR)
        return AW_ERR_RANGE;
    plan->shift = (int8_t)(plan->in0_pos - l->mid_pos);
    return AW_OK;
}

static void accumulate(int32_t *restrict sums, const int8_t *restrict in, uint32_t n)
{
    for (uint32_t c = 0; c < n; c++)
        sums[c] += in[c];
}

/* Channels [first, first + n) of the output pixel that starts at element `at`, over the taps of its
 * window that lie inside the input. */
static void block(const struct aw_plan *plan, const struct aw_buffers *buffers,
                  const struct aw_window *window, uint32_t first, uint32_t n, uint32_t at)
{
    int32_t sums[BLOCK_CH] = {0};
    for (uint32_t y = window->y_first; y < window->y_end; y++)
        for (uint32_t x = window->x_first; x < window->x_end; x++)
            accumulate(sums, buffers->in0 + (y * plan->in0.w + x) * plan->in0.c + first, n);
    uint32_t pixels = plan->layer.count_include_pad
                          ? plan->divisor
                          : (window->y_end - window->y_first) * (window->x_end - window->x_first);
    int64_t enlarge = plan->divisor / pixels;
    for (uint32_t c = 0; c < n; c++)
        aw_store_mean(plan, buffers, at + first + c, sums[c] * enlarge);
}

static void avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers)
{
    uint32_t ch = plan->out.c, at = 0;
    for (uint32_t oy = 0; oy < plan->out.h; oy++)
        for (uint32_t ox = 0; ox < plan->out.w; ox++, at += ch) {
            struct aw_window window = aw_pool_window(plan, oy, ox);
            for (uint32_t first = 0; first < ch; first += BLOCK_CH)
                block(plan, buffers, &window, first, aw_min_u32(ch - first, BLOCK_CH), at);
        }
}

const struct aw_op aw_op_avgpool = {
    .id = AW_OP_AVGPOOL,
    .inputs = 1,
    .has = AW_HAS_WINDOW | AW_HAS_COUNT,
    .weighted = false,
    .name = "avgpool",
    .shape = avgpool_shape,
    .plan = avgpool_plan,
    .run = avgpool_run,
};

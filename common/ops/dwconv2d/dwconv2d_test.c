#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

struct row {
    uint16_t h, w, c;
    uint8_t kh, kw, sh, sw, dh, dw, top, bottom, left, right;
    uint8_t act, bias_bits;
    int shift;
};

static struct aw_layer layer_of(const struct row *r)
{
    return (struct aw_layer){
        .op = AW_OP_DWCONV2D,
        .act = r->act,
        .in1 = AW_NO_TENSOR,
        .out = 1,
        .kernel_h = r->kh,
        .kernel_w = r->kw,
        .stride_h = r->sh,
        .stride_w = r->sw,
        .dilation_h = r->dh,
        .dilation_w = r->dw,
        .pad_top = r->top,
        .pad_bottom = r->bottom,
        .pad_left = r->left,
        .pad_right = r->right,
        .groups = r->c,
        .w_pos = 7,
        .mid_pos = (int8_t)(5 + 7 - r->shift),
        .bias_bits = r->bias_bits,
        .seed = 3,
    };
}

static uint16_t count_places(int in, int k, int s, int d, int before, int after)
{
    uint16_t n = 0;
    for (int at = -before; at + d * (k - 1) < in + after; at += s)
        n++;
    return n;
}

static int64_t element(const struct aw_plan *p, const struct op_data *d, int oy, int ox, int c)
{
    const struct aw_layer *l = &p->layer;
    int64_t acc = p->bias_count ? d->bias[c] : 0;
    for (int ky = 0; ky < l->kernel_h; ky++)
        for (int kx = 0; kx < l->kernel_w; kx++) {
            int y = oy * l->stride_h - l->pad_top + ky * l->dilation_h;
            int x = ox * l->stride_w - l->pad_left + kx * l->dilation_w;
            if (y >= 0 && y < p->in0.h && x >= 0 && x < p->in0.w)
                acc += d->in0[(y * p->in0.w + x) * p->in0.c + c] *
                       d->weights[(ky * l->kernel_w + kx) * p->in0.c + c];
        }
    return acc;
}

static void check_row(const struct row *r, uint32_t seed)
{
    struct aw_layer layer = layer_of(r);
    struct aw_tensor in = {.shape = {.h = r->h, .w = r->w, .c = r->c}, .pos = 5};
    struct aw_tensor out = {
        .shape = {.h = count_places(r->h, r->kh, r->sh, r->dh, r->top, r->bottom),
                  .w = count_places(r->w, r->kw, r->sw, r->dw, r->left, r->right),
                  .c = r->c},
        .pos = layer.mid_pos,
    };
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
    struct op_data d = make_data(&plan, seed);
    assert_int_equal(plan.weight_count, r->kh * r->kw * r->c);
    assert_int_equal(plan.bias_count, r->bias_bits ? r->c : 0);
    assert_true(plan.macs == (uint64_t)plan.out_bytes * r->kh * r->kw);
    run_op(&plan, &d);
    assert_wide_agrees(&plan, &d);
    uint32_t at = 0;
    for (int y = 0; y < plan.out.h; y++)
        for (int x = 0; x < plan.out.w; x++)
            for (int c = 0; c < plan.out.c; c++, at++)
                assert_element(&plan, at, d.out[at],
                               finish_shift_exactly(&plan, element(&plan, &d, y, x, c), r->shift));
    free_data(&d);
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        uint32_t n = 0;
#define PICK(lo, hi) ((lo) + aw_rng_word(seed, n++) % ((hi) - (lo) + 1u))
        struct row r = {
            .c = (uint16_t)PICK(1, 140),
            .kh = (uint8_t)PICK(1, 5),
            .kw = (uint8_t)PICK(1, 5),
            .sh = (uint8_t)PICK(1, 3),
            .sw = (uint8_t)PICK(1, 3),
            .dh = (uint8_t)PICK(1, 2),
            .dw = (uint8_t)PICK(1, 3),
            .act = (uint8_t)PICK(0, 2),
            .bias_bits = (uint8_t)PICK(0, 12),
            .shift = (int)PICK(4, 10),
        };
        uint32_t window_h = r.dh * (r.kh - 1u) + 1, window_w = r.dw * (r.kw - 1u) + 1;
        r.top = (uint8_t)PICK(0, window_h - 1);
        r.bottom = (uint8_t)PICK(0, window_h - 1);
        r.left = (uint8_t)PICK(0, window_w - 1);
        r.right = (uint8_t)PICK(0, window_w - 1);
        r.h = (uint16_t)(window_h + PICK(0, 4));
        r.w = (uint16_t)(window_w + PICK(0, 4));
#undef PICK
        check_row(&r, seed);
    }
}

/* Channel counts around the block that is summed together. */
static void every_channel_count(void **state)
{
    (void)state;
    for (uint16_t c = 1; c <= 200; c++) {
        struct row r = {.h = 4,
                        .w = 3,
                        .c = c,
                        .kh = 3,
                        .kw = 3,
                        .sh = 1,
                        .sw = 1,
                        .dh = 1,
                        .dw = 1,
                        .top = 1,
                        .bottom = 1,
                        .left = 1,
                        .right = 1,
                        .bias_bits = 9,
                        .shift = 7};
        check_row(&r, c);
    }
}

static void refuses(void **state)
{
    (void)state;
    struct row r = {.h = 8,
                    .w = 8,
                    .c = 12,
                    .kh = 3,
                    .kw = 3,
                    .sh = 1,
                    .sw = 1,
                    .dh = 1,
                    .dw = 1,
                    .top = 1,
                    .bottom = 1,
                    .left = 1,
                    .right = 1,
                    .shift = 7};
    struct aw_tensor in = {.shape = {.h = 8, .w = 8, .c = 12}, .pos = 5};
    struct aw_tensor out = {.shape = {.h = 8, .w = 8, .c = 12}, .pos = 5};
    static const char fit[] = "attributes do not fit the shape of the inputs";
    struct aw_layer l = layer_of(&r);
    (void)plan_or_fail(&l, &in, NULL, &out);
    l.groups = 1;
    assert_refused(&l, &in, NULL, &out, fit);
    l = layer_of(&r);
    l.stride_w = 0;
    assert_refused(&l, &in, NULL, &out, fit);
    l = layer_of(&r);
    l.pad_bottom = 3;
    assert_refused(&l, &in, NULL, &out, fit);
    l = layer_of(&r);
    out.shape.c = 24; /* a channel multiplier */
    assert_refused(&l, &in, NULL, &out, "shape of the output is not what the op makes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(every_channel_count),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

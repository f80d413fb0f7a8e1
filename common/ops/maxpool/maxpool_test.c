#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

struct row {
    uint16_t h, w, c;
    uint8_t kh, kw, sh, sw, top, bottom, left, right;
    uint8_t act;
    int shift;
};

static struct aw_layer layer_of(const struct row *r)
{
    return (struct aw_layer){
        .op = AW_OP_MAXPOOL,
        .act = r->act,
        .in1 = AW_NO_TENSOR,
        .out = 1,
        .kernel_h = r->kh,
        .kernel_w = r->kw,
        .stride_h = r->sh,
        .stride_w = r->sw,
        .dilation_h = 1,
        .dilation_w = 1,
        .pad_top = r->top,
        .pad_bottom = r->bottom,
        .pad_left = r->left,
        .pad_right = r->right,
        .mid_pos = (int8_t)(5 - r->shift),
    };
}

static uint16_t count_places(int in, int k, int s, int before, int after)
{
    uint16_t n = 0;
    for (int at = -before; at + k <= in + after; at += s)
        n++;
    return n;
}

static struct aw_plan plan_of(const struct row *r)
{
    struct aw_layer layer = layer_of(r);
    struct aw_tensor in = {.shape = {.h = r->h, .w = r->w, .c = r->c}, .pos = 5};
    struct aw_tensor out = {.shape = {.h = count_places(r->h, r->kh, r->sh, r->top, r->bottom),
                                      .w = count_places(r->w, r->kw, r->sw, r->left, r->right),
                                      .c = r->c},
                            .pos = layer.mid_pos};
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
    assert_int_equal(plan.weight_count + plan.bias_count, 0);
    assert_true(plan.macs == 0);
    return plan;
}

static struct row draw_row(uint32_t seed, uint32_t most)
{
    struct draws d = {.seed = seed};
    struct row r = {
        .c = (uint16_t)draw(&d, 1, 140),
        .kh = (uint8_t)draw(&d, 1, most),
        .kw = (uint8_t)draw(&d, 1, most),
        .sh = (uint8_t)draw(&d, 1, 3),
        .sw = (uint8_t)draw(&d, 1, 3),
        .act = (uint8_t)draw(&d, 0, 2),
        .shift = (int)draw(&d, 0, 6) - 2,
    };
    r.top = (uint8_t)draw(&d, 0, r.kh - 1u);
    r.bottom = (uint8_t)draw(&d, 0, r.kh - 1u);
    r.left = (uint8_t)draw(&d, 0, r.kw - 1u);
    r.right = (uint8_t)draw(&d, 0, r.kw - 1u);
    /* Sometimes smaller than the kernel. */
    r.h = (uint16_t)(1 + draw(&d, 0, 8));
    r.w = (uint16_t)(1 + draw(&d, 0, 8));
    if (r.h + r.top + r.bottom < r.kh)
        r.h = r.kh;
    if (r.w + r.left + r.right < r.kw)
        r.w = r.kw;
    return r;
}

static int largest(const struct aw_plan *p, const int8_t *in, int oy, int ox, int c)
{
    const struct aw_layer *l = &p->layer;
    int most = INT32_MIN;
    for (int ky = 0; ky < l->kernel_h; ky++)
        for (int kx = 0; kx < l->kernel_w; kx++) {
            int y = oy * l->stride_h - l->pad_top + ky, x = ox * l->stride_w - l->pad_left + kx;
            if (y < 0 || y >= p->in0.h || x < 0 || x >= p->in0.w)
                continue;
            int value = in[(y * p->in0.w + x) * p->in0.c + c];
            most = value > most ? value : most;
        }
    assert_int_not_equal(most, INT32_MIN);
    return most;
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct row r = draw_row(seed, 5);
        struct aw_plan plan = plan_of(&r);
        assert_int_equal(plan.divisor, 1);
        struct op_data d = make_data(&plan, seed);
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        uint32_t at = 0;
        for (int y = 0; y < plan.out.h; y++)
            for (int x = 0; x < plan.out.w; x++)
                for (int c = 0; c < plan.out.c; c++, at++)
                    assert_element(
                        &plan, at, d.out[at],
                        finish_shift_exactly(&plan, largest(&plan, d.in0, y, x, c), r.shift));
        free_data(&d);
    }
}

/* Everything below 0: a padded 0 would win everywhere on the edge. */
static void padding_never_wins(void **state)
{
    (void)state;
    struct row r = {.h = 3,
                    .w = 3,
                    .c = 70,
                    .kh = 3,
                    .kw = 3,
                    .sh = 1,
                    .sw = 1,
                    .top = 2,
                    .bottom = 2,
                    .left = 2,
                    .right = 2};
    struct aw_plan plan = plan_of(&r);
    static const int8_t values[] = {-128, -127, -1};
    for (size_t v = 0; v < sizeof values; v++) {
        struct op_data d = make_data(&plan, 1);
        memset(d.in0, values[v], plan.in0_bytes);
        run_op(&plan, &d);
        for (uint32_t i = 0; i < plan.out_bytes; i++)
            assert_element(&plan, i, d.out[i], values[v]);
        free_data(&d);
    }
}

static const char fit[] = "attributes do not fit the shape of the inputs";

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
                    .top = 1,
                    .bottom = 1,
                    .left = 1,
                    .right = 1};
    struct aw_tensor in = {.shape = {.h = 8, .w = 8, .c = 12}, .pos = 5};
    struct aw_tensor out = in;
    const struct aw_layer good = layer_of(&r);
    (void)plan_or_fail(&good, &in, NULL, &out);
    struct aw_layer l = good;
    l.kernel_h = 0;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.stride_w = 0;
    assert_refused(&l, &in, NULL, &out, fit);
    for (uint8_t dilation = 0; dilation <= 2; dilation += 2) {
        l = good;
        l.dilation_h = dilation;
        assert_refused(&l, &in, NULL, &out, fit);
        l = good;
        l.dilation_w = dilation;
        assert_refused(&l, &in, NULL, &out, fit);
    }
    l = good;
    l.pad_top = 3; /* a window of padding alone */
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.kernel_w = 11;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.groups = 1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    l = good;
    l.w_pos = -1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    out.shape.c = 13;
    assert_refused(&good, &in, NULL, &out, "shape of the output is not what the op makes");
    out.shape = (struct aw_shape){.h = 9, .w = 8, .c = 12}; /* as if rounding up */
    assert_refused(&good, &in, NULL, &out, "shape of the output is not what the op makes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(padding_never_wins),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    uint8_t count_include_pad;
    int shift;
};

static struct aw_layer layer_of(const struct row *r)
{
    return (struct aw_layer){
        .op = AW_OP_AVGPOOL,
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
        .count_include_pad = r->count_include_pad,
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

static void check_element(const struct aw_plan *p, const struct op_data *d, int oy, int ox, int c,
                          uint32_t at)
{
    const struct aw_layer *l = &p->layer;
    int sum = 0, inside = 0;
    for (int ky = 0; ky < l->kernel_h; ky++)
        for (int kx = 0; kx < l->kernel_w; kx++) {
            int y = oy * l->stride_h - l->pad_top + ky, x = ox * l->stride_w - l->pad_left + kx;
            if (y < 0 || y >= p->in0.h || x < 0 || x >= p->in0.w)
                continue;
            inside++;
            sum += d->in0[(y * p->in0.w + x) * p->in0.c + c];
        }
    assert_int_not_equal(inside, 0);
    __int128 n = l->count_include_pad ? l->kernel_h * l->kernel_w : inside;
    assert_int_equal(p->divisor % (uint32_t)n, 0);
    __int128 up = (__int128)1 << (p->shift < 0 ? -p->shift : 0);
    __int128 down = (__int128)1 << (p->shift > 0 ? p->shift : 0);
    assert_element(p, at, d->out[at], finish_exactly(p, sum * up, n * down));
}

static void check_row(const struct row *r, uint32_t seed)
{
    struct aw_plan plan = plan_of(r);
    struct op_data d = make_data(&plan, seed);
    run_op(&plan, &d);
    assert_wide_agrees(&plan, &d);
    uint32_t at = 0;
    for (int y = 0; y < plan.out.h; y++)
        for (int x = 0; x < plan.out.w; x++)
            for (int c = 0; c < plan.out.c; c++, at++)
                check_element(&plan, &d, y, x, c, at);
    free_data(&d);
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct row r = draw_row(seed, 5);
        r.count_include_pad = seed % 2;
        check_row(&r, seed);
    }
    struct row ends = {.h = 2, .w = 2, .c = 5, .kh = 2, .kw = 2, .sh = 1, .sw = 1, .shift = -8};
    check_row(&ends, 1);
    ends.shift = 21; /* to position -16 */
    check_row(&ends, 2);
}

/* With padding: the corner holds 4 pixels, an edge 6, the middle 9; all the same value. */
static void real_pixels_or_all(void **state)
{
    (void)state;
    static const int expected[2][9] = {{90, 90, 90, 90, 90, 90, 90, 90, 90},
                                       {40, 60, 40, 60, 90, 60, 40, 60, 40}};
    for (uint8_t all = 0; all <= 1; all++) {
        struct row r = {.h = 3,
                        .w = 3,
                        .c = 1,
                        .kh = 3,
                        .kw = 3,
                        .sh = 1,
                        .sw = 1,
                        .top = 1,
                        .bottom = 1,
                        .left = 1,
                        .right = 1,
                        .count_include_pad = all};
        struct aw_plan plan = plan_of(&r);
        assert_int_equal(plan.divisor, all ? 9 : 36);
        struct op_data d = make_data(&plan, 1);
        memset(d.in0, 90, plan.in0_bytes);
        run_op(&plan, &d);
        for (uint32_t i = 0; i < 9; i++)
            assert_element(&plan, i, d.out[i], expected[all][i]);
        free_data(&d);
    }
}

/* Ties go up, after one rounding of sum / (n * 2^shift). */
static void rounds_once(void **state)
{
    (void)state;
    static const struct {
        int8_t in[4];
        int shift, expected;
    } rows[] = {
        {{1, 1, 0, 0}, 0, 1},  {{-1, -1, 0, 0}, 0, 0},  {{-1, -1, -1, 0}, 0, -1},
        {{2, 1, 0, 0}, 1, 0},  {{2, 2, 0, 0}, 1, 1},    {{-2, -2, 0, 0}, 1, 0},
        {{1, 0, 0, 0}, -1, 1}, {{-3, 0, 0, 0}, -1, -1}, {{127, 127, 127, 127}, -1, 127},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row r = {
            .h = 2, .w = 2, .c = 1, .kh = 2, .kw = 2, .sh = 2, .sw = 2, .shift = rows[i].shift};
        struct aw_plan plan = plan_of(&r);
        int8_t result = 0;
        struct aw_buffers b = {.in0 = rows[i].in, .out = &result};
        aw_op_find(AW_OP_AVGPOOL)->run(&plan, &b);
        assert_int_equal(result, rows[i].expected);
    }
}

/* The numbers of pixels in windows of 11 with padding 5 have no common multiple up to 2^24; all
 * of a window of 255 x 255 is one number. */
static void large_windows(void **state)
{
    (void)state;
    struct row r = {.h = 29,
                    .w = 29,
                    .c = 2,
                    .kh = 9,
                    .kw = 9,
                    .sh = 2,
                    .sw = 2,
                    .top = 4,
                    .bottom = 4,
                    .left = 4,
                    .right = 4};
    check_row(&r, 1);
    assert_int_equal(plan_of(&r).divisor, 315 * 315); /* of 5, 7 and 9 */
    r.sh = r.sw = 1;
    check_row(&r, 1);
    assert_int_equal(plan_of(&r).divisor, 2520 * 2520); /* of 5 to 9 */
    r.kh = r.kw = 11;
    r.top = r.bottom = r.left = r.right = 5;
    struct aw_layer l = layer_of(&r);
    struct aw_tensor in = {.shape = {.h = 29, .w = 29, .c = 2}, .pos = 5}, out = in;
    assert_refused(&l, &in, NULL, &out, "sums or shifts could leave their integer type");
    r.count_include_pad = 1;
    check_row(&r, 2);
    struct row largest = {
        .h = 256, .w = 255, .c = 1, .kh = 255, .kw = 255, .sh = 1, .sw = 1, .shift = -2};
    check_row(&largest, 3);
    assert_int_equal(plan_of(&largest).divisor, 255 * 255);
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
    l = good;
    l.count_include_pad = 2;
    assert_refused(&l, &in, NULL, &out, fit);
    out.shape.c = 13;
    assert_refused(&good, &in, NULL, &out, "shape of the output is not what the op makes");
    out.shape = (struct aw_shape){.h = 9, .w = 8, .c = 12}; /* as if rounding up */
    assert_refused(&good, &in, NULL, &out, "shape of the output is not what the op makes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition), cmocka_unit_test(real_pixels_or_all),
        cmocka_unit_test(rounds_once),       cmocka_unit_test(large_windows),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

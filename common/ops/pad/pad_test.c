#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_tensor tensor_of(uint32_t h, uint32_t w, uint32_t c, int pos)
{
    return (struct aw_tensor){.shape = {.h = (uint16_t)h, .w = (uint16_t)w, .c = (uint16_t)c},
                              .pos = (int8_t)pos};
}

/* The value at (y, x, c) of the output, by coordinates. */
static int element(const struct aw_plan *p, const int8_t *in, int y, int x, int c)
{
    y -= p->layer.pad_top;
    x -= p->layer.pad_left;
    bool inside = y >= 0 && y < p->in0.h && x >= 0 && x < p->in0.w && c < p->in0.c;
    return inside ? in[(y * p->in0.w + x) * p->in0.c + c] : 0;
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct draws r = {.seed = seed};
        struct aw_tensor in = tensor_of(draw(&r, 1, 6), draw(&r, 1, 6), draw(&r, 1, 40), 5);
        struct aw_layer layer = {.op = AW_OP_PAD,
                                 .act = (uint8_t)draw(&r, 0, 2),
                                 .in1 = AW_NO_TENSOR,
                                 .out = 1,
                                 .pad_top = (uint8_t)draw(&r, 0, 3),
                                 .pad_bottom = (uint8_t)draw(&r, 0, 3),
                                 .pad_left = (uint8_t)draw(&r, 0, 3),
                                 .pad_right = (uint8_t)draw(&r, 0, 3),
                                 .mid_pos = (int8_t)draw(&r, 2, 7),
                                 .pad_channels = (uint16_t)(seed % 2 ? draw(&r, 0, 40) : 0)};
        struct aw_tensor out = tensor_of((uint32_t)in.shape.h + layer.pad_top + layer.pad_bottom,
                                         (uint32_t)in.shape.w + layer.pad_left + layer.pad_right,
                                         (uint32_t)in.shape.c + layer.pad_channels, layer.mid_pos);
        struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
        assert_int_equal(plan.weight_count + plan.bias_count, 0);
        struct op_data d = make_data(&plan, seed);
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        uint32_t at = 0;
        for (int y = 0; y < plan.out.h; y++)
            for (int x = 0; x < plan.out.w; x++)
                for (int c = 0; c < plan.out.c; c++, at++)
                    assert_element(&plan, at, d.out[at],
                                   finish_shift_exactly(&plan, element(&plan, d.in0, y, x, c),
                                                        5 - layer.mid_pos));
        free_data(&d);
    }
}

/* Pads larger than the input, up to what a byte holds. */
static void largest_pads(void **state)
{
    (void)state;
    struct aw_layer layer = {.op = AW_OP_PAD,
                             .in1 = AW_NO_TENSOR,
                             .out = 1,
                             .pad_top = 255,
                             .pad_bottom = 255,
                             .pad_left = 255,
                             .pad_right = 255,
                             .mid_pos = 5};
    struct aw_tensor in = tensor_of(1, 1, 1, 5), out = tensor_of(511, 511, 1, 5);
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
    struct op_data d = make_data(&plan, 1);
    d.in0[0] = 99;
    run_op(&plan, &d);
    for (uint32_t i = 0; i < plan.out_bytes; i++)
        assert_element(&plan, i, d.out[i], i == 255 * 511 + 255 ? 99 : 0);
    free_data(&d);
}

static void refuses(void **state)
{
    (void)state;
    const struct aw_layer good = {
        .op = AW_OP_PAD, .in1 = AW_NO_TENSOR, .out = 1, .pad_top = 1, .mid_pos = 4};
    static const char fit[] = "attributes do not fit the shape of the inputs";
    struct aw_tensor in = tensor_of(4, 4, 6, 4), out = tensor_of(5, 4, 6, 4);
    (void)plan_or_fail(&good, &in, NULL, &out);
    struct aw_layer l = good;
    l.pad_channels = 1;
    assert_refused(&l, &in, NULL, &out, "shape of the output is not what the op makes");
    l.pad_channels = 65530; /* 65536 channels would be none in 16 bits */
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.stride_h = 1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    l = good;
    l.start_w = 1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    in = tensor_of(65535, 1, 1, 4);
    assert_refused(&good, &in, NULL, &out, fit);
    l = good;
    l.pad_right = 1;
    l.pad_top = 0;
    in = tensor_of(1, 65535, 1, 4);
    assert_refused(&l, &in, NULL, &out, fit);
    in = tensor_of(4, 4, 6, 14);
    assert_refused(&good, &in, NULL, &(struct aw_tensor){.shape = out.shape, .pos = 5},
                   "mid_pos differs from the output without a table");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(largest_pads),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

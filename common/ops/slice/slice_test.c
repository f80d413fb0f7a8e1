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

static uint32_t count(uint32_t extent, uint32_t start, uint32_t stride)
{
    uint32_t n = 0;
    for (uint32_t at = start; at < extent; at += stride)
        n++;
    return n;
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct draws r = {.seed = seed};
        struct aw_tensor in = tensor_of(draw(&r, 1, 9), draw(&r, 1, 9), draw(&r, 1, 40), 5);
        struct aw_layer layer = {.op = AW_OP_SLICE,
                                 .act = (uint8_t)draw(&r, 0, 2),
                                 .in1 = AW_NO_TENSOR,
                                 .out = 1,
                                 .stride_h = (uint8_t)draw(&r, 1, 4),
                                 .stride_w = (uint8_t)draw(&r, 1, 4),
                                 .mid_pos = (int8_t)draw(&r, 2, 7),
                                 .start_h = (uint16_t)draw(&r, 0, in.shape.h - 1u),
                                 .start_w = (uint16_t)draw(&r, 0, in.shape.w - 1u)};
        struct aw_tensor out =
            tensor_of(count(in.shape.h, layer.start_h, layer.stride_h),
                      count(in.shape.w, layer.start_w, layer.stride_w), in.shape.c, layer.mid_pos);
        struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
        assert_int_equal(plan.weight_count + plan.bias_count, 0);
        struct op_data d = make_data(&plan, seed);
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        uint32_t at = 0;
        for (uint32_t y = layer.start_h; y < in.shape.h; y += layer.stride_h)
            for (uint32_t x = layer.start_w; x < in.shape.w; x += layer.stride_w)
                for (uint32_t c = 0; c < in.shape.c; c++, at++)
                    assert_element(
                        &plan, at, d.out[at],
                        finish_shift_exactly(&plan, d.in0[(y * in.shape.w + x) * in.shape.c + c],
                                             5 - layer.mid_pos));
        assert_int_equal(at, plan.out_bytes);
        free_data(&d);
    }
}

static void refuses(void **state)
{
    (void)state;
    const struct aw_layer good = {.op = AW_OP_SLICE,
                                  .in1 = AW_NO_TENSOR,
                                  .out = 1,
                                  .stride_h = 2,
                                  .stride_w = 2,
                                  .mid_pos = 4,
                                  .start_h = 1,
                                  .start_w = 1};
    static const char fit[] = "attributes do not fit the shape of the inputs";
    struct aw_tensor in = tensor_of(5, 6, 3, 4), out = tensor_of(2, 3, 3, 4);
    (void)plan_or_fail(&good, &in, NULL, &out);
    struct aw_layer l = good;
    l.stride_h = 0;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.stride_w = 0;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.start_h = 5;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.start_w = 65535;
    assert_refused(&l, &in, NULL, &out, fit);
    l = good;
    l.start_h = 0; /* rows 0, 2, 4 */
    assert_refused(&l, &in, NULL, &out, "shape of the output is not what the op makes");
    l = good;
    l.pad_top = 1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    l = good;
    l.kernel_h = 1;
    assert_refused(&l, &in, NULL, &out, "attributes of another op are not 0");
    in.pos = 13; /* shift 9 is fine, the other way is not */
    (void)plan_or_fail(&good, &in, NULL, &out);
    in.pos = -5;
    assert_refused(&good, &in, NULL, &out, "shift between positions outside -8..31");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

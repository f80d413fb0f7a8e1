#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_layer layer_of(uint8_t act, int mid_pos)
{
    return (struct aw_layer){
        .op = AW_OP_CONCAT, .act = act, .in1 = 1, .out = 2, .mid_pos = (int8_t)mid_pos};
}

static struct aw_tensor tensor_of(uint16_t h, uint16_t w, uint16_t c, int pos)
{
    return (struct aw_tensor){.shape = {.h = h, .w = w, .c = c}, .pos = (int8_t)pos};
}

/* floor(q * 2^-shift + 1/2) by doubles, which are exact here. */
static int align(int q, int shift)
{
    return (int)floor(ldexp(q, -shift) + 0.5);
}

static void check(uint32_t seed)
{
    struct draws r = {.seed = seed};
    uint16_t h = (uint16_t)draw(&r, 1, 6), w = (uint16_t)draw(&r, 1, 6);
    uint16_t c0 = (uint16_t)draw(&r, 1, 70), c1 = (uint16_t)draw(&r, 1, 70);
    int p0 = (int)draw(&r, 0, 8), p1 = (int)draw(&r, 0, 8), m = p0 < p1 ? p0 : p1;
    int mid = m - (int)draw(&r, 0, 4) + 2;
    struct aw_layer layer = layer_of((uint8_t)draw(&r, 0, 2), mid);
    struct aw_tensor in0 = tensor_of(h, w, c0, p0), in1 = tensor_of(h, w, c1, p1);
    struct aw_tensor out = tensor_of(h, w, (uint16_t)(c0 + c1), mid);
    struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
    assert_int_equal(plan.weight_count + plan.bias_count, 0);
    struct op_data d = make_data(&plan, seed);
    run_op(&plan, &d);
    assert_wide_agrees(&plan, &d);
    for (uint32_t i = 0; i < plan.out_bytes; i++) {
        uint32_t pixel = i / out.shape.c, c = i % out.shape.c;
        int value = c < c0 ? align(d.in0[pixel * c0 + c], p0 - m)
                           : align(d.in1[pixel * c1 + c - c0], p1 - m);
        assert_element(&plan, i, d.out[i], finish_shift_exactly(&plan, value, m - mid));
    }
    free_data(&d);
}

static void equals_definition(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++)
        check(seed);
}

/* 3/2 rounds up to 2 at the smaller position, 2/2 is 1: once by once, as add does. */
static void rounds_to_the_smaller_position_first(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 3);
    struct aw_tensor in0 = tensor_of(1, 1, 2, 5), in1 = tensor_of(1, 1, 1, 4);
    struct aw_tensor out = tensor_of(1, 1, 3, 3);
    struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
    const int8_t a[] = {1, -3}, b[] = {1};
    int8_t result[3];
    struct aw_buffers buffers = {.in0 = a, .in1 = b, .out = result};
    aw_op_find(AW_OP_CONCAT)->run(&plan, &buffers);
    assert_int_equal(result[0], 1); /* 1/4 would be 0 in one step */
    assert_int_equal(result[1], 0); /* -3/4 would be -1 */
    assert_int_equal(result[2], 1);
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 4);
    struct aw_tensor in0 = tensor_of(3, 5, 7, 4), in1 = tensor_of(3, 5, 2, 4);
    struct aw_tensor out = tensor_of(3, 5, 9, 4);
    (void)plan_or_fail(&layer, &in0, &in1, &out);
    assert_refused(&layer, &in0, NULL, &out, "number of inputs does not fit the op");
    in1 = tensor_of(4, 5, 2, 4);
    assert_refused(&layer, &in0, &in1, &out, "attributes do not fit the shape of the inputs");
    in1 = tensor_of(3, 4, 2, 4);
    assert_refused(&layer, &in0, &in1, &out, "attributes do not fit the shape of the inputs");
    in1 = tensor_of(3, 5, 65529, 4); /* 65536 channels would be none in 16 bits */
    assert_refused(&layer, &in0, &in1, &out, "attributes do not fit the shape of the inputs");
    in1 = tensor_of(3, 5, 3, 4);
    assert_refused(&layer, &in0, &in1, &out, "shape of the output is not what the op makes");
    in1 = tensor_of(3, 5, 2, 24);
    in0.pos = out.pos = layer.mid_pos = -8;
    assert_refused(&layer, &in0, &in1, &out, "sums or shifts could leave their integer type");
    in0.pos = in1.pos = 4;
    out.pos = layer.mid_pos = 13;
    assert_refused(&layer, &in0, &in1, &out, "shift between positions outside -8..31");
    out.pos = layer.mid_pos = 4;
    layer.pad_channels = 1;
    assert_refused(&layer, &in0, &in1, &out, "attributes of another op are not 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(rounds_to_the_smaller_position_first),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_layer layer_of(uint8_t act, int mid_pos)
{
    return (struct aw_layer){
        .op = AW_OP_ADD, .act = act, .in1 = 1, .out = 2, .mid_pos = (int8_t)mid_pos};
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

/* All 65536 pairs of values, for positions whose difference matters and some where it does not. */
static void equals_definition_for_all_pairs(void **state)
{
    (void)state;
    static const struct {
        int p0, p1, mid;
        uint8_t act;
    } rows[] = {{4, 4, 4, 0},    {4, 4, 3, 1},   {5, 3, 3, 2},      {3, 5, 2, 0},
                {7, 2, 3, 0},    {2, 7, 1, 0},   {4, 4, 6, 0},      {0, 24, -8, 0},
                {-7, 24, -7, 0}, {24, -7, 1, 0}, {-16, -16, -8, 0}, {15, 15, -16, 0}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct aw_layer layer = layer_of(rows[r].act, rows[r].mid);
        struct aw_tensor in0 = tensor_of(256, 16, 16, rows[r].p0);
        struct aw_tensor in1 = tensor_of(256, 16, 16, rows[r].p1);
        struct aw_tensor out = tensor_of(256, 16, 16, rows[r].mid);
        struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
        struct op_data d = make_data(&plan, 1);
        for (uint32_t i = 0; i < 65536; i++) {
            d.in0[i] = (int8_t)(int)(i / 256 - 128);
            d.in1[i] = (int8_t)(int)(i % 256 - 128);
        }
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        int m = rows[r].p0 < rows[r].p1 ? rows[r].p0 : rows[r].p1;
        for (uint32_t i = 0; i < 65536; i++) {
            int sum = align(d.in0[i], rows[r].p0 - m) + align(d.in1[i], rows[r].p1 - m);
            assert_element(&plan, i, d.out[i], finish_shift_exactly(&plan, sum, m - rows[r].mid));
        }
        free_data(&d);
    }
}

static void works_in_place(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_RELU, 3);
    struct aw_tensor in0 = tensor_of(3, 5, 7, 5), in1 = tensor_of(3, 5, 7, 4);
    struct aw_tensor out = tensor_of(3, 5, 7, 3);
    struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
    struct op_data d = make_data(&plan, 2);
    run_op(&plan, &d);
    struct aw_buffers b = buffers_of(&plan, &d);
    b.out = d.in0;
    aw_op_find(AW_OP_ADD)->run(&plan, &b);
    assert_memory_equal(d.in0, d.out, plan.out_bytes);
    free_data(&d);
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 4);
    struct aw_tensor in0 = tensor_of(3, 5, 7, 4), in1 = tensor_of(3, 5, 7, 4), out = in0;
    assert_refused(&layer, &in0, NULL, &out, "number of inputs does not fit the op");
    for (int i = 0; i < 3; i++) {
        in1 = tensor_of((uint16_t)(3 + (i == 0)), (uint16_t)(5 + (i == 1)),
                        (uint16_t)(7 + (i == 2)), 4);
        assert_refused(&layer, &in0, &in1, &out, "attributes do not fit the shape of the inputs");
    }
    in1 = tensor_of(3, 5, 7, 24);
    in0 = tensor_of(3, 5, 7, -8);
    out.pos = layer.mid_pos = -8;
    assert_refused(&layer, &in0, &in1, &out, "sums or shifts could leave their integer type");
    in0.pos = 25;
    assert_refused(&layer, &in0, &in1, &out, "position of a tensor outside -16..24");
    in0.pos = 4;
    in1.pos = 4;
    out.pos = layer.mid_pos = 13;
    assert_refused(&layer, &in0, &in1, &out, "shift between positions outside -8..31");
    layer.mid_pos = 25;
    assert_refused(&layer, &in0, &in1, &out, "mid_pos outside -16..24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition_for_all_pairs),
        cmocka_unit_test(works_in_place),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

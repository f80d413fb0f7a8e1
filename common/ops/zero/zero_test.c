#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

/* Whatever the shapes and positions are, and whatever the input holds. */
static void is_zero(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        struct draws r = {.seed = seed};
        struct aw_layer layer = {.op = AW_OP_ZERO,
                                 .act = (uint8_t)(seed % AW_ACT_COUNT),
                                 .in1 = AW_NO_TENSOR,
                                 .out = 1,
                                 .mid_pos = (int8_t)((int)draw(&r, 0, 40) - 16)};
        struct aw_tensor in = {.shape = {.h = (uint16_t)draw(&r, 1, 9),
                                         .w = (uint16_t)draw(&r, 1, 9),
                                         .c = (uint16_t)draw(&r, 1, 40)},
                               .pos = (int8_t)((int)draw(&r, 0, 40) - 16)};
        struct aw_tensor out = {.shape = {.h = (uint16_t)draw(&r, 1, 9),
                                          .w = (uint16_t)draw(&r, 1, 9),
                                          .c = (uint16_t)draw(&r, 1, 40)},
                                .pos = layer.mid_pos};
        struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
        assert_int_equal(plan.shift, 0);
        assert_int_equal(plan.weight_count + plan.bias_count, 0);
        struct op_data d = make_data(&plan, seed);
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        for (uint32_t i = 0; i < plan.out_bytes; i++)
            assert_element(&plan, i, d.out[i], 0);
        free_data(&d);
    }
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = {.op = AW_OP_ZERO, .in1 = AW_NO_TENSOR, .out = 1, .mid_pos = 4};
    struct aw_tensor in = {.shape = {.h = 4, .w = 4, .c = 6}, .pos = 4};
    struct aw_tensor out = {.shape = {.h = 2, .w = 2, .c = 9}, .pos = 4};
    (void)plan_or_fail(&layer, &in, NULL, &out);
    assert_refused(&layer, &in, &in, &out, "number of inputs does not fit the op");
    layer.stride_h = 2;
    assert_refused(&layer, &in, NULL, &out, "attributes of another op are not 0");
    layer.stride_h = 0;
    out.shape.h = 0;
    assert_refused(&layer, &in, NULL, &out, "shape of a tensor is empty or over 4 GiB");
    out.shape = (struct aw_shape){.h = 65535, .w = 65535, .c = 2};
    assert_refused(&layer, &in, NULL, &out, "shape of a tensor is empty or over 4 GiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_zero),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

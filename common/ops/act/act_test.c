#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_layer layer_of(uint8_t act, int mid_pos)
{
    return (struct aw_layer){
        .op = AW_OP_ACT, .act = act, .in1 = AW_NO_TENSOR, .out = 1, .mid_pos = (int8_t)mid_pos};
}

static struct aw_tensor tensor_of(int pos)
{
    return (struct aw_tensor){.shape = {.h = 4, .w = 8, .c = 8}, .pos = (int8_t)pos};
}

/* All 256 values, every pair of positions that fits, clamps and tables. */
static void equals_definition(void **state)
{
    (void)state;
    for (int in_pos = AW_POS_MIN; in_pos <= AW_POS_MAX; in_pos++)
        for (int mid = AW_POS_MIN; mid <= AW_POS_MAX; mid++)
            for (uint8_t act = 0; act <= AW_ACT_H_SIGMOID; act++) {
                struct aw_layer layer = layer_of(act, mid);
                struct aw_tensor in = tensor_of(in_pos);
                struct aw_tensor out = tensor_of(aw_act_is_table(act) ? 7 : mid);
                if (in_pos - mid < -8 || in_pos - mid > 31) {
                    assert_refused(&layer, &in, NULL, &out,
                                   "shift between positions outside -8..31");
                    continue;
                }
                struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
                assert_int_equal(plan.table, aw_act_is_table(act));
                int8_t values[256], result[256];
                for (int q = 0; q < 256; q++)
                    values[q] = (int8_t)(q - 128);
                struct aw_buffers b = {.in0 = values, .out = result};
                aw_op_find(AW_OP_ACT)->run(&plan, &b);
                for (uint32_t i = 0; i < 256; i++)
                    assert_element(&plan, i, result[i],
                                   finish_shift_exactly(&plan, values[i], in_pos - mid));
                int32_t wide[256];
                struct aw_buffers w = {.in0 = values, .wide = wide};
                aw_op_find(AW_OP_ACT)->run(&plan, &w);
                for (uint32_t i = 0; i < 256; i++)
                    assert_int_equal(wide[i], values[i]);
                b.out = values;
                aw_op_find(AW_OP_ACT)->run(&plan, &b);
                assert_memory_equal(values, result, sizeof values);
            }
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_RELU, 4);
    struct aw_tensor in = tensor_of(4), out = tensor_of(4);
    (void)plan_or_fail(&layer, &in, NULL, &out);
    layer.kernel_h = 1;
    assert_refused(&layer, &in, NULL, &out, "attributes of another op are not 0");
    layer.kernel_h = 0;
    out.shape.h = 8;
    out.shape.w = 4;
    assert_refused(&layer, &in, NULL, &out, "shape of the output is not what the op makes");
    out.shape.h = 0;
    assert_refused(&layer, &in, NULL, &out, "shape of a tensor is empty or over 4 GiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_layer layer_of(uint8_t act, int mid_pos)
{
    return (struct aw_layer){
        .op = AW_OP_MUL, .act = act, .in1 = 1, .out = 2, .mid_pos = (int8_t)mid_pos};
}

static struct aw_tensor tensor_of(uint16_t h, uint16_t w, uint16_t c, int pos)
{
    return (struct aw_tensor){.shape = {.h = h, .w = w, .c = c}, .pos = (int8_t)pos};
}

/* All 65536 pairs: 256 channels with all factors, 256 pixels with all values. */
static void equals_definition_for_all_pairs(void **state)
{
    (void)state;
    static const struct {
        int p0, p1, mid;
        uint8_t act;
    } rows[] = {{4, 7, 4, 0}, {4, 7, 3, 1},    {4, 7, 5, 2},    {0, 0, 0, 0},
                {0, 0, 8, 0}, {24, 24, 17, 0}, {-16, 24, 4, 0}, {-4, -4, -16, 0}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct aw_layer layer = layer_of(rows[r].act, rows[r].mid);
        struct aw_tensor in0 = tensor_of(16, 16, 256, rows[r].p0);
        struct aw_tensor in1 = tensor_of(1, 1, 256, rows[r].p1);
        struct aw_tensor out = tensor_of(16, 16, 256, rows[r].mid);
        struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
        struct op_data d = make_data(&plan, 1);
        for (uint32_t i = 0; i < 65536; i++) {
            d.in0[i] = (int8_t)(int)(i / 256 - 128);
            d.in1[i % 256] = (int8_t)(int)(i % 256 - 128);
        }
        run_op(&plan, &d);
        assert_wide_agrees(&plan, &d);
        for (uint32_t i = 0; i < 65536; i++)
            assert_element(&plan, i, d.out[i],
                           finish_shift_exactly(&plan, d.in0[i] * d.in1[i % 256],
                                                rows[r].p0 + rows[r].p1 - rows[r].mid));
        free_data(&d);
    }
}

static void works_in_place(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 3);
    struct aw_tensor in0 = tensor_of(3, 5, 7, 5), in1 = tensor_of(1, 1, 7, 7);
    struct aw_tensor out = tensor_of(3, 5, 7, 3);
    struct aw_plan plan = plan_or_fail(&layer, &in0, &in1, &out);
    struct op_data d = make_data(&plan, 2);
    run_op(&plan, &d);
    struct aw_buffers b = buffers_of(&plan, &d);
    b.out = d.in0;
    aw_op_find(AW_OP_MUL)->run(&plan, &b);
    assert_memory_equal(d.in0, d.out, plan.out_bytes);
    free_data(&d);
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 4);
    struct aw_tensor in0 = tensor_of(3, 5, 7, 4), out = in0;
    static const struct aw_shape wrong[] = {
        {.h = 3, .w = 1, .c = 7}, {.h = 1, .w = 5, .c = 7}, {.h = 1, .w = 1, .c = 8}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct aw_tensor in1 = {.shape = wrong[i], .pos = 4};
        assert_refused(&layer, &in0, &in1, &out, "attributes do not fit the shape of the inputs");
    }
    struct aw_tensor in1 = tensor_of(1, 1, 7, 4);
    (void)plan_or_fail(&layer, &in0, &in1, &out);
    layer.groups = 1;
    assert_refused(&layer, &in0, &in1, &out, "attributes of another op are not 0");
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

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/rng.h"
#include "aw/seeded.h"

static struct aw_plan plan_of(uint8_t op, uint16_t in_ch, uint16_t out_ch, uint8_t kernel)
{
    struct aw_layer layer = {.op = op,
                             .stride_h = 1,
                             .stride_w = 1,
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .dilation_h = 1,
                             .dilation_w = 1,
                             .groups = op == AW_OP_DWCONV2D ? in_ch : 1,
                             .w_pos = 7,
                             .mid_pos = 4,
                             .bias_bits = 9,
                             .seed = 1,
                             .in0 = 0,
                             .in1 = AW_NO_TENSOR,
                             .out = 1,
                             .weights_offset = AW_NO_OFFSET,
                             .table_offset = AW_NO_OFFSET};
    struct aw_tensor in = {.shape = {9, 9, in_ch}, .pos = 6};
    struct aw_tensor out = {.shape = {(uint16_t)(10 - kernel), (uint16_t)(10 - kernel), out_ch},
                            .pos = 4};
    struct aw_plan plan;
    const char *why = NULL;
    if (aw_layer_plan(&layer, &in, NULL, &out, &plan, &why))
        fail_msg("%s", why);
    return plan;
}

/* Values from an independent implementation of seeded.h's text (Python integers). */
static void known_values(void **state)
{
    (void)state;
    static const int8_t filter[8] = {-76, 37, 75, 78, 104, -10, -99, -109};
    static const int8_t first[8] = {-73, 40, 78, 81, 107, -7, -96, -106};
    static const int8_t blur[8] = {2, 73, 96, 98, 114, 43, -12, -19};
    int8_t found[16];
    struct aw_plan plan = plan_of(AW_OP_CONV2D, 8, 2, 1);
    aw_seeded_weights(&plan, found);
    assert_memory_equal(found, filter, sizeof filter);
    plan = plan_of(AW_OP_CONV2D, 4, 4, 1);
    aw_seeded_weights(&plan, found);
    assert_memory_equal(found, first, sizeof first);
    plan = plan_of(AW_OP_DWCONV2D, 16, 16, 1);
    aw_seeded_weights(&plan, found);
    assert_memory_equal(found, blur, sizeof blur);
}

static void rules_hold(void **state)
{
    (void)state;
    static int8_t weights[64 * 9 * 32];
    struct aw_plan plan = plan_of(AW_OP_CONV2D, 64, 32, 3);
    assert_int_equal(plan.weight_count, sizeof weights);
    aw_seeded_weights(&plan, weights);
    for (size_t at = 0; at < sizeof weights; at += 64 * 9) {
        int32_t sum = 0;
        for (size_t i = at; i < at + 64 * 9; i++) {
            assert_true(weights[i] >= -127);
            sum += weights[i];
        }
        /* Half of a unit for each weight, and what saturated. */
        assert_in_range(sum + 64 * 9, 0, 2 * 64 * 9);
    }
    plan = plan_of(AW_OP_DWCONV2D, 64, 64, 5);
    aw_seeded_weights(&plan, weights);
    uint32_t negative = 0;
    for (uint32_t i = 0; i < plan.weight_count; i++) {
        assert_true(weights[i] >= -32);
        negative += weights[i] < 0;
    }
    assert_in_range(negative, plan.weight_count / 8, plan.weight_count / 4);
}

static void biases_lift_before_activations(void **state)
{
    (void)state;
    struct aw_plan plan = plan_of(AW_OP_CONV2D, 8, 8, 1);
    int32_t drawn[8], found[8];
    aw_rng_bias(1, 9, 8, drawn);
    aw_seeded_bias(&plan.layer, 8, found);
    assert_memory_equal(found, drawn, sizeof found);
    plan.layer.act = AW_ACT_RELU6;
    assert_true(aw_seeded_bias_lifts(&plan.layer));
    aw_seeded_bias(&plan.layer, 8, found);
    for (size_t i = 0; i < 8; i++) {
        assert_in_range(found[i], 0, 511);
        assert_int_equal(found[i], drawn[i] < 0 ? -1 - drawn[i] : drawn[i]);
    }
    plan.layer.op = AW_OP_DWCONV2D;
    aw_seeded_bias(&plan.layer, 8, found);
    assert_memory_equal(found, drawn, sizeof found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(rules_hold),
        cmocka_unit_test(biases_lift_before_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "aw/rng.h"
#include "program/embed.h"

static const struct shape {
    uint8_t op, kernel;
    uint16_t in_ch, out_ch, groups;
} shapes[] = {
    {AW_OP_CONV2D, 1, 5, 19, 1},     {AW_OP_CONV2D, 3, 3, 16, 1},     {AW_OP_CONV2D, 3, 8, 12, 4},
    {AW_OP_CONV2D, 1, 300, 301, 1},  {AW_OP_CONV2D, 3, 24, 25, 1},    {AW_OP_DWCONV2D, 3, 6, 6, 6},
    {AW_OP_DWCONV2D, 5, 18, 18, 18}, {AW_OP_DWCONV2D, 3, 40, 40, 40},
};

static struct aw_plan plan_of(const struct shape *shape)
{
    struct aw_plan plan;
    const struct aw_layer layer = {.op = shape->op,
                                   .in1 = AW_NO_TENSOR,
                                   .kernel_h = shape->kernel,
                                   .kernel_w = shape->kernel,
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .dilation_h = 1,
                                   .dilation_w = 1,
                                   .groups = shape->groups,
                                   .table_offset = AW_NO_OFFSET};
    const uint16_t out = (uint16_t)(9 - shape->kernel);
    const struct aw_tensor from = {.shape = {8, 8, shape->in_ch}};
    const struct aw_tensor to = {.shape = {out, out, shape->out_ch}};
    assert_int_equal(aw_layer_plan(&layer, &from, NULL, &to, &plan, NULL), AW_OK);
    return plan;
}

static void *memory(size_t bytes)
{
    void *at = aligned_alloc(16, (bytes + 31) / 16 * 16);
    assert_non_null(at);
    return at;
}

static void test_unpack(void **state)
{
    (void)state;
    for (uint8_t id = 1; id < AW_PACKING_END; id++)
        for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
            const struct aw_packing *packing = aw_packing_find(id);
            const struct aw_plan plan = plan_of(&shapes[s]);
            uint32_t packed_bytes = aw_packing_bytes(packing, &plan), changed = 0;
            int8_t *weights = memory(plan.weight_count), *packed = memory(packed_bytes);
            int8_t *found = memory(plan.weight_count);
            aw_rng_weights((uint32_t)s + 1u, plan.weight_count, weights);
            aw_packing_pack(packing, &plan, weights, packed);
            assert_int_equal(awh_unpack_weights(packing, &plan, packed, found, NULL), AW_OK);
            assert_memory_equal(found, weights, plan.weight_count);
            /* A change of what is padding, or there twice, shows; any other is another weight. */
            for (uint32_t i = 0; i < packed_bytes && plan.weight_count < 2000; i++) {
                struct awh_diag diag = {0};
                packed[i] ^= 1;
                if (awh_unpack_weights(packing, &plan, packed, found, &diag) == AW_OK)
                    changed++;
                else
                    assert_non_null(strstr(diag.text, packing->name));
                packed[i] ^= 1;
            }
            if (plan.weight_count < 2000 && packed_bytes == plan.weight_count)
                assert_int_equal(changed, plan.weight_count);
            else
                assert_true(changed <= plan.weight_count);
            free(weights);
            free(packed);
            free(found);
        }
}

static void test_given_bias(void **state)
{
    (void)state;
    static const int8_t codes[] = {0, 1, -1, 127, -128, 3};
    static const struct {
        size_t products;
        int bias_pos, sums_pos;
        int32_t bias[6];
        uint8_t bits; /* 0: refused */
    } rows[] = {
        {9, 5, 5, {0, 1, -1, 127, -128, 3}, 7},
        {9, 5, 8, {0, 8, -8, 1016, -1024, 24}, 10},
        {9, 5, 4, {0, 1, 0, 64, -64, 2}, 7},
        {9, 40, 4, {0, 0, 0, 0, 0, 0}, 1},
        {9, 0, 22, {0, 1 << 22, -(1 << 22), 127 << 22, -(1 << 29), 3 << 22}, 29},
        {100000, 0, 22, {0}, 0},
        {9, 0, 24, {0}, 0},
        {9, -10, 60, {0}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct awh_given given = {.layer = "conv_1",
                                        .bias = codes,
                                        .bias_pos = rows[i].bias_pos,
                                        .weight_count = 6 * rows[i].products};
        const int32_t *bias = NULL;
        struct awh_arena arena;
        struct awh_diag diag = {0};
        uint8_t bits = 0;
        awh_arena_init(&arena);
        enum aw_err err =
            awh_given_bias(&arena, &given, "n", 6, rows[i].sums_pos, &bias, &bits, &diag);
        assert_int_equal(err, rows[i].bits ? AW_OK : AW_ERR_RANGE);
        assert_int_equal(bits, rows[i].bits);
        if (err)
            assert_non_null(strstr(diag.text, "net n: layer conv_1: "));
        else
            assert_memory_equal(bias, rows[i].bias, sizeof(rows[i].bias));
        awh_arena_release(&arena);
    }
}

static void test_find_given(void **state)
{
    (void)state;
    static const int8_t none[1] = {0};
    const struct awh_given items[] = {{.layer = "a", .weight_count = 9},
                                      {.layer = "b", .weight_count = 9, .bias = none}};
    const struct awh_given_list list = {items, 2};
    struct awh_node node = {.conv = {.bias = true}};
    strcpy(node.name, "b");
    const struct awh_given *found = NULL;
    assert_int_equal(awh_given_find(&list, "n", &node, 9, &found, NULL), AW_OK);
    assert_ptr_equal(found, &items[1]);
    assert_int_equal(awh_given_find(&list, "n", &node, 8, &found, NULL), AW_ERR_INTERNAL);
    node.conv.bias = false;
    assert_int_equal(awh_given_find(&list, "n", &node, 9, &found, NULL), AW_ERR_INTERNAL);
    strcpy(node.name, "c");
    assert_int_equal(awh_given_find(&list, "n", &node, 9, &found, NULL), AW_ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_given_bias),
        cmocka_unit_test(test_find_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

static struct aw_layer layer_of(uint8_t act, int mid_pos)
{
    return (struct aw_layer){
        .op = AW_OP_GAP, .act = act, .in1 = AW_NO_TENSOR, .out = 1, .mid_pos = (int8_t)mid_pos};
}

static void check(uint16_t h, uint16_t w, uint16_t c, int in_pos, int mid_pos, uint8_t act,
                  uint32_t seed)
{
    struct aw_layer layer = layer_of(act, mid_pos);
    struct aw_tensor in = {.shape = {.h = h, .w = w, .c = c}, .pos = (int8_t)in_pos};
    struct aw_tensor out = {.shape = {.h = 1, .w = 1, .c = c}, .pos = (int8_t)mid_pos};
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
    assert_int_equal(plan.weight_count + plan.bias_count, 0);
    assert_true(plan.macs == 0);
    struct op_data d = make_data(&plan, seed);
    run_op(&plan, &d);
    assert_wide_agrees(&plan, &d);
    for (uint32_t o = 0; o < c; o++) {
        __int128 sum = 0, one = 1, pixels = (__int128)h * w;
        for (uint32_t i = 0; i < (uint32_t)h * w; i++)
            sum += d.in0[i * c + o];
        int shift = in_pos - mid_pos;
        int expected = shift >= 0 ? finish_exactly(&plan, sum, pixels * (one << shift))
                                  : finish_exactly(&plan, sum * (one << -shift), pixels);
        assert_element(&plan, o, d.out[o], expected);
    }
    free_data(&d);
}

static void equals_exact_mean(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 300; seed++) {
        uint16_t h = (uint16_t)(1 + aw_rng_word(seed, 0) % 9);
        uint16_t w = (uint16_t)(1 + aw_rng_word(seed, 1) % 9);
        uint16_t c = (uint16_t)(1 + aw_rng_word(seed, 2) % 40);
        int mid = 4 + (int)(aw_rng_word(seed, 3) % 10) - 2;
        check(h, w, c, 4, mid, (uint8_t)(seed % 3), seed);
    }
    check(200, 100, 3, 24, -7, AW_ACT_NONE, 1); /* shift 31 */
    check(5, 5, 3, -4, 4, AW_ACT_NONE, 1);      /* shift -8 */
}

/* A tie in the mean goes up, with one rounding: 3 ones among 8 at one bit less are 0.1875 -> 0. */
static void rounds_once(void **state)
{
    (void)state;
    static const struct {
        int8_t in[4];
        int shift, expected;
    } rows[] = {
        {{1, 1, 0, 0}, 0, 1},
        {{-1, -1, 0, 0}, 0, 0},
        {{-1, -1, -1, 0}, 0, -1},
        {{1, 0, 0, 0}, 0, 0},
        {{2, 1, 0, 0}, 1, 0},
        {{2, 2, 0, 0}, 1, 1},
        {{-2, -2, 0, 0}, 1, 0},
        {{1, 0, 0, 0}, -1, 1},
        {{-3, 0, 0, 0}, -1, -1},
        {{127, 127, 127, 127}, -1, 127},
        {{-128, -128, -128, -128}, -8, -128},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct aw_layer layer = layer_of(AW_ACT_NONE, 8 - rows[i].shift);
        struct aw_tensor in = {.shape = {.h = 2, .w = 2, .c = 1}, .pos = 8};
        struct aw_tensor out = {.shape = {.h = 1, .w = 1, .c = 1}, .pos = layer.mid_pos};
        struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
        int8_t result = 0;
        struct aw_buffers b = {.in0 = rows[i].in, .out = &result};
        aw_op_find(AW_OP_GAP)->run(&plan, &b);
        assert_int_equal(result, rows[i].expected);
    }
}

static void refuses(void **state)
{
    (void)state;
    struct aw_layer layer = layer_of(AW_ACT_NONE, 4);
    struct aw_tensor in = {.shape = {.h = 4, .w = 4, .c = 6}, .pos = 4};
    struct aw_tensor out = {.shape = {.h = 1, .w = 1, .c = 6}, .pos = 4};
    (void)plan_or_fail(&layer, &in, NULL, &out);
    out.shape.w = 2;
    assert_refused(&layer, &in, NULL, &out, "shape of the output is not what the op makes");
    out.shape.w = 1;
    layer.stride_h = 1;
    assert_refused(&layer, &in, NULL, &out, "attributes of another op are not 0");
    layer.stride_h = 0;
    layer.seed = 1;
    assert_refused(&layer, &in, NULL, &out, "attributes of another op are not 0");
    layer.seed = 0;
    in.shape = (struct aw_shape){.h = 65535, .w = 65535, .c = 1};
    out.shape.c = 1;
    assert_refused(&layer, &in, NULL, &out, "sums or shifts could leave their integer type");
    in.shape.c = 2;
    out.shape.c = 2;
    assert_refused(&layer, &in, NULL, &out, "shape of a tensor is empty or over 4 GiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_exact_mean),
        cmocka_unit_test(rounds_once),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

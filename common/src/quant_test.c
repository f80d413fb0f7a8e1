#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "aw/quant.h"
#include "aw/size.h"

static void round_shift_is_floor_of_half_more(void **state)
{
    (void)state;
    for (int shift = -20; shift <= 20; shift++)
        for (int v = -3000; v <= 3000; v++)
            assert_true((double)aw_round_shift(v, shift) == floor(ldexp(v, -shift) + 0.5));
    assert_true(aw_round_shift(INT32_MAX, 31) == 1);
    assert_true(aw_round_shift(INT32_MIN, 31) == -1);
    assert_true(aw_round_shift(-(INT64_C(1) << 30), 31) == 0);
    assert_true(aw_round_shift(-(INT64_C(1) << 30) - 1, 31) == -1);
    assert_true(aw_round_shift(-128, 62) == 0);
}

static void round_div_is_floor_of_half_more(void **state)
{
    (void)state;
    for (int d = 1; d <= 60; d++)
        for (int n = -700; n <= 700; n++) {
            int64_t q = aw_round_div(n, d);
            /* q - 1/2 <= n / d < q + 1/2, in integers. */
            assert_true(2 * q * d - d <= 2 * n && 2 * n < 2 * q * d + d);
        }
}

static void saturation(void **state)
{
    (void)state;
    for (int v = -400; v <= 400; v++)
        assert_int_equal(aw_sat8(v), v < -128 ? -128 : v > 127 ? 127 : v);
    assert_int_equal(aw_sat8(INT64_MAX), 127);
    assert_int_equal(aw_sat8(INT64_MIN), -128);
}

static void checked_sizes(void **state)
{
    (void)state;
    uint32_t out = 7;
    assert_false(aw_mul_u32(65536, 65536, &out));
    assert_false(aw_add_u32(UINT32_MAX, 1, &out));
    assert_false(aw_align16_u32(UINT32_MAX - 14, &out));
    assert_int_equal(out, 7);
    assert_true(aw_mul_u32(65535, 65537, &out));
    assert_true(out == UINT32_MAX);
    assert_true(aw_add_u32(UINT32_MAX - 1, 1, &out));
    assert_true(out == UINT32_MAX);
    assert_true(aw_align16_u32(UINT32_MAX - 15, &out));
    assert_true(out == UINT32_MAX - 15);
    assert_true(aw_align16_u32(1, &out));
    assert_int_equal(out, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_shift_is_floor_of_half_more),
        cmocka_unit_test(round_div_is_floor_of_half_more),
        cmocka_unit_test(saturation),
        cmocka_unit_test(checked_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

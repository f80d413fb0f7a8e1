#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/rng.h"

/* Values from an independent implementation of rng.h's text (Python integers). */
static void known_words(void **state)
{
    (void)state;
    static const struct {
        uint32_t seed, words[4];
    } rows[] = {
        {0, {0x0, 0x92CA2F0Eu, 0x3CD6E3F3u, 0x1B147DCCu}},
        {1, {0x514E28B7u, 0x96A0F96Bu, 0x12BC8390u, 0x971E9964u}},
        {0xDEADBEEFu, {0x0DE5C6A9u, 0xD3CE9097u, 0x62117CEDu, 0xF2C80841u}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(aw_rng_word(rows[r].seed, i), rows[r].words[i]);
}

static void known_weights_and_inputs(void **state)
{
    (void)state;
    static const int8_t seed1[10] = {-73, 40, 78, 81, 107, -7, -96, -106, -112, -125};
    static const int8_t input129[7] = {-39, 107, -123, 56, -97, -75, -128};
    static const int8_t weights129[7] = {-39, 107, -123, 56, -97, -75, -127};
    int8_t out[16];
    /* Every length, to see the tail and that nothing is written past n. */
    for (uint32_t n = 0; n <= 10; n++) {
        memset(out, 0x55, sizeof out);
        aw_rng_weights(1, n, out);
        assert_memory_equal(out, seed1, n);
        assert_int_equal(out[n], 0x55);
        memset(out, 0x55, sizeof out);
        aw_rng_input(1, n, out);
        assert_memory_equal(out, seed1, n);
        assert_int_equal(out[n], 0x55);
    }
    aw_rng_input(129, 7, out);
    assert_memory_equal(out, input129, 7);
    aw_rng_weights(129, 7, out);
    assert_memory_equal(out, weights129, 7);
}

static void known_biases(void **state)
{
    (void)state;
    static const struct {
        uint32_t seed, bits;
        int32_t values[4];
    } rows[] = {
        {0, 1, {0, 1, 0, 0}},
        {1, 12, {-2456, -3233, 1372, -2154}},
        {0xDEADBEEFu, 12, {-2223, -2728, -262, -4065}},
        {0, 30, {396394284, 543592303, 129424524, 91643185}},
        {1, 30, {-643596845, -847349498, 359781971, -564397069}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        int32_t out[4];
        aw_rng_bias(rows[r].seed, rows[r].bits, 4, out);
        assert_memory_equal(out, rows[r].values, sizeof out);
    }
}

static void ranges_are_filled(void **state)
{
    (void)state;
    static int8_t weights[65536], input[65536];
    uint32_t seen_weight[256] = {0}, seen_input[256] = {0};
    aw_rng_weights(3, sizeof weights, weights);
    aw_rng_input(3, sizeof input, input);
    for (size_t i = 0; i < sizeof weights; i++) {
        seen_weight[weights[i] + 128]++;
        seen_input[input[i] + 128]++;
    }
    assert_int_equal(seen_weight[0], 0);
    for (int v = 1; v < 256; v++)
        assert_true(seen_weight[v] > 100);
    for (int v = 0; v < 256; v++)
        assert_true(seen_input[v] > 100);
    for (uint32_t bits = 1; bits <= 30; bits++) {
        int32_t bias[1000], lo = 0, hi = 0, bound = (int32_t)(UINT32_C(1) << bits);
        aw_rng_bias(5, bits, 1000, bias);
        for (size_t i = 0; i < 1000; i++) {
            lo = bias[i] < lo ? bias[i] : lo;
            hi = bias[i] > hi ? bias[i] : hi;
        }
        assert_in_range(-lo, bound - bound / 8, bound);
        assert_in_range(hi, bound - bound / 8 - 1, bound - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words),
        cmocka_unit_test(known_weights_and_inputs),
        cmocka_unit_test(known_biases),
        cmocka_unit_test(ranges_are_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

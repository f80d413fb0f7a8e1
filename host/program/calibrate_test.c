#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "aw/rng.h"
#include "program/calibrate.h"

#define COUNT 500

static void test_overflow_rows(void **state)
{
    (void)state;
    static const struct {
        double min, max;
        int pos;
    } rows[] = {
        {0, 127.5, 0}, {0, 127.4, 0}, {0, 127.6, -1}, {0, 63.75, 1},    {0, 63.76, 0},
        {0, 6, 4},     {0, 1, 6},     {-1, 0, 7},     {-128.5, 1, 0},   {-128.6, 1, -1},
        {-1, 0.99, 7}, {-1, 1, 6},    {0, 1e-6, 26},  {-1e6, 1e6, -13}, {-64.25, 63, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (awh_pos_overflow(rows[i].min, rows[i].max) != rows[i].pos)
            fail_msg("[%g, %g]: %d, not %d", rows[i].min, rows[i].max,
                     awh_pos_overflow(rows[i].min, rows[i].max), rows[i].pos);
}

/* At the position nothing saturates; at the next one something does. */
static void test_overflow_is_the_largest(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        double min = -ldexp(aw_rng_word(1, 2 * i), (int)(aw_rng_word(2, i) % 40) - 50);
        double max = ldexp(aw_rng_word(1, 2 * i + 1), (int)(aw_rng_word(3, i) % 40) - 50);
        int pos = awh_pos_overflow(min, max);
        if (ldexp(min, pos) < -128.5 || ldexp(max, pos) > 127.5)
            fail_msg("%u: [%g, %g] saturates at %d", i, min, max, pos);
        if (ldexp(min, pos + 1) >= -128.5 && ldexp(max, pos + 1) <= 127.5)
            fail_msg("%u: [%g, %g] still fits %d", i, min, max, pos + 1);
    }
}

/* Bell-shaped values of random scale, now and then with an outlier, or of one sign. */
static void draw(uint32_t seed, int32_t values[COUNT])
{
    int scale = (int)(aw_rng_word(seed, 0) % 18);
    bool outlier = aw_rng_word(seed, 1) % 3 == 0, positive = aw_rng_word(seed, 2) % 4 == 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t word = aw_rng_word(seed, i + 10);
        int32_t sum =
            (int32_t)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24));
        values[i] = (sum - 510) * (INT32_C(1) << scale) + (int32_t)(word % 7);
        if (positive && values[i] < 0)
            values[i] = -values[i];
    }
    if (outlier)
        values[COUNT / 2] *= 4;
}

static double clamp_act(uint8_t act, double x)
{
    if (act == AW_ACT_NONE)
        return x;
    if (act == AW_ACT_HARDTANH)
        return x < -1 ? -1 : x > 1 ? 1 : x;
    x = x < 0 ? 0 : x;
    return act == AW_ACT_RELU6 && x > 6 ? 6 : x;
}

/* The rule in doubles and from the definition. */
static int brute_force(const struct awh_wide *wide, uint8_t act, struct awh_pos_range range)
{
    double x[COUNT], min = INFINITY, max = -INFINITY, least = INFINITY;
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = clamp_act(act, wide->values[i] / pow(2, wide->pos) / wide->divisor);
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    int first = (int)floor(log2(1 / fmax(min / -128.5, max / 127.5)) + 1e-12), best = -1000;
    for (int pos = first; pos < first + 5; pos++) {
        double error = 0;
        if (pos < range.min || pos > range.max)
            continue;
        for (size_t i = 0; i < COUNT; i++) {
            double raw = wide->values[i] / pow(2, wide->pos) / wide->divisor;
            double q = floor(raw * pow(2, pos) + 0.5);
            q = q < -128 ? -128 : q > 127 ? 127 : q;
            if ((act == AW_ACT_RELU || act == AW_ACT_RELU6) && q < 0)
                q = 0;
            if (act == AW_ACT_HARDTANH) {
                double one = pow(2, pos);
                q = q > one ? floor(one + 0.5) : q < -one ? floor(-one + 0.5) : q;
            }
            if (act == AW_ACT_RELU6 && q > 6 * pow(2, pos))
                q = floor(6 * pow(2, pos) + 0.5);
            error += pow(q / pow(2, pos) - x[i], 2);
        }
        if (error < least * (1 - 1e-12)) {
            least = error;
            best = pos;
        }
    }
    if (best == -1000)
        best = first < range.min ? range.min : range.max;
    return best;
}

static void test_choice_is_brute_force(void **state)
{
    (void)state;
    static const uint8_t acts[] = {AW_ACT_NONE, AW_ACT_RELU, AW_ACT_RELU6, AW_ACT_HARDTANH};
    unsigned beyond_overflow = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        int32_t values[COUNT];
        draw(seed, values);
        struct awh_wide wide = {.values = values,
                                .count = COUNT,
                                .pos = (int)(aw_rng_word(seed, 3) % 24),
                                .divisor = seed % 5 == 0 ? 49 : 1};
        uint8_t act = acts[aw_rng_word(seed, 4) % 4];
        struct awh_pos_range range = awh_pos_range_of(wide.pos);
        int expected = brute_force(&wide, act, range), found = awh_pos_choose(&wide, act, range);
        if (found != expected)
            fail_msg("seed %u: %d, not %d", seed, found, expected);
        struct awh_pos_range wide_open = {.min = -40, .max = 40};
        int8_t out[COUNT];
        beyond_overflow += awh_pos_choose(&wide, act, wide_open) == found &&
                           awh_wide_finish(&wide, act, found, out) > 0;
    }
    /* The search must matter: some choices saturate outliers. */
    assert_true(beyond_overflow > 10);
}

static void test_range(void **state)
{
    (void)state;
    struct awh_pos_range range = awh_pos_range_of(13);
    assert_int_equal(range.min, -16);
    assert_int_equal(range.max, 21);
    range = awh_pos_range_of(37);
    assert_int_equal(range.min, 6);
    assert_int_equal(range.max, 24);
    const int32_t zeros[4] = {0}, tiny[4] = {1, -1, 1, 0}, negative[4] = {-5, -9, -1, -2};
    struct awh_wide wide = {.values = zeros, .count = 4, .pos = 13, .divisor = 1};
    assert_int_equal(awh_pos_choose(&wide, AW_ACT_NONE, awh_pos_range_of(13)), 7);
    wide.pos = 45;
    assert_int_equal(awh_pos_choose(&wide, AW_ACT_NONE, awh_pos_range_of(45)), 14);
    wide.values = tiny; /* 2^-45: wants position 51 */
    assert_int_equal(awh_pos_choose(&wide, AW_ACT_NONE, awh_pos_range_of(45)), 24);
    wide.values = negative; /* all 0 after the clamp */
    wide.pos = 13;
    assert_int_equal(awh_pos_choose(&wide, AW_ACT_RELU, awh_pos_range_of(13)), 7);
}

static void test_tables(void **state)
{
    (void)state;
    int8_t table[256];
    assert_int_equal(awh_act_table(AW_ACT_SIGMOID, 4, 7, table), AW_OK);
    assert_int_equal(table[128], 64);      /* sigmoid(0) */
    assert_int_equal(table[128 + 16], 94); /* sigmoid(1) * 128 = 93.57 */
    assert_int_equal(table[128 - 16], 34); /* sigmoid(-1) * 128 = 34.42 */
    assert_int_equal(table[255], 127);     /* 127.95 is cut off */
    assert_int_equal(table[0], 0);
    assert_int_equal(awh_act_table(AW_ACT_TANH, 5, 7, table), AW_OK);
    assert_int_equal(table[128], 0);
    assert_int_equal(table[128 + 32], 97); /* tanh(1) * 128 = 97.48 */
    assert_int_equal(table[128 - 32], -97);
    assert_int_equal(table[0], -128); /* -127.91 */
    /* Those of the target are the target's own. */
    int8_t own[256];
    assert_int_equal(awh_act_table(AW_ACT_H_SWISH, 5, 5, table), AW_OK);
    assert_int_equal(aw_act_table(AW_ACT_H_SWISH, 5, 5, own), AW_OK);
    assert_memory_equal(table, own, 256);
}

/* The table's position against a search over all positions that could be meant. */
static void test_table_position(void **state)
{
    (void)state;
    static const uint8_t acts[] = {AW_ACT_H_SWISH, AW_ACT_H_SIGMOID, AW_ACT_SIGMOID, AW_ACT_TANH};
    for (uint32_t seed = 0; seed < 200; seed++) {
        size_t histogram[256] = {0};
        uint8_t act = acts[seed % 4];
        int in_pos = (int)(aw_rng_word(seed, 0) % 8), pos;
        for (uint32_t i = 1; i < 300; i++) {
            uint32_t word = aw_rng_word(seed, i);
            histogram[(word & 127) + (word >> 8 & 127)]++;
        }
        assert_int_equal(awh_pos_choose_table(histogram, act, in_pos, &pos), AW_OK);
        double errors[16];
        for (int p = 0; p < 16; p++) {
            errors[p] = 0;
            for (int i = 0; i < 256; i++) {
                double y = awh_act_value(act, (i - 128) / pow(2, in_pos));
                double q = floor(y * pow(2, p) + 0.5);
                q = q < -128 ? -128 : q > 127 ? 127 : q;
                errors[p] += (double)histogram[i] * pow(q / pow(2, p) - y, 2);
            }
        }
        assert_in_range(pos, 0, 15);
        for (int p = 0; p < 16; p++)
            if (errors[p] < errors[pos] * (1 - 1e-9))
                fail_msg("seed %u: position %d has error %g, %d has %g", seed, pos, errors[pos], p,
                         errors[p]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overflow_rows),
        cmocka_unit_test(test_overflow_is_the_largest),
        cmocka_unit_test(test_choice_is_brute_force),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_table_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

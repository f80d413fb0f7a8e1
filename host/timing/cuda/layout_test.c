#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "timing/cuda/internal.h"

/* The compiler's own halves are the judge. */
static void check_half(float value)
{
    _Float16 expected = (_Float16)value;
    uint16_t bits;
    memcpy(&bits, &expected, sizeof(bits));
    uint16_t found = awh_half_of(value);
    if (isnan(value) ? (found & 0x7FFF) <= 0x7C00 : found != bits)
        fail_msg("%a: %04x; expected %04x", (double)value, found, bits);
}

static void every_half_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= 0xFFFF; bits++) {
        _Float16 half;
        uint16_t low = (uint16_t)bits;
        memcpy(&half, &low, sizeof(half));
        float value = awh_half_value(low);
        if (isnan((float)half)) {
            assert_true(isnan(value));
            continue;
        }
        if (memcmp(&value, &(float){(float)half}, sizeof(value)) != 0)
            fail_msg("%04x: %a; expected %a", bits, (double)value, (double)(float)half);
        assert_int_equal(awh_half_of(value), low);
    }
}

static void floats_round_to_the_nearest_half(void **state)
{
    (void)state;
    static const float values[] = {0.0f,     -0.0f,    65504.0f,  65519.99f,   65520.0f,
                                   1e30f,    INFINITY, -INFINITY, NAN,         0x1p-14f,
                                   0x1p-15f, 0x1p-24f, 0x1p-25f,  0x1.8p-25f,  1e-30f,
                                   2049.0f,  2051.0f,  -2049.0f,  0x1.ffep-15f};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        check_half(values[i]);
    for (uint32_t i = 0; i < 2000000; i++) {
        uint32_t bits = i * 2654435761u; /* all over the floats */
        float value;
        memcpy(&value, &bits, sizeof(value));
        check_half(value);
        bits = (bits & 0x80FFFFFFu) | 0x38000000u; /* and where halves are */
        memcpy(&value, &bits, sizeof(value));
        check_half(value);
    }
}

static void values_find_their_places(void **state)
{
    (void)state;
    const struct awh_graph_tensor shape = {.h = 1, .w = 2, .c = 3};
    const struct awh_cuda nchw = {.nhwc = false}, nhwc = {.nhwc = true, .half = true};
    const float values[6] = {1, 2, 3, 4, 5, 6}; /* pixels of three channels */
    static const float planes[6] = {1, 4, 2, 5, 3, 6};
    float out[6], back[6];
    uint16_t halves[6];
    awh_cuda_pack(&nchw, &shape, values, out);
    assert_memory_equal(out, planes, sizeof(planes));
    awh_cuda_unpack(&nchw, &shape, out, back);
    assert_memory_equal(back, values, sizeof(values));
    awh_cuda_pack(&nhwc, &shape, values, halves);
    assert_int_equal(halves[1], 0x4000); /* 2.0 is still second */
    awh_cuda_unpack(&nhwc, &shape, halves, back);
    assert_memory_equal(back, values, sizeof(values));
    /* Two filters of three channels, 1 x 2. */
    const struct awh_conv conv = {.out_ch = 2, .kernel_h = 1, .kernel_w = 2, .groups = 1};
    const float weights[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const float krsc[12] = {1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12};
    const struct awh_cuda float_nhwc = {.nhwc = true};
    float packed[12];
    awh_cuda_pack_weights(&nchw, &conv, 3, weights, packed);
    assert_memory_equal(packed, weights, sizeof(weights));
    awh_cuda_pack_weights(&float_nhwc, &conv, 3, weights, packed);
    assert_memory_equal(packed, krsc, sizeof(krsc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_goes_there_and_back),
        cmocka_unit_test(floats_round_to_the_nearest_half),
        cmocka_unit_test(values_find_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

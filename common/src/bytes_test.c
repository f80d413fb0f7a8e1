#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/bytes.h"

static void writes_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[32];
    memset(bytes, 0xEE, sizeof bytes);
    struct aw_writer w = {.bytes = bytes, .capacity = sizeof bytes};
    aw_write_u8(&w, 0x01);
    aw_write_u16le(&w, 0x0302);
    aw_write_align(&w, 4);
    aw_write_align(&w, 4);
    aw_write_u32le(&w, 0x07060504u);
    aw_write_u64le(&w, UINT64_C(0x0F0E0D0C0B0A0908));
    aw_write_bytes(&w, "ab", 2);
    const uint8_t expected[] = {1,  2,  3,  0,  4,  5,  6,   7,   8,   9,
                                10, 11, 12, 13, 14, 15, 'a', 'b', 0xEE};
    assert_false(w.bad);
    assert_int_equal(w.at, 18);
    assert_memory_equal(bytes, expected, sizeof expected);

    struct aw_reader r = {.bytes = bytes, .size = 18};
    assert_int_equal(aw_read_u8(&r), 1);
    assert_int_equal(aw_read_u16le(&r), 0x0302);
    assert_int_equal(aw_read_u8(&r), 0);
    assert_int_equal(aw_read_u32le(&r), 0x07060504u);
    assert_true(aw_read_u64le(&r) == UINT64_C(0x0F0E0D0C0B0A0908));
    assert_int_equal(aw_read_u16le(&r), 'a' | 'b' << 8);
    assert_false(r.bad);
}

/* Capacities and sizes from nothing to one more than needed: each overrun is latched, nothing is
 * touched outside, and `at` of the writer tells the size needed. */
static void latches_overruns_at_every_size(void **state)
{
    (void)state;
    for (uint32_t size = 0; size <= 24; size++) {
        uint8_t bytes[32];
        memset(bytes, 0xEE, sizeof bytes);
        struct aw_writer w = {.bytes = bytes, .capacity = size};
        aw_write_u64le(&w, UINT64_MAX);
        aw_write_u8(&w, 0xFF);
        aw_write_align(&w, 8);
        aw_write_u32le(&w, UINT32_MAX);
        aw_write_bytes(&w, "xyz", 3);
        assert_int_equal(w.bad, size < 23);
        assert_int_equal(w.at, 23);
        for (uint32_t i = size; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], 0xEE);

        struct aw_reader r = {.bytes = bytes, .size = size};
        (void)aw_read_u64le(&r);
        (void)aw_read_u64le(&r);
        uint32_t third = aw_read_u32le(&r);
        assert_int_equal(r.bad, size < 20);
        if (r.bad) {
            assert_int_equal(third, 0);
            assert_int_equal(aw_read_u8(&r), 0);
        }
    }
}

static void size_saturates(void **state)
{
    (void)state;
    struct aw_writer w = {.bytes = NULL, .capacity = 0, .at = UINT32_MAX - 2};
    aw_write_u32le(&w, 0);
    assert_true(w.bad);
    assert_true(w.at == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_little_endian),
        cmocka_unit_test(latches_overruns_at_every_size),
        cmocka_unit_test(size_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

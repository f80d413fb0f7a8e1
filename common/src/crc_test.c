#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/crc.h"
#include "aw/rng.h"

/* Bit by bit from the definition. */
static uint32_t slow_crc(uint32_t crc, const uint8_t *p, uint32_t n)
{
    crc = ~crc;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int b = 0; b < 8; b++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static void known_values(void **state)
{
    (void)state;
    assert_int_equal(aw_crc32(0, "", 0), 0);
    assert_int_equal(aw_crc32(0, "123456789", 9), 0xCBF43926u);
    assert_int_equal(aw_crc32(0, "\0\0\0\0", 4), 0x2144DF1Cu);
    assert_int_equal(aw_crc32(0, "The quick brown fox jumps over the lazy dog", 43), 0x414FA339u);
}

static void equals_definition_at_every_length_and_split(void **state)
{
    (void)state;
    uint8_t bytes[300];
    aw_rng_input(7, sizeof bytes, (int8_t *)bytes);
    for (uint32_t start = 0; start < 8; start++)
        for (uint32_t n = 0; n <= sizeof bytes - start; n++)
            assert_int_equal(aw_crc32(0, bytes + start, n), slow_crc(0, bytes + start, n));
    uint32_t whole = aw_crc32(0, bytes, sizeof bytes);
    for (uint32_t n = 0; n <= sizeof bytes; n++) {
        uint32_t first = aw_crc32(0, bytes, n);
        assert_int_equal(aw_crc32(first, bytes + n, (uint32_t)sizeof bytes - n), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(equals_definition_at_every_length_and_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

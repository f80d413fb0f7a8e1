#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/inet_sum.h"
#include "aw/rng.h"

/* Word by word from RFC 1071, in the machine's order of bytes. */
static uint16_t slow_sum(const uint8_t *bytes, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i += 2) {
        uint8_t two[2] = {bytes[i], i + 1 < n ? bytes[i + 1] : 0};
        uint16_t word;
        memcpy(&word, two, 2);
        sum += word;
    }
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)sum;
}

/* The example of RFC 1071, section 3. */
static void known_value(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    static const uint8_t expected[] = {0xdd, 0xf2};
    uint16_t sum = aw_inet_sum(bytes, sizeof bytes);
    assert_memory_equal(&sum, expected, 2);
    assert_int_equal(aw_inet_sum(bytes, 0), 0);
}

static void equals_definition_at_every_place_and_length(void **state)
{
    (void)state;
    _Alignas(8) uint8_t bytes[400];
    /* Random, all ones (every addition carries), one bit, nothing. */
    for (uint32_t kind = 0; kind < 4; kind++) {
        aw_rng_input(3, sizeof bytes, (int8_t *)bytes);
        if (kind > 0)
            memset(bytes, kind == 1 ? 0xff : 0, sizeof bytes);
        if (kind == 2)
            bytes[123] = 0x80;
        for (uint32_t start = 0; start < 16; start++)
            for (uint32_t n = 0; n <= sizeof bytes - start; n++)
                assert_int_equal(aw_inet_sum(bytes + start, n), slow_sum(bytes + start, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_value),
        cmocka_unit_test(equals_definition_at_every_place_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

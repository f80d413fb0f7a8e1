#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/siphash.h"

/* The authors' vectors: key 00, 01, .. 0f, message 00, 01, .. of each length. */
static void vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        uint64_t mac;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31u},  {1, 0x74f839c593dc67fdu},  {7, 0xab0200f58b01d137u},
        {8, 0x93f5f5799a932462u},  {15, 0xa129ca6149be45e5u}, {16, 0x3f2acc7f57c29bdbu},
        {63, 0x958a324ceb064572u},
    };
    uint8_t key[AW_SIPHASH_KEY_BYTES], message[64];
    for (uint8_t i = 0; i < sizeof key; i++)
        key[i] = i;
    for (uint8_t i = 0; i < sizeof message; i++)
        message[i] = i;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%u bytes\n", rows[i].n);
        assert_true(aw_siphash(key, message, rows[i].n) == rows[i].mac);
    }
}

static void every_bit_counts(void **state)
{
    (void)state;
    uint8_t key[AW_SIPHASH_KEY_BYTES] = {0}, message[19] = {0};
    uint64_t mac = aw_siphash(key, message, sizeof message);
    for (unsigned bit = 0; bit < 8 * sizeof message; bit++) {
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(aw_siphash(key, message, sizeof message) != mac);
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(aw_siphash(key, message, sizeof message) != mac);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(aw_siphash(key, message, sizeof message - 1) != mac);
}

static void key_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"000102030405060708090a0b0c0d0e0f", true},
        {" 000102030405060708090A0B0C0D0E0F\r\n", true},
        {"000102030405060708090a0b0c0d0e0", false},
        {"000102030405060708090a0b0c0d0e0f0", false},
        {"000102030405060708090a0b0c0d0e0g", false},
        {"00010203 0405060708090a0b0c0d0e0f", false},
        {"", false},
        {"\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[AW_SIPHASH_KEY_BYTES];
        memset(bytes, 0xa5, sizeof bytes);
        assert_int_equal(aw_siphash_key(rows[i].text, (uint32_t)strlen(rows[i].text), bytes),
                         rows[i].good);
        for (uint8_t b = 0; b < sizeof bytes; b++)
            assert_int_equal(bytes[b], rows[i].good ? b : 0xa5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(key_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

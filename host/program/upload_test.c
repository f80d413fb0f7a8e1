#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aw/crc.h"
#include "fakes/small_net.h"
#include "program/upload.h"

static const struct row {
    uint8_t weights_mode;
    const char *kernel_set;
    uint8_t packing; /* of the upload */
} rows[] = {
    {AW_WEIGHTS_SEEDED, "neon-a64", 0},
    {AW_WEIGHTS_SEEDED, "ref", 0},
    {AW_WEIGHTS_EMBEDDED, "ref", 0},
    {AW_WEIGHTS_EMBEDDED, "made of cheese", 0},
    {AW_WEIGHTS_EMBEDDED, "", 0},
    {AW_WEIGHTS_EMBEDDED, "neon-a64", AW_PACKING_neon_a64},
    {AW_WEIGHTS_EMBEDDED, "neon-a32", AW_PACKING_neon_a32},
};

static void packs_embedded_weights_for_the_board(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        _Alignas(16) uint8_t own[SMALL_NET_BYTES];
        const uint8_t *bytes = NULL;
        uint32_t own_size, size = 0;
        struct aw_program program, packed;
        struct awh_arena arena;
        awh_arena_init(&arena);
        assert_int_equal(small_net_make(7, rows[i].weights_mode, own, &own_size, &program), AW_OK);
        assert_int_equal(
            awh_upload_bytes(&arena, &program, rows[i].kernel_set, "net", &bytes, &size, NULL),
            AW_OK);
        assert_int_equal(bytes[7], rows[i].packing);
        assert_int_equal(bytes == own, rows[i].packing == 0);
        const struct aw_program_limits limits = {.packing = aw_packing_find(rows[i].packing)};
        assert_int_equal(aw_program_open(bytes, size, &limits, &packed, NULL), AW_OK);
        assert_int_equal(packed.layer_count, program.layer_count);
        awh_arena_release(&arena);
    }
}

/* A program that is packed already goes as it is, or not at all. */
static void refuses_the_packing_of_others(void **state)
{
    (void)state;
    _Alignas(16) uint8_t own[SMALL_NET_BYTES];
    const uint8_t *packed_bytes = NULL, *bytes = NULL;
    uint32_t own_size, packed_size = 0, size = 0;
    struct aw_program program, packed;
    struct awh_arena arena;
    struct awh_diag diag = {0};
    awh_arena_init(&arena);
    assert_int_equal(small_net_make(7, AW_WEIGHTS_EMBEDDED, own, &own_size, &program), AW_OK);
    assert_int_equal(
        awh_upload_bytes(&arena, &program, "dsp", "net", &packed_bytes, &packed_size, NULL), AW_OK);
    assert_int_equal(awh_upload_size(&program, "dsp", "net", &size, NULL), AW_OK);
    assert_int_equal(size, packed_size);
    const struct aw_program_limits limits = {.packing = &aw_packing_dsp};
    assert_int_equal(aw_program_open(packed_bytes, packed_size, &limits, &packed, NULL), AW_OK);
    assert_int_equal(awh_upload_bytes(&arena, &packed, "dsp", "net", &bytes, &size, NULL), AW_OK);
    assert_ptr_equal(bytes, packed_bytes);
    assert_int_equal(size, packed_size);
    assert_int_equal(awh_upload_bytes(&arena, &packed, "mve", "net", &bytes, &size, &diag),
                     AW_ERR_MISMATCH);
    assert_string_equal(diag.text, "net: its weights are packed for kernel set dsp, the board's is "
                                   "mve; compile with packing: mve");
    diag = (struct awh_diag){0};
    assert_int_equal(awh_upload_size(&packed, "ref", "net", &size, &diag), AW_ERR_MISMATCH);
    assert_non_null(strstr(diag.text, "packing: canonical"));
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_embedded_weights_for_the_board),
                                       cmocka_unit_test(refuses_the_packing_of_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

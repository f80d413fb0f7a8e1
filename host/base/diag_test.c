#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"

static void first_failure_wins(void **state)
{
    (void)state;
    struct awh_diag diag = {0};
    assert_int_equal(awh_fail(&diag, AW_ERR_RANGE, "%s:%d: too large", "a.yaml", 3), AW_ERR_RANGE);
    assert_int_equal(awh_fail(&diag, AW_ERR_IO, "later"), AW_ERR_IO);
    assert_int_equal(awh_fail_mem(&diag), AW_ERR_NO_MEM);
    assert_int_equal(diag.err, AW_ERR_RANGE);
    assert_string_equal(diag.text, "a.yaml:3: too large");
    assert_int_equal(awh_fail(NULL, AW_ERR_IO, "nobody listens"), AW_ERR_IO);
}

/* Names from files must not send escape codes to a terminal or break the line. */
static void messages_are_one_line(void **state)
{
    (void)state;
    struct awh_diag diag = {0};
    awh_fail(&diag, AW_ERR_FORMAT, "key '%s'", "a\nb\x1b[2J\x7f\xc3\xa9");
    assert_string_equal(diag.text, "key 'a b [2J \xc3\xa9'");
}

static void long_messages_end_in_dots(void **state)
{
    (void)state;
    char text[3000];
    for (size_t shift = 0; shift < 2; shift++) {
        struct awh_diag diag = {0};
        for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
            memcpy(text + i, "\xc3\xa9", 3);
        }
        awh_fail(&diag, AW_ERR_FORMAT, "%s%s", shift == 0 ? "" : "x", text);
        size_t n = strlen(diag.text);
        assert_true(n >= sizeof(diag.text) - 3 && n < sizeof(diag.text));
        assert_memory_equal(diag.text + n - 3, "...", 3);
        assert_memory_equal(diag.text + n - 5, "\xc3\xa9", 2); /* no half characters */
    }
}

static void keep(void *context, const char *text)
{
    snprintf(context, 64, "%s", text);
}

static void warnings_reach_the_receiver(void **state)
{
    (void)state;
    char last[64] = "";
    struct awh_diag diag = {.warn = keep, .warn_context = last};
    awh_warn(&diag, "unknown key '%s'", "x");
    awh_warn(&diag, "two\nlines");
    assert_string_equal(last, "two lines");
    assert_int_equal(diag.warnings, 2);
    assert_int_equal(diag.err, AW_OK);
}

static void warnings_go_to_stderr_otherwise(void **state)
{
    (void)state;
    int ends[2], old = dup(STDERR_FILENO);
    char text[128] = "";
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    awh_warn(NULL, "mind %d", 7);
    fflush(stderr);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "awnas-hw: warning: mind 7\n");
    close(ends[0]);
    close(ends[1]);
    close(old);
}

static void exit_codes(void **state)
{
    (void)state;
    static const enum aw_err config[] = {AW_ERR_ARG,       AW_ERR_FORMAT,      AW_ERR_RANGE,
                                         AW_ERR_NOT_FOUND, AW_ERR_UNSUPPORTED, AW_ERR_EXISTS};
    static const enum aw_err work[] = {
        AW_ERR_VERSION,  AW_ERR_CRC,   AW_ERR_TIMEOUT,  AW_ERR_IO,      AW_ERR_NO_MEM,
        AW_ERR_NO_SPACE, AW_ERR_STATE, AW_ERR_MISMATCH, AW_ERR_NUMERIC, AW_ERR_INTERNAL};
    assert_int_equal(awh_exit_code(AW_OK), 0);
    for (size_t i = 0; i < sizeof(config) / sizeof(config[0]); i++) {
        assert_int_equal(awh_exit_code(config[i]), 2);
    }
    for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
        assert_int_equal(awh_exit_code(work[i]), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_wins),
        cmocka_unit_test(messages_are_one_line),
        cmocka_unit_test(long_messages_end_in_dots),
        cmocka_unit_test(warnings_reach_the_receiver),
        cmocka_unit_test(warnings_go_to_stderr_otherwise),
        cmocka_unit_test(exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

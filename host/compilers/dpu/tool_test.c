#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "compilers/dpu/tool.h"

#define FOLDER AWNAS_BINARY_DIR "/tool_test.dir"
#define LOG    FOLDER "/log"

static int set_up(void **state)
{
    (void)state;
    enum aw_err err = awh_dir_remove(FOLDER, NULL);
    return (err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO) &&
                   awh_dir_make(FOLDER, NULL) == AW_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return awh_dir_remove(FOLDER, NULL) == AW_OK ? 0 : -1;
}

static enum aw_err shell(const char *script, unsigned timeout_s, struct awh_diag *diag)
{
    char text[256];
    snprintf(text, sizeof text, "%s", script);
    char sh[] = "sh", flag[] = "-c";
    char *argv[] = {sh, flag, text, NULL};
    *diag = (struct awh_diag){.err = AW_OK};
    return awh_tool_run(argv, FOLDER, LOG, timeout_s, diag);
}

static void test_outcomes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *script;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {"good", "echo fine", AW_OK, ""},
        {"runs in its directory", "touch here && test -f ../tool_test.dir/here", AW_OK, ""},
        {"no input", "test -z \"$(cat)\"", AW_OK, ""},
        {"fails", "echo first; echo 'bad net' >&2; exit 3", AW_ERR_IO,
         "exit status 3; its last line: bad net"},
        {"silent", "exit 1", AW_ERR_IO, "exit status 1"},
        {"dies", "kill -9 $$", AW_ERR_IO, "killed by signal 9"},
        {"long log", "yes line | head -n 100000; echo end; exit 1", AW_ERR_IO, "last line: end"},
        {"not printable", "printf 'a\\033[1mb\\n'; exit 1", AW_ERR_IO, "last line: a?[1mb"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct awh_diag diag;
        enum aw_err err = shell(rows[i].script, 30, &diag);
        if (err != rows[i].err || !strstr(diag.text, rows[i].says))
            fail_msg("%s: %d %s", rows[i].name, err, diag.text);
    }
}

static void test_log(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_diag diag;
    char *bytes;
    size_t size;
    awh_arena_init(&arena);
    assert_int_equal(shell("echo one; echo two >&2", 30, &diag), AW_OK);
    assert_int_equal(awh_file_read(&arena, LOG, 1000, &bytes, &size, &diag), AW_OK);
    assert_string_equal(bytes, "one\ntwo\n");
    awh_arena_release(&arena);
}

static void test_missing(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    char name[] = "no-such-compiler";
    char *argv[] = {name, NULL};
    assert_int_equal(awh_tool_run(argv, FOLDER, LOG, 30, &diag), AW_ERR_NOT_FOUND);
    assert_non_null(strstr(diag.text, "no-such-compiler: no such program"));
}

/* Also what the program started, and a program that will not end. */
static void test_timeout(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_diag diag;
    struct timespec from, to;
    char *bytes;
    size_t size;
    awh_arena_init(&arena);
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_int_equal(shell("sleep 60 & echo $!; wait", 1, &diag), AW_ERR_TIMEOUT);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(to.tv_sec - from.tv_sec < 10);
    assert_non_null(strstr(diag.text, "stopped after 1 s"));
    assert_int_equal(awh_file_read(&arena, LOG, 1000, &bytes, &size, &diag), AW_OK);
    pid_t child = atoi(bytes);
    assert_true(child > 1);
    /* An orphan, so somebody else reaps it. */
    for (int i = 0; i < 200 && kill(child, 0) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    char status[64];
    snprintf(status, sizeof status, "/proc/%d/stat", (int)child);
    FILE *file = fopen(status, "r");
    char letter = 'Z';
    if (file) {
        if (fscanf(file, "%*d %*s %c", &letter) != 1)
            letter = 'Z';
        fclose(file);
    }
    assert_int_equal(letter, 'Z');
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_outcomes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeout, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

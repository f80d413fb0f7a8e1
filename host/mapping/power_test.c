#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "mapping/power.h"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_power *power;
};

static void put(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(awh_file_write(path, text, strlen(text), NULL), AW_OK);
}

static enum aw_err load(struct fixture *f, const char *log, const char *times, int64_t shift_s)
{
    char log_path[] = "/tmp/power_test_log_XXXXXX", times_path[] = "/tmp/power_test_times_XXXXXX";
    memset(f, 0, sizeof(*f));
    awh_arena_init(&f->arena);
    put(log_path, log);
    put(times_path, times);
    enum aw_err err = awh_power_load(&f->arena, log_path, times_path, shift_s, &f->power, &f->diag);
    unlink(log_path);
    unlink(times_path);
    return err;
}

/* 16 hours ahead, over a leap day and midnight. */
static const char good_log[] = "Time,VCCINT\r\n"
                               "Sat Feb 29 15:59:58 2020,9000000,1\r\n"
                               "Sat Feb 29 15:59:59 2020,5000000,1\r\n"
                               "Sat Feb 29 16:00:01 2020,7000000,1\r\n"
                               "Sat Feb 29 16:00:05 2020,1000000,1\r\n"
                               "Sun Mar  1 16:00:05 2020,3000000,1\r\n"
                               "S";
static const char good_times[] = "7 2020-02-28 23:59:59.0 2020-02-29 00:00:03.9\n"
                                 "\n"
                                 "8 2020-03-01 00:00:04 2020-03-01 00:00:06.000001\n"
                                 "8 2020-02-29 00:00:05 2020-02-29 00:00:05\n"
                                 "9 2021-02-28 00:00:05 2021-02-28 00:00:05\n";

static void means_while_the_nets_ran(void **unused)
{
    (void)unused;
    struct fixture f;
    if (load(&f, good_log, good_times, 16 * 3600) != AW_OK)
        fail_msg("%s", f.diag.text);
    assert_true(fabs(awh_power_watts(f.power, "7") - 6) < 1e-12);
    assert_true(fabs(awh_power_watts(f.power, "8") - 2) < 1e-12); /* both of its runs */
    assert_true(isnan(awh_power_watts(f.power, "9")));
    assert_true(isnan(awh_power_watts(f.power, "unknown")));
    awh_arena_release(&f.arena);
}

static void files_that_do_not_fit(void **unused)
{
    (void)unused;
    static const struct {
        const char *log, *times;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {good_log, good_times, AW_ERR_MISMATCH, "16 h ahead of theirs: give --power-shift 16"},
        {"", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Foo 29 15:59:58 2020,9\n", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Feb 29 25:59:58 2020,9\n", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Feb 29 15:59:58 2020,-9\n", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Feb 29 15:59:58 2020,900", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Feb 29 15:59:58 2020,inf\n", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {"Sat Feb 29 15:59:58 2020\n", good_times, AW_ERR_FORMAT, "expected lines such as"},
        {good_log, "", AW_ERR_FORMAT, "no times of nets"},
        {good_log, "7 2020-02-28 23:59:59\n", AW_ERR_FORMAT, ":1: expected '<net> YYYY-MM-DD"},
        {good_log, "\n7 2020-02-28 23:59:59 2020-02-28 23:59:58\n", AW_ERR_FORMAT, ":2: expected"},
        {good_log, "7 2020-02-28 23:59:59 2020-13-28 23:59:58\n", AW_ERR_FORMAT, ":1: expected"},
        {good_log, "7 2020-02-28 23:59:59 2020-12-28 23:59:58 x\n", AW_ERR_FORMAT, ":1: expected"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        enum aw_err err = load(&f, rows[i].log, rows[i].times, 0);
        if (err != rows[i].err || strstr(f.diag.text, rows[i].says) == NULL)
            fail_msg("row %zu: %d, %s", i, (int)err, f.diag.text);
        assert_null(f.power);
        awh_arena_release(&f.arena);
    }
}

/* 2 instead of 2000000 would be a mean of 3 W. */
static void the_last_number_may_be_cut_off(void **unused)
{
    (void)unused;
    struct fixture f;
    assert_int_equal(load(&f, "Sat Feb 29 00:00:00 2020,6000000\nSat Feb 29 00:00:01 2020,2",
                          "7 2020-02-29 00:00:00 2020-02-29 00:00:03\n", 0),
                     AW_OK);
    assert_true(fabs(awh_power_watts(f.power, "7") - 6) < 1e-12);
    assert_int_equal(f.diag.warnings, 0);
    awh_arena_release(&f.arena);
    assert_int_equal(load(&f,
                          "Time,A\nSat Feb 29 00:00:00 2020,6000000\nSat Feb 29 00:00:01 2020,x\n"
                          "\nSat Feb 29 00:00:02 2020,8000000,1",
                          "7 2020-02-29 00:00:00 2020-02-29 00:00:03\n", 0),
                     AW_OK);
    assert_true(fabs(awh_power_watts(f.power, "7") - 7) < 1e-12);
    assert_int_equal(f.diag.warnings, 1);
    awh_arena_release(&f.arena);
}

/* The times of a real session: a thousand nets, one behind the other. */
static void times_of_a_real_session(void **unused)
{
    (void)unused;
    const char *path = AWNAS_SHARED_DIR "/samples/awnas/test_time_stamps.txt";
    char log_path[] = "/tmp/power_test_log_XXXXXX";
    struct fixture f = {0};
    if (!awh_path_exists(path)) {
        print_message("%s is not there\n", path);
        skip();
    }
    awh_arena_init(&f.arena);
    put(log_path, "Thu Nov 19 21:17:46 2020,6000000\nThu Nov 19 21:17:50 2020,6200000\n"
                  "Thu Nov 19 21:17:51 2020,1\nThu Nov 19 21:17:53 2020,6400000,0\n");
    enum aw_err err = awh_power_load(&f.arena, log_path, path, 16 * 3600, &f.power, &f.diag);
    unlink(log_path);
    if (err != AW_OK)
        fail_msg("%s", f.diag.text);
    assert_true(fabs(awh_power_watts(f.power, "sample2567") - 6.1) < 1e-12);
    assert_true(fabs(awh_power_watts(f.power, "sample2911") - 6.4) < 1e-12);
    assert_true(isnan(awh_power_watts(f.power, "sample2541")));
    awh_arena_release(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_while_the_nets_ran),
        cmocka_unit_test(files_that_do_not_fit),
        cmocka_unit_test(the_last_number_may_be_cut_off),
        cmocka_unit_test(times_of_a_real_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

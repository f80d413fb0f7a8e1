/* The host as an instrument: what must hold on any Linux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "timing/host.h"
#include "timing/sysfs.h"

static char dir[] = "/tmp/awnas-hw-host-XXXXXX";
static unsigned warnings;

static void count_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
    warnings++;
}

static int set_up(void **state)
{
    (void)state;
    return !mkdtemp(dir) || setenv("XDG_CACHE_HOME", dir, 1);
}

static int tear_down(void **state)
{
    (void)state;
    return awh_dir_remove(dir, NULL) != AW_OK;
}

static void test_gauge_takes_time(void **state)
{
    (void)state;
    double gauge = 0.0, share = 0.0;
    assert_true(awh_gauge() > 100.0);
    assert_int_equal(awh_gauge_find(5, &gauge, &share, NULL), AW_OK);
    assert_true(gauge > 100.0);
    assert_true(share > 0.0 && share <= 1.0);
}

/* While a sample is taken the thread keeps to its core; afterwards it may go where it could. */
static void test_pins_and_restores(void **state)
{
    (void)state;
    cpu_set_t before, during, after;
    struct awh_timing_host host;
    struct awh_diag diag = {.warn = count_warning};
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int policy = sched_getscheduler(0);
    assert_int_equal(awh_host_open(&host, 1, 1e9, &diag), AW_OK);
    assert_int_equal(sched_getaffinity(0, sizeof during, &during), 0);
    assert_int_equal(CPU_COUNT(&during), 1);
    (void)awh_host_look(&host);
    assert_true(awh_host_look(&host) != AWH_HOST_REJECT_GAUGE); /* a limit of more than a second */
    host.gauge_ns = 1.0;
    assert_true(awh_host_look(&host) >= 0); /* nothing is that fast */
    awh_host_close(&host);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
    assert_int_equal(sched_getscheduler(0), policy);
    assert_int_equal(awh_host_open(&host, 100000, 1e9, &diag), AW_ERR_RANGE);
    assert_non_null(strstr(diag.text, "--threads: expected 1 to "));
}

static void test_describes(void **state)
{
    (void)state;
    static const char *const keys[] = {"cpu",      "cores",         "threads",         "pinned_to",
                                       "governor", "turbo",         "smt_siblings",    "huge_pages",
                                       "load",     "steal_percent", "virtual_machine", "priority",
                                       "gauge_ns", "gauge_from"};
    struct awh_arena arena;
    struct awh_timing_host host;
    struct awh_diag diag = {.warn = count_warning};
    awh_arena_init(&arena);
    struct awh_yaml *map = awh_yaml_new_map(&arena);
    assert_int_equal(awh_host_open(&host, 1, 1234.0, &diag), AW_OK);
    assert_int_equal(awh_host_describe(&host, &arena, map, &diag), AW_OK);
    awh_host_close(&host);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!awh_yaml_get(map, keys[i]))
            fail_msg("no %s", keys[i]);
    assert_true(awh_yaml_is_str(awh_yaml_get(map, "gauge_from"), "calibration"));
    awh_arena_release(&arena);
}

static void rewrite(const char *text)
{
    struct awh_arena arena;
    const char *path;
    awh_arena_init(&arena);
    assert_int_equal(awh_gauge_path(&arena, &path, NULL), AW_OK);
    assert_int_equal(awh_file_write(path, text, strlen(text), NULL), AW_OK);
    awh_arena_release(&arena);
}

static void test_gauge_is_kept(void **state)
{
    (void)state;
    struct awh_diag diag = {.warn = count_warning};
    double gauge = 5.0;
    warnings = 0;
    awh_gauge_load(&gauge, &diag);
    assert_true(gauge == 0.0); /* there is none yet */
    assert_int_equal(awh_gauge_save(6191.5, &diag), AW_OK);
    awh_gauge_load(&gauge, &diag);
    assert_true(gauge == 6191.5);
    assert_int_equal(warnings, 0);
    rewrite("cpu: Another CPU\nversion: 1\ngauge_ns: 6000.0\n");
    awh_gauge_load(&gauge, &diag);
    assert_true(gauge == 0.0); /* a home that is shared between hosts */
    assert_int_equal(warnings, 0);
    static const char *const broken[] = {
        "", "[", "gauge_ns: x\n", "gauge_ns: -5.0\nversion: 1\n", "gauge_ns: .nan\n", "- 1\n"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        rewrite(broken[i]);
        awh_gauge_load(&gauge, &diag);
        assert_true(gauge == 0.0);
        assert_int_equal(warnings, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gauge_takes_time),
        cmocka_unit_test(test_pins_and_restores),
        cmocka_unit_test(test_describes),
        cmocka_unit_test(test_gauge_is_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

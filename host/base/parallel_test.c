/* Pieces of work on several threads: each is done once, and failures are those of the lowest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parallel.h"

#define PIECES 200

struct state {
    atomic_uint done[PIECES];
    size_t fail_from;
};

static enum aw_err piece(void *context, size_t index, struct awh_diag *diag)
{
    struct state *state = context;
    atomic_fetch_add(&state->done[index], 1);
    if (index >= state->fail_from)
        return awh_fail(diag, AW_ERR_RANGE, "piece %zu", index);
    if (index % 50 == 0)
        awh_warn(diag, "warning %zu", index);
    return AW_OK;
}

static void note(void *context, const char *text)
{
    strcat(context, text);
}

static void test_each_once(void **unused)
{
    (void)unused;
    struct state state = {.fail_from = PIECES};
    struct awh_cores cores;
    char warnings[200] = "";
    struct awh_diag diag = {.warn = note, .warn_context = warnings};
    awh_cores_find(&cores);
    assert_true(cores.count >= 1);
    assert_int_equal(awh_parallel(&cores, PIECES, piece, &state, &diag), AW_OK);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(atomic_load(&state.done[i]), 1);
    assert_string_equal(warnings, "warning 0warning 50warning 100warning 150"); /* in order */
    assert_int_equal(diag.warnings, 4);
    assert_int_equal(awh_parallel(&cores, 0, piece, &state, &diag), AW_OK);
}

static void test_lowest_failure(void **unused)
{
    (void)unused;
    struct awh_cores cores;
    awh_cores_find(&cores);
    cores.count = 3;
    for (int round = 0; round < 50; round++) {
        struct state state = {.fail_from = 7};
        struct awh_diag diag = {.warn = note, .warn_context = (char[400]){0}};
        unsigned done = 0;
        assert_int_equal(awh_parallel(&cores, PIECES, piece, &state, &diag), AW_ERR_RANGE);
        assert_string_equal(diag.text, "piece 7");
        for (size_t i = 0; i < PIECES; i++)
            done += atomic_load(&state.done[i]);
        assert_true(done < PIECES); /* it does not go on for nothing */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_lowest_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

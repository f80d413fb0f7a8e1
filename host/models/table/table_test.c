#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/testing.h"

static void means_missing_and_round_trip(void **unused)
{
    (void)unused;
    const struct awh_model_type *type = awh_model_type_find("table");
    struct awh_prim prims[TEST_PRIMS];
    struct awh_arena arena;
    struct awh_diag diag = {0};
    void *state;
    double value;
    size_t missing;
    test_prims(prims);
    awh_arena_init(&arena);

    const double first[] = {1, 10, 100, NAN}, second[] = {3, 20, 300, NAN};
    struct awh_profile runs[] = {test_run(prims, first, 111), test_run(prims, second, 323)};
    struct awh_profile_net net = {.name = "0", .runs = runs, .run_count = 2};
    struct awh_profiles data = {.nets = &net, .net_count = 1};
    assert_int_equal(type->fit(&arena, NULL, &data, "latency", &state, &diag), AW_OK);

    assert_int_equal(type->predict(state, prims, TEST_PRIMS, &value, &missing), AW_OK);
    assert_true(fabs(value - (2 + 15 + 200)) < 1e-12);
    assert_int_equal(missing, 1); /* the one that was never measured counts 0 */
    assert_int_equal(type->predict(state, prims, 1, &value, &missing), AW_OK);
    assert_true(fabs(value - 2) < 1e-12);
    assert_int_equal(missing, 0);
    test_round_trip(type, state, prims);
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(means_missing_and_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

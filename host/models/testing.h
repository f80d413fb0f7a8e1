/* Small data for the tests of models. Include after <cmocka.h>. */
#ifndef AWH_MODELS_TESTING_H
#define AWH_MODELS_TESTING_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/model.h"

#define TEST_PRIMS 4

/* conv_3x3 primitives that differ in their channels. */
static inline void test_prims(struct awh_prim prims[TEST_PRIMS])
{
    struct awh_diag diag = {0};
    struct awh_value yes = {.kind = AWH_VALUE_BOOL, .boolean = true};
    for (int i = 0; i < TEST_PRIMS; i++)
        assert_int_equal(
            awh_prim_make("conv_3x3", 32, 8 * (i + 1), 16, 1, yes, NULL, 0, &prims[i], &diag),
            AW_OK);
}

/* One run of one net over all test primitives. */
static inline struct awh_profile test_run(const struct awh_prim *prims, const double *perfs,
                                          double overall)
{
    struct awh_profile run = {.prims = prims,
                              .perfs = perfs,
                              .prim_count = TEST_PRIMS,
                              .overall = overall,
                              .block_sum = 0};
    for (int i = 0; i < TEST_PRIMS; i++)
        if (!isnan(perfs[i]))
            run.block_sum += perfs[i];
    return run;
}

/* Saves a fitted model's keys, loads them again, and checks that both predict alike. */
static inline void test_round_trip(const struct awh_model_type *type, const void *state,
                                   const struct awh_prim *prims)
{
    struct awh_arena arena;
    struct awh_diag diag = {0};
    struct awh_str text;
    struct awh_yaml *root;
    void *loaded;
    double before, after;
    size_t missing_before, missing_after;
    awh_arena_init(&arena);
    awh_str_init(&text);
    struct awh_yaml *map = awh_yaml_new_map(&arena);
    assert_int_equal(type->save(&arena, state, "latency", map, &diag), AW_OK);
    assert_int_equal(awh_yaml_dump(map, &text, &diag), AW_OK);
    assert_int_equal(awh_yaml_load(&arena, "model", text.text, text.size, &root, &diag), AW_OK);
    assert_int_equal(type->load(&arena, root, "latency", &loaded, &diag), AW_OK);
    assert_int_equal(type->predict(state, prims, TEST_PRIMS, &before, &missing_before), AW_OK);
    assert_int_equal(type->predict(loaded, prims, TEST_PRIMS, &after, &missing_after), AW_OK);
    assert_true(fabs(before - after) <= 1e-12 * fabs(before));
    assert_int_equal(missing_before, missing_after);

    /* Damage is refused: the table is no list, a value is no number. */
    assert_true(awh_yaml_set(&arena, root, "table", awh_yaml_new_int(&arena, 3)));
    assert_int_not_equal(type->load(&arena, root, "latency", &loaded, &diag), AW_OK);
    assert_non_null(strstr(diag.text, "table"));
    awh_str_release(&text);
    awh_arena_release(&arena);
}

#endif

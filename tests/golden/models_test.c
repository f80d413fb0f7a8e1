/* Filters, tables, regressions and predictions against what aw_nas makes of the same data. */
#include "golden.h"

#include <math.h>

#include "models/model.h"
#include "models/preprocess.h"

#define TOLERANCE 1e-9

struct pool {
    struct awh_prim *prims; /* by id: the canonical list, then pool_extra */
    size_t count;
};

static void assert_close(double a, double b, const char *what)
{
    if (!(fabs(a - b) <= TOLERANCE * fmax(1, fabs(b))))
        fail_msg("%s: %.17g instead of %.17g", what, a, b);
}

static double number(const struct awh_yaml *node)
{
    double value;
    struct awh_diag diag = {0};
    assert_int_equal(awh_yaml_real(node, &value, &diag), AW_OK);
    return value;
}

static void load_pool(struct awh_arena *arena, const char *folder, struct pool *out)
{
    size_t count;
    struct awh_prim *canonical = golden_prims(arena, AWNAS_SHARED_DIR, folder, &count);
    const struct awh_yaml *rollouts = golden_yaml(arena, AWNAS_SHARED_DIR, folder, "rollouts.json");
    const struct awh_yaml *extra = golden_get(rollouts, "pool_extra");
    out->count = count + extra->list.count;
    out->prims = awh_arena_array(arena, out->count, sizeof(*out->prims));
    memcpy(out->prims, canonical, count * sizeof(*canonical));
    for (size_t i = 0; i < extra->list.count; i++)
        golden_prim(arena, extra->list.items[i]->str.text, &out->prims[count + i]);
}

static struct awh_prim *prims_by_id(struct awh_arena *arena, const struct pool *pool,
                                    const struct awh_yaml *ids)
{
    struct awh_prim *prims = awh_arena_array(arena, ids->list.count, sizeof(*prims));
    for (size_t i = 0; i < ids->list.count; i++) {
        size_t id = (size_t)ids->list.items[i]->integer;
        assert_true(id < pool->count);
        prims[i] = pool->prims[id];
    }
    return prims;
}

static void load_profiles(struct awh_arena *arena, const char *folder, const struct pool *pool,
                          struct awh_profiles *out)
{
    const struct awh_yaml *nets = golden_yaml(arena, AWNAS_SHARED_DIR, folder, "profs.json");
    *out = (struct awh_profiles){.net_count = nets->list.count};
    out->nets = awh_arena_array(arena, nets->list.count, sizeof(*out->nets));
    for (size_t n = 0; n < nets->list.count; n++) {
        const struct awh_yaml *ids = golden_get(nets->list.items[n], "prims");
        const struct awh_yaml *runs = golden_get(nets->list.items[n], "runs");
        struct awh_profile_net *net = &out->nets[n];
        struct awh_prim *prims = prims_by_id(arena, pool, ids);
        *net = (struct awh_profile_net){.name = "golden", .run_count = runs->list.count};
        net->runs = awh_arena_array(arena, runs->list.count, sizeof(*net->runs));
        for (size_t r = 0; r < runs->list.count; r++) {
            const struct awh_yaml *lat = golden_get(runs->list.items[r], "lat");
            double *perfs = awh_arena_array(arena, lat->list.count, sizeof(*perfs));
            for (size_t i = 0; i < lat->list.count; i++)
                perfs[i] = number(lat->list.items[i]);
            net->runs[r] =
                (struct awh_profile){.prims = prims,
                                     .perfs = perfs,
                                     .prim_count = lat->list.count,
                                     .overall = number(golden_get(runs->list.items[r], "overall")),
                                     .block_sum = (double)NAN};
        }
    }
}

static void ignore_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void check_table(struct awh_arena *arena, const struct pool *pool,
                        const struct awh_yaml *saved, const struct awh_yaml *expected)
{
    const struct awh_yaml *table = golden_get(saved, "table");
    assert_int_equal(table->list.count, expected->list.count);
    for (size_t i = 0; i < expected->list.count; i++) {
        const struct awh_yaml *pair = expected->list.items[i];
        const struct awh_prim *prim = &pool->prims[pair->list.items[0]->integer];
        bool found = false;
        for (size_t k = 0; k < table->list.count && !found; k++) {
            struct awh_prim own;
            struct awh_diag diag = {0};
            assert_int_equal(awh_prim_from_yaml(table->list.items[k], &own, &diag), AW_OK);
            if (awh_prim_compare(&own, prim) != 0)
                continue;
            found = true;
            assert_close(
                number(golden_get(golden_get(table->list.items[k], "performances"), "latency")),
                number(pair->list.items[1]), "table mean");
        }
        assert_true(found);
    }
    (void)arena;
}

static void check_predictions(struct awh_arena *arena, const char *folder, const struct pool *pool,
                              const struct awh_model_type *type, const void *state,
                              const struct awh_yaml *expected)
{
    const struct awh_yaml *rollouts =
        golden_get(golden_yaml(arena, AWNAS_SHARED_DIR, folder, "rollouts.json"), "rollouts");
    const struct awh_yaml *predictions = golden_get(expected, "predictions");
    const struct awh_yaml *missing = golden_get(expected, "missing_per_rollout");
    for (size_t i = 0; i < predictions->list.count; i++) {
        const struct awh_yaml *ids = golden_get(rollouts->list.items[i], "prims");
        double value;
        size_t absent;
        assert_int_equal(
            type->predict(state, prims_by_id(arena, pool, ids), ids->list.count, &value, &absent),
            AW_OK);
        assert_close(value, number(predictions->list.items[i]), "prediction");
        assert_int_equal(absent, missing->list.items[i]->integer);
    }
}

static void check_model(struct awh_arena *arena, const char *folder, const struct pool *pool,
                        const struct awh_profiles *data, const struct awh_yaml *expected,
                        const struct awh_yaml *kept_runs)
{
    struct awh_diag diag = {.warn = ignore_warning};
    const struct awh_model_type *type = awh_model_type_find(golden_get(expected, "type")->str.text);
    struct awh_preprocess preprocess;
    struct awh_profiles kept;
    void *state;
    assert_non_null(type);
    /* The expected map itself has the key `preprocessors`. */
    assert_int_equal(awh_preprocess_open(expected, type, &preprocess, &diag), AW_OK);
    assert_int_equal(awh_preprocess_run(arena, &preprocess, data, &kept, &diag), AW_OK);
    size_t runs = 0, filtered = 0;
    for (size_t n = 0; n < kept.net_count; n++)
        runs += kept.nets[n].run_count;
    for (size_t n = 0; n < kept_runs->list.count; n++)
        filtered += kept_runs->list.items[n]->list.count;
    assert_int_equal(runs, golden_int(expected, "n_kept_profiles"));
    if (preprocess.count > 1 && strcmp(preprocess.names[1], "remove_anomaly") == 0)
        assert_int_equal(runs, filtered);

    assert_int_equal(type->fit(arena, NULL, &kept, "latency", &state, &diag), AW_OK);
    struct awh_yaml *saved = awh_yaml_new_map(arena);
    assert_int_equal(type->save(arena, state, "latency", saved, &diag), AW_OK);
    check_table(arena, pool, saved, golden_get(expected, "table"));
    const struct awh_yaml *coef = awh_yaml_get(expected, "coef");
    if (coef != NULL) {
        const struct awh_yaml *line = golden_get(saved, "regression");
        assert_close(number(golden_get(line, "coef")), number(coef), "coef");
        assert_close(number(golden_get(line, "intercept")),
                     number(golden_get(expected, "intercept")), "intercept");
    }
    check_predictions(arena, folder, pool, type, state, expected);
}

static void models_equal_those_of_aw_nas(void **unused)
{
    (void)unused;
    size_t configs = 0, models = 0;
    golden_need(AWNAS_SHARED_DIR);
    for (const char *const *folder = golden_configs; *folder != NULL; folder++) {
        struct awh_arena arena;
        struct pool pool;
        struct awh_profiles data;
        awh_arena_init(&arena);
        load_pool(&arena, *folder, &pool);
        load_profiles(&arena, *folder, &pool, &data);
        const struct awh_yaml *expected =
            golden_yaml(&arena, AWNAS_SHARED_DIR, *folder, "models.json");
        const struct awh_yaml *kept = golden_get(expected, "kept_after_remove_anomaly");
        for (size_t i = 0; i < expected->list.count; i++)
            if (expected->list.items[i] != kept) {
                check_model(&arena, *folder, &pool, &data, expected->list.items[i], kept);
                models++;
            }
        configs++;
        awh_arena_release(&arena);
    }
    print_message("%zu models of %zu configs equal\n", models, configs);
    assert_int_equal(models, 4 * configs);
    assert_true(configs >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(models_equal_those_of_aw_nas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

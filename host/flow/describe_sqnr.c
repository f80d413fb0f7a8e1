/* How well a net survives 8 bits. */
#include <math.h>

#include "base/json.h"
#include "flow/describe.h"
#include "program/sqnr.h"

static void print_text(const struct awh_sqnr *sqnr, FILE *out)
{
    fprintf(out, "%4s  %-28s  %9s\n", "#", "layer", "SQNR (dB)");
    for (size_t i = 0; i < sqnr->layer_count; i++) {
        fprintf(out, "%4zu  %-28s  ", i, sqnr->layers[i].name);
        if (isinf(sqnr->layers[i].db))
            fprintf(out, "%9s\n", "exact");
        else
            fprintf(out, "%9.1f\n", sqnr->layers[i].db);
    }
    fprintf(out, "\ntop-1 agreement  %u of %u inputs (%.1f %%), in %u %s\n", sqnr->agreed,
            sqnr->inputs, 100.0 * sqnr->agreed / sqnr->inputs, sqnr->classes,
            sqnr->classes == 1 ? "class: this says little" : "classes");
}

/* sqnr_db is null where a layer is exact: JSON has no infinity. */
static struct awh_yaml *layers_to_yaml(struct awh_arena *arena, const struct awh_sqnr *sqnr)
{
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < sqnr->layer_count; i++) {
        double db = sqnr->layers[i].db;
        struct awh_yaml *layer = awh_yaml_new_map(arena);
        if (!list || !layer ||
            !awh_yaml_set(arena, layer, "name", awh_yaml_new_str(arena, sqnr->layers[i].name)) ||
            !awh_yaml_set(arena, layer, "sqnr_db",
                          isinf(db) ? awh_yaml_new_null(arena) : awh_yaml_new_real(arena, db)) ||
            !awh_yaml_push(arena, list, layer))
            return NULL;
    }
    return list;
}

static enum aw_err print_json(struct awh_arena *arena, const struct awh_sqnr *sqnr, uint32_t seed,
                              FILE *out, struct awh_diag *diag)
{
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {
        {"seed", seed},
        {"inputs", sqnr->inputs},
        {"top1_agreed", sqnr->agreed},
        {"classes", sqnr->classes},
    };
    struct awh_yaml *root = awh_yaml_new_map(arena);
    bool ok = root && awh_yaml_set(arena, root, "layers", layers_to_yaml(arena, sqnr));
    for (size_t i = 0; ok && i < sizeof counts / sizeof *counts; i++)
        ok = awh_yaml_set(arena, root, counts[i].key, awh_yaml_new_int(arena, counts[i].value));
    return ok ? awh_json_print(root, out, diag) : awh_fail_mem(diag);
}

enum aw_err awh_describe_sqnr(const char *path, uint32_t seed, uint32_t inputs, bool json,
                              FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_net net;
    struct awh_sqnr sqnr;
    if (inputs < 1 || inputs > 100000)
        return awh_fail(diag, AW_ERR_RANGE, "--inputs: expected 1 to 100000, found %u", inputs);
    awh_arena_init(&arena);
    enum aw_err err = awh_net_load(&arena, path, &net, diag);
    if (!err)
        err = awh_sqnr_net(&arena, &net, seed, inputs, &sqnr, diag);
    if (!err && json)
        err = print_json(&arena, &sqnr, seed, out, diag);
    else if (!err)
        print_text(&sqnr, out);
    awh_arena_release(&arena);
    return err;
}

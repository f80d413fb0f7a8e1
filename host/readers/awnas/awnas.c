/* Performances of primitives as aw_nas keeps them: a list of primitive maps, each with
 * `performances`, or a map that has such a list under `primitives` with overall_<perf> and
 * block_sum_<perf> beside it (what parse and latency write). Every entry is a layer that is a
 * primitive, every kind of performance a run. */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "prims/prim.h"
#include "readers/lines.h"
#include "readers/reader.h"
#include "readers/text.h"

#define MAX_FILE_BYTES ((size_t)32 << 20)
#define PERFS_MAX      8u

extern const struct awh_reader_type awh_reader_awnas;

struct awnas {
    const struct awh_log *log;
    struct awh_diag *diag;
    const struct awh_yaml *root, *list;
    const char *perfs[PERFS_MAX]; /* in the order in which they come */
    size_t perf_count;
};

static bool awnas_detect(const char *text, size_t size)
{
    (void)size;
    const char *performances = strstr(text, "performances:");
    return performances != NULL &&
           (strstr(text, "prim_type:") != NULL || awh_starts(text, "primitives:"));
}

/* -- names --------------------------------------------------------------------------------------
 */

/* The keys of the primitive as they stand: it may be one that is no longer known, or lack a size.
 */
static char *describe_map(struct awnas *r, const struct awh_yaml *item)
{
    struct awh_str text;
    char value[160];
    awh_str_init(&text);
    const struct awh_yaml *type = awh_yaml_get(item, "prim_type");
    awh_str_append(&text, type == NULL ? "?" : awh_yaml_describe(type, value, sizeof(value)));
    for (size_t i = 0; i < item->list.count; i++) {
        const struct awh_yaml *node = item->list.items[i]; /* that of another key, if an alias */
        const char *key = item->list.keys[i]->key;
        if (key == NULL || strcmp(key, "performances") == 0 || node == type)
            continue;
        awh_str_printf(&text, " %s=%s", key, awh_yaml_describe(node, value, sizeof(value)));
    }
    char *name = text.failed ? NULL : awh_arena_strdup(r->log->arena, text.text);
    awh_str_release(&text);
    return name;
}

static void ignore_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static enum aw_err name_item(struct awnas *r, const struct awh_yaml *item,
                             struct awh_layer_time *layer)
{
    struct awh_diag unused = {.warn = ignore_warning};
    struct awh_prim *prim = awh_arena_alloc(r->log->arena, sizeof(*prim));
    char text[512];
    if (prim == NULL)
        return awh_fail_mem(r->diag);
    if (awh_prim_from_yaml(item, prim, &unused) == AW_OK) {
        awh_prim_format(prim, text, sizeof(text));
        layer->name = awh_arena_strdup(r->log->arena, text);
        layer->prim = prim;
        layer->type = prim->type->name;
    } else {
        layer->name = describe_map(r, item);
    }
    layer->line = item->line;
    return layer->name == NULL ? awh_fail_mem(r->diag) : AW_OK;
}

/* -- runs ---------------------------------------------------------------------------------------
 */

static enum aw_err collect_perfs(struct awnas *r)
{
    for (size_t i = 0; i < r->list->list.count; i++) {
        const struct awh_yaml *item = r->list->list.items[i];
        struct awh_yaml *performances;
        if (item->kind != AWH_YAML_MAP)
            return awh_yaml_fail(item, AW_ERR_FORMAT, r->diag, "expected the map of a primitive");
        enum aw_err err = awh_yaml_need(item, "performances", AWH_YAML_MAP, &performances, r->diag);
        if (err != AW_OK)
            return err;
        for (size_t n = 0; n < performances->list.count; n++) {
            const char *perf = performances->list.keys[n]->key;
            size_t known = 0;
            while (perf != NULL && known < r->perf_count && strcmp(r->perfs[known], perf) != 0)
                known++;
            if (perf == NULL || known == PERFS_MAX)
                return awh_yaml_fail(performances, AW_ERR_FORMAT, r->diag,
                                     "expected at most %u kinds of performance, by name",
                                     PERFS_MAX);
            if (known == r->perf_count)
                r->perfs[r->perf_count++] = perf;
        }
    }
    return AW_OK;
}

static enum aw_err read_head(struct awnas *r, const char *perf, struct awh_layer_run *run)
{
    char key[128];
    enum aw_err err;
    run->unit = strcmp(perf, "latency") == 0 ? "ms" : "unknown"; /* aw_nas has no place for it */
    if (r->root->kind != AWH_YAML_MAP)
        return AW_OK;
    snprintf(key, sizeof(key), "overall_%s", perf);
    if ((err = awh_yaml_opt_real(r->root, key, &run->overall, r->diag)) != AW_OK ||
        (err = awh_yaml_opt_text(r->root, "unit", &run->unit, r->diag)) != AW_OK ||
        (err = awh_yaml_opt_bool(r->root, "verified", &run->verified, r->diag)) != AW_OK)
        return err;
    run->device = awh_yaml_get_set(r->root, "device");
    return AW_OK;
}

/* What was not measured is left out of both. */
static enum aw_err check_sum(struct awnas *r, const char *perf, const struct awh_layer_run *run)
{
    char key[128];
    double said = (double)NAN, sum = 0;
    snprintf(key, sizeof(key), "block_sum_%s", perf);
    enum aw_err err =
        r->root->kind == AWH_YAML_MAP ? awh_yaml_opt_real(r->root, key, &said, r->diag) : AW_OK;
    for (size_t i = 0; i < run->layer_count; i++)
        sum += run->layers[i].value;
    if (err == AW_OK && !isnan(said) && fabs(sum - said) > 1e-6 * fabs(said))
        awh_yaml_warn(awh_yaml_get(r->root, key), r->diag,
                      "%g, but the %zu primitives add up to %g; primitives are missing or changed",
                      said, run->layer_count, sum);
    return err;
}

static enum aw_err read_perf(struct awnas *r, const char *perf)
{
    struct awh_layer_run run = {.overall = (double)NAN, .perf = perf, .line = r->list->line};
    enum aw_err err = read_head(r, perf, &run);
    run.layers = awh_arena_array(r->log->arena, r->list->list.count, sizeof(*run.layers));
    if (err == AW_OK && run.layers == NULL)
        err = awh_fail_mem(r->diag);
    for (size_t i = 0; err == AW_OK && i < r->list->list.count; i++) {
        const struct awh_yaml *item = r->list->list.items[i];
        const struct awh_yaml *value = awh_yaml_get_set(awh_yaml_get(item, "performances"), perf);
        struct awh_layer_time *layer = &run.layers[run.layer_count];
        int64_t count = 0;
        if (value == NULL)
            continue; /* not measured */
        if ((err = awh_yaml_real(value, &layer->value, r->diag)) != AW_OK ||
            (err = awh_yaml_opt_int(item, "count", 0, INT64_MAX, &count, r->diag)) != AW_OK)
            return err;
        if (layer->value < 0)
            return awh_yaml_fail(value, AW_ERR_RANGE, r->diag, "expected at least 0, found %g",
                                 layer->value);
        layer->count = (uint64_t)count;
        err = name_item(r, item, layer);
        run.layer_count++;
    }
    if (err == AW_OK)
        err = check_sum(r, perf, &run);
    return err != AW_OK ? err : r->log->take(r->log->context, &run, r->diag);
}

static enum aw_err awnas_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct awnas r = {.log = log, .diag = diag};
    struct awh_yaml *root, *list;
    char *text;
    size_t size;
    enum aw_err err;
    if ((err = awh_log_load(log, MAX_FILE_BYTES, &text, &size, diag)) != AW_OK ||
        (err = awh_yaml_load(log->arena, log->path, text, size, &root, diag)) != AW_OK)
        return err;
    list = root;
    if (root->kind != AWH_YAML_SEQ &&
        (err = awh_yaml_need(root, "primitives", AWH_YAML_SEQ, &list, diag)) != AW_OK)
        return err;
    r.root = root;
    r.list = list;
    err = collect_perfs(&r);
    for (size_t i = 0; err == AW_OK && i < r.perf_count; i++)
        err = read_perf(&r, r.perfs[i]);
    return err;
}

const struct awh_reader_type awh_reader_awnas = {
    .name = "awnas", .detect = awnas_detect, .read = awnas_read};

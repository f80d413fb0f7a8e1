#include "flow/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A layer in a run. Rows of the same name in one run are different layers, told apart by `nth`. */
struct row {
    const char *name;
    size_t nth;
    size_t order; /* of the run, then in the run */
    const struct awh_layer_time *time;
    const char *path;
    double scale; /* to the unit of the result */
};

struct rows {
    struct row *items;
    size_t count;
};

#define UNATTRIBUTED_SHOWN 8
#define PLACE_MAX          512

struct attribution {
    struct parser *p;
    const struct parse_map *map;
    const struct awh_mapping *mapping;
    enum awh_outliers method;
    struct parse_result *result;
    size_t *seen_prims; /* how many rows that name a primitive have it already */
    size_t unattributed;
};

static int by_name(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order != 0)
        return order;
    if (x->nth != y->nth)
        return x->nth < y->nth ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Appends the layers of a run and numbers those of equal names. */
static void add_run(struct rows *rows, const struct awh_layer_run *run, const char *path)
{
    const char *unit;
    double scale = awh_parse_scale(run->unit, &unit);
    struct row *first = rows->items + rows->count;
    for (size_t i = 0; i < run->layer_count; i++)
        first[i] = (struct row){.name = run->layers[i].name,
                                .order = rows->count + i,
                                .time = &run->layers[i],
                                .path = path,
                                .scale = scale};
    if (run->layer_count > 0)
        qsort(first, run->layer_count, sizeof(*first), by_name);
    for (size_t i = 1; i < run->layer_count; i++)
        if (strcmp(first[i].name, first[i - 1].name) == 0)
            first[i].nth = first[i - 1].nth + 1;
    rows->count += run->layer_count;
}

/* Keeps the unit and verification that all runs must share. */
static enum aw_err check_runs(struct parser *p, const struct parse_runs *runs,
                              struct parse_result *result)
{
    result->verified = true;
    for (size_t i = 0; i < runs->count; i++) {
        const char *unit;
        awh_parse_scale(runs->items[i]->unit, &unit);
        if (i > 0 && strcmp(unit, result->unit) != 0)
            return awh_fail(
                p->diag, AW_ERR_MISMATCH,
                "%s: its unit is %s, that of %s is %s; logs of different kinds cannot be "
                "mixed in a net",
                runs->paths[i], unit, runs->paths[0], result->unit);
        result->unit = unit;
        result->verified = result->verified && runs->items[i]->verified;
    }
    return AW_OK;
}

/* -- Owners ---------------------------------------------------------------------------------------
 */

/* "log.txt:17" */
static const char *place_of(const struct row *row, char *text, size_t capacity)
{
    snprintf(text, capacity, row->time->line > 0 ? "%s:%u" : "%s", row->path,
             (unsigned)row->time->line);
    return text;
}

/* A source that measures primitives: the nth row of a primitive is its nth place in the net. */
static enum aw_err own_by_prim(struct attribution *a, const struct row *row,
                               struct awh_owner *owner)
{
    const struct awh_prim *prim = row->time->prim;
    size_t places = 0, nth = 0;
    char place[PLACE_MAX];
    for (size_t i = 0; i < a->map->prim_count; i++) {
        if (awh_prim_compare(&a->map->prims[i].prim, prim) != 0)
            continue;
        if (places == 0)
            nth = a->seen_prims[i]++;
        if (places++ == nth) {
            *owner = (struct awh_owner){.kind = AWH_OWNER_PRIM, .prim = i};
            return AW_OK;
        }
    }
    if (places > 0)
        return awh_fail(
            a->p->diag, AW_ERR_MISMATCH,
            "%s: '%.200s' is there %zu times up to here, but net %s has it in %zu places",
            place_of(row, place, sizeof(place)), row->name, nth + 1, a->map->net, places);
    *owner = (struct awh_owner){.kind = AWH_OWNER_UNATTRIBUTED};
    return AW_OK;
}

static enum aw_err find_owner(struct attribution *a, const struct row *row, struct awh_owner *owner)
{
    if (row->time->prim != NULL)
        return own_by_prim(a, row, owner);
    if (a->mapping == NULL)
        return awh_fail(a->p->diag, AW_ERR_NOT_FOUND,
                        "%s: has layers, but no names of layers were compiled for net %s",
                        row->path, a->map->net);
    char place[PLACE_MAX];
    return awh_mapping_find(a->mapping, place_of(row, place, sizeof(place)), row->name, owner,
                            a->p->diag);
}

static void warn_unattributed(struct attribution *a, const struct row *row, double value)
{
    char place[PLACE_MAX];
    if (++a->unattributed <= UNATTRIBUTED_SHOWN)
        awh_warn(
            a->p->diag,
            "%s: layer '%.80s' (%.4g %s) belongs to no primitive that is known; its time stays "
            "unattributed (a file for --names can tell)",
            place_of(row, place, sizeof(place)), row->name, value, a->result->unit);
}

/* One layer: `count` rows of it, from as many runs. */
static enum aw_err attribute(struct attribution *a, const struct row *rows, size_t count,
                             double *samples)
{
    struct parse_sums *sums = &a->result->sums;
    struct awh_owner owner;
    double value;
    for (size_t i = 0; i < count; i++)
        samples[i] = rows[i].time->value * rows[i].scale;
    enum aw_err err = awh_outliers_mean(a->method, samples, count, a->result->unit, rows[0].path,
                                        &value, a->p->diag);
    if (err == AW_OK)
        err = find_owner(a, &rows[0], &owner);
    if (err != AW_OK)
        return err;
    sums->total += value;
    if (owner.kind == AWH_OWNER_GLUE) {
        sums->glue += value;
    } else if (owner.kind == AWH_OWNER_UNATTRIBUTED) {
        sums->unattributed += value;
        warn_unattributed(a, &rows[0], value);
    } else {
        double *perf = &a->result->perfs[owner.prim];
        uint64_t *samples_of = &a->result->counts[owner.prim];
        sums->prims += value;
        sums->spans += owner.spans ? value : 0;
        *perf = isnan(*perf) ? value : *perf + value;
        *samples_of = *samples_of == 0 || count < *samples_of ? count : *samples_of;
    }
    return AW_OK;
}

/* Rows begin to end are one layer. */
struct group {
    size_t begin, end;
    size_t order; /* of the first row */
};

static int by_order(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* In the order of the first run, so that sums do not depend on names. */
static size_t group_rows(const struct rows *rows, struct group *groups)
{
    size_t count = 0;
    for (size_t begin = 0, end; begin < rows->count; begin = end) {
        const struct row *first = &rows->items[begin];
        for (end = begin + 1; end < rows->count; end++)
            if (rows->items[end].nth != first->nth ||
                strcmp(rows->items[end].name, first->name) != 0)
                break;
        groups[count++] = (struct group){.begin = begin, .end = end, .order = first->order};
    }
    if (count > 0)
        qsort(groups, count, sizeof(*groups), by_order);
    return count;
}

static enum aw_err attribute_all(struct attribution *a, const struct rows *rows)
{
    double *samples = awh_arena_array(&a->p->scratch, rows->count, sizeof(*samples));
    struct group *groups = awh_arena_array(&a->p->scratch, rows->count, sizeof(*groups));
    if (samples == NULL || groups == NULL)
        return awh_fail_mem(a->p->diag);
    enum aw_err err = AW_OK;
    size_t count = group_rows(rows, groups);
    for (size_t i = 0; i < count && err == AW_OK; i++)
        err = attribute(a, rows->items + groups[i].begin, groups[i].end - groups[i].begin, samples);
    if (err == AW_OK && a->unattributed > UNATTRIBUTED_SHOWN)
        awh_warn(a->p->diag, "net %s: and %zu more layers that belong to no primitive", a->map->net,
                 a->unattributed - UNATTRIBUTED_SHOWN);
    return err;
}

static bool is_own(const struct awh_layer_run *run)
{
    return run->program_crc32 != NULL;
}

enum aw_err awh_parse_rows(struct parser *p, const struct parse_map *map,
                           const struct parse_runs *runs, enum awh_outliers method,
                           struct parse_result *result_out)
{
    struct parse_result result = {
        .prims = map->prims, .prim_count = map->prim_count, .overall = (double)NAN};
    struct rows rows = {0};
    size_t total = 0;
    for (size_t i = 0; i < runs->count; i++)
        total += runs->items[i]->layer_count;
    rows.items = awh_arena_array(&p->scratch, total, sizeof(*rows.items));
    result.perfs = awh_arena_array(&p->scratch, map->prim_count, sizeof(*result.perfs));
    result.counts = awh_arena_array(&p->scratch, map->prim_count, sizeof(*result.counts));
    struct attribution a = {
        .p = p,
        .map = map,
        .mapping = is_own(runs->items[0]) ? map->own : map->vendor,
        .method = method,
        .result = &result,
        .seen_prims = awh_arena_array(&p->scratch, map->prim_count, sizeof(*a.seen_prims))};
    if (rows.items == NULL || result.perfs == NULL || result.counts == NULL || a.seen_prims == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < map->prim_count; i++)
        result.perfs[i] = (double)NAN;
    enum aw_err err = check_runs(p, runs, &result);
    for (size_t i = 0; i < runs->count && err == AW_OK; i++)
        add_run(&rows, runs->items[i], runs->paths[i]);
    if (err == AW_OK && rows.count > 0 && runs->count > 1)
        qsort(rows.items, rows.count, sizeof(*rows.items), by_name);
    if (err == AW_OK)
        err = attribute_all(&a, &rows);
    if (err == AW_OK)
        *result_out = result;
    return err;
}

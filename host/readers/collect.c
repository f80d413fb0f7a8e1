#include "readers/collect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void awh_collect_init(struct awh_collect *collect, struct awh_arena *arena, const char *path,
                      const char *reader)
{
    *collect = (struct awh_collect){.arena = arena,
                                    .path = path,
                                    .reader = reader,
                                    .runs_max = AWH_COLLECT_RUNS_MAX,
                                    .bytes_max = AWH_COLLECT_BYTES_MAX};
}

void awh_collect_release(struct awh_collect *collect)
{
    for (size_t g = 0; g < collect->group_count; g++) {
        for (size_t i = 0; i < collect->groups[g].count; i++)
            free(collect->groups[g].runs[i].block);
        free(collect->groups[g].runs);
    }
    free(collect->groups);
    free(collect->names.slots);
    *collect = (struct awh_collect){0};
}

/* -- texts --------------------------------------------------------------------------------------
 */

static size_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32);
}

static size_t find_slot(const struct awh_collect_names *names, const char *text)
{
    size_t at = hash_text(text) & (names->capacity - 1);
    while (names->slots[at] != NULL && strcmp(names->slots[at], text) != 0)
        at = (at + 1) & (names->capacity - 1);
    return at;
}

static bool grow_names(struct awh_collect_names *names)
{
    struct awh_collect_names larger = {.count = names->count, .bytes = names->bytes};
    larger.capacity = names->capacity == 0 ? 256 : names->capacity * 2;
    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < names->capacity; i++)
        if (names->slots[i] != NULL)
            larger.slots[find_slot(&larger, names->slots[i])] = names->slots[i];
    free(names->slots);
    *names = larger;
    return true;
}

/* Replaces *text by the arena's copy of it. */
static enum aw_err intern(struct awh_collect *collect, const char **text, struct awh_diag *diag)
{
    struct awh_collect_names *names = &collect->names;
    if (*text == NULL)
        return AW_OK;
    if (names->count * 2 >= names->capacity && !grow_names(names))
        return awh_fail_mem(diag);
    size_t slot = find_slot(names, *text);
    if (names->slots[slot] == NULL) {
        names->bytes += strlen(*text) + 1;
        if (names->bytes > AWH_COLLECT_NAMES_MAX)
            return awh_fail(
                diag, AW_ERR_RANGE,
                "%s: more than %zu MiB of different layer names; is it a log of one net?",
                collect->path, AWH_COLLECT_NAMES_MAX >> 20);
        names->slots[slot] = awh_arena_strdup(collect->arena, *text);
        if (names->slots[slot] == NULL)
            return awh_fail_mem(diag);
        names->count++;
    }
    *text = names->slots[slot];
    return AW_OK;
}

static enum aw_err intern_all(struct awh_collect *collect, struct awh_layer_run *run,
                              struct awh_diag *diag)
{
    const char **texts[] = {&run->unit, &run->program_crc32, &run->perf, &run->net, &run->section};
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
        err = intern(collect, texts[i], diag);
    for (size_t i = 0; err == AW_OK && i < run->layer_count; i++)
        if ((err = intern(collect, &run->layers[i].name, diag)) == AW_OK)
            err = intern(collect, &run->layers[i].type, diag);
    struct awh_figure *figures = (struct awh_figure *)(uintptr_t)run->figures; /* our own copy */
    for (size_t i = 0; err == AW_OK && i < run->figure_count; i++)
        if ((err = intern(collect, &figures[i].name, diag)) == AW_OK)
            err = intern(collect, &figures[i].unit, diag);
    return err;
}

/* -- copies -------------------------------------------------------------------------------------
 */

static size_t bytes_of(const struct awh_layer_run *run)
{
    size_t bytes = run->layer_count * sizeof(*run->layers) +
                   run->figure_count * sizeof(*run->figures) +
                   run->sample_count * sizeof(*run->samples);
    bytes += run->spread != NULL ? sizeof(*run->spread) : 0;
    for (size_t i = 0; i < run->layer_count; i++)
        bytes += run->layers[i].spread != NULL ? sizeof(*run->spread) : 0;
    return bytes;
}

static void *copy_array(char **at, const void *items, size_t count, size_t size)
{
    void *copy = *at;
    if (count > 0)
        memcpy(copy, items, count * size);
    *at += count * size;
    return copy;
}

/* Lays the arrays of `run` into `block`, which has bytes_of(run) bytes; all their items have the
 * alignment of a double or a pointer. */
static struct awh_layer_run copy_run(const struct awh_layer_run *run, void *block)
{
    struct awh_layer_run copy = *run;
    char *at = block;
    copy.layers = copy_array(&at, run->layers, run->layer_count, sizeof(*run->layers));
    copy.figures = copy_array(&at, run->figures, run->figure_count, sizeof(*run->figures));
    copy.samples = copy_array(&at, run->samples, run->sample_count, sizeof(*run->samples));
    if (run->spread != NULL)
        copy.spread = copy_array(&at, run->spread, 1, sizeof(*run->spread));
    for (size_t i = 0; i < run->layer_count; i++)
        if (run->layers[i].spread != NULL)
            copy.layers[i].spread = copy_array(&at, run->layers[i].spread, 1, sizeof(*run->spread));
    return copy;
}

/* -- groups -------------------------------------------------------------------------------------
 */

/* Interned texts are equal when their addresses are. */
static bool same_layers(const struct awh_layer_run *a, const struct awh_layer_run *b)
{
    if (a->perf != b->perf || a->section != b->section || a->net != b->net || a->unit != b->unit ||
        a->program_crc32 != b->program_crc32 || a->warmup || b->warmup || a->incomplete ||
        b->incomplete || isnan(a->overall) != isnan(b->overall) || a->verified != b->verified ||
        a->layer_count != b->layer_count)
        return false;
    for (size_t i = 0; i < a->layer_count; i++)
        if (a->layers[i].name != b->layers[i].name || a->layers[i].prim != b->layers[i].prim)
            return false;
    return true;
}

static enum aw_err find_group(struct awh_collect *collect, const struct awh_layer_run *run,
                              struct awh_collect_group **group_out, struct awh_diag *diag)
{
    for (size_t n = 0; n < collect->group_count; n++) {
        size_t g = (collect->last_group + n) % collect->group_count;
        if (collect->groups[g].count > 0 && same_layers(&collect->groups[g].runs[0].run, run)) {
            collect->last_group = g;
            *group_out = &collect->groups[g];
            return AW_OK;
        }
    }
    if (collect->group_count == collect->runs_max)
        return awh_fail(diag, AW_ERR_RANGE,
                        "%s:%u: more than %zu tables with different layers; split the file",
                        collect->path, (unsigned)run->line, collect->runs_max);
    struct awh_collect_group *groups = awh_grow(collect->groups, &collect->group_capacity,
                                                collect->group_count + 1, sizeof(*groups));
    if (groups == NULL)
        return awh_fail_mem(diag);
    collect->groups = groups;
    collect->last_group = collect->group_count;
    groups[collect->group_count] = (struct awh_collect_group){.weight = 1};
    *group_out = &groups[collect->group_count++];
    return AW_OK;
}

static double weighted(double a, uint64_t a_weight, double b, uint64_t b_weight)
{
    return (a * (double)a_weight + b * (double)b_weight) / (double)(a_weight + b_weight);
}

/* Medians and quantiles of two halves do not give those of the whole. */
static void merge_spread(const struct awh_spread *into, uint64_t into_weight,
                         const struct awh_spread *from, uint64_t from_weight)
{
    if (into == NULL)
        return;
    struct awh_spread *out = (struct awh_spread *)(uintptr_t)into; /* in our own block */
    const struct awh_spread none = {.min = (double)NAN, .max = (double)NAN, .mean = (double)NAN};
    const struct awh_spread *other = from != NULL ? from : &none;
    *out = (struct awh_spread){.min = isnan(other->min) ? other->min : fmin(into->min, other->min),
                               .max = isnan(other->max) ? other->max : fmax(into->max, other->max),
                               .mean = weighted(into->mean, into_weight, other->mean, from_weight),
                               .median = (double)NAN};
}

/* The same figures in the same order have means; others are of one run only. */
static void merge_figures(struct awh_layer_run *into, uint64_t into_weight,
                          const struct awh_layer_run *from, uint64_t from_weight)
{
    struct awh_figure *figures = (struct awh_figure *)(uintptr_t)into->figures; /* our own copy */
    bool same = into->figure_count == from->figure_count;
    for (size_t i = 0; same && i < into->figure_count; i++)
        same = figures[i].name == from->figures[i].name && figures[i].unit == from->figures[i].unit;
    into->figure_count = same ? into->figure_count : 0;
    for (size_t i = 0; i < into->figure_count; i++)
        figures[i].value =
            weighted(figures[i].value, into_weight, from->figures[i].value, from_weight);
}

static void merge(struct awh_collect *collect, struct awh_collect_run *into,
                  struct awh_collect_run *from)
{
    struct awh_layer_run *a = &into->run;
    const struct awh_layer_run *b = &from->run;
    for (size_t i = 0; i < a->layer_count; i++) {
        a->layers[i].value =
            weighted(a->layers[i].value, into->weight, b->layers[i].value, from->weight);
        a->layers[i].count += b->layers[i].count;
        merge_spread(a->layers[i].spread, into->weight, b->layers[i].spread, from->weight);
    }
    a->overall = weighted(a->overall, into->weight, b->overall, from->weight);
    merge_spread(a->spread, into->weight, b->spread, from->weight);
    a->count = (a->count > 0 ? a->count : into->weight) + (b->count > 0 ? b->count : from->weight);
    merge_figures(a, into->weight, b, from->weight);
    a->sample_count = 0;
    into->weight += from->weight;
    collect->bytes -= from->block_bytes;
    free(from->block);
}

static void halve(struct awh_collect *collect, struct awh_collect_group *group)
{
    size_t kept = 0;
    for (size_t i = 0; i < group->count; i += 2) {
        if (i + 1 < group->count)
            merge(collect, &group->runs[i], &group->runs[i + 1]);
        group->runs[kept++] = group->runs[i];
    }
    group->count = kept;
    group->weight *= 2;
}

static bool last_is_full(const struct awh_collect_group *group)
{
    return group->count == 0 || group->runs[group->count - 1].weight >= group->weight;
}

static enum aw_err make_room(struct awh_collect *collect, struct awh_collect_group *group,
                             size_t bytes, struct awh_diag *diag)
{
    if (group->count == collect->runs_max && last_is_full(group))
        halve(collect, group);
    while (collect->bytes + bytes > collect->bytes_max) {
        struct awh_collect_group *longest = &collect->groups[0];
        for (size_t g = 1; g < collect->group_count; g++)
            if (collect->groups[g].count > longest->count)
                longest = &collect->groups[g];
        if (longest->count < 2)
            return awh_fail(diag, AW_ERR_RANGE,
                            "%s: more than %zu MiB of timings of different nets; split the file",
                            collect->path, collect->bytes_max >> 20);
        halve(collect, longest);
    }
    return AW_OK;
}

/* What goes into tables and models has been measured: finite, and not below 0. */
static enum aw_err check_values(const struct awh_collect *collect, const struct awh_layer_run *run,
                                struct awh_diag *diag)
{
    if (!isnan(run->overall) && (!isfinite(run->overall) || run->overall < 0))
        return awh_fail(diag, AW_ERR_RANGE, "%s:%u: the whole net has %g %s; expected at least 0",
                        collect->path, (unsigned)run->line, run->overall, run->unit);
    for (size_t i = 0; i < run->layer_count; i++)
        if (!isfinite(run->layers[i].value) || run->layers[i].value < 0)
            return awh_fail(diag, AW_ERR_RANGE, "%s:%u: '%.64s' has %g %s; expected at least 0",
                            collect->path, (unsigned)run->layers[i].line, run->layers[i].name,
                            run->layers[i].value, run->unit);
    return AW_OK;
}

enum aw_err awh_collect_take(void *context, const struct awh_layer_run *given,
                             struct awh_diag *diag)
{
    struct awh_collect *collect = context;
    struct awh_collect_run stored = {.order = collect->taken, .weight = 1};
    struct awh_collect_group *group = NULL;
    enum aw_err err;

    if ((err = check_values(collect, given, diag)) != AW_OK)
        return err;
    stored.block_bytes = bytes_of(given);
    stored.block = malloc(stored.block_bytes + 1);
    if (stored.block == NULL)
        return awh_fail_mem(diag);
    stored.run = copy_run(given, stored.block);
    stored.run.reader = collect->reader;
    if (stored.run.perf == NULL)
        stored.run.perf = "latency";
    if ((err = intern_all(collect, &stored.run, diag)) != AW_OK ||
        (err = find_group(collect, &stored.run, &group, diag)) != AW_OK ||
        (err = make_room(collect, group, stored.block_bytes, diag)) != AW_OK) {
        free(stored.block);
        return err;
    }
    collect->bytes += stored.block_bytes;
    collect->taken++;
    if (!last_is_full(group)) {
        merge(collect, &group->runs[group->count - 1], &stored);
        return AW_OK;
    }
    struct awh_collect_run *runs =
        awh_grow(group->runs, &group->capacity, group->count + 1, sizeof(*runs));
    if (runs == NULL) {
        collect->bytes -= stored.block_bytes;
        free(stored.block);
        return awh_fail_mem(diag);
    }
    group->runs = runs;
    group->runs[group->count++] = stored;
    return AW_OK;
}

/* -- the end ------------------------------------------------------------------------------------
 */

static int by_order(const void *a, const void *b)
{
    const struct awh_collect_run *const *x = a, *const *y = b;
    return ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

enum aw_err awh_collect_finish(struct awh_collect *collect, struct awh_layer_runs *runs_out,
                               struct awh_diag *diag)
{
    size_t count = 0;
    for (size_t g = 0; g < collect->group_count; g++)
        count += collect->groups[g].count;
    struct awh_collect_run **sorted = malloc((count + 1) * sizeof(struct awh_collect_run *));
    struct awh_layer_run *runs = awh_arena_array(collect->arena, count, sizeof(*runs));
    enum aw_err err = sorted == NULL || runs == NULL ? awh_fail_mem(diag) : AW_OK;
    count = 0;
    for (size_t g = 0; err == AW_OK && g < collect->group_count; g++)
        for (size_t i = 0; i < collect->groups[g].count; i++)
            sorted[count++] = &collect->groups[g].runs[i];
    if (err == AW_OK && count > 0)
        qsort(sorted, count, sizeof(*sorted), by_order);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        void *block = awh_arena_alloc(collect->arena, bytes_of(&sorted[i]->run));
        if (block == NULL)
            err = awh_fail_mem(diag);
        else
            runs[i] = copy_run(&sorted[i]->run, block);
    }
    free(sorted);
    if (err == AW_OK)
        *runs_out = (struct awh_layer_runs){.runs = runs, .count = count};
    return err;
}

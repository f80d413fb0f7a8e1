/* Reading back what latency wrote: what --resume keeps, and the table of primitives. */
#include <stdlib.h>
#include <string.h>

#include "flow/latency.h"

static void ignore(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static bool has_text(const struct awh_yaml *map, const char *key, const char *text)
{
    return awh_yaml_is_str(awh_yaml_get(map, key), text);
}

static bool has_int(const struct awh_yaml *map, const char *key, uint64_t value)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    return node && node->kind == AWH_YAML_INT && node->integer == (int64_t)value;
}

static bool is_true(const struct awh_yaml *map, const char *key)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    return node && node->kind == AWH_YAML_BOOL && node->boolean;
}

/* The file's primitives are the net's, in order; those without layers are not in the file. */
static bool same_prims(const struct awh_yaml *list, const struct awh_net *net)
{
    size_t at = 0;
    if (!list || list->kind != AWH_YAML_SEQ)
        return false;
    for (size_t i = 0; i < list->list.count; i++) {
        struct awh_diag diag = {.warn = ignore};
        struct awh_prim prim;
        if (awh_prim_from_yaml(list->list.items[i], &prim, &diag))
            return false;
        while (at < net->count && awh_prim_compare(&prim, &net->prims[at]))
            at++;
        if (at++ >= net->count)
            return false;
    }
    return list->list.count > 0 || !net->count;
}

static bool same_way(const struct awh_latency *latency, const struct awh_yaml *root)
{
    const struct awh_yaml *method = awh_yaml_get(root, "method");
    const struct awh_yaml *device = awh_yaml_get(root, "device");
    char title[256];
    struct awh_diag diag = {.warn = ignore};
    uint32_t threads = latency->options->threads;
    return !latency->ops->title(latency->device, title, sizeof title, &diag) &&
           has_text(device, "engine", latency->ops->name) && has_text(device, "name", title) &&
           (!threads || has_int(device, "threads", threads)) &&
           has_text(method, "mode", awh_timing_mode_name(latency->mode)) &&
           has_text(method, "precision", awh_precision_name(latency->precision)) &&
           has_text(method, "caches", latency->options->cold ? "cold" : "warm") &&
           has_int(root, "forward_time", latency->options->forward_time) &&
           (latency->options->no_verify || is_true(root, "verified"));
}

static bool has_runs(const struct awh_latency *latency, struct awh_arena *arena,
                     const struct awh_latency_net *net, const struct awh_yaml *root)
{
    const struct awh_yaml *runs = awh_yaml_get(root, "runs");
    if (!runs || runs->kind != AWH_YAML_INT || runs->integer < 0 || (net->path && !runs->integer))
        return false;
    for (int64_t i = 0; i < runs->integer; i++) {
        const char *path = awh_arena_printf(arena, "%s/%s/%lld.yaml", latency->options->perf_dir,
                                            net->net.name, (long long)i);
        if (!path || !awh_path_exists(path))
            return false;
    }
    return true;
}

bool awh_latency_is_complete(const struct awh_latency *latency, const struct awh_latency_net *net)
{
    struct awh_arena arena;
    struct awh_diag diag = {.warn = ignore}; /* a broken file is no failure: it is measured again */
    struct awh_yaml *root;
    awh_arena_init(&arena);
    const char *path = awh_latency_layers_path(latency, &arena, &net->net);
    bool complete = path && awh_path_exists(path) &&
                    !awh_yaml_load_file(&arena, path, &root, &diag) && same_way(latency, root) &&
                    same_prims(awh_yaml_get(root, "primitives"), &net->net) &&
                    has_runs(latency, &arena, net, root);
    awh_arena_release(&arena);
    return complete;
}

/* -- the table ---------------------------------------------------------------------------- */

struct entry {
    struct awh_prim prim;
    double sum;
    size_t count;
};

struct table {
    struct awh_arena *arena;
    struct entry *entries;
    size_t count, capacity;
    const struct awh_yaml *device;
    bool verified;
    size_t noisy;
    struct awh_diag *diag;
};

static enum aw_err add(struct table *table, const struct awh_yaml *item)
{
    struct awh_yaml *value;
    struct entry entry = {.count = 1};
    enum aw_err err = awh_prim_from_yaml(item, &entry.prim, table->diag);
    if (err ||
        (err = awh_yaml_need(awh_yaml_get(item, "performances"), "latency", AWH_YAML_FLOAT, &value,
                             table->diag)) ||
        (err = awh_yaml_real(value, &entry.sum, table->diag)))
        return err;
    void *grown =
        awh_grow(table->entries, &table->capacity, table->count + 1, sizeof *table->entries);
    if (!grown)
        return awh_fail_mem(table->diag);
    table->entries = grown;
    table->entries[table->count++] = entry;
    return AW_OK;
}

static enum aw_err read_net(struct table *table, const struct awh_latency *latency,
                            const struct awh_latency_net *net)
{
    struct awh_yaml *root, *list;
    const char *path = awh_latency_layers_path(latency, table->arena, &net->net);
    if (!path)
        return awh_fail_mem(table->diag);
    enum aw_err err = awh_yaml_load_file(table->arena, path, &root, table->diag);
    if (err || (err = awh_yaml_need(root, "primitives", AWH_YAML_SEQ, &list, table->diag)))
        return err;
    for (size_t i = 0; i < list->list.count && !err; i++)
        err = add(table, list->list.items[i]);
    table->device = awh_yaml_get_set(root, "device");
    table->verified = table->verified && is_true(root, "verified");
    table->noisy += is_true(awh_yaml_get(root, "method"), "noisy");
    return err;
}

static int by_prim(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return awh_prim_compare(&x->prim, &y->prim);
}

/* Occurrences of a primitive become one, with their mean. */
static void merge(struct table *table)
{
    size_t kept = 0;
    if (!table->count)
        return;
    qsort(table->entries, table->count, sizeof *table->entries, by_prim);
    for (size_t i = 1; i < table->count; i++) {
        struct entry *last = &table->entries[kept], *next = &table->entries[i];
        if (awh_prim_compare(&last->prim, &next->prim)) {
            table->entries[++kept] = *next;
            continue;
        }
        last->sum += next->sum;
        last->count += next->count;
    }
    table->count = kept + 1;
}

static enum aw_err save(struct table *table, const char *path)
{
    struct awh_arena *arena = table->arena;
    struct awh_yaml *root = awh_yaml_new_map(arena), *list = awh_yaml_new_seq(arena);
    bool ok = root && list;
    for (size_t i = 0; i < table->count && ok; i++) {
        const struct entry *entry = &table->entries[i];
        struct awh_yaml *item = awh_prim_to_yaml(arena, &entry->prim);
        struct awh_yaml *performances = awh_yaml_new_map(arena);
        ok = item && performances &&
             awh_yaml_set(arena, performances, "latency",
                          awh_yaml_new_real(arena, entry->sum / (double)entry->count)) &&
             awh_yaml_set(arena, item, "performances", performances) &&
             awh_yaml_set(arena, item, "count", awh_yaml_new_int(arena, (int64_t)entry->count)) &&
             awh_yaml_push(arena, list, item);
    }
    ok = ok && awh_yaml_set(arena, root, "primitives", list) &&
         awh_yaml_set(arena, root, "unit", awh_yaml_new_str(arena, "ms")) &&
         awh_yaml_set(arena, root, "verified", awh_yaml_new_bool(arena, table->verified)) &&
         awh_yaml_set(arena, root, "noisy_nets", awh_yaml_new_int(arena, (int64_t)table->noisy)) &&
         (!table->device ||
          awh_yaml_set(arena, root, "device", awh_yaml_copy(arena, table->device)));
    return ok ? awh_yaml_save(root, path, table->diag) : awh_fail_mem(table->diag);
}

enum aw_err awh_latency_write_table(struct awh_latency *latency, struct awh_diag *diag)
{
    struct table table = {.arena = &latency->arena, .verified = true, .diag = diag};
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < latency->net_count && !err; i++)
        err = read_net(&table, latency, &latency->nets[i]);
    const char *path =
        awh_path_join(&latency->arena, latency->options->perf_dir, "prof_primitive.yaml");
    if (!err && !path)
        err = awh_fail_mem(diag);
    if (!err) {
        merge(&table);
        err = save(&table, path);
    }
    free(table.entries);
    return err;
}

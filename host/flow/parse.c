/* parse and net2primitive: layer timings -> primitive timings.
 *
 * A layer's time goes to the primitive that prim2names.yaml gives it to; a layer that no primitive
 * owns counts as glue. Every tick of a file ends in one of the two, and the summary says how much.
 */
#include "flow/flow.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "program/layers.h"
#include "readers/reader.h"

struct table_entry {
    const struct awh_prim *prim;
    double sum;
    uint64_t count;
    bool profiled; /* stands in prof_prims.yaml */
};

struct parser {
    const struct awh_parse_options *options;
    struct awh_arena arena;
    struct awh_diag *diag;
    struct awh_stage stage; /* parse's result directory */
    bool staged;
    struct table_entry *table; /* sorted by primitive once all is read */
    size_t table_count, table_capacity;
    const char *unit;
    const struct awh_yaml *device;
    bool verified, any_run;
    double attributed, total; /* sums over all files, in `unit` */
    size_t nets, runs;
};

/* -- the primitives that were to be profiled
 * ------------------------------------------------------- */

static int by_prim(const void *a, const void *b)
{
    const struct table_entry *x = a, *y = b;
    return awh_prim_compare(x->prim, y->prim);
}

static enum aw_err table_add(struct parser *p, const struct awh_prim *prim, double value,
                             bool profiled)
{
    struct table_entry *table =
        awh_grow(p->table, &p->table_capacity, p->table_count + 1, sizeof(*table));
    if (table == NULL)
        return awh_fail_mem(p->diag);
    p->table = table;
    p->table[p->table_count++] = (struct table_entry){
        .prim = prim, .sum = profiled ? 0 : value, .count = profiled ? 0 : 1, .profiled = profiled};
    return AW_OK;
}

/* Sorts and merges equal primitives. */
static void table_merge(struct parser *p)
{
    size_t kept = 0;
    if (p->table_count == 0)
        return;
    qsort(p->table, p->table_count, sizeof(*p->table), by_prim);
    for (size_t i = 1; i < p->table_count; i++) {
        struct table_entry *last = &p->table[kept], *next = &p->table[i];
        if (awh_prim_compare(last->prim, next->prim) == 0) {
            last->sum += next->sum;
            last->count += next->count;
            last->profiled = last->profiled || next->profiled;
        } else {
            p->table[++kept] = *next;
        }
    }
    p->table_count = kept + 1;
}

static enum aw_err load_prof_prims(struct parser *p)
{
    struct awh_yaml *root;
    enum aw_err err = awh_yaml_load_file(&p->arena, p->options->prof_prims_path, &root, p->diag);
    if (err != AW_OK)
        return err;
    if (root->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(
            root, AW_ERR_FORMAT, p->diag,
            "expected the list of primitives that genprof writes (prof_prims.yaml)");
    struct awh_prim *prims = awh_arena_array(&p->arena, root->list.count, sizeof(*prims));
    if (prims == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < root->list.count && err == AW_OK; i++) {
        err = awh_prim_from_yaml(root->list.items[i], &prims[i], p->diag);
        if (err == AW_OK)
            err = table_add(p, &prims[i], 0, true);
    }
    return err;
}

/* -- one run
 * ------------------------------------------------------------------------------------------ */

struct name_owner {
    const char *name;
    size_t prim; /* index in prim2names.yaml */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name_owner *)a)->name, ((const struct name_owner *)b)->name);
}

struct net_map {
    struct awh_net_layers layers;
    struct name_owner *owners; /* sorted by name */
    size_t owner_count;
    char crc[16];
};

static enum aw_err net_map_load(struct parser *p, const char *net, struct net_map *map)
{
    char *dir = awh_path_join(&p->arena, p->options->prim_to_ops, net);
    if (dir == NULL)
        return awh_fail_mem(p->diag);
    if (!awh_path_is_dir(dir))
        return awh_fail(
            p->diag, AW_ERR_NOT_FOUND,
            "%s: no such directory; PRIM_TO_OPS is the folder hardwares/<k>-<compiler> that "
            "net %s was compiled into",
            dir, net);
    enum aw_err err = awh_net_layers_load(&p->arena, dir, net, &map->layers, p->diag);
    if (err != AW_OK)
        return err;
    snprintf(map->crc, sizeof(map->crc), "0x%08" PRIx32, map->layers.layers.program_crc32);
    map->owner_count = 0;
    for (size_t i = 0; i < map->layers.prim_count; i++)
        map->owner_count += map->layers.prims[i].count;
    map->owners = awh_arena_array(&p->arena, map->owner_count, sizeof(*map->owners));
    if (map->owners == NULL)
        return awh_fail_mem(p->diag);
    size_t at = 0;
    for (size_t i = 0; i < map->layers.prim_count; i++)
        for (size_t n = 0; n < map->layers.prims[i].count; n++)
            map->owners[at++] =
                (struct name_owner){.name = map->layers.prims[i].names[n], .prim = i};
    qsort(map->owners, map->owner_count, sizeof(*map->owners), by_name);
    return AW_OK;
}

static enum aw_err check_origin(struct parser *p, const char *path, const struct net_map *map,
                                const struct awh_layer_run *run)
{
    if (run->program_crc32 != NULL && strcmp(run->program_crc32, map->crc) != 0)
        return awh_fail(
            p->diag, AW_ERR_MISMATCH,
            "%s: measured program %s, but %s holds program %s; measure again or give the "
            "folder that was measured",
            path, run->program_crc32, p->options->prim_to_ops, map->crc);
    if (!p->any_run) {
        p->unit = run->unit;
        p->device = run->device;
        p->verified = run->verified;
        p->any_run = true;
    }
    p->verified = p->verified && run->verified;
    if (strcmp(p->unit, run->unit) != 0)
        return awh_fail(
            p->diag, AW_ERR_MISMATCH,
            "%s: its unit is %s, that of the files before %s; different devices cannot be "
            "mixed",
            path, run->unit, p->unit);
    return AW_OK;
}

/* Sums the layers of each primitive; perfs[i] stays NAN where no layer was measured. */
static enum aw_err attribute(struct parser *p, const char *path, const struct net_map *map,
                             const struct awh_layer_run *run, double *perfs, double *block_sum)
{
    *block_sum = 0;
    for (size_t i = 0; i < map->layers.prim_count; i++)
        perfs[i] = (double)NAN;
    for (size_t i = 0; i < run->layer_count; i++) {
        const struct awh_layer_time *layer = &run->layers[i];
        struct name_owner key = {.name = layer->name};
        const struct name_owner *owner =
            bsearch(&key, map->owners, map->owner_count, sizeof(key), by_name);
        p->total += layer->value;
        if (owner == NULL) {
            awh_warn(p->diag, "%s: layer %s belongs to no primitive; its time counts as glue", path,
                     layer->name);
            continue;
        }
        p->attributed += layer->value;
        *block_sum += layer->value;
        perfs[owner->prim] =
            isnan(perfs[owner->prim]) ? layer->value : perfs[owner->prim] + layer->value;
    }
    return AW_OK;
}

static enum aw_err write_run(struct parser *p, const char *net, const char *file,
                             const struct net_map *map, const struct awh_layer_run *run,
                             const double *perfs, double block_sum)
{
    struct awh_arena *arena = &p->arena;
    const char *perf = p->options->perf_name;
    struct awh_yaml *root = awh_yaml_new_map(arena), *prims = awh_yaml_new_seq(arena);
    char key[128];

    for (size_t i = 0; i < map->layers.prim_count; i++) {
        struct awh_yaml *item = awh_prim_to_yaml(arena, &map->layers.prims[i].prim);
        struct awh_yaml *performances = awh_yaml_new_map(arena);
        if (isnan(perfs[i])) /* unmeasured primitives are left out, as aw_nas intends */
            continue;
        if (item == NULL ||
            !awh_yaml_set(arena, performances, perf, awh_yaml_new_real(arena, perfs[i])) ||
            !awh_yaml_set(arena, item, "performances", performances) ||
            !awh_yaml_push(arena, prims, item))
            return awh_fail_mem(p->diag);
    }
    bool ok = awh_yaml_set(arena, root, "primitives", prims) &&
              awh_yaml_set(arena, root, "unit", awh_yaml_new_str(arena, run->unit)) &&
              awh_yaml_set(arena, root, "verified", awh_yaml_new_bool(arena, run->verified));
    snprintf(key, sizeof(key), "block_sum_%s", perf);
    ok = ok && awh_yaml_set(arena, root, key, awh_yaml_new_real(arena, block_sum));
    snprintf(key, sizeof(key), "overall_%s", perf);
    if (!isnan(run->overall))
        ok = ok && awh_yaml_set(arena, root, key, awh_yaml_new_real(arena, run->overall));
    if (run->device != NULL)
        ok = ok && awh_yaml_set(arena, root, "device", awh_yaml_copy(arena, run->device));
    if (!ok)
        return awh_fail_mem(p->diag);

    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, p->diag);
    char *relative = awh_path_join(arena, net, file);
    if (err == AW_OK && relative == NULL)
        err = awh_fail_mem(p->diag);
    if (err == AW_OK)
        err = awh_stage_write(&p->stage, relative, text.text, text.size, p->diag);
    awh_str_release(&text);
    return err;
}

static enum aw_err parse_run(struct parser *p, const char *net, const char *file, const char *path,
                             const struct net_map *map)
{
    struct awh_layer_run run;
    double block_sum;
    double *perfs = awh_arena_array(&p->arena, map->layers.prim_count, sizeof(*perfs));
    enum aw_err err;
    if (perfs == NULL)
        return awh_fail_mem(p->diag);
    if ((err = awh_reader_read(&p->arena, path, &run, p->diag)) != AW_OK ||
        (err = check_origin(p, path, map, &run)) != AW_OK ||
        (err = attribute(p, path, map, &run, perfs, &block_sum)) != AW_OK)
        return err;
    p->runs++;
    if (p->staged)
        return write_run(p, net, file, map, &run, perfs, block_sum);
    for (size_t i = 0; err == AW_OK && i < map->layers.prim_count; i++)
        if (!isnan(perfs[i]))
            err = table_add(p, &map->layers.prims[i].prim, perfs[i], false);
    return err;
}

static enum aw_err parse_net(struct parser *p, const char *net, const char *dir)
{
    struct net_map map;
    char **files;
    size_t count, runs = p->runs;
    enum aw_err err = net_map_load(p, net, &map);
    if (err == AW_OK)
        err = awh_dir_list(&p->arena, dir, &files, &count, p->diag);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        char *path = awh_path_join(&p->arena, dir, files[i]);
        if (path == NULL)
            return awh_fail_mem(p->diag);
        if (files[i][0] != '.' && !awh_path_is_dir(path))
            err = parse_run(p, net, files[i], path, &map);
    }
    if (err == AW_OK && p->runs == runs)
        awh_warn(p->diag, "%s: no result in it; the net is left out", dir);
    p->nets += p->runs > runs;
    return err;
}

static enum aw_err parse_all(struct parser *p)
{
    const char *root = p->options->prof_result_dir;
    char **names;
    size_t count;
    enum aw_err err = awh_dir_list(&p->arena, root, &names, &count, p->diag);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        char *dir = awh_path_join(&p->arena, root, names[i]);
        if (dir == NULL)
            return awh_fail_mem(p->diag);
        if (names[i][0] != '.' && awh_path_is_dir(dir))
            err = parse_net(p, names[i], dir);
    }
    if (err == AW_OK && p->runs == 0)
        err = awh_fail(p->diag, AW_ERR_NOT_FOUND,
                       "%s: no results found; expected <net>/<run>.yaml as measure writes", root);
    return err;
}

/* -- output
 * ------------------------------------------------------------------------------------------- */

static struct awh_yaml *table_item(struct parser *p, const struct table_entry *entry)
{
    struct awh_yaml *item = awh_prim_to_yaml(&p->arena, entry->prim);
    struct awh_yaml *performances = awh_yaml_new_map(&p->arena);
    double mean = entry->sum / (double)entry->count;
    if (item == NULL ||
        !awh_yaml_set(&p->arena, performances, p->options->perf_name,
                      awh_yaml_new_real(&p->arena, mean)) ||
        !awh_yaml_set(&p->arena, item, "performances", performances) ||
        !awh_yaml_set(&p->arena, item, "count", awh_yaml_new_int(&p->arena, (int64_t)entry->count)))
        return NULL;
    return item;
}

static enum aw_err write_table(struct parser *p)
{
    struct awh_arena *arena = &p->arena;
    struct awh_yaml *root = awh_yaml_new_map(arena), *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < p->table_count; i++)
        if (p->table[i].count > 0 && !awh_yaml_push(arena, list, table_item(p, &p->table[i])))
            return awh_fail_mem(p->diag);
    if (!awh_yaml_set(arena, root, "primitives", list) ||
        !awh_yaml_set(arena, root, "unit", awh_yaml_new_str(arena, p->unit)) ||
        !awh_yaml_set(arena, root, "verified", awh_yaml_new_bool(arena, p->verified)) ||
        !awh_yaml_set(arena, root, "attributed",
                      awh_yaml_new_real(arena, p->total > 0 ? p->attributed / p->total : 1)) ||
        (p->device != NULL &&
         !awh_yaml_set(arena, root, "device", awh_yaml_copy(arena, p->device))))
        return awh_fail_mem(p->diag);
    return awh_yaml_save(root, p->options->result_file, p->diag);
}

static void print_summary(const struct parser *p, FILE *out)
{
    fprintf(out, "%zu runs of %zu nets, unit %s, %s\n", p->runs, p->nets, p->unit,
            p->verified ? "all verified" : "NOT all verified");
    fprintf(out, "attributed to primitives: %.2f%% of %.6g\n",
            p->total > 0 ? 100 * p->attributed / p->total : 100.0, p->total);
    if (!p->staged) {
        size_t wanted = 0, found = 0, glue = 0;
        for (size_t i = 0; i < p->table_count; i++) {
            wanted += p->table[i].profiled;
            found += p->table[i].profiled && p->table[i].count > 0;
            glue += !p->table[i].profiled;
        }
        fprintf(out, "primitives: %zu of %zu measured, and %zu glue primitives of the nets\n",
                found, wanted, glue);
    }
}

enum aw_err awh_parse(const struct awh_parse_options *options, FILE *out, struct awh_diag *diag)
{
    struct parser p = {.options = options, .diag = diag};
    struct awh_yaml *hwobj;
    enum aw_err err;

    awh_arena_init(&p.arena);
    err = awh_yaml_load_file(&p.arena, options->hwobj_path, &hwobj, diag);
    if (err == AW_OK && hwobj->kind != AWH_YAML_MAP)
        err = awh_yaml_fail(hwobj, AW_ERR_FORMAT, diag, "expected a map of hardware settings");
    if (err == AW_OK)
        err = load_prof_prims(&p);
    if (err == AW_OK && options->result_dir != NULL) {
        err = awh_stage_begin(options->result_dir, options->force, &p.stage, diag);
        p.staged = err == AW_OK;
    }
    if (err == AW_OK)
        err = parse_all(&p);
    if (err == AW_OK) {
        table_merge(&p);
        err = p.staged ? awh_stage_commit(&p.stage, diag) : write_table(&p);
    }
    if (err == AW_OK)
        print_summary(&p, out);
    if (p.staged)
        awh_stage_release(&p.stage);
    free(p.table);
    awh_arena_release(&p.arena);
    return err;
}

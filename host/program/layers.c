#include "program/layers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

/* -- Reading
 * ----------------------------------------------------------------------------------------- */

static enum aw_err need_int(const struct awh_yaml *map, const char *key, int64_t max, uint64_t *out,
                            struct awh_diag *diag)
{
    struct awh_yaml *node;
    enum aw_err err = awh_yaml_need(map, key, AWH_YAML_INT, &node, diag);
    int64_t value = 0;
    if (!err)
        err = awh_yaml_int(node, 0, max, &value, diag);
    if (!err)
        *out = (uint64_t)value;
    return err;
}

static enum aw_err need_u32(const struct awh_yaml *map, const char *key, uint32_t *out,
                            struct awh_diag *diag)
{
    uint64_t value = 0;
    enum aw_err err = need_int(map, key, UINT32_MAX, &value, diag);
    if (!err)
        *out = (uint32_t)value;
    return err;
}

static enum aw_err need_text(const struct awh_yaml *map, const char *key, const char **out,
                             struct awh_diag *diag)
{
    struct awh_yaml *node;
    enum aw_err err = awh_yaml_need(map, key, AWH_YAML_STR, &node, diag);
    if (!err)
        err = awh_yaml_text(node, out, diag);
    return err;
}

static enum aw_err need_crc(const struct awh_yaml *map, const char *key, uint32_t *out,
                            struct awh_diag *diag)
{
    const char *text;
    enum aw_err err = need_text(map, key, &text, diag);
    if (err)
        return err;
    char *end = NULL;
    bool hex =
        strlen(text) == 10 && text[0] == '0' && text[1] == 'x' && isxdigit((unsigned char)text[2]);
    unsigned long value = hex ? strtoul(text + 2, &end, 16) : 0;
    if (!hex || *end)
        return awh_yaml_fail(awh_yaml_get(map, key), AW_ERR_FORMAT, diag,
                             "expected a checksum like '0x1a2b3c4d', found '%s'", text);
    *out = (uint32_t)value;
    return AW_OK;
}

/* Inverse of aw_act_name. */
static bool find_act(const char *name, enum aw_act *act_out)
{
    for (uint8_t act = 0; act < AW_ACT_COUNT; act++)
        if (strcmp(name, aw_act_name(act)) == 0) {
            *act_out = (enum aw_act)act;
            return true;
        }
    return false;
}

static enum aw_err read_layer(const struct awh_yaml *map, size_t index, struct awh_layer_info *out,
                              struct awh_diag *diag)
{
    if (map->kind != AWH_YAML_MAP)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a map that describes a layer");
    const char *op_name, *act_name;
    uint32_t found_index;
    enum aw_err err = need_text(map, "name", &out->name, diag);
    if (!err)
        err = need_text(map, "key", &out->key, diag);
    if (!err)
        err = need_text(map, "op", &op_name, diag);
    if (!err)
        err = need_text(map, "act", &act_name, diag);
    if (!err)
        err = need_u32(map, "index", &found_index, diag);
    if (!err)
        err = need_u32(map, "primitive", &out->primitive, diag);
    if (!err)
        err = need_int(map, "macs", INT64_MAX, &out->macs, diag);
    if (!err)
        err = need_int(map, "bytes", INT64_MAX, &out->bytes, diag);
    if (err)
        return err;
    if (found_index != index)
        return awh_yaml_fail(awh_yaml_get(map, "index"), AW_ERR_FORMAT, diag,
                             "expected %zu (layers are in order, from 0), found %u", index,
                             found_index);
    const struct aw_op *op = aw_op_find_name(op_name);
    if (!op)
        return awh_yaml_fail(awh_yaml_get(map, "op"), AW_ERR_FORMAT, diag,
                             "'%s' is no layer op of this awnas-hw", op_name);
    if (!find_act(act_name, &out->act))
        return awh_yaml_fail(awh_yaml_get(map, "act"), AW_ERR_FORMAT, diag,
                             "'%s' is no activation of this awnas-hw", act_name);
    out->op = op->id;
    return AW_OK;
}

struct owned_name {
    const char *name;
    size_t owner;                /* layer or primitive */
    const struct awh_yaml *node; /* for messages; may be NULL */
};

static int by_name(const void *a, const void *b)
{
    const struct owned_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->owner > y->owner) - (x->owner < y->owner);
}

/* Sorts the names; fails at the first that comes twice. */
static enum aw_err sort_unique(struct owned_name *names, size_t count, struct awh_diag *diag)
{
    qsort(names, count, sizeof(*names), by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1].name, names[i].name) == 0)
            return awh_yaml_fail(names[i].node, AW_ERR_FORMAT, diag,
                                 "two layers have the name '%s'", names[i].name);
    return AW_OK;
}

static enum aw_err read_items(struct awh_arena *arena, const struct awh_yaml *seq,
                              struct awh_layers *out, struct awh_diag *diag)
{
    size_t count = seq->list.count;
    if (count < 1 || count > AW_PROGRAM_MAX_LAYERS)
        return awh_yaml_fail(seq, AW_ERR_RANGE, diag, "expected 1 to %u layers, found %zu",
                             AW_PROGRAM_MAX_LAYERS, count);
    out->items = awh_arena_array(arena, count, sizeof(*out->items));
    struct owned_name *names = awh_arena_array(arena, count, sizeof(*names));
    if (!out->items || !names)
        return awh_fail_mem(diag);
    uint64_t macs = 0;
    for (size_t i = 0; i < count; i++) {
        const struct awh_yaml *map = seq->list.items[i];
        enum aw_err err = read_layer(map, i, &out->items[i], diag);
        if (err)
            return err;
        names[i] = (struct owned_name){
            .name = out->items[i].name, .owner = i, .node = awh_yaml_get(map, "name")};
        macs += out->items[i].macs; /* at most 1024 times 2^63: may wrap, and then differs */
    }
    out->count = count;
    if (macs != out->macs)
        return awh_yaml_fail(awh_yaml_get(seq->parent, "macs"), AW_ERR_FORMAT, diag,
                             "expected %llu, the sum of the layers, found %llu",
                             (unsigned long long)macs, (unsigned long long)out->macs);
    return sort_unique(names, count, diag);
}

enum aw_err awh_layers_load(struct awh_arena *arena, const char *path,
                            struct awh_layers *layers_out, struct awh_diag *diag)
{
    struct awh_yaml *root, *items = NULL;
    struct awh_layers layers = {0};
    enum aw_err err = awh_yaml_load_file(arena, path, &root, diag);
    if (!err && root->kind != AWH_YAML_MAP)
        err = awh_yaml_fail(root, AW_ERR_FORMAT, diag,
                            "expected a map, as `awnas-hw genprof -c dpu` writes it");
    if (!err)
        err = need_text(root, "net", &layers.net, diag);
    if (!err)
        err = need_int(root, "macs", INT64_MAX, &layers.macs, diag);
    if (!err)
        err = need_u32(root, "arena_bytes", &layers.arena_bytes, diag);
    if (!err)
        err = need_u32(root, "weight_bytes", &layers.weight_bytes, diag);
    if (!err)
        err = need_u32(root, "program_bytes", &layers.program_bytes, diag);
    if (!err)
        err = need_crc(root, "program_crc32", &layers.program_crc32, diag);
    if (!err)
        err = need_u32(root, "input_seed", &layers.input_seed, diag);
    if (!err)
        err = awh_yaml_need(root, "layers", AWH_YAML_SEQ, &items, diag);
    if (!err)
        err = read_items(arena, items, &layers, diag);
    if (!err)
        *layers_out = layers;
    return err;
}

static enum aw_err read_prim_names(struct awh_arena *arena, const struct awh_yaml *map,
                                   struct awh_prim_names *out, struct awh_diag *diag)
{
    struct awh_yaml *prim, *names = NULL;
    if (map->kind != AWH_YAML_MAP)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a map of primitive and names");
    enum aw_err err = awh_yaml_need(map, "primitive", AWH_YAML_MAP, &prim, diag);
    if (!err)
        err = awh_prim_from_yaml(prim, &out->prim, diag);
    if (!err)
        err = awh_yaml_need(map, "names", AWH_YAML_SEQ, &names, diag);
    if (err)
        return err;
    out->count = names->list.count;
    out->names = awh_arena_array(arena, out->count, sizeof(*out->names));
    if (!out->names)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < out->count && !err; i++)
        err = awh_yaml_text(names->list.items[i], &out->names[i], diag);
    return err;
}

/* All names of all primitives, sorted; `root` (may be NULL) gives their places. */
static enum aw_err collect_names(struct awh_arena *arena, const struct awh_prim_names *items,
                                 size_t count, const struct awh_yaml *root,
                                 struct owned_name **names_out, size_t *total_out,
                                 struct awh_diag *diag)
{
    size_t total = 0;
    for (size_t p = 0; p < count; p++)
        total += items[p].count;
    struct owned_name *names = awh_arena_array(arena, total, sizeof(*names));
    if (!names)
        return awh_fail_mem(diag);
    size_t at = 0;
    for (size_t p = 0; p < count; p++) {
        const struct awh_yaml *seq = root ? awh_yaml_get(root->list.items[p], "names") : NULL;
        for (size_t i = 0; i < items[p].count; i++)
            names[at++] = (struct owned_name){
                .name = items[p].names[i], .owner = p, .node = seq ? seq->list.items[i] : NULL};
    }
    *names_out = names;
    *total_out = total;
    return sort_unique(names, total, diag);
}

enum aw_err awh_prim_names_load(struct awh_arena *arena, const char *path,
                                struct awh_prim_names **items_out, size_t *count_out,
                                struct awh_diag *diag)
{
    struct awh_yaml *root;
    enum aw_err err = awh_yaml_load_file(arena, path, &root, diag);
    if (err)
        return err;
    if (root->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(root, AW_ERR_FORMAT, diag,
                             "expected a list of primitives, each with the names of its layers");
    size_t count = root->list.count, total;
    struct awh_prim_names *items = awh_arena_array(arena, count, sizeof(*items));
    if (!items)
        return awh_fail_mem(diag);
    for (size_t p = 0; p < count && !err; p++)
        err = read_prim_names(arena, root->list.items[p], &items[p], diag);
    struct owned_name *names;
    if (!err)
        err = collect_names(arena, items, count, root, &names, &total, diag);
    if (err)
        return err;
    *items_out = items;
    *count_out = count;
    return AW_OK;
}

/* -- Both together
 * ----------------------------------------------------------------------------------- */

static enum aw_err cross_check(struct awh_arena *arena, const struct awh_net_layers *net,
                               const char *layers_path, const char *names_path,
                               struct awh_diag *diag)
{
    struct owned_name *names;
    size_t total;
    enum aw_err err = collect_names(arena, net->prims, net->prim_count, NULL, &names, &total, diag);
    if (err)
        return err;
    for (size_t i = 0; i < net->layers.count; i++) {
        const struct awh_layer_info *layer = &net->layers.items[i];
        size_t low = 0, high = total;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (strcmp(names[middle].name, layer->name) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == total || strcmp(names[low].name, layer->name) != 0)
            return awh_fail(diag, AW_ERR_FORMAT,
                            "%s: layer '%s' is in no primitive of %s; were both files made by the "
                            "same genprof?",
                            layers_path, layer->name, names_path);
        if (names[low].owner != layer->primitive)
            return awh_fail(diag, AW_ERR_FORMAT,
                            "%s: layers[%zu].primitive: expected %zu as in %s, found %u",
                            layers_path, i, names[low].owner, names_path, layer->primitive);
    }
    /* Names are unique on both sides and every layer found its own. */
    if (total != net->layers.count)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: %zu layer names, but %s has %zu layers",
                        names_path, total, layers_path, net->layers.count);
    return AW_OK;
}

enum aw_err awh_net_layers_load(struct awh_arena *arena, const char *directory, const char *net,
                                struct awh_net_layers *out, struct awh_diag *diag)
{
    struct awh_net_layers loaded = {0};
    char *layers_path = awh_arena_printf(arena, "%s/%s.layers.yaml", directory, net);
    char *names_path = awh_path_join(arena, directory, "prim2names.yaml");
    if (!layers_path || !names_path)
        return awh_fail_mem(diag);
    enum aw_err err = awh_layers_load(arena, layers_path, &loaded.layers, diag);
    if (!err)
        err = awh_prim_names_load(arena, names_path, &loaded.prims, &loaded.prim_count, diag);
    if (!err)
        err = cross_check(arena, &loaded, layers_path, names_path, diag);
    if (!err)
        *out = loaded;
    return err;
}

enum aw_err awh_layers_check_program(const struct awh_layers *layers,
                                     const struct aw_program *program, const char *path,
                                     struct awh_diag *diag)
{
    if (program->crc != layers->program_crc32 || program->layer_count != layers->count)
        return awh_fail(
            diag, AW_ERR_MISMATCH,
            "%s: program 0x%08x of %u layers, but %s.layers.yaml describes 0x%08x of %zu; "
            "run genprof again",
            path, program->crc, program->layer_count, layers->net, layers->program_crc32,
            layers->count);
    return AW_OK;
}

/* -- Writing
 * ----------------------------------------------------------------------------------------- */

static bool set_int(struct awh_arena *arena, struct awh_yaml *map, const char *key, uint64_t value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_int(arena, (int64_t)value));
}

static bool set_text(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     const char *text)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_str(arena, text));
}

static struct awh_yaml *layer_to_yaml(struct awh_arena *arena, const struct awh_layer_info *layer,
                                      size_t index)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    const struct aw_op *op = aw_op_find(layer->op);
    bool ok = map && op && set_text(arena, map, "act", aw_act_name((uint8_t)layer->act)) &&
              set_int(arena, map, "bytes", layer->bytes) && set_int(arena, map, "index", index) &&
              set_text(arena, map, "key", layer->key) && set_int(arena, map, "macs", layer->macs) &&
              set_text(arena, map, "name", layer->name) && set_text(arena, map, "op", op->name) &&
              set_int(arena, map, "primitive", layer->primitive);
    return ok ? map : NULL;
}

struct awh_yaml *awh_layers_to_yaml(struct awh_arena *arena, const struct awh_layers *layers)
{
    char crc[16];
    snprintf(crc, sizeof(crc), "0x%08x", layers->program_crc32);
    struct awh_yaml *root = awh_yaml_new_map(arena), *items = awh_yaml_new_seq(arena);
    bool ok = root && items && awh_yaml_set(arena, root, "layers", items) &&
              set_int(arena, root, "arena_bytes", layers->arena_bytes) &&
              set_int(arena, root, "input_seed", layers->input_seed) &&
              set_int(arena, root, "macs", layers->macs) &&
              set_text(arena, root, "net", layers->net) &&
              set_int(arena, root, "program_bytes", layers->program_bytes) &&
              set_text(arena, root, "program_crc32", crc) &&
              set_int(arena, root, "weight_bytes", layers->weight_bytes);
    for (size_t i = 0; i < layers->count && ok; i++)
        ok = awh_yaml_push(arena, items, layer_to_yaml(arena, &layers->items[i], i));
    return ok ? root : NULL;
}

struct awh_yaml *awh_prim_names_to_yaml(struct awh_arena *arena, const struct awh_prim_names *items,
                                        size_t count)
{
    struct awh_yaml *root = awh_yaml_new_seq(arena);
    bool ok = root != NULL;
    for (size_t p = 0; p < count && ok; p++) {
        struct awh_yaml *map = awh_yaml_new_map(arena), *names = awh_yaml_new_seq(arena);
        ok = map && names && awh_yaml_set(arena, map, "names", names) &&
             awh_yaml_set(arena, map, "primitive", awh_prim_to_yaml(arena, &items[p].prim)) &&
             awh_yaml_push(arena, root, map);
        for (size_t i = 0; i < items[p].count && ok; i++)
            ok = awh_yaml_push(arena, names, awh_yaml_new_str(arena, items[p].names[i]));
    }
    return ok ? root : NULL;
}

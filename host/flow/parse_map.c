/* What a compiler left in hardwares/<k>-<compiler>/<net>/:
 *
 *   <net>.layers.yaml, prim2names.yaml            of our program: its layers
 *   prim2names.yaml alone                         of a model for a vendor's tool: its nodes
 *   pytorch_to_caffe/<name>_prim2names.yaml       of the Caffe net; vendors' logs speak of these
 *   <name>_<i>@<C>x<H>x<W>.yaml                   primitives of one ONNX model, <i> or "whole"
 *
 * Any of them is enough. */
#include "flow/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), k = strlen(suffix);
    return n > k && strcmp(text + n - k, suffix) == 0;
}

static enum aw_err load_names(struct parser *p, const char *path, struct parse_map *map,
                              struct awh_mapping **mapping_out)
{
    struct awh_prim_names *prims;
    size_t count;
    enum aw_err err = awh_prim_names_load(&p->arena, path, &prims, &count, p->diag);
    if (err != AW_OK)
        return err;
    map->prims = prims;
    map->prim_count = count;
    return awh_mapping_new(&p->arena, map->net, prims, count, p->names, mapping_out, p->diag);
}

static enum aw_err load_program(struct parser *p, const char *dir, struct parse_map *map)
{
    struct awh_net_layers layers;
    enum aw_err err = awh_net_layers_load(&p->arena, dir, map->net, &layers, p->diag);
    if (err != AW_OK)
        return err;
    snprintf(map->program_crc32, sizeof(map->program_crc32), "0x%08" PRIx32,
             layers.layers.program_crc32);
    map->prims = layers.prims;
    map->prim_count = layers.prim_count;
    return awh_mapping_new(&p->arena, map->net, layers.prims, layers.prim_count, p->names,
                           &map->own, p->diag);
}

static bool same_prims(const struct awh_prim_names *a, size_t a_count,
                       const struct awh_prim_names *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (awh_prim_compare(&a[i].prim, &b[i].prim) != 0)
            return false;
    return true;
}

/* The Caffe names, if there are any. Two primitives lists of a net must agree. */
static enum aw_err load_caffe(struct parser *p, const char *dir, struct parse_map *map)
{
    const struct awh_prim_names *program = map->prims;
    const char *first = NULL;
    size_t program_count = map->prim_count, count;
    char **files, *folder = awh_path_join(&p->arena, dir, "pytorch_to_caffe");
    if (folder == NULL)
        return awh_fail_mem(p->diag);
    if (!awh_path_is_dir(folder))
        return AW_OK;
    enum aw_err err = awh_dir_list(&p->arena, folder, &files, &count, p->diag);
    for (size_t i = 0; i < count && err == AW_OK; i++) {
        if (!ends_with(files[i], "_prim2names.yaml"))
            continue;
        char *path = awh_path_join(&p->arena, folder, files[i]);
        if (path == NULL)
            return awh_fail_mem(p->diag);
        if (first != NULL)
            return awh_fail(p->diag, AW_ERR_MISMATCH,
                            "%s: expected one _prim2names.yaml in it, found %s and %s", folder,
                            first, files[i]);
        first = files[i];
        err = load_names(p, path, map, &map->vendor);
        if (err == AW_OK && program != NULL &&
            !same_prims(program, program_count, map->prims, map->prim_count))
            err = awh_fail(p->diag, AW_ERR_MISMATCH,
                           "%s: its %zu primitives are not the %zu of prim2names.yaml in %s; run "
                           "genprof again",
                           path, map->prim_count, program_count, dir);
    }
    return err;
}

/* -- Models of one primitive --------------------------------------------------------------------
 */

/* "0-xavier-0_3@96x19x19.yaml": the number, or SIZE_MAX for "whole". */
static bool parse_model_name(const char *file, size_t *number)
{
    const char *at = strrchr(file, '@');
    if (at == NULL || !ends_with(file, ".yaml"))
        return false;
    const char *from = at;
    while (from > file && from[-1] != '_')
        from--;
    if (from == file || from == at)
        return false;
    if ((size_t)(at - from) == strlen("whole") && memcmp(from, "whole", strlen("whole")) == 0) {
        *number = SIZE_MAX;
        return true;
    }
    char *end;
    unsigned long long value = strtoull(from, &end, 10);
    *number = (size_t)value;
    return *from >= '0' && *from <= '9' && end == at && value < SIZE_MAX;
}

struct numbered {
    const char *file;
    size_t number;
};

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->file, y->file);
}

static enum aw_err load_prims(struct parser *p, const char *path, struct awh_prim_names **prims_out,
                              size_t *count_out)
{
    struct awh_yaml *root;
    enum aw_err err = awh_yaml_load_file(&p->arena, path, &root, p->diag);
    if (err != AW_OK)
        return err;
    if (root->kind != AWH_YAML_SEQ || root->list.count == 0)
        return awh_yaml_fail(root, AW_ERR_FORMAT, p->diag,
                             "expected the list of primitives of the model beside it");
    struct awh_prim_names *prims = awh_arena_array(&p->arena, root->list.count, sizeof(*prims));
    if (prims == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < root->list.count && err == AW_OK; i++)
        err = awh_prim_from_yaml(root->list.items[i], &prims[i].prim, p->diag);
    *prims_out = prims;
    *count_out = root->list.count;
    return err;
}

static char *stem_of(struct parser *p, const char *file)
{
    return awh_arena_strndup(&p->arena, file, strlen(file) - strlen(".yaml"));
}

/* The net's place for a model's primitive: the first equal one that no model has taken. */
static enum aw_err place_model(struct parser *p, const struct parse_map *map, const char *path,
                               const struct awh_prim *prim, bool *taken, size_t *index_out)
{
    for (size_t i = 0; i < map->prim_count; i++)
        if (!taken[i] && awh_prim_compare(&map->prims[i].prim, prim) == 0) {
            taken[i] = true;
            *index_out = i;
            return AW_OK;
        }
    return awh_fail(p->diag, AW_ERR_MISMATCH,
                    "%s: its primitive is not in net %s, or in fewer places than there are models",
                    path, map->net);
}

static enum aw_err list_models(struct parser *p, const char *dir, struct numbered **found_out,
                               size_t *count_out)
{
    char **files;
    size_t count, found_count = 0;
    enum aw_err err = awh_dir_list(&p->arena, dir, &files, &count, p->diag);
    if (err != AW_OK)
        return err;
    struct numbered *found = awh_arena_array(&p->arena, count, sizeof(*found));
    if (found == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < count; i++) {
        size_t number;
        if (parse_model_name(files[i], &number))
            found[found_count++] = (struct numbered){.file = files[i], .number = number};
    }
    if (found_count > 0)
        qsort(found, found_count, sizeof(*found), by_number);
    *found_out = found;
    *count_out = found_count;
    return AW_OK;
}

/* The primitives of the net itself, when nothing else said them. */
static enum aw_err load_whole(struct parser *p, const char *dir, const struct numbered *whole,
                              struct parse_map *map)
{
    struct awh_prim_names *prims;
    char *path = awh_path_join(&p->arena, dir, whole->file);
    if (path == NULL)
        return awh_fail_mem(p->diag);
    enum aw_err err = load_prims(p, path, &prims, &map->prim_count);
    if (err != AW_OK)
        return err;
    map->prims = prims;
    return awh_mapping_new(&p->arena, map->net, prims, map->prim_count, p->names, &map->vendor,
                           p->diag);
}

static enum aw_err load_model(struct parser *p, const char *dir, const struct numbered *found,
                              struct parse_map *map, bool *taken)
{
    struct awh_prim_names *prims;
    size_t count, index = 0;
    bool whole = found->number == SIZE_MAX;
    char *path = awh_path_join(&p->arena, dir, found->file), *stem = stem_of(p, found->file);
    if (path == NULL || stem == NULL)
        return awh_fail_mem(p->diag);
    if (!whole) {
        enum aw_err err = load_prims(p, path, &prims, &count);
        if (err == AW_OK && count != 1)
            err = awh_fail(p->diag, AW_ERR_FORMAT, "%s: expected one primitive, found %zu", path,
                           count);
        if (err == AW_OK)
            err = place_model(p, map, path, &prims[0].prim, taken, &index);
        if (err != AW_OK)
            return err;
    }
    map->models[map->model_count++] =
        (struct parse_model){.stem = stem, .prim = index, .whole = whole};
    return AW_OK;
}

static enum aw_err load_models(struct parser *p, const char *dir, struct parse_map *map)
{
    struct numbered *found = NULL;
    size_t count = 0;
    enum aw_err err = list_models(p, dir, &found, &count);
    if (err != AW_OK || count == 0)
        return err;
    if (map->prims == NULL && found[count - 1].number == SIZE_MAX)
        err = load_whole(p, dir, &found[count - 1], map);
    if (err == AW_OK && map->prims == NULL)
        err = awh_fail(p->diag, AW_ERR_NOT_FOUND,
                       "%s: models of single primitives, but neither prim2names.yaml nor "
                       "<name>_whole@<C>x<H>x<W>.yaml; give the folder that genprof wrote",
                       dir);
    bool *taken = awh_arena_array(&p->arena, map->prim_count, sizeof(*taken));
    map->models = awh_arena_array(&p->arena, count, sizeof(*map->models));
    if (err == AW_OK && (taken == NULL || map->models == NULL))
        err = awh_fail_mem(p->diag);
    for (size_t i = 0; i < count && err == AW_OK; i++)
        err = load_model(p, dir, &found[i], map, taken);
    return err;
}

const struct parse_model *awh_parse_map_model(const struct parse_map *map, const char *file)
{
    for (size_t i = 0; i < map->model_count; i++) {
        size_t n = strlen(map->models[i].stem);
        if (strncmp(file, map->models[i].stem, n) == 0 && (file[n] == '\0' || file[n] == '.'))
            return &map->models[i];
    }
    return NULL;
}

enum aw_err awh_parse_map_load(struct parser *p, const char *net, struct parse_map *map_out)
{
    struct parse_map map = {.net = net};
    char *dir = awh_path_join(&p->arena, p->options->prim_to_ops, net);
    char *layers = dir != NULL ? awh_arena_printf(&p->arena, "%s/%s.layers.yaml", dir, net) : NULL;
    char *names = dir != NULL ? awh_path_join(&p->arena, dir, "prim2names.yaml") : NULL;
    if (layers == NULL || names == NULL)
        return awh_fail_mem(p->diag);
    if (!awh_path_is_dir(dir))
        return awh_fail(
            p->diag, AW_ERR_NOT_FOUND,
            "%s: no such directory; PRIM_TO_OPS is the folder hardwares/<k>-<compiler> that "
            "net %s was compiled into",
            dir, net);
    enum aw_err err = AW_OK;
    if (awh_path_exists(layers))
        err = load_program(p, dir, &map);
    else if (awh_path_exists(names))
        err = load_names(p, names, &map, &map.vendor);
    if (err == AW_OK)
        err = load_caffe(p, dir, &map);
    if (err == AW_OK)
        err = load_models(p, dir, &map);
    if (err == AW_OK && map.prims == NULL)
        err = awh_fail(p->diag, AW_ERR_NOT_FOUND,
                       "%s: nothing that a compiler of awnas-hw writes; expected prim2names.yaml, "
                       "pytorch_to_caffe/*_prim2names.yaml or <name>_whole@<C>x<H>x<W>.yaml",
                       dir);
    if (err != AW_OK)
        return err;
    if (map.vendor == NULL) /* a tool that runs our program, or speaks of layers as we do */
        map.vendor = map.own;
    *map_out = map;
    return AW_OK;
}

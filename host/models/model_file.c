#include "models/model_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aw/crc.h"

/* CRC-32 of the dump without the checksum key, as text. */
static enum aw_err checksum(const struct awh_yaml *map, char text[16], struct awh_diag *diag)
{
    struct awh_str dump;
    awh_str_init(&dump);
    enum aw_err err = awh_yaml_dump(map, &dump, diag);
    if (err == AW_OK)
        snprintf(text, 16, "0x%08" PRIx32, aw_crc32(0, dump.text, (uint32_t)dump.size));
    awh_str_release(&dump);
    return err;
}

static bool set_optional(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                         const struct awh_yaml *node)
{
    /* Nodes of a loaded document are shared, not changed: set only links them. */
    return node == NULL || awh_yaml_set(arena, map, key, awh_yaml_copy(arena, node));
}

static bool set_header(struct awh_arena *arena, const struct awh_model *model, struct awh_yaml *map)
{
    struct awh_yaml *names = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < model->preprocessor_count; i++)
        if (!awh_yaml_push(arena, names, awh_yaml_new_str(arena, model->preprocessors[i])))
            return false;
    return awh_yaml_set(arena, map, "awnas_hw_model",
                        awh_yaml_new_int(arena, AWH_MODEL_FILE_VERSION)) &&
           awh_yaml_set(arena, map, "hwperfmodel_type",
                        awh_yaml_new_str(arena, model->type->name)) &&
           awh_yaml_set(arena, map, "perf_name", awh_yaml_new_str(arena, model->perf_name)) &&
           awh_yaml_set(arena, map, "preprocessors", names) &&
           awh_yaml_set(arena, map, "mixin_search_space_type",
                        awh_yaml_new_str(arena, model->space_type)) &&
           (model->unit == NULL ||
            awh_yaml_set(arena, map, "unit", awh_yaml_new_str(arena, model->unit))) &&
           set_optional(arena, map, "search_space_cfg", model->search_space_cfg) &&
           set_optional(arena, map, "mixin_search_space_cfg", model->mixin_cfg) &&
           set_optional(arena, map, "prof_prims_cfg", model->prof_prims_cfg) &&
           set_optional(arena, map, "data", model->data) &&
           set_optional(arena, map, "cross_validation", model->cross_validation);
}

enum aw_err awh_model_save(struct awh_arena *arena, const struct awh_model *model, const char *path,
                           struct awh_diag *diag)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    char crc[16];
    enum aw_err err;
    if (map == NULL || !set_header(arena, model, map))
        return awh_fail_mem(diag);
    if ((err = model->type->save(arena, model->state, model->perf_name, map, diag)) != AW_OK ||
        (err = checksum(map, crc, diag)) != AW_OK)
        return err;
    if (!awh_yaml_set(arena, map, "checksum", awh_yaml_new_str(arena, crc)))
        return awh_fail_mem(diag);
    return awh_yaml_save(map, path, diag);
}

/* A copy of the root without its checksum, and that checksum checked. */
static enum aw_err check_checksum(struct awh_arena *arena, const struct awh_yaml *root,
                                  struct awh_diag *diag)
{
    struct awh_yaml *stored, *rest = awh_yaml_new_map(arena);
    char crc[16];
    enum aw_err err = awh_yaml_need(root, "checksum", AWH_YAML_STR, &stored, diag);
    if (err != AW_OK)
        return err;
    for (size_t i = 0; i < root->list.count; i++)
        if (!awh_yaml_is_str(root->list.keys[i], "checksum") &&
            (root->list.keys[i]->kind != AWH_YAML_STR ||
             !awh_yaml_set(arena, rest, root->list.keys[i]->str.text, root->list.items[i])))
            return awh_yaml_fail(root, AW_ERR_FORMAT, diag, "expected only strings as keys");
    if ((err = checksum(rest, crc, diag)) != AW_OK)
        return err;
    if (strcmp(crc, stored->str.text) != 0)
        return awh_yaml_fail(stored, AW_ERR_CRC, diag,
                             "the model says '%s' and holds data of %s: it was changed by hand or "
                             "damaged; make it again with genmodel",
                             stored->str.text, crc);
    return AW_OK;
}

static enum aw_err load_header(struct awh_arena *arena, const struct awh_yaml *root,
                               struct awh_model *model, struct awh_diag *diag)
{
    struct awh_yaml *type, *perf, *space, *names;
    enum aw_err err;
    if ((err = awh_yaml_need(root, "hwperfmodel_type", AWH_YAML_STR, &type, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "perf_name", AWH_YAML_STR, &perf, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "mixin_search_space_type", AWH_YAML_STR, &space, diag)) !=
            AW_OK ||
        (err = awh_yaml_need(root, "preprocessors", AWH_YAML_SEQ, &names, diag)) != AW_OK ||
        (err = awh_yaml_opt_text(root, "unit", &model->unit, diag)) != AW_OK)
        return err;
    if ((model->type = awh_model_type_find(type->str.text)) == NULL)
        return awh_yaml_fail(type, AW_ERR_NOT_FOUND, diag, "unknown model type '%s'",
                             type->str.text);
    const char **texts = awh_arena_array(arena, names->list.count, sizeof(*texts));
    if (texts == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < names->list.count; i++)
        if ((err = awh_yaml_text(names->list.items[i], &texts[i], diag)) != AW_OK)
            return err;
    model->preprocessors = texts;
    model->preprocessor_count = names->list.count;
    model->perf_name = perf->str.text;
    model->space_type = space->str.text;
    model->search_space_cfg = awh_yaml_get_set(root, "search_space_cfg");
    model->mixin_cfg = awh_yaml_get_set(root, "mixin_search_space_cfg");
    model->prof_prims_cfg = awh_yaml_get_set(root, "prof_prims_cfg");
    model->data = awh_yaml_get_set(root, "data");
    model->cross_validation = awh_yaml_get_set(root, "cross_validation");
    return AW_OK;
}

enum aw_err awh_model_load(struct awh_arena *arena, const char *path, struct awh_model *model_out,
                           struct awh_diag *diag)
{
    struct awh_yaml *root, *version;
    struct awh_model model = {0};
    enum aw_err err = awh_yaml_load_file(arena, path, &root, diag);
    if (err != AW_OK)
        return err;
    if ((version = awh_yaml_get(root, "awnas_hw_model")) == NULL)
        return awh_fail(diag, AW_ERR_FORMAT,
                        "%s: not a model file (no key awnas_hw_model); genmodel makes one", path);
    if (version->kind != AWH_YAML_INT || version->integer != AWH_MODEL_FILE_VERSION)
        return awh_yaml_fail(version, AW_ERR_VERSION, diag,
                             "this awnas-hw reads model files of version %d; make it again with "
                             "genmodel",
                             AWH_MODEL_FILE_VERSION);
    if ((err = check_checksum(arena, root, diag)) != AW_OK ||
        (err = load_header(arena, root, &model, diag)) != AW_OK ||
        (err = model.type->load(arena, root, model.perf_name, &model.state, diag)) != AW_OK)
        return err;
    *model_out = model;
    return AW_OK;
}

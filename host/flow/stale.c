#include "flow/stale.h"

#include <string.h>

#include "base/str.h"

/* Where a key is stale: two of them are good names elsewhere. */
enum where {
    ANYWHERE,
    TOP,          /* of HWOBJ */
    OUTSIDE_MODEL /* at the top of HWOBJ, or in an objective, beside the model's own map */
};

#define STALE_COUNT 6
static const struct {
    const char *old;
    enum where where;
    const char *now;
} stale[STALE_COUNT] = {
    {"hardware_obj_type", ANYWHERE, "hwperfmodel_type (in an objective hardware_perfmodel_type)"},
    {"hardware_obj_cfg", ANYWHERE, "hwperfmodel_cfg (in an objective hardware_perfmodel_cfg)"},
    {"hardware_model_path", ANYWHERE,
     "hardware_model_paths, a list (and predict takes the model file as its argument)"},
    {"default_prim_type", ANYWHERE, "prof_prims_cfg.primitive_type"},
    {"preprocessors", OUTSIDE_MODEL,
     "hwperfmodel_cfg.preprocessors (in an objective hardware_perfmodel_cfg.preprocessors)"},
    {"performance", TOP, "hwperfmodel_cfg.perf_name"},
};

struct finds {
    const struct awh_yaml *first;          /* NULL: none */
    const struct awh_yaml *prof_prims_cfg; /* beside a stale key; NULL: none */
    bool found[STALE_COUNT];
};

static bool is_objective(const struct awh_yaml *map)
{
    static const char *const keys[] = {"hardware_obj_type", "hardware_obj_cfg",
                                       "hardware_model_path", "hardware_perfmodel_type"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (awh_yaml_get(map, keys[i]) != NULL)
            return true;
    return false;
}

static void look_at(const struct awh_yaml *map, bool top, struct finds *finds)
{
    for (size_t i = 0; i < STALE_COUNT; i++) {
        const struct awh_yaml *node = awh_yaml_get(map, stale[i].old);
        bool counts = stale[i].where == ANYWHERE || top ||
                      (stale[i].where == OUTSIDE_MODEL && is_objective(map));
        if (node == NULL || !counts)
            continue;
        finds->found[i] = true;
        if (finds->first == NULL || node->line < finds->first->line)
            finds->first = node;
        const struct awh_yaml *prof = awh_yaml_get(node, "prof_prims_cfg");
        if (prof != NULL)
            finds->prof_prims_cfg = prof;
    }
}

/* The depth of a document is bounded by its reader. */
static void walk(const struct awh_yaml *node, bool top, struct finds *finds)
{
    if (node->kind == AWH_YAML_MAP)
        look_at(node, top, finds);
    if (node->kind != AWH_YAML_MAP && node->kind != AWH_YAML_SEQ)
        return;
    for (size_t i = 0; i < node->list.count; i++)
        if (node->kind == AWH_YAML_SEQ || !awh_yaml_is_str(node->list.keys[i], "base_cfg_template"))
            walk(node->list.items[i], false, finds);
}

/* One line with everything that must be changed, since the keys come together. */
static void tell(const struct awh_yaml *root, const struct finds *finds, struct awh_str *text)
{
    const struct awh_yaml *space = awh_yaml_get(root, "search_space_cfg");
    awh_str_append(text, "keys of an old aw_nas, which no longer exist: ");
    for (size_t i = 0, told = 0; i < STALE_COUNT; i++)
        if (finds->found[i])
            awh_str_printf(text, "%s'%s' is now %s", told++ > 0 ? "; " : "", stale[i].old,
                           stale[i].now);
    if (finds->prof_prims_cfg != NULL &&
        awh_yaml_get(finds->prof_prims_cfg, "spatial_size") == NULL)
        awh_str_append(text, "; prof_prims_cfg now has a spatial_size (224 where it is left out)");
    if (space != NULL && space->kind == AWH_YAML_MAP &&
        awh_yaml_get(space, "image_size_choice") == NULL)
        awh_str_append(text, "; search_space_cfg now has an image_size_choice");
}

enum aw_err awh_stale_refuse(const struct awh_yaml *hwobj, struct awh_diag *diag)
{
    struct finds finds = {0};
    struct awh_str text;
    walk(hwobj, true, &finds);
    if (finds.first == NULL)
        return AW_OK;
    awh_str_init(&text);
    tell(hwobj, &finds, &text);
    if (awh_yaml_get(hwobj, "mixin_search_space_type") == NULL)
        awh_str_append(&text, "; and this is no HWOBJ, which has mixin_search_space_type, "
                              "prof_prims_cfg and profiling_net_cfg");
    enum aw_err err = text.failed
                          ? awh_fail_mem(diag)
                          : awh_yaml_fail(finds.first, AW_ERR_FORMAT, diag, "%s", text.text);
    awh_str_release(&text);
    return err;
}

void awh_stale_warn(const struct awh_yaml *cfg, struct awh_diag *diag)
{
    struct finds finds = {0};
    struct awh_str text;
    walk(cfg, false, &finds);
    if (finds.first == NULL)
        return;
    awh_str_init(&text);
    tell(cfg, &finds, &text);
    if (!text.failed)
        awh_yaml_warn(finds.first, diag, "%s", text.text);
    awh_str_release(&text);
}

#include "flow/config.h"

#include <string.h>

#include "flow/stale.h"

/* The keys of the hwobj file; prof_prims_cfg and the model's have old names (aw_nas-notes 1, 2, 4).
 */
static const char *const hwobj_keys[] = {
    "mixin_search_space_type", "mixin_search_space_cfg",
    "hardware_compilers",      "hardware_compiler_type",
    "hardware_compiler_cfg",   "prof_prims_cfg",
    "profiling_primitive_cfg", "hwobj_cfg",
    "hwperfmodel_type",        "hwperfmodel_cfg",
    "hwobjmodel_type",         "hwobjmodel_cfg",
    "hardware_perfmodel_type", "hardware_perfmodel_cfg",
    "profiling_net_cfg",       NULL,
};

/* A key under its name or an old one; the old one warns, both are an error. */
static enum aw_err get_aliased(const struct awh_yaml *map, const char *name,
                               const char *const *aliases, const struct awh_yaml **out,
                               struct awh_diag *diag)
{
    *out = awh_yaml_get_set(map, name);
    for (; *aliases != NULL; aliases++) {
        const struct awh_yaml *old = awh_yaml_get_set(map, *aliases);
        if (old == NULL)
            continue;
        if (*out != NULL)
            return awh_yaml_fail(old, AW_ERR_FORMAT, diag,
                                 "'%s' and '%s' are the same setting; keep one", *aliases, name);
        awh_yaml_warn(old, diag, "'%s' is now called '%s'", *aliases, name);
        *out = old;
    }
    return AW_OK;
}

static enum aw_err want_map(const struct awh_yaml *node, struct awh_diag *diag)
{
    if (node != NULL && node->kind != AWH_YAML_MAP)
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a map");
    return AW_OK;
}

static enum aw_err find_space(struct awh_config *config, struct awh_diag *diag)
{
    struct awh_yaml *type;
    enum aw_err err =
        awh_yaml_need(config->hwobj, "mixin_search_space_type", AWH_YAML_STR, &type, diag);
    if (err != AW_OK)
        return err;
    if ((config->space_type = awh_space_type_find(type->str.text)) != NULL)
        return AW_OK;
    struct awh_str names;
    awh_str_init(&names);
    for (const struct awh_space_type *const *t = awh_space_types(); *t != NULL; t++)
        awh_str_printf(&names, "%s%s", names.size > 0 ? ", " : "", (*t)->name);
    err = awh_yaml_fail(type, AW_ERR_NOT_FOUND, diag, "unknown search space '%s'; there is %s",
                        type->str.text, names.failed ? "" : names.text);
    awh_str_release(&names);
    return err;
}

enum aw_err awh_config_load(struct awh_arena *arena, const char *cfg_path, const char *hwobj_path,
                            struct awh_config *out, struct awh_diag *diag)
{
    static const char *const prof_prims_aliases[] = {"profiling_primitive_cfg", "hwobj_cfg", NULL};
    struct awh_yaml *cfg, *hwobj;
    struct awh_config config = {0};
    enum aw_err err;

    if ((err = awh_yaml_load_file(arena, cfg_path, &cfg, diag)) != AW_OK ||
        (err = awh_yaml_load_file(arena, hwobj_path, &hwobj, diag)) != AW_OK)
        return err;
    if (cfg->kind != AWH_YAML_MAP)
        return awh_yaml_fail(cfg, AW_ERR_FORMAT, diag, "expected a map with search_space_cfg");
    if (hwobj->kind != AWH_YAML_MAP)
        return awh_yaml_fail(hwobj, AW_ERR_FORMAT, diag,
                             "expected a map with mixin_search_space_type and prof_prims_cfg");
    if ((err = awh_stale_refuse(hwobj, diag)) != AW_OK)
        return err;
    awh_stale_warn(cfg, diag);
    /* The wrong file, as a rule: its many unknown keys would bury the one line that matters. */
    if (awh_yaml_get(hwobj, "mixin_search_space_type") == NULL)
        return awh_yaml_fail(
            hwobj, AW_ERR_NOT_FOUND, diag,
            "lacks 'mixin_search_space_type'; expected HWOBJ here, the file with "
            "mixin_search_space_type, prof_prims_cfg and profiling_net_cfg%s",
            awh_yaml_get(hwobj, "search_space_cfg") != NULL
                ? " (a search space config like this one is CFG, the file before it)"
                : "");
    awh_yaml_warn_unknown(hwobj, hwobj_keys, diag);

    config.cfg = cfg;
    config.hwobj = hwobj;
    config.search_space_cfg = awh_yaml_get_set(cfg, "search_space_cfg");
    config.mixin_cfg = awh_yaml_get_set(hwobj, "mixin_search_space_cfg");
    if ((err = want_map(config.search_space_cfg, diag)) != AW_OK ||
        (err = want_map(config.mixin_cfg, diag)) != AW_OK ||
        (err = get_aliased(hwobj, "prof_prims_cfg", prof_prims_aliases, &config.prof_prims_cfg,
                           diag)) != AW_OK ||
        (err = want_map(config.prof_prims_cfg, diag)) != AW_OK ||
        (err = find_space(&config, diag)) != AW_OK)
        return err;
    *out = config;
    return AW_OK;
}

static enum aw_err find_model(const struct awh_yaml *node, struct awh_perfmodel_config *out,
                              struct awh_diag *diag)
{
    const char *name = "table";
    enum aw_err err = node == NULL ? AW_OK : awh_yaml_text(node, &name, diag);
    if (err != AW_OK)
        return err;
    if ((out->type = awh_model_type_find(name)) != NULL)
        return AW_OK;
    struct awh_str names;
    awh_str_init(&names);
    for (const struct awh_model_type *const *t = awh_model_types(); *t != NULL; t++)
        awh_str_printf(&names, "%s%s", names.size > 0 ? ", " : "", (*t)->name);
    err = awh_yaml_fail(node, AW_ERR_UNSUPPORTED, diag, "unknown model '%s'; there are %s", name,
                        names.failed ? "" : names.text);
    awh_str_release(&names);
    return err;
}

enum aw_err awh_config_perfmodel(const struct awh_config *config, struct awh_perfmodel_config *out,
                                 struct awh_diag *diag)
{
    static const char *const type_aliases[] = {"hwobjmodel_type", "hardware_perfmodel_type", NULL};
    static const char *const cfg_aliases[] = {"hwobjmodel_cfg", "hardware_perfmodel_cfg", NULL};
    static const char *const perf_aliases[] = {"performance", NULL};
    static const char *const keys[] = {
        "perf_name",    "performance", "preprocessors", "prof_prims_cfg", "tolerance_std",
        "schedule_cfg", NULL};
    const struct awh_yaml *type, *perf, *own;
    struct awh_perfmodel_config perfmodel = {.perf_name = "latency"};
    enum aw_err err;

    if ((err = get_aliased(config->hwobj, "hwperfmodel_type", type_aliases, &type, diag)) !=
            AW_OK ||
        (err = get_aliased(config->hwobj, "hwperfmodel_cfg", cfg_aliases, &perfmodel.cfg, diag)) !=
            AW_OK ||
        (err = want_map(perfmodel.cfg, diag)) != AW_OK ||
        (err = find_model(type, &perfmodel, diag)) != AW_OK ||
        (err = get_aliased(perfmodel.cfg, "perf_name", perf_aliases, &perf, diag)) != AW_OK ||
        (perf != NULL && (err = awh_yaml_text(perf, &perfmodel.perf_name, diag)) != AW_OK))
        return err;
    if (perfmodel.cfg != NULL)
        awh_yaml_warn_unknown(perfmodel.cfg, keys, diag);

    own = awh_yaml_get_set(perfmodel.cfg, "prof_prims_cfg");
    if ((err = want_map(own, diag)) != AW_OK)
        return err;
    if (own != NULL && config->prof_prims_cfg != NULL &&
        !awh_yaml_equal(own, config->prof_prims_cfg))
        awh_yaml_warn(own, diag,
                      "differs from the prof_prims_cfg that was profiled; primitives that were not "
                      "profiled will count 0");
    perfmodel.prof_prims_cfg = own != NULL ? own : config->prof_prims_cfg;
    *out = perfmodel;
    return AW_OK;
}

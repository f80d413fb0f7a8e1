#include "flow/asked.h"

#include <stdlib.h>
#include <string.h>

struct check {
    const struct awh_config *config;
    const void *space;
    const struct awh_prim_list *have;
    const char *done;
    struct awh_diag *diag;
};

static int by_prim(const void *a, const void *b)
{
    return awh_prim_compare(a, b);
}

/* What is said about the section itself was said when it was read for profiling. */
static void ignore_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void warn_missing(const struct check *check, const struct awh_yaml *prof_prims_cfg,
                         const struct awh_prim_list *asked)
{
    const struct awh_prim *first = NULL;
    size_t missing = 0;
    for (size_t i = 0; i < asked->count; i++) {
        const struct awh_prim *prim = &asked->prims[i];
        if (check->have->count > 0 &&
            bsearch(prim, check->have->prims, check->have->count, sizeof(*prim), by_prim) != NULL)
            continue;
        first = first == NULL ? prim : first;
        missing++;
    }
    if (first == NULL)
        return;
    char text[256];
    awh_prim_format(first, text, sizeof(text));
    awh_yaml_warn(prof_prims_cfg, check->diag,
                  "%zu of the %zu primitives that this asks for are not %s and will count 0; the "
                  "first: %s",
                  missing, asked->count, check->done, text);
}

static enum aw_err check_one(const struct check *check, const struct awh_yaml *prof_prims_cfg)
{
    struct awh_prim_list asked = {.prims = NULL};
    struct awh_diag inner = {.warn = ignore_warning};
    enum aw_err err =
        check->config->space_type->primitives(check->space, prof_prims_cfg, 1, &asked, &inner);
    if (err == AW_OK)
        warn_missing(check, prof_prims_cfg, &asked);
    awh_prim_list_release(&asked);
    if (err == AW_ERR_NO_MEM)
        return awh_fail_mem(check->diag);
    if (err != AW_OK)
        awh_yaml_warn(prof_prims_cfg, check->diag, "cannot be used for predictions: %s",
                      inner.text);
    return AW_OK;
}

/* objective_cfg, and sub_objectives of containers, at any depth. */
static enum aw_err check_objective(const struct check *check, const struct awh_yaml *map)
{
    const struct awh_yaml *cfg = awh_yaml_get_set(map, "objective_cfg");
    const struct awh_yaml *subs = awh_yaml_get_set(cfg, "sub_objectives");
    const struct awh_yaml *prof =
        awh_yaml_get_set(awh_yaml_get_set(cfg, "hardware_perfmodel_cfg"), "prof_prims_cfg");
    enum aw_err err = AW_OK;
    if (prof != NULL && prof->kind == AWH_YAML_MAP)
        err = check_one(check, prof);
    if (subs == NULL || subs->kind != AWH_YAML_SEQ)
        return err;
    for (size_t i = 0; err == AW_OK && i < subs->list.count; i++)
        err = check_objective(check, subs->list.items[i]);
    return err;
}

static const struct awh_yaml *model_prof_prims(const struct awh_yaml *hwobj)
{
    static const char *const names[] = {"hwperfmodel_cfg", "hwobjmodel_cfg",
                                        "hardware_perfmodel_cfg"};
    const struct awh_yaml *found = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && found == NULL; i++)
        found = awh_yaml_get_set(awh_yaml_get_set(hwobj, names[i]), "prof_prims_cfg");
    return found;
}

enum aw_err awh_asked_check_one(const struct awh_config *config, const void *space,
                                const struct awh_yaml *prof_prims_cfg,
                                const struct awh_prim_list *have, const char *done,
                                struct awh_diag *diag)
{
    struct check check = {config, space, have, done, diag};
    return check_one(&check, prof_prims_cfg);
}

enum aw_err awh_asked_check_objectives(const struct awh_config *config, const void *space,
                                       const struct awh_prim_list *have, const char *done,
                                       struct awh_diag *diag)
{
    struct check check = {config, space, have, done, diag};
    return check_objective(&check, config->cfg);
}

enum aw_err awh_asked_check(const struct awh_config *config, const void *space,
                            const struct awh_prim_list *have, const char *done,
                            struct awh_diag *diag)
{
    struct check check = {config, space, have, done, diag};
    const struct awh_yaml *own = model_prof_prims(config->hwobj);
    enum aw_err err = AW_OK;
    if (awh_yaml_get_set(config->prof_prims_cfg, "sample") != NULL)
        return AW_OK;
    if (own != NULL && own->kind == AWH_YAML_MAP && !awh_yaml_equal(own, config->prof_prims_cfg))
        err = check_one(&check, own);
    return err != AW_OK ? err : check_objective(&check, config->cfg);
}

/* aw_nas's once-for-all space as a profiling space: its config and its place in the registry. */
#include "spaces/ofa_mixin/ofa_mixin.h"

#include <string.h>

#include "base/mem.h"

#define IMAGE_SIZE_DEFAULT 224

static const char *const known_keys[] = {"width_choice",      "depth_choice",    "kernel_choice",
                                         "image_size_choice", "num_cell_groups", "expansions",
                                         "fixed_primitives",  "schedule_cfg",    NULL};

/* aw_nas takes as_dict, which chooses a Python type; it means nothing here. */
static const char *const known_prof_keys[] = {
    "acts",        "as_dict",   "base_channels", "mult_ratio", "primitive_type", "sample",
    "stem_stride", "stem_type", "spatial_size",  "strides",    "use_ses",        NULL};

/* The two maps that aw_nas passes to the constructor together. */
struct source {
    const struct awh_yaml *space, *mixin;
    struct awh_diag *diag;
};

static const struct awh_yaml *source_get(const struct source *source, const char *key)
{
    const struct awh_yaml *mixin = awh_yaml_get_set(source->mixin, key);
    const struct awh_yaml *space = awh_yaml_get_set(source->space, key);
    if (mixin && space)
        awh_yaml_warn(
            mixin, source->diag,
            "is in search_space_cfg too (line %u); the value of mixin_search_space_cfg is used",
            space->line);
    return mixin ? mixin : space;
}

static enum aw_err need_list(const struct source *source, const char *key, size_t max,
                             const struct awh_yaml **list_out, struct awh_diag *diag)
{
    const struct awh_yaml *node = source_get(source, key);
    char found[64];
    if (!node) {
        const struct awh_yaml *place = source->space ? source->space : source->mixin;
        if (!place)
            return awh_fail(diag, AW_ERR_FORMAT,
                            "search_space_cfg is missing; ofa_mixin needs its '%s'", key);
        return awh_yaml_fail(place, AW_ERR_FORMAT, diag,
                             "ofa_mixin needs '%s' here (or in mixin_search_space_cfg)", key);
    }
    if (node->kind != AWH_YAML_SEQ || !node->list.count || node->list.count > max)
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag,
                             "expected a list of 1 to %zu values, found %s", max,
                             awh_yaml_describe(node, found, sizeof found));
    *list_out = node;
    return AW_OK;
}

static enum aw_err read_ints(const struct source *source, const char *key, int64_t max,
                             struct awh_ofa_choice *out, struct awh_diag *diag)
{
    const struct awh_yaml *list;
    enum aw_err err = need_list(source, key, AWH_OFA_CHOICES_MAX, &list, diag);
    for (size_t i = 0; !err && i < list->list.count; i++) {
        int64_t value = 0;
        err = awh_yaml_int(list->list.items[i], 1, max, &value, diag);
        out->items[out->count++] = (int32_t)value;
    }
    return err;
}

static enum aw_err read_widths(const struct source *source, const char *key, size_t max,
                               struct awh_value *out, unsigned *count_out, struct awh_diag *diag)
{
    const struct awh_yaml *list;
    enum aw_err err = need_list(source, key, max, &list, diag);
    for (size_t i = 0; !err && i < list->list.count; i++) {
        const struct awh_yaml *item = list->list.items[i];
        double real = 0;
        if ((err = awh_yaml_real(item, &real, diag)) ||
            (err = awh_value_from_yaml(item, &out[i], diag)))
            break;
        if (!(real > 0 && real <= 1024))
            err =
                awh_yaml_fail(item, AW_ERR_RANGE, diag, "expected a number above 0, at most 1024");
    }
    if (!err)
        *count_out = (unsigned)list->list.count;
    return err;
}

static enum aw_err read_stages(const struct source *source, struct awh_ofa *space,
                               struct awh_diag *diag)
{
    const struct awh_yaml *groups;
    unsigned expansions = 0;
    enum aw_err err;
    if ((err = need_list(source, "num_cell_groups", AWH_OFA_STAGES_MAX, &groups, diag)) ||
        (err = read_widths(source, "expansions", AWH_OFA_STAGES_MAX, space->expansions, &expansions,
                           diag)))
        return err;
    space->stage_count = (unsigned)groups->list.count;
    for (unsigned i = 0; i < space->stage_count; i++) {
        int64_t value = 0;
        if ((err = awh_yaml_int(groups->list.items[i], 1, AWH_OFA_BLOCKS_MAX, &value, diag)))
            return err;
        space->num_cell_groups[i] = (int32_t)value;
    }
    if (expansions < space->stage_count)
        return awh_yaml_fail(source_get(source, "expansions"), AW_ERR_RANGE, diag,
                             "expected one value for each of the %u num_cell_groups, found %u",
                             space->stage_count, expansions);
    return AW_OK;
}

static enum aw_err read_space(const struct source *source, struct awh_ofa *space,
                              struct awh_diag *diag)
{
    enum aw_err err;
    if ((err = read_widths(source, "width_choice", AWH_OFA_CHOICES_MAX, space->width_choice,
                           &space->width_count, diag)) ||
        (err = read_ints(source, "depth_choice", AWH_OFA_BLOCKS_MAX, &space->depth_choice, diag)) ||
        (err = read_ints(source, "kernel_choice", 255, &space->kernel_choice, diag)) ||
        (err = read_stages(source, space, diag)))
        return err;
    if (!awh_yaml_get_set(source->space, "image_size_choice") &&
        !awh_yaml_get_set(source->mixin, "image_size_choice")) {
        /* aw_nas's documented example leaves it out, although its code needs it. */
        space->image_size_choice = (struct awh_ofa_choice){{IMAGE_SIZE_DEFAULT}, 1};
        awh_warn(source->diag,
                 "image_size_choice is missing; taken as [%d] (no primitive depends on it)",
                 IMAGE_SIZE_DEFAULT);
    } else if ((err = read_ints(source, "image_size_choice", 65535, &space->image_size_choice,
                                diag))) {
        return err;
    }
    space->fixed_primitives = source_get(source, "fixed_primitives");
    char found[64];
    if (space->fixed_primitives && space->fixed_primitives->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(space->fixed_primitives, AW_ERR_FORMAT, diag,
                             "expected a list of primitives, found %s",
                             awh_yaml_describe(space->fixed_primitives, found, sizeof found));
    return AW_OK;
}

static enum aw_err check_map(const struct awh_yaml *node, struct awh_diag *diag)
{
    char found[64];
    if (!node || node->kind == AWH_YAML_NULL || node->kind == AWH_YAML_MAP)
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a map, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

static enum aw_err open_space(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, void **space_out,
                              struct awh_diag *diag)
{
    enum aw_err err;
    if ((err = check_map(search_space_cfg, diag)) || (err = check_map(mixin_cfg, diag)))
        return err;
    struct source source = {.space = search_space_cfg, .mixin = mixin_cfg, .diag = diag};
    struct awh_ofa *space = awh_arena_alloc(arena, sizeof *space);
    if (!space)
        return awh_fail_mem(diag);
    if (search_space_cfg && search_space_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(search_space_cfg, known_keys, diag);
    if (mixin_cfg && mixin_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(mixin_cfg, known_keys, diag);
    if ((err = read_space(&source, space, diag)))
        return err;
    *space_out = space;
    return AW_OK;
}

static enum aw_err primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    enum aw_err err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag);
    if (err)
        return err;
    awh_yaml_warn_unknown(prof_prims_cfg, known_prof_keys, diag);
    return awh_ofa_enumerate(space, &prof, seed, out, diag);
}

static enum aw_err sample(const void *space, const struct awh_yaml *prof_prims_cfg, uint64_t seed,
                          uint64_t index, struct awh_prim_list *out, struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    struct awh_ofa_arch arch;
    enum aw_err err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag);
    if (err)
        return err;
    awh_ofa_sample(space, seed, index, &arch);
    return awh_ofa_arch_primitives(&prof, &arch, out, diag);
}

static enum aw_err genotype_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                       const char *genotype, struct awh_prim_list *out,
                                       struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    struct awh_ofa_arch arch;
    enum aw_err err;
    if ((err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag)) ||
        (err = awh_ofa_genotype_parse(space, genotype, &arch, diag)))
        return err;
    return awh_ofa_arch_primitives(&prof, &arch, out, diag);
}

static enum aw_err sample_genotype(const void *space, struct awh_arena *arena, uint64_t seed,
                                   uint64_t index, char **genotype_out, struct awh_diag *diag)
{
    struct awh_ofa_arch arch;
    awh_ofa_sample(space, seed, index, &arch);
    char *text = awh_ofa_genotype_format(arena, &arch);
    if (!text)
        return awh_fail_mem(diag);
    *genotype_out = text;
    return AW_OK;
}

extern const struct awh_space_type awh_space_ofa_mixin;
const struct awh_space_type awh_space_ofa_mixin = {
    .name = "ofa_mixin",
    .open = open_space,
    .primitives = primitives,
    .sample = sample,
    .genotype = genotype_primitives,
    .sample_genotype = sample_genotype,
};

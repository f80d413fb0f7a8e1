/* aw_nas's once-for-all spaces as profiling spaces: their config, and what the registry asks for.
 */
#include <string.h>

#include "base/mem.h"
#include "spaces/ofa.h"

#define IMAGE_SIZE_DEFAULT 224

/* aw_nas takes as_dict, which chooses a Python type; it means nothing here. */
static const char *const known_prof_keys[] = {
    "acts",        "as_dict",   "base_channels", "mult_ratio", "primitive_type", "sample",
    "stem_stride", "stem_type", "spatial_size",  "strides",    "use_ses",        NULL};

/* The two maps that aw_nas passes to the constructor together. */
struct source {
    const struct awh_ofa_flavour *flavour;
    const struct awh_yaml *space, *mixin, *defaults;
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
    if (mixin || space)
        return mixin ? mixin : space;
    return awh_yaml_get_set(source->defaults, key);
}

static enum aw_err need_list(const struct source *source, const char *key, size_t max,
                             const struct awh_yaml **list_out, struct awh_diag *diag)
{
    const struct awh_yaml *node = source_get(source, key);
    char found[64];
    if (!node) {
        const struct awh_yaml *place = source->space ? source->space : source->mixin;
        if (!place)
            return awh_fail(diag, AW_ERR_FORMAT, "search_space_cfg is missing; %s needs its '%s'",
                            source->flavour->name, key);
        bool general = awh_yaml_get(place, "primitives") || awh_yaml_get(place, "genotypes");
        return awh_yaml_fail(
            place, AW_ERR_FORMAT, diag, "%s needs '%s' here (or in mixin_search_space_cfg)%s",
            source->flavour->name, key,
            general ? "; given nets go with mixin_search_space_type: general" : "");
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
    if ((err = read_widths(source, "width_choice", AWH_OFA_CHOICES_MAX, space->width_choice.items,
                           &space->width_choice.count, diag)) ||
        (err = read_ints(source, "depth_choice", AWH_OFA_BLOCKS_MAX, &space->depth_choice, diag)) ||
        (err = read_ints(source, "kernel_choice", 255, &space->kernel_choice, diag)) ||
        (err = read_stages(source, space, diag)))
        return err;
    if (!source_get(source, "image_size_choice")) {
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

static enum aw_err read_head_channels(const struct source *source, struct awh_ofa_heads *heads,
                                      struct awh_diag *diag)
{
    const struct awh_yaml *list;
    enum aw_err err = need_list(source, "head_channels", AWH_OFA_HEADS_MAX, &list, diag);
    if (err)
        return err;
    if (list->list.count != heads->count)
        return awh_yaml_fail(
            list->line && list->file ? list : source->space, AW_ERR_RANGE, diag,
            "head_channels has %zu values, and num_head is %u: give one for each head",
            list->list.count, heads->count);
    for (unsigned i = 0; i < heads->count; i++) {
        int64_t channels = 0;
        if ((err = awh_yaml_int(list->list.items[i], 1, 65528, &channels, diag)))
            return err;
        heads->channels[i] = (int32_t)channels;
    }
    return AW_OK;
}

static enum aw_err read_heads(const struct source *source, struct awh_ofa_heads *heads,
                              struct awh_diag *diag)
{
    const struct awh_yaml *primitives = source_get(source, "head_primitives");
    const struct awh_yaml *activation = source_get(source, "head_activation");
    const struct awh_yaml *count_node = source_get(source, "num_head");
    int64_t count = 0;
    enum aw_act act;
    enum aw_err err;
    if ((err = awh_yaml_int(count_node, 1, AWH_OFA_HEADS_MAX, &count, diag)) ||
        (err = read_widths(source, "head_width_choice", AWH_OFA_CHOICES_MAX,
                           heads->width_choice.items, &heads->width_choice.count, diag)) ||
        (err = read_ints(source, "head_kernel_choice", 255, &heads->kernel_choice, diag)) ||
        (err = awh_yaml_bool(primitives, &heads->are_primitives, diag)) ||
        (err = awh_yaml_text(activation, &heads->activation, diag)))
        return err;
    heads->count = (unsigned)count;
    if (!heads->are_primitives)
        return AW_OK;
    if (!awh_act_parse(heads->activation, &act))
        return awh_yaml_fail(activation, AW_ERR_RANGE, diag,
                             "expected relu, relu6, h_swish, h_sigmoid, sigmoid, tanh or identity");
    return read_head_channels(source, heads, diag);
}

static enum aw_err check_map(const struct awh_yaml *node, struct awh_diag *diag)
{
    char found[64];
    if (!node || node->kind == AWH_YAML_NULL || node->kind == AWH_YAML_MAP)
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a map, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

enum aw_err awh_ofa_open(struct awh_arena *arena, const struct awh_ofa_flavour *flavour,
                         const struct awh_yaml *search_space_cfg, const struct awh_yaml *mixin_cfg,
                         void **space_out, struct awh_diag *diag)
{
    struct awh_yaml *defaults = NULL;
    enum aw_err err;
    if ((err = check_map(search_space_cfg, diag)) || (err = check_map(mixin_cfg, diag)) ||
        (err = awh_yaml_load(arena, flavour->name, flavour->defaults, strlen(flavour->defaults),
                             &defaults, diag)))
        return err;
    struct source source = {.flavour = flavour,
                            .space = search_space_cfg,
                            .mixin = mixin_cfg,
                            .defaults = defaults,
                            .diag = diag};
    struct awh_ofa *space = awh_arena_alloc(arena, sizeof *space);
    if (!space)
        return awh_fail_mem(diag);
    if (search_space_cfg && search_space_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(search_space_cfg, flavour->known_keys, diag);
    if (mixin_cfg && mixin_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(mixin_cfg, flavour->known_keys, diag);
    if ((err = read_space(&source, space, diag)) ||
        (flavour->has_heads && (err = read_heads(&source, &space->heads, diag))))
        return err;
    *space_out = space;
    return AW_OK;
}

enum aw_err awh_ofa_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                               uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    enum aw_err err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag);
    if (err)
        return err;
    awh_yaml_warn_unknown(prof_prims_cfg, known_prof_keys, diag);
    return awh_ofa_enumerate(space, &prof, seed, out, diag);
}

enum aw_err awh_ofa_sample_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                      uint64_t seed, uint64_t index, struct awh_prim_list *out,
                                      struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    struct awh_ofa_arch arch;
    enum aw_err err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag);
    if (err)
        return err;
    awh_ofa_sample(space, seed, index, &arch);
    return awh_ofa_arch_primitives(space, &prof, &arch, out, diag);
}

enum aw_err awh_ofa_genotype_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                        const char *genotype, struct awh_prim_list *out,
                                        struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    struct awh_ofa_arch arch;
    enum aw_err err;
    if ((err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag)) ||
        (err = awh_ofa_genotype_parse(space, genotype, &arch, diag)))
        return err;
    return awh_ofa_arch_primitives(space, &prof, &arch, out, diag);
}

enum aw_err awh_ofa_sample_genotype(const void *space, struct awh_arena *arena, uint64_t seed,
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

enum aw_err awh_ofa_net_genotype(const void *space, const struct awh_yaml *prof_prims_cfg,
                                 struct awh_arena *arena, const struct awh_prim *prims,
                                 size_t count, char **genotype_out, struct awh_diag *diag)
{
    struct awh_ofa_prof prof;
    struct awh_ofa_arch arch;
    enum aw_err err;
    if ((err = awh_ofa_prof_read(space, prof_prims_cfg, &prof, diag)) ||
        (err = awh_ofa_invert(space, &prof, prims, count, &arch, diag)))
        return err;
    char *text = awh_ofa_genotype_format(arena, &arch);
    if (!text)
        return awh_fail_mem(diag);
    *genotype_out = text;
    return AW_OK;
}

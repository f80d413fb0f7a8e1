/* aw_nas's once-for-all classifiers. Every key is needed. */
#include "spaces/ofa.h"

static const char *const known_keys[] = {"width_choice",      "depth_choice",    "kernel_choice",
                                         "image_size_choice", "num_cell_groups", "expansions",
                                         "fixed_primitives",  "schedule_cfg",    NULL};

static const struct awh_ofa_flavour flavour = {
    .name = "ofa_mixin",
    .defaults = "{}",
    .known_keys = known_keys,
    .has_heads = false,
};

static enum aw_err open_space(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, void **space_out,
                              struct awh_diag *diag)
{
    return awh_ofa_open(arena, &flavour, search_space_cfg, mixin_cfg, space_out, diag);
}

extern const struct awh_space_type awh_space_ofa_mixin;
const struct awh_space_type awh_space_ofa_mixin = {
    .name = "ofa_mixin",
    .open = open_space,
    .primitives = awh_ofa_primitives,
    .sample = awh_ofa_sample_primitives,
    .genotype = awh_ofa_genotype_primitives,
    .sample_genotype = awh_ofa_sample_genotype,
    .net_genotype = awh_ofa_net_genotype,
};

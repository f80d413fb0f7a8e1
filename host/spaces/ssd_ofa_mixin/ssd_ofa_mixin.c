/* aw_nas's once-for-all SSD detectors: ofa_mixin with heads. In aw_nas heads are part of an
 * architecture and of no primitive, so they cost nothing; head_primitives: true changes that. */
#include "spaces/ofa.h"

static const char *const known_keys[] = {
    "width_choice", "depth_choice",     "kernel_choice", "image_size_choice", "num_cell_groups",
    "expansions",   "fixed_primitives", "schedule_cfg",  "head_width_choice", "head_kernel_choice",
    "num_head",     "head_primitives",  "head_channels", "head_activation",   NULL};

static const struct awh_ofa_flavour flavour = {
    .name = "ssd_ofa_mixin",
    .defaults = "{width_choice: [4, 5, 6], depth_choice: [2, 3, 4], kernel_choice: [3, 5, 7], "
                "image_size_choice: [512, 384, 320, 256, 192], "
                "head_width_choice: [0.25, 0.5, 0.75], head_kernel_choice: [3], num_head: 4, "
                "num_cell_groups: [1, 4, 4, 4, 4, 4], expansions: [1, 6, 6, 6, 6, 6], "
                /* ours: what aw_nas's own detector config builds */
                "head_primitives: false, head_channels: [512, 256, 256, 128], "
                "head_activation: relu}",
    .known_keys = known_keys,
    .has_heads = true,
};

static enum aw_err open_space(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, void **space_out,
                              struct awh_diag *diag)
{
    return awh_ofa_open(arena, &flavour, search_space_cfg, mixin_cfg, space_out, diag);
}

extern const struct awh_space_type awh_space_ssd_ofa_mixin;
const struct awh_space_type awh_space_ssd_ofa_mixin = {
    .name = "ssd_ofa_mixin",
    .open = open_space,
    .primitives = awh_ofa_primitives,
    .sample = awh_ofa_sample_primitives,
    .genotype = awh_ofa_genotype_primitives,
    .sample_genotype = awh_ofa_sample_genotype,
    .net_genotype = awh_ofa_net_genotype,
};

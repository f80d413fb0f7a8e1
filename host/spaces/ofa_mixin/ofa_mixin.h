/* ofa_mixin's own parts: the space, an architecture in it, and how prof_prims_cfg makes primitives.
 */
#ifndef AWH_OFA_MIXIN_H
#define AWH_OFA_MIXIN_H

#include "spaces/space.h"

/* Far above every published once-for-all space (6 stages of 4 blocks); they bound what a config or
 * a genotype can ask for. */
#define AWH_OFA_STAGES_MAX  32
#define AWH_OFA_BLOCKS_MAX  64
#define AWH_OFA_CHOICES_MAX 64

struct awh_ofa_choice {
    int32_t items[AWH_OFA_CHOICES_MAX];
    unsigned count;
};

struct awh_ofa {
    struct awh_value width_choice[AWH_OFA_CHOICES_MAX];
    unsigned width_count;
    struct awh_ofa_choice depth_choice, kernel_choice, image_size_choice;
    int32_t num_cell_groups[AWH_OFA_STAGES_MAX];     /* blocks of a stage, at most */
    struct awh_value expansions[AWH_OFA_STAGES_MAX]; /* widths of a stage are clipped to it */
    unsigned stage_count;
    const struct awh_yaml *fixed_primitives; /* NULL: none */
};

/* width and kernel of a stage have entries for all its blocks, also those beyond its depth; but
 * aw_nas gives the first stage a single kernel, whatever its number of blocks, and runs one block
 * then. */
struct awh_ofa_arch {
    int32_t image_size; /* 0: not given; it has no influence on the primitives */
    unsigned stage_count;
    int32_t depth[AWH_OFA_STAGES_MAX];
    unsigned width_count[AWH_OFA_STAGES_MAX], kernel_count[AWH_OFA_STAGES_MAX];
    struct awh_value width[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
    int32_t kernel[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
};

/* prof_prims_cfg, checked and with defaults; texts and nodes are borrowed. */
struct awh_ofa_prof {
    const struct awh_yaml *node;
    const struct awh_prim_type *stem_type, *primitive_type;
    int32_t spatial_size, stem_stride;
    int64_t sample; /* -1: all */
    int32_t channels[AWH_OFA_STAGES_MAX + 1];
    int32_t strides[AWH_OFA_STAGES_MAX];
    int32_t sizes[AWH_OFA_STAGES_MAX + 1]; /* in front of stage i */
    struct awh_value acts[AWH_OFA_STAGES_MAX], use_ses[AWH_OFA_STAGES_MAX];
};

AW_MUST_USE enum aw_err awh_ofa_prof_read(const struct awh_ofa *space,
                                          const struct awh_yaml *prof_prims_cfg,
                                          struct awh_ofa_prof *prof_out, struct awh_diag *diag);

/* All primitives to profile. */
AW_MUST_USE enum aw_err awh_ofa_enumerate(const struct awh_ofa *space,
                                          const struct awh_ofa_prof *prof, uint64_t seed,
                                          struct awh_prim_list *out, struct awh_diag *diag);
/* Those of one architecture, in order. */
AW_MUST_USE enum aw_err awh_ofa_arch_primitives(const struct awh_ofa_prof *prof,
                                                const struct awh_ofa_arch *arch,
                                                struct awh_prim_list *out, struct awh_diag *diag);

/* Architecture `index` of the stream `seed`. */
void awh_ofa_sample(const struct awh_ofa *space, uint64_t seed, uint64_t index,
                    struct awh_ofa_arch *arch_out);
AW_MUST_USE enum aw_err awh_ofa_genotype_parse(const struct awh_ofa *space, const char *genotype,
                                               struct awh_ofa_arch *arch_out,
                                               struct awh_diag *diag);
/* NULL when memory is short. */
char *awh_ofa_genotype_format(struct awh_arena *arena, const struct awh_ofa_arch *arch);

/* The seeded generator behind sample: SplitMix64. */
struct awh_ofa_rng {
    uint64_t state;
};
void awh_ofa_rng_init(struct awh_ofa_rng *rng, uint64_t seed, uint64_t index);
/* 0..n-1; n is at least 1. */
uint32_t awh_ofa_rng_below(struct awh_ofa_rng *rng, uint32_t n);

#endif

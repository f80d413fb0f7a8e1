/* What the once-for-all spaces share (ofa_mixin, ssd_ofa_mixin): the space, an architecture in it,
 * and how prof_prims_cfg makes primitives. */
#ifndef AWH_SPACES_OFA_H
#define AWH_SPACES_OFA_H

#include "spaces/space.h"

/* Far above every published once-for-all space (6 stages of 4 blocks, 4 heads); they bound what a
 * config or a genotype can ask for. */
#define AWH_OFA_STAGES_MAX  32
#define AWH_OFA_BLOCKS_MAX  64
#define AWH_OFA_CHOICES_MAX 64
#define AWH_OFA_HEADS_MAX   16

struct awh_ofa_choice {
    int32_t items[AWH_OFA_CHOICES_MAX];
    unsigned count;
};

struct awh_ofa_widths {
    struct awh_value items[AWH_OFA_CHOICES_MAX];
    unsigned count;
};

/* Extra feature layers of an SSD detector behind the last stage. */
struct awh_ofa_heads {
    unsigned count; /* 0: no detector */
    struct awh_ofa_widths width_choice;
    struct awh_ofa_choice kernel_choice;
    /* Beyond aw_nas, where heads cost nothing: */
    bool are_primitives;
    int32_t channels[AWH_OFA_HEADS_MAX];
    const char *activation;
};

struct awh_ofa {
    struct awh_ofa_widths width_choice;
    struct awh_ofa_choice depth_choice, kernel_choice, image_size_choice;
    int32_t num_cell_groups[AWH_OFA_STAGES_MAX];     /* blocks of a stage, at most */
    struct awh_value expansions[AWH_OFA_STAGES_MAX]; /* widths of a stage are clipped to it */
    unsigned stage_count;
    struct awh_ofa_heads heads;
    const struct awh_yaml *fixed_primitives; /* NULL: none */
};

/* What differs between the two spaces when a config is read. */
struct awh_ofa_flavour {
    const char *name;
    const char *defaults;          /* a YAML map of the keys that may be left out */
    const char *const *known_keys; /* NULL terminated */
    bool has_heads;
};

/* width and kernel of a stage have entries for all its blocks, also those beyond its depth; but
 * aw_nas gives the first stage a single kernel, whatever its number of blocks, and runs one block
 * then. */
struct awh_ofa_arch {
    int32_t image_size; /* 0: not given; it has no influence on the primitives */
    unsigned stage_count, head_count;
    int32_t depth[AWH_OFA_STAGES_MAX];
    unsigned width_count[AWH_OFA_STAGES_MAX], kernel_count[AWH_OFA_STAGES_MAX];
    struct awh_value width[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
    int32_t kernel[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
    struct awh_value head_width[AWH_OFA_HEADS_MAX];
    int32_t head_kernel[AWH_OFA_HEADS_MAX];
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
    /* Of the 1x1 convolution between a MobileNetV3 backbone and the heads; 0: there is none, or the
     * heads are no primitives. */
    int32_t head_conv_channels;
};

/* -- Config and registry: ofa_space.c -----------------------------------------------------------
 */

AW_MUST_USE enum aw_err awh_ofa_open(struct awh_arena *arena, const struct awh_ofa_flavour *flavour,
                                     const struct awh_yaml *search_space_cfg,
                                     const struct awh_yaml *mixin_cfg, void **space_out,
                                     struct awh_diag *diag);
/* The functions of struct awh_space_type that both spaces have. */
AW_MUST_USE enum aw_err awh_ofa_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                           uint64_t seed, struct awh_prim_list *out,
                                           struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_sample_primitives(const void *space,
                                                  const struct awh_yaml *prof_prims_cfg,
                                                  uint64_t seed, uint64_t index,
                                                  struct awh_prim_list *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_genotype_primitives(const void *space,
                                                    const struct awh_yaml *prof_prims_cfg,
                                                    const char *genotype, struct awh_prim_list *out,
                                                    struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_sample_genotype(const void *space, struct awh_arena *arena,
                                                uint64_t seed, uint64_t index, char **genotype_out,
                                                struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_net_genotype(const void *space,
                                             const struct awh_yaml *prof_prims_cfg,
                                             struct awh_arena *arena, const struct awh_prim *prims,
                                             size_t count, char **genotype_out,
                                             struct awh_diag *diag);

/* -- prof_prims_cfg: ofa_prof.c -----------------------------------------------------------------
 */

AW_MUST_USE enum aw_err awh_ofa_prof_read(const struct awh_ofa *space,
                                          const struct awh_yaml *prof_prims_cfg,
                                          struct awh_ofa_prof *prof_out, struct awh_diag *diag);
/* round(x + 1e-3) chains from one rounded size to the next; halves go up, except by accident. */
int32_t awh_ofa_next_size(int32_t size, int32_t stride);

/* -- Primitives: ofa_prims.c --------------------------------------------------------------------
 */

/* The first block of a stage (later: false), or another one. */
struct awh_ofa_block {
    unsigned stage;
    bool later;
    int32_t kernel;
    struct awh_value width;
};
AW_MUST_USE enum aw_err awh_ofa_stem_prim(const struct awh_ofa_prof *prof,
                                          struct awh_prim *prim_out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_block_prim(const struct awh_ofa_prof *prof,
                                           struct awh_ofa_block block, struct awh_prim *prim_out,
                                           struct awh_diag *diag);
/* What lies between backbone and heads: 0 or 2 primitives. */
AW_MUST_USE enum aw_err awh_ofa_head_conv_prims(const struct awh_ofa *space,
                                                const struct awh_ofa_prof *prof,
                                                struct awh_prim prims_out[2], unsigned *count_out,
                                                struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_ofa_head_prim(const struct awh_ofa *space,
                                          const struct awh_ofa_prof *prof, unsigned head,
                                          struct awh_value width, int32_t kernel,
                                          struct awh_prim *prim_out, struct awh_diag *diag);

/* All primitives to profile. */
AW_MUST_USE enum aw_err awh_ofa_enumerate(const struct awh_ofa *space,
                                          const struct awh_ofa_prof *prof, uint64_t seed,
                                          struct awh_prim_list *out, struct awh_diag *diag);
/* Those of one architecture, in order. */
AW_MUST_USE enum aw_err awh_ofa_arch_primitives(const struct awh_ofa *space,
                                                const struct awh_ofa_prof *prof,
                                                const struct awh_ofa_arch *arch,
                                                struct awh_prim_list *out, struct awh_diag *diag);

/* -- Architectures: ofa_arch.c, ofa_genotype.c, ofa_invert.c ------------------------------------
 */

/* Architecture `index` of the stream `seed`. */
void awh_ofa_sample(const struct awh_ofa *space, uint64_t seed, uint64_t index,
                    struct awh_ofa_arch *arch_out);
AW_MUST_USE enum aw_err awh_ofa_genotype_parse(const struct awh_ofa *space, const char *genotype,
                                               struct awh_ofa_arch *arch_out,
                                               struct awh_diag *diag);
/* NULL when memory is short. */
char *awh_ofa_genotype_format(struct awh_arena *arena, const struct awh_ofa_arch *arch);
/* The width that a choice becomes in a stage: numpy makes all of them floats as soon as one of the
 * choices, or the bound, is one. */
struct awh_value awh_ofa_width(const struct awh_ofa *space, unsigned stage, unsigned choice);
/* The architecture that has these primitives. */
AW_MUST_USE enum aw_err awh_ofa_invert(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                       const struct awh_prim *prims, size_t count,
                                       struct awh_ofa_arch *arch_out, struct awh_diag *diag);

#endif

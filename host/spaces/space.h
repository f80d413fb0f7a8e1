/* Search spaces: enumerate their primitives, sample architectures, read genotypes. */
#ifndef AWH_SPACE_H
#define AWH_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/yaml.h"
#include "prims/prim.h"

struct awh_prim_list { /* malloc'ed; texts inside primitives are borrowed from the config documents
                        */
    struct awh_prim *prims;
    size_t count, capacity;
};
void awh_prim_list_release(struct awh_prim_list *list);
AW_MUST_USE enum aw_err awh_prim_list_add(struct awh_prim_list *list, const struct awh_prim *prim,
                                          struct awh_diag *diag);
/* Canonical order, duplicates removed. */
void awh_prim_list_canonical(struct awh_prim_list *list);

struct awh_space_type {
    const char *name; /* "ofa_mixin" */
    /* Validates search_space_cfg merged with mixin_search_space_cfg. */
    enum aw_err (*open)(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                        const struct awh_yaml *mixin_cfg, void **space_out, struct awh_diag *diag);
    /* All primitives to profile, canonical. `prof_prims_cfg` as in the hwobj file; `seed` serves
     * its `sample: N`. */
    enum aw_err (*primitives)(const void *space, const struct awh_yaml *prof_prims_cfg,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag);
    /* Primitives of architecture number `index` of the random stream `seed`, in order. */
    enum aw_err (*sample)(const void *space, const struct awh_yaml *prof_prims_cfg, uint64_t seed,
                          uint64_t index, struct awh_prim_list *out, struct awh_diag *diag);
    /* Primitives of a genotype string such as "image_size=224, cell_0=1, ..., cell_0_block_0=(1,
     * 3)". */
    enum aw_err (*genotype)(const void *space, const struct awh_yaml *prof_prims_cfg,
                            const char *genotype, struct awh_prim_list *out, struct awh_diag *diag);
    /* Genotype string of architecture number `index` of the stream; from the arena. */
    enum aw_err (*sample_genotype)(const void *space, struct awh_arena *arena, uint64_t seed,
                                   uint64_t index, char **genotype_out, struct awh_diag *diag);
};

const struct awh_space_type *const *awh_space_types(void); /* NULL terminated, from spaces.def */
const struct awh_space_type *awh_space_type_find(const char *name);

#endif

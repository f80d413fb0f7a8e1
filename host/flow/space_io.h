/* What sample and genotype share: a config's space, opened, and primitives as documents. */
#ifndef AWH_SPACE_IO_H
#define AWH_SPACE_IO_H

#include <stdio.h>

#include "flow/config.h"

struct awh_space_config {
    struct awh_arena arena;
    const struct awh_space_type *type;
    const struct awh_yaml *prof_prims_cfg; /* NULL: absent */
    void *space;
};

/* Release also after a failure. */
AW_MUST_USE enum aw_err awh_space_config_open(const char *cfg_path, const char *hwobj_path,
                                              struct awh_space_config *out, struct awh_diag *diag);
void awh_space_config_release(struct awh_space_config *config);

/* A sequence of maps; NULL when memory is short. */
struct awh_yaml *awh_prims_to_yaml(struct awh_arena *arena, const struct awh_prim *prims,
                                   size_t count);
/* {"genotype": ..., "primitives": [...]} on one line; `genotype` NULL: only the list. */
AW_MUST_USE enum aw_err awh_prims_print_json(const char *genotype,
                                             const struct awh_prim_list *prims, FILE *out,
                                             struct awh_diag *diag);

#endif

/* Search spaces: enumerate their primitives, sample architectures, read genotypes. Their interface,
 * struct awh_space_type, and struct awh_prim_list are in awnashw/plugin.h. */
#ifndef AWH_SPACE_H
#define AWH_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "awnashw/plugin.h"
#include "base/yaml.h"
#include "prims/prim.h"

void awh_prim_list_release(struct awh_prim_list *list);
AW_MUST_USE enum aw_err awh_prim_list_add(struct awh_prim_list *list, const struct awh_prim *prim,
                                          struct awh_diag *diag);
/* Appends the maps of a `fixed_primitives` list; `fixed` NULL: none. */
AW_MUST_USE enum aw_err awh_prim_list_add_fixed(struct awh_prim_list *list,
                                                const struct awh_yaml *fixed,
                                                struct awh_diag *diag);
/* Serves `sample: N`: leaves the first `kept` primitives and N of the others, drawn without
 * replacement; a negative N leaves all. Draw before the list is made canonical. */
void awh_prim_list_draw(struct awh_prim_list *list, size_t kept, int64_t sample, uint64_t seed);
/* Canonical order, duplicates removed. */
void awh_prim_list_canonical(struct awh_prim_list *list);

/* NULL terminated: those of spaces.def, then those of plug-ins. */
const struct awh_space_type *const *awh_space_types(void);
const struct awh_space_type *awh_space_type_find(const char *name);
/* Adds one of a plug-in, before any command runs; borrowed. */
AW_MUST_USE enum aw_err awh_space_type_add(const struct awh_space_type *type,
                                           struct awh_diag *diag);

#endif

/* A table from primitive to mean measured value: the base of every model that aw_nas has. */
#ifndef AWH_PRIM_TABLE_H
#define AWH_PRIM_TABLE_H

#include "models/model.h"

struct awh_prim_table; /* in an arena, immutable once built */

/* Mean over all runs of all nets; values that are NAN (not measured) are left out. */
AW_MUST_USE enum aw_err awh_prim_table_build(struct awh_arena *arena,
                                             const struct awh_profiles *data,
                                             struct awh_prim_table **table_out,
                                             struct awh_diag *diag);
/* Mean of a primitive, or NAN. */
double awh_prim_table_get(const struct awh_prim_table *table, const struct awh_prim *prim);
/* Sum over primitives; those that are not in the table count 0 and add to *missing_out. */
double awh_prim_table_sum(const struct awh_prim_table *table, const struct awh_prim *prims,
                          size_t count, size_t *missing_out);

/* `table:` of a model file: a list of primitive maps with performances and count, canonical order.
 */
AW_MUST_USE enum aw_err awh_prim_table_save(struct awh_arena *arena,
                                            const struct awh_prim_table *table,
                                            const char *perf_name, struct awh_yaml *map,
                                            struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_prim_table_load(struct awh_arena *arena, const struct awh_yaml *map,
                                            const char *perf_name,
                                            struct awh_prim_table **table_out,
                                            struct awh_diag *diag);

#endif

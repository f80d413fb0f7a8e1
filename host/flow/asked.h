/* What a model will be asked for against what is there: a primitive that was never profiled or
 * measured counts 0, and aw_nas says so at every single prediction, or not at all (aw_nas-notes 5,
 * 41). */
#ifndef AWH_ASKED_H
#define AWH_ASKED_H

#include "flow/config.h"

/* Each prof_prims_cfg that architectures will be predicted with: the model's own of HWOBJ, and
 * those of the hardware objectives of CFG. Warns, with counts, of primitives of the space that are
 * not in `have`, which is canonical. `done` says what did not happen to them ("profiled"). Does
 * nothing where profiling draws a sample. */
AW_MUST_USE enum aw_err awh_asked_check(const struct awh_config *config, const void *space,
                                        const struct awh_prim_list *have, const char *done,
                                        struct awh_diag *diag);

/* The same for the primitives that one prof_prims_cfg makes, and for the objectives of CFG only. */
AW_MUST_USE enum aw_err awh_asked_check_one(const struct awh_config *config, const void *space,
                                            const struct awh_yaml *prof_prims_cfg,
                                            const struct awh_prim_list *have, const char *done,
                                            struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_asked_check_objectives(const struct awh_config *config,
                                                   const void *space,
                                                   const struct awh_prim_list *have,
                                                   const char *done, struct awh_diag *diag);

#endif

/* Reading training data: what `parse`, `latency` and aw_nas write. */
#ifndef AWH_PROFILES_H
#define AWH_PROFILES_H

#include "models/model.h"

/* `path` is a directory of <net>/<run>.yaml (primitives with performances, overall_<perf>), or one
 * primitive table as net2primitive writes (then a single net without whole-net figure). Everything
 * is in the arena. Empty net directories and nets without primitives are warned about and skipped;
 * runs of a net that list different primitives, and data in different units, are errors. */
AW_MUST_USE enum aw_err awh_profiles_load(struct awh_arena *arena, const char *path,
                                          const char *perf_name, struct awh_profiles *out,
                                          struct awh_diag *diag);

#endif

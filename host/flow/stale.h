/* Keys that aw_nas had once, and that examples of its own still carry (aw_nas-notes 4). */
#ifndef AWH_STALE_H
#define AWH_STALE_H

#include "base/yaml.h"

/* HWOBJ must have none: an error at the first one, which names all that were found and what each is
 * called now. Templates of nets (base_cfg_template) are nobody's business. */
AW_MUST_USE enum aw_err awh_stale_refuse(const struct awh_yaml *hwobj, struct awh_diag *diag);

/* CFG may have them in objectives, which genprof does not read: a warning of the same text. */
void awh_stale_warn(const struct awh_yaml *cfg, struct awh_diag *diag);

#endif

/* Latency models: what is fitted to measured nets and answers for others. Their interface, struct
 * awh_model_type, and its data are in awnashw/plugin.h. */
#ifndef AWH_MODEL_H
#define AWH_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "awnashw/plugin.h"
#include "base/yaml.h"
#include "prims/prim.h"

/* NULL terminated: those of models.def, then those of plug-ins. */
const struct awh_model_type *const *awh_model_types(void);
const struct awh_model_type *awh_model_type_find(const char *name);
/* Adds one of a plug-in, before any command runs; borrowed. */
AW_MUST_USE enum aw_err awh_model_type_add(const struct awh_model_type *type,
                                           struct awh_diag *diag);

#endif

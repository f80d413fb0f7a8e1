/* Hardware compilers: make of one net what a device runs. Their interface, struct
 * awh_compiler_type, is in awnashw/plugin.h. */
#ifndef AWH_COMPILER_H
#define AWH_COMPILER_H

#include "awnashw/plugin.h"
#include "base/path.h"
#include "base/yaml.h"
#include "net/net.h"

/* NULL terminated: those of compilers.def, then those of plug-ins. */
const struct awh_compiler_type *const *awh_compiler_types(void);
const struct awh_compiler_type *awh_compiler_type_find(const char *name);
/* Adds one of a plug-in, before any command runs; borrowed. */
AW_MUST_USE enum aw_err awh_compiler_type_add(const struct awh_compiler_type *type,
                                              struct awh_diag *diag);

/* A compiler is called once a net with the same configuration, and keeps no state: true for the
 * first net of a result directory, which is the one to warn for. */
bool awh_compiler_is_first(const struct awh_stage *stage, const char *directory);

#endif

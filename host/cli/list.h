/* What there is to choose from. */
#ifndef AWH_CLI_LIST_H
#define AWH_CLI_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

/* kind: "prims", "spaces", "compilers", "boards", "models", "readers", "plugins"; NULL: all.
 * boards_dir: NULL: as built or installed. */
AW_MUST_USE enum aw_err awh_list(const char *kind, const char *boards_dir, bool json, FILE *out,
                                 struct awh_diag *diag);

#endif

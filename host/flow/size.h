/* size: what a firmware takes on its board, against the board's budget. */
#ifndef AWH_SIZE_H
#define AWH_SIZE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

struct awh_size_options {
    const char *board;      /* NULL: zcu102 */
    const char *boards_dir; /* as for measure; boards/<board>/budget.yaml is in it */
    const char *firmware;   /* the image; its map is beside it. NULL: as built */
    bool json;
};
/* Code by part, static RAM, and the worst stack. Over budget: AW_ERR_NO_SPACE, after a line for
 * each. */
AW_MUST_USE enum aw_err awh_size(const struct awh_size_options *options, FILE *out,
                                 struct awh_diag *diag);

#endif

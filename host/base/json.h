/* Documents as JSON, for --json. */
#ifndef AWH_JSON_H
#define AWH_JSON_H

#include <stdio.h>

#include "base/yaml.h"

/* Appends the document on one line: maps in their own order, numbers as Python prints them, what
 * JSON has no number for (infinities, NaN) as null. */
void awh_json_append(const struct awh_yaml *root, struct awh_str *out);
/* The same with a line end, to a file. */
AW_MUST_USE enum aw_err awh_json_print(const struct awh_yaml *root, FILE *out,
                                       struct awh_diag *diag);

#endif

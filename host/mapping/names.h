/* names.yaml: what the user says of a vendor tool's layer names.
 *
 *   "vendor name": 0_conv_1     a layer of ours
 *   "another one": 3            index of a primitive in the net (prim2names.yaml)
 *   "a third":     glue         belongs to no primitive
 *   "7":                        only for net 7:
 *     "vendor name": 5
 */
#ifndef AWH_NAMES_H
#define AWH_NAMES_H

#include "base/yaml.h"

struct awh_names;

/* A key that is given twice is an error: nobody knows which one counts. */
AW_MUST_USE enum aw_err awh_names_load(struct awh_arena *arena, const char *path,
                                       struct awh_names **names_out, struct awh_diag *diag);

/* What is said of a vendor's name in a net: an integer or a string; NULL: nothing. A net's own
 * section comes first. Remembers that the entry was of use. */
const struct awh_yaml *awh_names_find(struct awh_names *names, const char *net,
                                      const char *vendor_name);

/* Warns of every entry that no log needed: mostly spelling mistakes. */
void awh_names_warn_unused(const struct awh_names *names, struct awh_diag *diag);

#endif

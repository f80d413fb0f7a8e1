/* Python literals, as aw_nas writes genotypes: '[{"prim_type": "h_swish", "use_se": True}]'.
 *
 * Lists, tuples and dictionaries (keys are strings), strings, numbers, True, False and None; also
 * JSON's true, false and null. Nothing is executed: names, calls and operators are errors. */
#ifndef AWH_PYLITERAL_H
#define AWH_PYLITERAL_H

#include "base/yaml.h"

/* Reads the one literal in `text`. `place` is the YAML string that it came from: messages then
 * begin with its file, line and path, and so do those about the nodes that are made; or NULL:
 * messages begin with `name`. */
AW_MUST_USE enum aw_err awh_pyliteral_parse(struct awh_arena *arena, const char *text, size_t size,
                                            const struct awh_yaml *place, const char *name,
                                            struct awh_yaml **root_out, struct awh_diag *diag);

/* Appends Python's repr of the node, on one line; keys keep their order. */
void awh_pyliteral_format(const struct awh_yaml *node, struct awh_str *out);

#endif

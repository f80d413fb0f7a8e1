/* What a primitive or a net consists of, without compiling or measuring it. Layers are those after
 * folding, sizes those at int8. */
#ifndef AWH_DESCRIBE_H
#define AWH_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/yaml.h"
#include "net/net.h"

/* `what` is the name of a primitive type ("mobilenet_v3_block": its parameters, and the layers of
 * an example), a primitive (a line as awh_prim_format makes it, or a map in YAML or JSON), or a net
 * file. */
AW_MUST_USE enum aw_err awh_describe(const char *what, bool json, FILE *out, struct awh_diag *diag);

/* A net as a table, or as a document in the arena. */
AW_MUST_USE enum aw_err awh_describe_net(const struct awh_net *net, FILE *out,
                                         struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_describe_net_yaml(struct awh_arena *arena, const struct awh_net *net,
                                              struct awh_yaml **out, struct awh_diag *diag);

/* The net of the file in 8 bits against floating point, layer by layer, on so many seeded inputs:
 * see program/sqnr.h. */
AW_MUST_USE enum aw_err awh_describe_sqnr(const char *path, uint32_t seed, uint32_t inputs,
                                          bool json, FILE *out, struct awh_diag *diag);

#endif

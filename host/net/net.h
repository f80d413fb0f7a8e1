/* Nets: an ordered list of primitives, as genotypes of prof_nets/<i>.yaml hold them. */
#ifndef AWH_NET_H
#define AWH_NET_H

#include "awnashw/plugin.h"
#include "net/graph.h"
#include "prims/prim.h"

/* A primitive of a net's list; `affine` is true where it is left out, as in aw_nas's own example.
 */
AW_MUST_USE enum aw_err awh_net_prim(struct awh_arena *arena, const struct awh_yaml *node,
                                     struct awh_prim *prim_out, struct awh_diag *diag);

/* Reads final_model_cfg.genotypes (a list of maps) of a net file. Everything is in the arena. */
AW_MUST_USE enum aw_err awh_net_load(struct awh_arena *arena, const char *path,
                                     struct awh_net *net_out, struct awh_diag *diag);

/* Lowers all primitives one after the other. The input is spatial_size x spatial_size x C of the
 * first primitive; a primitive whose C differs from what the previous one gives is an error. */
AW_MUST_USE enum aw_err awh_net_lower(const struct awh_net *net, struct awh_graph *graph_out,
                                      struct awh_diag *diag);

#endif

/* Makes of a placed and quantised net the files of docs/formats.md. */
#ifndef AWH_EMIT_H
#define AWH_EMIT_H

#include "net/net.h"
#include "program/layers.h"
#include "program/quantise.h"

/* Everything that a compiled net consists of; in the arena, texts partly borrowed from net and
 * graph. */
struct awh_compiled {
    const uint8_t *program; /* <net>.awp */
    uint32_t program_bytes;
    struct awh_layers layers;     /* <net>.layers.yaml */
    struct awh_prim_names *prims; /* prim2names.yaml: all primitives of the net */
    size_t prim_count;
};

/* `graph` is the folded graph that `quantised` was made of, with offsets set by awh_arena_place;
 * `packing` the order of the parameters that it has, if it has any (NULL: canonical).
 * The program is opened once; a refusal is AW_ERR_INTERNAL with the fault. */
AW_MUST_USE enum aw_err awh_emit(struct awh_arena *arena, const struct awh_net *net,
                                 const struct awh_graph *graph,
                                 const struct awh_quantised *quantised,
                                 const struct aw_packing *packing,
                                 struct awh_compiled *compiled_out, struct awh_diag *diag);

#endif

/* From a lowered graph to a program: folds, quantises, places and emits. */
#ifndef AWH_COMPILE_H
#define AWH_COMPILE_H

#include "program/emit.h"

/* The graph is folded in place; the result is in the arena. `seed` is that of weights and input. */
AW_MUST_USE enum aw_err awh_compile_graph(struct awh_arena *arena, const struct awh_net *net,
                                          struct awh_graph *graph, uint32_t seed,
                                          struct awh_compiled *compiled_out, struct awh_diag *diag);

#endif

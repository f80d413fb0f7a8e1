/* From a lowered graph to a program: folds, quantises, places and emits. */
#ifndef AWH_COMPILE_H
#define AWH_COMPILE_H

#include "program/emit.h"

struct awh_compile_options {
    uint32_t seed; /* of weights and input */
    bool embed;    /* the program carries its weights */
    /* With embed: the weights; NULL: the seeded ones. */
    const struct awh_given_list *given;
    /* With embed: their order; NULL: canonical, which a host packs for the board at hand. */
    const struct aw_packing *packing;
};

/* The graph is folded in place; the result is in the arena. */
AW_MUST_USE enum aw_err awh_compile_graph(struct awh_arena *arena, const struct awh_net *net,
                                          struct awh_graph *graph,
                                          const struct awh_compile_options *options,
                                          struct awh_compiled *compiled_out, struct awh_diag *diag);

#endif

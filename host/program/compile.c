#include "program/compile.h"

#include "program/arena.h"
#include "program/fold.h"
#include "program/quantise.h"

enum aw_err awh_compile_graph(struct awh_arena *arena, const struct awh_net *net,
                              struct awh_graph *graph, uint32_t seed,
                              struct awh_compiled *compiled_out, struct awh_diag *diag)
{
    struct awh_quantised quantised;
    struct awh_placement placement;
    enum aw_err err = awh_fold(graph, diag);
    if (!err)
        err = awh_quantise(arena, graph, seed, &quantised, diag);
    if (!err)
        err = awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                              quantised.layer_count, quantised.output, &placement, diag);
    if (!err)
        err = awh_emit(arena, net, graph, &quantised, compiled_out, diag);
    return err;
}

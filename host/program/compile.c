#include "program/compile.h"

#include "program/arena.h"
#include "program/embed.h"
#include "program/fold.h"
#include "program/quantise.h"

enum aw_err awh_compile_graph(struct awh_arena *arena, const struct awh_net *net,
                              struct awh_graph *graph, const struct awh_compile_options *options,
                              struct awh_compiled *compiled_out, struct awh_diag *diag)
{
    struct awh_quantised quantised;
    struct awh_placement placement;
    enum aw_err err = awh_fold(graph, diag);
    if (!err)
        err = awh_quantise(arena, graph, options->seed, options->given, &quantised, diag);
    if (!err && options->embed)
        err = awh_embed_seeded(arena, &quantised, diag);
    if (!err)
        err = awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                              quantised.layer_count, quantised.output, &placement, diag);
    if (!err)
        err = awh_emit(arena, net, graph, &quantised, options->packing, compiled_out, diag);
    return err;
}

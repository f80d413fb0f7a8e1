#include "program/emit.h"

#include "program/embed.h"
#include "program/upload.h"

static enum aw_err write_program(struct awh_arena *arena, const char *net,
                                 const struct awh_quantised *quantised,
                                 struct awh_compiled *compiled, struct awh_diag *diag)
{
    struct awh_embedded embedded = {.layers = quantised->layers};
    enum aw_err err = AW_OK;
    if (quantised->parameters)
        err = awh_embed(arena, net, quantised, &embedded, diag);
    if (err)
        return err;
    struct aw_program_source source = {
        .tensors = quantised->tensors,
        .layers = embedded.layers,
        .tables = (const int8_t(*)[256])quantised->tables,
        .tensor_count = quantised->tensor_count,
        .layer_count = quantised->layer_count,
        .table_count = quantised->table_count,
        .input = quantised->input,
        .output = quantised->output,
        .weights_mode = quantised->parameters ? AW_WEIGHTS_EMBEDDED : AW_WEIGHTS_SEEDED,
        .weights = embedded.weights,
        .weights_size = embedded.weights_size,
        .input_seed = quantised->input_seed,
    };
    uint32_t bytes = 0;
    err = aw_program_write(&source, NULL, 0, &bytes);
    if (err == AW_ERR_NO_SPACE) {
        uint8_t *program = awh_arena_alloc(arena, bytes);
        if (!program)
            return awh_fail_mem(diag);
        err = aw_program_write(&source, program, bytes, &compiled->program_bytes);
        compiled->program = program;
    }
    if (err)
        return awh_fail(diag, AW_ERR_INTERNAL, "net %s: cannot write its program: %s", net,
                        aw_err_str(err));
    return AW_OK;
}

static enum aw_err open_program(const struct awh_graph *graph, const struct awh_compiled *compiled,
                                const struct aw_packing *packing, struct aw_program *program,
                                struct awh_diag *diag)
{
    struct aw_program_fault fault = {.what = "?", .index = -1};
    const struct aw_program_limits limits = {.packing = packing};
    enum aw_err err =
        aw_program_open(compiled->program, compiled->program_bytes, &limits, program, &fault);
    if (!err)
        return AW_OK;
    const char *layer = "";
    if (!fault.is_tensor && fault.index >= 0 && (size_t)fault.index < graph->node_count)
        layer = graph->nodes[fault.index].name;
    return awh_fail(diag, AW_ERR_INTERNAL,
                    "net %s: the program just made is refused: %s (%s %d %s); please report this",
                    graph->net, fault.what, fault.is_tensor ? "tensor" : "layer", fault.index,
                    layer);
}

/* In the order that a kernel set wants. */
static enum aw_err pack_program(struct awh_arena *arena, const struct awh_graph *graph,
                                const struct aw_packing *packing, struct awh_compiled *compiled,
                                struct aw_program *program, struct awh_diag *diag)
{
    const uint8_t *bytes;
    enum aw_err err = awh_upload_bytes(arena, program, packing->name, graph->net, &bytes,
                                       &compiled->program_bytes, diag);
    compiled->program = bytes;
    return err ? err : open_program(graph, compiled, packing, program, diag);
}

static enum aw_err describe_layer(struct awh_arena *arena, const struct awh_node *node,
                                  const struct aw_plan *plan, struct awh_layer_info *info,
                                  struct awh_diag *diag)
{
    char key[128];
    aw_layer_key(plan, key, sizeof(key));
    *info = (struct awh_layer_info){
        .name = node->name,
        .key = awh_arena_strdup(arena, key),
        .op = plan->layer.op,
        .act = (enum aw_act)plan->layer.act,
        .primitive = (uint32_t)node->prim,
        .macs = plan->macs,
        .bytes = (plan->layer.op == AW_OP_ZERO ? UINT64_C(0) : plan->in0_bytes) + plan->in1_bytes +
                 plan->out_bytes + plan->weight_count + UINT64_C(4) * plan->bias_count,
    };
    return info->key ? AW_OK : awh_fail_mem(diag);
}

static enum aw_err describe_layers(struct awh_arena *arena, const struct awh_graph *graph,
                                   const struct aw_program *program, struct awh_compiled *compiled,
                                   struct awh_diag *diag)
{
    struct awh_layers *layers = &compiled->layers;
    *layers = (struct awh_layers){
        .net = graph->net,
        .count = program->layer_count,
        .arena_bytes = program->arena_bytes,
        .weight_bytes = program->weight_bytes,
        .program_bytes = program->size,
        .program_crc32 = program->crc,
        .input_seed = program->input_seed,
    };
    layers->items = awh_arena_array(arena, layers->count, sizeof(*layers->items));
    if (!layers->items)
        return awh_fail_mem(diag);
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(program, i, &plan);
        enum aw_err err = describe_layer(arena, &graph->nodes[i], &plan, &layers->items[i], diag);
        if (err)
            return err;
        layers->macs += plan.macs;
    }
    return AW_OK;
}

static enum aw_err attribute_layers(struct awh_arena *arena, const struct awh_net *net,
                                    struct awh_compiled *compiled, struct awh_diag *diag)
{
    const struct awh_layers *layers = &compiled->layers;
    compiled->prim_count = net->count;
    compiled->prims = awh_arena_array(arena, net->count, sizeof(*compiled->prims));
    if (!compiled->prims)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->items[i].primitive >= net->count)
            return awh_fail(diag, AW_ERR_INTERNAL, "net %s: layer %s is of primitive %u of %zu",
                            layers->net, layers->items[i].name, layers->items[i].primitive,
                            net->count);
        compiled->prims[layers->items[i].primitive].count++;
    }
    for (size_t p = 0; p < net->count; p++) {
        struct awh_prim_names *names = &compiled->prims[p];
        names->prim = net->prims[p];
        names->names = awh_arena_array(arena, names->count, sizeof(*names->names));
        if (!names->names)
            return awh_fail_mem(diag);
        size_t at = 0;
        for (size_t i = 0; i < layers->count; i++)
            if (layers->items[i].primitive == p)
                names->names[at++] = layers->items[i].name;
    }
    return AW_OK;
}

enum aw_err awh_emit(struct awh_arena *arena, const struct awh_net *net,
                     const struct awh_graph *graph, const struct awh_quantised *quantised,
                     const struct aw_packing *packing, struct awh_compiled *compiled_out,
                     struct awh_diag *diag)
{
    struct awh_compiled compiled = {0};
    struct aw_program program;
    enum aw_err err = write_program(arena, graph->net, quantised, &compiled, diag);
    if (!err)
        err = open_program(graph, &compiled, NULL, &program, diag);
    if (!err && packing)
        err = pack_program(arena, graph, packing, &compiled, &program, diag);
    if (!err)
        err = describe_layers(arena, graph, &program, &compiled, diag);
    if (!err)
        err = attribute_layers(arena, net, &compiled, diag);
    if (!err)
        *compiled_out = compiled;
    return err;
}

/* A net layer by layer: shapes, cost, and what it takes in memory. */
#include <inttypes.h>
#include <string.h>

#include "flow/describe.h"
#include "net/net.h"
#include "program/arena.h"
#include "program/fold.h"
#include "program/quantise.h"

struct layer {
    const struct awh_node *node;
    const char *key; /* NULL: no program can hold the net */
};

struct description {
    struct awh_arena arena;
    const struct awh_net *net;
    struct awh_graph graph; /* folded */
    struct layer *layers;
    uint64_t macs, params, bytes, weight_bytes;
    uint64_t trained_params; /* before batch norms were folded */
    struct awh_placement placement;
    struct awh_diag no_program; /* why no program can hold the net */
};

/* -- Making it ----------------------------------------------------------------------------------
 */

/* Keys and the arena: what a program would have. */
static enum aw_err outline(struct description *d, struct awh_diag *diag)
{
    struct awh_quantised program;
    enum aw_err err = awh_quantise_outline(&d->arena, &d->graph, &program, diag);
    if (err)
        return err;
    for (uint16_t i = 0; i < program.layer_count; i++) {
        const struct aw_layer *layer = &program.layers[i];
        struct aw_plan plan;
        const char *why = NULL;
        char key[160];
        const struct aw_tensor *in1 =
            layer->in1 == AW_NO_TENSOR ? NULL : &program.tensors[layer->in1];
        if ((err = aw_layer_plan(layer, &program.tensors[layer->in0], in1,
                                 &program.tensors[layer->out], &plan, &why)))
            return awh_fail(diag, err, "layer %s: %s", d->graph.nodes[i].name,
                            why ? why : aw_err_str(err));
        aw_layer_key(&plan, key, sizeof key);
        if (!(d->layers[i].key = awh_arena_strdup(&d->arena, key)))
            return awh_fail_mem(diag);
        /* As the program's weight memory counts: each block rounded up to 16. */
        d->weight_bytes += (plan.weight_count + UINT64_C(15)) / 16 * 16;
        d->weight_bytes += (UINT64_C(4) * plan.bias_count + 15) / 16 * 16;
    }
    return awh_arena_place(program.tensors, program.tensor_count, program.layers,
                           program.layer_count, program.output, &d->placement, diag);
}

/* Lowers and folds; a graph that cannot be folded is shown as it is. */
static enum aw_err make_graph(struct description *d, struct awh_diag *diag)
{
    enum aw_err err = awh_net_lower(d->net, &d->graph, diag);
    if (err)
        return err;
    for (size_t i = 0; i < d->graph.node_count; i++)
        d->trained_params += awh_node_params(&d->graph, &d->graph.nodes[i]);
    if (!awh_fold(&d->graph, &d->no_program))
        return AW_OK;
    if (d->no_program.err == AW_ERR_NO_MEM)
        return awh_fail_mem(diag);
    awh_graph_release(&d->graph); /* what is left in it is unspecified */
    return awh_net_lower(d->net, &d->graph, diag);
}

static enum aw_err describe_graph(struct description *d, struct awh_diag *diag)
{
    const struct awh_graph *graph = &d->graph;
    d->layers = awh_arena_array(&d->arena, graph->node_count, sizeof *d->layers);
    if (!d->layers)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = d->layers[i].node = &graph->nodes[i];
        d->macs += awh_node_macs(graph, node);
        d->params += awh_node_params(graph, node);
        d->bytes += awh_node_bytes(graph, node);
    }
    enum aw_err err = d->no_program.err ? AW_OK : outline(d, &d->no_program);
    return err == AW_ERR_NO_MEM ? awh_fail_mem(diag) : AW_OK;
}

/* -- Printing -----------------------------------------------------------------------------------
 */

static void format_shape(const struct awh_graph *graph, int tensor, char text[40])
{
    const struct awh_graph_tensor *t = &graph->tensors[tensor];
    snprintf(text, 40, "%dx%dx%d", t->h, t->w, t->c);
}

static const char *key_of(const struct layer *layer)
{
    return layer->key ? layer->key : "-";
}

static void print_layers(const struct description *d, FILE *out)
{
    int name_width = 5, key_width = 3;
    for (size_t i = 0; i < d->graph.node_count; i++) {
        int name = (int)strlen(d->layers[i].node->name), key = (int)strlen(key_of(&d->layers[i]));
        name_width = name > name_width ? name : name_width;
        key_width = key > key_width ? key : key_width;
    }
    fprintf(out, "%4s  %-*s  %-*s  %-15s  %-15s  %12s  %10s  %10s  %4s\n", "#", name_width, "layer",
            key_width, "key", "in", "out", "MACs", "parameters", "bytes", "of");
    for (size_t i = 0; i < d->graph.node_count; i++) {
        const struct awh_node *node = d->layers[i].node;
        char from[40], to[40];
        format_shape(&d->graph, node->in0, from);
        format_shape(&d->graph, node->out, to);
        fprintf(out,
                "%4zu  %-*s  %-*s  %-15s  %-15s  %12" PRIu64 "  %10" PRIu64 "  %10" PRIu64
                "  %4d\n",
                i, name_width, node->name, key_width, key_of(&d->layers[i]), from, to,
                awh_node_macs(&d->graph, node), awh_node_params(&d->graph, node),
                awh_node_bytes(&d->graph, node), node->prim);
    }
}

static void print_text(const struct description *d, FILE *out)
{
    char from[40], to[40], text[256];
    format_shape(&d->graph, d->graph.input, from);
    format_shape(&d->graph, d->graph.output, to);
    for (size_t i = 0; i < d->net->count; i++) {
        awh_prim_format(&d->net->prims[i], text, sizeof text);
        fprintf(out, "primitive %zu: %s\n", i, text);
    }
    fputc('\n', out);
    print_layers(d, out);
    fprintf(out, "\n%zu layers, %s -> %s\n", d->graph.node_count, from, to);
    fprintf(out, "MACs        %" PRIu64 "\n", d->macs);
    fprintf(out, "parameters  %" PRIu64 " (%" PRIu64 " before batch norms are folded)\n", d->params,
            d->trained_params);
    fprintf(out, "bytes       %" PRIu64 " moved at int8: activations, weights and biases\n",
            d->bytes);
    if (d->no_program.err) {
        fprintf(out, "arena       none: %s\n", d->no_program.text);
        return;
    }
    fprintf(out, "arena       %u bytes at int8", d->placement.arena_bytes);
    if (d->placement.arena_bytes == d->placement.bound_bytes)
        fputs(", the least possible\n", out);
    else
        fprintf(out, "; no plan needs less than %u\n", d->placement.bound_bytes);
    fprintf(out, "weights     %" PRIu64 " bytes at int8\n", d->weight_bytes);
}

static struct awh_yaml *shape_to_yaml(struct awh_arena *arena, const struct awh_graph *graph,
                                      int tensor)
{
    const struct awh_graph_tensor *t = &graph->tensors[tensor];
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    if (!list || !awh_yaml_push(arena, list, awh_yaml_new_int(arena, t->h)) ||
        !awh_yaml_push(arena, list, awh_yaml_new_int(arena, t->w)) ||
        !awh_yaml_push(arena, list, awh_yaml_new_int(arena, t->c)))
        return NULL;
    return list;
}

static bool set_int(struct awh_arena *arena, struct awh_yaml *map, const char *key, uint64_t value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_int(arena, (int64_t)value));
}

static bool set_text(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     const char *text)
{
    return awh_yaml_set(arena, map, key,
                        text ? awh_yaml_new_str(arena, text) : awh_yaml_new_null(arena));
}

static struct awh_yaml *layer_to_yaml(struct awh_arena *arena, const struct description *d,
                                      size_t i)
{
    const struct awh_node *node = d->layers[i].node;
    struct awh_yaml *map = awh_yaml_new_map(arena);
    if (!map || !set_int(arena, map, "index", i) || !set_text(arena, map, "name", node->name) ||
        !set_text(arena, map, "key", d->layers[i].key) ||
        !set_int(arena, map, "primitive", (uint64_t)node->prim) ||
        !awh_yaml_set(arena, map, "in", shape_to_yaml(arena, &d->graph, node->in0)) ||
        !awh_yaml_set(arena, map, "out", shape_to_yaml(arena, &d->graph, node->out)) ||
        !set_int(arena, map, "macs", awh_node_macs(&d->graph, node)) ||
        !set_int(arena, map, "parameters", awh_node_params(&d->graph, node)) ||
        !set_int(arena, map, "bytes", awh_node_bytes(&d->graph, node)))
        return NULL;
    return map;
}

static bool set_totals(struct awh_arena *arena, const struct description *d, struct awh_yaml *map)
{
    bool known = !d->no_program.err;
    return set_int(arena, map, "macs", d->macs) && set_int(arena, map, "parameters", d->params) &&
           set_int(arena, map, "parameters_before_folding", d->trained_params) &&
           set_int(arena, map, "bytes", d->bytes) &&
           awh_yaml_set(arena, map, "arena_bytes",
                        known ? awh_yaml_new_int(arena, d->placement.arena_bytes)
                              : awh_yaml_new_null(arena)) &&
           awh_yaml_set(arena, map, "weight_bytes",
                        known ? awh_yaml_new_int(arena, (int64_t)d->weight_bytes)
                              : awh_yaml_new_null(arena)) &&
           set_text(arena, map, "no_program", known ? NULL : d->no_program.text);
}

static struct awh_yaml *to_yaml(struct awh_arena *arena, const struct description *d)
{
    struct awh_yaml *root = awh_yaml_new_map(arena), *prims = awh_yaml_new_seq(arena),
                    *layers = awh_yaml_new_seq(arena);
    if (!root || !prims || !layers)
        return NULL;
    for (size_t i = 0; i < d->net->count; i++)
        if (!awh_yaml_push(arena, prims, awh_prim_to_yaml(arena, &d->net->prims[i])))
            return NULL;
    for (size_t i = 0; i < d->graph.node_count; i++)
        if (!awh_yaml_push(arena, layers, layer_to_yaml(arena, d, i)))
            return NULL;
    if (!set_text(arena, root, "net", d->net->name) ||
        !awh_yaml_set(arena, root, "primitives", prims) ||
        !awh_yaml_set(arena, root, "layers", layers) || !set_totals(arena, d, root))
        return NULL;
    return root;
}

static void release(struct description *d)
{
    awh_graph_release(&d->graph);
    awh_arena_release(&d->arena);
}

static enum aw_err describe(const struct awh_net *net, struct description *d, struct awh_diag *diag)
{
    *d = (struct description){.net = net};
    awh_arena_init(&d->arena);
    enum aw_err err = make_graph(d, diag);
    if (!err)
        err = describe_graph(d, diag);
    if (err)
        release(d);
    return err;
}

enum aw_err awh_describe_net(const struct awh_net *net, FILE *out, struct awh_diag *diag)
{
    struct description d;
    enum aw_err err = describe(net, &d, diag);
    if (err)
        return err;
    print_text(&d, out);
    release(&d);
    return AW_OK;
}

enum aw_err awh_describe_net_yaml(struct awh_arena *arena, const struct awh_net *net,
                                  struct awh_yaml **out, struct awh_diag *diag)
{
    struct description d;
    enum aw_err err = describe(net, &d, diag);
    if (err)
        return err;
    struct awh_yaml *root = to_yaml(arena, &d);
    release(&d);
    if (!root)
        return awh_fail_mem(diag);
    *out = root;
    return AW_OK;
}

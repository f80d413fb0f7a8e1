#include "net/net.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/pyliteral.h"

static enum aw_err net_name(const char *path, char name_out[40], struct awh_diag *diag)
{
    const char *base = awh_path_base(path);
    size_t size = strlen(base);
    if (size > 5 && !strcmp(base + size - 5, ".yaml"))
        size -= 5;
    if (!size || size >= 40)
        return awh_fail(diag, AW_ERR_RANGE, "%s: a net's file name has 1 to 39 characters", path);
    memcpy(name_out, base, size);
    name_out[size] = 0;
    return AW_OK;
}

/* aw_nas also writes the list as one string, a Python literal. */
static enum aw_err resolve_genotypes(struct awh_arena *arena, struct awh_yaml **genotypes_inout,
                                     struct awh_diag *diag)
{
    struct awh_yaml *node = *genotypes_inout;
    char found[64];
    if (node->kind == AWH_YAML_STR) {
        enum aw_err err = awh_pyliteral_parse(arena, node->str.text, node->str.size, node,
                                              "genotypes", &node, diag);
        if (err)
            return err;
    }
    if (node->kind != AWH_YAML_SEQ || !node->list.count)
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag,
                             "expected a list of at least one primitive, found %s",
                             awh_yaml_describe(node, found, sizeof found));
    *genotypes_inout = node;
    return AW_OK;
}

enum aw_err awh_net_prim(struct awh_arena *arena, const struct awh_yaml *node,
                         struct awh_prim *prim_out, struct awh_diag *diag)
{
    if (node->kind == AWH_YAML_MAP && !awh_yaml_get(node, "affine")) {
        struct awh_yaml *copy = awh_yaml_copy(arena, node);
        if (!copy || !awh_yaml_set(arena, copy, "affine", awh_yaml_new_bool(arena, true)))
            return awh_fail_mem(diag);
        copy->parent = node->parent; /* for messages */
        copy->key = node->key;
        copy->index = node->index;
        node = copy;
    }
    return awh_prim_from_yaml(node, prim_out, diag);
}

enum aw_err awh_net_load(struct awh_arena *arena, const char *path, struct awh_net *net_out,
                         struct awh_diag *diag)
{
    struct awh_net net = {.count = 0};
    struct awh_yaml *root, *final_model, *genotypes;
    enum aw_err err;
    if ((err = net_name(path, net.name, diag)) ||
        (err = awh_yaml_load_file(arena, path, &root, diag)) ||
        (err = awh_yaml_need(root, "final_model_cfg", AWH_YAML_MAP, &final_model, diag)))
        return err;
    genotypes = awh_yaml_get(final_model, "genotypes");
    if (!genotypes)
        return awh_yaml_fail(final_model, AW_ERR_FORMAT, diag,
                             "lacks 'genotypes', the list of the net's primitives");
    if ((err = resolve_genotypes(arena, &genotypes, diag)))
        return err;
    net.prims = awh_arena_array(arena, genotypes->list.count, sizeof *net.prims);
    if (!net.prims)
        return awh_fail_mem(diag);
    for (; net.count < genotypes->list.count; net.count++)
        if ((err = awh_net_prim(arena, genotypes->list.items[net.count], &net.prims[net.count],
                                diag)))
            return err;
    *net_out = net;
    return AW_OK;
}

/* Adds the net and the primitive to what went wrong inside. */
static enum aw_err lower_prim(struct awh_graph *graph, const struct awh_net *net, size_t i,
                              int *tensor_inout, struct awh_diag *diag)
{
    const struct awh_prim *prim = &net->prims[i];
    const struct awh_graph_tensor *in = &graph->tensors[*tensor_inout];
    struct awh_diag inner = {.err = AW_OK};
    char text[256];
    enum aw_err err;
    graph->prim = (int)i;
    if (in->c != awh_prim_input_ch(prim))
        err = awh_fail(&inner, AW_ERR_RANGE, "%s is %d channels, but its input has %d",
                       prim->type->input_ch ? "what it takes" : "its C",
                       (int)awh_prim_input_ch(prim), (int)in->c);
    else
        err = prim->type->lower(graph, prim, *tensor_inout, tensor_inout, &inner);
    if (!err && (*tensor_inout < 0 || (size_t)*tensor_inout >= graph->tensor_count))
        err = awh_fail(&inner, AW_ERR_INTERNAL, "its type gave tensor %d of %zu", *tensor_inout,
                       graph->tensor_count);
    if (!err)
        return AW_OK;
    awh_prim_format(prim, text, sizeof text);
    return awh_fail(diag, err, "net %s: primitive %zu (%s): %s", net->name, i, text, inner.text);
}

enum aw_err awh_net_lower(const struct awh_net *net, struct awh_graph *graph_out,
                          struct awh_diag *diag)
{
    struct awh_graph graph;
    if (!net->count)
        return awh_fail(diag, AW_ERR_ARG, "net %s: has no primitives", net->name);
    const struct awh_prim *first = &net->prims[0];
    enum aw_err err = awh_graph_init(&graph, net->name, first->spatial_size, first->spatial_size,
                                     awh_prim_input_ch(first), diag);
    int tensor = graph.input;
    for (size_t i = 0; !err && i < net->count; i++)
        err = lower_prim(&graph, net, i, &tensor, diag);
    if (err) {
        awh_graph_release(&graph);
        return err;
    }
    graph.output = tensor;
    *graph_out = graph;
    return AW_OK;
}

#include "plugins/host_table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/yaml.h"
#include "net/net.h"
#include "prims/prim.h"
#include "spaces/space.h"

static struct awh_arena *arena_new(void)
{
    struct awh_arena *arena = malloc(sizeof *arena);
    if (arena)
        awh_arena_init(arena);
    return arena;
}

static void arena_free(struct awh_arena *arena)
{
    if (arena)
        awh_arena_release(arena);
    free(arena);
}

static bool is_list(const struct awh_yaml *node)
{
    return node->kind == AWH_YAML_SEQ || node->kind == AWH_YAML_MAP;
}

static enum awh_yaml_kind yaml_kind(const struct awh_yaml *node)
{
    return node->kind;
}

static size_t yaml_count(const struct awh_yaml *node)
{
    return is_list(node) ? node->list.count : 0;
}

static struct awh_yaml *yaml_item(const struct awh_yaml *node, size_t i)
{
    return i < yaml_count(node) ? node->list.items[i] : NULL;
}

static const char *yaml_key(const struct awh_yaml *node, size_t i)
{
    if (node->kind != AWH_YAML_MAP || i >= node->list.count)
        return NULL;
    const struct awh_yaml *key = node->list.keys[i];
    return key->kind == AWH_YAML_STR ? key->str.text : NULL;
}

static enum aw_err yaml_dump(struct awh_arena *arena, const struct awh_yaml *root, char **text_out,
                             size_t *size_out, struct awh_diag *diag)
{
    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, diag);
    char *copy = err ? NULL : awh_arena_strndup(arena, text.text, text.size);
    if (!err && !copy)
        err = awh_fail_mem(diag);
    if (!err) {
        *text_out = copy;
        *size_out = text.size;
    }
    awh_str_release(&text);
    return err;
}

/* -- Graphs: numbers of tensors come from outside and are checked. ------------------------------
 */

static enum aw_err check_tensor(const struct awh_graph *graph, int tensor, struct awh_diag *diag)
{
    if (tensor >= 0 && (size_t)tensor < graph->tensor_count)
        return AW_OK;
    return awh_fail(diag, AW_ERR_ARG, "a plug-in used tensor %d of a graph that has %zu", tensor,
                    graph->tensor_count);
}

static void graph_shape(const struct awh_graph *graph, int tensor, int32_t hwc_out[3])
{
    bool ok = tensor >= 0 && (size_t)tensor < graph->tensor_count;
    hwc_out[0] = ok ? graph->tensors[tensor].h : 0;
    hwc_out[1] = ok ? graph->tensors[tensor].w : 0;
    hwc_out[2] = ok ? graph->tensors[tensor].c : 0;
}

static enum aw_err graph_conv(struct awh_graph *graph, int in, struct awh_conv conv, int *out,
                              struct awh_diag *diag)
{
    enum aw_err err = check_tensor(graph, in, diag);
    return err ? err : awh_graph_conv(graph, in, conv, out, diag);
}

static enum aw_err graph_batch_norm(struct awh_graph *graph, int in, bool affine, int *out,
                                    struct awh_diag *diag)
{
    enum aw_err err = check_tensor(graph, in, diag);
    return err ? err : awh_graph_batch_norm(graph, in, affine, out, diag);
}

static enum aw_err graph_act(struct awh_graph *graph, int in, const char *act, int *out,
                             struct awh_diag *diag)
{
    enum aw_act id;
    enum aw_err err = check_tensor(graph, in, diag);
    if (err)
        return err;
    if (!awh_act_parse(act, &id))
        return awh_fail(diag, AW_ERR_RANGE, "unknown activation '%s'", act);
    return awh_graph_act(graph, in, id, out, diag);
}

static enum aw_err graph_gap(struct awh_graph *graph, int in, int *out, struct awh_diag *diag)
{
    enum aw_err err = check_tensor(graph, in, diag);
    return err ? err : awh_graph_gap(graph, in, out, diag);
}

#define TWO_INPUTS(name)                                                                           \
    static enum aw_err graph_##name(struct awh_graph *graph, int a, int b, int *out,               \
                                    struct awh_diag *diag)                                         \
    {                                                                                              \
        enum aw_err err = check_tensor(graph, a, diag);                                            \
        if (!err)                                                                                  \
            err = check_tensor(graph, b, diag);                                                    \
        return err ? err : awh_graph_##name(graph, a, b, out, diag);                               \
    }
TWO_INPUTS(add)
TWO_INPUTS(mul)
TWO_INPUTS(concat)

#define WITH_ATTRIBUTES(name, type)                                                                \
    static enum aw_err graph_##name(struct awh_graph *graph, int in, struct type attributes,       \
                                    int *out, struct awh_diag *diag)                               \
    {                                                                                              \
        enum aw_err err = check_tensor(graph, in, diag);                                           \
        return err ? err : awh_graph_##name(graph, in, attributes, out, diag);                     \
    }
WITH_ATTRIBUTES(max_pool, awh_pool)
WITH_ATTRIBUTES(avg_pool, awh_pool)
WITH_ATTRIBUTES(pad, awh_pad)
WITH_ATTRIBUTES(slice, awh_slice)

static enum aw_err graph_zero(struct awh_graph *graph, int in, int32_t h, int32_t w, int32_t c,
                              int *out, struct awh_diag *diag)
{
    enum aw_err err = check_tensor(graph, in, diag);
    return err ? err : awh_graph_zero(graph, in, h, w, c, out, diag);
}

/* -- Layers of a net ----------------------------------------------------------------------------
 */

static const char *op_name(enum awh_node_op op)
{
    static const char *const names[AWH_NODE_OP_COUNT] = {
        [AWH_NODE_CONV] = "conv",         [AWH_NODE_BATCH_NORM] = "batch_norm",
        [AWH_NODE_ACT] = "act",           [AWH_NODE_GAP] = "gap",
        [AWH_NODE_ADD] = "add",           [AWH_NODE_MUL] = "mul",
        [AWH_NODE_MAX_POOL] = "max_pool", [AWH_NODE_AVG_POOL] = "avg_pool",
        [AWH_NODE_CONCAT] = "concat",     [AWH_NODE_PAD] = "pad",
        [AWH_NODE_SLICE] = "slice",       [AWH_NODE_ZERO] = "zero",
    };
    return names[op];
}

static enum aw_err view_layer(struct awh_arena *arena, const struct awh_graph *graph, size_t i,
                              struct awh_layer_view *view, struct awh_diag *diag)
{
    const struct awh_node *node = &graph->nodes[i];
    *view = (struct awh_layer_view){
        .name = awh_arena_strdup(arena, node->name),
        .op = op_name(node->op),
        .act = awh_act_name(node->op == AWH_NODE_ACT ? node->act : AW_ACT_NONE),
        .in0 = node->in0,
        .in1 = node->in1,
        .out = node->out,
        .prim = (size_t)node->prim,
        .affine = node->affine,
        .conv = node->conv,
        .pool = node->pool,
        .pad = node->pad,
        .slice = node->slice,
        .macs = awh_node_macs(graph, node),
        .params = awh_node_params(graph, node),
    };
    graph_shape(graph, node->in0, view->in_shape);
    graph_shape(graph, node->out, view->out_shape);
    return view->name ? AW_OK : awh_fail_mem(diag);
}

static enum aw_err net_layers(struct awh_arena *arena, const struct awh_net *net,
                              struct awh_layer_view **layers_out, size_t *count_out,
                              struct awh_diag *diag)
{
    struct awh_graph graph;
    enum aw_err err = awh_net_lower(net, &graph, diag);
    if (err)
        return err;
    struct awh_layer_view *views = awh_arena_array(arena, graph.node_count, sizeof *views);
    if (!views)
        err = awh_fail_mem(diag);
    for (size_t i = 0; !err && i < graph.node_count; i++)
        err = view_layer(arena, &graph, i, &views[i], diag);
    if (!err) {
        *layers_out = views;
        *count_out = graph.node_count;
    }
    awh_graph_release(&graph);
    return err;
}

void awh_host_table_init(struct awh_host *host)
{
    *host = (struct awh_host){
        .struct_size = sizeof *host,
        .version = AWNAS_VERSION,
        .fail = awh_fail,
        .fail_mem = awh_fail_mem,
        .warn = awh_warn,
        .arena_new = arena_new,
        .arena_free = arena_free,
        .arena_alloc = awh_arena_alloc,
        .arena_array = awh_arena_array,
        .arena_strdup = awh_arena_strdup,
        .arena_printf = awh_arena_printf,
        .yaml_load = awh_yaml_load,
        .yaml_kind = yaml_kind,
        .yaml_count = yaml_count,
        .yaml_item = yaml_item,
        .yaml_key = yaml_key,
        .yaml_get = awh_yaml_get,
        .yaml_need = awh_yaml_need,
        .yaml_int = awh_yaml_int,
        .yaml_real = awh_yaml_real,
        .yaml_bool = awh_yaml_bool,
        .yaml_text = awh_yaml_text,
        .yaml_opt_int = awh_yaml_opt_int,
        .yaml_opt_real = awh_yaml_opt_real,
        .yaml_opt_bool = awh_yaml_opt_bool,
        .yaml_opt_text = awh_yaml_opt_text,
        .yaml_fail = awh_yaml_fail,
        .yaml_warn = awh_yaml_warn,
        .yaml_warn_unknown = awh_yaml_warn_unknown,
        .yaml_new_null = awh_yaml_new_null,
        .yaml_new_bool = awh_yaml_new_bool,
        .yaml_new_int = awh_yaml_new_int,
        .yaml_new_real = awh_yaml_new_real,
        .yaml_new_str = awh_yaml_new_str,
        .yaml_new_seq = awh_yaml_new_seq,
        .yaml_new_map = awh_yaml_new_map,
        .yaml_push = awh_yaml_push,
        .yaml_set = awh_yaml_set,
        .yaml_dump = yaml_dump,
        .prim_make = awh_prim_make,
        .prim_from_yaml = awh_prim_from_yaml,
        .prim_to_yaml = awh_prim_to_yaml,
        .prim_compare = awh_prim_compare,
        .prim_format = awh_prim_format,
        .prim_param = awh_prim_param,
        .value_number = awh_value_number,
        .value_truth = awh_value_truth,
        .make_divisible = awh_make_divisible,
        .prim_list_add = awh_prim_list_add,
        .prim_list_canonical = awh_prim_list_canonical,
        .prim_list_release = awh_prim_list_release,
        .graph_shape = graph_shape,
        .graph_conv = graph_conv,
        .graph_batch_norm = graph_batch_norm,
        .graph_act = graph_act,
        .graph_gap = graph_gap,
        .graph_add = graph_add,
        .graph_mul = graph_mul,
        .graph_max_pool = graph_max_pool,
        .graph_avg_pool = graph_avg_pool,
        .graph_concat = graph_concat,
        .graph_pad = graph_pad,
        .graph_slice = graph_slice,
        .graph_zero = graph_zero,
        .net_layers = net_layers,
        .stage_write = awh_stage_write,
    };
}

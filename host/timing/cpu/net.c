/* A net on the CPU: loading, steps, and reading what came out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "timing/cpu/net.h"

/* -- types and shapes --------------------------------------------------------------------- */

dnnl_data_type_t cpu_type_of(const struct cpu_net *net, int tensor, float *scale_out)
{
    *scale_out = 1.0f;
    switch (net->engine->options.precision) {
    case AWH_PRECISION_BF16:
        return dnnl_bf16;
    case AWH_PRECISION_INT8:
        break;
    default:
        return dnnl_f32;
    }
    float low = net->load->low[tensor], high = net->load->high[tensor];
    float most = high > -low ? high : -low;
    bool is_signed = low < 0.0f;
    if (most > 0.0f)
        *scale_out = most / (is_signed ? 127.0f : 255.0f);
    return is_signed ? dnnl_s8 : dnnl_u8;
}

dnnl_memory_desc_t cpu_md(const struct cpu_net *net, int tensor, dnnl_data_type_t type,
                          dnnl_format_tag_t tag)
{
    const struct awh_graph_tensor *t = &net->graph->tensors[tensor];
    const dnnl_dims_t dims = {1, t->c, t->h, t->w};
    dnnl_memory_desc_t md = {0}; /* shapes of a graph are valid: it cannot fail */
    (void)dnnl_memory_desc_init_by_tag(&md, 4, dims, type, tag);
    return md;
}

dnnl_format_tag_t cpu_tag(const struct cpu_net *net)
{
    return cpu_is_eager(net) ? dnnl_nchw : dnnl_format_tag_any;
}

/* -- loading ------------------------------------------------------------------------------ */

static enum aw_err plan_node(struct cpu_net *net, size_t index)
{
    switch (net->graph->nodes[index].op) {
    case AWH_NODE_CONV:
        return cpu_is_small_conv(net, index) ? cpu_plan_small_conv(net, index)
                                             : cpu_plan_conv(net, index);
    case AWH_NODE_BATCH_NORM:
        return cpu_plan_batch_norm(net, index);
    case AWH_NODE_ACT:
        return cpu_plan_act(net, index);
    case AWH_NODE_ADD:
    case AWH_NODE_MUL:
        return cpu_plan_binary(net, index);
    case AWH_NODE_GAP:
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        return cpu_plan_pool(net, index);
    case AWH_NODE_CONCAT:
        return cpu_plan_concat(net, index);
    case AWH_NODE_PAD:
        return cpu_plan_pad(net, index);
    case AWH_NODE_SLICE:
        return cpu_plan_slice(net, index);
    case AWH_NODE_ZERO:
        return cpu_plan_zero(net, index);
    }
    return awh_fail(net->diag, AW_ERR_UNSUPPORTED, "net %s: layer %s: no such layer on the CPU",
                    net->graph->net, net->layer);
}

/* The input arrives as images do: nchw. */
static enum aw_err plan_input(struct cpu_net *net)
{
    int input = net->graph->input;
    float scale;
    dnnl_data_type_t type = cpu_type_of(net, input, &scale);
    dnnl_memory_desc_t md = cpu_md(net, input, type, dnnl_nchw);
    enum aw_err err = cpu_value_new(net, &md, scale, &net->values[input]);
    if (!err) {
        struct cpu_buffer *buffer = &net->buffers[net->values[input].buffer];
        buffer->always = true;
        buffer->first = 0;
    }
    return err;
}

static enum aw_err convert(struct cpu_net *net, const dnnl_memory_desc_t *from_md, void *from,
                           const dnnl_memory_desc_t *to_md, void *to, float scale)
{
    dnnl_engine_t engine = net->engine->engine;
    dnnl_memory_t memory[2] = {NULL, NULL};
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_status_t status = dnnl_memory_create(&memory[0], from_md, engine, from);
    if (!status)
        status = dnnl_memory_create(&memory[1], to_md, engine, to);
    if (!status)
        status = dnnl_primitive_attr_create(&attr);
    if (!status)
        status = dnnl_primitive_attr_set_output_scales(attr, 1, 0, &scale);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&pd, from_md, engine, to_md, engine, attr);
    if (!status)
        status = dnnl_primitive_create(&reorder, pd);
    if (!status) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, memory[0]}, {DNNL_ARG_TO, memory[1]}};
        status = dnnl_primitive_execute(reorder, net->engine->stream, 2, args);
    }
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(pd);
    dnnl_primitive_attr_destroy(attr);
    dnnl_memory_destroy(memory[0]);
    dnnl_memory_destroy(memory[1]);
    return cpu_check(net, status, "conversion");
}

static enum aw_err fill_input(struct cpu_net *net)
{
    int input = net->graph->input;
    const struct cpu_value *value = &net->values[input];
    dnnl_memory_desc_t plain = cpu_md(net, input, dnnl_f32, dnnl_nhwc);
    const struct cpu_arg arg = cpu_arg_of(DNNL_ARG_TO, value);
    return convert(net, &plain, (void *)(uintptr_t)net->load->input, &value->md,
                   cpu_address(net, &arg), 1.0f / value->scale);
}

static enum aw_err plan(struct cpu_net *net)
{
    const struct awh_graph *graph = net->graph;
    net->values = calloc(graph->tensor_count, sizeof *net->values);
    net->fused_add = calloc(graph->node_count + 1, sizeof *net->fused_add);
    net->skip = calloc(graph->node_count + 1, sizeof *net->skip);
    if (!net->values || !net->fused_add || !net->skip)
        return awh_fail_mem(net->diag);
    net->layer = graph->node_count ? graph->nodes[0].name : "input";
    cpu_find_fused_adds(net);
    if (cpu_is_eager(net))
        for (size_t i = 0; i < graph->node_count; i++)
            net->fused_add[i] = -1;
    enum aw_err err = plan_input(net);
    for (size_t i = 0; i < graph->node_count && !err; i++) {
        net->layer = graph->nodes[i].name;
        if (!net->skip[i])
            err = plan_node(net, i);
    }
    if (!err)
        err = cpu_plan_finish(net);
    return err ? err : fill_input(net);
}

enum aw_err cpu_load(void *engine, const struct awh_engine_load *load, void **net_out,
                     struct awh_diag *diag)
{
    struct cpu_net *net = calloc(1, sizeof *net);
    if (!net)
        return awh_fail_mem(diag);
    net->engine = engine;
    net->graph = load->graph;
    net->load = load;
    net->diag = diag;
    enum aw_err err = plan(net);
    if (!err)
        err = cpu_divide(net, diag);
    net->load = NULL;
    net->diag = NULL;
    if (err)
        cpu_unload(engine, net);
    else
        *net_out = net;
    return err;
}

void cpu_unload(void *engine, void *net)
{
    (void)engine;
    cpu_plan_release(net);
    free(net);
}

const struct awh_step *cpu_steps(const void *opaque, size_t *count_out)
{
    const struct cpu_net *net = opaque;
    *count_out = net->step_count;
    return net->steps;
}

/* -- running ------------------------------------------------------------------------------ */

static void gather(const struct cpu_gather *g, const char *from, char *to)
{
    for (size_t c = 0; c < g->channels; c++)
        for (size_t h = 0; h < g->out_h; h++) {
            const char *row =
                from + ((c * g->in_h + g->offset_h + h * g->stride_h) * g->in_w + g->offset_w) *
                           g->element_bytes;
            for (size_t w = 0; w < g->out_w; w++, to += g->element_bytes)
                memcpy(to, row + w * g->stride_w * g->element_bytes, g->element_bytes);
        }
}

/* The pages are gone; whoever touches them next pays for new ones. */
static void drop_pages(const struct cpu_net *net, const struct cpu_action *action)
{
    for (size_t i = action->first_drop; i < action->first_drop + action->drop_count; i++)
        (void)madvise((char *)net->activations + net->drops[i].offset, net->drops[i].bytes,
                      MADV_DONTNEED);
}

static dnnl_status_t run_action(const struct cpu_net *net, const struct cpu_action *action)
{
    const struct cpu_arg *args = action->args;
    switch (action->kind) {
    case CPU_CLEAR:
        memset(cpu_address(net, &args[0]), 0, dnnl_memory_desc_get_size(&args[0].md));
        return dnnl_success;
    case CPU_GATHER:
        gather(&action->gather, cpu_address(net, &args[0]), cpu_address(net, &args[1]));
        return dnnl_success;
    case CPU_UNFOLD:
        cpu_unfold(net, action->node, cpu_address(net, &args[0]), cpu_address(net, &args[1]));
        return dnnl_success;
    case CPU_MULTIPLY:
        cpu_multiply(net, action->node, cpu_address(net, &args[0]), cpu_address(net, &args[2]),
                     action->arg_count > 3 ? cpu_address(net, &args[3]) : NULL,
                     cpu_address(net, &args[1]));
        return dnnl_success;
    case CPU_CALL:
        break;
    }
    return dnnl_primitive_execute(action->primitive, net->engine->stream, action->arg_count,
                                  action->exec);
}

static dnnl_status_t run_actions(const struct cpu_net *net, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        const struct cpu_action *action = &net->actions[i];
        dnnl_status_t status = run_action(net, action);
        if (status)
            return status;
        if (action->drop_count)
            drop_pages(net, action);
    }
    return dnnl_success;
}

static enum aw_err run_failed(const struct cpu_net *net, size_t step, dnnl_status_t status,
                              struct awh_diag *diag)
{
    return awh_fail(diag, status == dnnl_out_of_memory ? AW_ERR_NO_MEM : AW_ERR_INTERNAL,
                    "net %s: layer %s: oneDNN failed to run it (status %d)", net->graph->net,
                    net->steps[step].name, (int)status);
}

enum aw_err cpu_run_step(void *engine, void *opaque, size_t index, struct awh_diag *diag)
{
    const struct cpu_net *net = opaque;
    (void)engine;
    dnnl_status_t status = run_actions(net, net->plan[index].first, net->plan[index].count);
    return status ? run_failed(net, index, status, diag) : AW_OK;
}

enum aw_err cpu_read(void *engine, void *opaque, size_t step, float *values, struct awh_diag *diag)
{
    struct cpu_net *net = opaque;
    (void)engine;
    const struct cpu_value *value = &net->plan[step].out;
    dnnl_memory_desc_t plain = cpu_md(net, net->steps[step].out, dnnl_f32, dnnl_nhwc);
    const struct cpu_arg arg = cpu_arg_of(DNNL_ARG_FROM, value);
    net->diag = diag;
    net->layer = net->steps[step].name;
    enum aw_err err =
        convert(net, &value->md, cpu_address(net, &arg), &plain, values, value->scale);
    net->diag = NULL;
    return err;
}

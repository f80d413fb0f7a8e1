/* Planning: actions in order and the memory that they name, which is placed when all are known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing/cpu/cpu.h"

static const char *status_text(dnnl_status_t status)
{
    switch (status) {
    case dnnl_out_of_memory:
        return "no memory for it";
    case dnnl_unimplemented:
        return "oneDNN has none on this CPU";
    case dnnl_invalid_arguments:
        return "oneDNN refuses its shapes";
    default:
        return "oneDNN failed";
    }
}

enum aw_err cpu_check(struct cpu_net *net, dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return AW_OK;
    enum aw_err err = status == dnnl_out_of_memory   ? AW_ERR_NO_MEM
                      : status == dnnl_unimplemented ? AW_ERR_UNSUPPORTED
                                                     : AW_ERR_INTERNAL;
    return awh_fail(net->diag, err, "net %s: layer %s: %s in %s: %s", net->graph->net, net->layer,
                    what, awh_precision_name(net->engine->options.precision), status_text(status));
}

enum aw_err cpu_no_memory(struct cpu_net *net, const char *for_what, size_t bytes)
{
    return awh_fail(net->diag, AW_ERR_NO_MEM, "net %s: layer %s: no memory for its %s (%zu bytes)",
                    net->graph->net, net->layer, for_what, bytes);
}

bool cpu_is_eager(const struct cpu_net *net)
{
    return net->engine->options.mode == AWH_TIMING_EAGER;
}

bool cpu_is_int8(const struct cpu_net *net)
{
    return net->engine->options.precision == AWH_PRECISION_INT8;
}

dnnl_primitive_attr_t cpu_attr(void)
{
    dnnl_primitive_attr_t attr;
    if (dnnl_primitive_attr_create(&attr) != dnnl_success)
        return NULL;
    if (dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success)
        return attr;
    dnnl_primitive_attr_destroy(attr);
    return NULL;
}

const char *cpu_implementation(const_dnnl_primitive_desc_t pd)
{
    const char *text = NULL;
    if (dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &text) != dnnl_success || !text)
        return "unknown";
    return text;
}

/* -- steps -------------------------------------------------------------------------------- */

/* The new one is the last; false: no memory. */
static bool step_new(struct cpu_net *net)
{
    size_t needed = net->step_count + 1;
    void *steps = awh_grow(net->steps, &net->step_capacity, needed, sizeof *net->steps);
    if (steps)
        net->steps = steps;
    void *plan = awh_grow(net->plan, &net->plan_capacity, needed, sizeof *net->plan);
    if (plan)
        net->plan = plan;
    if (!steps || !plan)
        return false;
    net->steps[net->step_count] = (struct awh_step){.out = -1};
    net->plan[net->step_count++] = (struct cpu_step){.first = net->action_count};
    return true;
}

enum aw_err cpu_step_begin(struct cpu_net *net, size_t node, int out)
{
    const struct awh_node *made = &net->graph->nodes[node];
    if (!step_new(net))
        return cpu_no_memory(net, "plan", sizeof *net->plan);
    struct awh_step *step = &net->steps[net->step_count - 1];
    snprintf(step->name, sizeof step->name, "%s", made->name);
    step->prim = made->prim;
    step->out = out;
    step->node_count = 1;
    net->plan[net->step_count - 1].nodes[0] = node;
    net->open = true;
    return AW_OK;
}

void cpu_step_end(struct cpu_net *net, const struct cpu_value *out)
{
    net->plan[net->step_count - 1].out = *out;
    net->values[net->steps[net->step_count - 1].out] = *out;
    net->open = false;
}

/* What the user reads: one name, or how many passes there are. */
static void note_implementation(struct cpu_net *net, const char *text, bool is_reorder)
{
    struct awh_step *step = &net->steps[net->step_count - 1];
    if (!strncmp(text, "ref", 3) && !step->reorder)
        step->slow = step->slow || !is_reorder;
    size_t used = strlen(step->implementation);
    snprintf(step->implementation + used, sizeof step->implementation - used, "%s%s%s",
             used ? " + " : "", is_reorder && !step->reorder ? "reorder " : "", text);
}

/* -- memory ------------------------------------------------------------------------------- */

struct cpu_arg cpu_arg_of(int role, const struct cpu_value *value)
{
    return (struct cpu_arg){.role = role, .md = value->md, .buffer = value->buffer};
}

struct cpu_arg cpu_arg_fixed(int role, const dnnl_memory_desc_t *md, void *memory)
{
    return (struct cpu_arg){.role = role, .md = *md, .fixed = memory};
}

enum aw_err cpu_value_new(struct cpu_net *net, const dnnl_memory_desc_t *md, float scale,
                          struct cpu_value *value_out)
{
    void *grown =
        awh_grow(net->buffers, &net->buffer_capacity, net->buffer_count + 1, sizeof *net->buffers);
    if (!grown)
        return cpu_no_memory(net, "plan", sizeof *net->buffers);
    net->buffers = grown;
    net->buffers[net->buffer_count] = (struct cpu_buffer){
        .bytes = dnnl_memory_desc_get_size(md), .first = SIZE_MAX, .layer = net->layer};
    *value_out =
        (struct cpu_value){.made = true, .md = *md, .buffer = net->buffer_count++, .scale = scale};
    return AW_OK;
}

enum aw_err cpu_constant(struct cpu_net *net, const float *values, const dnnl_memory_desc_t *plain,
                         const dnnl_memory_desc_t *md, const struct cpu_scales *scales, void **out)
{
    dnnl_memory_t from = NULL, to = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_engine_t engine = net->engine->engine;
    size_t bytes = dnnl_memory_desc_get_size(md);
    void *memory = cpu_pages_take(&net->pages, bytes);
    if (!memory)
        return cpu_no_memory(net, "parameters", bytes);
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);
    if (!status && scales)
        status = dnnl_primitive_attr_set_output_scales(attr, (dnnl_dim_t)scales->count,
                                                       scales->mask, scales->values);
    if (!status) /* the library only reads it */
        status = dnnl_memory_create(&from, plain, engine, (void *)(uintptr_t)values);
    if (!status)
        status = dnnl_memory_create(&to, md, engine, memory);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&pd, plain, engine, md, engine, attr);
    if (!status)
        status = dnnl_primitive_create(&reorder, pd);
    if (!status) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
        status = dnnl_primitive_execute(reorder, net->engine->stream, 2, args);
    }
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(pd);
    dnnl_primitive_attr_destroy(attr);
    dnnl_memory_destroy(from);
    dnnl_memory_destroy(to);
    *out = memory;
    return cpu_check(net, status, "reorder of parameters");
}

/* -- actions ------------------------------------------------------------------------------ */

static void use_buffer(struct cpu_net *net, const struct cpu_arg *arg, size_t action)
{
    if (arg->fixed)
        return;
    struct cpu_buffer *buffer = &net->buffers[arg->buffer];
    if (buffer->first == SIZE_MAX)
        buffer->first = action;
    buffer->last = action;
}

/* NULL: no memory. */
static struct cpu_action *action_new(struct cpu_net *net, const struct cpu_arg *args, int count)
{
    void *grown =
        awh_grow(net->actions, &net->action_capacity, net->action_count + 1, sizeof *net->actions);
    if (!grown)
        return NULL;
    net->actions = grown;
    struct cpu_action *action = &net->actions[net->action_count];
    *action = (struct cpu_action){.arg_count = count};
    for (int i = 0; i < count; i++) {
        action->args[i] = args[i];
        use_buffer(net, &args[i], net->action_count);
    }
    net->action_count++;
    net->plan[net->step_count - 1].count++;
    return action;
}

/* Memory that it wants while it runs; one after the other they share it, or allocate it. */
static enum aw_err add_scratch(struct cpu_net *net, const_dnnl_primitive_desc_t pd,
                               struct cpu_action *action)
{
    const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    size_t bytes = md ? dnnl_memory_desc_get_size(md) : 0;
    struct cpu_arg *arg = &action->args[action->arg_count];
    struct cpu_value own;
    if (!bytes)
        return AW_OK;
    action->arg_count++;
    if (!cpu_is_eager(net)) {
        *arg = (struct cpu_arg){.role = DNNL_ARG_SCRATCHPAD, .md = *md, .scratch = true};
        net->scratch_bytes = bytes > net->scratch_bytes ? bytes : net->scratch_bytes;
        return AW_OK;
    }
    enum aw_err err = cpu_value_new(net, md, 1.0f, &own);
    if (err)
        return err;
    *arg = cpu_arg_of(DNNL_ARG_SCRATCHPAD, &own);
    net->buffers[own.buffer].scratch = true;
    use_buffer(net, arg, net->plan[net->step_count - 1].first);
    use_buffer(net, arg, net->action_count - 1);
    return AW_OK;
}

static enum aw_err add_primitive(struct cpu_net *net, dnnl_primitive_desc_t pd,
                                 const struct cpu_arg *args, int count, bool is_reorder)
{
    struct cpu_action *action = action_new(net, args, count);
    enum aw_err err = AW_OK;
    if (action) {
        note_implementation(net, cpu_implementation(pd), is_reorder);
        err = add_scratch(net, pd, action);
        if (!err)
            err = cpu_check(net, dnnl_primitive_create(&action->primitive, pd), "primitive");
    } else {
        err = cpu_no_memory(net, "plan", sizeof *net->actions);
    }
    dnnl_primitive_desc_destroy(pd);
    return err;
}

enum aw_err cpu_add_action(struct cpu_net *net, dnnl_primitive_desc_t pd,
                           const struct cpu_arg *args, int count)
{
    return add_primitive(net, pd, args, count, false);
}

enum aw_err cpu_add_own(struct cpu_net *net, enum cpu_action_kind kind, const struct awh_node *node,
                        const struct cpu_arg *args, int count, const char *name)
{
    struct cpu_action *action = action_new(net, args, count);
    if (!action)
        return cpu_no_memory(net, "plan", sizeof *net->actions);
    action->kind = kind;
    action->node = node;
    note_implementation(net, name, false);
    return AW_OK;
}

enum aw_err cpu_add_clear(struct cpu_net *net, const struct cpu_value *value)
{
    const struct cpu_arg arg = cpu_arg_of(DNNL_ARG_DST, value);
    return cpu_add_own(net, CPU_CLEAR, NULL, &arg, 1, "clear");
}

enum aw_err cpu_add_gather(struct cpu_net *net, const struct cpu_gather *gather,
                           const struct cpu_value *from, const struct cpu_value *to)
{
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC, from), cpu_arg_of(DNNL_ARG_DST, to)};
    enum aw_err err = cpu_add_own(net, CPU_GATHER, NULL, args, 2, "gather");
    if (!err)
        net->actions[net->action_count - 1].gather = *gather;
    return err;
}

enum aw_err cpu_add_reorder(struct cpu_net *net, const struct cpu_arg *from,
                            const struct cpu_arg *to, float scale)
{
    dnnl_primitive_desc_t pd = NULL;
    dnnl_engine_t engine = net->engine->engine;
    dnnl_primitive_attr_t attr = cpu_attr();
    if (!attr)
        return cpu_no_memory(net, "plan", 0);
    dnnl_status_t status = dnnl_success;
    if (scale < 1.0f || scale > 1.0f)
        status = dnnl_primitive_attr_set_output_scales(attr, 1, 0, &scale);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&pd, &from->md, engine, &to->md, engine, attr);
    dnnl_primitive_attr_destroy(attr);
    enum aw_err err = cpu_check(net, status, "reorder");
    if (err)
        return err;
    struct cpu_arg args[2] = {*from, *to};
    args[0].role = DNNL_ARG_FROM;
    args[1].role = DNNL_ARG_TO;
    return add_primitive(net, pd, args, 2, true);
}

/* A step of its own before the one of `node`. */
static enum aw_err reorder_begin(struct cpu_net *net, size_t node)
{
    const struct awh_node *needs = &net->graph->nodes[node];
    if (!step_new(net))
        return cpu_no_memory(net, "plan", sizeof *net->plan);
    struct awh_step *step = &net->steps[net->step_count - 1];
    snprintf(step->name, sizeof step->name, "reorder for %s", needs->name);
    step->prim = needs->prim;
    step->reorder = true;
    return AW_OK;
}

enum aw_err cpu_want(struct cpu_net *net, size_t node, const struct cpu_value *value,
                     const dnnl_memory_desc_t *md, float scale, struct cpu_value *out)
{
    if (dnnl_memory_desc_equal(&value->md, md) && value->scale >= scale && value->scale <= scale) {
        *out = *value;
        return AW_OK;
    }
    struct cpu_value copy;
    enum aw_err err = cpu_value_new(net, md, scale, &copy);
    if (!err && !net->open)
        err = reorder_begin(net, node);
    if (err)
        return err;
    const struct cpu_arg from = cpu_arg_of(DNNL_ARG_FROM, value);
    const struct cpu_arg to = cpu_arg_of(DNNL_ARG_TO, &copy);
    err = cpu_add_reorder(net, &from, &to, value->scale / scale);
    if (!err)
        *out = copy;
    return err;
}

/* -- finishing ---------------------------------------------------------------------------- */

void *cpu_address(const struct cpu_net *net, const struct cpu_arg *arg)
{
    if (arg->scratch)
        return net->scratch;
    if (arg->fixed)
        return arg->fixed;
    return (char *)net->activations + net->buffers[arg->buffer].offset + arg->byte_offset;
}

static enum aw_err bind_action(struct cpu_net *net, struct cpu_action *action)
{
    for (int i = 0; i < action->arg_count; i++) {
        dnnl_memory_t memory;
        dnnl_status_t status = dnnl_memory_create(&memory, &action->args[i].md, net->engine->engine,
                                                  cpu_address(net, &action->args[i]));
        if (status)
            return cpu_check(net, status, "memory");
        action->exec[i] = (dnnl_exec_arg_t){action->args[i].role, memory};
    }
    return AW_OK;
}

enum aw_err cpu_plan_finish(struct cpu_net *net)
{
    enum aw_err err = cpu_is_eager(net) ? cpu_place_heap(net) : cpu_place(net);
    if (err)
        return err;
    net->scratch = cpu_pages_take(&net->pages, net->scratch_bytes + 1);
    if (!net->scratch)
        return cpu_no_memory(net, "scratchpad", net->scratch_bytes);
    for (size_t i = 0; i < net->action_count; i++)
        if ((err = bind_action(net, &net->actions[i])))
            return err;
    /* Only now: `steps` moved while it grew. */
    for (size_t i = 0; i < net->step_count; i++)
        net->steps[i].nodes = net->plan[i].nodes;
    return AW_OK;
}

void cpu_plan_release(struct cpu_net *net)
{
    for (size_t i = 0; i < net->action_count; i++) {
        dnnl_primitive_destroy(net->actions[i].primitive);
        for (int a = 0; a < net->actions[i].arg_count; a++)
            dnnl_memory_destroy(net->actions[i].exec[a].memory);
    }
    free(net->actions);
    free(net->buffers);
    free(net->steps);
    free(net->plan);
    free(net->drops);
    free(net->part_ends);
    free(net->values);
    free(net->fused_add);
    free(net->skip);
    cpu_pages_release(&net->pages);
}

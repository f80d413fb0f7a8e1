/* Where the buffers of a plan lie that allocates each result when it makes it, as a framework does
 * that executes layer by layer: in a heap (heap.h), whose pages go back to the kernel and are asked
 * for anew in the midst of a pass. The pages that a pass drops are found out here, once. */
#include <stdlib.h>

#include "timing/cpu/cpu.h"
#include "timing/cpu/heap.h"

#define PASSES 4 /* of the model: the first begins with an empty heap */

struct placing {
    struct cpu_net *net;
    struct cpu_heap heap;
    size_t touched; /* pages of the heap up to here are there */
    size_t *fresh;  /* bytes of new pages, of each action */
};

static size_t round_up(size_t bytes)
{
    return (bytes + CPU_HEAP_PAGE - 1) / CPU_HEAP_PAGE * CPU_HEAP_PAGE;
}

static bool is_mapped(const struct cpu_buffer *buffer)
{
    return buffer->always || buffer->offset == CPU_HEAP_MAPPED;
}

/* The last action of a step's layer, which is a convolution with the batch norm and activation
 * behind it. */
static size_t layer_end(const struct cpu_net *net, size_t step)
{
    size_t last = step;
    for (size_t i = step + 1; i < net->step_count; i++) {
        enum awh_node_op op = net->graph->nodes[net->plan[i].nodes[0]].op;
        if ((op != AWH_NODE_BATCH_NORM && op != AWH_NODE_ACT) ||
            net->steps[i].prim != net->steps[step].prim)
            break;
        last = i;
    }
    return net->plan[last].first + net->plan[last].count - 1;
}

/* Buffers that an action of the step reads and that were made before `begin` live to `end`. */
static void hold(struct cpu_net *net, const struct cpu_step *step, size_t begin, size_t end)
{
    for (size_t a = step->first; a < step->first + step->count; a++)
        for (int n = 0; n < net->actions[a].arg_count; n++) {
            const struct cpu_arg *arg = &net->actions[a].args[n];
            struct cpu_buffer *buffer = arg->fixed ? NULL : &net->buffers[arg->buffer];
            if (buffer && buffer->first < begin && buffer->last < end)
                buffer->last = end;
        }
}

/* A caller holds what it gave until the callee is done: what a layer reads lives to the end of the
 * layer, and what a block reads to that of the block. */
static void hold_inputs(struct cpu_net *net)
{
    for (size_t i = 0; i < net->step_count; i++) {
        size_t end = layer_end(net, i), begin = net->plan[i].first;
        if (net->plan[i].count)
            hold(net, &net->plan[i], begin, end);
    }
    for (size_t first = 0, next; first < net->step_count; first = next) {
        for (next = first + 1; next < net->step_count; next++)
            if (net->steps[next].prim != net->steps[first].prim)
                break;
        size_t begin = net->plan[first].first;
        size_t end = net->plan[next - 1].first + net->plan[next - 1].count - 1;
        for (size_t i = first; i < next; i++)
            hold(net, &net->plan[i], begin, end);
    }
}

static enum aw_err add_drop(struct placing *placing, size_t action, struct cpu_heap_span span)
{
    struct cpu_net *net = placing->net;
    if (!span.bytes)
        return AW_OK;
    void *grown =
        awh_grow(net->drops, &net->drop_capacity, net->drop_count + 1, sizeof *net->drops);
    if (!grown)
        return awh_fail_mem(net->diag);
    net->drops = grown;
    net->drops[net->drop_count++] =
        (struct cpu_drop){.after = action, .offset = span.offset, .bytes = span.bytes};
    return AW_OK;
}

static enum aw_err take(struct placing *placing, struct cpu_buffer *buffer, size_t action)
{
    if (buffer->always)
        return AW_OK;
    if (!cpu_heap_take(&placing->heap, buffer->bytes, &buffer->offset))
        return awh_fail_mem(placing->net->diag);
    if (buffer->offset == CPU_HEAP_MAPPED) {
        placing->fresh[action] += round_up(buffer->bytes);
        return AW_OK;
    }
    size_t end = round_up(buffer->offset + buffer->bytes);
    if (end > placing->touched) {
        placing->fresh[action] += end - placing->touched;
        placing->touched = end;
    }
    return AW_OK;
}

static enum aw_err give(struct placing *placing, const struct cpu_buffer *buffer, size_t action)
{
    if (buffer->always)
        return AW_OK;
    struct cpu_heap_span span = cpu_heap_give(&placing->heap, buffer->offset, buffer->bytes);
    if (span.bytes && placing->touched > span.offset)
        placing->touched = span.offset;
    return add_drop(placing, action, span);
}

/* With what the pass before left of the heap. */
static enum aw_err model_pass(struct placing *placing)
{
    struct cpu_net *net = placing->net;
    enum aw_err err = AW_OK;
    net->drop_count = 0;
    for (size_t action = 0; action < net->action_count && !err; action++) {
        placing->fresh[action] = 0;
        for (size_t i = 0; i < net->buffer_count && !err; i++)
            if (net->buffers[i].first == action && net->buffers[i].scratch)
                err = take(placing, &net->buffers[i], action);
        for (size_t i = 0; i < net->buffer_count && !err; i++)
            if (net->buffers[i].first == action && !net->buffers[i].scratch)
                err = take(placing, &net->buffers[i], action);
        for (size_t i = 0; i < net->buffer_count && !err; i++)
            if (net->buffers[i].first <= action && net->buffers[i].last == action)
                err = give(placing, &net->buffers[i], action);
    }
    return err;
}

/* Those that are mapped one by one lie behind the heap, and are dropped whole. */
static enum aw_err place_mapped(struct placing *placing, size_t *total_inout)
{
    struct cpu_net *net = placing->net;
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < net->buffer_count && !err; i++) {
        struct cpu_buffer *buffer = &net->buffers[i];
        if (!is_mapped(buffer))
            continue;
        buffer->offset = *total_inout;
        *total_inout += round_up(buffer->bytes);
        if (!buffer->always && buffer->first != SIZE_MAX)
            err = add_drop(placing, buffer->last,
                           (struct cpu_heap_span){buffer->offset, round_up(buffer->bytes)});
    }
    return err;
}

static int by_action(const void *a, const void *b)
{
    const struct cpu_drop *x = a, *y = b;
    return x->after < y->after ? -1 : x->after > y->after;
}

/* Each action knows its drops, each step its new pages. */
static void note(struct placing *placing)
{
    struct cpu_net *net = placing->net;
    if (net->drop_count)
        qsort(net->drops, net->drop_count, sizeof *net->drops, by_action);
    for (size_t i = 0; i < net->drop_count; i++) {
        struct cpu_action *action = &net->actions[net->drops[i].after];
        if (!action->drop_count++)
            action->first_drop = i;
    }
    for (size_t i = 0; i < net->step_count; i++)
        for (size_t a = net->plan[i].first; a < net->plan[i].first + net->plan[i].count; a++)
            net->steps[i].new_memory_bytes += placing->fresh[a];
}

enum aw_err cpu_place_heap(struct cpu_net *net)
{
    struct placing placing = {.net = net};
    cpu_heap_init(&placing.heap);
    net->buffers[net->values[net->graph->output].buffer].always = true; /* it is read at the end */
    placing.fresh = calloc(net->action_count + 1, sizeof *placing.fresh);
    enum aw_err err = placing.fresh ? AW_OK : awh_fail_mem(net->diag);
    hold_inputs(net);
    for (int pass = 0; pass < PASSES && !err; pass++)
        err = model_pass(&placing);
    size_t total = placing.heap.highest;
    if (!err)
        err = place_mapped(&placing, &total);
    if (!err) {
        note(&placing);
        net->activation_bytes = total;
        net->activations = cpu_pages_reserve(&net->pages, total);
        if (!net->activations)
            err = cpu_no_memory(net, "activations and those of the layers beside it", total);
    }
    free(placing.fresh);
    cpu_heap_release(&placing.heap);
    return err;
}

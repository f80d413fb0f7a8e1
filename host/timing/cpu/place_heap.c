/* Where the buffers of a plan lie that allocates each result when it makes it, as a framework does
 * that executes layer by layer: in a heap (heap.h), whose pages go back to the kernel and are asked
 * for anew in the midst of a pass. The pages that a pass drops are found out here, once. */
#include <stdlib.h>

#include "timing/cpu/cpu.h"
#include "timing/cpu/heap.h"

#define PASSES 4 /* of the model: the first begins with an empty heap */

/* Smaller blocks find room in holes that a process's heap has anyway: they lie in one of their own,
 * and are not between the large ones. */
#define SMALL_BYTES ((size_t)64 << 10)

/* What a process keeps of each convolution that is new to it, in its first pass, while tensors lie
 * around it: the library's primitives and those of its reorders (57 KB each in PyTorch 1.13 with
 * oneDNN 2.6.3 on AVX-512, in blocks of 16.5 KB at most). The first of them find room in holes. */
#define KEPT_BYTES  ((size_t)16 << 10)
#define KEPT_BLOCKS 4
#define HOLES_BYTES ((size_t)512 << 10)

struct placing {
    struct cpu_net *net;
    struct cpu_heap heap, small;
    size_t holes;   /* bytes left of them */
    size_t touched; /* pages of the heap up to here are there */
    size_t *fresh;  /* bytes of new pages, of each action */
};

static size_t whole_pages(size_t bytes)
{
    return cpu_round_up(bytes, CPU_HEAP_PAGE);
}

static bool is_small(const struct cpu_buffer *buffer)
{
    return !buffer->always && buffer->bytes < SMALL_BYTES;
}

static bool is_mapped(const struct cpu_buffer *buffer)
{
    return buffer->always || (!is_small(buffer) && buffer->offset == CPU_HEAP_MAPPED);
}

/* NULL: a reorder by itself. */
static const struct awh_node *node_of(const struct cpu_net *net, size_t step)
{
    return net->steps[step].node_count ? &net->graph->nodes[net->plan[step].nodes[0]] : NULL;
}

/* The last action of a step's layer, which is a convolution with the batch norm and activation
 * behind it. */
static size_t layer_end(const struct cpu_net *net, size_t step)
{
    size_t last = step;
    for (size_t i = step + 1; i < net->step_count; i++) {
        const struct awh_node *node = node_of(net, i);
        if (!node || (node->op != AWH_NODE_BATCH_NORM && node->op != AWH_NODE_ACT) ||
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
    struct cpu_heap *heap = is_small(buffer) ? &placing->small : &placing->heap;
    if (buffer->always)
        return AW_OK;
    if (!cpu_heap_take(heap, buffer->bytes, &buffer->offset))
        return awh_fail_mem(placing->net->diag);
    if (is_small(buffer))
        return AW_OK;
    if (buffer->offset == CPU_HEAP_MAPPED) {
        placing->fresh[action] += whole_pages(buffer->bytes);
        return AW_OK;
    }
    size_t end = whole_pages(buffer->offset + buffer->bytes);
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
    if (is_small(buffer)) {
        (void)cpu_heap_give(&placing->small, buffer->offset, buffer->bytes);
        return AW_OK;
    }
    struct cpu_heap_span span = cpu_heap_give(&placing->heap, buffer->offset, buffer->bytes);
    if (span.bytes && placing->touched > span.offset)
        placing->touched = span.offset;
    return add_drop(placing, action, span);
}

static bool is_same_conv(const struct cpu_net *net, const struct awh_node *a,
                         const struct awh_node *b)
{
    const struct awh_graph_tensor *x = &net->graph->tensors[a->in0];
    const struct awh_graph_tensor *y = &net->graph->tensors[b->in0];
    return b->op == AWH_NODE_CONV && x->c == y->c && x->h == y->h && x->w == y->w &&
           a->conv.out_ch == b->conv.out_ch && a->conv.groups == b->conv.groups &&
           a->conv.kernel_h == b->conv.kernel_h && a->conv.kernel_w == b->conv.kernel_w &&
           a->conv.stride_h == b->conv.stride_h && a->conv.stride_w == b->conv.stride_w;
}

/* A convolution of the library that it has not made yet: it keeps them, and finds them again by
 * their description. */
static bool is_new_conv(const struct cpu_net *net, size_t step)
{
    const struct awh_node *node = node_of(net, step);
    size_t index = net->plan[step].nodes[0];
    if (!node || node->op != AWH_NODE_CONV || cpu_is_small_conv(net, index))
        return false;
    for (size_t i = 0; i < index; i++)
        if (is_same_conv(net, node, &net->graph->nodes[i]))
            return false;
    return true;
}

static enum aw_err keep_primitives(struct placing *placing)
{
    for (int i = 0; i < KEPT_BLOCKS; i++) {
        size_t ignored;
        if (placing->holes >= KEPT_BYTES)
            placing->holes -= KEPT_BYTES;
        else if (!cpu_heap_take(&placing->heap, KEPT_BYTES, &ignored))
            return awh_fail_mem(placing->net->diag);
    }
    return AW_OK;
}

/* With what the pass before left of the heap. */
static enum aw_err model_pass(struct placing *placing, bool is_first)
{
    struct cpu_net *net = placing->net;
    size_t step = 0;
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
        while (action >= net->plan[step].first + net->plan[step].count)
            step++;
        bool is_last = action + 1 == net->plan[step].first + net->plan[step].count;
        if (!err && is_first && is_last && is_new_conv(net, step))
            err = keep_primitives(placing);
        for (size_t i = 0; i < net->buffer_count && !err; i++)
            if (net->buffers[i].first <= action && net->buffers[i].last == action)
                err = give(placing, &net->buffers[i], action);
    }
    return err;
}

/* Behind the heap lie the small ones, and those that are mapped one by one, which are dropped
 * whole. */
static enum aw_err place_others(struct placing *placing, size_t *total_inout)
{
    struct cpu_net *net = placing->net;
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < net->buffer_count; i++)
        if (is_small(&net->buffers[i]))
            net->buffers[i].offset += *total_inout;
    *total_inout += placing->small.highest;
    for (size_t i = 0; i < net->buffer_count && !err; i++) {
        struct cpu_buffer *buffer = &net->buffers[i];
        if (!is_mapped(buffer))
            continue;
        buffer->offset = *total_inout;
        *total_inout += whole_pages(buffer->bytes);
        if (!buffer->always && buffer->first != SIZE_MAX)
            err = add_drop(placing, buffer->last,
                           (struct cpu_heap_span){buffer->offset, whole_pages(buffer->bytes)});
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
    struct placing placing = {.net = net, .holes = HOLES_BYTES};
    cpu_heap_init(&placing.heap);
    cpu_heap_init(&placing.small);
    placing.small.trim_bytes = SIZE_MAX;
    net->buffers[net->values[net->graph->output].buffer].always = true; /* it is read at the end */
    placing.fresh = calloc(net->action_count + 1, sizeof *placing.fresh);
    enum aw_err err = placing.fresh ? AW_OK : awh_fail_mem(net->diag);
    hold_inputs(net);
    for (int pass = 0; pass < PASSES && !err; pass++)
        err = model_pass(&placing, pass == 0);
    size_t total = placing.heap.highest;
    if (!err)
        err = place_others(&placing, &total);
    if (!err) {
        note(&placing);
        net->activation_bytes = total;
        net->activations = cpu_pages_reserve(&net->pages, total);
        if (!net->activations)
            err = cpu_no_memory(net, "activations and those of the layers beside it", total);
    }
    free(placing.fresh);
    cpu_heap_release(&placing.heap);
    cpu_heap_release(&placing.small);
    return err;
}

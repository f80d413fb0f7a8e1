/* Where the buffers of a plan lie that keeps its memory, as a deployed model does: those that do
 * not live at the same time share it. */
#include <stdlib.h>

#include "timing/cpu/cpu.h"

#define ALIGN ((size_t)4096) /* of a buffer: the same place in a page whatever lies before it */

static bool overlap(const struct cpu_buffer *a, const struct cpu_buffer *b)
{
    return a->always || b->always || (a->first <= b->last && b->first <= a->last);
}

/* The lowest place where nothing lies that lives at the same time. `placed` are the ones that have
 * a place, by offset. */
static size_t find_place(const struct cpu_net *net, const size_t *placed, size_t count,
                         const struct cpu_buffer *buffer)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cpu_buffer *other = &net->buffers[placed[i]];
        if (!overlap(buffer, other))
            continue;
        if (at + buffer->bytes <= other->offset)
            break;
        size_t end = cpu_round_up(other->offset + other->bytes, ALIGN);
        at = end > at ? end : at;
    }
    return at;
}

static void insert_by_offset(const struct cpu_net *net, size_t *placed, size_t count, size_t buffer)
{
    size_t at = count;
    while (at && net->buffers[placed[at - 1]].offset > net->buffers[buffer].offset) {
        placed[at] = placed[at - 1];
        at--;
    }
    placed[at] = buffer;
}

/* Largest first; among equals the order in which they are made. */
static size_t next_to_place(const struct cpu_net *net, const bool *done)
{
    size_t best = net->buffer_count;
    for (size_t i = 0; i < net->buffer_count; i++)
        if (!done[i] &&
            (best == net->buffer_count || net->buffers[i].bytes > net->buffers[best].bytes))
            best = i;
    return best;
}

enum aw_err cpu_place(struct cpu_net *net)
{
    size_t *placed = calloc(net->buffer_count + 1, sizeof *placed);
    bool *done = calloc(net->buffer_count + 1, sizeof *done);
    enum aw_err err = placed && done ? AW_OK : awh_fail_mem(net->diag);
    size_t total = 0;
    for (size_t n = 0; !err && n < net->buffer_count; n++) {
        size_t buffer = next_to_place(net, done);
        struct cpu_buffer *at = &net->buffers[buffer];
        done[buffer] = true;
        at->offset = find_place(net, placed, n, at);
        insert_by_offset(net, placed, n, buffer);
        total = at->offset + at->bytes > total ? at->offset + at->bytes : total;
    }
    if (!err && net->buffer_count) { /* the largest has the first place */
        net->layer = net->buffers[placed[0]].layer;
        net->activation_bytes = total;
        net->activations = cpu_pages_take(&net->pages, total);
        if (!net->activations)
            err = cpu_no_memory(net, "activations and those of the layers beside it", total);
    }
    free(placed);
    free(done);
    return err;
}

#include "program/arena.h"

#include <stdlib.h>

#include "aw/size.h"

/* A tensor, or a chain of tensors computed in place: one piece of the arena. Times are layer
 * indices plus 1, 0 is before the first layer. */
struct block {
    uint32_t bytes, offset;
    uint32_t first, last; /* inclusive */
    bool placed;
};

struct place {
    struct aw_tensor *tensors;
    struct aw_layer *layers;
    uint16_t tensor_count, layer_count;
    uint16_t output;
    struct block *blocks; /* of tensor t: blocks[owner[t]] */
    uint16_t *owner;
    uint16_t *order; /* of placing */
    uint16_t order_count;
};

static enum aw_err size_blocks(struct place *place, struct awh_diag *diag)
{
    for (uint16_t t = 0; t < place->tensor_count; t++) {
        struct aw_shape shape = place->tensors[t].shape;
        uint32_t bytes;
        if (!aw_mul_u32((uint32_t)shape.h * shape.w, shape.c, &bytes) ||
            !aw_align16_u32(bytes, &bytes))
            return awh_fail(diag, AW_ERR_RANGE, "tensor %u of %u x %u x %u is over 4 GiB", t,
                            shape.h, shape.w, shape.c);
        place->blocks[t].bytes = bytes;
        place->owner[t] = t;
    }
    for (uint32_t i = 0; i < place->layer_count; i++) {
        const struct aw_layer *layer = &place->layers[i];
        place->blocks[layer->out].first = place->blocks[layer->out].last = i + 1;
        place->blocks[layer->in0].last = i + 1;
        if (layer->in1 != AW_NO_TENSOR)
            place->blocks[layer->in1].last = i + 1;
    }
    place->blocks[place->output].last = place->layer_count + 1u;
    return AW_OK;
}

static bool may_share(const struct place *place, const struct aw_layer *layer)
{
    return aw_op_find(layer->op)->in_place && layer->in0 != layer->in1 &&
           place->blocks[layer->in0].bytes == place->blocks[layer->out].bytes;
}

/* Must run before blocks are merged: `last` is still that of the tensor itself. */
static void swap_dying_operand(const struct place *place, struct aw_layer *layer, uint32_t time)
{
    if (layer->op != AW_OP_ADD || place->blocks[layer->in0].last == time ||
        place->blocks[layer->in1].last != time)
        return;
    uint16_t in0 = layer->in0;
    layer->in0 = layer->in1;
    layer->in1 = in0;
}

static void merge_in_place(struct place *place)
{
    for (uint32_t i = 0; i < place->layer_count; i++) {
        struct aw_layer *layer = &place->layers[i];
        swap_dying_operand(place, layer, i + 1);
        struct block *out = &place->blocks[layer->out];
        if (!may_share(place, layer) || place->blocks[layer->in0].last != i + 1)
            continue;
        place->owner[layer->out] = place->owner[layer->in0];
        /* From here on `last` of the owner is that of the chain. Nothing asks for its own any more:
         * no layer after the one where the owner died reads it. */
        place->blocks[place->owner[layer->in0]].last = out->last;
    }
}

static int descending(uint32_t x, uint32_t y)
{
    return (x < y) - (x > y);
}

static uint32_t span_of(const struct block *block)
{
    return block->last - block->first;
}

static int larger_first(const void *a, const void *b, void *context)
{
    const struct place *place = context;
    uint16_t i = *(const uint16_t *)a, k = *(const uint16_t *)b;
    const struct block *x = &place->blocks[i], *y = &place->blocks[k];
    int order = descending(x->bytes, y->bytes);
    if (!order)
        order = descending(span_of(x), span_of(y));
    return order ? order : descending(k, i);
}

static int longer_first(const void *a, const void *b, void *context)
{
    const struct place *place = context;
    const struct block *x = &place->blocks[*(const uint16_t *)a];
    const struct block *y = &place->blocks[*(const uint16_t *)b];
    int order = descending(span_of(x), span_of(y));
    return order ? order : larger_first(a, b, context);
}

static bool live_together(const struct block *a, const struct block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Lowest offset at which the block touches no placed block that lives with it. Every round moves
 * past one block, so the loop ends. */
static uint64_t lowest_offset(const struct place *place, const struct block *block)
{
    uint64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint16_t k = 0; k < place->order_count; k++) {
            const struct block *other = &place->blocks[place->order[k]];
            uint64_t end = (uint64_t)other->offset + other->bytes;
            if (!other->placed || !live_together(block, other) || offset >= end ||
                offset + block->bytes <= other->offset)
                continue;
            offset = end;
            moved = true;
        }
    }
    return offset;
}

/* Places all blocks in the order of `compare`; returns the size of the arena, of which offsets are
 * only set when it fits 32 bits. */
static uint64_t place_blocks(struct place *place,
                             int (*compare)(const void *, const void *, void *))
{
    qsort_r(place->order, place->order_count, sizeof(*place->order), compare, place);
    for (uint16_t k = 0; k < place->order_count; k++)
        place->blocks[place->order[k]].placed = false;
    uint64_t arena = 0;
    for (uint16_t k = 0; k < place->order_count; k++) {
        struct block *block = &place->blocks[place->order[k]];
        uint64_t offset = lowest_offset(place, block), end = offset + block->bytes;
        arena = end > arena ? end : arena;
        if (arena > UINT32_MAX)
            break;
        block->offset = (uint32_t)offset;
        block->placed = true;
    }
    return arena;
}

static void take_offsets(const struct place *place)
{
    for (uint16_t t = 0; t < place->tensor_count; t++)
        place->tensors[t].offset = place->blocks[place->owner[t]].offset;
}

/* Large blocks first is best for most nets; where a shortcut of a small tensor lives across large
 * ones, long-lived blocks first is. The better of the two. */
static enum aw_err place_best(struct place *place, uint32_t *arena_bytes, struct awh_diag *diag)
{
    for (uint16_t t = 0; t < place->tensor_count; t++)
        if (place->owner[t] == t)
            place->order[place->order_count++] = t;
    uint64_t arena = place_blocks(place, larger_first);
    if (arena <= UINT32_MAX)
        take_offsets(place);
    uint64_t other = place_blocks(place, longer_first);
    if (other < arena && other <= UINT32_MAX) {
        take_offsets(place);
        arena = other;
    }
    if (arena > UINT32_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "the activations need an arena over 4 GiB");
    *arena_bytes = (uint32_t)arena;
    return AW_OK;
}

/* The arena is no smaller than this, so it fits 32 bits. */
static uint32_t bound(const struct place *place)
{
    uint64_t most = 0;
    for (uint32_t time = 0; time <= place->layer_count + 1u; time++) {
        uint64_t live = 0;
        for (uint16_t k = 0; k < place->order_count; k++) {
            const struct block *block = &place->blocks[place->order[k]];
            if (block->first <= time && time <= block->last)
                live += block->bytes;
        }
        most = live > most ? live : most;
    }
    return (uint32_t)most;
}

enum aw_err awh_arena_place(struct aw_tensor *tensors, uint16_t tensor_count,
                            struct aw_layer *layers, uint16_t layer_count, uint16_t output,
                            struct awh_placement *placement_out, struct awh_diag *diag)
{
    struct place place = {
        .tensors = tensors,
        .layers = layers,
        .tensor_count = tensor_count,
        .layer_count = layer_count,
        .output = output,
        .blocks = calloc(tensor_count + 1u, sizeof(*place.blocks)),
        .owner = calloc(tensor_count + 1u, sizeof(*place.owner)),
        .order = calloc(tensor_count + 1u, sizeof(*place.order)),
    };
    struct awh_placement placement = {0};
    enum aw_err err = AW_OK;
    if (!place.blocks || !place.owner || !place.order)
        err = awh_fail_mem(diag);
    if (!err)
        err = size_blocks(&place, diag);
    if (!err) {
        merge_in_place(&place);
        err = place_best(&place, &placement.arena_bytes, diag);
    }
    if (!err) {
        placement.bound_bytes = bound(&place);
        *placement_out = placement;
    }
    free(place.blocks);
    free(place.owner);
    free(place.order);
    return err;
}

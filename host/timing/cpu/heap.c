#include "timing/cpu/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "timing/cpu/pages.h"

#define TENSOR_ALIGN ((size_t)64) /* PyTorch's c10 asks posix_memalign for it */
#define ALIGN        ((size_t)16) /* malloc's own, of a block and its size */
#define HEADER       ((size_t)16) /* before what the caller gets; 8 of it overlap the one before */
#define LEAST        ((size_t)32) /* of a block; the top keeps as much */
#define TOP_PAD      ((size_t)128 << 10)
#define TRIM_LEAST   ((size_t)64 << 10) /* a free block is as large before the top is looked at */
#define MAP_MOST     ((size_t)32 << 20) /* of the threshold, with pointers of 64 bits */

/* With its header. */
static size_t block_bytes(size_t bytes)
{
    size_t whole = cpu_round_up(bytes + HEADER / 2, ALIGN);
    return whole > LEAST ? whole : LEAST;
}

/* What is looked for, so that an aligned block can be cut out of it. */
static size_t wanted_bytes(size_t whole)
{
    return block_bytes(whole + TENSOR_ALIGN + LEAST);
}

/* What is cut off at the begin of a block at `offset`. */
static size_t lead_of(size_t offset)
{
    size_t lead = cpu_round_up(offset + HEADER, TENSOR_ALIGN) - (offset + HEADER);
    return lead && lead < LEAST ? lead + TENSOR_ALIGN : lead;
}

void cpu_heap_init(struct cpu_heap *heap)
{
    *heap = (struct cpu_heap){.map_bytes = TOP_PAD, .trim_bytes = TOP_PAD};
}

void cpu_heap_release(struct cpu_heap *heap)
{
    free(heap->blocks);
    *heap = (struct cpu_heap){0};
}

/* -- the list ----------------------------------------------------------------------------- */

/* Of the block at an offset that is one's. */
static size_t index_of(const struct cpu_heap *heap, size_t offset)
{
    size_t at = 0;
    while (heap->blocks[at].offset != offset)
        at++;
    return at;
}

static void insert(struct cpu_heap *heap, size_t at, struct cpu_heap_block block)
{
    memmove(&heap->blocks[at + 1], &heap->blocks[at], (heap->count - at) * sizeof *heap->blocks);
    heap->blocks[at] = block;
    heap->count++;
}

static void drop(struct cpu_heap *heap, size_t at)
{
    heap->count--;
    memmove(&heap->blocks[at], &heap->blocks[at + 1], (heap->count - at) * sizeof *heap->blocks);
}

/* `bytes` at its begin are a block of their own; there is room in the list. */
static void split(struct cpu_heap *heap, size_t at, size_t bytes)
{
    struct cpu_heap_block *block = &heap->blocks[at];
    struct cpu_heap_block rest = {block->offset + bytes, block->bytes - bytes, block->used};
    block->bytes = bytes;
    insert(heap, at + 1, rest);
}

/* Frees a block, which joins its free neighbours and the top; what it is part of now. */
static size_t set_free(struct cpu_heap *heap, size_t at)
{
    heap->blocks[at].used = false;
    if (at + 1 < heap->count && !heap->blocks[at + 1].used) {
        heap->blocks[at].bytes += heap->blocks[at + 1].bytes;
        drop(heap, at + 1);
    }
    if (at && !heap->blocks[at - 1].used) {
        heap->blocks[at - 1].bytes += heap->blocks[at].bytes;
        drop(heap, at--);
    }
    if (at + 1 < heap->count)
        return heap->blocks[at].bytes;
    heap->top = heap->blocks[at].offset;
    drop(heap, at);
    return heap->end - heap->top;
}

/* -- taking ------------------------------------------------------------------------------- */

/* count: none is large enough. */
static size_t smallest_fit(const struct cpu_heap *heap, size_t bytes)
{
    size_t best = heap->count;
    for (size_t i = 0; i < heap->count; i++) {
        const struct cpu_heap_block *block = &heap->blocks[i];
        if (!block->used && block->bytes >= bytes &&
            (best == heap->count || block->bytes < heap->blocks[best].bytes))
            best = i;
    }
    return best;
}

static void take_from_top(struct cpu_heap *heap, size_t bytes)
{
    size_t have = heap->end - heap->top;
    if (have < bytes + LEAST)
        heap->end += cpu_round_up(bytes + TOP_PAD + LEAST - have, CPU_HEAP_PAGE);
    heap->highest = heap->end > heap->highest ? heap->end : heap->highest;
    insert(heap, heap->count, (struct cpu_heap_block){heap->top, bytes, true});
    heap->top += bytes;
}

/* The aligned part of a block is used, the rest is free. */
static size_t cut(struct cpu_heap *heap, size_t at, size_t whole)
{
    size_t lead = lead_of(heap->blocks[at].offset);
    if (lead) {
        split(heap, at, lead);
        size_t used = heap->blocks[at + 1].offset;
        (void)set_free(heap, at);
        at = index_of(heap, used);
    }
    size_t offset = heap->blocks[at].offset + HEADER;
    if (heap->blocks[at].bytes > whole + LEAST) {
        split(heap, at, whole);
        (void)set_free(heap, at + 1);
    }
    return offset;
}

bool cpu_heap_take(struct cpu_heap *heap, size_t bytes, size_t *offset_out)
{
    void *grown = awh_grow(heap->blocks, &heap->capacity, heap->count + 3, sizeof *heap->blocks);
    if (!grown)
        return false;
    heap->blocks = grown;
    size_t whole = block_bytes(bytes), wanted = wanted_bytes(whole);
    size_t at = smallest_fit(heap, wanted);
    if (at < heap->count) {
        heap->blocks[at].used = true;
        if (heap->blocks[at].bytes >= wanted + LEAST) {
            split(heap, at, wanted);
            (void)set_free(heap, at + 1);
        }
    } else {
        if (heap->end - heap->top < wanted + LEAST && wanted >= heap->map_bytes) {
            *offset_out = CPU_HEAP_MAPPED;
            return true;
        }
        take_from_top(heap, wanted);
    }
    *offset_out = cut(heap, at, whole);
    return true;
}

/* -- giving ------------------------------------------------------------------------------- */

static struct cpu_heap_span trim(struct cpu_heap *heap)
{
    size_t have = heap->end - heap->top;
    if (have < heap->trim_bytes || have <= TOP_PAD + LEAST + 1)
        return (struct cpu_heap_span){0};
    size_t bytes = (have - TOP_PAD - LEAST - 1) / CPU_HEAP_PAGE * CPU_HEAP_PAGE;
    heap->end -= bytes;
    return (struct cpu_heap_span){heap->end, bytes};
}

/* A block that was mapped by itself, in whole pages, is freed. */
static void slide(struct cpu_heap *heap, size_t bytes)
{
    size_t mapped = cpu_round_up(wanted_bytes(block_bytes(bytes)) + HEADER / 2, CPU_HEAP_PAGE);
    mapped -= lead_of(0);
    if (mapped <= heap->map_bytes || mapped > MAP_MOST)
        return;
    heap->map_bytes = mapped;
    heap->trim_bytes = 2 * mapped;
}

struct cpu_heap_span cpu_heap_give(struct cpu_heap *heap, size_t offset, size_t bytes)
{
    if (offset == CPU_HEAP_MAPPED) {
        slide(heap, bytes);
        return (struct cpu_heap_span){0};
    }
    size_t freed = set_free(heap, index_of(heap, offset - HEADER));
    return freed < TRIM_LEAST ? (struct cpu_heap_span){0} : trim(heap);
}

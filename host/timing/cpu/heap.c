#include "timing/cpu/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ALIGN     ((size_t)64) /* of tensors: posix_memalign's in PyTorch's c10 */
#define HEADER    ((size_t)16) /* of a block, malloc's own */
#define TOP_PAD   ((size_t)128 << 10)
#define TOP_LEAST ((size_t)32)       /* malloc's smallest block, which the top keeps */
#define MAP_MOST  ((size_t)32 << 20) /* of the threshold, with pointers of 64 bits */

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
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

static void insert(struct cpu_heap *heap, size_t at, struct cpu_heap_block block)
{
    memmove(&heap->blocks[at + 1], &heap->blocks[at], (heap->count - at) * sizeof *heap->blocks);
    heap->blocks[at] = block;
    heap->count++;
}

static void take_from_top(struct cpu_heap *heap, size_t bytes)
{
    size_t have = heap->end - heap->top;
    if (have < bytes + TOP_LEAST)
        heap->end += round_up(bytes + TOP_PAD + TOP_LEAST - have, CPU_HEAP_PAGE);
    heap->highest = heap->end > heap->highest ? heap->end : heap->highest;
    insert(heap, heap->count, (struct cpu_heap_block){heap->top, bytes, true});
    heap->top += bytes;
}

bool cpu_heap_take(struct cpu_heap *heap, size_t bytes, size_t *offset_out)
{
    void *grown = awh_grow(heap->blocks, &heap->capacity, heap->count + 1, sizeof *heap->blocks);
    if (!grown)
        return false;
    heap->blocks = grown;
    size_t whole = round_up(bytes + HEADER, ALIGN);
    size_t at = smallest_fit(heap, whole);
    if (at == heap->count) {
        if (heap->end - heap->top < whole + TOP_LEAST && whole >= heap->map_bytes) {
            *offset_out = CPU_HEAP_MAPPED;
            return true;
        }
        take_from_top(heap, whole);
    } else {
        struct cpu_heap_block *block = &heap->blocks[at];
        struct cpu_heap_block rest = {block->offset + whole, block->bytes - whole, false};
        block->bytes = whole;
        block->used = true;
        if (rest.bytes)
            insert(heap, at + 1, rest);
    }
    *offset_out = heap->blocks[at].offset;
    return true;
}

static void drop(struct cpu_heap *heap, size_t at)
{
    heap->count--;
    memmove(&heap->blocks[at], &heap->blocks[at + 1], (heap->count - at) * sizeof *heap->blocks);
}

static struct cpu_heap_span trim(struct cpu_heap *heap)
{
    size_t have = heap->end - heap->top;
    if (have < heap->trim_bytes || have <= TOP_PAD + TOP_LEAST + 1)
        return (struct cpu_heap_span){0};
    size_t bytes = (have - TOP_PAD - TOP_LEAST - 1) / CPU_HEAP_PAGE * CPU_HEAP_PAGE;
    heap->end -= bytes;
    return (struct cpu_heap_span){heap->end, bytes};
}

static void slide(struct cpu_heap *heap, size_t bytes)
{
    size_t mapped = round_up(bytes + ALIGN + HEADER, CPU_HEAP_PAGE);
    if (mapped <= heap->map_bytes || mapped > MAP_MOST)
        return;
    heap->map_bytes = mapped;
    heap->trim_bytes = 2 * mapped;
}

struct cpu_heap_span cpu_heap_give(struct cpu_heap *heap, size_t offset, size_t bytes)
{
    size_t at = 0;
    if (offset == CPU_HEAP_MAPPED) {
        slide(heap, bytes);
        return (struct cpu_heap_span){0};
    }
    while (heap->blocks[at].offset != offset)
        at++;
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
        return (struct cpu_heap_span){0};
    heap->top = heap->blocks[at].offset;
    drop(heap, at);
    return trim(heap);
}

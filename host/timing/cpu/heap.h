/* A model of the C library's heap, as a framework's tensors meet it: where blocks lie, and which
 * pages go back to the kernel, so that whoever takes them next pays for new ones.
 *
 * After glibc 2.36, malloc/malloc.c, with its default parameters: the smallest free block out of
 * which an aligned one can be cut, 112 bytes more than it needs (_int_memalign), so that one just
 * as large as the last does not find that one's place again; free neighbours join; what is free at
 * the end is the top, which grows by what it lacks and 128 KiB (sysmalloc); when it is larger than
 * the trim threshold all but 128 KiB of it goes back (systrim). What would make the top grow and is
 * at least as large as the mmap threshold is mapped by itself. That threshold is 128 KiB, and
 * slides up to the largest mapped block that was freed, 32 MiB at most; the trim threshold is then
 * twice that (free). */
#ifndef AWH_TIMING_CPU_HEAP_H
#define AWH_TIMING_CPU_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_HEAP_PAGE   ((size_t)4096)
#define CPU_HEAP_MAPPED SIZE_MAX /* instead of an offset: of a block that is mapped by itself */

struct cpu_heap_block {
    size_t offset, bytes;
    bool used;
};

struct cpu_heap {
    struct cpu_heap_block *blocks; /* by offset, without gaps, the last ends at `top` */
    size_t count, capacity;
    size_t top, end; /* free from top to end; pages up to end are the process's */
    size_t highest;  /* largest `end` so far */
    size_t map_bytes, trim_bytes;
};

struct cpu_heap_span {
    size_t offset, bytes;
};

void cpu_heap_init(struct cpu_heap *heap);
/* Aligned to 64 bytes, or CPU_HEAP_MAPPED; false: no memory for the bookkeeping. */
bool cpu_heap_take(struct cpu_heap *heap, size_t bytes, size_t *offset_out);
/* A block that was taken: its offset and size. What of the heap goes back to the kernel, in whole
 * pages; bytes 0: nothing. */
struct cpu_heap_span cpu_heap_give(struct cpu_heap *heap, size_t offset, size_t bytes);
void cpu_heap_release(struct cpu_heap *heap);

#endif

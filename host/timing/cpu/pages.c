#include "timing/cpu/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define PAGE      ((size_t)2 << 20)
#define CHUNK     ((size_t)8 << 20)
#define LINE      ((size_t)64)
#define BYTES_MAX ((size_t)1 << 46) /* keeps sums far from overflow */

/* One page more than needed is mapped, so that an aligned part can be kept. */
static void *map_aligned(size_t bytes)
{
    char *map =
        mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t before = (PAGE - (uintptr_t)map % PAGE) % PAGE;
    if (before)
        munmap(map, before);
    munmap(map + before + bytes, PAGE - before);
    char *base = map + before;
    (void)madvise(base, bytes, MADV_HUGEPAGE); /* a kernel without them gives small ones */
    memset(base, 0, bytes);
    return base;
}

/* Small pages, untouched. */
static void *map_small(size_t bytes)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    (void)madvise(base, bytes, MADV_NOHUGEPAGE); /* a kernel without them has no others */
    return base;
}

static struct cpu_page_chunk *add_chunk(struct cpu_pages *pages, size_t bytes,
                                        void *(*map)(size_t bytes))
{
    if (bytes > BYTES_MAX)
        return NULL;
    void *grown =
        awh_grow(pages->chunks, &pages->capacity, pages->count + 1, sizeof *pages->chunks);
    if (!grown)
        return NULL;
    pages->chunks = grown;
    size_t size = bytes < CHUNK ? CHUNK : cpu_round_up(bytes, PAGE);
    void *base = map(size);
    if (!base)
        return NULL;
    pages->chunks[pages->count] = (struct cpu_page_chunk){.base = base, .bytes = size};
    return &pages->chunks[pages->count++];
}

void *cpu_pages_reserve(struct cpu_pages *pages, size_t bytes)
{
    struct cpu_page_chunk *chunk = add_chunk(pages, bytes, map_small);
    if (!chunk)
        return NULL;
    chunk->used = chunk->bytes; /* nobody else takes of it */
    return chunk->base;
}

void *cpu_pages_take(struct cpu_pages *pages, size_t bytes)
{
    struct cpu_page_chunk *chunk = pages->count ? &pages->chunks[pages->count - 1] : NULL;
    if (!chunk || bytes > chunk->bytes - chunk->used)
        chunk = add_chunk(pages, bytes, map_aligned);
    if (!chunk)
        return NULL;
    char *place = (char *)chunk->base + chunk->used;
    size_t taken = cpu_round_up(bytes, LINE);
    chunk->used += taken < chunk->bytes - chunk->used ? taken : chunk->bytes - chunk->used;
    return place;
}

void cpu_pages_release(struct cpu_pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        munmap(pages->chunks[i].base, pages->chunks[i].bytes);
    free(pages->chunks);
    *pages = (struct cpu_pages){0};
}

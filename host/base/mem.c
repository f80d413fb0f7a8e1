#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK_BYTES ((size_t)16 * 1024)
#define LAST_BLOCK_BYTES  ((size_t)1024 * 1024)

struct awh_arena_block {
    struct awh_arena_block *next;
    size_t used, capacity;
    max_align_t data[];
};

void awh_arena_init(struct awh_arena *arena)
{
    *arena = (struct awh_arena){0};
}

void awh_arena_release(struct awh_arena *arena)
{
    struct awh_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct awh_arena_block *next = block->next;
        free(block);
        block = next;
    }
    awh_arena_init(arena);
}

static struct awh_arena_block *new_block(size_t capacity)
{
    /* calloc: nothing is handed out twice, so fresh zero pages need no clearing of ours. */
    struct awh_arena_block *block = calloc(1, sizeof(*block) + capacity);
    if (block != NULL) {
        block->capacity = capacity;
    }
    return block;
}

/* Items over a quarter of a block get a block of their own, behind the current one, which stays
 * open. */
static void *alloc_large(struct awh_arena *arena, size_t size)
{
    struct awh_arena_block *block = new_block(size);
    if (block == NULL) {
        return NULL;
    }
    block->used = size;
    if (arena->blocks == NULL) {
        arena->blocks = block;
    } else {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    }
    return block->data;
}

void *awh_arena_alloc(struct awh_arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = size == 0 ? align : (size + align - 1) / align * align;
    struct awh_arena_block *block = arena->blocks;
    if (block == NULL || block->capacity - block->used < size) {
        size_t grown = block == NULL ? FIRST_BLOCK_BYTES : arena->total_bytes;
        grown = grown < FIRST_BLOCK_BYTES ? FIRST_BLOCK_BYTES : grown;
        grown = grown > LAST_BLOCK_BYTES ? LAST_BLOCK_BYTES : grown / align * align;
        if (size > grown / 4) {
            void *large = alloc_large(arena, size);
            arena->total_bytes += large == NULL ? 0 : size;
            return large;
        }
        block = new_block(grown);
        if (block == NULL) {
            return NULL;
        }
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *item = (char *)block->data + block->used;
    block->used += size;
    arena->total_bytes += size;
    return item;
}

void *awh_arena_array(struct awh_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return awh_arena_alloc(arena, bytes);
}

char *awh_arena_strdup(struct awh_arena *arena, const char *text)
{
    return awh_arena_strndup(arena, text, strlen(text));
}

char *awh_arena_strndup(struct awh_arena *arena, const char *text, size_t n)
{
    if (n == SIZE_MAX) {
        return NULL;
    }
    char *copy = awh_arena_alloc(arena, n + 1);
    if (copy != NULL && n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

char *awh_arena_printf(struct awh_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : awh_arena_alloc(arena, (size_t)n + 1);
    if (text != NULL) {
        va_start(args, format);
        vsnprintf(text, (size_t)n + 1, format, args);
        va_end(args);
    }
    return text;
}

void *awh_grow(void *items, size_t *capacity_inout, size_t needed, size_t item_size)
{
    if (needed <= *capacity_inout && items != NULL) {
        return items;
    }
    size_t capacity = *capacity_inout < 8 ? 8 : *capacity_inout;
    while (capacity < needed) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity)) {
            return NULL;
        }
    }
    size_t bytes;
    if (__builtin_mul_overflow(capacity, item_size, &bytes)) {
        return NULL;
    }
    void *grown = realloc(items, bytes);
    if (grown != NULL) {
        *capacity_inout = capacity;
    }
    return grown;
}

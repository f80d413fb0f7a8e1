/* Arena memory: everything that a step makes is freed at once.
 *
 * Functions return NULL when memory is short; callers answer with awh_fail_mem(). */
#ifndef AWH_MEM_H
#define AWH_MEM_H

#include <stddef.h>

#include "aw/err.h"

struct awh_arena {
    struct awh_arena_block *blocks;
    size_t total_bytes;
};

void awh_arena_init(struct awh_arena *arena);
void awh_arena_release(struct awh_arena *arena);
/* Zeroed, aligned for any type. size 0 gives a valid pointer. */
void *awh_arena_alloc(struct awh_arena *arena, size_t size);
/* count * size checked for overflow. */
void *awh_arena_array(struct awh_arena *arena, size_t count, size_t size);
char *awh_arena_strdup(struct awh_arena *arena, const char *text);
char *awh_arena_strndup(struct awh_arena *arena, const char *text, size_t n);
AW_PRINTF(2, 3)
char *awh_arena_printf(struct awh_arena *arena, const char *format, ...);

/* Grows a malloc'ed array so that it holds at least `needed` items (doubling). Returns the new
 * array, or NULL with the old one untouched. */
void *awh_grow(void *items, size_t *capacity_inout, size_t needed, size_t item_size);

#endif

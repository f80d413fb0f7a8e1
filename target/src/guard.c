#include "awt/guard.h"

#include "../config.h"

/* No two neighbours are equal, and neither 0 nor a saturated value is among them. */
static uint8_t pattern(uint32_t i)
{
    return (uint8_t)(0x25u + 0x11u * (i & 7u));
}

static void fill(uint8_t *tail)
{
    for (uint32_t i = 0; i < AWB_TAIL_BYTES; i++)
        tail[i] = pattern(i);
}

static bool is_whole(const uint8_t *tail)
{
    for (uint32_t i = 0; i < AWB_TAIL_BYTES; i++)
        if (tail[i] != pattern(i))
            return false;
    return true;
}

void awt_guard_set(const struct awb_memory *memory)
{
    fill(memory->arena + memory->arena_bytes);
    fill(memory->weights + memory->weight_bytes);
}

bool awt_guard_check(const struct awb_memory *memory)
{
    bool whole = is_whole(memory->arena + memory->arena_bytes) &&
                 is_whole(memory->weights + memory->weight_bytes);
    if (!whole)
        awt_guard_set(memory);
    return whole;
}

/* All packings, for hosts. */
#include "aw/packing.h"

#include "aw/mem.h"

#include <stddef.h>

static const struct aw_packing *const packings[] = {
#define AW_PACKING(id, number) &aw_packing_##id,
#include "packings.def"
#undef AW_PACKING
};

#define PACKING_COUNT (sizeof packings / sizeof packings[0])

const struct aw_packing *aw_packing_find_name(const char *name)
{
    for (size_t i = 0; i < PACKING_COUNT; i++)
        if (strcmp(packings[i]->name, name) == 0)
            return packings[i];
    return NULL;
}

const struct aw_packing *aw_packing_find(uint8_t id)
{
    for (size_t i = 0; i < PACKING_COUNT; i++)
        if (packings[i]->id == id)
            return packings[i];
    return NULL;
}

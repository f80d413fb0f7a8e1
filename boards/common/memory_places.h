/* The hal's awb_memory for memories at fixed addresses. A board includes it once it has defined
 * where they begin: PROGRAM_AT, WEIGHTS_AT, ARENA_AT and TABLES_AT. Those may use ALIGN_UP. */
#ifndef AWB_MEMORY_PLACES_H
#define AWB_MEMORY_PLACES_H

#include "awt/hal.h"
#include "config.h"

#define ALIGN_UP(value) (((value) + 63u) & ~63u)

void awb_memory(struct awb_memory *out)
{
    *out = (struct awb_memory){
        .arena = (uint8_t *)(uintptr_t)ARENA_AT,
        .arena_bytes = AWB_ARENA_BYTES,
        .weights = (uint8_t *)(uintptr_t)WEIGHTS_AT,
        .weight_bytes = AWB_WEIGHT_BYTES,
        .program = (uint8_t *)(uintptr_t)PROGRAM_AT,
        .program_bytes = AWB_PROGRAM_BYTES,
        .tables = (uint8_t *)(uintptr_t)TABLES_AT,
    };
}

#endif

/* Where program, weights, arena and tables lie on boards that have one memory for all of them, from
 * AWB_MAP_BUFFERS to AWB_MAP_BUFFERS_END: no sections of the image, so that no loader writes them.
 */
#include "config.h"
#include "memory_map.h"

#define PROGRAM_AT  AWB_MAP_BUFFERS
#define WEIGHTS_AT  ALIGN_UP(PROGRAM_AT + AWB_PROGRAM_BYTES + AWB_TAIL_BYTES)
#define ARENA_AT    ALIGN_UP(WEIGHTS_AT + AWB_WEIGHT_BYTES + AWB_TAIL_BYTES)
#define TABLES_AT   ALIGN_UP(ARENA_AT + AWB_ARENA_BYTES + AWB_TAIL_BYTES)
#define BUFFERS_END (TABLES_AT + AWT_TABLE_BYTES)
#include "memory_places.h"

_Static_assert(BUFFERS_END <= AWB_MAP_BUFFERS_END, "the buffers exceed what is mapped");

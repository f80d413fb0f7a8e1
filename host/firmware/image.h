/* A firmware image as the linker made it: sections and functions of the ELF file, through libelf,
 * and what each object file gave, from the map that GNU ld wrote beside it. */
#ifndef AWH_IMAGE_H
#define AWH_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"

/* One that takes room on the board. */
struct awh_image_section {
    const char *name;
    uint64_t size_bytes;
    bool writable; /* RAM; the others are code and constants */
    bool stored;   /* has bytes in the file: also in the board's flash when it is writable */
};

/* What one object file gave to one section. */
struct awh_image_piece {
    const struct awh_image_section *section;
    const char *
        object; /* path as the linker was given it, "(member)" behind an archive's; NULL: padding */
    uint64_t size_bytes;
};

struct awh_image {
    struct awh_image_section *sections;
    size_t section_count;
    const char **functions; /* names, sorted, may be there twice */
    size_t function_count;
    struct awh_image_piece *pieces;
    size_t piece_count;
};

/* Everything is in the arena. The map's pieces must not exceed their sections by more than merged
 * strings can explain: another map is AW_ERR_MISMATCH. */
AW_MUST_USE enum aw_err awh_image_load(struct awh_arena *arena, const char *elf_path,
                                       const char *map_path, struct awh_image *image_out,
                                       struct awh_diag *diag);
bool awh_image_has_function(const struct awh_image *image, const char *name);

/* Inside: image_map.c. */
AW_MUST_USE enum aw_err awh_image_read_map(struct awh_arena *arena, const char *path,
                                           struct awh_image *image, struct awh_diag *diag);

#endif

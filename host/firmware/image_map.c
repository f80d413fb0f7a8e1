/* The map of GNU ld. Behind the line "Linker script and memory map", an output section begins at
 * the left edge, and what object files gave to it follows indented by one blank:
 *
 *   .text           0x0000000000200000    0x135e8
 *    .text.run_all  0x0000000000200a40       0x58 CMakeFiles/fw_core.dir/target/src/runner.c.obj
 *    *fill*         0x0000000000200a98        0x8
 *
 * Names that are too long for their column stand on a line of their own. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "firmware/image.h"

#define MAP_BYTES_MAX ((size_t)256 << 20)

struct map {
    struct awh_arena *arena;
    const char *path;
    struct awh_image *image;
    size_t capacity;
    const struct awh_image_section *section; /* where the lines are; NULL: one without room */
    bool named;                              /* the line before was the name of a piece */
    struct awh_diag *diag;
};

static bool take_hex(char **at, uint64_t *out)
{
    char *text = *at + strspn(*at, " \t"), *end;
    if (strncmp(text, "0x", 2) != 0)
        return false;
    *out = strtoull(text, &end, 16);
    *at = end;
    return end > text + 2;
}

static enum aw_err add_piece(struct map *map, const char *object, uint64_t size)
{
    struct awh_image *image = map->image;
    if (image->piece_count == map->capacity) {
        size_t capacity = map->capacity == 0 ? 256 : 2 * map->capacity;
        struct awh_image_piece *grown = awh_arena_array(map->arena, capacity, sizeof(*grown));
        if (grown == NULL)
            return awh_fail_mem(map->diag);
        if (image->piece_count > 0)
            memcpy(grown, image->pieces, image->piece_count * sizeof(*grown));
        image->pieces = grown;
        map->capacity = capacity;
    }
    image->pieces[image->piece_count++] =
        (struct awh_image_piece){.section = map->section, .object = object, .size_bytes = size};
    return AW_OK;
}

static void begin_section(struct map *map, char *line)
{
    line[strcspn(line, " \t")] = '\0';
    map->section = NULL;
    map->named = false;
    for (size_t i = 0; i < map->image->section_count; i++)
        if (strcmp(map->image->sections[i].name, line) == 0)
            map->section = &map->image->sections[i];
}

/* "0xADDRESS 0xSIZE OBJECT", behind a name. */
static enum aw_err read_piece(struct map *map, char *at, bool padding)
{
    uint64_t address, size;
    if (!take_hex(&at, &address) || !take_hex(&at, &size))
        return AW_OK; /* a symbol, or an assignment of the link script */
    at += strspn(at, " \t");
    if (size == 0 || map->section == NULL || (*at == '\0' && !padding))
        return AW_OK;
    return add_piece(map, padding ? NULL : at, size);
}

static enum aw_err read_line(struct map *map, char *line)
{
    if (line[0] != ' ' && line[0] != '\0') {
        begin_section(map, line);
        return AW_OK;
    }
    bool continued = map->named;
    map->named = false;
    if (line[0] == '\0' || line[1] == '*') {
        bool padding = strncmp(line, " *fill*", 7) == 0;
        return padding ? read_piece(map, line + 7, true) : AW_OK;
    }
    if (line[1] == ' ')
        return continued ? read_piece(map, line, false) : AW_OK;
    size_t name = 1 + strcspn(line + 1, " \t");
    map->named = line[name] == '\0';
    return map->named ? AW_OK : read_piece(map, line + name, false);
}

static enum aw_err check_sums(const struct map *map)
{
    const struct awh_image *image = map->image;
    for (size_t s = 0; s < image->section_count; s++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < image->piece_count; i++)
            if (image->pieces[i].section == &image->sections[s])
                sum += image->pieces[i].size_bytes;
        /* ld tells sizes of merged strings from before it has found all tails that they share. */
        if (sum > image->sections[s].size_bytes + image->sections[s].size_bytes / 32 + 64)
            return awh_fail(
                map->diag, AW_ERR_MISMATCH,
                "%s: gives %llu bytes to %s, which has %llu: not the map of this image; "
                "build the firmware again",
                map->path, (unsigned long long)sum, image->sections[s].name,
                (unsigned long long)image->sections[s].size_bytes);
    }
    return AW_OK;
}

enum aw_err awh_image_read_map(struct awh_arena *arena, const char *path, struct awh_image *image,
                               struct awh_diag *diag)
{
    struct map map = {.arena = arena, .path = path, .image = image, .diag = diag};
    char *text, *next;
    size_t size;
    enum aw_err err = awh_file_read(arena, path, MAP_BYTES_MAX, &text, &size, diag);
    if (err != AW_OK)
        return err;
    text = strstr(text, "\nLinker script and memory map\n");
    if (text == NULL)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: not a map of GNU ld", path);
    for (text++; err == AW_OK && text != NULL; text = next) {
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        err = read_line(&map, text);
    }
    if (err == AW_OK && image->piece_count == 0)
        err = awh_fail(diag, AW_ERR_MISMATCH, "%s: knows none of the image's sections", path);
    return err != AW_OK ? err : check_sums(&map);
}

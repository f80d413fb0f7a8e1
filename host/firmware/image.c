#include "firmware/image.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
    struct awh_arena *arena;
    const char *path;
    Elf *elf;
    struct awh_image *image;
    struct awh_diag *diag;
};

static enum aw_err bad(const struct reader *r, const char *what)
{
    return awh_fail(r->diag, AW_ERR_FORMAT, "%s: %s: %s", r->path, what, elf_errmsg(-1));
}

static enum aw_err read_sections(struct reader *r)
{
    size_t names, count = 0;
    if (elf_getshdrstrndx(r->elf, &names) != 0 || elf_getshdrnum(r->elf, &count) != 0)
        return bad(r, "no section headers");
    r->image->sections = awh_arena_array(r->arena, count, sizeof(*r->image->sections));
    if (r->image->sections == NULL)
        return awh_fail_mem(r->diag);
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(r->elf, scn)) != NULL;) {
        GElf_Shdr header;
        const char *name;
        if (gelf_getshdr(scn, &header) == NULL ||
            (name = elf_strptr(r->elf, names, header.sh_name)) == NULL)
            return bad(r, "a broken section header");
        if ((header.sh_flags & SHF_ALLOC) == 0 || header.sh_size == 0)
            continue;
        struct awh_image_section section = {.name = awh_arena_strdup(r->arena, name),
                                            .size_bytes = header.sh_size,
                                            .writable = (header.sh_flags & SHF_WRITE) != 0,
                                            .stored = header.sh_type != SHT_NOBITS};
        if (section.name == NULL)
            return awh_fail_mem(r->diag);
        r->image->sections[r->image->section_count++] = section;
    }
    return AW_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum aw_err read_symbols(struct reader *r, Elf_Scn *scn, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    if (data == NULL || header->sh_entsize == 0)
        return bad(r, "a broken symbol table");
    size_t count = header->sh_size / header->sh_entsize;
    struct awh_image *image = r->image;
    image->functions = awh_arena_array(r->arena, count, sizeof(*image->functions));
    if (image->functions == NULL)
        return awh_fail_mem(r->diag);
    for (size_t i = 0; i < count && i <= INT32_MAX; i++) {
        GElf_Sym symbol;
        const char *name;
        if (gelf_getsym(data, (int)i, &symbol) == NULL ||
            (name = elf_strptr(r->elf, header->sh_link, symbol.st_name)) == NULL)
            return bad(r, "a broken symbol");
        if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
            continue;
        if ((image->functions[image->function_count] = awh_arena_strdup(r->arena, name)) == NULL)
            return awh_fail_mem(r->diag);
        image->function_count++;
    }
    qsort(image->functions, image->function_count, sizeof(*image->functions), by_name);
    return AW_OK;
}

static enum aw_err read_elf(struct reader *r)
{
    enum aw_err err;
    if (elf_kind(r->elf) != ELF_K_ELF)
        return awh_fail(r->diag, AW_ERR_FORMAT, "%s: not an ELF file", r->path);
    if ((err = read_sections(r)) != AW_OK)
        return err;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(r->elf, scn)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(scn, &header) == NULL)
            return bad(r, "a broken section header");
        if (header.sh_type == SHT_SYMTAB)
            return read_symbols(r, scn, &header);
    }
    return awh_fail(r->diag, AW_ERR_FORMAT,
                    "%s: has no symbols; expected an image that is not stripped", r->path);
}

bool awh_image_has_function(const struct awh_image *image, const char *name)
{
    return image->function_count > 0 &&
           bsearch(&name, image->functions, image->function_count, sizeof(name), by_name) != NULL;
}

enum aw_err awh_image_load(struct awh_arena *arena, const char *elf_path, const char *map_path,
                           struct awh_image *image_out, struct awh_diag *diag)
{
    struct awh_image image = {.sections = NULL};
    struct reader r = {.arena = arena, .path = elf_path, .image = &image, .diag = diag};
    int fd = open(elf_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no such firmware; build it first", elf_path);
    if (elf_version(EV_CURRENT) == EV_NONE || (r.elf = elf_begin(fd, ELF_C_READ, NULL)) == NULL) {
        close(fd);
        return bad(&r, "cannot be read");
    }
    enum aw_err err = read_elf(&r);
    elf_end(r.elf);
    close(fd);
    if (err == AW_OK)
        err = awh_image_read_map(arena, map_path, &image, diag);
    if (err == AW_OK)
        *image_out = image;
    return err;
}

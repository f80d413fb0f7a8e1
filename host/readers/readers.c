#include "readers/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/registry.h"
#include "base/str.h"
#include "readers/collect.h"
#include "readers/text.h"

#define WINDOW_BYTES  ((size_t)64 * 1024)
#define OVERLAP_BYTES ((size_t)8 * 1024) /* more than any two lines that a reader looks for */

#define AWH_READER(name) extern const struct awh_reader_type awh_reader_##name;
#include "readers/readers.def"
#undef AWH_READER

enum {
#define AWH_READER(name) BUILTIN_##name,
#include "readers/readers.def"
#undef AWH_READER
    BUILTIN_COUNT
};
static const struct awh_reader_type *types[BUILTIN_COUNT + AWH_REGISTRY_ADDED_MAX + 1] = {
#define AWH_READER(name) &awh_reader_##name,
#include "readers/readers.def"
#undef AWH_READER
};
AWH_REGISTRY(awh_reader_type, "reader", types, awh_reader_types, awh_reader_type_find,
             awh_reader_type_add)

static enum aw_err fail_io(const char *path, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
}

static enum aw_err open_log(const char *path, FILE **stream_out, struct awh_diag *diag)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return fail_io(path, diag);
    if (!S_ISREG(info.st_mode))
        return awh_fail(diag, AW_ERR_IO, "%s: not a regular file", path);
    *stream_out = fopen(path, "rb");
    return *stream_out == NULL ? fail_io(path, diag) : AW_OK;
}

/* -- detection ----------------------------------------------------------------------------------
 */

static const struct awh_reader_type *ask(const char *text, size_t size)
{
    for (const struct awh_reader_type *const *type = types; *type != NULL; type++)
        if ((*type)->detect(text, size))
            return *type;
    return NULL;
}

/* Where the next window begins in this one: at a line in its last part, or there where it has none.
 */
static size_t next_window(const char *text, size_t size)
{
    if (size <= OVERLAP_BYTES)
        return 0;
    const char *newline = memchr(text + size - OVERLAP_BYTES, '\n', OVERLAP_BYTES);
    return newline == NULL ? size - OVERLAP_BYTES : (size_t)(newline - text) + 1;
}

/* `window` has WINDOW_BYTES + 1. NULL: nobody knows the file, or it cannot be read (ferror). */
static const struct awh_reader_type *detect(FILE *stream, char *window)
{
    const struct awh_reader_type *type = NULL;
    size_t size = 0;
    bool first = true;
    while (type == NULL) {
        size_t got = fread(window + size, 1, WINDOW_BYTES - size, stream);
        if (got == 0)
            return NULL;
        awh_blank_zeros(window + size, got);
        size += got;
        window[size] = '\0';
        size_t mark = first && size >= 3 && memcmp(window, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        type = ask(window + mark, size - mark);
        first = false;
        size_t next = next_window(window, size);
        memmove(window, window + next, size - next);
        size -= next;
    }
    return type;
}

static enum aw_err fail_unknown(const char *path, struct awh_diag *diag)
{
    struct awh_str names;
    struct stat info;
    if (stat(path, &info) == 0 && info.st_size == 0)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: the file is empty", path);
    awh_str_init(&names);
    for (const struct awh_reader_type *const *type = types; *type != NULL; type++)
        awh_str_printf(&names, "%s%s", names.size > 0 ? ", " : "", (*type)->name);
    enum aw_err err =
        awh_fail(diag, AW_ERR_FORMAT, "%s: not a kind of result that awnas-hw reads (%s)", path,
                 names.failed ? "" : names.text);
    awh_str_release(&names);
    return err;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static enum aw_err read_as(const struct awh_reader_type *type, FILE *stream,
                           struct awh_arena *arena, const char *path,
                           struct awh_layer_runs *runs_out, struct awh_diag *diag)
{
    struct awh_collect collect;
    struct awh_layer_runs runs;
    awh_collect_init(&collect, arena, path, type->name);
    const struct awh_log log = {.path = path,
                                .stream = stream,
                                .arena = arena,
                                .take = awh_collect_take,
                                .context = &collect};
    enum aw_err err = type->read(&log, diag);
    if (err == AW_OK)
        err = awh_collect_finish(&collect, &runs, diag);
    if (err == AW_OK && runs.count == 0)
        err = awh_fail(diag, AW_ERR_FORMAT,
                       "%s: looks like a file of the kind '%s', but holds no result of it", path,
                       type->name);
    if (err == AW_OK)
        *runs_out = runs;
    awh_collect_release(&collect);
    return err;
}

enum aw_err awh_reader_read(struct awh_arena *arena, const char *path,
                            struct awh_layer_runs *runs_out, struct awh_diag *diag)
{
    FILE *stream;
    enum aw_err err = open_log(path, &stream, diag);
    if (err != AW_OK)
        return err;
    char *window = malloc(WINDOW_BYTES + 1);
    const struct awh_reader_type *type = window == NULL ? NULL : detect(stream, window);
    if (window == NULL)
        err = awh_fail_mem(diag);
    else if (type == NULL)
        err = ferror(stream) ? fail_io(path, diag) : fail_unknown(path, diag);
    else if (fseek(stream, 0, SEEK_SET) != 0)
        err = fail_io(path, diag);
    else
        err = read_as(type, stream, arena, path, runs_out, diag);
    free(window);
    fclose(stream);
    return err;
}

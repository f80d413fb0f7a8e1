#include "readers/lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "readers/text.h"

#define CHUNK_BYTES     ((size_t)64 * 1024)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum aw_err awh_lines_open(struct awh_lines *lines, const struct awh_log *log,
                           struct awh_diag *diag)
{
    *lines = (struct awh_lines){.stream = log->stream, .path = log->path, .diag = diag};
    lines->text = malloc(AWH_LINE_MAX + 1);
    lines->chunk = malloc(CHUNK_BYTES + 1);
    if (lines->text != NULL && lines->chunk != NULL)
        return AW_OK;
    awh_lines_close(lines);
    return awh_fail_mem(diag);
}

void awh_lines_close(struct awh_lines *lines)
{
    free(lines->text);
    free(lines->chunk);
    lines->text = lines->chunk = NULL;
}

static bool fill(struct awh_lines *lines)
{
    if (lines->begin < lines->end)
        return true;
    bool first = lines->end == 0;
    lines->begin = 0;
    lines->end = fread(lines->chunk, 1, CHUNK_BYTES, lines->stream);
    if (ferror(lines->stream) && lines->err == AW_OK)
        lines->err = awh_fail(lines->diag, AW_ERR_IO, "%s: cannot be read: %s", lines->path,
                              strerror(errno));
    if (lines->err != AW_OK)
        lines->end = 0;
    if (first && lines->end >= 3 && memcmp(lines->chunk, BYTE_ORDER_MARK, 3) == 0)
        lines->begin = 3;
    return lines->begin < lines->end;
}

char *awh_lines_next(struct awh_lines *lines)
{
    size_t size = 0;
    bool ended = false;
    if (!fill(lines))
        return NULL;
    while (!ended && fill(lines)) {
        const char *begin = lines->chunk + lines->begin;
        size_t left = lines->end - lines->begin;
        const char *newline = memchr(begin, '\n', left);
        size_t part = newline != NULL ? (size_t)(newline - begin) : left;
        size_t kept = part < AWH_LINE_MAX - size ? part : AWH_LINE_MAX - size;
        memcpy(lines->text + size, begin, kept);
        size += kept;
        lines->begin += part + (newline != NULL);
        ended = newline != NULL;
    }
    if (lines->err != AW_OK)
        return NULL;
    while (size > 0 && lines->text[size - 1] == '\r')
        size--;
    lines->text[size] = '\0';
    awh_blank_zeros(lines->text, size);
    lines->number++;
    return lines->text;
}

char *awh_lines_piece(struct awh_lines *lines, size_t *size_out, bool *begins_line_out)
{
    bool begins_line = lines->number == 0 || lines->text[0] == '\n';
    if (!fill(lines))
        return NULL;
    char *begin = lines->chunk + lines->begin;
    size_t left = lines->end - lines->begin;
    const char *newline = memchr(begin, '\n', left);
    *size_out = newline != NULL ? (size_t)(newline - begin) + 1 : left;
    *begins_line_out = begins_line;
    lines->begin += *size_out;
    lines->number += begins_line;
    lines->text[0] = begin[*size_out - 1]; /* whether the next piece begins a line */
    return begin;
}

enum aw_err awh_lines_fail(const struct awh_lines *lines, enum aw_err err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return awh_fail(lines->diag, err, "%s:%u: %s", lines->path, (unsigned)lines->number, text);
}

void awh_lines_warn(const struct awh_lines *lines, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    awh_warn(lines->diag, "%s:%u: %s", lines->path, (unsigned)lines->number, text);
}

enum aw_err awh_log_load(const struct awh_log *log, size_t max_bytes, char **text_out,
                         size_t *size_out, struct awh_diag *diag)
{
    long end = -1;
    if (fseek(log->stream, 0, SEEK_END) == 0)
        end = ftell(log->stream);
    if (end < 0 || fseek(log->stream, 0, SEEK_SET) != 0)
        return awh_fail(diag, AW_ERR_IO, "%s: cannot be read: %s", log->path, strerror(errno));
    size_t size = (size_t)end;
    if (size > max_bytes)
        return awh_fail(diag, AW_ERR_RANGE, "%s: larger than %zu MiB", log->path, max_bytes >> 20);
    char *text = awh_arena_alloc(log->arena, size + 1);
    if (text == NULL)
        return awh_fail_mem(diag);
    if (fread(text, 1, size, log->stream) != size)
        return awh_fail(diag, AW_ERR_IO, "%s: became shorter while it was read", log->path);
    size_t mark = size >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
    *text_out = text + mark;
    *size_out = size - mark;
    return AW_OK;
}

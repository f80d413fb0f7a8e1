#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages quote file contents; control characters in them must not reach a terminal. */
static void make_one_line(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = ' ';
        }
    }
}

AW_PRINTF(3, 0)
static void format_line(char *text, size_t capacity, const char *format, va_list args)
{
    int n = vsnprintf(text, capacity, format, args);
    if (n < 0) {
        snprintf(text, capacity, "(message could not be formatted)");
    } else if ((size_t)n >= capacity) {
        size_t end = capacity - 4;
        while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
            end--; /* do not cut a UTF-8 sequence */
        }
        memcpy(text + end, "...", 4);
    }
    make_one_line(text);
}

enum aw_err awh_fail(struct awh_diag *diag, enum aw_err err, const char *format, ...)
{
    if (diag != NULL && diag->err == AW_OK) {
        va_list args;
        va_start(args, format);
        format_line(diag->text, sizeof(diag->text), format, args);
        va_end(args);
        diag->err = err;
    }
    return err;
}

enum aw_err awh_fail_mem(struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_NO_MEM, "out of memory");
}

void awh_warn(struct awh_diag *diag, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    format_line(text, sizeof(text), format, args);
    va_end(args);
    if (diag != NULL) {
        diag->warnings++;
    }
    if (diag != NULL && diag->warn != NULL) {
        diag->warn(diag->warn_context, text);
    } else {
        fprintf(stderr, "awnas-hw: warning: %s\n", text);
    }
}

int awh_exit_code(enum aw_err err)
{
    switch (err) {
    case AW_OK:
        return 0;
    case AW_ERR_ARG:
    case AW_ERR_FORMAT:
    case AW_ERR_RANGE:
    case AW_ERR_NOT_FOUND:
    case AW_ERR_UNSUPPORTED:
    case AW_ERR_EXISTS:
        return 2;
    default:
        return 1;
    }
}

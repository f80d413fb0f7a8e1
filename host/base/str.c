#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void awh_str_init(struct awh_str *str)
{
    *str = (struct awh_str){0};
}

void awh_str_release(struct awh_str *str)
{
    free(str->text);
    awh_str_init(str);
}

/* Room for `more` bytes and the terminator. */
static bool reserve(struct awh_str *str, size_t more)
{
    if (str->failed || more > SIZE_MAX / 4 || str->size > SIZE_MAX / 4) {
        str->failed = true;
        return false;
    }
    char *grown = awh_grow(str->text, &str->capacity, str->size + more + 1, 1);
    if (grown == NULL) {
        str->failed = true;
        return false;
    }
    str->text = grown;
    return true;
}

void awh_str_append_n(struct awh_str *str, const char *text, size_t n)
{
    if (!reserve(str, n)) {
        return;
    }
    if (n > 0) {
        memcpy(str->text + str->size, text, n);
    }
    str->size += n;
    str->text[str->size] = '\0';
}

void awh_str_append(struct awh_str *str, const char *text)
{
    awh_str_append_n(str, text, strlen(text));
}

void awh_str_printf(struct awh_str *str, const char *format, ...)
{
    size_t guess = 64;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!reserve(str, guess)) {
            return;
        }
        size_t room = str->capacity - str->size;
        va_list args;
        va_start(args, format);
        int n = vsnprintf(str->text + str->size, room, format, args);
        va_end(args);
        if (n < 0) {
            break;
        }
        if ((size_t)n < room) {
            str->size += (size_t)n;
            return;
        }
        guess = (size_t)n;
    }
    str->text[str->size] = '\0';
    str->failed = true;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned awh_str_distance(const char *a, const char *b)
{
    enum { LIMIT = 64 };
    unsigned row[LIMIT + 1];
    size_t na = strnlen(a, LIMIT), nb = strnlen(b, LIMIT);
    for (unsigned j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[nb];
}

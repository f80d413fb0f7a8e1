#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/yaml_internal.h"

/* Messages */

/* At most `max` bytes of a text, whole UTF-8 sequences. */
static int cut_length(const char *text, int max)
{
    int n = (int)strnlen(text, (size_t)max);
    while (n == max && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
        n--;
    }
    return n;
}

/* "primitives[3].stride" */
static void write_path(const struct awh_yaml *node, char *text, size_t capacity)
{
    /* Made documents may nest deeper than loaded ones; the outermost places are left out then. */
    const struct awh_yaml *chain[2 * AWH_YAML_MAX_DEPTH];
    size_t count = 0, used = 0;
    for (; node != NULL && node->parent != NULL && count < 2 * AWH_YAML_MAX_DEPTH;
         node = node->parent) {
        chain[count++] = node;
    }
    snprintf(text, capacity, "%s", count == 0 ? "(root)" : "");
    while (count > 0 && used < capacity) {
        const struct awh_yaml *at = chain[--count];
        int n = 0;
        if (at->key != NULL) {
            n = snprintf(text + used, capacity - used, "%s%.*s", used == 0 ? "" : ".",
                         cut_length(at->key, 64), at->key);
        } else if (at->parent->kind == AWH_YAML_SEQ) {
            n = snprintf(text + used, capacity - used, "[%zu]", at->index);
        }
        used += n < 0 ? 0 : (size_t)n;
    }
}

/* "FILE:LINE: PATH: MESSAGE" */
AW_PRINTF(4, 0)
static void write_message(const struct awh_yaml *node, char *text, size_t capacity,
                          const char *format, va_list args)
{
    char path[512];
    int n = 0;
    write_path(node, path, sizeof(path));
    if (node != NULL && node->file != NULL && node->line > 0) {
        n = snprintf(text, capacity, "%s:%u: %s: ", node->file, node->line, path);
    } else {
        n = snprintf(text, capacity, "%s: ", path);
    }
    if (n >= 0 && (size_t)n < capacity) {
        vsnprintf(text + n, capacity - (size_t)n, format, args);
    }
}

enum aw_err awh_yaml_fail(const struct awh_yaml *node, enum aw_err err, struct awh_diag *diag,
                          const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    write_message(node, text, sizeof(text), format, args);
    va_end(args);
    return awh_fail(diag, err, "%s", text);
}

void awh_yaml_warn(const struct awh_yaml *node, struct awh_diag *diag, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    write_message(node, text, sizeof(text), format, args);
    va_end(args);
    awh_warn(diag, "%s", text);
}

const char *awh_yaml_describe(const struct awh_yaml *node, char *text, size_t capacity)
{
    char number[32];
    if (node == NULL) {
        snprintf(text, capacity, "nothing");
        return text;
    }
    switch (node->kind) {
    case AWH_YAML_NULL:
        snprintf(text, capacity, "null");
        break;
    case AWH_YAML_BOOL:
        snprintf(text, capacity, "%s", node->boolean ? "true" : "false");
        break;
    case AWH_YAML_INT:
        snprintf(text, capacity, "%" PRId64, node->integer);
        break;
    case AWH_YAML_FLOAT:
        awh_python_repr(node->real, number);
        snprintf(text, capacity, "%s", number);
        break;
    case AWH_YAML_STR:
        snprintf(text, capacity, "the string '%.*s%s'", cut_length(node->str.text, 40),
                 node->str.text, strlen(node->str.text) > 40 ? "..." : "");
        break;
    case AWH_YAML_SEQ:
        snprintf(text, capacity, "a list");
        break;
    case AWH_YAML_MAP:
        snprintf(text, capacity, "a map");
        break;
    }
    return text;
}

static enum aw_err fail_kind(const struct awh_yaml *node, const char *expected,
                             struct awh_diag *diag)
{
    char found[80];
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected %s, found %s", expected,
                         awh_yaml_describe(node, found, sizeof(found)));
}

/* Look-up */

struct awh_yaml *awh_yaml_get(const struct awh_yaml *map, const char *key)
{
    if (map == NULL || map->kind != AWH_YAML_MAP) {
        return NULL;
    }
    const struct awh_yaml probe = {.kind = AWH_YAML_STR, .str = {key, strlen(key)}};
    size_t i = awh_yaml_find(map, &probe);
    return i == SIZE_MAX ? NULL : map->list.items[i];
}

struct awh_yaml *awh_yaml_get_set(const struct awh_yaml *map, const char *key)
{
    struct awh_yaml *node = awh_yaml_get(map, key);
    return node == NULL || node->kind == AWH_YAML_NULL ? NULL : node;
}

static const char *kind_name(enum awh_yaml_kind kind)
{
    static const char *const names[] = {
        [AWH_YAML_NULL] = "null",      [AWH_YAML_BOOL] = "true or false",
        [AWH_YAML_INT] = "an integer", [AWH_YAML_FLOAT] = "a number",
        [AWH_YAML_STR] = "a string",   [AWH_YAML_SEQ] = "a list",
        [AWH_YAML_MAP] = "a map",
    };
    return names[kind];
}

enum aw_err awh_yaml_need(const struct awh_yaml *map, const char *key, enum awh_yaml_kind kind,
                          struct awh_yaml **out, struct awh_diag *diag)
{
    if (map == NULL || map->kind != AWH_YAML_MAP) {
        char found[80];
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a map with the key '%s', found %s",
                             key, awh_yaml_describe(map, found, sizeof(found)));
    }
    struct awh_yaml *node = awh_yaml_get(map, key);
    if (node == NULL) {
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "the key '%s' is missing; expected %s", key,
                             kind_name(kind));
    }
    if (node->kind != kind && !(kind == AWH_YAML_FLOAT && node->kind == AWH_YAML_INT)) {
        return fail_kind(node, kind_name(kind), diag);
    }
    *out = node;
    return AW_OK;
}

/* Typed values */

enum aw_err awh_yaml_int(const struct awh_yaml *node, int64_t min, int64_t max, int64_t *out,
                         struct awh_diag *diag)
{
    int64_t value;
    if (node != NULL && node->kind == AWH_YAML_INT) {
        value = node->integer;
    } else if (node != NULL && node->kind == AWH_YAML_FLOAT && node->real == floor(node->real) &&
               fabs(node->real) < 0x1p63) {
        value = (int64_t)node->real;
    } else {
        return fail_kind(node, "an integer", diag);
    }
    if (value >= min && value <= max) {
        *out = value;
        return AW_OK;
    }
    if (max == INT64_MAX) {
        return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                             "expected at least %" PRId64 ", found %" PRId64, min, value);
    }
    if (max - min == 1) {
        return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                             "expected %" PRId64 " or %" PRId64 ", found %" PRId64, min, max,
                             value);
    }
    return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                         "expected %" PRId64 " to %" PRId64 ", found %" PRId64, min, max, value);
}

enum aw_err awh_yaml_real(const struct awh_yaml *node, double *out, struct awh_diag *diag)
{
    if (node != NULL && node->kind == AWH_YAML_INT) {
        *out = (double)node->integer;
        return AW_OK;
    }
    if (node == NULL || node->kind != AWH_YAML_FLOAT || !isfinite(node->real)) {
        return fail_kind(node, "a finite number", diag);
    }
    *out = node->real;
    return AW_OK;
}

enum aw_err awh_yaml_bool(const struct awh_yaml *node, bool *out, struct awh_diag *diag)
{
    if (node == NULL || node->kind != AWH_YAML_BOOL) {
        return fail_kind(node, "true or false", diag);
    }
    *out = node->boolean;
    return AW_OK;
}

enum aw_err awh_yaml_text(const struct awh_yaml *node, const char **out, struct awh_diag *diag)
{
    if (node == NULL || node->kind != AWH_YAML_STR) {
        return fail_kind(node, "a string", diag);
    }
    if (strlen(node->str.text) != node->str.size) {
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a string without 0 bytes");
    }
    *out = node->str.text;
    return AW_OK;
}

bool awh_yaml_is_str(const struct awh_yaml *node, const char *text)
{
    return node != NULL && node->kind == AWH_YAML_STR && strlen(text) == node->str.size &&
           memcmp(node->str.text, text, node->str.size) == 0;
}

enum aw_err awh_yaml_opt_int(const struct awh_yaml *map, const char *key, int64_t min, int64_t max,
                             int64_t *inout, struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(map, key);
    return node == NULL ? AW_OK : awh_yaml_int(node, min, max, inout, diag);
}

enum aw_err awh_yaml_opt_real(const struct awh_yaml *map, const char *key, double *inout,
                              struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(map, key);
    return node == NULL ? AW_OK : awh_yaml_real(node, inout, diag);
}

enum aw_err awh_yaml_opt_bool(const struct awh_yaml *map, const char *key, bool *inout,
                              struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(map, key);
    return node == NULL ? AW_OK : awh_yaml_bool(node, inout, diag);
}

enum aw_err awh_yaml_opt_text(const struct awh_yaml *map, const char *key, const char **inout,
                              struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(map, key);
    return node == NULL ? AW_OK : awh_yaml_text(node, inout, diag);
}

static const char *nearest(const char *key, const char *const *known)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)strnlen(key, 64) / 3 + 2; /* farther is no misspelling */
    for (; *known != NULL; known++) {
        unsigned distance = awh_str_distance(key, *known);
        if (distance < best_distance) {
            best_distance = distance;
            best = *known;
        }
    }
    return best;
}

static bool is_listed(const struct awh_yaml *key, const char *const *known)
{
    while (*known != NULL && !awh_yaml_is_str(key, *known)) {
        known++;
    }
    return *known != NULL;
}

void awh_yaml_warn_unknown(const struct awh_yaml *map, const char *const *known,
                           struct awh_diag *diag)
{
    if (map == NULL || map->kind != AWH_YAML_MAP) {
        return;
    }
    for (size_t i = 0; i < map->list.count; i++) {
        const struct awh_yaml *key = map->list.keys[i];
        if (is_listed(key, known)) {
            continue;
        }
        struct awh_yaml at = *map;
        at.line = key->line;
        const char *text = key->key == NULL ? key->str.text : key->key;
        const char *near = nearest(text, known);
        awh_yaml_warn(&at, diag, "unknown key '%.80s'%s%s%s", text,
                      near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                      near == NULL ? "" : "'?");
    }
}

/* The implicit resolvers and scalar constructors of PyYAML's FullLoader. Each matcher carries the
 * regular expression of yaml/resolver.py that it stands for. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_internal.h"

struct cursor {
    const char *at, *end;
};

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static size_t take(struct cursor *cursor, const char *set)
{
    const char *start = cursor->at;
    while (cursor->at < cursor->end && is_in(*cursor->at, set)) {
        cursor->at++;
    }
    return (size_t)(cursor->at - start);
}

static bool take_one(struct cursor *cursor, const char *set)
{
    if (cursor->at < cursor->end && is_in(*cursor->at, set)) {
        cursor->at++;
        return true;
    }
    return false;
}

static bool at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end;
}

static const char digits[] = "0123456789";
static const char digits_[] = "0123456789_";

static bool is_word(const char *text, size_t size, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strlen(*words) == size && memcmp(text, *words, size) == 0) {
            return true;
        }
    }
    return false;
}

/* (?::[0-5]?[0-9])+ */
static bool take_sexagesimal(struct cursor *cursor)
{
    bool any = false;
    while (take_one(cursor, ":")) {
        const char *start = cursor->at;
        size_t n = take(cursor, digits);
        if (n == 0 || n > 2 || (n == 2 && *start > '5')) {
            return false;
        }
        any = true;
    }
    return any;
}

/* [-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(?:0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+
 * | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+ */
static bool is_int(struct cursor cursor)
{
    take_one(&cursor, "-+");
    if (take_one(&cursor, "0")) {
        if (take_one(&cursor, "b")) {
            return take(&cursor, "01_") > 0 && at_end(&cursor);
        }
        if (take_one(&cursor, "x")) {
            return take(&cursor, "0123456789abcdefABCDEF_") > 0 && at_end(&cursor);
        }
        take(&cursor, "01234567_");
        return at_end(&cursor);
    }
    if (!take_one(&cursor, "123456789")) {
        return false;
    }
    take(&cursor, digits_);
    return at_end(&cursor) || (take_sexagesimal(&cursor) && at_end(&cursor));
}

/* (?:[eE][-+][0-9]+)?$ */
static bool ends_after_exponent(struct cursor *cursor)
{
    if (at_end(cursor)) {
        return true;
    }
    return take_one(cursor, "eE") && take_one(cursor, "-+") && take(cursor, digits) > 0 &&
           at_end(cursor);
}

/* [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
 * | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN) */
static bool is_float(struct cursor cursor)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    bool is_signed = take_one(&cursor, "-+");
    if (is_word(cursor.at, (size_t)(cursor.end - cursor.at), infinities)) {
        return true;
    }
    if (!is_signed && cursor.at < cursor.end && *cursor.at == '.') {
        if (is_word(cursor.at, (size_t)(cursor.end - cursor.at), nans)) {
            return true;
        }
        cursor.at++;
        if (!take_one(&cursor, digits)) {
            return false;
        }
        take(&cursor, digits_);
        return ends_after_exponent(&cursor);
    }
    if (!take_one(&cursor, digits)) {
        return false;
    }
    take(&cursor, digits_);
    if (cursor.at < cursor.end && *cursor.at == ':') {
        return take_sexagesimal(&cursor) && take_one(&cursor, ".") &&
               (take(&cursor, digits_), at_end(&cursor));
    }
    if (!take_one(&cursor, ".")) {
        return false;
    }
    take(&cursor, digits_);
    return ends_after_exponent(&cursor);
}

static bool take_digits(struct cursor *cursor, size_t min, size_t max)
{
    size_t n = take(cursor, digits);
    return n >= min && n <= max;
}

/* [0-9]{4}-[0-9]{2}-[0-9]{2} | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}
 * :[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))? */
static bool is_timestamp(struct cursor cursor)
{
    const char *start = cursor.at;
    if (!take_digits(&cursor, 4, 4) || !take_one(&cursor, "-") || !take_digits(&cursor, 1, 2) ||
        !take_one(&cursor, "-") || !take_digits(&cursor, 1, 2)) {
        return false;
    }
    if (at_end(&cursor)) {
        return cursor.end - start == 10;
    }
    if (!take_one(&cursor, "Tt") && take(&cursor, " \t") == 0) {
        return false;
    }
    if (!take_digits(&cursor, 1, 2) || !take_one(&cursor, ":") || !take_digits(&cursor, 2, 2) ||
        !take_one(&cursor, ":") || !take_digits(&cursor, 2, 2)) {
        return false;
    }
    if (take_one(&cursor, ".")) {
        take(&cursor, digits);
    }
    if (at_end(&cursor)) {
        return true;
    }
    take(&cursor, " \t");
    if (take_one(&cursor, "Z")) {
        return at_end(&cursor);
    }
    if (!take_one(&cursor, "-+") || !take_digits(&cursor, 1, 2)) {
        return false;
    }
    return at_end(&cursor) ||
           (take_one(&cursor, ":") && take_digits(&cursor, 2, 2) && at_end(&cursor));
}

enum awh_yaml_tag awh_yaml_resolve(const char *text, size_t size)
{
    static const char *const bools[] = {"yes",  "Yes",  "YES",   "no",    "No",    "NO", "true",
                                        "True", "TRUE", "false", "False", "FALSE", "on", "On",
                                        "ON",   "off",  "Off",   "OFF",   NULL};
    static const char *const nulls[] = {"~", "null", "Null", "NULL", NULL};
    if (size == 0) {
        return AWH_TAG_NULL;
    }
    if (is_in(text[0], "-+.0123456789")) {
        struct cursor cursor = {text, text + size};
        if (is_int(cursor)) {
            return AWH_TAG_INT;
        }
        if (is_float(cursor)) {
            return AWH_TAG_FLOAT;
        }
        return is_timestamp(cursor) ? AWH_TAG_TIMESTAMP : AWH_TAG_STR;
    }
    if (size <= 5 && is_in(text[0], "yYnNtTfFoO~")) {
        if (is_word(text, size, bools)) {
            return AWH_TAG_BOOL;
        }
        return is_word(text, size, nulls) ? AWH_TAG_NULL : AWH_TAG_STR;
    }
    if (size == 2 && memcmp(text, "<<", 2) == 0) {
        return AWH_TAG_MERGE;
    }
    return size == 1 && text[0] == '=' ? AWH_TAG_VALUE : AWH_TAG_STR;
}

bool awh_yaml_is_json_number(const char *text, size_t size)
{
    struct cursor cursor = {text, text + size};
    take_one(&cursor, "-");
    if (!take_one(&cursor, "0") && take(&cursor, digits) == 0) {
        return false;
    }
    if (take_one(&cursor, ".") && take(&cursor, digits) == 0) {
        return false;
    }
    if (!take_one(&cursor, "eE")) {
        return at_end(&cursor);
    }
    take_one(&cursor, "-+");
    return take(&cursor, digits) > 0 && at_end(&cursor);
}

bool awh_yaml_is_python_float(const char *text, size_t size)
{
    struct cursor cursor = {text, text + size};
    take_one(&cursor, "-+");
    size_t whole = take(&cursor, digits);
    size_t fraction = take_one(&cursor, ".") ? take(&cursor, digits) : 0;
    if (whole + fraction == 0) {
        return false;
    }
    if (take_one(&cursor, "eE")) {
        take_one(&cursor, "-+");
        return take(&cursor, digits) > 0 && at_end(&cursor);
    }
    return at_end(&cursor);
}

/* A terminated copy without underscores, in `local` when it fits, else malloc'ed. */
static char *without_underscores(const char *text, size_t size, char *local, size_t capacity)
{
    char *copy = size < capacity ? local : malloc(size + 1);
    if (copy == NULL) {
        return NULL;
    }
    char *next = copy;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '_') {
            *next++ = text[i];
        }
    }
    *next = '\0';
    return copy;
}

struct magnitude {
    uint64_t exact;
    double rounded; /* used once `exact` has overflowed; to the last bit for decimal and hex */
    bool overflow;
};

static void add_digits(struct magnitude *m, const char *text, unsigned base)
{
    for (; *text != '\0' && *text != ':'; text++) {
        unsigned digit = (unsigned)(*text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10);
        m->rounded = m->rounded * base + digit;
        m->overflow = m->overflow || __builtin_mul_overflow(m->exact, base, &m->exact) ||
                      __builtin_add_overflow(m->exact, digit, &m->exact);
    }
}

static void add_sexagesimal(struct magnitude *m, const char *text)
{
    for (const char *part = text; part != NULL; part = strchr(part, ':')) {
        part += *part == ':';
        struct magnitude value = {0};
        add_digits(&value, part, 10);
        m->rounded = m->rounded * 60 + value.rounded;
        m->overflow = m->overflow || value.overflow ||
                      __builtin_mul_overflow(m->exact, 60, &m->exact) ||
                      __builtin_add_overflow(m->exact, value.exact, &m->exact);
    }
}

static bool set_int_from(struct awh_yaml *node, const char *text)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    struct magnitude m = {0};
    if (text[0] == '0' && (text[1] == 'b' || text[1] == 'x')) {
        if (text[2] == '\0') {
            return false;
        }
        add_digits(&m, text + 2, text[1] == 'b' ? 2 : 16);
        m.rounded = m.overflow && text[1] == 'x' ? awh_c_strtod(text, NULL) : m.rounded;
    } else if (text[0] == '0') {
        add_digits(&m, text, 8);
    } else if (strchr(text, ':') != NULL) {
        add_sexagesimal(&m, text);
    } else {
        add_digits(&m, text, 10);
        m.rounded = m.overflow ? awh_c_strtod(text, NULL) : 0;
    }
    if (m.overflow || m.exact > (uint64_t)INT64_MAX + negative) {
        double rounded = m.overflow ? m.rounded : (double)m.exact;
        node->kind = AWH_YAML_FLOAT;
        node->real = negative ? -rounded : rounded;
    } else {
        node->kind = AWH_YAML_INT;
        node->integer = (int64_t)(negative ? 0 - m.exact : m.exact);
    }
    return true;
}

bool awh_yaml_set_int(struct awh_yaml *node, const char *text, size_t size)
{
    char local[64];
    if (!is_int((struct cursor){text, text + size})) {
        return false;
    }
    char *copy = without_underscores(text, size, local, sizeof(local));
    bool ok = copy != NULL && set_int_from(node, copy);
    if (copy != local) {
        free(copy);
    }
    return ok;
}

static double float_value(const char *text)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    double value = 0;
    if (text[0] == '.' && is_in(text[1], "iI")) {
        value = INFINITY;
    } else if (text[0] == '.' && is_in(text[1], "nN")) {
        value = NAN;
    } else if (strchr(text, ':') == NULL) {
        value = awh_c_strtod(text, NULL);
    } else {
        /* PyYAML sums from the last part to the first; the order decides the rounding. */
        double base = 1;
        for (const char *part = text + strlen(text); part > text;) {
            do {
                part--;
            } while (part > text && *part != ':');
            value += awh_c_strtod(part + (*part == ':'), NULL) * base;
            base *= 60;
        }
    }
    return negative ? -value : value;
}

bool awh_yaml_set_float(struct awh_yaml *node, const char *text, size_t size)
{
    char local[64];
    char *copy = without_underscores(text, size, local, sizeof(local));
    if (copy == NULL) {
        return false;
    }
    node->kind = AWH_YAML_FLOAT;
    node->real = float_value(copy);
    if (copy != local) {
        free(copy);
    }
    return true;
}

bool awh_yaml_set_bool(struct awh_yaml *node, const char *text, size_t size)
{
    static const char *const yes[] = {"yes", "true", "on", NULL};
    static const char *const no[] = {"no", "false", "off", NULL};
    char lower[5];
    if (size > sizeof(lower)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bool upper = text[i] >= 'A' && text[i] <= 'Z';
        lower[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
    }
    bool value = is_word(lower, size, yes);
    if (!value && !is_word(lower, size, no)) {
        return false;
    }
    node->kind = AWH_YAML_BOOL;
    node->boolean = value;
    return true;
}

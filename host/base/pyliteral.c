#include "base/pyliteral.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  64 /* nested brackets; recursion is as deep */
#define NUMBER_MAX 64 /* characters of a number */

struct parser {
    struct awh_arena *arena;
    const char *text, *at, *end;
    const struct awh_yaml *place;
    const char *name;
    unsigned depth;
    struct awh_diag *diag;
};

static enum aw_err parse_value(struct parser *parser, struct awh_yaml **out);

static enum aw_err fail_here(const struct parser *parser, const char *what)
{
    size_t at = (size_t)(parser->at - parser->text);
    size_t left = (size_t)(parser->end - parser->at);
    int shown = left > 16 ? 16 : (int)left;
    if (parser->place)
        return awh_yaml_fail(parser->place, AW_ERR_FORMAT, parser->diag,
                             "character %zu ('%.*s'): %s", at, shown, parser->at, what);
    return awh_fail(parser->diag, AW_ERR_FORMAT, "%s: character %zu ('%.*s'): %s", parser->name, at,
                    shown, parser->at, what);
}

static void skip(struct parser *parser)
{
    while (parser->at < parser->end && strchr(" \t\r\n\f", *parser->at) && *parser->at)
        parser->at++;
}

static bool take(struct parser *parser, char c)
{
    skip(parser);
    if (parser->at == parser->end || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(const struct parser *parser)
{
    size_t size = 0;
    while (parser->at + size < parser->end && is_word(parser->at[size]))
        size++;
    return size;
}

/* -- Strings ------------------------------------------------------------------------------------
 */

static bool hex_digits(const struct parser *parser, size_t count, unsigned *out)
{
    unsigned value = 0;
    if ((size_t)(parser->end - parser->at) < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = parser->at[i];
        if (c >= '0' && c <= '9')
            value = value * 16 + (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value * 16 + (unsigned)((c | 32) - 'a') + 10;
        else
            return false;
    }
    *out = value;
    return true;
}

static bool append_utf8(struct awh_str *str, unsigned code)
{
    static const unsigned char leads[] = {0x00, 0xC0, 0xE0, 0xF0};
    unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    if (!code || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return false;
    char byte = (char)(leads[more] | code >> (6 * more));
    awh_str_append_n(str, &byte, 1);
    while (more--) {
        byte = (char)(0x80 | (code >> (6 * more) & 0x3F));
        awh_str_append_n(str, &byte, 1);
    }
    return true;
}

/* At the character behind the backslash. */
static enum aw_err parse_escape(struct parser *parser, struct awh_str *str)
{
    static const char plain[] = "\\'\"abfnrtv", means[] = "\\'\"\a\b\f\n\r\t\v";
    if (parser->at == parser->end)
        return fail_here(parser, "the string has no end");
    char c = *parser->at;
    const char *known = c ? strchr(plain, c) : NULL;
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    unsigned code;
    if (known) {
        parser->at++;
        awh_str_append_n(str, &means[known - plain], 1);
        return AW_OK;
    }
    if (!digits)
        return fail_here(parser, "an escape that is not supported");
    parser->at++;
    if (!hex_digits(parser, digits, &code) || !append_utf8(str, code))
        return fail_here(parser, "expected the hexadecimal digits of a character");
    parser->at += digits;
    return AW_OK;
}

static enum aw_err parse_string_into(struct parser *parser, struct awh_str *str)
{
    char quote = *parser->at++;
    while (parser->at < parser->end && *parser->at != quote) {
        char c = *parser->at;
        if (!c || c == '\n')
            return fail_here(parser, "a string ends on the line where it begins");
        parser->at++;
        if (c != '\\') {
            awh_str_append_n(str, &c, 1);
            continue;
        }
        enum aw_err err = parse_escape(parser, str);
        if (err)
            return err;
    }
    if (parser->at == parser->end)
        return fail_here(parser, "the string has no end");
    parser->at++;
    return AW_OK;
}

static enum aw_err parse_string(struct parser *parser, char **text_out)
{
    struct awh_str str;
    awh_str_init(&str);
    enum aw_err err = parse_string_into(parser, &str);
    if (!err) {
        *text_out = awh_arena_strndup(parser->arena, str.text ? str.text : "", str.size);
        if (str.failed || !*text_out)
            err = awh_fail_mem(parser->diag);
    }
    awh_str_release(&str);
    return err;
}

/* -- Numbers and words --------------------------------------------------------------------------
 */

static enum aw_err parse_number(struct parser *parser, struct awh_yaml **out)
{
    char text[NUMBER_MAX];
    size_t size = 0;
    bool real = false;
    for (; parser->at + size < parser->end; size++) {
        char c = parser->at[size];
        bool sign = (c == '+' || c == '-') &&
                    (!size || (parser->at[size - 1] | 32) == 'e'); /* 1e-5, not 1-5 */
        if (!(c >= '0' && c <= '9') && c != '.' && (c | 32) != 'e' && !sign)
            break;
        if (size == NUMBER_MAX - 1)
            return fail_here(parser, "a number of more than 63 characters");
        real = real || c == '.' || (c | 32) == 'e';
        text[size] = c;
    }
    text[size] = 0;
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (!real && size && !*end && !errno) {
        *out = awh_yaml_new_int(parser->arena, integer);
    } else {
        double value = awh_c_strtod(text, &end);
        if (!size || *end || !isfinite(value) || (!real && !errno))
            return fail_here(parser, "expected a number");
        *out = awh_yaml_new_real(parser->arena, value);
    }
    parser->at += size;
    return *out ? AW_OK : awh_fail_mem(parser->diag);
}

static enum aw_err parse_word(struct parser *parser, struct awh_yaml **out)
{
    static const struct {
        const char *word;
        int boolean; /* -1: null */
    } words[] = {{"True", 1}, {"False", 0}, {"None", -1}, {"true", 1}, {"false", 0}, {"null", -1}};
    size_t size = word_length(parser);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) != size || memcmp(words[i].word, parser->at, size))
            continue;
        parser->at += size;
        *out = words[i].boolean < 0 ? awh_yaml_new_null(parser->arena)
                                    : awh_yaml_new_bool(parser->arena, words[i].boolean);
        return *out ? AW_OK : awh_fail_mem(parser->diag);
    }
    return fail_here(parser,
                     "expected a list, a dictionary, a quoted string, a number, True, False "
                     "or None");
}

/* -- Collections --------------------------------------------------------------------------------
 */

static enum aw_err parse_list(struct parser *parser, char close, struct awh_yaml **out)
{
    struct awh_yaml *list = awh_yaml_new_seq(parser->arena);
    enum aw_err err;
    if (!list)
        return awh_fail_mem(parser->diag);
    while (!take(parser, close)) {
        struct awh_yaml *item;
        if ((err = parse_value(parser, &item)))
            return err;
        if (!awh_yaml_push(parser->arena, list, item))
            return awh_fail_mem(parser->diag);
        if (!take(parser, ',')) {
            if (!take(parser, close))
                return fail_here(parser,
                                 close == ']' ? "expected ',' or ']'" : "expected ',' or ')'");
            break;
        }
    }
    *out = list;
    return AW_OK;
}

static enum aw_err parse_entry(struct parser *parser, struct awh_yaml *map)
{
    struct awh_yaml *value;
    char *key;
    enum aw_err err;
    skip(parser);
    if (parser->at == parser->end || (*parser->at != '"' && *parser->at != '\''))
        return fail_here(parser, "expected a quoted string as key");
    if ((err = parse_string(parser, &key)))
        return err;
    if (!take(parser, ':'))
        return fail_here(parser, "expected ':' behind the key");
    if ((err = parse_value(parser, &value)))
        return err;
    return awh_yaml_set(parser->arena, map, key, value) ? AW_OK : awh_fail_mem(parser->diag);
}

static enum aw_err parse_dict(struct parser *parser, struct awh_yaml **out)
{
    struct awh_yaml *map = awh_yaml_new_map(parser->arena);
    enum aw_err err;
    if (!map)
        return awh_fail_mem(parser->diag);
    while (!take(parser, '}')) {
        if ((err = parse_entry(parser, map)))
            return err;
        if (!take(parser, ',')) {
            if (!take(parser, '}'))
                return fail_here(parser, "expected ',' or '}'");
            break;
        }
    }
    *out = map;
    return AW_OK;
}

static enum aw_err parse_brackets(struct parser *parser, struct awh_yaml **out)
{
    enum aw_err err;
    if (parser->depth == DEPTH_MAX)
        return fail_here(parser, "brackets nested more than 64 deep");
    parser->depth++;
    if (take(parser, '['))
        err = parse_list(parser, ']', out);
    else if (take(parser, '('))
        err = parse_list(parser, ')', out);
    else
        err = take(parser, '{') ? parse_dict(parser, out) : fail_here(parser, "expected a bracket");
    parser->depth--;
    return err;
}

static enum aw_err parse_value(struct parser *parser, struct awh_yaml **out)
{
    struct awh_yaml *node = NULL;
    char *text;
    enum aw_err err;
    skip(parser);
    char c = parser->at < parser->end ? *parser->at : 0;
    if (c == '[' || c == '(' || c == '{') {
        err = parse_brackets(parser, &node);
    } else if (c == '"' || c == '\'') {
        err = parse_string(parser, &text);
        if (!err && !(node = awh_yaml_new_str(parser->arena, text)))
            err = awh_fail_mem(parser->diag);
    } else if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') {
        err = parse_number(parser, &node);
    } else {
        err = parse_word(parser, &node);
    }
    if (err)
        return err;
    if (parser->place) {
        node->file = parser->place->file;
        node->line = parser->place->line;
    }
    *out = node;
    return AW_OK;
}

enum aw_err awh_pyliteral_parse(struct awh_arena *arena, const char *text, size_t size,
                                const struct awh_yaml *place, const char *name,
                                struct awh_yaml **root_out, struct awh_diag *diag)
{
    struct parser parser = {.arena = arena,
                            .text = text,
                            .at = text,
                            .end = text + size,
                            .place = place,
                            .name = name,
                            .diag = diag};
    struct awh_yaml *root;
    enum aw_err err = parse_value(&parser, &root);
    if (err)
        return err;
    skip(&parser);
    if (parser.at != parser.end)
        return fail_here(&parser, "expected nothing behind the value");
    if (place) { /* messages about the nodes lead to the string */
        root->parent = place->parent;
        root->key = place->key;
        root->index = place->index;
    }
    *root_out = root;
    return AW_OK;
}

/* -- Writing ------------------------------------------------------------------------------------
 */

static void format_string(const char *text, size_t size, struct awh_str *out)
{
    /* Python prefers single quotes. */
    bool has_double = memchr(text, '"', size) != NULL;
    char quote = memchr(text, '\'', size) && !has_double ? '"' : '\'';
    awh_str_append_n(out, &quote, 1);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == (unsigned char)quote || c == '\\')
            awh_str_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            awh_str_append(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        else if (c < 0x20 || c == 0x7F)
            awh_str_printf(out, "\\x%02x", c);
        else
            awh_str_append_n(out, &text[i], 1);
    }
    awh_str_append_n(out, &quote, 1);
}

static void format_scalar(const struct awh_yaml *node, struct awh_str *out)
{
    char number[32];
    switch (node->kind) {
    case AWH_YAML_BOOL:
        awh_str_append(out, node->boolean ? "True" : "False");
        break;
    case AWH_YAML_INT:
        awh_str_printf(out, "%lld", (long long)node->integer);
        break;
    case AWH_YAML_FLOAT:
        awh_python_repr(node->real, number);
        awh_str_append(out, number);
        break;
    case AWH_YAML_STR:
        format_string(node->str.text, node->str.size, out);
        break;
    default:
        awh_str_append(out, "None");
        break;
    }
}

void awh_pyliteral_format(const struct awh_yaml *node, struct awh_str *out)
{
    bool is_map = node->kind == AWH_YAML_MAP;
    if (!is_map && node->kind != AWH_YAML_SEQ) {
        format_scalar(node, out);
        return;
    }
    awh_str_append(out, is_map ? "{" : "[");
    for (size_t i = 0; i < node->list.count; i++) {
        awh_str_append(out, i ? ", " : "");
        if (is_map) {
            format_scalar(node->list.keys[i], out);
            awh_str_append(out, ": ");
        }
        awh_pyliteral_format(node->list.items[i], out);
    }
    awh_str_append(out, is_map ? "}" : "]");
}

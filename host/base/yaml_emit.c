/* The scalar writers of PyYAML's Emitter with width 80 and allow_unicode False, state for state:
 * the places where it folds long lines follow from them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/yaml_internal.h"

#define WIDTH 80

static void write_bytes(struct awh_emitter *e, const char *text, size_t size)
{
    awh_str_append_n(e->out, text, size);
    e->column += (int)size;
}

void awh_emit_indicator(struct awh_emitter *e, char indicator, bool need_whitespace,
                        bool whitespace, bool indention)
{
    if (need_whitespace && !e->whitespace) {
        write_bytes(e, " ", 1);
    }
    write_bytes(e, &indicator, 1);
    e->whitespace = whitespace;
    e->indention = e->indention && indention;
    e->open_ended = false;
}

static void line_break(struct awh_emitter *e)
{
    awh_str_append_n(e->out, "\n", 1);
    e->whitespace = true;
    e->indention = true;
    e->column = 0;
}

void awh_emit_indent(struct awh_emitter *e)
{
    static const char spaces[] = "                                                                ";
    int indent = e->indent < 0 ? 0 : e->indent;
    if (!e->indention || e->column > indent || (e->column == indent && !e->whitespace)) {
        line_break(e);
    }
    while (e->column < indent) {
        size_t n = (size_t)(indent - e->column);
        write_bytes(e, spaces, n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1);
        e->whitespace = true;
    }
}

/* Length of the code point at `text`, 0 when it is not UTF-8. */
static size_t decode(const char *text, size_t size, uint32_t *point_out)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0x80) {
        *point_out = s[0];
        return 1;
    }
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > size) {
        return 0;
    }
    uint32_t point = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (s[i] & 0x3f);
    }
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *point_out = point;
    return n;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_break(uint32_t point)
{
    return point == '\n' || point == 0x85 || point == 0x2028 || point == 0x2029;
}

/* At the end of the text or before a blank. Non-ASCII blanks need not be known: they force double
 * quotes anyway. */
static bool blank_follows(const char *text, size_t size, size_t next)
{
    return next >= size || text[next] == '\0' || is_one_of(text[next], " \t\r\n");
}

/* Whether the ASCII character at `i` gives a plain scalar in a block another meaning. */
static bool is_indicator(const char *text, size_t size, size_t i)
{
    char c = text[i];
    if (i == 0 && is_one_of(c, "#,[]{}&*!|>'\"%@`")) {
        return true;
    }
    if (c == ':' || (i == 0 && (c == '?' || c == '-'))) {
        return blank_follows(text, size, i + 1);
    }
    return c == '#' && is_one_of(text[i - 1], " \t\r\n");
}

/* Letters, digits and _ mean nothing anywhere; nearly all text is made of them. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct awh_scalar_facts awh_emit_analyze(const char *text, size_t size)
{
    struct awh_scalar_facts facts = {
        .valid = true, .allow_plain = true, .allow_single_quoted = true};
    if (size == 0) {
        return facts;
    }
    bool indicators = size >= 3 && (memcmp(text, "---", 3) == 0 || memcmp(text, "...", 3) == 0);
    bool special = false, break_space = false, space_break = false;
    uint32_t point, previous = 0;
    for (size_t i = 0, n; i < size; i += n, previous = point) {
        if (is_word(text[i])) {
            n = 1;
            point = (unsigned char)text[i];
            facts.length++;
            continue;
        }
        n = decode(text + i, size - i, &point);
        if (n == 0) {
            facts.valid = false;
            return facts;
        }
        facts.length++;
        indicators = indicators || (n == 1 && is_indicator(text, size, i));
        facts.multiline = facts.multiline || is_break(point);
        special = special || !(point == '\n' || (point >= 0x20 && point <= 0x7e));
        break_space = break_space || (point == ' ' && i > 0 && is_break(previous));
        space_break = space_break || (is_break(point) && previous == ' ');
    }
    bool outer_blank = text[0] == ' ' || text[size - 1] == ' ';
    facts.allow_plain =
        !(outer_blank || facts.multiline || break_space || space_break || special || indicators);
    facts.allow_single_quoted = !(break_space || space_break || special);
    return facts;
}

void awh_emit_plain(struct awh_emitter *e, const char *text, size_t size, bool split)
{
    if (size == 0) {
        return;
    }
    if (!e->whitespace) {
        write_bytes(e, " ", 1);
    }
    e->whitespace = false;
    e->indention = false;
    size_t start = 0;
    bool spaces = false;
    for (size_t end = 0; end <= size; end++) {
        bool at_end = end == size;
        if (spaces && (at_end || text[end] != ' ')) {
            if (start + 1 == end && e->column > WIDTH && split) {
                awh_emit_indent(e);
                e->whitespace = false;
                e->indention = false;
            } else {
                write_bytes(e, text + start, end - start);
            }
            start = end;
        } else if (!spaces && (at_end || text[end] == ' ')) {
            write_bytes(e, text + start, end - start);
            start = end;
        }
        spaces = !at_end && text[end] == ' ';
    }
}

/* The line breaks text[start..end): the first one is written twice, as folding eats one. */
static void write_breaks(struct awh_emitter *e, size_t count)
{
    for (size_t i = 0; i <= count; i++) {
        line_break(e);
    }
    awh_emit_indent(e);
}

void awh_emit_single_quoted(struct awh_emitter *e, const char *text, size_t size, bool split)
{
    awh_emit_indicator(e, '\'', true, false, false);
    bool spaces = false, breaks = false;
    size_t start = 0;
    for (size_t end = 0; end <= size; end++) {
        char c = end < size ? text[end] : '\0'; /* texts with 0 bytes are double quoted */
        if (spaces && c != ' ') {
            if (start + 1 == end && e->column > WIDTH && split && start != 0 && end != size) {
                awh_emit_indent(e);
            } else {
                write_bytes(e, text + start, end - start);
            }
            start = end;
        } else if (breaks && c != '\n') {
            write_breaks(e, end - start);
            start = end;
        } else if (!spaces && !breaks && (c == '\0' || is_one_of(c, " \n'")) && start < end) {
            write_bytes(e, text + start, end - start);
            start = end;
        }
        if (c == '\'') {
            write_bytes(e, "''", 2);
            start = end + 1;
        }
        spaces = c == ' ';
        breaks = c == '\n';
    }
    awh_emit_indicator(e, '\'', false, false, false);
}

static void write_escape(struct awh_emitter *e, uint32_t point)
{
    static const char plain[] = "\a\b\t\n\v\f\r\x1b\"\\";
    static const char letters[] = "abtnvfre\"\\";
    char text[16];
    int n;
    const char *found = point != 0 && point < 0x80 ? strchr(plain, (int)point) : NULL;
    if (found != NULL) {
        n = snprintf(text, sizeof(text), "\\%c", letters[found - plain]);
    } else if (point == 0) {
        n = snprintf(text, sizeof(text), "\\0");
    } else if (point == 0x85 || point == 0xa0) {
        n = snprintf(text, sizeof(text), "\\%c", point == 0x85 ? 'N' : '_');
    } else if (point == 0x2028 || point == 0x2029) {
        n = snprintf(text, sizeof(text), "\\%c", point == 0x2028 ? 'L' : 'P');
    } else if (point <= 0xff) {
        n = snprintf(text, sizeof(text), "\\x%02X", point);
    } else if (point <= 0xffff) {
        n = snprintf(text, sizeof(text), "\\u%04X", point);
    } else {
        n = snprintf(text, sizeof(text), "\\U%08X", point);
    }
    write_bytes(e, text, (size_t)n);
}

void awh_emit_double_quoted(struct awh_emitter *e, const char *text, size_t size, bool split)
{
    awh_emit_indicator(e, '"', true, false, false);
    size_t start = 0, n = 1;
    for (size_t end = 0; end <= size; end += n) {
        uint32_t point = 0;
        n = end < size ? decode(text + end, size - end, &point) : 1;
        bool escape = end < size && (point < 0x20 || point > 0x7e || point == '"' || point == '\\');
        if (end == size || escape) {
            write_bytes(e, text + start, start < end ? end - start : 0);
            start = end;
        }
        if (escape) {
            write_escape(e, point);
            start = end + n;
        }
        /* After an escape `start` is one character past `end`, however many bytes that character
         * has. */
        int pending = escape ? -1 : (int)(end - start);
        if (end > 0 && end + n < size && (point == ' ' || start >= end) &&
            e->column + pending > WIDTH && split) {
            if (start < end) {
                write_bytes(e, text + start, end - start);
                start = end;
            }
            write_bytes(e, "\\", 1);
            awh_emit_indent(e);
            e->whitespace = false;
            e->indention = false;
            if (text[start] == ' ') {
                write_bytes(e, "\\", 1);
            }
        }
    }
    awh_emit_indicator(e, '"', false, false, false);
}

/* Walks nodes and decides styles as PyYAML's SafeRepresenter, Serializer and Emitter do together.
 * yaml_emit.c writes the characters. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_internal.h"

#define INDENT             2
#define SIMPLE_KEY_LENGTH  128 /* the tag's length counts too */
#define CONTEXT_ROOT       0
#define CONTEXT_SEQUENCE   1
#define CONTEXT_VALUE      2
#define CONTEXT_SIMPLE_KEY 3

struct dumper {
    struct awh_emitter emitter;
    struct awh_diag *diag;
};

struct scalar_text {
    const char *text;
    size_t size, tag_length; /* of "!!int" */
    bool plain_means_it;     /* written plain, it reads back as this kind */
    char buffer[40];
};

static void write_float(double value, char text[40])
{
    char repr[32];
    awh_python_repr(value, repr);
    char *exponent = strchr(repr, 'e');
    if (isnan(value)) {
        snprintf(text, 40, ".nan");
    } else if (isinf(value)) {
        snprintf(text, 40, value < 0 ? "-.inf" : ".inf");
    } else if (exponent != NULL && strchr(repr, '.') == NULL) {
        /* "1e-05" would read back as a string */
        snprintf(text, 40, "%.*s.0%s", (int)(exponent - repr), repr, exponent);
    } else {
        snprintf(text, 40, "%s", repr);
    }
}

static void represent(const struct awh_yaml *node, struct scalar_text *out)
{
    out->plain_means_it = true;
    out->text = out->buffer;
    switch (node->kind) {
    case AWH_YAML_BOOL:
        snprintf(out->buffer, sizeof(out->buffer), "%s", node->boolean ? "true" : "false");
        out->tag_length = strlen("!!bool");
        break;
    case AWH_YAML_INT:
        snprintf(out->buffer, sizeof(out->buffer), "%" PRId64, node->integer);
        out->tag_length = strlen("!!int");
        break;
    case AWH_YAML_FLOAT:
        write_float(node->real, out->buffer);
        out->tag_length = strlen("!!float");
        break;
    case AWH_YAML_STR:
        out->text = node->str.text;
        out->size = node->str.size;
        out->tag_length = strlen("!!str");
        out->plain_means_it = awh_yaml_resolve(node->str.text, node->str.size) == AWH_TAG_STR;
        return;
    default:
        snprintf(out->buffer, sizeof(out->buffer), "null");
        out->tag_length = strlen("!!null");
    }
    out->size = strlen(out->buffer);
}

static enum aw_err fail_utf8(const struct awh_yaml *node, struct awh_diag *diag)
{
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag,
                         "the string is not UTF-8; cannot write it as YAML");
}

static enum aw_err dump_scalar(struct dumper *d, const struct awh_yaml *node, int context)
{
    struct awh_emitter *e = &d->emitter;
    struct scalar_text scalar;
    represent(node, &scalar);
    struct awh_scalar_facts facts = awh_emit_analyze(scalar.text, scalar.size);
    if (!facts.valid) {
        return fail_utf8(node, d->diag);
    }
    bool simple_key = context == CONTEXT_SIMPLE_KEY;
    int indent = e->indent;
    e->indent = indent < 0 ? INDENT : indent + INDENT;
    if (scalar.plain_means_it && facts.allow_plain &&
        !(simple_key && (scalar.size == 0 || facts.multiline))) {
        awh_emit_plain(e, scalar.text, scalar.size, !simple_key);
        e->open_ended = context == CONTEXT_ROOT;
    } else if (facts.allow_single_quoted && !(simple_key && facts.multiline)) {
        awh_emit_single_quoted(e, scalar.text, scalar.size, !simple_key);
    } else {
        awh_emit_double_quoted(e, scalar.text, scalar.size, !simple_key);
    }
    e->indent = indent;
    return AW_OK;
}

static enum aw_err dump_node(struct dumper *d, const struct awh_yaml *node, int context,
                             unsigned depth);

static enum aw_err dump_seq(struct dumper *d, const struct awh_yaml *seq, int context,
                            unsigned depth)
{
    struct awh_emitter *e = &d->emitter;
    int indent = e->indent;
    bool indentless = context == CONTEXT_VALUE && !e->indention;
    if (indent < 0) {
        e->indent = 0;
    } else if (!indentless) {
        e->indent = indent + INDENT;
    }
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < seq->list.count; i++) {
        awh_emit_indent(e);
        awh_emit_indicator(e, '-', true, false, true);
        err = dump_node(d, seq->list.items[i], CONTEXT_SEQUENCE, depth + 1);
    }
    e->indent = indent;
    return err;
}

static int compare_text_keys(const void *a, const void *b, void *context)
{
    struct awh_yaml *const *keys = context;
    const struct awh_yaml *x = keys[*(const size_t *)a], *y = keys[*(const size_t *)b];
    size_t n = x->str.size < y->str.size ? x->str.size : y->str.size;
    int order = memcmp(x->str.text, y->str.text, n); /* UTF-8 sorts by code point */
    return order != 0 ? order : (x->str.size > y->str.size) - (x->str.size < y->str.size);
}

static double number_of(const struct awh_yaml *node)
{
    if (node->kind == AWH_YAML_BOOL) {
        return node->boolean ? 1 : 0;
    }
    return node->kind == AWH_YAML_INT ? (double)node->integer : node->real;
}

static int compare_number_keys(const void *a, const void *b, void *context)
{
    struct awh_yaml *const *keys = context;
    const struct awh_yaml *x = keys[*(const size_t *)a], *y = keys[*(const size_t *)b];
    if (x->kind == AWH_YAML_INT && y->kind == AWH_YAML_INT) {
        return (x->integer > y->integer) - (x->integer < y->integer);
    }
    return (number_of(x) > number_of(y)) - (number_of(x) < number_of(y));
}

/* Python cannot order keys of different types; PyYAML then keeps the order of the map. */
static void sort_keys(const struct awh_yaml *map, size_t *order)
{
    size_t texts = 0, numbers = 0;
    for (size_t i = 0; i < map->list.count; i++) {
        enum awh_yaml_kind kind = map->list.keys[i]->kind;
        order[i] = i;
        texts += kind == AWH_YAML_STR;
        numbers += kind == AWH_YAML_BOOL || kind == AWH_YAML_INT || kind == AWH_YAML_FLOAT;
    }
    if (texts == map->list.count) {
        qsort_r(order, map->list.count, sizeof(*order), compare_text_keys, map->list.keys);
    } else if (numbers == map->list.count) {
        qsort_r(order, map->list.count, sizeof(*order), compare_number_keys, map->list.keys);
    }
}

static enum aw_err dump_key(struct dumper *d, const struct awh_yaml *key, unsigned depth)
{
    struct awh_emitter *e = &d->emitter;
    struct scalar_text scalar;
    represent(key, &scalar);
    struct awh_scalar_facts facts = awh_emit_analyze(scalar.text, scalar.size);
    bool simple =
        scalar.tag_length + facts.length < SIMPLE_KEY_LENGTH && scalar.size > 0 && !facts.multiline;
    awh_emit_indent(e);
    if (simple) {
        enum aw_err err = dump_node(d, key, CONTEXT_SIMPLE_KEY, depth + 1);
        awh_emit_indicator(e, ':', false, false, false);
        return err;
    }
    awh_emit_indicator(e, '?', true, false, true);
    enum aw_err err = dump_node(d, key, CONTEXT_VALUE, depth + 1);
    awh_emit_indent(e);
    awh_emit_indicator(e, ':', true, false, true);
    return err;
}

static enum aw_err dump_map(struct dumper *d, const struct awh_yaml *map, unsigned depth)
{
    struct awh_emitter *e = &d->emitter;
    size_t local[32];
    size_t *order = local;
    if (map->list.count > sizeof(local) / sizeof(local[0])) {
        order = malloc(map->list.count * sizeof(*order));
        if (order == NULL) {
            return awh_fail_mem(d->diag);
        }
    }
    sort_keys(map, order);
    int indent = e->indent;
    e->indent = indent < 0 ? 0 : indent + INDENT;
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < map->list.count; i++) {
        err = dump_key(d, map->list.keys[order[i]], depth);
        if (err == AW_OK) {
            err = dump_node(d, map->list.items[order[i]], CONTEXT_VALUE, depth + 1);
        }
    }
    e->indent = indent;
    if (order != local) {
        free(order);
    }
    return err;
}

static enum aw_err dump_node(struct dumper *d, const struct awh_yaml *node, int context,
                             unsigned depth)
{
    bool is_seq = node->kind == AWH_YAML_SEQ;
    if (!is_seq && node->kind != AWH_YAML_MAP) {
        return dump_scalar(d, node, context);
    }
    if (depth >= AWH_YAML_MAX_DEPTH) {
        return awh_yaml_fail(node, AW_ERR_RANGE, d->diag,
                             "nested deeper than %u levels; cannot write it as YAML",
                             AWH_YAML_MAX_DEPTH);
    }
    if (node->list.count == 0) {
        awh_emit_indicator(&d->emitter, is_seq ? '[' : '{', true, true, false);
        awh_emit_indicator(&d->emitter, is_seq ? ']' : '}', false, false, false);
        return AW_OK;
    }
    return is_seq ? dump_seq(d, node, context, depth) : dump_map(d, node, depth);
}

enum aw_err awh_yaml_dump(const struct awh_yaml *root, struct awh_str *out, struct awh_diag *diag)
{
    struct dumper d = {
        .emitter = {.out = out, .indent = -1, .whitespace = true, .indention = true},
        .diag = diag,
    };
    enum aw_err err = dump_node(&d, root, CONTEXT_ROOT, 0);
    if (err != AW_OK) {
        return err;
    }
    awh_emit_indent(&d.emitter);
    if (d.emitter.open_ended) {
        awh_str_append(out, "...\n");
    }
    return out->failed ? awh_fail_mem(diag) : AW_OK;
}

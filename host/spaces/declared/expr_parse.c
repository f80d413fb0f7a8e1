#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "spaces/declared/expr_node.h"

struct parser {
    struct awh_arena *arena;
    const struct awh_yaml *place;
    const struct awh_expr_scope *scope;
    const char *text, *at;
    unsigned depth;
    uint64_t uses;
    unsigned nodes;
    struct awh_diag *diag;
};

/* Functions return NULL after a failure; the message is in diag. */
static struct awh_expr_node *parse_expr(struct parser *parser);

static struct awh_expr_node *fail_mem(const struct parser *parser)
{
    (void)awh_fail_mem(parser->diag);
    return NULL;
}

AW_PRINTF(2, 3)
static struct awh_expr_node *fail_here(const struct parser *parser, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)awh_yaml_fail(parser->place, AW_ERR_FORMAT, parser->diag, "'%.80s': column %zu: %s",
                        parser->text, (size_t)(parser->at - parser->text) + 1, what);
    return NULL;
}

/* -- Words and names ----------------------------------------------------------------------------
 */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t word_size(const char *text)
{
    size_t size = 0;
    while (is_letter(text[size]) || (size && is_digit(text[size])))
        size++;
    return size;
}

static bool same(const char *word, const char *text, size_t size)
{
    return strlen(word) == size && !memcmp(word, text, size);
}

static const struct {
    const char *word;
    struct awh_value value;
} literals[] = {
    {"True", {.kind = AWH_VALUE_BOOL, .boolean = true}},
    {"true", {.kind = AWH_VALUE_BOOL, .boolean = true}},
    {"False", {.kind = AWH_VALUE_BOOL, .boolean = false}},
    {"false", {.kind = AWH_VALUE_BOOL, .boolean = false}},
    {"None", {.kind = AWH_VALUE_NULL}},
    {"null", {.kind = AWH_VALUE_NULL}},
};

static bool is_reserved(const char *text, size_t size)
{
    static const char *const words[] = {"if", "else", "and", "or", "not"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same(words[i], text, size))
            return true;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        if (same(literals[i].word, text, size))
            return true;
    return awh_expr_function_find(text, size) != NULL;
}

bool awh_expr_is_name(const char *text)
{
    size_t size = word_size(text);
    return size && !text[size] && !is_reserved(text, size);
}

const struct awh_expr_name *awh_expr_find(const struct awh_expr_scope *scope, const char *name,
                                          size_t size)
{
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->count; i++)
            if (same(scope->names[i].name, name, size))
                return &scope->names[i];
    return NULL;
}

/* The name that a word is probably a misspelling of, or NULL. */
static const char *near_name(const struct awh_expr_scope *scope, const char *word)
{
    unsigned best = strlen(word) >= 5 ? 3 : 2; /* changes: below this */
    const char *found = NULL;
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->count; i++) {
            unsigned distance = awh_str_distance(scope->names[i].name, word);
            if (distance < best && strlen(scope->names[i].name) > 2) {
                best = distance;
                found = scope->names[i].name;
            }
        }
    return found;
}

/* -- Tokens -------------------------------------------------------------------------------------
 */

static void skip(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\n' || *parser->at == '\r')
        parser->at++;
}

/* Takes a sign, longest first at the caller. */
static bool take(struct parser *parser, const char *sign)
{
    skip(parser);
    if (strncmp(parser->at, sign, strlen(sign)))
        return false;
    parser->at += strlen(sign);
    return true;
}

static bool take_word(struct parser *parser, const char *word)
{
    skip(parser);
    if (!same(word, parser->at, word_size(parser->at)))
        return false;
    parser->at += strlen(word);
    return true;
}

static struct awh_expr_node *new_node(struct parser *parser, enum awh_expr_op op,
                                      struct awh_expr_node *a, struct awh_expr_node *b,
                                      struct awh_expr_node *c)
{
    struct awh_expr_node *node = awh_arena_alloc(parser->arena, sizeof *node);
    struct awh_expr_node *args[] = {a, b, c};
    if (!node)
        return fail_mem(parser);
    node->op = op;
    parser->nodes++;
    while (node->arg_count < 3 && args[node->arg_count])
        node->arg_count++;
    node->args = awh_arena_array(parser->arena, node->arg_count + 1, sizeof *node->args);
    if (!node->args)
        return fail_mem(parser);
    memcpy(node->args, args, node->arg_count * sizeof *args);
    return node;
}

static struct awh_expr_node *new_value(struct parser *parser, struct awh_expr_value value)
{
    struct awh_expr_node *node = new_node(parser, AWH_EXPR_VALUE, NULL, NULL, NULL);
    if (node)
        node->value = value;
    return node;
}

static bool enter(struct parser *parser)
{
    if (parser->depth == AWH_EXPR_DEPTH_MAX) {
        (void)fail_here(parser, "nested more than %d deep", AWH_EXPR_DEPTH_MAX);
        return false;
    }
    parser->depth++;
    return true;
}

/* -- Atoms --------------------------------------------------------------------------------------
 */

static struct awh_expr_node *parse_number(struct parser *parser)
{
    char text[64], *end;
    size_t size = 0;
    const char *at = parser->at;
    struct awh_expr_value value = {.list = NULL};
    while (is_digit(at[size]) || at[size] == '.' || at[size] == 'e' || at[size] == 'E' ||
           (size && (at[size] == '+' || at[size] == '-') && (at[size - 1] | 32) == 'e'))
        size++;
    if (size >= sizeof text)
        return fail_here(parser, "a number of more than 63 characters");
    memcpy(text, at, size);
    text[size] = 0;
    errno = 0;
    if (strpbrk(text, ".eE"))
        value.scalar =
            (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = awh_c_strtod(text, &end)};
    else
        value.scalar =
            (struct awh_value){.kind = AWH_VALUE_INT, .integer = strtoll(text, &end, 10)};
    bool huge = value.scalar.kind == AWH_VALUE_INT ? errno != 0 : !isfinite(value.scalar.real);
    if (!size || *end || huge)
        return fail_here(parser, "expected a number of at most 64 bits");
    parser->at += size;
    return new_value(parser, value);
}

static struct awh_expr_node *parse_string(struct parser *parser)
{
    char quote = *parser->at;
    const char *end = strchr(parser->at + 1, quote);
    if (!end)
        return fail_here(parser, "the quoted string has no end");
    char *text = awh_arena_strndup(parser->arena, parser->at + 1, (size_t)(end - parser->at - 1));
    if (!text)
        return fail_mem(parser);
    parser->at = end + 1;
    return new_value(parser,
                     (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_STR, .text = text}});
}

/* A list of values is a value. */
static bool fold_list(struct parser *parser, struct awh_expr_node *node)
{
    for (size_t i = 0; i < node->arg_count; i++)
        if (node->args[i]->op != AWH_EXPR_VALUE)
            return true;
    struct awh_expr_list *list = awh_arena_alloc(parser->arena, sizeof *list);
    if (list)
        list->items = awh_arena_array(parser->arena, node->arg_count + 1, sizeof *list->items);
    if (!list || !list->items)
        return false;
    for (; list->count < node->arg_count; list->count++)
        list->items[list->count] = node->args[list->count]->value;
    node->op = AWH_EXPR_VALUE;
    node->value.list = list;
    return true;
}

/* Expressions separated by commas up to `close`, as arguments of a new node. */
static struct awh_expr_node *parse_args(struct parser *parser, enum awh_expr_op op,
                                        const char *close)
{
    struct awh_expr_node *args[AWH_EXPR_TEXT_MAX / 2 + 1];
    struct awh_expr_node *node = new_node(parser, op, NULL, NULL, NULL);
    size_t count = 0;
    if (!node)
        return NULL;
    while (!take(parser, close)) {
        if (!(args[count++] = parse_expr(parser))) /* each takes a character and a comma */
            return NULL;
        if (!take(parser, ",")) {
            if (!take(parser, close))
                return fail_here(parser, "expected ',' or '%s'", close);
            break;
        }
    }
    node->args = awh_arena_array(parser->arena, count + 1, sizeof *node->args);
    if (!node->args)
        return fail_mem(parser);
    memcpy(node->args, args, count * sizeof *args);
    node->arg_count = count;
    return op != AWH_EXPR_LIST || fold_list(parser, node) ? node : fail_mem(parser);
}

static struct awh_expr_node *parse_call(struct parser *parser,
                                        const struct awh_expr_function *function)
{
    if (!take(parser, "("))
        return fail_here(parser, "expected '(' behind %s", function->name);
    struct awh_expr_node *node = parse_args(parser, AWH_EXPR_CALL, ")");
    if (!node)
        return NULL;
    node->function = function;
    if (node->arg_count >= function->min_args && node->arg_count <= function->max_args)
        return node;
    if (function->min_args == function->max_args)
        return fail_here(parser, "%s takes %u arguments, not %zu", function->name,
                         function->min_args, node->arg_count);
    return fail_here(parser, "%s takes %u to %u arguments, not %zu", function->name,
                     function->min_args, function->max_args, node->arg_count);
}

static struct awh_expr_node *unknown_name(struct parser *parser, size_t size)
{
    char word[40];
    snprintf(word, sizeof word, "%.*s", (int)(size < 39 ? size : 39), parser->at);
    const char *near = near_name(parser->scope, word);
    if (near)
        return fail_here(parser, "there is no name '%s' here; did you mean '%s'?", word, near);
    return fail_here(parser, "there is no name '%s' here (a string needs quotes)", word);
}

static struct awh_expr_node *parse_word(struct parser *parser)
{
    size_t size = word_size(parser->at);
    const char *word = parser->at;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        if (same(literals[i].word, word, size)) {
            parser->at += size;
            return new_value(parser, (struct awh_expr_value){.scalar = literals[i].value});
        }
    const struct awh_expr_function *function = awh_expr_function_find(word, size);
    if (function) {
        parser->at += size;
        return parse_call(parser, function);
    }
    if (is_reserved(word, size))
        return fail_here(parser, "expected a value");
    const struct awh_expr_name *name = awh_expr_find(parser->scope, word, size);
    if (!name)
        return unknown_name(parser, size);
    parser->at += size;
    if (name->constant)
        return new_value(parser, *name->constant);
    struct awh_expr_node *node = new_node(parser, AWH_EXPR_VARIABLE, NULL, NULL, NULL);
    if (!node)
        return NULL;
    node->variable = name->variable;
    parser->uses |= UINT64_C(1) << name->variable;
    return node;
}

static struct awh_expr_node *parse_atom(struct parser *parser)
{
    skip(parser);
    char c = *parser->at;
    if (is_digit(c) || c == '.')
        return parse_number(parser);
    if (c == '\'' || c == '"')
        return parse_string(parser);
    if (is_letter(c))
        return parse_word(parser);
    if (take(parser, "["))
        return parse_args(parser, AWH_EXPR_LIST, "]");
    if (!take(parser, "("))
        return fail_here(parser, "expected a value");
    struct awh_expr_node *node = parse_expr(parser);
    if (node && !take(parser, ")"))
        return fail_here(parser, "expected ')'");
    return node;
}

/* -- Operators, from the tightest to the loosest ------------------------------------------------
 */

static struct awh_expr_node *parse_postfix(struct parser *parser)
{
    struct awh_expr_node *node = parse_atom(parser);
    skip(parser);
    if (node && node->op == AWH_EXPR_LIST && *parser->at != '[')
        return fail_here(parser, "a list with names in it can only be indexed, as in [a, b][i]");
    while (node && take(parser, "[")) {
        struct awh_expr_node *index = parse_expr(parser);
        if (!index)
            return NULL;
        if (!take(parser, "]"))
            return fail_here(parser, "expected ']'");
        node = new_node(parser, AWH_EXPR_INDEX, node, index, NULL);
    }
    return node;
}

static struct awh_expr_node *parse_sign(struct parser *parser)
{
    bool minus = take(parser, "-");
    if (!minus && !take(parser, "+"))
        return parse_postfix(parser);
    if (!enter(parser))
        return NULL;
    struct awh_expr_node *node = parse_sign(parser);
    parser->depth--;
    return node && minus ? new_node(parser, AWH_EXPR_NEGATE, node, NULL, NULL) : node;
}

struct operator_sign {
    const char *sign;
    enum awh_expr_op op;
};

static const struct operator_sign *take_operator(struct parser *parser,
                                                 const struct operator_sign *signs)
{
    for (; signs->sign; signs++)
        if (take(parser, signs->sign))
            return signs;
    return NULL;
}

static struct awh_expr_node *parse_product(struct parser *parser)
{
    static const struct operator_sign signs[] = {{"//", AWH_EXPR_FLOOR_DIVIDE},
                                                 {"*", AWH_EXPR_MULTIPLY},
                                                 {"/", AWH_EXPR_DIVIDE},
                                                 {"%", AWH_EXPR_MODULO},
                                                 {NULL, AWH_EXPR_VALUE}};
    const struct operator_sign *sign;
    struct awh_expr_node *node = parse_sign(parser);
    while (node && (sign = take_operator(parser, signs))) {
        struct awh_expr_node *right = parse_sign(parser);
        node = right ? new_node(parser, sign->op, node, right, NULL) : NULL;
    }
    return node;
}

static struct awh_expr_node *parse_sum(struct parser *parser)
{
    static const struct operator_sign signs[] = {
        {"+", AWH_EXPR_ADD}, {"-", AWH_EXPR_SUBTRACT}, {NULL, AWH_EXPR_VALUE}};
    const struct operator_sign *sign;
    struct awh_expr_node *node = parse_product(parser);
    while (node && (sign = take_operator(parser, signs))) {
        struct awh_expr_node *right = parse_product(parser);
        node = right ? new_node(parser, sign->op, node, right, NULL) : NULL;
    }
    return node;
}

static struct awh_expr_node *parse_comparison(struct parser *parser)
{
    static const struct operator_sign signs[] = {
        {"==", AWH_EXPR_EQUAL},         {"!=", AWH_EXPR_UNEQUAL}, {"<=", AWH_EXPR_LESS_EQUAL},
        {">=", AWH_EXPR_GREATER_EQUAL}, {"<", AWH_EXPR_LESS},     {">", AWH_EXPR_GREATER},
        {NULL, AWH_EXPR_VALUE}};
    struct awh_expr_node *node = parse_sum(parser);
    const struct operator_sign *sign = node ? take_operator(parser, signs) : NULL;
    if (!sign)
        return node;
    struct awh_expr_node *right = parse_sum(parser);
    if (right && take_operator(parser, signs))
        return fail_here(parser, "a second comparison: join them with 'and'");
    return right ? new_node(parser, sign->op, node, right, NULL) : NULL;
}

static struct awh_expr_node *parse_not(struct parser *parser)
{
    if (!take_word(parser, "not"))
        return parse_comparison(parser);
    if (!enter(parser))
        return NULL;
    struct awh_expr_node *node = parse_not(parser);
    parser->depth--;
    return node ? new_node(parser, AWH_EXPR_NOT, node, NULL, NULL) : NULL;
}

static struct awh_expr_node *parse_and(struct parser *parser)
{
    struct awh_expr_node *node = parse_not(parser);
    while (node && take_word(parser, "and")) {
        struct awh_expr_node *right = parse_not(parser);
        node = right ? new_node(parser, AWH_EXPR_AND, node, right, NULL) : NULL;
    }
    return node;
}

static struct awh_expr_node *parse_or(struct parser *parser)
{
    struct awh_expr_node *node = parse_and(parser);
    while (node && take_word(parser, "or")) {
        struct awh_expr_node *right = parse_and(parser);
        node = right ? new_node(parser, AWH_EXPR_OR, node, right, NULL) : NULL;
    }
    return node;
}

static struct awh_expr_node *parse_condition(struct parser *parser)
{
    struct awh_expr_node *then = parse_or(parser);
    if (!then || !take_word(parser, "if"))
        return then;
    struct awh_expr_node *condition = parse_or(parser);
    if (!condition)
        return NULL;
    if (!take_word(parser, "else"))
        return fail_here(parser, "expected 'else', as in 'a if c else b'");
    struct awh_expr_node *other = parse_expr(parser);
    return other ? new_node(parser, AWH_EXPR_IF, condition, then, other) : NULL;
}

static struct awh_expr_node *parse_expr(struct parser *parser)
{
    if (!enter(parser))
        return NULL;
    struct awh_expr_node *node = parse_condition(parser);
    parser->depth--;
    return node;
}

/* -- From YAML ----------------------------------------------------------------------------------
 */

static struct awh_expr_node *parse_text(struct parser *parser, enum awh_expr_words words)
{
    const char *text = parser->text;
    size_t size = word_size(text);
    bool word = size && !text[size] && !is_reserved(text, size) &&
                !awh_expr_find(parser->scope, text, size);
    if (word && words == AWH_EXPR_STRINGS) {
        const char *near = near_name(parser->scope, text);
        if (near)
            return fail_here(parser,
                             "there is no name '%.40s' here; did you mean '%s'? As a string it "
                             "needs quotes inside the text: \"'%.40s'\"",
                             text, near, text);
        return new_value(parser,
                         (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_STR, .text = text}});
    }
    struct awh_expr_node *node = parse_expr(parser);
    skip(parser);
    if (node && *parser->at)
        return fail_here(parser, "expected an operator or the end");
    return node;
}

enum aw_err awh_expr_parse(struct awh_arena *arena, const struct awh_yaml *place,
                           const struct awh_expr_scope *scope, enum awh_expr_words words,
                           struct awh_expr *expr_out, struct awh_diag *diag)
{
    struct parser parser = {.arena = arena, .place = place, .scope = scope, .diag = diag};
    struct awh_expr_node *node;
    if (place->kind == AWH_YAML_STR) {
        if (strlen(place->str.text) != place->str.size || place->str.size > AWH_EXPR_TEXT_MAX)
            return awh_yaml_fail(place, AW_ERR_RANGE, diag,
                                 "an expression has at most %d characters, none of them 0",
                                 AWH_EXPR_TEXT_MAX);
        parser.text = parser.at = place->str.text;
        node = parse_text(&parser, words);
    } else {
        struct awh_expr_value value;
        enum aw_err err = awh_expr_constant(arena, place, &value, diag);
        if (err)
            return err;
        node = new_value(&parser, value);
    }
    if (!node)
        return diag && diag->err ? diag->err : AW_ERR_FORMAT;
    *expr_out = (struct awh_expr){
        .place = place, .scope = scope, .root = node, .uses = parser.uses, .steps = parser.nodes};
    return AW_OK;
}

static enum aw_err constant_at(struct awh_arena *arena, const struct awh_yaml *node, unsigned depth,
                               struct awh_expr_value *value_out, struct awh_diag *diag)
{
    if (node->kind != AWH_YAML_SEQ) {
        value_out->list = NULL;
        return awh_value_from_yaml(node, &value_out->scalar, diag);
    }
    if (node->list.count > AWH_EXPR_LIST_MAX || depth == 4)
        return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                             "lists have at most %d items and are at most 4 deep",
                             AWH_EXPR_LIST_MAX);
    struct awh_expr_list *list = awh_arena_alloc(arena, sizeof *list);
    if (!list || !(list->items = awh_arena_array(arena, node->list.count + 1, sizeof *list->items)))
        return awh_fail_mem(diag);
    for (; list->count < node->list.count; list->count++) {
        enum aw_err err = constant_at(arena, node->list.items[list->count], depth + 1,
                                      &list->items[list->count], diag);
        if (err)
            return err;
    }
    value_out->list = list;
    return AW_OK;
}

enum aw_err awh_expr_constant(struct awh_arena *arena, const struct awh_yaml *node,
                              struct awh_expr_value *value_out, struct awh_diag *diag)
{
    return constant_at(arena, node, 0, value_out, diag);
}

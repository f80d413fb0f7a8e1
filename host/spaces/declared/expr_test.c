#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/declared/expr.h"

/* width 0.5, depth 3, act "relu6", flag True as variables; channels [16, 32, 64] as a constant. */
static struct awh_expr_name names[] = {
    {.name = "width", .variable = 0},
    {.name = "depth", .variable = 1},
    {.name = "act", .variable = 5},
    {.name = "flag", .variable = 63},
    {.name = "channels"},
};
static const struct awh_expr_scope scope = {.names = names, .count = 5};
static struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX];

static int setup(void **state)
{
    static struct awh_expr_value items[3];
    static struct awh_expr_list list = {3, items};
    static struct awh_expr_value channels = {.list = &list};
    for (int i = 0; i < 3; i++)
        items[i].scalar = (struct awh_value){.kind = AWH_VALUE_INT, .integer = 16 << i};
    names[4].constant = &channels;
    values[0].scalar = (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = 0.5};
    values[1].scalar = (struct awh_value){.kind = AWH_VALUE_INT, .integer = 3};
    values[5].scalar = (struct awh_value){.kind = AWH_VALUE_STR, .text = "relu6"};
    values[63].scalar = (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = true};
    (void)state;
    return 0;
}

static const struct row {
    const char *text;  /* a YAML scalar */
    const char *value; /* NULL: an error */
    const char *message;
} rows[] = {
    /* Values as Python gives them. */
    {"1", "1", NULL},
    {"1.5", "1.5", NULL},
    {"true", "true", NULL},
    {"depth", "3", NULL},
    {"1 + 2 * 3", "7", NULL},
    {"(1 + 2) * 3", "9", NULL},
    {"7 - 2 - 1", "4", NULL},
    {"-depth + +1", "-2", NULL},
    {"--depth", "3", NULL},
    {"7 / 2", "3.5", NULL},
    {"6 / 2", "3.0", NULL},
    {"7 // 2", "3", NULL},
    {"-7 // 2", "-4", NULL},
    {"7 // -2", "-4", NULL},
    {"-8 // 2", "-4", NULL},
    {"7.5 // 2", "3.0", NULL},
    {"-7 % 3", "2", NULL},
    {"7 % -3", "-2", NULL},
    {"6 % 3", "0", NULL},
    {"-7.5 % 2", "0.5", NULL},
    {"32*width", "16.0", NULL},
    {"flag + 1", "2", NULL},
    {"1e3", "1000.0", NULL},
    {"'1e-2*1'", "0.01", NULL},
    {"2 == 2.0", "true", NULL},
    {"act == 'relu6'", "true", NULL},
    {"act != \"relu\"", "true", NULL},
    {"act == 6", "false", NULL},
    {"None == None", "true", NULL},
    {"1 < 2 and 2 <= 2 and 3 > 2.5 and 3 >= 3", "true", NULL},
    {"not 1 > 2", "true", NULL},
    {"not not 3", "true", NULL},
    {"0 or 5", "5", NULL},
    {"2 and 0", "0", NULL},
    {"None or 'x'", "x", NULL},
    {"1 or 1//0", "1", NULL},
    {"0 and 1//0", "0", NULL},
    {"1 if depth == 3 else 1//0", "1", NULL},
    {"1 if 0 else 2 if 0 else 3", "3", NULL},
    {"channels[1]", "32", NULL},
    {"channels[-1]", "64", NULL},
    {"channels[depth - 1] // 2", "32", NULL},
    {"'[8, 16][flag]'", "16", NULL},
    {"'[1//0, depth][1]'", "3", NULL},
    {"'[[1, 2], [3, 4]][1][0]'", "3", NULL},
    {"min(3, 2.0, 5)", "2.0", NULL},
    {"max(channels)", "64", NULL},
    {"max(1, 1.0)", "1", NULL},
    {"round(2.5)", "2", NULL},
    {"round(3.5)", "4", NULL},
    {"round(7)", "7", NULL},
    {"floor(-1.5)", "-2", NULL},
    {"ceil(1.2)", "2", NULL},
    {"int(-1.9)", "-1", NULL},
    {"abs(-2)", "2", NULL},
    {"abs(-2.5)", "2.5", NULL},
    {"len(channels)", "3", NULL},
    {"make_divisible(32*width*0.9)", "16", NULL},
    {"make_divisible(30, 4)", "32", NULL},
    {"relu", "relu", NULL}, /* a word stands for itself */
    {"avg_pool_3x3", "avg_pool_3x3", NULL},
    {"\"'width'\"", "width", NULL}, /* and a quoted one always */
    {"9223372036854775807 + 0", "9223372036854775807", NULL},
    /* Mistakes in the text. */
    {"1 +", NULL, "c.yaml:1: (root): '1 +': column 4: expected a value"},
    {"1 2", NULL, "column 3: expected an operator or the end"},
    {"(1", NULL, "expected ')'"},
    {"widht*2", NULL, "there is no name 'widht' here; did you mean 'width'?"},
    {"widht", NULL, "did you mean 'width'? As a string it needs quotes inside the text"},
    {"relu + 1", NULL, "there is no name 'relu' here (a string needs quotes)"},
    {"__import__('os')", NULL, "there is no name '__import__' here"},
    {"channels[1", NULL, "expected ']'"},
    {"'[1, 2'", NULL, "expected ',' or ']'"},
    {"'[1, depth]'", NULL, "can only be indexed"},
    {"min(1", NULL, "expected ',' or ')'"},
    {"min()", NULL, "min takes 1 to 8 arguments, not 0"},
    {"round(1, 2)", NULL, "round takes 1 arguments, not 2"},
    {"min", NULL, "expected '(' behind min"},
    {"1 if 2", NULL, "expected 'else'"},
    {"1 < 2 < 3", NULL, "join them with 'and'"},
    {"2 ** 3", NULL, "column 4: expected a value"},
    {"1.2.3", NULL, "expected a number"},
    {"99999999999999999999 + 1", NULL, "expected a number of at most 64 bits"},
    {"1e999 * 1", NULL, "expected a number"},
    {"act == 'relu", NULL, "the quoted string has no end"},
    {"if", NULL, "expected a value"},
    {"''", NULL, "column 1: expected a value"},
    {"{a: 1}", NULL, "expected a number, a string or a boolean"},
    {"((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))"
     "))))))))))))))",
     NULL, "nested more than 50 deep"},
    {"1------------------------------------------------------1", NULL, "nested more than 50 deep"},
    /* Failures of the evaluation, which tell the values. */
    {"depth / 0", NULL, "'depth / 0': division by zero (with depth=3)"},
    {"1 // 0", NULL, "'1 // 0': division by zero"},
    {"1 % 0.0", NULL, "division by zero"},
    {"9223372036854775807 + depth", NULL, "the result is too large (with depth=3)"},
    {"9223372036854775807 * 2", NULL, "too large"},
    {"-9223372036854775807 - 2", NULL, "too large"},
    {"(-9223372036854775807 - 1) // -1", NULL, "too large"},
    {"1e300 * 1e300", NULL, "too large"},
    {"int(1e300)", NULL, "too large"},
    {"act + 1", NULL, "expected numbers on both sides of the operator (with act=relu6)"},
    {"act < 1", NULL, "expected numbers on both sides of the comparison"},
    {"channels == channels", NULL, "lists cannot be compared"},
    {"-act", NULL, "expected a number behind '-'"},
    {"channels[3]", NULL, "beyond the end of the list"},
    {"channels[-4]", NULL, "beyond the end of the list"},
    {"channels[width]", NULL, "must be a whole number (with width=0.5)"},
    {"depth[0]", NULL, "expected a list in front of '['"},
    {"'[depth, 2][2]'", NULL, "beyond the end of the list"},
    {"max(act)", NULL, "take numbers"},
    {"round(act)", NULL, "expected a number in the brackets"},
    {"len(1)", NULL, "len takes a list"},
    {"make_divisible(8, 0)", NULL, "the divisor must be from 1 to 65535"},
};

static enum aw_err run(struct awh_arena *arena, const char *yaml, struct awh_expr_value *out,
                       struct awh_diag *diag)
{
    struct awh_yaml *node;
    struct awh_expr expr;
    if (awh_yaml_load(arena, "c.yaml", yaml, strlen(yaml), &node, diag))
        fail_msg("%s", diag->text);
    enum aw_err err = awh_expr_parse(arena, node, &scope, AWH_EXPR_STRINGS, &expr, diag);
    return err ? err : awh_expr_eval(&expr, values, out, diag);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_expr_value value;
        char text[64];
        print_message("row %s\n", rows[i].text);
        awh_arena_init(&arena);
        enum aw_err err = run(&arena, rows[i].text, &value, &diag);
        if (rows[i].value) {
            if (err)
                fail_msg("%s", diag.text);
            awh_value_format(&value.scalar, text, sizeof text);
            assert_string_equal(text, rows[i].value);
        } else {
            assert_true(err == AW_ERR_FORMAT || err == AW_ERR_RANGE);
            if (!strstr(diag.text, rows[i].message))
                fail_msg("message: %s", diag.text);
        }
        awh_arena_release(&arena);
    }
}

static void test_uses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t uses;
    } cases[] = {{"1", 0},
                 {"relu", 0},
                 {"channels[0]", 0},
                 {"width if flag else 1", UINT64_C(1) | UINT64_C(1) << 63},
                 {"channels[depth] + depth", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct awh_arena arena;
        struct awh_yaml *node;
        struct awh_expr expr;
        awh_arena_init(&arena);
        assert_int_equal(
            awh_yaml_load(&arena, "c", cases[i].text, strlen(cases[i].text), &node, NULL), AW_OK);
        assert_int_equal(awh_expr_parse(&arena, node, &scope, AWH_EXPR_STRINGS, &expr, NULL),
                         AW_OK);
        assert_int_equal(expr.uses, cases[i].uses);
        awh_arena_release(&arena);
    }
}

/* As long as an expression may be, in the shapes that make trees deep; one character more is
 * refused. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const shapes[] = {"1+", "0 or ", "1*", "1if 0else ", "min(1),"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_expr_value value;
        char text[AWH_EXPR_TEXT_MAX + 8] = "\"";
        size_t n = strlen(shapes[i]);
        for (size_t at = 1; at + n < AWH_EXPR_TEXT_MAX; at += n)
            strcpy(text + at, shapes[i]);
        strcat(text, "1\"");
        awh_arena_init(&arena);
        enum aw_err err = run(&arena, text, &value, &diag);
        if (i < 3)
            assert_int_equal(err, AW_OK);
        else
            assert_int_equal(err, AW_ERR_FORMAT);
        memset(text, '1', sizeof text - 1);
        text[0] = text[AWH_EXPR_TEXT_MAX + 2] = '"';
        text[AWH_EXPR_TEXT_MAX + 3] = 0;
        diag = (struct awh_diag){.err = AW_OK};
        assert_int_equal(run(&arena, text, &value, &diag), AW_ERR_RANGE);
        awh_arena_release(&arena);
    }
}

/* Every prefix of every row is read or refused (sanitizers watch). */
static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 1; n < strlen(rows[i].text); n++) {
            struct awh_arena arena;
            struct awh_diag diag = {.err = AW_OK};
            struct awh_expr_value value;
            struct awh_expr expr;
            awh_arena_init(&arena);
            char *cut = awh_arena_strndup(&arena, rows[i].text, n);
            struct awh_yaml *node = awh_yaml_new_str(&arena, cut);
            assert_non_null(node);
            enum aw_err err = awh_expr_parse(&arena, node, &scope, AWH_EXPR_NAMES, &expr, &diag);
            if (!err)
                err = awh_expr_eval(&expr, values, &value, &diag);
            assert_int_equal(err == AW_OK, diag.text[0] == 0);
            awh_arena_release(&arena);
        }
}

static void test_int(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value; /* -1: refused */
        const char *message;
    } cases[] = {{"depth", 3, NULL},
                 {"2.0", 2, NULL},
                 {"flag", 1, NULL},
                 {"width", -1, "expected a whole number from 0 to 9, found 0.5 (with width=0.5)"},
                 {"depth*4", -1, "found 12"},
                 {"0-1", -1, "found -1"},
                 {"act", -1, "found relu6"},
                 {"channels", -1, "found a list of 3"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_expr expr;
        int64_t value = -1;
        awh_arena_init(&arena);
        struct awh_yaml *node = awh_yaml_new_str(&arena, cases[i].text);
        assert_int_equal(awh_expr_parse(&arena, node, &scope, AWH_EXPR_NAMES, &expr, &diag), AW_OK);
        enum aw_err err = awh_expr_eval_int(&expr, values, 0, 9, &value, &diag);
        assert_int_equal(err, cases[i].message ? AW_ERR_RANGE : AW_OK);
        assert_int_equal(value, cases[i].value);
        if (err && !strstr(diag.text, cases[i].message))
            fail_msg("message: %s", diag.text);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_uses),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_cuts),
                                       cmocka_unit_test(test_int)};
    return cmocka_run_group_tests(tests, setup, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pyliteral.h"

static const struct row {
    const char *name, *text;
    const char *repr;    /* what it reads as, written again; NULL: an error */
    const char *message; /* part of it */
} rows[] = {
    {"a genotype",
     "[{\"prim_type\": \"mobilenet_v3_block\", \"C\": 16,\"use_se\": True, 'e': 1.5}]",
     "[{'prim_type': 'mobilenet_v3_block', 'C': 16, 'use_se': True, 'e': 1.5}]", NULL},
    {"empty collections", " [ ( ), { } ,] ", "[[], {}]", NULL},
    {"a tuple with a comma at its end", "(1,)", "[1]", NULL},
    {"words", "[True, False, None, true, false, null]", "[True, False, None, True, False, None]",
     NULL},
    {"numbers", "[-1, +2, 0, 1e-3, .5, 2., -1.5E+3]", "[-1, 2, 0, 0.001, 0.5, 2.0, -1500.0]", NULL},
    {"the last key wins", "{'a': 1, \"a\": 2}", "{'a': 2}", NULL},
    {"beyond 64 bits", "99999999999999999999", "1e+20", NULL},
    {"escapes", "'\\'\\\"\\\\\\n\\x41\\u00e9\\U0001F600'",
     "'\\'\"\\\\\\nA\xc3\xa9\xf0\x9f\x98\x80'", NULL},
    {"quotes", "[\"it's\", '\"', '']", "[\"it's\", '\"', '']", NULL},
    {"newlines between values", "[1,\n\t2\r\n]", "[1, 2]", NULL},
    {"nothing", "", NULL, "character 0"},
    {"blanks", "  ", NULL, "character 2"},
    {"a name", "__import__('os')", NULL, "character 0 ('__import__('os')'): expected a list"},
    {"a call behind a word", "True()", NULL, "expected nothing behind the value"},
    {"arithmetic", "1+1", NULL, "expected nothing behind the value"},
    {"open list", "[1, 2", NULL, "expected ',' or ']'"},
    {"open tuple", "(1", NULL, "expected ',' or ')'"},
    {"open dictionary", "{'a': 1", NULL, "expected ',' or '}'"},
    {"a set", "{'a'}", NULL, "expected ':'"},
    {"a number as key", "{1: 2}", NULL, "quoted string as key"},
    {"no value", "{'a': }", NULL, "character 6"},
    {"two values", "[1 2]", NULL, "character 3 ('2]')"},
    {"two commas", "[1,,2]", NULL, "character 3"},
    {"mixed brackets", "[1)", NULL, "expected ',' or ']'"},
    {"open string", "'abc", NULL, "has no end"},
    {"open escape", "'abc\\", NULL, "has no end"},
    {"newline in a string", "'a\nb'", NULL, "on the line where it begins"},
    {"unknown escape", "'\\N{BULLET}'", NULL, "escape that is not supported"},
    {"half of a surrogate pair", "'\\ud800'", NULL, "hexadecimal digits"},
    {"short hexadecimal", "'\\x4'", NULL, "hexadecimal digits"},
    {"a NUL character", "'\\x00'", NULL, "hexadecimal digits"},
    {"a long number",
     "1111111111111111111111111111111111111111111111111111111111111111111111111111", NULL,
     "more than 63 characters"},
    {"a number that is none", "1.2.3", NULL, "expected a number"},
    {"a sign", "-", NULL, "expected a number"},
    {"infinity", "1e999", NULL, "expected a number"},
    {"not a number", "nan", NULL, "expected a list"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_yaml *root = NULL;
        print_message("row %s\n", rows[i].name);
        awh_arena_init(&arena);
        enum aw_err err = awh_pyliteral_parse(&arena, rows[i].text, strlen(rows[i].text), NULL,
                                              "genotype", &root, &diag);
        if (rows[i].repr) {
            struct awh_str repr;
            if (err)
                fail_msg("%s", diag.text);
            awh_str_init(&repr);
            awh_pyliteral_format(root, &repr);
            assert_string_equal(repr.text, rows[i].repr);
            awh_str_release(&repr);
        } else {
            assert_int_equal(err, AW_ERR_FORMAT);
            assert_null(root);
            assert_memory_equal(diag.text, "genotype: character", 19);
            if (!strstr(diag.text, rows[i].message))
                fail_msg("message: %s", diag.text);
        }
        awh_arena_release(&arena);
    }
}

static void test_depth(void **state)
{
    (void)state;
    char text[200];
    for (size_t depth = 64; depth <= 65; depth++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_yaml *root;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        awh_arena_init(&arena);
        enum aw_err err = awh_pyliteral_parse(&arena, text, 2 * depth, NULL, "x", &root, &diag);
        assert_int_equal(err, depth > 64 ? AW_ERR_FORMAT : AW_OK);
        awh_arena_release(&arena);
    }
}

/* Every prefix of every row, in a buffer that ends with it: sanitizers watch the bounds. */
static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < strlen(rows[i].text); n++) {
            struct awh_arena arena;
            struct awh_diag diag = {.err = AW_OK};
            struct awh_yaml *root;
            char *cut = malloc(n + 1);
            assert_non_null(cut);
            memcpy(cut, rows[i].text, n);
            awh_arena_init(&arena);
            char *exact = realloc(cut, n ? n : 1);
            assert_non_null(exact);
            enum aw_err err = awh_pyliteral_parse(&arena, exact, n, NULL, "x", &root, &diag);
            assert_int_equal(err == AW_OK, diag.text[0] == 0);
            free(exact);
            awh_arena_release(&arena);
        }
}

/* Errors lead to the string in its file, and so do those about what was read. */
static void test_place(void **state)
{
    (void)state;
    static const char text[] = "final_model_cfg:\n  genotypes: \"[{'C': 'x'}]\"\n  bad: '[1'\n";
    struct awh_arena arena;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_yaml *root, *list;
    int64_t value;
    awh_arena_init(&arena);
    assert_int_equal(awh_yaml_load(&arena, "n.yaml", text, sizeof text - 1, &root, &diag), AW_OK);
    const struct awh_yaml *cfg = awh_yaml_get(root, "final_model_cfg");
    const struct awh_yaml *place = awh_yaml_get(cfg, "genotypes"), *bad = awh_yaml_get(cfg, "bad");
    assert_int_equal(
        awh_pyliteral_parse(&arena, place->str.text, place->str.size, place, NULL, &list, &diag),
        AW_OK);
    assert_true(awh_yaml_int(awh_yaml_get(list->list.items[0], "C"), 1, 9, &value, &diag) < 0);
    assert_memory_equal(diag.text, "n.yaml:2: final_model_cfg.genotypes[0].C: ", 42);
    diag = (struct awh_diag){.err = AW_OK};
    assert_true(awh_pyliteral_parse(&arena, bad->str.text, bad->str.size, bad, NULL, &list, &diag) <
                0);
    assert_string_equal(diag.text,
                        "n.yaml:3: final_model_cfg.bad: character 2 (''): expected ',' or ']'");
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_depth),
                                       cmocka_unit_test(test_cuts), cmocka_unit_test(test_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

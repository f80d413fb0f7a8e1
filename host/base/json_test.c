#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void test_documents(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"", "null"},
        {"yes", "true"},
        {"-0x10", "-16"},
        {"1.5", "1.5"},
        {"1.0e-9", "1e-09"},
        {".inf", "null"},
        {".nan", "null"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"{b: [1, ~, no], a: {c: x}}", "{\"b\": [1, null, false], \"a\": {\"c\": \"x\"}}"},
        {"{1: a}", "{\"1\": \"a\"}"},
        {"\"a\\\"b\\\\c\\n\\t\\x01\\x7f\\u00e9\"", "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\xc3\xa9\""},
        {"\"a\\0b\"", "\"a\\u0000b\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_arena arena;
        struct awh_yaml *root;
        struct awh_diag diag = {0};
        struct awh_str text;
        awh_arena_init(&arena);
        awh_str_init(&text);
        if (awh_yaml_load(&arena, "row", rows[i].yaml, strlen(rows[i].yaml), &root, &diag))
            fail_msg("%s: %s", rows[i].yaml, diag.text);
        awh_json_append(root, &text);
        assert_false(text.failed);
        assert_string_equal(text.text, rows[i].json);
        awh_str_release(&text);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents)};
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}

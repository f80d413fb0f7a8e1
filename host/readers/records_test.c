#include "readers/testing_test.h"

#include "readers/records.h"

struct seen {
    unsigned records;
    uint32_t lines[8];
    char text[512]; /* all fields of all records: "path=text;" */
    enum aw_err answer;
};

static enum aw_err on_record(void *context, const struct awh_record *record)
{
    struct seen *seen = context;
    if (seen->records < 8)
        seen->lines[seen->records] = record->line;
    seen->records++;
    for (size_t i = 0; i < record->count; i++) {
        size_t used = strlen(seen->text);
        snprintf(seen->text + used, sizeof(seen->text) - used, "%s=%s%s;", record->fields[i].path,
                 record->fields[i].text, record->fields[i].is_number ? "#" : "");
    }
    return seen->answer;
}

static enum aw_err read_json(const char *text, struct seen *seen, bool *complete, char *message)
{
    struct awh_diag diag = {0};
    struct awh_log log = {.path = "log.json", .stream = tmpfile()};
    assert_non_null(log.stream);
    assert_int_equal(fwrite(text, 1, strlen(text), log.stream), strlen(text));
    rewind(log.stream);
    enum aw_err err = awh_records_read(&log, on_record, seen, complete, &diag);
    fclose(log.stream);
    snprintf(message, sizeof(diag.text), "%s", diag.text);
    return err;
}

static const struct {
    const char *name, *text, *fields;
    unsigned records;
    bool complete;
} good[] = {
    {"a list", "[{\"a\": 1, \"b\": \"x\"}, {\"a\": -2.5e3}]", "a=1#;b=x;a=-2.5e3#;", 2, true},
    {"nested", "[{\"a\":{\"b\":[7,{\"c\":true}],\"d\":null},\"e\":2}]",
     "a.b[0]=7#;a.b[1].c=true;e=2#;", 1, true},
    {"one object", "{\"a\": {\"b\": 1}}", "a.b=1#;", 1, true},
    {"no brackets", "{\"a\":1},\n{\"a\":2},\n", "a=1#;a=2#;", 2, true},
    {"no end", "[{\"a\":1},\n{\"a\":2}", "a=1#;a=2#;", 2, false},
    {"cut inside", "[{\"a\":1},\n{\"a\":2, \"b", "a=1#;", 1, false},
    {"line numbers", "  1 [\n  2 {\"a\":1},\n 10 {\"a\":\n 11 [3,\n 12 4]}]",
     "a=1#;a[0]=3#;a[1]=4#;", 2, true},
    {"numbers alone on a line", "[{\"a\":[\n 1,\n 2 ]}]", "a[0]=1#;a[1]=2#;", 1, true},
    {"other items", "[1, \"x\", [2, {\"a\":3}], {\"b\":4}, null]", "b=4#;", 1, true},
    {"noise behind", "[{\"a\":1}] trailing", "a=1#;", 1, true},
    {"empty", "[]", "", 0, true},
};

static void objects_are_flattened(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct seen seen = {.answer = AW_OK};
        char message[1024];
        bool complete = false;
        enum aw_err err = read_json(good[i].text, &seen, &complete, message);
        if (err != AW_OK)
            fail_msg("%s: %s", good[i].name, message);
        if (seen.records != good[i].records || strcmp(seen.text, good[i].fields) != 0 ||
            complete != good[i].complete)
            fail_msg("%s: %u records, %s, %s", good[i].name, seen.records, seen.text,
                     complete ? "complete" : "cut");
        assert_true(awh_records_detect(good[i].text));
    }
}

static void records_know_their_lines(void **unused)
{
    (void)unused;
    struct seen seen = {.answer = AW_OK};
    char message[1024];
    bool complete;
    assert_int_equal(
        read_json("[\n{\"a\":1},\n\n{\n\"a\":2},{\"a\":3}\n]", &seen, &complete, message), AW_OK);
    assert_int_equal(seen.lines[0], 2);
    assert_int_equal(seen.lines[1], 4);
    assert_int_equal(seen.lines[2], 5);
}

static void damage_is_refused_with_its_line(void **unused)
{
    (void)unused;
    struct seen seen = {.answer = AW_OK};
    char message[1024], deep[128];
    bool complete;
    assert_int_equal(read_json("[{\"a\":1},\n{\"a\" 2}]", &seen, &complete, message),
                     AW_ERR_FORMAT);
    assert_non_null(strstr(message, "log.json:2: expected JSON: "));
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    assert_int_equal(read_json(deep, &seen, &complete, message), AW_ERR_FORMAT);
    assert_non_null(strstr(message, "log.json:1: nested deeper than 32 levels"));
    seen.answer = AW_ERR_RANGE; /* what the callback answers comes out */
    assert_int_equal(read_json("[{\"a\":1}]", &seen, &complete, message), AW_ERR_RANGE);
}

static void what_is_too_large_is_left_out(void **unused)
{
    (void)unused;
    struct seen seen = {.answer = AW_OK};
    char text[1024], key[400], message[1024];
    bool complete;
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    snprintf(text, sizeof(text), "[{\"%s\":{\"name\":1},\"b\":2}]", key);
    assert_int_equal(read_json(text, &seen, &complete, message), AW_OK);
    assert_string_equal(seen.text, "b=2#;"); /* and no field "name" that the object does not have */
}

static void other_texts_are_not_json(void **unused)
{
    (void)unused;
    assert_false(awh_records_detect("layers: []\n"));
    assert_false(awh_records_detect("20 runs\n{"));
    assert_false(awh_records_detect(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_flattened),
        cmocka_unit_test(records_know_their_lines),
        cmocka_unit_test(damage_is_refused_with_its_line),
        cmocka_unit_test(what_is_too_large_is_left_out),
        cmocka_unit_test(other_texts_are_not_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

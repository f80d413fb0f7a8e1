#include "readers/testing_test.h"

#include "readers/lines.h"

struct open_log {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_log log;
    struct awh_lines lines;
};

static void open_text(struct open_log *open, const char *text, size_t size)
{
    memset(open, 0, sizeof(*open));
    awh_arena_init(&open->arena);
    open->log = (struct awh_log){.path = "log.txt", .stream = tmpfile(), .arena = &open->arena};
    assert_non_null(open->log.stream);
    assert_int_equal(fwrite(text, 1, size, open->log.stream), size);
    rewind(open->log.stream);
    assert_int_equal(awh_lines_open(&open->lines, &open->log, &open->diag), AW_OK);
}

static void close_text(struct open_log *open)
{
    awh_lines_close(&open->lines);
    fclose(open->log.stream);
    awh_arena_release(&open->arena);
}

static void lines_lose_their_ends(void **unused)
{
    (void)unused;
    static const char text[] = "\xef\xbb\xbf"
                               "one\r\n\ntwo\0half\nthree";
    static const char *const expected[] = {"one", "", "two half", "three"};
    struct open_log open;
    open_text(&open, text, sizeof(text) - 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(awh_lines_next(&open.lines), expected[i]);
        assert_int_equal(open.lines.number, i + 1);
    }
    assert_null(awh_lines_next(&open.lines));
    assert_null(awh_lines_next(&open.lines));
    assert_int_equal(open.lines.err, AW_OK);
    assert_int_equal(awh_lines_fail(&open.lines, AW_ERR_FORMAT, "expected %d", 5), AW_ERR_FORMAT);
    assert_string_equal(open.diag.text, "log.txt:4: expected 5");
    close_text(&open);
}

static void an_empty_file_has_no_lines(void **unused)
{
    (void)unused;
    struct open_log open;
    open_text(&open, "", 0);
    assert_null(awh_lines_next(&open.lines));
    close_text(&open);
}

/* Lines whose ends fall on and beside the end of a chunk of 64 KiB, and beyond the longest line. */
static void lines_of_any_length(void **unused)
{
    (void)unused;
    static const size_t sizes[] = {65534,           65535,
                                   65536,           65537,
                                   131072,          AWH_LINE_MAX - 1,
                                   AWH_LINE_MAX,    AWH_LINE_MAX + 1,
                                   3 * AWH_LINE_MAX};
    char *text = malloc(3 * AWH_LINE_MAX + 8);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct open_log open;
        memset(text, 'a', sizes[i]);
        memcpy(text + sizes[i], "\nnext\n", 6);
        open_text(&open, text, sizes[i] + 6);
        const char *line = awh_lines_next(&open.lines);
        assert_non_null(line);
        assert_int_equal(strlen(line), sizes[i] < AWH_LINE_MAX ? sizes[i] : AWH_LINE_MAX);
        assert_string_equal(awh_lines_next(&open.lines), "next");
        assert_int_equal(open.lines.number, 2);
        assert_null(awh_lines_next(&open.lines));
        close_text(&open);
    }
    free(text);
}

static void pieces_know_where_lines_begin(void **unused)
{
    (void)unused;
    enum { LONG = 100000 };
    char *text = malloc(LONG + 16);
    assert_non_null(text);
    memcpy(text, "a\n", 2);
    memset(text + 2, 'b', LONG);
    memcpy(text + 2 + LONG, "\nc", 2);
    struct open_log open;
    open_text(&open, text, LONG + 4);
    size_t size, total = 0, begun = 0;
    bool begins;
    while (awh_lines_piece(&open.lines, &size, &begins) != NULL) {
        total += size;
        begun += begins;
        assert_int_equal(open.lines.number, begun);
    }
    assert_int_equal(total, LONG + 4);
    assert_int_equal(begun, 3);
    close_text(&open);
    free(text);
}

static void documents_are_bounded(void **unused)
{
    (void)unused;
    struct open_log open;
    char *text;
    size_t size;
    open_text(&open,
              "\xef\xbb\xbf"
              "a: 1\n",
              8);
    assert_int_equal(awh_log_load(&open.log, 8, &text, &size, &open.diag), AW_OK);
    assert_string_equal(text, "a: 1\n");
    assert_int_equal(size, 5);
    assert_int_equal(awh_log_load(&open.log, 7, &text, &size, &open.diag), AW_ERR_RANGE);
    close_text(&open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_lose_their_ends), cmocka_unit_test(an_empty_file_has_no_lines),
        cmocka_unit_test(lines_of_any_length),   cmocka_unit_test(pieces_know_where_lines_begin),
        cmocka_unit_test(documents_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

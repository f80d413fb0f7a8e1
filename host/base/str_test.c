#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"

static void appends(void **state)
{
    (void)state;
    struct awh_str str;
    awh_str_init(&str);
    awh_str_append(&str, "");
    assert_string_equal(str.text, "");
    awh_str_append(&str, "one ");
    awh_str_append_n(&str, "two\0three", 9);
    awh_str_printf(&str, "%d", 4);
    assert_int_equal(str.size, 14);
    assert_memory_equal(str.text, "one two\0three4", 15);
    assert_false(str.failed);
    awh_str_release(&str);
    assert_null(str.text);
}

static void prints_any_length(void **state)
{
    (void)state;
    char text[400];
    for (size_t n = 0; n < sizeof(text); n++) {
        struct awh_str str;
        memset(text, 'x', n);
        text[n] = '\0';
        awh_str_init(&str);
        awh_str_append(&str, "head ");
        awh_str_printf(&str, "%s", text);
        assert_int_equal(str.size, n + 5);
        assert_string_equal(str.text + 5, text);
        awh_str_release(&str);
    }
}

static void failure_is_kept(void **state)
{
    (void)state;
    struct awh_str str;
    awh_str_init(&str);
    awh_str_append(&str, "kept");
    awh_str_append_n(&str, "x", SIZE_MAX / 2);
    assert_true(str.failed);
    awh_str_append(&str, " more");
    awh_str_printf(&str, "%d", 1);
    assert_true(str.failed);
    assert_string_equal(str.text, "kept");
    awh_str_release(&str);
}

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"stride", "stride", 0},
        {"strid", "stride", 1},
        {"Stride", "stride", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 2},
        {"abc", "xyz", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(awh_str_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(awh_str_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
    char a[200], b[200];
    memset(a, 'a', sizeof(a));
    memset(b, 'b', sizeof(b));
    a[199] = b[199] = '\0';
    assert_int_equal(awh_str_distance(a, b), 64);
}

static void arena_items_are_zeroed_and_apart(void **state)
{
    (void)state;
    struct awh_arena arena;
    awh_arena_init(&arena);
    unsigned char *items[600];
    for (size_t i = 0; i < 600; i++) {
        size_t size = i * 37 % 9000; /* within and beyond a block */
        items[i] = awh_arena_alloc(&arena, size);
        assert_non_null(items[i]);
        assert_int_equal((uintptr_t)items[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++) {
            assert_int_equal(items[i][k], 0);
        }
        memset(items[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < 600; i++) {
        for (size_t k = 0; k < i * 37 % 9000; k++) {
            assert_int_equal(items[i][k], i % 255 + 1);
        }
    }
    awh_arena_release(&arena);
    assert_null(arena.blocks);
    assert_int_equal(arena.total_bytes, 0);
}

static void arena_texts_and_limits(void **state)
{
    (void)state;
    struct awh_arena arena;
    awh_arena_init(&arena);
    assert_string_equal(awh_arena_strdup(&arena, "abc"), "abc");
    assert_string_equal(awh_arena_strndup(&arena, "abc", 2), "ab");
    assert_string_equal(awh_arena_printf(&arena, "%s-%d", "n", 5), "n-5");
    assert_null(awh_arena_alloc(&arena, SIZE_MAX));
    assert_null(awh_arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(awh_arena_strndup(&arena, "abc", SIZE_MAX));
    awh_arena_release(&arena);
}

static void grows(void **state)
{
    (void)state;
    size_t capacity = 0;
    int *items = NULL;
    for (int i = 0; i < 1000; i++) {
        items = awh_grow(items, &capacity, (size_t)i + 1, sizeof(*items));
        assert_non_null(items);
        assert_true(capacity > (size_t)i);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(items[i], i);
    }
    size_t before = capacity;
    assert_null(awh_grow(items, &capacity, SIZE_MAX / 2, sizeof(*items)));
    assert_null(awh_grow(items, &capacity, SIZE_MAX, sizeof(*items)));
    assert_int_equal(capacity, before);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(prints_any_length),
        cmocka_unit_test(failure_is_kept),
        cmocka_unit_test(distances),
        cmocka_unit_test(arena_items_are_zeroed_and_apart),
        cmocka_unit_test(arena_texts_and_limits),
        cmocka_unit_test(grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

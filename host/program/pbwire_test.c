#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program/pbwire.h"

static void expect(const struct awh_str *out, const char *row, const void *bytes, size_t size)
{
    assert_false(out->failed);
    if (out->size != size || memcmp(out->text, bytes, size) != 0)
        fail_msg("%s: other bytes", row);
}

/* Bytes from protobuf's encoding guide and by hand. */
static void test_scalars(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t field;
        int64_t value;
        const char *bytes;
        size_t size;
    } rows[] = {
        {"zero", 1, 0, "\x08\x00", 2},
        {"guide: 150", 1, 150, "\x08\x96\x01", 3},
        {"127 is one byte", 2, 127, "\x10\x7f", 2},
        {"128 is two", 2, 128, "\x10\x80\x01", 3},
        {"two-byte tag", 16, 1, "\x80\x01\x01", 3},
        {"minus two", 1, -2, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
        {"largest", 1, INT64_MAX, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10},
        {"largest field", 0x1fffffff, 1, "\xf8\xff\xff\xff\x0f\x01", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct awh_str out;
        awh_str_init(&out);
        awh_pb_int(&out, rows[i].field, rows[i].value);
        expect(&out, rows[i].name, rows[i].bytes, rows[i].size);
        awh_str_release(&out);
    }
}

static void test_floats_and_text(void **state)
{
    (void)state;
    struct awh_str out;
    awh_str_init(&out);
    awh_pb_float(&out, 3, -1.5f);
    awh_pb_text(&out, 2, "testing");
    awh_pb_text(&out, 2, "");
    awh_pb_packed_floats(&out, 5, (const float[]){1.0f, INFINITY}, 2);
    awh_pb_packed_floats(&out, 5, NULL, 0);
    awh_pb_packed_ints(&out, 6, (const int64_t[]){3, 270, 86942}, 3);
    awh_pb_packed_ints(&out, 6, NULL, 0);
    static const char bytes[] = "\x1d\x00\x00\xc0\xbf"
                                "\x12\x07testing"
                                "\x12\x00"
                                "\x2a\x08\x00\x00\x80\x3f\x00\x00\x80\x7f"
                                "\x32\x06\x03\x8e\x02\x9e\xa7\x05";
    expect(&out, "floats and text", bytes, sizeof bytes - 1);
    awh_str_release(&out);
}

static void test_nesting(void **state)
{
    (void)state;
    struct awh_str out;
    awh_str_init(&out);
    size_t outer = awh_pb_begin(&out, 3);
    size_t inner = awh_pb_begin(&out, 1);
    awh_pb_int(&out, 1, 150);
    awh_pb_end(&out, inner);
    inner = awh_pb_begin(&out, 2);
    awh_pb_end(&out, inner);
    awh_pb_end(&out, outer);
    static const char bytes[] = "\x1a\x07\x0a\x03\x08\x96\x01\x12\x00";
    expect(&out, "nesting", bytes, sizeof bytes - 1);
    awh_str_release(&out);
}

/* A length of several bytes pushes the message up; floats cross the copying buffer. */
static void test_long_message(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    float values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = (float)i;
    struct awh_str out;
    awh_str_init(&out);
    size_t mark = awh_pb_begin(&out, 1);
    awh_pb_packed_floats(&out, 5, values, COUNT);
    awh_pb_end(&out, mark);
    assert_false(out.failed);
    assert_int_equal(out.size, 1 + 2 + 1 + 2 + 4 * COUNT);
    assert_memory_equal(out.text, "\x0a\xa3\x1f\x2a\xa0\x1f", 6);
    for (int i = 0; i < COUNT; i++) {
        float value;
        memcpy(&value, out.text + 6 + 4 * i, 4);
        assert_true(value == values[i]);
    }
    awh_str_release(&out);
}

/* A buffer that failed stays as it was, whatever is called. */
static void test_failed_buffer(void **state)
{
    (void)state;
    struct awh_str out;
    awh_str_init(&out);
    awh_pb_int(&out, 1, 1);
    size_t mark = awh_pb_begin(&out, 2);
    out.failed = true;
    awh_pb_packed_floats(&out, 5, (const float[]){1.0f}, 1);
    awh_pb_end(&out, mark);
    assert_true(out.failed);
    assert_int_equal(out.size, 3);
    awh_str_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),       cmocka_unit_test(test_floats_and_text),
        cmocka_unit_test(test_nesting),       cmocka_unit_test(test_long_message),
        cmocka_unit_test(test_failed_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "readers/text.h"

static void numbers(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int ok; /* the whole text is a number */
        double value;
    } rows[] = {
        {"0", 1, 0},
        {" 12.5", 1, 12.5},
        {"100.", 1, 100},
        {".5", 1, 0.5},
        {"-1e-3", 1, -1e-3},
        {"+2", 1, 2},
        {"0.1", 1, 0.1},
        {"123456.789", 1, 123456.789},
        {"0.06147037999999982", 1, 0.06147037999999982},
        {"12345678901234567890", 1, 12345678901234567890.0},
        {"1e300", 1, 1e300},
        {"1e999", 0, 0},
        {"nan", 0, 0},
        {"inf", 0, 0},
        {"0x10", 0, 0},
        {"1.2.3", 0, 0},
        {"1e", 0, 0},
        {"-", 0, 0},
        {".", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double value = -7;
        bool ok = awh_is_number(rows[i].text, NULL, &value);
        if (ok != rows[i].ok || (ok && value != rows[i].value))
            fail_msg("'%s' -> %d, %.17g", rows[i].text, ok, value);
        if (!ok && value != -7)
            fail_msg("'%s' was refused, but changed its output", rows[i].text);
    }
    double value;
    assert_true(awh_is_number("16.2% ", "%", &value) && value == 16.2);
    assert_true(awh_number_after("a = 1.5 ms", " = ", &value) && value == 1.5);
    assert_false(awh_number_after("a = x", " = ", &value));
}

static void decimal_commas(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *suffix;
        double value; /* NAN: no number */
    } rows[] = {
        {"1,059", NULL, 1.059}, {" -0,5 ", NULL, -0.5}, {"16,2%", "%", 16.2},
        {"1.059", NULL, 1.059}, {"1,2,3", NULL, NAN},   {"1,", NULL, NAN},
        {",5", NULL, NAN},      {"1,5.2", NULL, NAN},   {"1,5e", NULL, NAN},
        {"1,5 a", NULL, NAN},   {"+,5", NULL, NAN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double value = NAN;
        bool is_number = awh_is_number(rows[i].text, rows[i].suffix, &value);
        if (is_number == isnan(rows[i].value) || (is_number && value != rows[i].value))
            fail_msg("'%s': %g", rows[i].text, value);
    }
}

static void digits(void **unused)
{
    (void)unused;
    const char *at = " 42 ticks";
    uint64_t value;
    assert_true(awh_digits(&at, &value));
    assert_int_equal(value, 42);
    assert_string_equal(at, " ticks");
    at = "99999999999999999999";
    assert_false(awh_digits(&at, &value));
    at = "-1";
    assert_false(awh_digits(&at, &value));
}

static void fields(void **unused)
{
    (void)unused;
    char text[64], *out[3];
    strcpy(text, "a | b |c| d");
    assert_int_equal(awh_split(text, '|', out, 3), 3);
    assert_string_equal(out[0], "a");
    assert_string_equal(out[1], "b");
    assert_string_equal(out[2], "c| d");
    strcpy(text, "");
    assert_int_equal(awh_split(text, '|', out, 3), 1);
    assert_string_equal(out[0], "");
}

static void last_words(void **unused)
{
    (void)unused;
    char text[64], *out[2];
    strcpy(text, "  1 a name   2.5\t3 ");
    assert_true(awh_last_words(text, 2, out));
    assert_string_equal(text, "  1 a name");
    assert_string_equal(out[0], "2.5");
    assert_string_equal(out[1], "3");
    strcpy(text, "one two");
    assert_false(awh_last_words(text, 2, out)); /* nothing before them */
    assert_string_equal(text, "one two");
    strcpy(text, "one");
    assert_false(awh_last_words(text, 2, out));
    strcpy(text, "");
    assert_false(awh_last_words(text, 1, out));
}

static void words(void **unused)
{
    (void)unused;
    char text[] = "  AP 1\tLSTART  20 ", *at = text;
    assert_string_equal(awh_word(&at), "AP");
    assert_string_equal(awh_word(&at), "1");
    assert_string_equal(awh_word(&at), "LSTART");
    assert_string_equal(awh_word(&at), "20");
    assert_null(awh_word(&at));
    assert_null(awh_word(&at));
}

static void blanks(void **unused)
{
    (void)unused;
    char text[] = "\t a b \t", zeros[] = "a\0b\0";
    assert_string_equal(awh_trim(text), "a b");
    awh_blank_zeros(zeros, 4);
    assert_string_equal(zeros, "a b ");
    assert_true(awh_starts("abc", "ab") && !awh_starts("a", "ab"));
    assert_true(awh_ends("abc", "bc") && !awh_ends("c", "bc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(decimal_commas), cmocka_unit_test(digits),
        cmocka_unit_test(fields),  cmocka_unit_test(last_words),     cmocka_unit_test(words),
        cmocka_unit_test(blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

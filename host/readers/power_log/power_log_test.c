#include "readers/testing_test.h"

static void rails_are_averaged(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("power_log/rails", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "power");
    assert_string_equal(run->unit, "uW");
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "VCCINT", 7e6, 2);
    assert_layer(run, 1, "VCCBRAM", 44070, 2);
    assert_int_equal(run->layers[0].count, 3);
    assert_near(run->layers[0].spread->max, 8e6);
    assert_near(run->overall, 7e6);
    assert_near(figure_of(run, "duration", "s"), 3);
    assert_near(figure_of(run, "energy", "J"), 7 + 15);
    release(&reading);
}

static void the_names_may_be_missing(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("Thu Nov  9 21:17:24 2020,6178900,44070\nThu Nov  9 21:17:25 2020,6178902,44072\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_layer(&reading.runs.runs[0], 0, "rail 1", 6178901, 1);
    assert_layer(&reading.runs.runs[0], 1, "rail 2", 44071, 1);
    release(&reading);
}

static void every_line_has_the_same_rails(void **unused)
{
    (void)unused;
    expect_refusal("power_log/rails", "8000000,44070", "8000000",
                   ":3: expected 3 columns, found 2");
}

/* The tool was ended while it wrote it. */
static void the_last_line_may_be_cut_off(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("Thu Nov  9 21:17:24 2020,6178900,44070\nThu Nov  9 21:17:25 2020,61789\n", &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_near(reading.runs.runs[0].overall, 6178900);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rails_are_averaged),
        cmocka_unit_test(the_names_may_be_missing),
        cmocka_unit_test(every_line_has_the_same_rails),
        cmocka_unit_test(the_last_line_may_be_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

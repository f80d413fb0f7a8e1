#include "readers/testing_test.h"

#include "readers/tflm/vectors_test.h"

static void reads_lists_totals_and_the_arena(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("tflm/took", 3, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run[0].section, "by_type");
    assert_layer(&run[0], 0, "tflite::GetModel", 4, 2);
    assert_near(run[0].overall, 4);
    assert_null(run[1].section);
    assert_string_equal(run[1].unit, "ticks");
    assert_int_equal(run[1].layer_count, 3);
    assert_layer(&run[1], 0, "CONV_2D", 249561, 5);
    assert_layer(&run[1], 1, "CONV_2D", 84958, 6);
    assert_layer(&run[1], 2, "SOFTMAX", 163, 7);
    assert_string_equal(run[2].perf, "memory");
    assert_string_equal(run[2].unit, "B");
    assert_near(run[2].overall, 84436);
    release(&reading);
}

static void reads_csv(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("tflm/csv", 2, &reading);
    assert_layer(&reading.runs.runs[0], 0, "CONV_2D", 1500, 2);
    assert_layer(&reading.runs.runs[0], 1, "SOFTMAX", 20, 3);
    assert_near(reading.runs.runs[1].overall, 15732);
    release(&reading);
}

static void every_list_is_a_run(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("A took 1 ticks (0 ms).\r\n\r\nB took 2 ticks (0 ms).\r\nResult: 7\r\n"
              "A took 3 ticks (0 ms).\r\nB took 4 ticks (0 ms).\r\n",
              &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 2);
    assert_layer(&reading.runs.runs[0], 1, "B", 2, 3);
    assert_layer(&reading.runs.runs[1], 1, "B", 4, 6);
    release(&reading);
}

/* Serial lines lose lines. What the tags have was timed since the start. */
static void events_add_up_to_the_total_below(void **unused)
{
    (void)unused;
    static const char list[] = "A took 1 ticks (0 ms).\nB took 2 ticks (0 ms).\n\n"
                               "\"Unique Tag\",\"Total ticks across all events with that tag.\"\n"
                               "Init, 7\nA, 1\nB, 2\n\"total number of ticks\", %u\n";
    for (unsigned total = 3; total < 5; total++) {
        struct reading reading;
        char text[512];
        snprintf(text, sizeof(text), list, total);
        read_text(text, &reading);
        assert_int_equal(reading.err, AW_OK);
        assert_int_equal(reading.runs.count, 2);
        assert_int_equal(reading.runs.runs[0].incomplete, total == 4);
        assert_near(figure_of(reading.runs.runs, AWH_LAYERS_TOTAL, "ticks"), total);
        assert_string_equal(reading.runs.runs[1].section, "by_type");
        if (total == 4)
            assert_non_null(strstr(reading.warning, ":8: the 2 events from line 1 on add up to 3 "
                                                    "ticks, not to the total of 4;"));
        else
            assert_string_equal(reading.warning, "");
        release(&reading);
    }
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists_totals_and_the_arena),
        cmocka_unit_test(reads_csv),
        cmocka_unit_test(every_list_is_a_run),
        cmocka_unit_test(events_add_up_to_the_total_below),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

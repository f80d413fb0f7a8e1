#include "readers/testing_test.h"

#include "readers/n2cube/vectors_test.h"

static void reads_every_table(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("n2cube/two_tables", 4, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run[0].perf, "latency");
    assert_string_equal(run[0].unit, "ms");
    assert_string_equal(run[0].net, "net_0");
    assert_int_equal(run[0].line, 2);
    assert_int_equal(run[0].count, 1);
    assert_int_equal(run[0].layer_count, 3);
    assert_layer(&run[0], 0, "conv1", 1.059, 5);
    assert_layer(&run[0], 1, "a_name_that_is_longer_than_thirty_columns", 0.96, 6);
    assert_layer(&run[0], 2, "a_name_that_was_cut_somewhere*", 0, 7);
    assert_near(run[0].overall, 2.019);
    assert_near(figure_of(&run[0], AWH_LAYERS_TOTAL, "ms"), 2.019);
    assert_near(figure_of(&run[0], "workload", "MOP"), 1106.625);
    assert_near(figure_of(&run[0], "utilization", "%"), 44.6);
    assert_string_equal(run[1].perf, "memory");
    assert_string_equal(run[1].unit, "MiB");
    assert_layer(&run[1], 0, "conv1", 0.26, 5);
    assert_near(run[1].overall, 1.01 * 1e6 / 1048576); /* All is in MB */
    assert_near(run[2].overall, 2.02);
    assert_layer(&run[2], 1, "conv2", 0.96, 16);
    release(&reading);
}

static void a_total_that_the_rows_do_not_add_up_to_is_refused(void **unused)
{
    (void)unused;
    expect_refusal("n2cube/two_tables", "2.019 ", "2.022 ",
                   ":10: All took 2.022 ms, but the 3 rows");
    expect_refusal("n2cube/two_tables", "conv1       210.830", "conv1       210;830",
                   "rows are missing or damaged");
}

static void memory_that_does_not_add_up_is_said(void **unused)
{
    (void)unused;
    expect_warning(
        "n2cube/two_tables", "1106.625    1.01", "1106.625    1.06", false,
        ":10: All has 1.06 MB, but the 3 rows of the table, in MiB, add up to 1.00663 MB");
    expect_warning("n2cube/two_tables", "1106.625    1.01", "1106.625    1.02", false, "");
}

static void a_table_without_its_end_is_incomplete(void **unused)
{
    (void)unused;
    struct reading reading;
    const char *text = example("n2cube/two_tables");
    read_bytes(text, (size_t)(strstr(text, "   3 a_name") - text), &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 2);
    assert_true(reading.runs.runs[0].incomplete);
    assert_true(isnan(reading.runs.runs[0].overall));
    assert_non_null(strstr(reading.warning, ":2: the table that begins here has no row 'All'"));
    release(&reading);
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_table),
        cmocka_unit_test(a_total_that_the_rows_do_not_add_up_to_is_refused),
        cmocka_unit_test(memory_that_does_not_add_up_is_said),
        cmocka_unit_test(a_table_without_its_end_is_incomplete),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "readers/testing_test.h"

static void each_kernel_is_averaged(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("dsight/tasks", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_int_equal(run->layer_count, 2);
    assert_layer(run, 0, "net_0", 3.0, 1);
    assert_layer(run, 1, "net_1", 0.5, 2);
    assert_int_equal(run->layers[0].count, 2);
    assert_near(run->layers[0].spread->min, 2.5);
    assert_near(run->layers[0].spread->max, 3.5);
    assert_true(isnan(run->overall)); /* of which kernel? */
    release(&reading);
}

static void one_kernel_is_the_net(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("2\t               net_0\t1000\t3500\t0.400\n", &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_near(reading.runs.runs[0].overall, 2.5);
    release(&reading);
}

static void bad_rows_are_refused(void **unused)
{
    (void)unused;
    expect_refusal("dsight/tasks", "1100\t1600", "1100", ":2: expected CORE, KERNEL");
    expect_refusal("dsight/tasks", "4000\t7500", "4000\t3999", ":3: expected CORE, KERNEL");
    expect_refusal("dsight/tasks", "1100", "11x0", ":2: expected CORE, KERNEL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kernel_is_averaged),
        cmocka_unit_test(one_kernel_is_the_net),
        cmocka_unit_test(bad_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

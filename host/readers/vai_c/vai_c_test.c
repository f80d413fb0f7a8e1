#include "readers/testing_test.h"

static const struct sample_run sample_runs[] = {
    {.file = "dnndk/vai_c_kernel_list_proxylessmobile05.txt",
     .run_count = 1,
     .perf = "memory",
     .unit = "MB",
     .line = 5,
     .overall = 0.17 + 2.06 + 0.34},
};

static void reads_what_a_kernel_takes(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("vai_c/kernels", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "memory");
    assert_string_equal(run->unit, "MB");
    assert_string_equal(run->net, "net");
    assert_near(run->overall, 0.17 + 2.06 + 0.5);
    assert_near(figure_of(run, "workload", "MOPS"), 207.17);
    assert_near(figure_of(run, "nodes", ""), 42);
    release(&reading);
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    struct reading reading;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
    if (!read_sample(sample_runs[0].file, &reading))
        skip();
    assert_near(figure_of(reading.runs.runs, "workload", "MOPS"), 207.17);
    assert_near(figure_of(reading.runs.runs, "tensors", ""), 43);
    assert_near(figure_of(reading.runs.runs, "nodes", ""), 42);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_kernel_takes),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "readers/testing_test.h"

static const struct sample_run sample_runs[] = {
    {.file = "dnndk/dexplorer_w_zcu102_B4096x3.txt",
     .run_count = 1,
     .perf = "info",
     .unit = "",
     .line = 1,
     .overall = (double)NAN},
};

static void reads_the_device(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("dexplorer/two_cores", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run->perf, "info");
    assert_int_equal(run->layer_count, 0);
    assert_near(figure_of(run, "cores", ""), 2);
    assert_near(figure_of(run, "core 0 peak", "GOPS"), 1228.8);
    assert_near(figure_of(run, "core 1 peak", "GOPS"), 230.4);
    const struct awh_yaml *cores = awh_yaml_get(run->device, "cores");
    assert_non_null(cores);
    assert_int_equal(cores->list.count, 2);
    assert_string_equal(awh_yaml_get(cores->list.items[1], "dpu_arch")->str.text, "B1152");
    assert_string_equal(awh_yaml_get(run->device, "ip_timestamp")->str.text, "2019-11-18 18:45:00");
    release(&reading);
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    struct reading reading;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
    if (!read_sample(sample_runs[0].file, &reading))
        skip();
    static const char *const peaks[] = {"core 0 peak", "core 1 peak", "core 2 peak"};
    for (size_t i = 0; i < 3; i++)
        assert_near(figure_of(reading.runs.runs, peaks[i], "GOPS"), 1228.8);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_device),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

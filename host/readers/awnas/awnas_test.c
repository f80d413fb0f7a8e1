#include "readers/testing_test.h"

#include "readers/awnas/vectors_test.h"

static void every_kind_of_performance_is_a_run(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("awnas/list", 2, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_string_equal(run[0].perf, "latency");
    assert_string_equal(run[0].unit, "ms");
    assert_int_equal(run[0].layer_count, 2);
    assert_near(run[0].layers[0].value, 0.5);
    assert_non_null(run[0].layers[0].prim);
    assert_string_equal(run[0].layers[0].type, "mobilenet_v2_block");
    assert_near(run[0].layers[1].value, 0.25);
    assert_null(run[0].layers[1].prim); /* it has no size */
    assert_non_null(strstr(run[0].layers[1].name, "expansion=4"));
    assert_string_equal(run[1].perf, "power");
    assert_int_equal(run[1].layer_count, 1);
    assert_near(run[1].layers[0].value, 6000000);
    release(&reading);
}

static void reads_what_parse_writes(void **unused)
{
    (void)unused;
    struct reading reading;
    read_example("awnas/parsed", 1, &reading);
    const struct awh_layer_run *run = reading.runs.runs;
    assert_near(run->overall, 3.5);
    assert_string_equal(run->unit, "instructions");
    assert_true(run->verified);
    assert_int_equal(run->layers[0].count, 7);
    release(&reading);
}

/* PyYAML writes an alias where an object comes again. */
static void aliases_are_values_of_their_own_keys(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text(
        "- C: &c 24\n  C_out: *c\n  activation: relu\n  affine: true\n  expansion: 3\n  "
        "kernel_size: 5\n"
        "  performances: &p\n    latency: &v 0.5\n    power: *v\n"
        "  prim_type: mobilenet_v2_block\n  spatial_size: 28\n  stride: 1\n"
        "- C: 16\n  C_out: 16\n  affine: true\n  expansion: 4\n  kernel_size: 3\n"
        "  performances: *p\n  prim_type: mobilenet_v2_block\n  spatial_size: 28\n  stride: 1\n",
        &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_int_equal(reading.runs.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct awh_layer_run *run = &reading.runs.runs[i];
        assert_string_equal(run->perf, i == 0 ? "latency" : "power");
        assert_int_equal(run->layer_count, 2);
        assert_near(run->layers[1].value, 0.5);
        assert_non_null(run->layers[0].prim);
    }
    release(&reading);
}

static void bad_files_are_refused_with_their_place(void **unused)
{
    (void)unused;
    expect_refusal("awnas/list", "latency: 0.5", "latency: -1",
                   "performances.latency: expected at");
    expect_refusal("awnas/list", "latency: 0.5", "latency: x", "performances.latency");
    expect_refusal("awnas/parsed", "primitives:", "prims:", "primitives");
}

static void primitives_add_up_to_their_block_sum(void **unused)
{
    (void)unused;
    expect_warning("awnas/parsed", "block_sum_latency: 3.0", "block_sum_latency: 3.5", false,
                   ":1: block_sum_latency: 3.5, but the 1 primitives add up to 3;");
}

static void reads_the_samples(void **unused)
{
    (void)unused;
    check_samples(sample_runs, sizeof(sample_runs) / sizeof(sample_runs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_performance_is_a_run),
        cmocka_unit_test(reads_what_parse_writes),
        cmocka_unit_test(aliases_are_values_of_their_own_keys),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
        cmocka_unit_test(primitives_add_up_to_their_block_sum),
        cmocka_unit_test(reads_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

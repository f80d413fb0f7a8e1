/* Every primitive through the engine, on the fake's GPU. */
#include "timing/cuda/fake_testing.h"
#include "timing/cuda/prims_testing.h"

static void every_primitive_is_as_the_reference_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct awh_engine_options options = {
            .mode = rows[i].mode, .precision = rows[i].precision, .cold = rows[i].cold};
        struct awh_diag diag = {.warn = prims_quiet};
        void *engine = NULL;
        size_t count = 0;
        double worst = 0.0;
        char name[96] = "";
        if (rows[i].cold)
            continue; /* flushes change no value */
        start(&machine);
        assert_int_equal(ops->open(&options, &engine, &diag), AW_OK);
        if (prims_verify(engine, &options, &count, &worst, name, &diag))
            fail_msg("%s: %s: %s (%s)", rows[i].name, name, diag.text,
                     awh_cuda_fake_misuse() ? awh_cuda_fake_misuse() : "no misuse");
        ops->close(engine);
        assert_clean(rows[i].name);
        assert_true(count > 100);
        print_message("%s: %zu primitives, worst error %.3g\n", rows[i].name, count, worst);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_primitive_is_as_the_reference_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, forget_fake);
}

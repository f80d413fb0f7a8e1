/* The stub, which a build with CUDA does not have: its text is taken in here under another name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#undef AWNAS_CUDA_MISSING
#define AWNAS_CUDA_MISSING "built without CUDA"
#define awh_engine_cuda    stub
#include "timing/cuda/stub.c"

/* Who looks for devices asks a stub for nothing but these. */
static void says_what_is_missing(void **state)
{
    (void)state;
    assert_string_equal(stub.name, "cuda");
    assert_false(stub.host);
    assert_string_equal(stub.missing, "built without CUDA");
    assert_null(stub.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

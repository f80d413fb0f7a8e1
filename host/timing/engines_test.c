/* Device numbers, and what every engine has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "timing/engine.h"

static void test_every_engine_is_complete(void **state)
{
    (void)state;
    unsigned hosts = 0;
    for (const struct awh_engine_ops *const *ops = awh_engines(); *ops; ops++) {
        const struct awh_engine_ops *o = *ops;
        assert_ptr_equal(awh_engine_find(o->name), o);
        hosts += o->host;
        if (o->missing) { /* a stub says what to install */
            assert_non_null(strstr(o->missing, "built without"));
            continue;
        }
        assert_true(o->count && o->title && o->open && o->close && o->describe && o->load &&
                    o->unload && o->steps && o->run_step && o->read && o->pass_layers && o->parts &&
                    o->pass_whole && o->stamp_ns);
        size_t rejects = 0;
        while (o->rejects[rejects])
            rejects++;
        assert_true(rejects <= AWH_REJECTS_MAX);
    }
    assert_int_equal(hosts, 1);
    assert_null(awh_engine_find("abacus"));
}

static void test_devices(void **state)
{
    (void)state;
    static const int64_t none[] = {-2, 1000, -1000000, 1000000};
    const struct awh_engine_ops *ops = NULL;
    unsigned device = 7;
    struct awh_diag diag = {0};
    if (!awh_engine_find("cpu")->missing) {
        assert_int_equal(awh_engine_of_device(-1, &ops, &device, &diag), AW_OK);
        assert_string_equal(ops->name, "cpu");
        assert_int_equal(device, 0);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        diag = (struct awh_diag){0};
        assert_int_equal(awh_engine_of_device(none[i], &ops, &device, &diag), AW_ERR_NOT_FOUND);
        assert_non_null(strstr(diag.text, "--device: there is no device "));
        assert_non_null(strstr(diag.text, awh_engine_find("cpu")->missing ? "cpu: " : "-1: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_engine_is_complete),
        cmocka_unit_test(test_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

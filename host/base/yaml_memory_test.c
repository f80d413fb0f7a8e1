/* Every allocation of a load and a dump is made to fail once: each failure is reported as such, and
 * gives everything back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

/* glibc's allocator under its other names; the sanitizers bring their own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *item);

static bool armed;
static long calls_left, live;

static bool must_fail(void)
{
    return armed && calls_left-- <= 0;
}

static void *counted(void *item)
{
    live += armed && item != NULL;
    return item;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (must_fail()) {
        return NULL;
    }
    return old == NULL ? counted(__libc_realloc(old, size)) : __libc_realloc(old, size);
}

void free(void *item)
{
    live -= armed && item != NULL;
    __libc_free(item);
}

static enum aw_err load_and_dump(const char *text, size_t size, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_str out;
    struct awh_yaml *root;
    awh_arena_init(&arena);
    awh_str_init(&out);
    enum aw_err err = awh_yaml_load(&arena, "t.yaml", text, size, &root, diag);
    if (err == AW_OK) {
        err = awh_yaml_dump(root, &out, diag);
    }
    awh_str_release(&out);
    awh_arena_release(&arena);
    return err;
}

static void drop_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void fails_at_every_allocation(void **state)
{
    (void)state;
    struct awh_str text;
    awh_str_init(&text);
    awh_str_append(&text,
                   "anchor: &a {x: [1, 2.5, yes, ~], y: &s 'quoted'}\ncopy: {<<: *a, z: *s}\n"
                   "dup: 1\ndup: 2\n&k key: *k\n0x1f: 1\n");
    for (int i = 0; i < 400; i++) {
        awh_str_printf(&text, "key %d: [a, {b: c}]\n",
                       i); /* enough for several blocks and a table */
    }
    assert_false(text.failed);
    long n = 0;
    enum aw_err err = AW_ERR_NO_MEM;
    struct awh_diag diag = {0};
    for (; err != AW_OK; n++) {
        diag = (struct awh_diag){.warn = drop_warning};
        calls_left = n;
        live = 0;
        armed = true;
        err = load_and_dump(text.text, text.size, &diag);
        armed = false;
        if (live != 0 || (err != AW_OK && (err != AW_ERR_NO_MEM || diag.err != AW_ERR_NO_MEM))) {
            fail_msg("allocation %ld: code %d, '%s', %ld items not freed", n, err, diag.text, live);
        }
    }
    assert_true(n > 100);
    awh_str_release(&text);
}

#else

static void fails_at_every_allocation(void **state)
{
    (void)state;
    skip(); /* needs glibc's allocator without a sanitizer's in front of it */
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "readers/reader.h"

static const char good[] = "device:\n  board: zcu102\n"
                           "layers:\n"
                           "- latency: 12.5\n  name: 0_conv_1\n"
                           "- latency: 3\n  name: 0_conv_2\n"
                           "overall_latency: 15.25\n"
                           "program_crc32: '0x1a2b3c4d'\n"
                           "unit: instructions\n"
                           "verified: true\n";

static const char block_sum[] = "block_sum_latency: 15.5\n"
                                "layers:\n- latency: 12.5\n  name: 0_conv_1\n"
                                "- latency: %s\n  name: 0_conv_2\n"
                                "program_crc32: '0x1a2b3c4d'\nunit: ms\n";

static enum aw_err read_text(const char *text, struct awh_arena *arena, struct awh_layer_runs *runs,
                             struct awh_diag *diag)
{
    char path[] = "/tmp/own_test_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(awh_file_write(path, text, strlen(text), diag), AW_OK);
    enum aw_err err = awh_reader_read(arena, path, runs, diag);
    unlink(path);
    return err;
}

static void reads_what_measure_writes(void **unused)
{
    (void)unused;
    struct awh_arena arena;
    struct awh_diag diag = {0};
    struct awh_layer_runs runs;
    awh_arena_init(&arena);
    assert_int_equal(read_text(good, &arena, &runs, &diag), AW_OK);
    assert_int_equal(runs.count, 1);
    const struct awh_layer_run run = runs.runs[0];
    assert_string_equal(run.reader, "own");
    assert_string_equal(run.perf, "latency");
    assert_int_equal(run.layers[1].line, 6);
    assert_int_equal(run.layer_count, 2);
    assert_string_equal(run.layers[0].name, "0_conv_1");
    assert_true(run.layers[0].value == 12.5 && run.layers[1].value == 3);
    assert_true(run.overall == 15.25);
    assert_true(run.verified);
    assert_string_equal(run.unit, "instructions");
    assert_string_equal(run.program_crc32, "0x1a2b3c4d");
    assert_non_null(run.device);
    awh_arena_release(&arena);
}

static char *replace(const char *from, const char *to)
{
    static char text[1024];
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static void bad_files_are_refused_with_their_place(void **unused)
{
    (void)unused;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"latency: 12.5", "latency: -1", "layers[0].latency: expected at least 0"},
        {"latency: 12.5", "latency: fast", "layers[0].latency"},
        {"  name: 0_conv_2\n", "", "layers[1]"},
        {"unit: instructions\n", "", "unit"},
        {"program_crc32:", "program_crc:", "program_crc32"},
        {"overall_latency: 15.25", "overall_latency: x", "overall_latency"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_diag diag = {0};
        struct awh_layer_runs runs;
        awh_arena_init(&arena);
        assert_int_not_equal(read_text(replace(rows[i].from, rows[i].to), &arena, &runs, &diag),
                             AW_OK);
        if (strstr(diag.text, rows[i].message) == NULL)
            fail_msg("'%s' -> '%s': %s", rows[i].from, rows[i].to, diag.text);
        awh_arena_release(&arena);
    }
}

static void layers_add_up_to_the_block_sum(void **unused)
{
    (void)unused;
    static const struct {
        const char *latency, *says;
    } rows[] = {{"3", NULL},
                {"3.5", ":1: block_sum_latency: 15.5, but the 2 layers add up to 16; layers are "},
                {"0", "add up to 12.5"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_diag diag = {0};
        struct awh_layer_runs runs;
        char text[512];
        awh_arena_init(&arena);
        snprintf(text, sizeof(text), block_sum, rows[i].latency);
        enum aw_err err = read_text(text, &arena, &runs, &diag);
        assert_int_equal(err, rows[i].says == NULL ? AW_OK : AW_ERR_MISMATCH);
        if (rows[i].says != NULL && strstr(diag.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].latency, diag.text);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_measure_writes),
        cmocka_unit_test(layers_add_up_to_the_block_sum),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

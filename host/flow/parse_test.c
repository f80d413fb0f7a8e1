/* Logs of a made-up tool -> primitives: what belongs to which net, what becomes of samples, sums.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "flow/flow.h"
#include "flow/parse_cases_test.h"
#include "prims/prim.h"
#include "readers/reader.h"

/* -- The tool ------------------------------------------------------------------------------------
 *
 *   fake PERF UNIT OVERALL     begins a run; OVERALL may be "-"; PERF "tuning" is a warm-up, "cut"
 *                              a latency that lacks layers, "own" one of our own firmware
 *   kernel NAME                that the run is of
 *   board NAME                 of the device
 *   sample VALUE               of the whole
 *   total VALUE                of the layers, as the tool has it
 *   layer VALUE NAME */

#define FAKE_MAX 64

static bool fake_detect(const char *text, size_t size)
{
    (void)size;
    return strncmp(text, "fake ", 5) == 0;
}

struct fake_run {
    struct awh_layer_run run;
    struct awh_layer_time layers[FAKE_MAX];
    double samples[FAKE_MAX];
    struct awh_figure total;
    char perf[20], unit[20], kernel[20], board[20], names[FAKE_MAX][80];
    bool open;
};

static enum aw_err fake_give(const struct awh_log *log, struct fake_run *fake,
                             struct awh_diag *diag)
{
    if (!fake->open)
        return AW_OK;
    fake->run.layers = fake->layers;
    fake->run.samples = fake->samples;
    fake->run.perf = fake->perf;
    fake->run.unit = fake->unit;
    if (strcmp(fake->perf, "tuning") == 0) {
        fake->run.perf = NULL;
        fake->run.warmup = true;
    }
    if (strcmp(fake->perf, "cut") == 0) {
        fake->run.perf = NULL;
        fake->run.incomplete = true;
    }
    if (strcmp(fake->perf, "own") == 0) {
        fake->run.perf = NULL;
        fake->run.program_crc32 = ""; /* that of a folder without a program */
    }
    fake->run.figures = &fake->total;
    fake->run.net = fake->kernel[0] != '\0' ? fake->kernel : NULL;
    return log->take(log->context, &fake->run, diag);
}

static enum aw_err fake_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct fake_run fake = {0};
    char line[256], overall[20];
    enum aw_err err = AW_OK;
    for (uint32_t number = 1; err == AW_OK && fgets(line, sizeof(line), log->stream); number++) {
        struct awh_layer_run *run = &fake.run;
        char perf[20], unit[20];
        if (sscanf(line, "fake %19s %19s %19s", perf, unit, overall) == 3) {
            err = fake_give(log, &fake, diag);
            memset(&fake, 0, sizeof(fake));
            fake.open = true;
            strcpy(fake.perf, perf);
            strcpy(fake.unit, unit);
            run->overall = strcmp(overall, "-") == 0 ? (double)NAN : atof(overall);
            run->line = number;
        } else if (strncmp(line, "sample ", 7) == 0) {
            assert_true(run->sample_count < FAKE_MAX);
            fake.samples[run->sample_count++] = atof(line + 7);
        } else if (strncmp(line, "total ", 6) == 0) {
            fake.total = (struct awh_figure){
                .name = AWH_LAYERS_TOTAL, .unit = fake.unit, .value = atof(line + 6)};
            run->figure_count = 1;
        } else if (sscanf(line, "kernel %19s", fake.kernel) == 1) {
            continue;
        } else if (sscanf(line, "board %19s", fake.board) == 1) {
            struct awh_yaml *device = awh_yaml_new_map(log->arena);
            assert_true(awh_yaml_set(log->arena, device, "board",
                                     awh_yaml_new_str(log->arena, fake.board)));
            run->device = device;
        } else {
            struct awh_layer_time *layer = &fake.layers[run->layer_count];
            char *name = fake.names[run->layer_count++];
            assert_true(run->layer_count < FAKE_MAX);
            assert_int_equal(sscanf(line, "layer %lf %79[^\n]", &layer->value, name), 2);
            layer->name = name;
            layer->line = number;
        }
    }
    return err == AW_OK ? fake_give(log, &fake, diag) : err;
}

static const struct awh_reader_type fake_reader = {
    .name = "fake", .detect = fake_detect, .read = fake_read};

/* -- Running them
 * ---------------------------------------------------------------------------------- */

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    char dir[64], warnings[4096];
    char *printed;
};

static void take_warning(void *context, const char *text)
{
    struct fixture *f = context;
    size_t used = strlen(f->warnings);
    snprintf(f->warnings + used, sizeof(f->warnings) - used, "%s\n", text);
}

static char *in_dir(struct fixture *f, const char *path)
{
    char *joined = awh_path_join(&f->arena, f->dir, path);
    assert_non_null(joined);
    return joined;
}

static void put(struct fixture *f, const char *path, const char *text)
{
    char *full = in_dir(f, path), *parent = awh_arena_strdup(&f->arena, full);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(awh_dir_make(parent, &f->diag), AW_OK);
    assert_int_equal(awh_file_write(full, text, strlen(text), &f->diag), AW_OK);
}

static void open_fixture(struct fixture *f, const struct row *row)
{
    memset(f, 0, sizeof(*f));
    awh_arena_init(&f->arena);
    f->diag.warn = take_warning;
    f->diag.warn_context = f;
    strcpy(f->dir, "/tmp/awnas-parse-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    put(f, "hwobj.yaml", "hwperfmodel_type: table\n");
    put(f, "prof_prims.yaml", PRIMS);
    for (size_t i = 0; i < sizeof(row->files) / sizeof(row->files[0]); i++)
        if (row->files[i].path != NULL)
            put(f, row->files[i].path, row->files[i].text);
}

static void close_fixture(struct fixture *f)
{
    assert_int_equal(awh_dir_remove(f->dir, NULL), AW_OK);
    free(f->printed);
    awh_arena_release(&f->arena);
}

static enum aw_err run_parse(struct fixture *f, const struct row *row, const char *dir,
                             const char *file)
{
    struct awh_parse_options o = {
        .hwobj_path = in_dir(f, "hwobj.yaml"),
        .prof_prims_path = in_dir(f, "prof_prims.yaml"),
        .prof_result_dir = in_dir(f, "logs"),
        .prim_to_ops = in_dir(f, "hw"),
        .perf_name = row->perf != NULL ? row->perf : "latency",
        .outliers = row->outliers,
        .names_path = row->names != NULL ? in_dir(f, row->names) : NULL,
        .power_path = row->power != NULL ? in_dir(f, row->power) : NULL,
        .times_path = row->times != NULL ? in_dir(f, row->times) : NULL,
        .power_shift = row->shift,
        .result_dir = dir,
        .result_file = file,
    };
    size_t size;
    FILE *out = open_memstream(&f->printed, &size);
    assert_non_null(out);
    enum aw_err err = awh_parse(&o, out, &f->diag);
    fclose(out);
    return err;
}

static void need(const struct row *row, const char *what, const char *text, const char *part)
{
    if (part != NULL && strstr(text, part) == NULL)
        fail_msg("%s: %s: no '%s' in '%s'", row->name, what, part, text);
}

static double real_of(const struct awh_yaml *map, const char *prefix, const char *perf)
{
    char key[80];
    double value;
    snprintf(key, sizeof(key), "%s%s", prefix, perf);
    const struct awh_yaml *node = awh_yaml_get(map, key);
    if (node == NULL)
        return 0;
    assert_int_equal(awh_yaml_real(node, &value, NULL), AW_OK);
    return value;
}

static void check_value(const struct row *row, const char *what, double found, double expected)
{
    if (fabs(found - expected) > 1e-12 * fabs(expected))
        fail_msg("%s: %s: expected %.17g, found %.17g", row->name, what, expected, found);
}

static void check_prims(struct fixture *f, const struct row *row, const struct awh_yaml *root)
{
    static const int64_t channels[] = {3, 8, 16, 16};
    const char *perf = row->perf != NULL ? row->perf : "latency";
    const struct awh_yaml *prims = awh_yaml_get(root, "primitives");
    size_t at = 0;
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        if (row->perfs[i] == 0)
            continue;
        assert_true(prims->kind == AWH_YAML_SEQ && at < prims->list.count);
        const struct awh_yaml *item = prims->list.items[at++];
        int64_t c;
        assert_int_equal(awh_yaml_int(awh_yaml_get(item, "C"), 1, 100, &c, &f->diag), AW_OK);
        assert_int_equal(c, channels[i]);
        check_value(row, "a primitive", real_of(awh_yaml_get(item, "performances"), "", perf),
                    row->perfs[i]);
        sum += row->perfs[i];
    }
    assert_int_equal(at, prims->list.count);
    check_value(row, "block sum", real_of(root, "block_sum_", perf), sum);
}

static void check_result(struct fixture *f, const struct row *row)
{
    const char *perf = row->perf != NULL ? row->perf : "latency";
    char **files;
    size_t count;
    struct awh_yaml *root;
    char *net = in_dir(f, "parsed/0");
    assert_int_equal(awh_dir_list(&f->arena, net, &files, &count, &f->diag), AW_OK);
    if (count != (row->results == 0 ? 1 : row->results))
        fail_msg("%s: %zu results", row->name, count);
    char *path = awh_path_join(&f->arena, net, row->result != NULL ? row->result : "0.yaml");
    if (awh_yaml_load_file(&f->arena, path, &root, &f->diag) != AW_OK)
        fail_msg("%s: %s", row->name, f->diag.text);
    check_prims(f, row, root);
    check_value(row, "overall", real_of(root, "overall_", perf), row->overall);
    check_value(row, "glue", real_of(root, "glue_", perf), row->glue);
    check_value(row, "unattributed", real_of(root, "unattributed_", perf), row->unattributed);
    if (!awh_yaml_is_str(awh_yaml_get(root, "unit"), row->unit))
        fail_msg("%s: another unit than %s", row->name, row->unit);
}

static void parse_of_every_row(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct fixture f;
        open_fixture(&f, row);
        char *parsed = in_dir(&f, "parsed");
        enum aw_err err = run_parse(&f, row, parsed, NULL);
        if (err != row->err)
            fail_msg("%s: %d, %s", row->name, (int)err, f.diag.text);
        need(row, "error", f.diag.text, row->says);
        need(row, "warnings", f.warnings, row->warns);
        need(row, "output", f.printed, row->prints);
        if (err == AW_OK)
            check_result(&f, row);
        else if (awh_path_exists(parsed))
            fail_msg("%s: a failed parse left a directory", row->name);
        if (row->warns == NULL && err == AW_OK && f.warnings[0] != '\0')
            fail_msg("%s: warned: %s", row->name, f.warnings);
        close_fixture(&f);
    }
}

/* The table counts the samples of each primitive, and both places of C 16. */
static void one_table(void **unused)
{
    (void)unused;
    static const struct row row = {
        .name = "table",
        .files = {MODELS,
                  {"logs/k-0_0@8x32x32.txt", "fake latency ms -\nsample 1\nsample 1\nsample 50\n"},
                  {"logs/k-0_1@16x32x32.txt", "fake latency ms -\nsample 2\nsample 2\nsample 2\n"},
                  {"logs/k-0_2@16x32x32.txt", "fake latency ms 6\n"}}};
    static const struct {
        double latency;
        int64_t c, count;
    } expected[] = {{1, 8, 3}, {3, 16, 4}};
    struct fixture f;
    struct awh_yaml *root;
    open_fixture(&f, &row);
    char *table = in_dir(&f, "table.yaml");
    if (run_parse(&f, &row, NULL, table) != AW_OK)
        fail_msg("%s", f.diag.text);
    need(&row, "output", f.printed, "primitives: 2 of 2 measured, and 0 glue primitives");
    assert_int_equal(awh_yaml_load_file(&f.arena, table, &root, &f.diag), AW_OK);
    const struct awh_yaml *prims = awh_yaml_get(root, "primitives");
    assert_int_equal(prims->list.count, 2);
    for (size_t i = 0; i < 2; i++) {
        int64_t c, count;
        const struct awh_yaml *item = prims->list.items[i];
        assert_int_equal(awh_yaml_int(awh_yaml_get(item, "C"), 1, 100, &c, NULL), AW_OK);
        assert_int_equal(awh_yaml_int(awh_yaml_get(item, "count"), 1, 100, &count, NULL), AW_OK);
        assert_int_equal(c, expected[i].c);
        assert_int_equal(count, expected[i].count);
        check_value(&row, "latency", real_of(awh_yaml_get(item, "performances"), "", "latency"),
                    expected[i].latency);
    }
    close_fixture(&f);
}

int main(void)
{
    struct awh_diag diag = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_of_every_row),
        cmocka_unit_test(one_table),
    };
    if (awh_reader_type_add(&fake_reader, &diag) != AW_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the tests of the readers share. */
#ifndef AWH_READERS_TESTING_TEST_H
#define AWH_READERS_TESTING_TEST_H

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

#include "base/mem.h"
#include "base/path.h"
#include "readers/examples_test.h"
#include "readers/reader.h"

struct reading {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_layer_runs runs;
    enum aw_err err;
    char warning[512]; /* the first one */
};

static inline void keep_warning(void *context, const char *text)
{
    struct reading *reading = context;
    if (reading->warning[0] == '\0')
        snprintf(reading->warning, sizeof(reading->warning), "%s", text);
}

static inline void read_file(const char *path, struct reading *reading)
{
    memset(reading, 0, sizeof(*reading));
    awh_arena_init(&reading->arena);
    reading->diag.warn = keep_warning;
    reading->diag.warn_context = reading;
    reading->err = awh_reader_read(&reading->arena, path, &reading->runs, &reading->diag);
}

static inline void read_bytes(const char *text, size_t size, struct reading *reading)
{
    char path[] = "/tmp/reader_test_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    size_t written = 0;
    while (written < size) {
        ssize_t n = write(fd, text + written, size - written);
        assert_true(n > 0);
        written += (size_t)n;
    }
    close(fd);
    read_file(path, reading);
    unlink(path);
}

static inline void read_text(const char *text, struct reading *reading)
{
    read_bytes(text, strlen(text), reading);
}

static inline void release(struct reading *reading)
{
    awh_arena_release(&reading->arena);
}

static inline const char *example(const char *name)
{
    for (size_t i = 0; i < AWH_EXAMPLE_COUNT; i++)
        if (strcmp(awh_examples[i].name, name) == 0)
            return awh_examples[i].text;
    fail_msg("no example %s", name);
    return NULL;
}

/* The example, read without an error; run_count runs of reader `name` up to the '/'. */
static inline void read_example(const char *name, size_t run_count, struct reading *reading)
{
    read_text(example(name), reading);
    if (reading->err != AW_OK)
        fail_msg("%s: %s", name, reading->diag.text);
    if (reading->runs.count != run_count)
        fail_msg("%s: %zu runs, expected %zu", name, reading->runs.count, run_count);
    size_t size = strcspn(name, "/");
    const char *reader = reading->runs.runs[0].reader;
    if (strlen(reader) != size || memcmp(reader, name, size) != 0)
        fail_msg("%s was read as %s", name, reader);
}

/* Reads the example with `from` replaced. */
static inline void read_changed(const char *name, const char *from, const char *to,
                                struct reading *reading)
{
    const char *text = example(name), *at = strstr(text, from);
    if (at == NULL)
        fail_msg("%s has no '%s'", name, from);
    size_t size = strlen(text) + strlen(to) + 1;
    char *changed = malloc(size);
    assert_non_null(changed);
    snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    read_text(changed, reading);
    free(changed);
}

/* It must be refused with a message that has `message` in it. */
static inline void expect_refusal(const char *name, const char *from, const char *to,
                                  const char *message)
{
    struct reading reading;
    read_changed(name, from, to, &reading);
    if (reading.err == AW_OK || strstr(reading.diag.text, message) == NULL)
        fail_msg("%s, '%s' -> '%s': %s", name, from, to,
                 reading.err == AW_OK ? "was read" : reading.diag.text);
    release(&reading);
}

/* It is read, but with a warning that has `message` in it; `incomplete`: and one of its runs is so.
 */
static inline void expect_warning(const char *name, const char *from, const char *to,
                                  bool incomplete, const char *message)
{
    struct reading reading;
    bool found = false;
    read_changed(name, from, to, &reading);
    for (size_t i = 0; reading.err == AW_OK && i < reading.runs.count; i++)
        found = found || reading.runs.runs[i].incomplete;
    if (reading.err != AW_OK || found != incomplete || strstr(reading.warning, message) == NULL)
        fail_msg("%s, '%s' -> '%s': %s, warned '%s'", name, from, to, reading.diag.text,
                 reading.warning);
    release(&reading);
}

#define assert_near(found, expected)                                                               \
    do {                                                                                           \
        double found_ = (found), expected_ = (expected);                                           \
        if (!(fabs(found_ - expected_) <= 1e-12 + 1e-12 * fabs(expected_)))                        \
            fail_msg("%s is %.17g, expected %.17g", #found, found_, expected_);                    \
    } while (0)

static inline double figure_of(const struct awh_layer_run *run, const char *name, const char *unit)
{
    for (size_t i = 0; i < run->figure_count; i++)
        if (strcmp(run->figures[i].name, name) == 0) {
            assert_string_equal(run->figures[i].unit, unit);
            return run->figures[i].value;
        }
    fail_msg("no figure '%s'", name);
    return 0;
}

static inline void assert_layer(const struct awh_layer_run *run, size_t i, const char *name,
                                double value, uint32_t line)
{
    assert_true(i < run->layer_count);
    assert_string_equal(run->layers[i].name, name);
    assert_near(run->layers[i].value, value);
    assert_int_equal(run->layers[i].line, line);
}

/* -- the shared samples -------------------------------------------------------------------------
 */

/* Numbers taken from a file of ../shared/samples, by other means than the reader. */
struct sample_run {
    const char *file; /* below samples */
    size_t run;       /* of the file's runs */
    size_t run_count; /* that the file has */
    const char *perf, *unit, *section;
    uint32_t line, count;
    double overall;       /* NAN: none */
    const double *values; /* of the layers */
    size_t value_count;
    uint32_t first_line, last_line; /* of the layers */
    uint32_t
        names_hash; /* of all names, each followed by a line end: FNV-1a; 0: names of our own */
};

static inline uint32_t hash_names(const struct awh_layer_run *run)
{
    uint32_t hash = 0x811c9dc5u;
    for (size_t i = 0; i < run->layer_count; i++) {
        for (const char *c = run->layers[i].name; *c != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * 0x01000193u;
        hash = (hash ^ '\n') * 0x01000193u;
    }
    return hash;
}

/* False when the file is not there. */
static inline int read_sample(const char *file, struct reading *reading)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/samples/%s", AWNAS_SHARED_DIR, file);
    if (access(path, R_OK) != 0)
        return 0;
    read_file(path, reading);
    if (reading->err != AW_OK)
        fail_msg("%s: %s", file, reading->diag.text);
    return 1;
}

static inline void check_sample(const struct sample_run *row, const struct awh_layer_run *run)
{
    char what[300];
    snprintf(what, sizeof(what), "%s, run %zu", row->file, row->run);
    if (strcmp(run->perf, row->perf) != 0 || strcmp(run->unit, row->unit) != 0)
        fail_msg("%s: %s in %s", what, run->perf, run->unit);
    if ((run->section == NULL) != (row->section == NULL) ||
        (run->section != NULL && strcmp(run->section, row->section) != 0))
        fail_msg("%s: section %s", what, run->section == NULL ? "-" : run->section);
    if (run->line != row->line || run->count != row->count)
        fail_msg("%s: line %u, count %u", what, (unsigned)run->line, (unsigned)run->count);
    if (isnan(run->overall) != isnan(row->overall) ||
        fabs(run->overall - row->overall) > 1e-12 * fabs(row->overall))
        fail_msg("%s: overall %.17g, expected %.17g", what, run->overall, row->overall);
    if (run->layer_count != row->value_count)
        fail_msg("%s: %zu layers, expected %zu", what, run->layer_count, row->value_count);
    for (size_t i = 0; i < row->value_count; i++)
        if (fabs(run->layers[i].value - row->values[i]) > 1e-12 * fabs(row->values[i]))
            fail_msg("%s: layer %zu is %.17g, expected %.17g", what, i, run->layers[i].value,
                     row->values[i]);
    if (row->value_count > 0 && (run->layers[0].line != row->first_line ||
                                 run->layers[row->value_count - 1].line != row->last_line))
        fail_msg("%s: layers from line %u to %u", what, (unsigned)run->layers[0].line,
                 (unsigned)run->layers[row->value_count - 1].line);
    if (row->names_hash != 0 && hash_names(run) != row->names_hash)
        fail_msg("%s: names have the hash 0x%08x", what, (unsigned)hash_names(run));
}

/* Skips the test, saying so, when the samples are not there. */
static inline void check_samples(const struct sample_run *rows, size_t count)
{
    struct reading reading;
    for (size_t i = 0; i < count; i++) {
        if (!read_sample(rows[i].file, &reading)) {
            print_message("no %s/samples/%s: skipped\n", AWNAS_SHARED_DIR, rows[i].file);
            skip();
        }
        if (reading.runs.count != rows[i].run_count)
            fail_msg("%s: %zu runs, expected %zu", rows[i].file, reading.runs.count,
                     rows[i].run_count);
        check_sample(&rows[i], &reading.runs.runs[rows[i].run]);
        release(&reading);
    }
}

#endif

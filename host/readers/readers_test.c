/* All readers together: who detects what, files of any size, and damaged files. */
#include <sys/resource.h>

#include "readers/testing_test.h"

#define MIB ((size_t)1 << 20)

#if defined(__SANITIZE_ADDRESS__)
#define BIG_FILE_BYTES (8 * MIB) /* its bookkeeping hides what the reader itself takes */
#else
#define BIG_FILE_BYTES (100 * MIB)
#endif

static bool belongs_to(const struct awh_example *item, const char *reader)
{
    size_t size = strlen(reader);
    return strncmp(item->name, reader, size) == 0 && item->name[size] == '/';
}

static void every_reader_has_an_example_that_only_it_detects(void **unused)
{
    (void)unused;
    for (const struct awh_reader_type *const *type = awh_reader_types(); *type != NULL; type++) {
        size_t own = 0;
        for (size_t i = 0; i < AWH_EXAMPLE_COUNT; i++) {
            bool mine = belongs_to(&awh_examples[i], (*type)->name);
            bool detected = (*type)->detect(awh_examples[i].text, strlen(awh_examples[i].text));
            if (mine != detected)
                fail_msg("%s: %s by %s", awh_examples[i].name, detected ? "detected" : "not known",
                         (*type)->name);
            own += mine;
        }
        if (own == 0)
            fail_msg("no example of %s", (*type)->name);
    }
}

static void other_files_are_refused(void **unused)
{
    (void)unused;
    struct reading reading;
    read_text("Nothing that anybody measured.\n", &reading);
    assert_int_equal(reading.err, AW_ERR_FORMAT);
    assert_non_null(strstr(reading.diag.text, "not a kind of result that awnas-hw reads (own, "));
    release(&reading);
    read_text("", &reading);
    assert_int_equal(reading.err, AW_ERR_FORMAT);
    release(&reading);
    read_file("/tmp", &reading);
    assert_int_equal(reading.err, AW_ERR_IO);
    assert_non_null(strstr(reading.diag.text, "/tmp: not a regular file"));
    release(&reading);
    read_file("/nonexistent/file", &reading);
    assert_int_equal(reading.err, AW_ERR_IO);
    release(&reading);
}

/* -- where a log stands in its file -------------------------------------------------------------
 */

struct file {
    char path[32];
    FILE *stream;
    size_t bytes;
};

static void open_file(struct file *file)
{
    snprintf(file->path, sizeof(file->path), "/tmp/readers_XXXXXX");
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    file->stream = fdopen(fd, "wb");
    assert_non_null(file->stream);
    file->bytes = 0;
}

static void put(struct file *file, const char *text)
{
    size_t size = strlen(text);
    assert_int_equal(fwrite(text, 1, size, file->stream), size);
    file->bytes += size;
}

static void read_and_remove(struct file *file, struct reading *reading)
{
    assert_int_equal(fclose(file->stream), 0);
    read_file(file->path, reading);
    unlink(file->path);
}

static void a_log_is_found_behind_any_amount_of_noise(void **unused)
{
    (void)unused;
    static const size_t noise[] = {60000, 65530, 70000, 300000};
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        struct reading reading;
        struct file file;
        uint32_t lines = 0;
        open_file(&file);
        for (; file.bytes < noise[i]; lines++)
            put(&file, "[    1.234567] usb 1-1: new high-speed USB device\n");
        put(&file, example("n2cube/two_tables"));
        put(&file, "and more noise");
        read_and_remove(&file, &reading);
        if (reading.err != AW_OK)
            fail_msg("%zu bytes of noise: %s", noise[i], reading.diag.text);
        assert_int_equal(reading.runs.count, 4);
        assert_layer(&reading.runs.runs[0], 0, "conv1", 1.059, lines + 5);
        release(&reading);
    }
}

static void line_ends_and_marks_do_not_matter(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < AWH_EXAMPLE_COUNT; i++) {
        struct reading plain, marked;
        struct file file;
        read_text(awh_examples[i].text, &plain);
        if (plain.err != AW_OK)
            fail_msg("%s: %s", awh_examples[i].name, plain.diag.text);
        open_file(&file);
        put(&file, "\xef\xbb\xbf");
        for (const char *c = awh_examples[i].text; *c != '\0'; c++)
            put(&file, *c == '\n' ? "\r\n" : (const char[]){*c, '\0'});
        read_and_remove(&file, &marked);
        if (marked.err != AW_OK)
            fail_msg("%s with marks: %s", awh_examples[i].name, marked.diag.text);
        assert_int_equal(marked.runs.count, plain.runs.count);
        for (size_t n = 0; n < plain.runs.count; n++) {
            assert_int_equal(marked.runs.runs[n].layer_count, plain.runs.runs[n].layer_count);
            assert_int_equal(marked.runs.runs[n].line, plain.runs.runs[n].line);
            assert_int_equal(hash_names(&marked.runs.runs[n]), hash_names(&plain.runs.runs[n]));
        }
        release(&plain);
        release(&marked);
    }
}

/* -- size ---------------------------------------------------------------------------------------
 */

static size_t peak_bytes(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_maxrss * 1024;
}

static void check_big(struct file *file, size_t layers, double first_value)
{
    struct reading reading;
    size_t before = peak_bytes();
    assert_true(file->bytes >= BIG_FILE_BYTES);
    read_and_remove(file, &reading);
    if (reading.err != AW_OK)
        fail_msg("%s", reading.diag.text);
    assert_true(reading.runs.count >= 1 && reading.runs.count <= 2 * 1024 + 2);
    const struct awh_layer_run *last = &reading.runs.runs[reading.runs.count - 1];
    assert_int_equal(last->layer_count, layers);
    assert_true(fabs(last->layers[0].value - first_value) < 1e-9);
#if !defined(__SANITIZE_ADDRESS__)
    if (peak_bytes() - before > 80 * MIB)
        fail_msg("reading %zu MiB took %zu MiB", file->bytes / MIB, (peak_bytes() - before) / MIB);
#else
    (void)before;
#endif
    release(&reading);
}

static void a_long_log_of_tables_takes_bounded_memory(void **unused)
{
    (void)unused;
    struct file file;
    open_file(&file);
    while (file.bytes < BIG_FILE_BYTES) {
        put(&file,
            "[DNNDK] Performance profile - DPU Kernel \"net\" DPU Task \"net-0\"\n"
            "  ID  NodeName Workload(MOP) Mem(MB) RunTime(ms) Perf(GOPS) Utilization MB/S\n");
        put(&file, "   1 conv1 210.830 0.26 1.000 199.1 16.2% 244.2\n"
                   "   2 conv2 210.830 0.50 2.000 199.1 16.2% 244.2\n"
                   " Total Nodes In Avg:\n   All 421.660 0.80 3.000 199.1 16.2% 244.2\n");
    }
    check_big(&file, 2, 0.26); /* the last run is one of memory */
}

static void a_long_log_of_events_takes_bounded_memory(void **unused)
{
    (void)unused;
    struct file file;
    open_file(&file);
    put(&file, "[");
    while (file.bytes < BIG_FILE_BYTES)
        put(&file, "{\"cat\":\"Node\",\"dur\":5,\"name\":\"a_kernel_time\",\"args\":{\"op_name\":"
                   "\"Conv\",\"shape\":[{\"float\":[1,2,3,4]}]}},\n"
                   "{\"cat\":\"Node\",\"dur\":7,\"name\":\"b_kernel_time\",\"args\":{\"op_name\":"
                   "\"Relu\",\"shape\":[{\"float\":[1,2,3,4]}]}},\n"
                   "{\"cat\":\"Session\",\"dur\":13,\"name\":\"model_run\",\"args\":{}},\n");
    put(&file, "{\"cat\":\"Session\",\"dur\":1,\"name\":\"end\"}]\n");
    check_big(&file, 2, 0.005);
}

static void a_long_line_takes_bounded_memory(void **unused)
{
    (void)unused;
    struct reading reading;
    struct file file;
    char noise[4097];
    memset(noise, 'x', sizeof(noise) - 1);
    noise[sizeof(noise) - 1] = '\0';
    open_file(&file);
    put(&file, "[I] === Performance summary ===\n");
    while (file.bytes < BIG_FILE_BYTES / 4)
        put(&file, noise);
    put(&file, "\n[I] GPU Compute Time: min = 1 ms, max = 2 ms, mean = 1.5 ms\n");
    read_and_remove(&file, &reading);
    assert_int_equal(reading.err, AW_OK);
    assert_near(reading.runs.runs[0].overall, 1.5);
    assert_int_equal(reading.runs.runs[0].line, 3);
    assert_true(reading.arena.total_bytes < MIB);
    release(&reading);

    open_file(&file);
    put(&file, "[{\"cat\":\"Node\",\"dur\":5,\"name\":\"");
    while (file.bytes < 6 * MIB)
        put(&file, noise);
    put(&file, "\"}]");
    read_and_remove(&file, &reading);
    assert_int_equal(reading.err, AW_ERR_RANGE);
    assert_non_null(strstr(reading.diag.text, ":1: a JSON text of more than 4 MiB"));
    release(&reading);
}

/* -- damage -------------------------------------------------------------------------------------
 */

static uint64_t random_state;

static uint32_t random_below(uint32_t limit) /* xorshift64*: the same on every machine */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1du) >> 32) % limit;
}

/* One of a few kinds of damage; the text has room for `capacity`. */
static size_t damage(char *text, size_t size, size_t capacity)
{
    static const char *const pieces[] = {
        "-",        "1e999", "nan",
        "\"",       "|",     ";",
        "\t",       "\n",    "9999999999999999999999",
        "{",        "}]",    "=== Profile (1 iterations ) ===\n",
        "%",        ":",     "[",
        "\xff\xfe", "",      "layers:\n",
        " 0.0",     "All",
    };
    size_t at = random_below((uint32_t)size + 1), count = random_below(40);
    count = count < size - at ? count : size - at;
    switch (random_below(5)) {
    case 0: /* a byte becomes another one, zero included */
        if (at < size)
            text[at] = (char)random_below(256);
        return size;
    case 1: /* the rest is lost */
        return at;
    case 2: /* a part is lost */
        memmove(text + at, text + at + count, size - at - count);
        return size - count;
    case 3: { /* something comes in between */
        const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
        size_t length = strlen(piece);
        if (size + length > capacity)
            return size;
        memmove(text + at + length, text + at, size - at);
        memcpy(text + at, piece, length);
        return size + length;
    }
    default: /* a part comes twice */
        if (size + count > capacity)
            return size;
        memmove(text + at + count, text + at, size - at);
        return size + count;
    }
}

static void check_damaged(const struct awh_example *item, const struct reading *reading)
{
    if (reading->err != AW_OK) {
        if (strstr(reading->diag.text, "/tmp/reader_test_") == NULL)
            fail_msg("%s: a message without its file: %s", item->name, reading->diag.text);
        return;
    }
    for (size_t i = 0; i < reading->runs.count; i++) {
        const struct awh_layer_run *run = &reading->runs.runs[i];
        if (run->perf == NULL || run->unit == NULL || run->reader == NULL)
            fail_msg("%s: a run without perf or unit", item->name);
        if (!isnan(run->overall) && !(run->overall >= 0 && run->overall < (double)INFINITY))
            fail_msg("%s: the net has %g", item->name, run->overall);
        for (size_t n = 0; n < run->layer_count; n++)
            if (run->layers[n].name == NULL || !isfinite(run->layers[n].value) ||
                run->layers[n].value < 0)
                fail_msg("%s: layer %zu is %g", item->name, n, run->layers[n].value);
    }
}

static void no_damage_breaks_a_reader(void **unused)
{
    (void)unused;
    enum { ROUNDS = 80 };
    static char text[16384];
    size_t read = 0;
    for (size_t i = 0; i < AWH_EXAMPLE_COUNT; i++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct reading reading;
            size_t size = strlen(awh_examples[i].text);
            assert_true(size < sizeof(text) / 2);
            memcpy(text, awh_examples[i].text, size);
            random_state = (i * ROUNDS + round + 1) * 0x9e3779b97f4a7c15u; /* reruns this case */
            for (unsigned n = random_below(4) + 1; n > 0; n--)
                size = damage(text, size, sizeof(text));
            read_bytes(text, size, &reading);
            check_damaged(&awh_examples[i], &reading);
            read += reading.err == AW_OK;
            release(&reading);
        }
    print_message("%zu of %zu damaged logs were read\n", read, AWH_EXAMPLE_COUNT * ROUNDS);
    assert_true(read > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reader_has_an_example_that_only_it_detects),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(a_log_is_found_behind_any_amount_of_noise),
        cmocka_unit_test(line_ends_and_marks_do_not_matter),
        cmocka_unit_test(a_long_log_of_tables_takes_bounded_memory),
        cmocka_unit_test(a_long_log_of_events_takes_bounded_memory),
        cmocka_unit_test(a_long_line_takes_bounded_memory),
        cmocka_unit_test(no_damage_breaks_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

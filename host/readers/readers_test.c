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

static size_t put_in(char *text, size_t size, size_t capacity, size_t at, size_t lost,
                     const char *piece, size_t length)
{
    if (size - lost + length > capacity)
        return size;
    memmove(text + at + length, text + at + lost, size - at - lost);
    memcpy(text + at, piece, length);
    return size - lost + length;
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
    static const char *const numbers[] = {
        "-1", "1e308", "0", "-0.0", "inf", "1e-320", "18446744073709551615", "99999999999999999999",
        "1,5"};
    static char copy[8192];
    size_t at = random_below((uint32_t)size + 1), count = random_below(40);
    count = count < size - at ? count : size - at;
    size_t line = at;
    while (line > 0 && text[line - 1] != '\n')
        line--;
    const char *end = memchr(text + line, '\n', size - line);
    size_t length = end == NULL ? size - line : (size_t)(end - text) + 1 - line;
    switch (random_below(8)) {
    case 0: /* a byte becomes another one, zero included */
        if (at < size)
            text[at] = (char)random_below(256);
        return size;
    case 1: /* the rest is lost */
        return at;
    case 2: /* a part is lost */
        return put_in(text, size, capacity, at, count, "", 0);
    case 3: { /* something comes in between */
        const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
        return put_in(text, size, capacity, at, 0, piece, strlen(piece));
    }
    case 4: /* a part comes twice */
        memcpy(copy, text + at, count);
        return put_in(text, size, capacity, at, 0, copy, count);
    case 5: /* a line is lost */
        return put_in(text, size, capacity, line, length, "", 0);
    case 6: /* a line comes twice */
        if (length > sizeof(copy))
            return size;
        memcpy(copy, text + line, length);
        return put_in(text, size, capacity, line, 0, copy, length);
    default: { /* a number becomes another one */
        const char *number = numbers[random_below(sizeof(numbers) / sizeof(numbers[0]))];
        size_t lost = 0;
        while (at < size && (text[at] < '0' || text[at] > '9'))
            at++;
        while (at + lost < size && strchr("0123456789.", text[at + lost]) != NULL &&
               text[at + lost] != '\0')
            lost++;
        return put_in(text, size, capacity, at, lost, number, strlen(number));
    }
    }
}

struct seed {
    const char *name, *text;
};

static void check_damaged(const struct seed *seed, uint64_t number, const struct reading *reading)
{
    if (reading->err != AW_OK) {
        if (strstr(reading->diag.text, "/tmp/reader_test_") == NULL)
            fail_msg("%s %llu: a message without its file: %s", seed->name,
                     (unsigned long long)number, reading->diag.text);
        return;
    }
    for (size_t i = 0; i < reading->runs.count; i++) {
        const struct awh_layer_run *run = &reading->runs.runs[i];
        if (run->perf == NULL || run->unit == NULL || run->reader == NULL)
            fail_msg("%s %llu: a run without perf or unit", seed->name, (unsigned long long)number);
        if (!isnan(run->overall) && !(run->overall >= 0 && run->overall < (double)INFINITY))
            fail_msg("%s %llu: the net has %g", seed->name, (unsigned long long)number,
                     run->overall);
        for (size_t n = 0; n < run->layer_count; n++)
            if (run->layers[n].name == NULL || !isfinite(run->layers[n].value) ||
                run->layers[n].value < 0)
                fail_msg("%s %llu: layer %zu is %g", seed->name, (unsigned long long)number, n,
                         run->layers[n].value);
        for (size_t n = 0; n < run->sample_count; n++)
            if (!isfinite(run->samples[n]) || run->samples[n] < 0)
                fail_msg("%s %llu: sample %zu is %g", seed->name, (unsigned long long)number, n,
                         run->samples[n]);
    }
}

static char *case_text;
static size_t case_size, case_capacity;

static bool run_case(const struct seed *seed, uint64_t number)
{
    struct reading reading;
    case_size = strlen(seed->text);
    if (case_capacity < 2 * case_size + 4096) {
        case_capacity = 2 * case_size + 4096;
        case_text = realloc(case_text, case_capacity);
        assert_non_null(case_text);
    }
    memcpy(case_text, seed->text, case_size);
    random_state = number * 0x9e3779b97f4a7c15u;
    for (unsigned n = random_below(4) + 1; n > 0; n--)
        case_size = damage(case_text, case_size, case_capacity);
    read_bytes(case_text, case_size, &reading);
    check_damaged(seed, number, &reading);
    bool read = reading.err == AW_OK;
    release(&reading);
    return read;
}

static void no_damage_breaks_a_reader(void **unused)
{
    (void)unused;
    enum { ROUNDS = 80 };
    size_t read = 0;
    for (size_t i = 0; i < AWH_EXAMPLE_COUNT; i++)
        for (unsigned round = 0; round < ROUNDS; round++)
            read += run_case(&(struct seed){awh_examples[i].name, awh_examples[i].text},
                             i * ROUNDS + round + 1);
    print_message("%zu of %zu damaged logs were read\n", read, AWH_EXAMPLE_COUNT * ROUNDS);
    assert_true(read > 0);
    free(case_text);
    case_text = NULL;
    case_capacity = 0;
}

/* -- longer: readers-test --fuzz CASES [FIRST] [FILE...] ------------------------------------------
 */

static uint64_t fuzz_first = 1, fuzz_count;
static char **fuzz_files;
static const char *running = "";
static uint64_t running_number;

void __asan_on_error(void);
void __asan_on_error(void)
{
    fprintf(stderr, "\nin the case %s %llu\n", running, (unsigned long long)running_number);
}

static void fuzz(void **unused)
{
    (void)unused;
    struct seed seeds[AWH_EXAMPLE_COUNT + 256];
    struct awh_arena arena;
    size_t count = 0, read = 0;
    awh_arena_init(&arena);
    for (; count < AWH_EXAMPLE_COUNT; count++)
        seeds[count] = (struct seed){awh_examples[count].name, awh_examples[count].text};
    for (char **file = fuzz_files; *file != NULL; file++) {
        struct awh_diag diag = {0};
        char *text;
        size_t size;
        assert_true(count < sizeof(seeds) / sizeof(seeds[0]));
        if (awh_file_read(&arena, *file, MIB, &text, &size, &diag) != AW_OK)
            fail_msg("%s", diag.text);
        seeds[count++] = (struct seed){*file, text};
    }
    for (uint64_t n = 0; n < fuzz_count; n++) {
        running_number = fuzz_first + n;
        const struct seed *seed = &seeds[running_number % count];
        running = seed->name;
        read += run_case(seed, running_number);
    }
    print_message("%zu of %llu damaged logs were read\n", read, (unsigned long long)fuzz_count);
    free(case_text);
    awh_arena_release(&arena);
}

/* What the grammars allow and no sample has: two layers "a" and "b" of 1.5 and 0.25 ms. */
static void variants(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *reader, *text;
    } rows[] = {
        {"n2cube, decimal commas, CR LF, a mark, noise", "n2cube",
         "\xef\xbb\xbf"
         "booting\r\n  ID      NodeName Workload(MOP) Mem(MB) RunTime(ms) Perf(GOPS) Utilization "
         "MB/S\r\n"
         "   1 a 10,000 0,26 1,500 6,7 0,5% 173,3\r\n[ 12.5] usb 1-1: reset\r\n"
         "   2 b 10,000 0,26 0,250 40,0 3,3% 1040,0\r\n\r\n  Total Nodes In Avg:\r\n"
         "  All 20,000 0,55 1,750 11,4 0,9% 314,3\r\n"},
        {"n2cube, tabs and no title", "n2cube",
         "ID\tNodeName\tWorkload(MOP)\tMem(MB)\tRunTime(ms)\tPerf(GOPS)\tUtilization\tMB/S\n"
         "1\ta\t10.00\t0.26\t1.50\t6.7\t0.5%\t173.3\n2\tb\t10.00\t0.26\t0.25\t40.0\t3.3%\t1040.0\n"
         "Total Nodes In Avg:\nAll\t20.00\t0.55\t1.75\t11.4\t0.9%\t314.3\n"},
        {"vaitrace 1.x, columns in another order", "vaitrace",
         "RunTime(ms) | SubGraph | DPU | Batch\n----- + ----- + --- + ---\n1.5 | a | DPU_0 | 1\n"
         "0.25 | b | DPU_0 | 1\n"},
        {"vaitrace 2.0 without blanks", "vaitrace",
         "DPU Id|Bat|DPU SubGraph|WL|RT|Perf|LdWB|LdFM|StFM|AvgBw\n"
         "---+---+---+---+---+---+---+---+---+---\n"
         "DPU_0|1|a|1|1.5|1|0|0|0|1\nDPU_0|1|b|1|0.25|1|0|0|0|1\n"},
        {"trtexec 8.6, tabs", "trtexec",
         "[I] === Profile (2 iterations ) "
         "===\n[I]\tTime(ms)\tAvg.(ms)\tMedian(ms)\tTime(%)\tLayer\n"
         "[I]\t3.00\t1.50\t1.50\t85.7\ta\n[I]\t0.50\t0.25\t0.25\t14.3\tb\n"
         "[I]\t3.50\t1.75\t1.75\t100.0\tTotal\n"},
        {"--exportProfile without averages", "trtexec_json",
         "[{\"count\": 2}, {\"name\": \"a\", \"timeMs\": 3.0, \"percentage\": 86},\n"
         "{\"name\": \"b\", \"timeMs\": 0.5, \"percentage\": 14}, {\"averageMs\": 0}]"},
        {"openvino, decimal commas and dumps", "openvino",
         "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms);\r\n"
         "a;EXECUTED;Convolution;jit;1,5;1,5;\r\nb;EXECUTED;Relu;jit;0,25;0,25;\r\n"
         "Total;;;;1,75;1,75;\r\n"},
        {"onnxruntime, keys in another order", "onnxruntime",
         "[{\"name\":\"a_kernel_time\",\"ts\":1,\"dur\":1500,\"cat\":\"Node\"},\n"
         "{\"dur\":250,\"name\":\"b_kernel_time\",\"cat\":\"Node\",\"args\":{}}]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reading reading;
        read_bytes(rows[i].text, strlen(rows[i].text), &reading);
        if (reading.err != AW_OK)
            fail_msg("%s: %s", rows[i].name, reading.diag.text);
        const struct awh_layer_run *run = &reading.runs.runs[0];
        if (strcmp(run->reader, rows[i].reader) != 0 || run->layer_count != 2)
            fail_msg("%s: %zu layers of %s", rows[i].name, run->layer_count, run->reader);
        for (size_t n = 0; n < 2; n++)
            if (strcmp(run->layers[n].name, n == 0 ? "a" : "b") != 0 ||
                fabs(run->layers[n].value - (n == 0 ? 1.5 : 0.25)) > 1e-12)
                fail_msg("%s: %s %g ms", rows[i].name, run->layers[n].name, run->layers[n].value);
        release(&reading);
    }
}

/* Releases before 0.5 of onnxruntime say no name at all. */
static void nodes_without_a_name(void **unused)
{
    (void)unused;
    static const char text[] = "[{\"cat\":\"Node\",\"dur\":7,\"args\":{\"op_name\":\"Conv\"}},\n"
                               "{\"cat\":\"Node\",\"dur\":3,\"args\":{\"op_name\":\"Relu\"}}]";
    struct reading reading;
    read_bytes(text, sizeof(text) - 1, &reading);
    if (reading.err != AW_OK)
        fail_msg("%s", reading.diag.text);
    assert_int_equal(reading.runs.runs[0].layer_count, 2);
    assert_string_equal(reading.runs.runs[0].layers[0].name, "Conv_0");
    assert_string_equal(reading.runs.runs[0].layers[1].name, "Relu_1");
    release(&reading);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest longer[] = {cmocka_unit_test(fuzz)};
    if (argc > 2 && strcmp(argv[1], "--fuzz") == 0) {
        fuzz_count = strtoull(argv[2], NULL, 10);
        fuzz_first = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
        fuzz_files = argv + (argc > 3 ? 4 : 3);
        return cmocka_run_group_tests(longer, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants),
        cmocka_unit_test(nodes_without_a_name),
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

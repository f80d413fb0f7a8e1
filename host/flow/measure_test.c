/* measure against the native board: what is written, what is refused, and that nothing wrong is
 * kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/yaml.h"
#include "fakes/small_net.h"
#include "flow/flow.h"

#define BOARDS    AWNAS_SOURCE_DIR "/boards"
#define BOARD     AWNAS_BINARY_DIR "/awnas-native-board"
#define BAD_BOARD AWNAS_BINARY_DIR "/awnas-native-board-badkernel"

struct bench {
    char root[64], hardware[96], results[128];
    char *printed;
    size_t printed_size;
    unsigned warnings;
    char warning[1024];
    struct awh_diag diag;
    struct awh_arena arena;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    if (!bench)
        return -1;
    snprintf(bench->root, sizeof(bench->root), "/tmp/awnas-measure-test-XXXXXX");
    if (!mkdtemp(bench->root))
        return -1;
    snprintf(bench->hardware, sizeof(bench->hardware), "%s/hardwares/0-dpu", bench->root);
    snprintf(bench->results, sizeof(bench->results), "%s/prof_results", bench->hardware);
    awh_arena_init(&bench->arena);
    *state = bench;
    for (unsigned i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%u", i);
        if (small_net_write(bench->hardware, name, i + 1, i % 2, NULL))
            return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    enum aw_err err = awh_dir_remove(bench->root, NULL);
    awh_arena_release(&bench->arena);
    free(bench->printed);
    free(bench);
    return err ? -1 : 0;
}

static void keep_warning(void *context, const char *text)
{
    struct bench *bench = context;
    bench->warnings++;
    snprintf(bench->warning, sizeof(bench->warning), "%s", text);
}

static struct awh_measure_options options_of(const struct bench *bench)
{
    return (struct awh_measure_options){.result_dir = bench->root,
                                        .board = "native",
                                        .boards_dir = BOARDS,
                                        .firmware = BOARD,
                                        .repeats = 2,
                                        .warmup = 1,
                                        .quiet = true};
}

static enum aw_err measure(struct bench *bench, const struct awh_measure_options *options)
{
    free(bench->printed);
    bench->printed = NULL;
    bench->diag = (struct awh_diag){.warn = keep_warning, .warn_context = bench};
    FILE *out = open_memstream(&bench->printed, &bench->printed_size);
    assert_non_null(out);
    enum aw_err err = awh_measure(options, out, &bench->diag);
    fclose(out);
    return err;
}

static void expect_ok(struct bench *bench, const struct awh_measure_options *options)
{
    if (measure(bench, options))
        fail_msg("%s", bench->diag.text);
}

static void expect_failure(struct bench *bench, const struct awh_measure_options *options,
                           enum aw_err expected, const char *text)
{
    enum aw_err err = measure(bench, options);
    if (err != expected || !strstr(bench->diag.text, text) || strchr(bench->diag.text, '\n'))
        fail_msg("expected \"%s\" (%d), found \"%s\" (%d)", text, expected, bench->diag.text, err);
    assert_int_equal(bench->printed_size, 0);
}

static char *in(struct bench *bench, const char *dir, const char *name)
{
    char *path = awh_path_join(&bench->arena, dir, name);
    assert_non_null(path);
    return path;
}

static struct awh_yaml *load(struct bench *bench, const char *name)
{
    struct awh_yaml *root;
    struct awh_diag diag = {0};
    if (awh_yaml_load_file(&bench->arena, in(bench, bench->results, name), &root, &diag))
        fail_msg("%s", diag.text);
    return root;
}

static ino_t inode(struct bench *bench, const char *name)
{
    struct stat info;
    assert_int_equal(stat(in(bench, bench->results, name), &info), 0);
    return info.st_ino;
}

static bool exists(struct bench *bench, const char *name)
{
    return awh_path_exists(in(bench, bench->results, name));
}

/* -- what is written --------------------------------------------------------------------- */

static int64_t number(const struct awh_yaml *map, const char *key)
{
    struct awh_yaml *node;
    int64_t value = 0;
    assert_int_equal(awh_yaml_need(map, key, AWH_YAML_INT, &node, NULL), AW_OK);
    assert_int_equal(awh_yaml_int(node, INT64_MIN, INT64_MAX, &value, NULL), AW_OK);
    return value;
}

static double real(const struct awh_yaml *map, const char *key)
{
    double value = 0;
    assert_int_equal(awh_yaml_real(awh_yaml_get(map, key), &value, NULL), AW_OK);
    return value;
}

static void check_run(struct bench *bench, const char *file, const char *net, int64_t run)
{
    struct awh_yaml *root = load(bench, file);
    const struct awh_yaml *device = awh_yaml_get(root, "device");
    const struct awh_yaml *layers = awh_yaml_get(root, "layers");
    assert_true(awh_yaml_is_str(awh_yaml_get(root, "net"), net));
    assert_true(awh_yaml_is_str(awh_yaml_get(root, "unit"), "ms"));
    assert_true(awh_yaml_get(root, "verified")->boolean);
    assert_non_null(awh_yaml_get(root, "verified_by"));
    assert_int_equal(number(root, "run"), run);
    assert_int_equal(number(root, "repeats"), 2);
    assert_int_equal(number(root, "warmup"), 1);
    assert_true(awh_yaml_is_str(awh_yaml_get(device, "board"), "native"));
    assert_true(awh_yaml_is_str(awh_yaml_get(device, "transport"), "tcp"));
    double hz = real(device, "clock_hz");
    assert_true(hz > 0);
    assert_int_equal(layers->list.count, SMALL_NET_LAYERS);
    int64_t sum = 0;
    for (size_t i = 0; i < SMALL_NET_LAYERS; i++) {
        const struct awh_yaml *layer = layers->list.items[i];
        assert_int_equal(number(layer, "index"), i);
        int64_t ticks = number(layer, "ticks");
        assert_true(real(layer, "latency") == (double)ticks * 1000.0 / hz);
        sum += ticks;
    }
    assert_int_equal(number(root, "block_sum_ticks"), sum);
    double overall = (double)number(root, "overall_ticks");
    assert_true(real(root, "overall_latency") == overall * 1000.0 / hz);
    assert_true(real(root, "probe_effect") == (double)sum / overall - 1.0);
}

static void test_results(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    expect_ok(bench, &options);
    check_run(bench, "0/0.yaml", "0", 0);
    check_run(bench, "0/1.yaml", "0", 1);
    check_run(bench, "2/1.yaml", "2", 1);
    assert_false(exists(bench, "0/2.yaml"));
    assert_non_null(strstr(bench->printed, "device: native ("));
    assert_non_null(
        strstr(bench->printed, "nets measured: 3, kept: 0; requests repeated: 0, bad frames: 0"));
    assert_int_equal(bench->warnings, 0);
}

static void test_json(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.json = true;
    options.nets = "1";
    options.no_verify = true;
    expect_ok(bench, &options);
    struct awh_yaml *root, *file = load(bench, "1/0.yaml");
    struct awh_diag diag = {0};
    if (awh_yaml_load(&bench->arena, "out.json", bench->printed, bench->printed_size, &root, &diag))
        fail_msg("%s: %s", diag.text, bench->printed);
    const struct awh_yaml *nets = awh_yaml_get(root, "nets");
    assert_int_equal(nets->list.count, 1);
    assert_int_equal(number(nets->list.items[0], "layers"), SMALL_NET_LAYERS);
    assert_false(awh_yaml_get(nets->list.items[0], "verified")->boolean);
    assert_true(awh_yaml_is_str(awh_yaml_get(root, "unit"), "ms"));
    /* A result that was not verified says so. */
    assert_false(awh_yaml_get(file, "verified")->boolean);
    assert_null(awh_yaml_get(file, "verified_by"));
}

static void test_measuring_again_replaces(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.repeats = 4;
    expect_ok(bench, &options);
    assert_true(exists(bench, "1/3.yaml"));
    options.repeats = 2;
    options.nets = "1-2";
    expect_ok(bench, &options);
    assert_true(exists(bench, "0/3.yaml"));
    assert_true(exists(bench, "1/1.yaml"));
    assert_false(exists(bench, "1/2.yaml"));
}

static void test_stale_nets_are_reported(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    expect_ok(bench, &options);
    assert_int_equal(awh_dir_remove(in(bench, bench->hardware, "1"), NULL), AW_OK);
    expect_ok(bench, &options);
    assert_int_equal(bench->warnings, 1);
    assert_non_null(strstr(bench->warning, "has results of nets that are not in"));
    assert_non_null(strstr(bench->warning, "(1); remove them before parse"));
}

/* -- resuming ---------------------------------------------------------------------------- */

static void overwrite(struct bench *bench, const char *name, const char *text)
{
    assert_int_equal(awh_file_write(in(bench, bench->results, name), text, strlen(text), NULL),
                     AW_OK);
}

static void test_resume(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    expect_ok(bench, &options);
    ino_t kept[3] = {inode(bench, "0/0.yaml"), inode(bench, "1/0.yaml"), inode(bench, "2/0.yaml")};
    options.resume = true;
    expect_ok(bench, &options);
    assert_non_null(strstr(bench->printed, "nets measured: 0, kept: 3"));
    assert_int_equal(inode(bench, "0/0.yaml"), kept[0]);
    /* A net with a broken file and one with a missing file are measured again, the third is kept.
     */
    overwrite(bench, "0/1.yaml", "block_sum_latency: [\n");
    assert_int_equal(unlink(in(bench, bench->results, "1/1.yaml")), 0);
    expect_ok(bench, &options);
    assert_non_null(strstr(bench->printed, "nets measured: 2, kept: 1"));
    assert_int_not_equal(inode(bench, "0/0.yaml"), kept[0]);
    assert_int_not_equal(inode(bench, "1/0.yaml"), kept[1]);
    assert_int_equal(inode(bench, "2/0.yaml"), kept[2]);
    check_run(bench, "0/1.yaml", "0", 1);
    assert_int_equal(bench->warnings, 0);
}

/* Replaces `old` by `new` (of equal length) in a result file. */
static void edit(struct bench *bench, const char *name, const char *old, const char *new)
{
    char *bytes;
    size_t size;
    assert_int_equal(
        awh_file_read(&bench->arena, in(bench, bench->results, name), 1 << 20, &bytes, &size, NULL),
        AW_OK);
    char *at = strstr(bytes, old);
    assert_non_null(at);
    memcpy(at, new, strlen(new));
    overwrite(bench, name, bytes);
}

static void test_resume_only_keeps_the_same(void **state)
{
    struct bench *bench = *state;
    static const char *const edits[][2] = {
        {"board: native", "board: nativf"},
        {"run: 1", "run: 0"},
        {"warmup: 1", "warmup: 2"},
        {"repeats: 2", "repeats: 3"},
        {"verified: true", "verified: null"},
        {"program_crc32: '0x", "program_crc32: '1x"},
        {"unit: ms", "unit: us"},
        {"kernel_set: ", "kernel_set: x"},
        {"name: 1_layer_3", "name: 1_layer_4"},
        {"ticks: ", "ticks: 9"},
    };
    struct awh_measure_options options = options_of(bench);
    options.nets = "1";
    expect_ok(bench, &options);
    options.resume = true;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        edit(bench, "1/1.yaml", edits[i][0], edits[i][1]);
        expect_ok(bench, &options);
        if (!strstr(bench->printed, "nets measured: 1, kept: 0"))
            fail_msg("kept a result with '%s'", edits[i][1]);
    }
    options.warmup = 0;
    expect_ok(bench, &options);
    assert_non_null(strstr(bench->printed, "nets measured: 1, kept: 0"));
    assert_int_equal(small_net_write(bench->hardware, "1", 77, AW_WEIGHTS_SEEDED, NULL), AW_OK);
    expect_ok(bench, &options);
    assert_non_null(strstr(bench->printed, "nets measured: 1, kept: 0"));
    options.no_verify = true; /* a verified result is better than asked for */
    expect_ok(bench, &options);
    assert_non_null(strstr(bench->printed, "nets measured: 0, kept: 1"));
}

/* -- refusals ---------------------------------------------------------------------------- */

static void test_wrong_kernel_gives_no_latency(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.nets = "0";
    expect_ok(bench, &options);
    options.nets = NULL;
    options.resume = true;
    options.firmware = BAD_BOARD;
    ino_t before = inode(bench, "0/0.yaml");
    expect_failure(bench, &options, AW_ERR_MISMATCH, "net 0, layer 1 (0_layer_1, dwconv2d/");
    assert_non_null(strstr(bench->diag.text, "the dwconv2d kernel is wrong"));
    assert_int_equal(inode(bench, "0/0.yaml"), before);
    assert_false(exists(bench, "1"));
}

static void test_broken_programs(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.board = NULL;
    options.firmware = NULL;
    options.tcp = "127.0.0.1:1"; /* never reached */
    const char *path = in(bench, bench->hardware, "1/1.awp");
    char *bytes;
    size_t size;
    assert_int_equal(awh_file_read(&bench->arena, path, 1 << 20, &bytes, &size, NULL), AW_OK);
    const size_t sizes[] = {0, 3, 63, size / 2, size - 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(awh_file_write(path, bytes, sizes[i], NULL), AW_OK);
        assert_int_not_equal(measure(bench, &options), AW_OK);
        assert_non_null(strstr(bench->diag.text, "0-dpu/1/1.awp: "));
    }
    for (size_t at = 0; at < size; at += 7) {
        bytes[at] ^= 0x10;
        assert_int_equal(awh_file_write(path, bytes, size, NULL), AW_OK);
        bytes[at] ^= 0x10;
        assert_int_not_equal(measure(bench, &options), AW_OK);
        if (!strstr(bench->diag.text, "0-dpu/1/1.awp: "))
            fail_msg("byte %zu: %s", at, bench->diag.text);
    }
    assert_false(awh_path_exists(bench->results));
}

static void test_layers_of_another_program(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    const char *path = in(bench, bench->hardware, "0/0.awp");
    char *bytes;
    size_t size;
    assert_int_equal(awh_file_read(&bench->arena, path, 1 << 20, &bytes, &size, NULL), AW_OK);
    assert_int_equal(awh_file_write(in(bench, bench->hardware, "1/1.awp"), bytes, size, NULL),
                     AW_OK);
    expect_failure(bench, &options, AW_ERR_MISMATCH, "0-dpu/1/1.awp");
}

static void test_foreign_directory(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.out_dir = in(bench, bench->root, "thesis");
    options.nets = "0";
    assert_int_equal(awh_dir_make(options.out_dir, NULL), AW_OK);
    expect_ok(bench, &options); /* an empty one is fine */
    options.out_dir = in(bench, bench->root, "photos");
    assert_int_equal(awh_dir_make(options.out_dir, NULL), AW_OK);
    const char *photo = in(bench, options.out_dir, "cat.jpg");
    assert_int_equal(awh_file_write(photo, "meow", 4, NULL), AW_OK);
    expect_failure(bench, &options, AW_ERR_EXISTS, "photos: exists and was not made by awnas-hw");
    options.force = true;
    expect_ok(bench, &options);
    assert_true(awh_path_exists(photo));
}

static void test_options(void **state)
{
    struct bench *bench = *state;
    struct awh_measure_options options = options_of(bench);
    options.serial = "/dev/ttyS0";
    expect_failure(bench, &options, AW_ERR_ARG, "only one of --board, --serial and --tcp");
    options = options_of(bench);
    options.repeats = 0;
    expect_failure(bench, &options, AW_ERR_ARG, "--repeats: expected 1 to 10000, found 0");
    options = options_of(bench);
    options.result_dir = "/no/such/results";
    expect_failure(bench, &options, AW_ERR_NOT_FOUND, "/no/such/results: no such result directory");
    options = options_of(bench);
    options.hardware = "1-dpu";
    expect_failure(bench, &options, AW_ERR_NOT_FOUND, "1-dpu: no such directory");
    options = options_of(bench);
    options.board = "nativ";
    expect_failure(bench, &options, AW_ERR_NOT_FOUND,
                   "unknown board 'nativ'; did you mean 'native'?");
    options = options_of(bench);
    static const struct {
        const char *nets, *text;
    } rows[] = {
        {"", "--nets: '' is no net"},
        {"7", "--nets: '7' is no net"},
        {"0,", "--nets: '' is no net"},
        {"0,x", "--nets: 'x' is no net"},
        {"2-1", "--nets: the range '2-1' is empty"},
        {"5-9", "--nets: '5-9' is no net"},
        {"-1", "--nets: '-1' is no net"},
        {"1-", "--nets: '1-' is no net"},
        {"0 ", "--nets: '0 ' is no net"},
        {"99999999999999999999", "is no net"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        options.nets = rows[i].nets;
        expect_failure(bench, &options, AW_ERR_ARG, rows[i].text);
    }
    options.nets = NULL;
    assert_int_equal(awh_dir_make(in(bench, bench->root, "hardwares/1-dpu"), NULL), AW_OK);
    expect_failure(bench, &options, AW_ERR_ARG, "choose one with --hardware: 0-dpu, 1-dpu");
    options.hardware = "1-dpu";
    expect_failure(bench, &options, AW_ERR_NOT_FOUND, "no <net>/<net>.awp here");
    options.hardware = "0-dpu";
    assert_int_equal(unlink(in(bench, bench->hardware, "2/2.awp")), 0);
    expect_failure(bench, &options, AW_ERR_NOT_FOUND, "2/2.awp: missing; compile the nets again");
}

static void test_silent_board(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(local);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&local, sizeof(local)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&local, &size), 0);
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(local.sin_port));
    struct awh_measure_options options = options_of(bench);
    options.board = NULL;
    options.firmware = NULL;
    options.tcp = address;
    options.wait_ms = 200;
    expect_failure(bench, &options, AW_ERR_TIMEOUT,
                   "no Hello within 200 ms; is the firmware running?");
    close(listener);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_results),
        ROW(test_json),
        ROW(test_measuring_again_replaces),
        ROW(test_stale_nets_are_reported),
        ROW(test_resume),
        ROW(test_resume_only_keeps_the_same),
        ROW(test_wrong_kernel_gives_no_latency),
        ROW(test_broken_programs),
        ROW(test_layers_of_another_program),
        ROW(test_foreign_directory),
        ROW(test_options),
        ROW(test_silent_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

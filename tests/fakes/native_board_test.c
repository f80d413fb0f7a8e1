/* The real runtime, as the native board, over a line that misbehaves: whatever is lost or garbled,
 * a session that completes has the outputs of the host's reference. Times here are real; see
 * faulty_link_test.c for many more seeds against a board in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/session.h"
#include "fakes/faulty_link.h"
#include "fakes/small_net.h"
#include "program/reference.h"

#define SEEDS   4u
#define REPEATS 3u

/* Short, because each lost frame costs it; long enough for a busy machine. */
static const struct awh_session_timing timing = {
    .first_ms = 60,
    .max_ms = 300,
    .request_ms = 10000,
    .load_end_ms = 10000,
    .poke_first_ms = 100,
    .poke_max_ms = 300,
    .run_ms = 10000,
};

static enum aw_err flow(struct awh_session *session, const uint8_t *bytes, uint32_t size,
                        uint32_t *crcs, struct awh_diag *diag)
{
    uint64_t layers[REPEATS * SMALL_NET_LAYERS], whole[REPEATS];
    uint32_t instructions[SMALL_NET_LAYERS];
    enum aw_err err = awh_session_load(session, bytes, size, diag);
    if (!err)
        err = awh_session_verify(session, SMALL_NET_LAYERS, NULL, NULL, crcs, instructions, diag);
    if (!err)
        err = awh_session_run(session, AWP_MODE_LAYERS, 1, REPEATS, SMALL_NET_LAYERS, layers, diag);
    if (!err)
        err = awh_session_run(session, AWP_MODE_WHOLE, 1, REPEATS, SMALL_NET_LAYERS, whole, diag);
    return err;
}

/* One session with two programs of equal size: a stale program must not be taken for the new one.
 */
static void run_case(struct awh_link *link, uint32_t seed, const char *row)
{
    struct awh_diag diag = {0};
    struct awh_session session;
    enum aw_err err = awh_session_open_with(link, 10000, &timing, &session, &diag);
    if (err)
        fail_msg("%s: %s", row, diag.text);
    for (uint32_t net = 0; net < 2 && !err; net++) {
        uint8_t bytes[SMALL_NET_BYTES];
        uint32_t size, expected[SMALL_NET_LAYERS], found[SMALL_NET_LAYERS];
        struct aw_program program;
        assert_int_equal(small_net_make(seed + net, AW_WEIGHTS_SEEDED, bytes, &size, &program),
                         AW_OK);
        assert_int_equal(awh_reference_run(&program, expected, &diag), AW_OK);
        err = flow(&session, bytes, size, found, &diag);
        if (!err && memcmp(expected, found, sizeof(found)) != 0)
            fail_msg("%s: net %u completed with wrong outputs", row, net);
    }
    if (err)
        fail_msg("%s: %s", row, diag.text);
    awh_session_close(&session);
}

static struct awh_link start_board(void)
{
    struct awh_link link;
    struct awh_diag diag = {0};
    if (awh_link_board("native", AWNAS_SOURCE_DIR "/boards", AWNAS_BINARY_DIR "/awnas-native-board",
                       &link, &diag))
        fail_msg("%s", diag.text);
    assert_string_equal(link.transport, "tcp");
    return link;
}

static void test_clean_line(void **state)
{
    (void)state;
    struct awh_link link = start_board();
    run_case(&link, 1, "clean line");
    awh_link_close(&link);
}

static void test_every_kind_of_fault(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        for (uint32_t seed = 1; seed <= SEEDS; seed++) {
            char row[80];
            unsigned faults = 0;
            snprintf(row, sizeof(row), "%s, seed %u", fault_kind_names[kind], seed);
            struct awh_link inner = start_board(), link;
            const struct faulty_link_options options = {
                .seed = seed * 1000 + kind, .kinds = 1u << kind, .per_mille = 60};
            assert_int_equal(faulty_link_open(&inner, &options, &faults, &link, NULL), AW_OK);
            run_case(&link, seed, row);
            awh_link_close(&link);
        }
    }
}

static void test_reconnect(void **state)
{
    (void)state;
    /* A second session on the same line: numbers start anew, and what the first left is not
     * believed. */
    struct awh_link link = start_board();
    run_case(&link, 5, "first session");
    run_case(&link, 9, "second session");
    awh_link_close(&link);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A board with a key that faults in the depthwise layer, or never ends it, and restarts while the
 * connection holds: it wants the key again, and whoever has it goes on. */
static void restart_case(const char *firmware, enum aw_err expected, const char *text)
{
    char dir[] = "/tmp/awnas-keyed-XXXXXX", path[64], key[64], yaml[512];
    assert_non_null(mkdtemp(dir));
    snprintf(key, sizeof(key), "%s/key", dir);
    write_text(key, "00112233445566778899aabbccddeeff\n");
    snprintf(path, sizeof(path), "%s/keyed", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/keyed/board.yaml", dir);
    snprintf(yaml, sizeof(yaml),
             "name: keyed\ndescription: a board with a key\ncpu: any\nemulated: false\n"
             "firmware: %s\nlink: tcp\nlaunch:\n  command: [\"{firmware}\", --port, \"{port}\", "
             "--key-file, \"%s\"]\n",
             strrchr(firmware, '/') + 1, key);
    write_text(path, yaml);

    /* The watchdog is one of CPU time, of which a busy machine gives little. */
    struct awh_session_timing patient = timing;
    patient.run_ms = 60000;
    struct awh_diag diag = {0};
    struct awh_link link;
    struct awh_session session;
    uint8_t bytes[SMALL_NET_BYTES];
    uint32_t size, crcs[SMALL_NET_LAYERS], instructions[SMALL_NET_LAYERS];
    struct aw_program program;
    assert_int_equal(small_net_make(3, AW_WEIGHTS_SEEDED, bytes, &size, &program), AW_OK);
    if (awh_link_board("keyed", dir, firmware, &link, &diag) ||
        awh_link_use_key(&link, key, &diag) ||
        awh_session_open_with(&link, 10000, &patient, &session, &diag))
        fail_msg("%s: %s", firmware, diag.text);
    assert_true(session.hello.key_wanted);
    uint8_t challenge[AWP_NONCE_BYTES];
    for (uint32_t faults = 1; faults <= 2; faults++) {
        memcpy(challenge, session.hello.challenge, sizeof(challenge));
        if (awh_session_load(&session, bytes, size, &diag))
            fail_msg("%s: load after %u faults: %s", firmware, faults - 1, diag.text);
        assert_int_equal(
            awh_session_verify(&session, SMALL_NET_LAYERS, NULL, NULL, crcs, instructions, &diag),
            expected);
        assert_non_null(strstr(diag.text, text));
        assert_int_equal(session.hello.last_fault.count, faults);
        assert_memory_not_equal(challenge, session.hello.challenge, sizeof(challenge));
    }
    awh_session_close(&session);
    awh_link_close(&link);
    unlink(path);
    unlink(key);
    snprintf(path, sizeof(path), "%s/keyed", dir);
    rmdir(path);
    rmdir(dir);
}

static void test_a_restart_wants_the_key_again(void **state)
{
    (void)state;
    restart_case(AWNAS_BINARY_DIR "/awnas-native-board-crashes", AW_ERR_INTERNAL,
                 "the CPU faulted while verifying");
    restart_case(AWNAS_BINARY_DIR "/awnas-native-board-hangs", AW_ERR_TIMEOUT,
                 "the board's watchdog ended it while verifying");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_line),
        cmocka_unit_test(test_every_kind_of_fault),
        cmocka_unit_test(test_reconnect),
        cmocka_unit_test(test_a_restart_wants_the_key_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

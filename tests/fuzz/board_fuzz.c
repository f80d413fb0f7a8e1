/* board-fuzz: mutated programs and frames against the target's validator and session, in this
 * process (with sanitizers, when it is built so), or a sample of them against a board. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/session.h"
#include "fakes/small_net.h"
#include "fuzz/board_fuzz.h"
#include "fuzz/mutate.h"
#include "program/reference.h"

static const char usage[] = "usage: board-fuzz [--count N] [--from CASE] [--board BOARD] | --case "
                            "programs/CASE|frames/CASE\n"
                            "\n"
                            "Half of N (default 20000) mutated programs, half mutated frames, "
                            "through the session that the firmware\n"
                            "has, with guard zones around every memory that are checked after "
                            "each. What passes the validator is\n"
                            "run and must give the reference's outputs. --board takes an emulated "
                            "board, or native, instead.\n";

/* -- in this process ---------------------------------------------------------------------- */

static bool run_program_case(uint32_t number, struct board_fuzz_totals *totals)
{
    static struct fuzz_program program;
    fuzz_make_program(number, &program);
    totals->programs++;
    const char *wrong = board_fuzz_program(&program, totals);
    if (wrong)
        printf("FAILED: case programs/%" PRIu32 ": %s\n", number, wrong);
    return !wrong;
}

static bool run_frames_case(uint32_t number, struct board_fuzz_totals *totals)
{
    static uint8_t bytes[FUZZ_FRAMES_BYTES];
    uint32_t frames, size = fuzz_make_frames(number, bytes, &frames);
    totals->frames += frames;
    totals->frame_cases++;
    const char *wrong = board_fuzz_frames(bytes, size);
    if (wrong)
        printf("FAILED: case frames/%" PRIu32 ": %s\n", number, wrong);
    return !wrong;
}

/* -- against a board ---------------------------------------------------------------------- */

/* Loads, verifies against the reference and runs what the board takes. Errors that are a refusal
 * are what is wanted; *bad_out is set for those that are not. */
static bool try_on_board(struct awh_session *session, const uint8_t *bytes, uint32_t size,
                         bool must_load, struct board_fuzz_totals *totals)
{
    static uint32_t expected[AW_PROGRAM_MAX_LAYERS], found[AW_PROGRAM_MAX_LAYERS];
    struct awh_diag diag = {0};
    struct aw_program program;
    uint64_t ticks;
    totals->programs++;
    enum aw_err err = awh_session_load(session, bytes, size, &diag);
    if (err && !must_load && strstr(diag.text, "the board refused"))
        return true;
    if (!err && aw_program_open(bytes, size, &(struct aw_program_limits){0}, &program, NULL)) {
        printf("FAILED: the board loaded a program that is not valid\n");
        return false;
    }
    totals->loaded += !err;
    if (!err && !board_fuzz_is_cheap(&program))
        return true;
    if (!err)
        err = awh_session_verify(session, program.layer_count, NULL, NULL, found, NULL, &diag);
    if (!err)
        err = awh_reference_run(&program, expected, &diag);
    if (!err)
        err = awh_session_run(session, AWP_MODE_WHOLE, 0, 1, program.layer_count, &ticks, &diag);
    totals->ran += !err;
    bool same = !err && memcmp(expected, found, program.layer_count * sizeof(found[0])) == 0;
    if (!same)
        printf("FAILED: %s\n", err ? diag.text : "other outputs than the reference's");
    return same;
}

static bool send_to_board(struct awh_session *session, struct awh_link *link, uint32_t number,
                          struct board_fuzz_totals *totals)
{
    static uint8_t bytes[FUZZ_FRAMES_BYTES];
    static const uint8_t delimiter = 0;
    struct awh_diag diag = {0};
    uint32_t frames, size = fuzz_make_frames(number, bytes, &frames);
    totals->frames += frames;
    totals->frame_cases++;
    enum aw_err err = link->ops->write(link->self, bytes, size, &diag);
    if (!err)
        err = link->ops->write(link->self, &delimiter, 1, &diag);
    awh_session_close(session);
    if (!err)
        err = awh_session_open(link, 30000, session, &diag);
    else
        *session = (struct awh_session){0};
    if (err)
        printf("FAILED: case frames/%" PRIu32 ": %s\n", number, diag.text);
    return !err;
}

/* Where the builds put their images. */
static const char *firmware_of(const char *board)
{
    static char path[512];
    const char *given = getenv("AWNAS_TEST_FIRMWARE");
    if (given)
        return given;
    if (strcmp(board, "native") == 0)
        return AWNAS_BINARY_DIR "/awnas-native-board";
    snprintf(path, sizeof(path), AWNAS_SOURCE_DIR "/build/fw-%s/awnas-%s.elf", board, board);
    return path;
}

static bool fuzz_board(const char *board, uint32_t count, uint32_t from,
                       struct board_fuzz_totals *totals)
{
    struct awh_diag diag = {0};
    struct awh_link link = {0};
    struct awh_session session = {0};
    struct aw_program ignored;
    uint8_t good[SMALL_NET_BYTES];
    uint32_t size;
    if (access(firmware_of(board), R_OK)) {
        fprintf(stderr, "SKIPPED: %s is not built\n", firmware_of(board));
        exit(77);
    }
    awh_link_cleanup_on_signal();
    enum aw_err err =
        awh_link_board(board, AWNAS_SOURCE_DIR "/boards", firmware_of(board), &link, &diag);
    if (!err)
        err = awh_session_open(&link, 30000, &session, &diag);
    if (!err)
        err = small_net_make(77, AW_WEIGHTS_SEEDED, good, &size, &ignored);
    if (err) {
        printf("FAILED: %s\n", diag.text);
        return false;
    }
    bool fine = true;
    for (uint32_t i = 0; fine && i < count / 2; i++) {
        static struct fuzz_program program;
        uint32_t before = totals->frames;
        fuzz_make_program(from + i, &program);
        if (program.size)
            fine = try_on_board(&session, program.bytes, program.size, false, totals);
        if (!fine)
            printf("FAILED: case programs/%" PRIu32 "\n", from + i);
        while (fine && totals->frames - before < 1 && totals->frames < count / 2)
            fine = send_to_board(&session, &link, from + totals->frame_cases, totals);
        if (fine && session.hello.last_fault.count) {
            printf("FAILED: after case programs/%" PRIu32 " the board had restarted\n", from + i);
            fine = false;
        }
    }
    fine = fine && try_on_board(&session, good, size, true, totals);
    if (session.state)
        awh_session_close(&session);
    awh_link_close(&link);
    return fine;
}

static int run_one(const char *id)
{
    struct board_fuzz_totals totals = {0};
    const char *slash = strchr(id, '/');
    uint32_t number = slash ? (uint32_t)strtoul(slash + 1, NULL, 10) : 0;
    if (strncmp(id, "programs/", 9) == 0)
        return !run_program_case(number, &totals);
    if (strncmp(id, "frames/", 7) == 0)
        return !run_frames_case(number, &totals);
    fputs(usage, stderr);
    return 2;
}

int main(int argc, char **argv)
{
    uint32_t count = 20000, from = 0;
    const char *board = NULL;
    fuzz_init();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--case") == 0)
            return run_one(argv[i + 1]);
        if (strcmp(argv[i], "--count") == 0)
            count = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            from = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--board") == 0)
            board = argv[i + 1];
        else
            argc = 0;
    }
    if (argc % 2 == 0 || count == 0) {
        fputs(usage, stderr);
        return 2;
    }
    struct board_fuzz_totals totals = {0};
    bool good = true;
    if (board)
        good = fuzz_board(board, count, from, &totals);
    for (uint32_t i = 0; !board && i < count / 2; i++)
        good &= run_program_case(from + i, &totals);
    for (uint32_t i = 0; !board && totals.frames < count / 2; i++)
        good &= run_frames_case(from + i, &totals);
    printf("%s: %" PRIu32 " mutated programs (%" PRIu32 " valid, %" PRIu32
           " of these run and equal to the "
           "reference), %" PRIu32 " mutated frames in %" PRIu32 " conversations; %s\n",
           board ? board : "in process", totals.programs, totals.loaded, totals.ran, totals.frames,
           totals.frame_cases, good ? "nothing wrong" : "FAILED");
    return !good;
}

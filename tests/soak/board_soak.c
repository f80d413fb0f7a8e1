/* board-soak: one session of runs without a pause, as long as is asked for, in which every run must
 * take exactly the ticks of the first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "devices/session.h"
#include "fakes/small_net.h"
#include "program/reference.h"

#define REPEATS     4u
#define REPORT_S    60.0
#define PROGRAM_MAX (64u << 20)

static const char usage[] =
    "usage: board-soak [--seconds S] [--program FILE.awp] [--board BOARD] [--firmware FILE]\n"
    "\n"
    "Runs a program (default: a small one) on an emulated board (default zcu102) over and over for "
    "S seconds\n"
    "(default 10): verified against the reference at the start, every minute and at the end, timed "
    "layer by layer\n"
    "and as a whole in between. Exit 1 when a tick, an output or an instruction count differs from "
    "the first.\n";

struct soak {
    struct awh_session session;
    struct aw_program program;
    uint64_t *first, *ticks; /* [REPEATS * layers] */
    uint32_t *crcs, *found, *instructions, *counted;
    uint64_t whole;
    uint64_t runs;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static enum aw_err verify(struct soak *soak, bool first, struct awh_diag *diag)
{
    uint32_t layers = soak->program.layer_count;
    enum aw_err err =
        awh_session_verify(&soak->session, layers, NULL, NULL, soak->found, soak->counted, diag);
    if (err)
        return err;
    if (first)
        memcpy(soak->instructions, soak->counted, layers * sizeof(*soak->counted));
    for (uint32_t i = 0; i < layers; i++)
        if (soak->found[i] != soak->crcs[i] || soak->counted[i] != soak->instructions[i])
            return awh_fail(diag, AW_ERR_MISMATCH,
                            "layer %u: output 0x%08x and %u instructions, expected 0x%08x and %u",
                            i, soak->found[i], soak->counted[i], soak->crcs[i],
                            soak->instructions[i]);
    return AW_OK;
}

static enum aw_err differs(const struct soak *soak, const char *what, uint32_t layer,
                           uint64_t expected, uint64_t found, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_MISMATCH,
                    "drift: after %" PRIu64 " runs, %s %u took %" PRIu64
                    " ticks, at first %" PRIu64,
                    soak->runs, what, layer, found, expected);
}

/* REPEATS runs layer by layer and as many of the whole. */
static enum aw_err run(struct soak *soak, struct awh_diag *diag)
{
    uint32_t layers = soak->program.layer_count;
    uint64_t whole[REPEATS];
    enum aw_err err =
        awh_session_run(&soak->session, AWP_MODE_LAYERS, 0, REPEATS, layers, soak->ticks, diag);
    if (!err)
        err = awh_session_run(&soak->session, AWP_MODE_WHOLE, 0, REPEATS, layers, whole, diag);
    if (err)
        return err;
    if (soak->runs == 0) {
        memcpy(soak->first, soak->ticks, layers * sizeof(*soak->first));
        soak->whole = whole[0];
    }
    for (uint32_t i = 0; i < REPEATS * layers; i++)
        if (soak->ticks[i] != soak->first[i % layers])
            return differs(soak, "layer", i % layers, soak->first[i % layers], soak->ticks[i],
                           diag);
    for (uint32_t i = 0; i < REPEATS; i++)
        if (whole[i] != soak->whole)
            return differs(soak, "whole run", i, soak->whole, whole[i], diag);
    soak->runs += 2 * REPEATS;
    return AW_OK;
}

static enum aw_err soak_board(struct soak *soak, double seconds, struct awh_diag *diag)
{
    double start = now_s(), report = start + REPORT_S, end = start + seconds;
    enum aw_err err = verify(soak, true, diag);
    while (!err && now_s() < end) {
        err = run(soak, diag);
        if (!err && now_s() >= report) {
            err = verify(soak, false, diag);
            printf("%6.0f s: %" PRIu64 " runs, all alike\n", now_s() - start, soak->runs);
            fflush(stdout);
            report += REPORT_S;
        }
    }
    if (!err)
        err = verify(soak, false, diag);
    if (!err && soak->runs == 0)
        err = awh_fail(diag, AW_ERR_ARG, "no run fitted into %.0f s", seconds);
    if (!err)
        printf("%" PRIu64
               " runs of %u layers in %.0f s on %s: every layer's and every whole run's ticks "
               "identical from first to last (%" PRIu64 " %s a run); %" PRIu64 " repeats, %" PRIu64
               " bad frames, %" PRIu64 " gaps on the line\n",
               soak->runs, soak->program.layer_count, now_s() - start, soak->session.hello.board,
               soak->whole, soak->session.hello.clock_unit, soak->session.retries,
               soak->session.bad_frames, soak->session.gaps);
    return err;
}

static enum aw_err read_program(struct awh_arena *arena, const char *path, struct soak *soak,
                                const uint8_t **bytes_out, uint32_t *size_out,
                                struct awh_diag *diag)
{
    static uint8_t small[SMALL_NET_BYTES];
    char *bytes;
    size_t size;
    *bytes_out = small;
    if (!path)
        return small_net_make(1, AW_WEIGHTS_SEEDED, small, size_out, &soak->program);
    enum aw_err err = awh_file_read(arena, path, PROGRAM_MAX, &bytes, &size, diag);
    if (err)
        return err;
    struct aw_program_fault why = {.what = ""};
    *bytes_out = (const uint8_t *)bytes;
    *size_out = (uint32_t)size;
    err = aw_program_open(*bytes_out, *size_out, &(struct aw_program_limits){0}, &soak->program,
                          &why);
    return err ? awh_fail(diag, err, "%s: %s", path, why.what) : AW_OK;
}

static enum aw_err prepare(struct awh_arena *arena, struct soak *soak, struct awh_diag *diag)
{
    uint32_t layers = soak->program.layer_count;
    soak->first = awh_arena_array(arena, layers, sizeof(*soak->first));
    soak->ticks = awh_arena_array(arena, REPEATS * layers, sizeof(*soak->ticks));
    uint32_t *words = awh_arena_array(arena, 4 * layers, sizeof(*words));
    if (!soak->first || !soak->ticks || !words)
        return awh_fail_mem(diag);
    soak->crcs = words;
    soak->found = words + layers;
    soak->instructions = words + 2 * layers;
    soak->counted = words + 3 * layers;
    return awh_reference_run(&soak->program, soak->crcs, diag);
}

int main(int argc, char **argv)
{
    double seconds = 10;
    const char *path = NULL, *board = "zcu102", *firmware = getenv("AWNAS_TEST_FIRMWARE");
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--program") == 0)
            path = argv[i + 1];
        else if (strcmp(argv[i], "--board") == 0)
            board = argv[i + 1];
        else if (strcmp(argv[i], "--firmware") == 0)
            firmware = argv[i + 1];
        else
            argc = 0;
    }
    if (argc % 2 == 0 || !(seconds > 0)) {
        fputs(usage, stderr);
        return 2;
    }
    char image[512];
    struct stat ignored;
    if (!firmware) {
        snprintf(image, sizeof(image), AWNAS_SOURCE_DIR "/build/fw-%s/awnas-%s.elf", board, board);
        firmware = image;
    }
    if (stat(firmware, &ignored)) {
        fprintf(stderr, "SKIPPED: %s is not built\n", firmware);
        return 77;
    }
    struct awh_diag diag = {0};
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct soak soak = {0};
    struct awh_link link = {0};
    const uint8_t *bytes;
    uint32_t size = 0;
    awh_link_cleanup_on_signal();
    enum aw_err err = read_program(&arena, path, &soak, &bytes, &size, &diag);
    if (!err)
        err = prepare(&arena, &soak, &diag);
    if (!err)
        err = awh_link_board(board, AWNAS_SOURCE_DIR "/boards", firmware, &link, &diag);
    if (!err)
        err = awh_session_open(&link, 30000, &soak.session, &diag);
    if (!err) {
        err = awh_session_load(&soak.session, bytes, size, &diag);
        if (!err)
            err = soak_board(&soak, seconds, &diag);
        awh_session_close(&soak.session);
    }
    awh_link_close(&link);
    awh_arena_release(&arena);
    if (err)
        fprintf(stderr, "board-soak: %s\n", diag.text);
    return err != AW_OK;
}

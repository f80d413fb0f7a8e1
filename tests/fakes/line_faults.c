/* line-faults: whole measurements by the host's session against the target's, over a line with
 * faults, in virtual time. Each completes with the right results, or fails with one line, within
 * bounded time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/sim_board.h"
#include "fakes/small_net.h"
#include "program/reference.h"

#define NETS     2u /* of equal size: a stale program must not be taken for the new one */
#define REPEATS  3u
#define PROGRAMS 16u
/* Every Verify and Run of the conversation given up on. */
#define BOUND_MS (8u * 620000u)

static const char usage[] = "usage: line-faults [--faults N] [--kind NAME] [--case KIND/CASE]\n"
                            "\n"
                            "Injects at least N (default 300) faults of each kind (flip, loss, "
                            "duplicate, reorder, cut, stall,\n"
                            "garbage, and `all` mixed) into measurements, each from an empty board "
                            "on, and checks every result.\n"
                            "--case reruns exactly one of them, as it is named when it fails.\n";

struct made {
    uint8_t bytes[SMALL_NET_BYTES];
    uint32_t size, crcs[SMALL_NET_LAYERS];
};
static struct made programs[PROGRAMS];

struct totals {
    unsigned cases, completed, failed, faults;
    uint64_t retries, gaps, virtual_ms;
};

static void make_programs(void)
{
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct aw_program program;
        struct awh_diag diag = {0};
        if (small_net_make(i + 1, AW_WEIGHTS_SEEDED, programs[i].bytes, &programs[i].size,
                           &program) ||
            awh_reference_run(&program, programs[i].crcs, &diag)) {
            fprintf(stderr, "line-faults: %s\n", diag.text);
            exit(1);
        }
    }
}

/* The samples of the run that has just been returned, as the board still has them. */
static const char *check_ticks(const uint64_t *ticks, uint32_t count)
{
    const struct awt_records *records = &sim_board_session()->records;
    if (records->of != AWT_RECORDS_RUN || records->count != count)
        return "the board has no such run";
    return memcmp(ticks, records->ticks, count * sizeof(*ticks)) ? "other samples than the board's"
                                                                 : NULL;
}

/* NULL, or what is wrong with a result that the host took for right. *err_out: how it ended. */
static const char *measure(struct awh_session *session, const struct made *net,
                           enum aw_err *err_out, struct awh_diag *diag)
{
    uint32_t crcs[SMALL_NET_LAYERS], instructions[SMALL_NET_LAYERS];
    uint64_t ticks[REPEATS * SMALL_NET_LAYERS], whole[REPEATS];
    *err_out = awh_session_load(session, net->bytes, net->size, diag);
    if (*err_out)
        return NULL;
    *err_out = awh_session_verify(session, SMALL_NET_LAYERS, NULL, NULL, crcs, instructions, diag);
    if (*err_out)
        return NULL;
    if (memcmp(crcs, net->crcs, sizeof(crcs)) != 0)
        return "other outputs than the reference's";
    const uint32_t *counted = sim_board_session()->records.instructions;
    if (memcmp(instructions, counted, sizeof(instructions)) != 0)
        return "other instruction counts than the board's";
    *err_out = awh_session_run(session, AWP_MODE_LAYERS, 1, REPEATS, SMALL_NET_LAYERS, ticks, diag);
    if (*err_out)
        return NULL;
    const char *wrong = check_ticks(ticks, REPEATS * SMALL_NET_LAYERS);
    if (wrong)
        return wrong;
    *err_out = awh_session_run(session, AWP_MODE_WHOLE, 1, REPEATS, SMALL_NET_LAYERS, whole, diag);
    return *err_out ? NULL : check_ticks(whole, REPEATS);
}

/* Runs one case; NULL, or what is wrong. */
static const char *run_case(unsigned kinds, uint32_t number, struct totals *totals,
                            struct awh_diag *diag)
{
    /* The first fault at each frame of a conversation in turn, further ones more or less often. */
    const struct sim_options options = {.seed = number * 8191u + kinds,
                                        .kinds = kinds,
                                        .first = number % 61u,
                                        .per_mille = number % 7u * 15u,
                                        .work_ms = 1u + number * 37u % 9000u,
                                        .most = UINT32_MAX};
    sim_board_start(&options);
    struct awh_link link = sim_board_link();
    struct awh_session session;
    struct awh_session_timing timing = sim_board_timing();
    const char *wrong = NULL;
    enum aw_err err = awh_session_open_with(&link, 30000, &timing, &session, diag);
    bool open = err == AW_OK;
    for (uint32_t i = 0; i < NETS && !err && !wrong; i++)
        wrong = measure(&session, &programs[(number * NETS + i) % PROGRAMS], &err, diag);
    if (open) {
        totals->retries += session.retries;
        totals->gaps += session.gaps;
        awh_session_close(&session);
    }
    totals->cases++;
    totals->completed += err == AW_OK;
    totals->failed += err != AW_OK;
    totals->faults += sim_board_faults();
    totals->virtual_ms += sim_board_now_ms();
    if (!wrong && err && (diag->err != err || !diag->text[0] || strchr(diag->text, '\n')))
        wrong = "failed without a reason in one line";
    if (!wrong && sim_board_now_ms() > BOUND_MS)
        wrong = "took for ever";
    if (!wrong && !sim_board_guards_whole())
        wrong = "the board wrote outside of its memory";
    return wrong;
}

static bool run_kind(const char *name, unsigned kinds, unsigned faults, struct totals *totals)
{
    bool good = true;
    for (uint32_t number = 0; totals->faults < faults; number++) {
        struct awh_diag diag = {0};
        const char *wrong = run_case(kinds, number, totals, &diag);
        if (wrong) {
            printf("FAILED: case %s/%" PRIu32 ": %s (%s)\n", name, number, wrong, diag.text);
            good = false;
        }
    }
    printf(
        "%-10s %6u faults in %5u measurements: %5u complete and right, %4u failed with a reason; "
        "%" PRIu64 " repeats, %" PRIu64 " gaps, %" PRIu64 " s of virtual time\n",
        name, totals->faults, totals->cases, totals->completed, totals->failed, totals->retries,
        totals->gaps, totals->virtual_ms / 1000);
    return good;
}

static unsigned kinds_of(const char *name)
{
    for (unsigned kind = 0; kind < SIM_FAULTS; kind++)
        if (strcmp(name, sim_fault_names[kind]) == 0)
            return 1u << kind;
    return strcmp(name, "all") == 0 ? (1u << SIM_FAULTS) - 1 : 0;
}

static int run_one(char *id)
{
    char *slash = strchr(id, '/');
    if (slash)
        *slash = '\0';
    if (!slash || !kinds_of(id)) {
        fputs(usage, stderr);
        return 2;
    }
    struct totals totals = {0};
    struct awh_diag diag = {0};
    const char *wrong =
        run_case(kinds_of(id), (uint32_t)strtoul(slash + 1, NULL, 10), &totals, &diag);
    printf("%s/%s: %u faults, %u frames, %" PRIu64 " ms: %s%s%s\n", id, slash + 1, totals.faults,
           sim_board_frames(), totals.virtual_ms, wrong ? "WRONG: " : "",
           wrong              ? wrong
           : totals.completed ? "complete and right"
                              : "failed: ",
           wrong ? "" : diag.text);
    return wrong != NULL;
}

int main(int argc, char **argv)
{
    unsigned faults = 300;
    const char *only = NULL;
    make_programs();
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value && strcmp(argv[i], "--case") == 0)
            return run_one(argv[i + 1]);
        if (value && strcmp(argv[i], "--faults") == 0)
            faults = (unsigned)strtoul(value, NULL, 10);
        else if (value && strcmp(argv[i], "--kind") == 0 && kinds_of(value))
            only = value;
        else {
            fputs(usage, stderr);
            return 2;
        }
        i++;
    }
    bool good = true;
    for (unsigned kind = 0; kind <= SIM_FAULTS; kind++) {
        const char *name = kind < SIM_FAULTS ? sim_fault_names[kind] : "all";
        struct totals totals = {0};
        if (!only || strcmp(only, name) == 0)
            good &= run_kind(name, kinds_of(name), faults, &totals);
    }
    return !good;
}

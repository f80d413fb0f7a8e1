/* Whole sessions over a line that misbehaves, by kind of fault and seed, against the board in
 * memory. Each either completes with the right results, or fails with one line within the stated
 * time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aw/crc.h"
#include "aw/rng.h"
#include "fakes/fake_board.h"
#include "fakes/faulty_link.h"

#define PROGRAM_BYTES 9000u
#define REPEATS       2u
#define SEEDS         150u
/* One Run that is given up on, and a few shorter waits. */
#define BOUND_MS 700000u

struct bench {
    struct fake_board board;
    uint8_t program[PROGRAM_BYTES];
    uint32_t crcs[FAKE_BOARD_LAYERS], instructions[FAKE_BOARD_LAYERS];
    uint64_t ticks[REPEATS * FAKE_BOARD_LAYERS], whole[REPEATS];
};

struct outcome {
    enum aw_err err;
    unsigned faults;
    uint64_t retries, bad_frames;
};

static enum aw_err flow(struct bench *bench, struct awh_session *session, struct awh_diag *diag)
{
    uint32_t layers = bench->board.layers;
    enum aw_err err = awh_session_load(session, bench->program, PROGRAM_BYTES, diag);
    if (!err)
        err =
            awh_session_verify(session, layers, NULL, NULL, bench->crcs, bench->instructions, diag);
    if (!err)
        err = awh_session_run(session, AWP_MODE_LAYERS, 1, REPEATS, layers, bench->ticks, diag);
    if (!err)
        err = awh_session_run(session, AWP_MODE_WHOLE, 1, REPEATS, layers, bench->whole, diag);
    return err;
}

static void check_results(const struct bench *bench, const char *row)
{
    bool right = bench->board.program_size == PROGRAM_BYTES &&
                 memcmp(bench->board.program, bench->program, PROGRAM_BYTES) == 0;
    for (uint32_t i = 0; i < FAKE_BOARD_LAYERS; i++)
        right = right && bench->crcs[i] == fake_board_crc(i) &&
                bench->instructions[i] == fake_board_instructions(i);
    for (uint32_t i = 0; i < REPEATS * FAKE_BOARD_LAYERS; i++)
        right = right && bench->ticks[i] == fake_board_ticks(i);
    for (uint32_t i = 0; i < REPEATS; i++)
        right = right && bench->whole[i] == fake_board_ticks(i);
    if (!right)
        fail_msg("%s: completed with a wrong result", row);
}

static struct outcome run_case(uint32_t seed, unsigned kinds, unsigned per_mille, const char *row)
{
    static struct bench bench;
    memset(&bench, 0, sizeof(bench));
    fake_board_init(&bench.board);
    aw_rng_input(seed, PROGRAM_BYTES - 4, (int8_t *)bench.program);
    uint32_t crc = aw_crc32(0, bench.program, PROGRAM_BYTES - 4);
    memcpy(bench.program + PROGRAM_BYTES - 4, &crc, 4);

    struct outcome outcome = {0};
    struct awh_link inner = fake_board_link(&bench.board), link;
    struct awh_diag diag = {0};
    struct faulty_link_options options = {.seed = seed, .kinds = kinds, .per_mille = per_mille};
    assert_int_equal(faulty_link_open(&inner, &options, &outcome.faults, &link, &diag), AW_OK);
    struct awh_session session;
    struct awh_session_timing timing = fake_board_timing(&bench.board);
    outcome.err = awh_session_open_with(&link, 10000, &timing, &session, &diag);
    if (!outcome.err) {
        outcome.err = flow(&bench, &session, &diag);
        outcome.retries = session.retries;
        outcome.bad_frames = session.bad_frames;
        awh_session_close(&session);
    }
    awh_link_close(&link);

    if (bench.board.now_ms > BOUND_MS)
        fail_msg("%s: took %llu ms", row, (unsigned long long)bench.board.now_ms);
    if (!outcome.err)
        check_results(&bench, row);
    else if (diag.err != outcome.err || !diag.text[0] || strchr(diag.text, '\n'))
        fail_msg("%s: failed with %d, saying \"%s\"", row, outcome.err, diag.text);
    return outcome;
}

/* Runs all seeds of one row; at least `least` of 100 sessions must survive. */
static void run_seeds(unsigned kinds, unsigned per_mille, const char *name, unsigned least)
{
    unsigned completed = 0, faults = 0;
    uint64_t retries = 0, bad_frames = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        char row[80];
        snprintf(row, sizeof(row), "%s, %u per mille, seed %u", name, per_mille, seed);
        struct outcome outcome = run_case(seed, kinds, per_mille, row);
        completed += outcome.err == AW_OK;
        faults += outcome.faults;
        retries += outcome.retries;
        bad_frames += outcome.bad_frames;
    }
    print_message("%s, %u per mille: %u of %u complete, %u faults, %llu retries, %llu bad frames\n",
                  name, per_mille, completed, SEEDS, faults, (unsigned long long)retries,
                  (unsigned long long)bad_frames);
    assert_in_range(faults, 1, UINT32_MAX);
    if (completed * 100 < least * SEEDS)
        fail_msg("%s, %u per mille: only %u of %u sessions completed", name, per_mille, completed,
                 SEEDS);
}

static void test_no_faults(void **state)
{
    (void)state;
    struct outcome outcome = run_case(1, 1, 0, "no faults");
    assert_int_equal(outcome.err, AW_OK);
    assert_int_equal(outcome.faults, 0);
    assert_int_equal(outcome.retries, 0);
    assert_int_equal(outcome.bad_frames, 0);
}

static void test_each_kind(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        run_seeds(1u << kind, 50, fault_kind_names[kind], 100);
}

static void test_all_kinds(void **state)
{
    (void)state;
    run_seeds((1u << FAULT_KINDS) - 1, 50, "all kinds", 100);
    run_seeds((1u << FAULT_KINDS) - 1, 200, "all kinds", 90);
}

static void test_hopeless_line(void **state)
{
    (void)state;
    run_seeds((1u << FAULT_DROP) | (1u << FAULT_CUT), 800, "drop and cut", 0);
    run_seeds((1u << FAULT_FLIP) | (1u << FAULT_GARBAGE), 1000, "flip and garbage", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_faults),
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_hopeless_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

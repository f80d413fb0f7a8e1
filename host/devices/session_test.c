/* The session against a board in memory whose every answer can be changed; time is the board's, so
 * that ten minutes of waiting take none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aw/crc.h"
#include "aw/rng.h"
#include "devices/session.h"
#include "fakes/fake_board.h"

#define HELLO_MS      3000u
#define REPEATS       7u /* of 300 layers: more than the board keeps at once */
#define PROGRAM_BYTES 9000u

struct bench {
    struct fake_board board;
    struct awh_link link;
    struct awh_session session;
    struct awh_diag diag;
    bool open;
    uint8_t program[PROGRAM_BYTES];
    uint32_t crcs[FAKE_BOARD_LAYERS], instructions[FAKE_BOARD_LAYERS];
    uint64_t ticks[REPEATS * FAKE_BOARD_LAYERS], whole[REPEATS];
    unsigned meanwhile_calls;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    fake_board_init(&bench->board);
    bench->link = fake_board_link(&bench->board);
    aw_rng_input(3, PROGRAM_BYTES - 4, (int8_t *)bench->program);
    uint32_t crc = aw_crc32(0, bench->program, PROGRAM_BYTES - 4);
    memcpy(bench->program + PROGRAM_BYTES - 4, &crc, 4);
    *state = bench;
    return bench ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->open)
        awh_session_close(&bench->session);
    free(bench);
    return 0;
}

static void meanwhile(void *context)
{
    struct bench *bench = context;
    bench->meanwhile_calls++;
}

static enum aw_err open_session(struct bench *bench)
{
    struct awh_session_timing timing = fake_board_timing(&bench->board);
    enum aw_err err =
        awh_session_open_with(&bench->link, HELLO_MS, &timing, &bench->session, &bench->diag);
    bench->open = err == AW_OK;
    return err;
}

static enum aw_err measure_all(struct bench *bench)
{
    enum aw_err err =
        awh_session_load(&bench->session, bench->program, PROGRAM_BYTES, &bench->diag);
    if (!err)
        err = awh_session_verify(&bench->session, bench->board.layers, meanwhile, bench,
                                 bench->crcs, bench->instructions, &bench->diag);
    if (!err)
        err = awh_session_run(&bench->session, AWP_MODE_LAYERS, 1, REPEATS, bench->board.layers,
                              bench->ticks, &bench->diag);
    if (!err)
        err = awh_session_run(&bench->session, AWP_MODE_WHOLE, 0, REPEATS, bench->board.layers,
                              bench->whole, &bench->diag);
    return err;
}

static enum aw_err flow(struct bench *bench)
{
    enum aw_err err = open_session(bench);
    return err ? err : measure_all(bench);
}

static void check_results(const struct bench *bench)
{
    uint32_t layers = bench->board.layers;
    uint32_t part = bench->board.hello.max_records / layers * layers;
    assert_int_equal(bench->board.program_size, PROGRAM_BYTES);
    assert_memory_equal(bench->board.program, bench->program, PROGRAM_BYTES);
    for (uint32_t i = 0; i < layers; i++) {
        assert_int_equal(bench->crcs[i], fake_board_crc(i));
        assert_int_equal(bench->instructions[i], fake_board_instructions(i));
    }
    for (uint32_t i = 0; i < REPEATS * layers; i++)
        assert_int_equal(bench->ticks[i], fake_board_ticks(i % part));
    for (uint32_t i = 0; i < REPEATS; i++)
        assert_int_equal(bench->whole[i], fake_board_ticks(i));
    assert_int_equal(bench->meanwhile_calls, 1);
}

/* One line that says where, and what is in `part`. */
static void check_failure(struct bench *bench, enum aw_err expected, enum aw_err found,
                          const char *part)
{
    if (found != expected || !strstr(bench->diag.text, part) ||
        strncmp(bench->diag.text, "fake: ", 6) != 0 || strchr(bench->diag.text, '\n'))
        fail_msg("expected \"fake: ...%s...\" (%d), found \"%s\" (%d)", part, expected,
                 bench->diag.text, found);
}

static void test_flow(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(flow(bench), AW_OK);
    check_results(bench);
    assert_int_equal(bench->session.retries, 0);
    assert_int_equal(bench->session.bad_frames, 0);
    assert_string_equal(bench->session.hello.board, "fake");
}

static void test_same_program_is_not_sent_again(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(flow(bench), AW_OK);
    unsigned before = bench->board.requests;
    assert_int_equal(awh_session_load(&bench->session, bench->program, PROGRAM_BYTES, &bench->diag),
                     AW_OK);
    assert_int_equal(bench->board.uploads, 1);
    assert_int_equal(bench->board.requests - before, 2);
}

static void test_every_lost_frame_is_repeated(void **state)
{
    (void)state;
    /* The nth frame of each direction, for every n until the flow has fewer. */
    for (int direction = 0; direction < 2; direction++) {
        for (unsigned n = 1;; n++) {
            void *fresh = NULL;
            assert_int_equal(set_up(&fresh), 0);
            struct bench *bench = fresh;
            *(direction ? &bench->board.drop_reply : &bench->board.drop_request) = n;
            enum aw_err err = flow(bench);
            if (err)
                fail_msg("%s %u lost: %s", direction ? "reply" : "request", n, bench->diag.text);
            check_results(bench);
            bool last = n > (direction ? bench->board.replies : bench->board.requests);
            tear_down(&fresh);
            if (last)
                break;
        }
    }
}

static void test_line_lost_at_every_request(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        void *fresh = NULL;
        assert_int_equal(set_up(&fresh), 0);
        struct bench *bench = fresh;
        bench->board.dies_after = n;
        enum aw_err err = flow(bench);
        bool finished = err == AW_OK;
        if (!finished)
            check_failure(bench, AW_ERR_IO, err, "the line is lost");
        tear_down(&fresh);
        if (finished)
            break;
        assert_in_range(n, 1, 200);
    }
}

static void test_silent_board(void **state)
{
    struct bench *bench = *state;
    bench->board.mute = true;
    check_failure(bench, AW_ERR_TIMEOUT, flow(bench),
                  "no Hello within 3000 ms; is the firmware running?");
    assert_in_range(bench->board.now_ms, HELLO_MS, HELLO_MS + 1);
}

static void test_board_that_boots_slowly(void **state)
{
    struct bench *bench = *state;
    bench->board.boot_ms = HELLO_MS - 500;
    assert_int_equal(flow(bench), AW_OK);
    check_results(bench);
    assert_int_equal(bench->session.retries, 0);
}

static void test_endless_noise(void **state)
{
    struct bench *bench = *state;
    bench->board.babble = true;
    check_failure(bench, AW_ERR_TIMEOUT, flow(bench), "unreadable frames; is the line rate right");
    assert_in_range(bench->board.now_ms, HELLO_MS, HELLO_MS + 10);
}

static void test_noise_after_hello(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(open_session(bench), AW_OK);
    bench->board.babble = true;
    enum aw_err err =
        awh_session_load(&bench->session, bench->program, PROGRAM_BYTES, &bench->diag);
    check_failure(bench, AW_ERR_TIMEOUT, err, "no usable answer to LoadBegin within 10000 ms");
}

static void test_no_answer_after_hello(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(open_session(bench), AW_OK);
    bench->board.mute = true;
    uint64_t before = bench->board.now_ms;
    enum aw_err err =
        awh_session_load(&bench->session, bench->program, PROGRAM_BYTES, &bench->diag);
    check_failure(bench, AW_ERR_TIMEOUT, err, "no answer to LoadBegin within 10000 ms");
    assert_in_range(bench->board.now_ms - before, 12000, 12001); /* and why it is mute */
}

/* -- replies that are changed ------------------------------------------------------------ */

struct change {
    const char *name;
    enum awp_reply_kind of; /* replies of this kind are changed */
    void (*make)(struct awp_reply *reply);
    enum aw_err err;
    const char *text;
};

static void older_protocol(struct awp_reply *reply)
{
    reply->hello.protocol_version = reply->hello.oldest_version = 0;
}
static void newer_protocol(struct awp_reply *reply)
{
    reply->hello.protocol_version = 9;
    reply->hello.oldest_version = 7;
}
static void no_arena(struct awp_reply *reply)
{
    reply->hello.arena_bytes = 0;
}
static void no_chunk(struct awp_reply *reply)
{
    reply->hello.chunk_bytes = 0;
}
static void small_window(struct awp_reply *reply)
{
    reply->hello.window_bytes = 10;
}
static void empty_name(struct awp_reply *reply)
{
    reply->hello.board[0] = '\0';
}
static void control_characters(struct awp_reply *reply)
{
    memcpy(reply->hello.cpu, "\033[2J", 5);
}
static void refused(struct awp_reply *reply)
{
    reply->kind = AWP_ERROR;
    reply->error.code = AW_ERR_NO_SPACE;
    reply->error.layer = 3;
    memcpy(reply->error.text, "weights\nfull", 13);
}
static void refused_oddly(struct awp_reply *reply)
{
    reply->kind = AWP_ERROR;
    reply->error.code = 12345;
    reply->error.layer = -1;
    reply->error.text[0] = '\0';
}
static void acknowledges_too_much(struct awp_reply *reply)
{
    reply->load_ack.received_bytes = 0x7fffffff;
}
static void acknowledges_nothing(struct awp_reply *reply)
{
    reply->load_ack.received_bytes = 0;
}
static void other_kind(struct awp_reply *reply)
{
    reply->kind = AWP_RESET_ACK;
}
static void other_seq(struct awp_reply *reply)
{
    reply->seq ^= 0x40000000;
}
static void more_records(struct awp_reply *reply)
{
    reply->verify_done.record_count++;
}
static void fewer_records(struct awp_reply *reply)
{
    reply->run_done.record_count--;
}
static void other_total(struct awp_reply *reply)
{
    reply->run_done.total_ticks++;
}
static void other_run_crc(struct awp_reply *reply)
{
    reply->run_done.records_crc ^= 1;
}
static void other_verify_crc(struct awp_reply *reply)
{
    reply->verify_done.records_crc ^= 1;
}
static void other_run(struct awp_reply *reply)
{
    reply->records.run_seq--;
}
static void shifted_records(struct awp_reply *reply)
{
    reply->records.first++;
}
static void no_records(struct awp_reply *reply)
{
    reply->records.count = 0;
}
static void other_records(struct awp_reply *reply)
{
    reply->records.kind = AWP_TICKS;
    memset(reply->records.ticks, 0, sizeof(reply->records.ticks));
}

static const struct change changes[] = {
    {"newer protocol", AWP_HELLO_REPLY, newer_protocol, AW_ERR_VERSION,
     "its firmware speaks protocol 7 to 9, this awnas-hw 1 to 2; upgrade awnas-hw"},
    {"older protocol", AWP_HELLO_REPLY, older_protocol, AW_ERR_VERSION,
     "its firmware speaks protocol 0 to 0, this awnas-hw 1 to 2; flash the firmware"},
    {"no arena", AWP_HELLO_REPLY, no_arena, AW_ERR_IO, "its Hello says arena_bytes 0"},
    {"no chunk", AWP_HELLO_REPLY, no_chunk, AW_ERR_IO, "its Hello says chunk_bytes 0"},
    {"small window", AWP_HELLO_REPLY, small_window, AW_ERR_IO,
     "chunk_bytes 1024, but window_bytes 10"},
    {"empty name", AWP_HELLO_REPLY, empty_name, AW_ERR_IO, "its Hello has no printable board"},
    {"control characters", AWP_HELLO_REPLY, control_characters, AW_ERR_IO,
     "its Hello has no printable cpu"},
    {"Hello refused", AWP_HELLO_REPLY, refused, AW_ERR_NO_SPACE,
     "the board refused Hello: layer 3: "},
    {"LoadBegin refused", AWP_LOAD_ACK, refused, AW_ERR_NO_SPACE,
     "the board refused LoadBegin: layer 3: weights?full"},
    {"LoadEnd refused", AWP_LOAD_DONE, refused, AW_ERR_NO_SPACE,
     "the board refused LoadEnd: layer 3: weights?full"},
    {"Verify refused", AWP_VERIFY_DONE, refused, AW_ERR_NO_SPACE,
     "the board refused Verify: layer 3"},
    {"Run refused", AWP_RUN_DONE, refused, AW_ERR_NO_SPACE, "the board refused Run: layer 3"},
    {"Fetch refused", AWP_RECORDS, refused_oddly, AW_ERR_IO,
     "the board refused Fetch: no reason given (unknown error)"},
    {"too much acknowledged", AWP_LOAD_ACK, acknowledges_too_much, AW_ERR_IO, "firmware is broken"},
    {"nothing acknowledged", AWP_LOAD_ACK, acknowledges_nothing, AW_ERR_TIMEOUT,
     "no answer to LoadChunk within 10000 ms"},
    {"other kind", AWP_LOAD_DONE, other_kind, AW_ERR_TIMEOUT,
     "no answer to LoadEnd within 60000 ms"},
    {"other number", AWP_LOAD_DONE, other_seq, AW_ERR_TIMEOUT,
     "no answer to LoadEnd within 60000 ms"},
    {"more records", AWP_VERIFY_DONE, more_records, AW_ERR_IO,
     "Verify made 301 records where 300 were expected"},
    {"fewer records", AWP_RUN_DONE, fewer_records, AW_ERR_IO,
     "Run made 899 records where 900 were expected"},
    {"other CRC of a run", AWP_RUN_DONE, other_run_crc, AW_ERR_CRC,
     "also after fetching them 3 times"},
    {"other CRC of a Verify", AWP_VERIFY_DONE, other_verify_crc, AW_ERR_CRC,
     "also after fetching them 3 times"},
    {"records of another run", AWP_RECORDS, other_run, AW_ERR_IO,
     "asked 3 times for records from 0 of 300"},
    {"other total", AWP_RUN_DONE, other_total, AW_ERR_IO, "the samples of a run add up to"},
    {"shifted records", AWP_RECORDS, shifted_records, AW_ERR_IO, "times for records from 0 of 300"},
    {"no records", AWP_RECORDS, no_records, AW_ERR_IO, "the board sent 0 from 0"},
    {"other records", AWP_RECORDS, other_records, AW_ERR_IO, "times for records from 0 of 300"},
    {"Started, then nothing", AWP_VERIFY_DONE, other_kind, AW_ERR_TIMEOUT,
     "Verify did not finish within 600 s"},
};

static bool apply_change(void *context, const struct awp_request *request, struct awp_reply *reply)
{
    const struct change *change = context;
    (void)request;
    if (reply->kind == change->of)
        change->make(reply);
    return true;
}

static void test_changed_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        void *fresh = NULL;
        assert_int_equal(set_up(&fresh), 0);
        struct bench *bench = fresh;
        bench->board.hook = apply_change;
        bench->board.hook_context = (void *)(uintptr_t)&changes[i];
        enum aw_err err = flow(bench);
        if (err != changes[i].err || !strstr(bench->diag.text, changes[i].text))
            fail_msg("%s: expected \"%s\" (%d), found \"%s\" (%d)", changes[i].name,
                     changes[i].text, changes[i].err, bench->diag.text, err);
        /* Every wait ends: of the longest there is one, and some short ones. */
        assert_in_range(bench->board.now_ms, 0, 700000);
        tear_down(&fresh);
    }
}

/* -- versions, restarts, gaps -------------------------------------------------------------- */

/* A board of version 1 tells no range, no CRC and no run; a host of today measures with it. */
static bool as_version_1(void *context, const struct awp_request *request, struct awp_reply *reply)
{
    (void)context;
    if (request->kind == AWP_HELLO && request->hello.oldest_version > 1)
        return false;
    if (reply->kind == AWP_HELLO_REPLY) {
        reply->hello.protocol_version = 1;
        reply->hello.oldest_version = 0;
    } else if (reply->kind == AWP_RUN_DONE) {
        reply->run_done.records_crc = 0;
    } else if (reply->kind == AWP_VERIFY_DONE) {
        reply->verify_done.records_crc = 0;
    } else if (reply->kind == AWP_RECORDS) {
        reply->records.run_seq = 0;
    }
    return true;
}

static void test_board_of_version_1(void **state)
{
    struct bench *bench = *state;
    bench->board.hook = as_version_1;
    assert_int_equal(flow(bench), AW_OK);
    assert_int_equal(bench->session.version, 1);
    check_results(bench);
}

static void test_newest_version_in_common(void **state)
{
    struct bench *bench = *state;
    bench->board.hello.protocol_version = 9; /* newer, but knows ours */
    bench->board.hello.oldest_version = 2;
    assert_int_equal(flow(bench), AW_OK);
    assert_int_equal(bench->session.version, AWP_PROTOCOL_VERSION);
    check_results(bench);
}

struct nth {
    enum awp_reply_kind of;
    unsigned at, seen; /* from 1 */
    void (*make)(struct awp_reply *reply);
};

static bool change_nth(void *context, const struct awp_request *request, struct awp_reply *reply)
{
    struct nth *nth = context;
    (void)request;
    if (reply->kind == nth->of && ++nth->seen == nth->at)
        nth->make(reply);
    return true;
}

static void wrong_tick(struct awp_reply *reply)
{
    if (reply->records.kind == AWP_TICKS) { /* the sum is right, only two have changed places */
        uint64_t first = reply->records.ticks[0];
        reply->records.ticks[0] = reply->records.ticks[1];
        reply->records.ticks[1] = first;
    } else {
        reply->records.words[0] ^= 0x100;
    }
}

/* Records that leave a gap, come twice, are another run's or have changed places are fetched again,
 * wherever it happens, and the results are right. */
static void test_gaps_are_fetched_again(void **state)
{
    (void)state;
    void (*const makes[])(struct awp_reply *) = {shifted_records, no_records, other_run,
                                                 wrong_tick};
    for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
        unsigned at = 0, seen = 1;
        while (++at <= seen) {
            void *fresh = NULL;
            assert_int_equal(set_up(&fresh), 0);
            struct bench *bench = fresh;
            struct nth nth = {.of = AWP_RECORDS, .at = at, .make = makes[i]};
            bench->board.hook = change_nth;
            bench->board.hook_context = &nth;
            enum aw_err err = flow(bench);
            if (err)
                fail_msg("change %zu of records %u: %s", i, at, bench->diag.text);
            check_results(bench);
            assert_int_equal(bench->session.gaps, nth.seen >= at);
            seen = nth.seen;
            tear_down(&fresh);
        }
        assert_true(at > 10);
    }
}

/* The board restarts at the nth request: it is empty then, and Hello has a fault or not. */
struct restart {
    struct fake_board *board;
    enum awp_request_kind at;
    struct awp_last_fault fault;
    unsigned times; /* that it still happens */
};

static bool restarts(void *context, const struct awp_request *request, struct awp_reply *reply)
{
    struct restart *restart = context;
    if (request->kind == restart->at && restart->times && reply->kind != AWP_STARTED) {
        restart->times--;
        restart->board->loaded = false;
        restart->board->received = 0;
        restart->board->records = FAKE_NO_RECORDS;
        restart->board->last_seq = 0;
        restart->board->hello.last_fault = restart->fault;
        return false;
    }
    return true;
}

static void name_place(void *context, int32_t layer, char *text, size_t capacity)
{
    snprintf(text, capacity, "%s, layer %d", (const char *)context, (int)layer);
}

static void test_restarts_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum awp_request_kind at;
        struct awp_last_fault fault;
        unsigned times;
        enum aw_err err;
        const char *text;
    } rows[] = {
        {"watchdog in Run",
         AWP_RUN,
         {1, AWP_FAULT_WATCHDOG, AWP_TIMING_LAYERS, 5, 77, 0x1234, 0x5678, 0x9abc, 0, 0},
         1,
         AW_ERR_TIMEOUT,
         "fake: net 3, layer 5: the board's watchdog ended it while timing layers (pc 0x1234, lr "
         "0x5678, sp 0x9abc, cause 0x0, address 0x0); the board has restarted"},
        {"fault in Verify",
         AWP_VERIFY,
         {1, AWP_FAULT_EXCEPTION, AWP_VERIFYING, 0, 77, 0x10, 0x20, 0x30, 0x96000045, 0x40},
         1,
         AW_ERR_INTERNAL,
         "fake: net 3, layer 0: the CPU faulted while verifying (pc 0x10, lr 0x20, sp 0x30, cause "
         "0x96000045, address 0x40)"},
        {"fault in LoadEnd",
         AWP_LOAD_END,
         {9, AWP_FAULT_EXCEPTION, AWP_LOADING, -1, 77, 0x10, 0x20, 0x30, 0, 0},
         1,
         AW_ERR_INTERNAL,
         "fake: net 3, layer -1: the CPU faulted while loading the program"},
        {"power lost in Run", AWP_RUN, {0}, 1, AW_ERR_STATE, "no program is loaded"},
        {"power lost in an upload, once", AWP_LOAD_CHUNK, {0}, 1, AW_OK, ""},
        {"power lost in every upload",
         AWP_LOAD_CHUNK,
         {0},
         999,
         AW_ERR_TIMEOUT,
         "LoadChunk within"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *fresh = NULL;
        assert_int_equal(set_up(&fresh), 0);
        struct bench *bench = fresh;
        struct restart restart = {&bench->board, rows[i].at, rows[i].fault, rows[i].times};
        char net[] = "net 3";
        bench->board.hook = restarts;
        bench->board.hook_context = &restart;
        enum aw_err err = open_session(bench);
        bench->session.describe = name_place;
        bench->session.describe_context = net;
        err = err ? err : measure_all(bench);
        if (err != rows[i].err || !strstr(bench->diag.text, rows[i].text))
            fail_msg("%s: expected \"%s\" (%d), found \"%s\" (%d)", rows[i].name, rows[i].text,
                     rows[i].err, bench->diag.text, err);
        if (!err)
            check_results(bench);
        assert_in_range(bench->board.now_ms, 0, 100000);
        tear_down(&fresh);
    }
}

/* -- long work --------------------------------------------------------------------------- */

static void test_long_runs_are_waited_for(void **state)
{
    struct bench *bench = *state;
    bench->board.work_ms = 100000;
    assert_int_equal(flow(bench), AW_OK);
    check_results(bench);
}

static void test_endless_run(void **state)
{
    struct bench *bench = *state;
    bench->board.work_ms = 700000;
    check_failure(bench, AW_ERR_TIMEOUT, flow(bench), "Verify did not finish within 600 s");
    assert_in_range(bench->board.now_ms, 600000, 602100);
}

static void test_instructions_that_are_not_counted(void **state)
{
    struct bench *bench = *state;
    bench->board.hello.counts_instructions = false;
    assert_int_equal(flow(bench), AW_OK);
    for (uint32_t i = 0; i < bench->board.layers; i++)
        assert_int_equal(bench->instructions[i], 0);
}

static void test_more_layers_than_samples(void **state)
{
    struct bench *bench = *state;
    bench->board.hello.max_records = FAKE_BOARD_LAYERS - 1;
    check_failure(bench, AW_ERR_NO_SPACE, flow(bench),
                  "the net has 300 layers, the board keeps 299 samples");
}

static void test_program_too_big(void **state)
{
    struct bench *bench = *state;
    bench->board.hello.program_bytes = PROGRAM_BYTES - 1;
    check_failure(bench, AW_ERR_NO_SPACE, flow(bench),
                  "the program has 9000 bytes, the board takes 8999");
}

static void test_odd_windows(void **state)
{
    (void)state;
    static const uint32_t windows[][2] = {{1, 1}, {7, 7}, {7, 50}, {1000, 1999}, {1024, 1 << 30}};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        void *fresh = NULL;
        assert_int_equal(set_up(&fresh), 0);
        struct bench *bench = fresh;
        bench->board.hello.chunk_bytes = windows[i][0];
        bench->board.hello.window_bytes = windows[i][1];
        assert_int_equal(flow(bench), AW_OK);
        check_results(bench);
        tear_down(&fresh);
    }
}

static void test_slow_lines_get_more_time(void **state)
{
    struct bench *bench = *state;
    bench->link.baud = 9600; /* a full frame takes 1.2 s */
    assert_int_equal(flow(bench), AW_OK);
    check_results(bench);
    assert_int_equal(bench->session.retries, 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_flow),
        ROW(test_same_program_is_not_sent_again),
        cmocka_unit_test(test_every_lost_frame_is_repeated),
        cmocka_unit_test(test_line_lost_at_every_request),
        ROW(test_silent_board),
        ROW(test_board_that_boots_slowly),
        ROW(test_endless_noise),
        ROW(test_noise_after_hello),
        ROW(test_no_answer_after_hello),
        cmocka_unit_test(test_changed_replies),
        ROW(test_board_of_version_1),
        ROW(test_newest_version_in_common),
        cmocka_unit_test(test_gaps_are_fetched_again),
        cmocka_unit_test(test_restarts_are_explained),
        ROW(test_long_runs_are_waited_for),
        ROW(test_endless_run),
        ROW(test_instructions_that_are_not_counted),
        ROW(test_more_layers_than_samples),
        ROW(test_program_too_big),
        cmocka_unit_test(test_odd_windows),
        ROW(test_slow_lines_get_more_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

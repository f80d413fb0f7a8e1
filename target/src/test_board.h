/* A board for tests, in memory: bytes in and out are arrays, the clock is a script. Include once.
 */
#ifndef AWT_TEST_BOARD_H
#define AWT_TEST_BOARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aw/frame.h"
#include "awt/crash.h"
#include "awt/guard.h"
#include "awt/hal.h"
#include "msg.h"

#include "../config.h"

#define TEST_ARENA_BYTES   65536u
#define TEST_WEIGHT_BYTES  65536u
#define TEST_PROGRAM_BYTES 4096u
#define TEST_STAMP_COST    10u

static struct {
    uint64_t noinit[AWT_NOINIT_BYTES / 8]; /* survives test_board_restart() */
    _Alignas(64) uint8_t arena[TEST_ARENA_BYTES + 64];
    _Alignas(64) uint8_t weights[TEST_WEIGHT_BYTES + 64];
    _Alignas(64) uint8_t program[TEST_PROGRAM_BYTES];
    _Alignas(64) uint8_t tables[AWT_TABLE_BYTES + 64];
    struct awb_info info;

    /* A read of the clock costs TEST_STAMP_COST; in a timed run, interval k takes k * step more. */
    uint64_t now_ticks, step_ticks;
    uint32_t reads, now_instructions;
    bool timed;
    uint32_t timed_begun, timed_ended;
    uint32_t watchdog_ms, watchdog_armed; /* 0: not armed; how often it was */

    const uint8_t *input;
    uint32_t input_bytes, input_at, read_limit; /* read_limit: bytes a read gives at most */
    uint8_t output[1u << 20];
    uint32_t output_bytes;

    uint32_t connection;
    const uint8_t *key;

    jmp_buf idle, reset; /* where awb_wait() and awb_reset() go */
} board;

const struct awb_info *awb_init(void)
{
    return &board.info;
}

/* Stamps come in pairs; the second of pair k says how long interval k took. */
uint64_t awb_ticks(void)
{
    board.now_ticks += TEST_STAMP_COST;
    if (board.step_ticks && board.reads % 2 == 1)
        board.now_ticks += board.reads / 2 * board.step_ticks;
    board.reads++;
    return board.now_ticks;
}

uint64_t awb_ticks_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint64_t awb_instructions(void)
{
    return board.now_instructions += 3;
}

uint64_t awb_instructions_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint32_t awb_millis(void)
{
    return 0;
}

uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = board.input_bytes - board.input_at;
    n = n < capacity ? n : capacity;
    n = board.read_limit && board.read_limit < n ? board.read_limit : n;
    if (n)
        memcpy(bytes, board.input + board.input_at, n);
    board.input_at += n;
    return n;
}

void awb_link_write(const uint8_t *bytes, uint32_t n)
{
    assert_false(board.timed); /* nothing is sent while a run is timed */
    assert_true(board.output_bytes + n <= sizeof board.output);
    memcpy(board.output + board.output_bytes, bytes, n);
    board.output_bytes += n;
}

uint32_t awb_link_connection(void)
{
    return board.connection;
}

const uint8_t *awb_key(void)
{
    return board.key;
}

void awb_wait(void)
{
    longjmp(board.idle, 1);
}

void awb_timed_begin(void)
{
    assert_false(board.timed);
    board.timed = true;
    board.timed_begun++;
}

void awb_timed_end(void)
{
    assert_true(board.timed);
    board.timed = false;
    board.timed_ended++;
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    assert_false(board.timed);
    assert_true(limit_ms > 0);
    board.watchdog_ms = limit_ms;
    board.watchdog_armed++;
}

void awb_watchdog_disarm(void)
{
    assert_false(board.timed);
    board.watchdog_ms = 0;
}

void *awb_noinit(void)
{
    return board.noinit;
}

_Noreturn void awb_reset(void)
{
    longjmp(board.reset, 1);
}

void awb_memory(struct awb_memory *out)
{
    *out = (struct awb_memory){
        .arena = board.arena,
        .arena_bytes = TEST_ARENA_BYTES,
        .weights = board.weights,
        .weight_bytes = TEST_WEIGHT_BYTES,
        .program = board.program,
        .program_bytes = TEST_PROGRAM_BYTES,
        .tables = board.tables,
    };
}

static inline void test_board_init(void)
{
    memset(&board, 0, sizeof board);
    board.info = (struct awb_info){
        .board = "test",
        .cpu = "none at all, and a name that is too long",
        .clock_name = "script",
        .clock_unit = "ticks",
        .clock_hz = 1000,
        .emulated = true,
        .counts_instructions = true,
        .exception_level = 3,
    };
    /* What nobody wrote must not matter. */
    memset(board.arena, 0x5a, sizeof board.arena);
    memset(board.weights, 0xa5, sizeof board.weights);
    memset(board.tables, 0xc3, sizeof board.tables);
}

/* The tail belongs to nobody; only reads go there. */
static inline void test_board_check_tails(void)
{
    struct awb_memory memory;
    awb_memory(&memory);
    assert_true(awt_guard_check(&memory));
}

static inline void put_request(uint8_t *wire, uint32_t capacity, uint32_t *at,
                               const struct awp_request *request)
{
    uint8_t payload[AW_FRAME_MAX_PAYLOAD];
    uint32_t size, n;
    assert_int_equal(awp_request_encode(request, payload, sizeof payload, &size), AW_OK);
    assert_int_equal(aw_frame_encode(payload, size, wire + *at, capacity - *at, &n), AW_OK);
    *at += n;
}

/* Decodes all that the board has sent; every byte of it must belong to a good reply. */
static inline uint32_t take_replies(struct awp_reply *replies, uint32_t capacity)
{
    static struct aw_frame_decoder decoder;
    uint32_t count = 0;
    aw_frame_decoder_init(&decoder);
    for (uint32_t i = 0; i < board.output_bytes; i++) {
        enum aw_frame_event event = aw_frame_push(&decoder, board.output[i]);
        if (event == AW_FRAME_NONE)
            continue;
        assert_int_equal(event, AW_FRAME_READY);
        assert_true(count < capacity);
        assert_int_equal(awp_reply_decode(decoder.payload, decoder.payload_bytes, &replies[count]),
                         AW_OK);
        count++;
    }
    board.output_bytes = 0;
    return count;
}

#endif

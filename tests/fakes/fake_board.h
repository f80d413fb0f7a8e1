/* A board in memory: it speaks the protocol as docs/protocol.md says, misbehaves as told, and lives
 * in a time of its own, so that tests of minutes of waiting take none. */
#ifndef FAKE_BOARD_H
#define FAKE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/frame.h"
#include "devices/session.h"

#define FAKE_BOARD_LAYERS  300u /* more than one Records holds */
#define FAKE_BOARD_REPLIES 64u

/* What a test may make of the reply to a request before it is sent; false: no reply. */
typedef bool fake_board_hook(void *context, const struct awp_request *request,
                             struct awp_reply *reply_inout);

struct fake_board {
    /* Set by the test after fake_board_init. */
    struct awp_hello_reply hello;
    uint32_t layers;
    unsigned work_ms;                  /* of a Verify or Run */
    unsigned boot_ms;                  /* deaf before that */
    bool mute;                         /* takes everything, answers nothing */
    bool babble;                       /* an endless stream of noise instead of replies */
    unsigned dies_after;               /* requests taken before the line is lost; 0: never */
    unsigned drop_request, drop_reply; /* the nth of all, from 1, is lost; 0: none */
    fake_board_hook *hook;
    void *hook_context;

    /* To be looked at. */
    unsigned requests, replies, uploads;
    uint8_t program[1 << 16];
    uint32_t program_size;

    /* Inside. */
    uint64_t now_ms, busy_until_ms;
    struct aw_frame_decoder decoder;
    uint32_t upload_size, upload_crc, received;
    bool loaded;
    uint32_t last_seq;
    enum awp_request_kind last_kind;
    struct awp_reply last_reply;
    enum { FAKE_NO_RECORDS, FAKE_RUN_RECORDS, FAKE_VERIFY_RECORDS } records;
    uint32_t record_count, run_seq;
    struct {
        uint64_t due_ms;
        uint8_t wire[AW_FRAME_MAX_WIRE];
        uint32_t size, at;
    } out[FAKE_BOARD_REPLIES];
    unsigned out_first, out_count;
    struct {
        uint64_t at_ms;
        struct awp_request request;
    } in[FAKE_BOARD_REPLIES]; /* waiting while it works */
    unsigned in_count;
};

void fake_board_init(struct fake_board *board);
/* A link to it (borrowed), and the clock for the session's timing. */
struct awh_link fake_board_link(struct fake_board *board);
struct awh_session_timing fake_board_timing(struct fake_board *board);

/* What the board measures. */
uint64_t fake_board_ticks(uint32_t record);
uint32_t fake_board_crc(uint32_t layer);
uint32_t fake_board_instructions(uint32_t layer);

#endif

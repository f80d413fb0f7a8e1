/* The messages between host and board as plain structs. proto/ is the only code that sees nanopb.
 * Fields mean what awnas.proto says. */
#ifndef AWP_MSG_H
#define AWP_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/err.h"
#include "aw/siphash.h"

/* What this source tree speaks. Version 1 (released before hosts and boards told a range) had
 * neither last_fault nor records_crc and run_seq; a host reads it all the same, a board need not: a
 * host of version 1 refuses every other version. */
#define AWP_PROTOCOL_VERSION 2u
#define AWP_HOST_OLDEST      1u
#define AWP_BOARD_OLDEST     2u
#define AWP_CHUNK_BYTES      1024u
#define AWP_RECORDS_MAX      112u
#define AWP_NONCE_BYTES      16u

enum awp_request_kind {
    AWP_HELLO = 2,
    AWP_LOAD_BEGIN,
    AWP_LOAD_CHUNK,
    AWP_LOAD_END,
    AWP_VERIFY,
    AWP_RUN,
    AWP_FETCH,
    AWP_STATUS,
    AWP_RESET,
    AWP_AUTH = 20,
};

enum awp_reply_kind {
    AWP_HELLO_REPLY = 2,
    AWP_LOAD_ACK,
    AWP_LOAD_DONE,
    AWP_STARTED,
    AWP_VERIFY_DONE,
    AWP_RUN_DONE,
    AWP_RECORDS,
    AWP_STATUS_REPLY,
    AWP_ERROR,
    AWP_RESET_ACK,
    AWP_AUTH_DONE = 20,
};

enum awp_run_mode { AWP_MODE_LAYERS = 0, AWP_MODE_WHOLE = 1 };
enum awp_record_kind { AWP_TICKS = 0, AWP_CRCS = 1, AWP_INSTRUCTIONS = 2 };
enum awp_fault_kind { AWP_FAULT_EXCEPTION = 1, AWP_FAULT_WATCHDOG = 2 };
enum awp_activity {
    AWP_IDLE,
    AWP_LOADING,
    AWP_VERIFYING,
    AWP_WARMING_UP,
    AWP_TIMING_LAYERS,
    AWP_TIMING_WHOLE,
};
enum awp_state { AWP_STATE_EMPTY = 0, AWP_STATE_LOADING = 1, AWP_STATE_LOADED = 2 };

struct awp_request {
    uint32_t seq;
    enum awp_request_kind kind;
    union {
        struct {
            uint32_t protocol_version, oldest_version;
        } hello;
        struct {
            uint32_t size_bytes, crc; /* crc: awp_program_crc */
        } load_begin;
        struct {
            uint32_t offset;
            uint16_t size;
            uint8_t data[AWP_CHUNK_BYTES];
        } load_chunk;
        struct {
            uint32_t warmup, repeats, mode;
        } run;
        struct {
            uint32_t first, kind;
        } fetch;
        struct {
            uint8_t nonce[AWP_NONCE_BYTES];
            uint64_t mac; /* awp_auth_mac */
        } auth;
    };
};

struct awp_last_fault {
    uint32_t count; /* 0: there was none, and the rest means nothing */
    uint32_t kind, activity;
    int32_t layer;
    uint32_t program_crc;
    uint64_t pc, lr, sp, cause, address;
};

struct awp_hello_reply {
    uint32_t protocol_version, oldest_version;
    char board[24], cpu[24], firmware[48], kernel_set[24], clock_name[24], clock_unit[16];
    uint64_t clock_hz;
    uint32_t timestamp_cost_ticks;
    bool emulated, counts_instructions;
    uint32_t arena_bytes, weight_bytes, program_bytes, max_layers, max_records;
    uint32_t window_bytes, chunk_bytes, exception_level;
    int32_t selftest;
    struct awp_last_fault last_fault;
    bool watchdog;
    bool key_wanted;
    uint8_t challenge[AWP_NONCE_BYTES];
    char network[24];
};

struct awp_records {
    uint32_t first, kind, run_seq;
    uint16_t count;
    union {
        uint64_t ticks[AWP_RECORDS_MAX];
        uint32_t words[AWP_RECORDS_MAX]; /* CRCs or instructions */
    };
};

struct awp_reply {
    uint32_t seq;
    enum awp_reply_kind kind;
    union {
        struct awp_hello_reply hello;
        struct {
            uint32_t received_bytes;
        } load_ack;
        struct {
            uint32_t layer_count, packed_weight_bytes;
        } load_done;
        struct {
            uint32_t record_count, output_crc, records_crc;
        } verify_done;
        struct {
            uint32_t record_count, records_crc;
            uint64_t total_ticks;
        } run_done;
        struct awp_records records;
        struct {
            uint32_t state, program_crc, bad_frames, record_count;
        } status;
        struct {
            int32_t code, layer;
            char text[96];
        } error;
        struct {
            uint64_t mac;
        } auth_done;
    };
};

/* The crc of a LoadBegin: CRC-32 of a program without its last 4 bytes, which hold that very
 * number. (The CRC-32 of a whole valid file is the same constant for all files, and identifies
 * nothing.) */
uint32_t awp_program_crc(const uint8_t *program, uint32_t size);

enum awp_auth_side { AWP_FROM_HOST = 'H', AWP_FROM_BOARD = 'B' };
/* SipHash-2-4 under the key of the side's letter, the board's challenge and the host's nonce. */
uint64_t awp_auth_mac(const uint8_t key[AW_SIPHASH_KEY_BYTES], enum awp_auth_side side,
                      const uint8_t challenge[AWP_NONCE_BYTES],
                      const uint8_t nonce[AWP_NONCE_BYTES]);

/* Encode into bytes[0..capacity). AW_ERR_NO_SPACE when it does not fit, AW_ERR_ARG for a kind that
 * does not exist, a seq of 0, or a count or text beyond its bounds. */
AW_MUST_USE enum aw_err awp_request_encode(const struct awp_request *request, uint8_t *bytes,
                                           uint32_t capacity, uint32_t *size_out);
AW_MUST_USE enum aw_err awp_reply_encode(const struct awp_reply *reply, uint8_t *bytes,
                                         uint32_t capacity, uint32_t *size_out);

/* Decode hostile bytes; AW_ERR_FORMAT for anything malformed, unknown or over its bounds. The
 * output is untouched on failure; strings are terminated, a text stops at its first NUL. */
AW_MUST_USE enum aw_err awp_request_decode(const uint8_t *bytes, uint32_t size,
                                           struct awp_request *request_out);
AW_MUST_USE enum aw_err awp_reply_decode(const uint8_t *bytes, uint32_t size,
                                         struct awp_reply *reply_out);

/* The newest version that both ends speak; 0 when there is none. Oldest 0 means the same as newest.
 */
uint32_t awp_version_common(uint32_t newest_a, uint32_t oldest_a, uint32_t newest_b,
                            uint32_t oldest_b);

/* Reads only seq and versions of a HelloReply that awp_reply_decode does not take, such as a newer
 * board's: the rest of *reply_out is 0. AW_ERR_FORMAT for everything else. */
AW_MUST_USE enum aw_err awp_reply_decode_versions(const uint8_t *bytes, uint32_t size,
                                                  struct awp_reply *reply_out);

#endif

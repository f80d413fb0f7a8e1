#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aw/crc.h"
#include "aw/frame.h"
#include "aw/rng.h"
#include "msg.h"

/* Every request at its bounds. A chunk's data comes from fill(). */
static const struct awp_request requests[] = {
    {.seq = 1, .kind = AWP_HELLO, .hello = {.protocol_version = 0}},
    {.seq = UINT32_MAX, .kind = AWP_HELLO, .hello = {UINT32_MAX, UINT32_MAX}},
    {.seq = 2, .kind = AWP_LOAD_BEGIN, .load_begin = {.size_bytes = 0, .crc = 0}},
    {.seq = 2, .kind = AWP_LOAD_BEGIN, .load_begin = {UINT32_MAX, UINT32_MAX}},
    {.seq = 3, .kind = AWP_LOAD_CHUNK, .load_chunk = {.offset = 0, .size = 0}},
    {.seq = 3, .kind = AWP_LOAD_CHUNK, .load_chunk = {.offset = 7, .size = 1}},
    {.seq = UINT32_MAX,
     .kind = AWP_LOAD_CHUNK,
     .load_chunk = {.offset = UINT32_MAX, .size = AWP_CHUNK_BYTES}},
    {.seq = 4, .kind = AWP_LOAD_END},
    {.seq = 5, .kind = AWP_VERIFY},
    {.seq = 6, .kind = AWP_RUN, .run = {0, 0, 0}},
    {.seq = 6, .kind = AWP_RUN, .run = {UINT32_MAX, UINT32_MAX, UINT32_MAX}},
    {.seq = 7, .kind = AWP_FETCH, .fetch = {.first = 0, .kind = 0}},
    {.seq = 7, .kind = AWP_FETCH, .fetch = {UINT32_MAX, UINT32_MAX}},
    {.seq = 8, .kind = AWP_STATUS},
    {.seq = 9, .kind = AWP_RESET},
    {.seq = 10, .kind = AWP_AUTH, .auth = {.nonce = {0, 255, 1}, .mac = UINT64_MAX}},
};

#define TEXT23 "abcdefghijklmnopqrstuvw"
#define TEXT47 TEXT23 "-" TEXT23
#define TEXT95 TEXT47 "-" TEXT47

static const struct awp_reply replies[] = {
    {.seq = 1, .kind = AWP_HELLO_REPLY},
    {.seq = UINT32_MAX,
     .kind = AWP_HELLO_REPLY,
     .hello = {.protocol_version = UINT32_MAX,
               .board = TEXT23,
               .cpu = TEXT23,
               .firmware = TEXT47,
               .kernel_set = TEXT23,
               .clock_name = TEXT23,
               .clock_unit = "abcdefghijklmno",
               .clock_hz = UINT64_MAX,
               .timestamp_cost_ticks = UINT32_MAX,
               .emulated = true,
               .counts_instructions = true,
               .arena_bytes = UINT32_MAX,
               .weight_bytes = UINT32_MAX,
               .program_bytes = UINT32_MAX,
               .max_layers = UINT32_MAX,
               .max_records = UINT32_MAX,
               .window_bytes = UINT32_MAX,
               .chunk_bytes = UINT32_MAX,
               .exception_level = UINT32_MAX,
               .selftest = INT32_MIN,
               .oldest_version = UINT32_MAX,
               .last_fault = {.count = UINT32_MAX,
                              .kind = UINT32_MAX,
                              .activity = UINT32_MAX,
                              .layer = INT32_MIN,
                              .program_crc = UINT32_MAX,
                              .pc = UINT64_MAX,
                              .lr = UINT64_MAX,
                              .sp = UINT64_MAX,
                              .cause = UINT64_MAX,
                              .address = UINT64_MAX},
               .watchdog = true,
               .key_wanted = true,
               .challenge = {1, 2, 255, 0, 4},
               .network = TEXT23}},
    {.seq = 1, .kind = AWP_HELLO_REPLY, .hello = {.last_fault = {.count = 1, .layer = -1}}},
    {.seq = 2, .kind = AWP_LOAD_ACK, .load_ack = {0}},
    {.seq = 2, .kind = AWP_LOAD_ACK, .load_ack = {UINT32_MAX}},
    {.seq = 3, .kind = AWP_LOAD_DONE, .load_done = {UINT32_MAX, UINT32_MAX}},
    {.seq = 4, .kind = AWP_STARTED},
    {.seq = 5, .kind = AWP_VERIFY_DONE, .verify_done = {UINT32_MAX, UINT32_MAX, UINT32_MAX}},
    {.seq = 6, .kind = AWP_RUN_DONE, .run_done = {UINT32_MAX, UINT32_MAX, UINT64_MAX}},
    {.seq = 7, .kind = AWP_RECORDS, .records = {.kind = AWP_TICKS, .count = 0}},
    {.seq = 7, .kind = AWP_RECORDS, .records = {.first = 1, .kind = AWP_CRCS, .count = 1}},
    {.seq = 7,
     .kind = AWP_RECORDS,
     .records =
         {.first = UINT32_MAX, .kind = AWP_TICKS, .run_seq = UINT32_MAX, .count = AWP_RECORDS_MAX}},
    {.seq = 7, .kind = AWP_RECORDS, .records = {.kind = AWP_CRCS, .count = AWP_RECORDS_MAX}},
    {.seq = 7,
     .kind = AWP_RECORDS,
     .records = {.kind = AWP_INSTRUCTIONS, .count = AWP_RECORDS_MAX}},
    {.seq = 8, .kind = AWP_STATUS_REPLY, .status = {2, UINT32_MAX, UINT32_MAX, UINT32_MAX}},
    {.seq = 9, .kind = AWP_ERROR, .error = {.code = INT32_MIN, .layer = -1, .text = TEXT95}},
    {.seq = 9, .kind = AWP_ERROR, .error = {.code = 0, .layer = INT32_MAX, .text = ""}},
    {.seq = 10, .kind = AWP_RESET_ACK},
    {.seq = 11, .kind = AWP_AUTH_DONE, .auth_done = {UINT64_MAX}},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct awp_request request_row(size_t row)
{
    struct awp_request request = requests[row];
    if (request.kind == AWP_LOAD_CHUNK)
        for (uint32_t i = 0; i < request.load_chunk.size; i++)
            request.load_chunk.data[i] = (uint8_t)aw_rng_word(1, i);
    return request;
}

static struct awp_reply reply_row(size_t row)
{
    struct awp_reply reply = replies[row];
    for (uint32_t i = 0; reply.kind == AWP_RECORDS && i < reply.records.count; i++) {
        if (reply.records.kind == AWP_TICKS)
            reply.records.ticks[i] = UINT64_MAX - i;
        else
            reply.records.words[i] = UINT32_MAX - i;
    }
    return reply;
}

static void assert_same_request(const struct awp_request *a, const struct awp_request *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->kind, b->kind);
    switch (a->kind) {
    case AWP_HELLO:
        assert_int_equal(a->hello.protocol_version, b->hello.protocol_version);
        assert_int_equal(a->hello.oldest_version, b->hello.oldest_version);
        break;
    case AWP_LOAD_BEGIN:
        assert_memory_equal(&a->load_begin, &b->load_begin, sizeof a->load_begin);
        break;
    case AWP_LOAD_CHUNK:
        assert_int_equal(a->load_chunk.offset, b->load_chunk.offset);
        assert_int_equal(a->load_chunk.size, b->load_chunk.size);
        assert_memory_equal(a->load_chunk.data, b->load_chunk.data, a->load_chunk.size);
        break;
    case AWP_RUN:
        assert_memory_equal(&a->run, &b->run, sizeof a->run);
        break;
    case AWP_FETCH:
        assert_memory_equal(&a->fetch, &b->fetch, sizeof a->fetch);
        break;
    case AWP_AUTH:
        assert_memory_equal(a->auth.nonce, b->auth.nonce, sizeof a->auth.nonce);
        assert_true(a->auth.mac == b->auth.mac);
        break;
    case AWP_LOAD_END:
    case AWP_VERIFY:
    case AWP_STATUS:
    case AWP_RESET:
        break;
    }
}

static void assert_same_hello(const struct awp_hello_reply *a, const struct awp_hello_reply *b)
{
    assert_string_equal(a->board, b->board);
    assert_string_equal(a->cpu, b->cpu);
    assert_string_equal(a->firmware, b->firmware);
    assert_string_equal(a->kernel_set, b->kernel_set);
    assert_string_equal(a->clock_name, b->clock_name);
    assert_string_equal(a->clock_unit, b->clock_unit);
    assert_true(a->clock_hz == b->clock_hz);
    assert_int_equal(a->protocol_version, b->protocol_version);
    assert_int_equal(a->timestamp_cost_ticks, b->timestamp_cost_ticks);
    assert_int_equal(a->emulated, b->emulated);
    assert_int_equal(a->counts_instructions, b->counts_instructions);
    assert_memory_equal(&a->arena_bytes, &b->arena_bytes, 5 * sizeof a->arena_bytes);
    assert_int_equal(a->window_bytes, b->window_bytes);
    assert_int_equal(a->chunk_bytes, b->chunk_bytes);
    assert_int_equal(a->exception_level, b->exception_level);
    assert_int_equal(a->selftest, b->selftest);
    assert_int_equal(a->oldest_version, b->oldest_version);
    assert_int_equal(a->watchdog, b->watchdog);
    assert_int_equal(a->key_wanted, b->key_wanted);
    assert_memory_equal(a->challenge, b->challenge, sizeof a->challenge);
    assert_string_equal(a->network, b->network);
    const struct awp_last_fault *f = &a->last_fault, *g = &b->last_fault;
    assert_int_equal(f->count, g->count);
    if (f->count == 0)
        return;
    assert_memory_equal(&f->count, &g->count, 5 * sizeof f->count);
    assert_memory_equal(&f->pc, &g->pc, 5 * sizeof f->pc);
}

static void assert_same_records(const struct awp_records *a, const struct awp_records *b)
{
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->run_seq, b->run_seq);
    assert_int_equal(a->count, b->count);
    if (a->kind == AWP_TICKS)
        assert_memory_equal(a->ticks, b->ticks, a->count * sizeof a->ticks[0]);
    else
        assert_memory_equal(a->words, b->words, a->count * sizeof a->words[0]);
}

static void assert_same_reply(const struct awp_reply *a, const struct awp_reply *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->kind, b->kind);
    switch (a->kind) {
    case AWP_HELLO_REPLY:
        assert_same_hello(&a->hello, &b->hello);
        break;
    case AWP_LOAD_ACK:
        assert_int_equal(a->load_ack.received_bytes, b->load_ack.received_bytes);
        break;
    case AWP_LOAD_DONE:
        assert_memory_equal(&a->load_done, &b->load_done, sizeof a->load_done);
        break;
    case AWP_VERIFY_DONE:
        assert_memory_equal(&a->verify_done, &b->verify_done, sizeof a->verify_done);
        break;
    case AWP_RUN_DONE:
        assert_int_equal(a->run_done.record_count, b->run_done.record_count);
        assert_int_equal(a->run_done.records_crc, b->run_done.records_crc);
        assert_true(a->run_done.total_ticks == b->run_done.total_ticks);
        break;
    case AWP_RECORDS:
        assert_same_records(&a->records, &b->records);
        break;
    case AWP_STATUS_REPLY:
        assert_memory_equal(&a->status, &b->status, sizeof a->status);
        break;
    case AWP_ERROR:
        assert_int_equal(a->error.code, b->error.code);
        assert_int_equal(a->error.layer, b->error.layer);
        assert_string_equal(a->error.text, b->error.text);
        break;
    case AWP_AUTH_DONE:
        assert_true(a->auth_done.mac == b->auth_done.mac);
        break;
    case AWP_STARTED:
    case AWP_RESET_ACK:
        break;
    }
}

static void test_requests_round_trip(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(requests); row++) {
        struct awp_request sent = request_row(row), got;
        uint8_t bytes[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0;
        memset(&got, 0xa5, sizeof got);
        assert_int_equal(awp_request_encode(&sent, bytes, sizeof bytes, &size), AW_OK);
        assert_int_equal(awp_request_decode(bytes, size, &got), AW_OK);
        assert_same_request(&sent, &got);
        for (uint32_t capacity = 0; capacity < size; capacity++) {
            uint32_t untouched = 12345;
            assert_int_equal(awp_request_encode(&sent, bytes, capacity, &untouched),
                             AW_ERR_NO_SPACE);
            assert_int_equal(untouched, 12345);
        }
    }
}

static void test_replies_round_trip(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(replies); row++) {
        struct awp_reply sent = reply_row(row), got;
        uint8_t bytes[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0;
        memset(&got, 0xa5, sizeof got);
        assert_int_equal(awp_reply_encode(&sent, bytes, sizeof bytes, &size), AW_OK);
        assert_int_equal(awp_reply_decode(bytes, size, &got), AW_OK);
        assert_same_reply(&sent, &got);
        for (uint32_t capacity = 0; capacity < size; capacity++) {
            uint32_t untouched = 12345;
            assert_int_equal(awp_reply_encode(&sent, bytes, capacity, &untouched), AW_ERR_NO_SPACE);
            assert_int_equal(untouched, 12345);
        }
    }
}

/* What a decoder let through must be something that the encoder would take: bounded and terminated.
 * What it refused must have left the output alone. */
static void check_hostile(bool is_reply, const uint8_t *bytes, uint32_t size)
{
    /* A copy of the exact size, so that a sanitizer sees a read past its end. */
    uint8_t *copy = malloc(size ? size : 1), again[2 * AW_FRAME_MAX_PAYLOAD];
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    uint32_t again_size;
    union {
        struct awp_request request;
        struct awp_reply reply;
    } out, before;
    memset(&before, 0xa5, sizeof before);
    memcpy(&out, &before, sizeof out);
    enum aw_err err = is_reply ? awp_reply_decode(copy, size, &out.reply)
                               : awp_request_decode(copy, size, &out.request);
    if (err == AW_OK) {
        err = is_reply ? awp_reply_encode(&out.reply, again, sizeof again, &again_size)
                       : awp_request_encode(&out.request, again, sizeof again, &again_size);
        assert_int_equal(err, AW_OK);
    } else {
        assert_int_equal(err, AW_ERR_FORMAT);
        assert_memory_equal(&out, &before, sizeof out);
    }
    free(copy);
}

static void test_truncation_and_bit_flips(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(requests) + COUNT(replies); row++) {
        bool is_reply = row >= COUNT(requests);
        uint8_t bytes[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0;
        struct awp_request request;
        struct awp_reply reply;
        if (is_reply) {
            reply = reply_row(row - COUNT(requests));
            assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_OK);
        } else {
            request = request_row(row);
            assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_OK);
        }
        for (uint32_t cut = 0; cut < size; cut++)
            check_hostile(is_reply, bytes, cut);
        for (uint32_t bit = 0; bit < size * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            check_hostile(is_reply, bytes, size);
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
    }
}

static void test_random_bytes(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        uint8_t bytes[64];
        uint32_t size = aw_rng_word(seed, 0) % sizeof bytes;
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)aw_rng_word(seed, i + 1);
        if (size > 2) /* often a body's tag, or nothing gets beyond it */
            bytes[0] = (uint8_t)((aw_rng_word(seed, 99) % 12 << 3) | 2);
        check_hostile(false, bytes, size);
        check_hostile(true, bytes, size);
    }
}

static void test_versions_in_common(void **state)
{
    (void)state;
    static const struct {
        uint32_t newest_a, oldest_a, newest_b, oldest_b, common;
    } rows[] = {
        {1, 1, 1, 1, 1}, {2, 1, 1, 0, 1},          {2, 0, 1, 0, 0}, {2, 1, 2, 2, 2},
        {5, 3, 4, 2, 4}, {9, 3, 2, 1, 0},          {0, 0, 2, 1, 0}, {0, 0, 0, 0, 0},
        {2, 7, 2, 1, 0}, {UINT32_MAX, 1, 2, 2, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(awp_version_common(rows[i].newest_a, rows[i].oldest_a, rows[i].newest_b,
                                            rows[i].oldest_b),
                         rows[i].common);
        assert_int_equal(awp_version_common(rows[i].newest_b, rows[i].oldest_b, rows[i].newest_a,
                                            rows[i].oldest_a),
                         rows[i].common);
    }
}

/* A board of the future: its Hello has fields that we do not know, and texts longer than we take.
 * What it speaks is read all the same. */
static void test_hello_of_the_future(void **state)
{
    (void)state;
    uint8_t bytes[128], *p = bytes;
    const uint8_t head[] = {1 << 3, 5, AWP_HELLO_REPLY << 3 | 2, 0, 1 << 3, 9, 2 << 3 | 2, 60};
    memcpy(p, head, sizeof head);
    p += sizeof head;
    memset(p, 'x', 60); /* board: we take 23 */
    p += 60;
    const uint8_t tail[] = {0xa8, 1, 7, 0xb8, 6, 1}; /* oldest_version 7; field 103 */
    memcpy(p, tail, sizeof tail);
    p += sizeof tail;
    bytes[3] = (uint8_t)(p - bytes - 4);
    struct awp_reply reply;
    uint32_t size = (uint32_t)(p - bytes);
    assert_int_equal(awp_reply_decode(bytes, size, &reply), AW_ERR_FORMAT);
    assert_int_equal(awp_reply_decode_versions(bytes, size, &reply), AW_OK);
    assert_int_equal(reply.seq, 5);
    assert_int_equal(reply.kind, AWP_HELLO_REPLY);
    assert_int_equal(reply.hello.protocol_version, 9);
    assert_int_equal(reply.hello.oldest_version, 7);
    for (uint32_t cut = 0; cut < size; cut++)
        if (awp_reply_decode_versions(bytes, cut, &reply) == AW_OK)
            fail_msg("cut to %u bytes", cut);
}

/* seq 1, then field `tag` of the body with length `n`, all bytes `fill`. */
static uint32_t write_overlong(uint8_t *bytes, uint8_t body_tag, uint8_t tag, uint32_t n)
{
    uint8_t *p = bytes;
    uint32_t body = n + 3;
    *p++ = 1 << 3;
    *p++ = 1;
    *p++ = (uint8_t)(body_tag << 3 | 2);
    *p++ = (uint8_t)(body & 0x7f) | 0x80;
    *p++ = (uint8_t)(body >> 7);
    *p++ = (uint8_t)(tag << 3 | 2);
    *p++ = (uint8_t)(n & 0x7f) | 0x80;
    *p++ = (uint8_t)(n >> 7);
    memset(p, 'x', n);
    return (uint32_t)(p - bytes) + n;
}

static void test_bounds_of_fields(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_reply;
        uint8_t body, tag;
        uint32_t most;
    } rows[] = {
        {"LoadChunk.data", false, AWP_LOAD_CHUNK, 2, AWP_CHUNK_BYTES},
        {"HelloReply.board", true, AWP_HELLO_REPLY, 2, 23},
        {"HelloReply.firmware", true, AWP_HELLO_REPLY, 4, 47},
        {"HelloReply.clock_unit", true, AWP_HELLO_REPLY, 7, 15},
        {"Error.text", true, AWP_ERROR, 3, 95},
        {"Records.ticks", true, AWP_RECORDS, 3, AWP_RECORDS_MAX},
    };
    uint8_t bytes[2 * AW_FRAME_MAX_PAYLOAD];
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint32_t n = rows[i].most; n <= rows[i].most + 1; n++) {
            struct awp_request request;
            struct awp_reply reply;
            uint32_t size = write_overlong(bytes, rows[i].body, rows[i].tag, n);
            enum aw_err err = rows[i].is_reply ? awp_reply_decode(bytes, size, &reply)
                                               : awp_request_decode(bytes, size, &request);
            if (err != (n == rows[i].most ? AW_OK : AW_ERR_FORMAT))
                fail_msg("%s of %u: %s", rows[i].name, n, aw_err_str(err));
        }
    }
}

/* A body's tag, with the seq before it or not. */
static void test_semantic_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_reply;
        uint32_t size;
        uint8_t bytes[16];
    } rows[] = {
        {"no seq", false, 2, {AWP_STATUS << 3 | 2, 0}},
        {"seq 0", false, 4, {1 << 3, 0, AWP_STATUS << 3 | 2, 0}},
        {"no body", false, 2, {1 << 3, 1}},
        {"a body of the future", false, 4, {1 << 3, 1, 15 << 3 | 2, 0}},
        {"no seq", true, 2, {AWP_STARTED << 3 | 2, 0}},
        {"kind 3", true, 6, {1 << 3, 1, AWP_RECORDS << 3 | 2, 2, 2 << 3, 3}},
        {"kind 0, but CRCs",
         true,
         10,
         {1 << 3, 1, AWP_RECORDS << 3 | 2, 6, 4 << 3 | 2, 4, 1, 2, 3, 4}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct awp_request request;
        struct awp_reply reply;
        enum aw_err err = rows[i].is_reply
                              ? awp_reply_decode(rows[i].bytes, rows[i].size, &reply)
                              : awp_request_decode(rows[i].bytes, rows[i].size, &request);
        if (err != AW_ERR_FORMAT)
            fail_msg("%s: %s", rows[i].name, aw_err_str(err));
    }
}

static void test_encode_refuses_callers_mistakes(void **state)
{
    (void)state;
    uint8_t bytes[AW_FRAME_MAX_PAYLOAD];
    uint32_t size = 0;
    struct awp_request request = {.seq = 1, .kind = (enum awp_request_kind)1};
    assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_ERR_ARG);
    request.kind = (enum awp_request_kind)(AWP_RESET + 1);
    assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_ERR_ARG);
    request = (struct awp_request){.seq = 0, .kind = AWP_STATUS};
    assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_ERR_ARG);
    request = (struct awp_request){.seq = 1, .kind = AWP_LOAD_CHUNK};
    request.load_chunk.size = AWP_CHUNK_BYTES + 1;
    assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_ERR_ARG);

    struct awp_reply reply = {.seq = 1, .kind = (enum awp_reply_kind)12};
    assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_ERR_ARG);
    reply = (struct awp_reply){.seq = 1, .kind = AWP_RECORDS};
    reply.records.count = AWP_RECORDS_MAX + 1;
    assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_ERR_ARG);
    reply = (struct awp_reply){.seq = 1, .kind = AWP_ERROR};
    memset(reply.error.text, 'x', sizeof reply.error.text);
    assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_ERR_ARG);
    assert_int_equal(size, 0);
}

static void test_worst_messages_fit_a_frame(void **state)
{
    (void)state;
    uint8_t bytes[2 * AW_FRAME_MAX_PAYLOAD];
    uint32_t size = 0, worst = 0;
    for (size_t row = 0; row < COUNT(replies); row++) {
        struct awp_reply reply = reply_row(row);
        reply.seq = UINT32_MAX;
        assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_OK);
        worst = size > worst ? size : worst;
    }
    for (size_t row = 0; row < COUNT(requests); row++) {
        struct awp_request request = request_row(row);
        assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_OK);
        worst = size > worst ? size : worst;
    }
    print_message("largest message: %u of %u bytes\n", worst, AW_FRAME_MAX_PAYLOAD);
    assert_true(worst > 1120); /* 112 ticks of 10 bytes were among them */
    assert_true(worst <= AW_FRAME_MAX_PAYLOAD);
}

static uint32_t wire_bytes(const uint8_t *payload, uint32_t size)
{
    uint8_t wire[AW_FRAME_MAX_WIRE];
    uint32_t n = 0;
    assert_int_equal(aw_frame_encode(payload, size, wire, sizeof wire, &n), AW_OK);
    return n;
}

/* All that fetching one run of a net costs, both ways, framing included. */
static void test_samples_cost_at_most_6_bytes_a_layer(void **state)
{
    (void)state;
    static const struct {
        uint32_t layers;
        uint64_t least, most;
    } rows[] = {
        {50, 1000000, 100000000},
        {50, 100000000, 100000000},
        {56, 10000, 200000000},
        {112, 1000000, 100000000},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct awp_request fetch = {.seq = 10000, .kind = AWP_FETCH, .fetch = {.first = 100}};
        struct awp_reply reply = {.seq = 10000, .kind = AWP_RECORDS};
        reply.records.first = 100;
        reply.records.count = (uint16_t)rows[i].layers;
        uint64_t span = rows[i].most - rows[i].least + 1;
        for (uint32_t k = 0; k < rows[i].layers; k++)
            reply.records.ticks[k] = rows[i].least + aw_rng_word(7, k) % span;
        uint8_t payload[AW_FRAME_MAX_PAYLOAD];
        uint32_t size, total;
        assert_int_equal(awp_reply_encode(&reply, payload, sizeof payload, &size), AW_OK);
        total = wire_bytes(payload, size);
        assert_int_equal(awp_request_encode(&fetch, payload, sizeof payload, &size), AW_OK);
        total += wire_bytes(payload, size);
        print_message("%u layers: %u bytes, %.2f a layer\n", rows[i].layers, total,
                      (double)total / rows[i].layers);
        assert_true(total <= 6 * rows[i].layers);
    }
}

static void test_program_crc_tells_programs_apart(void **state)
{
    (void)state;
    uint8_t a[32] = {1}, b[32] = {2};
    for (int i = 0; i < 2; i++) {
        uint8_t *p = i ? b : a;
        uint32_t crc = aw_crc32(0, p, 28);
        for (int k = 0; k < 4; k++)
            p[28 + k] = (uint8_t)(crc >> (8 * k));
        assert_int_equal(awp_program_crc(p, 32), crc);
    }
    assert_int_equal(aw_crc32(0, a, 32), aw_crc32(0, b, 32)); /* the trap */
    assert_int_not_equal(awp_program_crc(a, 32), awp_program_crc(b, 32));
    assert_int_equal(awp_program_crc(a, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_round_trip),
        cmocka_unit_test(test_replies_round_trip),
        cmocka_unit_test(test_truncation_and_bit_flips),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_versions_in_common),
        cmocka_unit_test(test_hello_of_the_future),
        cmocka_unit_test(test_bounds_of_fields),
        cmocka_unit_test(test_semantic_refusals),
        cmocka_unit_test(test_encode_refuses_callers_mistakes),
        cmocka_unit_test(test_worst_messages_fit_a_frame),
        cmocka_unit_test(test_samples_cost_at_most_6_bytes_a_layer),
        cmocka_unit_test(test_program_crc_tells_programs_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

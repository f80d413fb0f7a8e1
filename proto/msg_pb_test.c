/* msg.c against the code that nanopb generates of awnas.proto: the same bytes for the same fields,
 * and nothing is taken that the schema does not allow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pb_decode.h>
#include <pb_encode.h>

#include "aw/frame.h"
#include "aw/rng.h"
#include "awnas.pb.h"
#include "msg.h"

#define SEEDS 3000u

/* A number that is often 0, small or all ones. */
static uint64_t number(uint32_t seed, uint32_t *at)
{
    uint32_t r = aw_rng_word(seed, (*at)++);
    uint64_t wide = (uint64_t)aw_rng_word(seed, (*at)++) << 32 | r;
    switch (r >> 28) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return r & 0x7fu;
    case 3:
        return r & 0x3fffu;
    default:
        return wide;
    }
}
#define U32(field)   ((field) = (uint32_t)number(seed, &at))
#define U64(field)   ((field) = number(seed, &at))
#define S32(field)   ((field) = (int32_t)number(seed, &at))
#define BOOL(field)  ((field) = number(seed, &at) & 1u)
#define BYTES(field) text(seed, &at, (uint8_t *)(field), sizeof(field), false)
#define TEXT(field)  text(seed, &at, (uint8_t *)(field), sizeof(field), true)

static void text(uint32_t seed, uint32_t *at, uint8_t *to, size_t size, bool ends)
{
    size_t n = ends ? number(seed, at) % size : size;
    memset(to, 0, size);
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(ends ? 'a' + number(seed, at) % 26u : number(seed, at));
}

static struct awp_request random_request(uint32_t seed)
{
    static const enum awp_request_kind kinds[] = {
        AWP_HELLO, AWP_LOAD_BEGIN, AWP_LOAD_CHUNK, AWP_LOAD_END, AWP_VERIFY,
        AWP_RUN,   AWP_FETCH,      AWP_STATUS,     AWP_RESET,    AWP_AUTH};
    struct awp_request r;
    uint32_t at = 0;
    memset(&r, 0, sizeof r);
    r.seq = 1 + (uint32_t)number(seed, &at) % UINT32_MAX;
    r.kind = kinds[seed % (sizeof kinds / sizeof kinds[0])];
    switch (r.kind) {
    case AWP_HELLO:
        U32(r.hello.protocol_version), U32(r.hello.oldest_version);
        break;
    case AWP_LOAD_BEGIN:
        U32(r.load_begin.size_bytes), U32(r.load_begin.crc);
        break;
    case AWP_LOAD_CHUNK:
        U32(r.load_chunk.offset);
        r.load_chunk.size = (uint16_t)(number(seed, &at) % (AWP_CHUNK_BYTES + 1));
        for (uint32_t i = 0; i < r.load_chunk.size; i++)
            r.load_chunk.data[i] = (uint8_t)number(seed, &at);
        break;
    case AWP_RUN:
        U32(r.run.warmup), U32(r.run.repeats), U32(r.run.mode);
        break;
    case AWP_FETCH:
        U32(r.fetch.first), U32(r.fetch.kind);
        break;
    case AWP_AUTH:
        BYTES(r.auth.nonce), U64(r.auth.mac);
        break;
    case AWP_LOAD_END:
    case AWP_VERIFY:
    case AWP_STATUS:
    case AWP_RESET:
        break;
    }
    return r;
}

#define SAME(field) assert_true(pb->field == r->field)
#define SAME_BYTES(field)                                                                          \
    do {                                                                                           \
        _Static_assert(sizeof pb->field == sizeof r->field, "awnas.options and msg.h differ");     \
        assert_memory_equal(pb->field, r->field, sizeof r->field);                                 \
    } while (0)

static void assert_request(const Request *message, const struct awp_request *r)
{
    assert_int_equal(message->seq, r->seq);
    assert_int_equal(message->which_body, r->kind);
#define pb (&message->body)
    switch (r->kind) {
    case AWP_HELLO:
        SAME(hello.protocol_version), SAME(hello.oldest_version);
        break;
    case AWP_LOAD_BEGIN:
        SAME(load_begin.size_bytes), SAME(load_begin.crc);
        break;
    case AWP_LOAD_CHUNK:
        SAME(load_chunk.offset);
        assert_int_equal(pb->load_chunk.data.size, r->load_chunk.size);
        assert_memory_equal(pb->load_chunk.data.bytes, r->load_chunk.data, r->load_chunk.size);
        break;
    case AWP_RUN:
        SAME(run.warmup), SAME(run.repeats), SAME(run.mode);
        break;
    case AWP_FETCH:
        SAME(fetch.first), SAME(fetch.kind);
        break;
    case AWP_AUTH:
        SAME_BYTES(auth.nonce);
        SAME(auth.mac);
        break;
    case AWP_LOAD_END:
    case AWP_VERIFY:
    case AWP_STATUS:
    case AWP_RESET:
        break;
    }
#undef pb
}

/* The generated code reads our bytes into `message`, and writes the same ones of it. */
static void assert_same_bytes(const uint8_t *ours, uint32_t size, const pb_msgdesc_t *fields,
                              void *message)
{
    uint8_t theirs[AW_FRAME_MAX_PAYLOAD];
    pb_istream_t in = pb_istream_from_buffer(ours, size);
    assert_true(pb_decode(&in, fields, message));
    pb_ostream_t out = pb_ostream_from_buffer(theirs, sizeof theirs);
    assert_true(pb_encode(&out, fields, message));
    assert_int_equal(out.bytes_written, size);
    assert_memory_equal(ours, theirs, size);
}

static void test_requests(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        const struct awp_request r = random_request(seed);
        uint8_t ours[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0;
        static Request message;
        assert_int_equal(awp_request_encode(&r, ours, sizeof ours, &size), AW_OK);
        assert_same_bytes(ours, size, Request_fields, &message);
        assert_request(&message, &r);
    }
}

static void random_hello(uint32_t seed, uint32_t at, struct awp_hello_reply *h)
{
    U32(h->protocol_version), U32(h->oldest_version), U64(h->clock_hz);
    TEXT(h->board), TEXT(h->cpu), TEXT(h->firmware), TEXT(h->kernel_set);
    TEXT(h->clock_name), TEXT(h->clock_unit), TEXT(h->network), BYTES(h->challenge);
    U32(h->timestamp_cost_ticks), BOOL(h->emulated), BOOL(h->counts_instructions);
    U32(h->arena_bytes), U32(h->weight_bytes), U32(h->program_bytes), U32(h->max_layers);
    U32(h->max_records), U32(h->window_bytes), U32(h->chunk_bytes), U32(h->exception_level);
    S32(h->selftest), BOOL(h->watchdog), BOOL(h->key_wanted);
    if (U32(h->last_fault.count) == 0)
        return;
    U32(h->last_fault.kind), U32(h->last_fault.activity), S32(h->last_fault.layer);
    U32(h->last_fault.program_crc), U64(h->last_fault.pc), U64(h->last_fault.lr);
    U64(h->last_fault.sp), U64(h->last_fault.cause), U64(h->last_fault.address);
}

static struct awp_reply random_reply(uint32_t seed)
{
    static const enum awp_reply_kind kinds[] = {AWP_HELLO_REPLY, AWP_LOAD_ACK,    AWP_LOAD_DONE,
                                                AWP_STARTED,     AWP_VERIFY_DONE, AWP_RUN_DONE,
                                                AWP_RECORDS,     AWP_RECORDS,     AWP_STATUS_REPLY,
                                                AWP_ERROR,       AWP_RESET_ACK,   AWP_AUTH_DONE};
    struct awp_reply r;
    uint32_t at = 0;
    memset(&r, 0, sizeof r);
    r.seq = 1 + (uint32_t)number(seed, &at) % UINT32_MAX;
    r.kind = kinds[seed % (sizeof kinds / sizeof kinds[0])];
    switch (r.kind) {
    case AWP_HELLO_REPLY:
        random_hello(seed, at, &r.hello);
        break;
    case AWP_LOAD_ACK:
        U32(r.load_ack.received_bytes);
        break;
    case AWP_LOAD_DONE:
        U32(r.load_done.layer_count), U32(r.load_done.packed_weight_bytes);
        break;
    case AWP_VERIFY_DONE:
        U32(r.verify_done.record_count), U32(r.verify_done.output_crc);
        U32(r.verify_done.records_crc);
        break;
    case AWP_RUN_DONE:
        U32(r.run_done.record_count), U32(r.run_done.records_crc), U64(r.run_done.total_ticks);
        break;
    case AWP_RECORDS:
        U32(r.records.first), U32(r.records.run_seq);
        r.records.kind = (uint32_t)number(seed, &at) % 3u;
        r.records.count = (uint16_t)(number(seed, &at) % (AWP_RECORDS_MAX + 1));
        for (uint32_t i = 0; i < r.records.count; i++)
            if (r.records.kind == AWP_TICKS)
                U64(r.records.ticks[i]);
            else
                U32(r.records.words[i]);
        break;
    case AWP_STATUS_REPLY:
        U32(r.status.state), U32(r.status.program_crc), U32(r.status.bad_frames);
        U32(r.status.record_count);
        break;
    case AWP_ERROR:
        S32(r.error.code), S32(r.error.layer), TEXT(r.error.text);
        break;
    case AWP_AUTH_DONE:
        U64(r.auth_done.mac);
        break;
    case AWP_STARTED:
    case AWP_RESET_ACK:
        break;
    }
    return r;
}

static void assert_hello(const HelloReply *pb, const struct awp_hello_reply *r)
{
    SAME(protocol_version), SAME(oldest_version), SAME(clock_hz), SAME(timestamp_cost_ticks);
    SAME_BYTES(board);
    SAME_BYTES(cpu);
    SAME_BYTES(firmware);
    SAME_BYTES(kernel_set);
    SAME_BYTES(clock_name);
    SAME_BYTES(clock_unit);
    SAME_BYTES(network);
    SAME_BYTES(challenge);
    SAME(emulated), SAME(counts_instructions), SAME(arena_bytes), SAME(weight_bytes);
    SAME(program_bytes), SAME(max_layers), SAME(max_records), SAME(window_bytes);
    SAME(chunk_bytes), SAME(exception_level), SAME(selftest), SAME(watchdog), SAME(key_wanted);
    assert_int_equal(pb->has_last_fault, r->last_fault.count != 0);
    SAME(last_fault.count), SAME(last_fault.kind), SAME(last_fault.activity);
    SAME(last_fault.layer), SAME(last_fault.program_crc), SAME(last_fault.pc);
    SAME(last_fault.lr), SAME(last_fault.sp), SAME(last_fault.cause), SAME(last_fault.address);
}

static void assert_records(const Records *pb, const struct awp_records *r)
{
    SAME(first), SAME(kind), SAME(run_seq);
    assert_int_equal(pb->ticks_count, r->kind == AWP_TICKS ? r->count : 0);
    assert_int_equal(pb->crcs_count, r->kind == AWP_CRCS ? r->count : 0);
    assert_int_equal(pb->instructions_count, r->kind == AWP_INSTRUCTIONS ? r->count : 0);
    if (r->kind == AWP_TICKS)
        assert_memory_equal(pb->ticks, r->ticks, r->count * sizeof r->ticks[0]);
    else
        assert_memory_equal(r->kind == AWP_CRCS ? pb->crcs : pb->instructions, r->words,
                            r->count * sizeof r->words[0]);
}

static void assert_reply(const Reply *message, const struct awp_reply *r)
{
    assert_int_equal(message->seq, r->seq);
    assert_int_equal(message->which_body, r->kind);
#define pb (&message->body)
    switch (r->kind) {
    case AWP_HELLO_REPLY:
        assert_hello(&pb->hello, &r->hello);
        break;
    case AWP_LOAD_ACK:
        SAME(load_ack.received_bytes);
        break;
    case AWP_LOAD_DONE:
        SAME(load_done.layer_count), SAME(load_done.packed_weight_bytes);
        break;
    case AWP_VERIFY_DONE:
        SAME(verify_done.record_count), SAME(verify_done.output_crc);
        SAME(verify_done.records_crc);
        break;
    case AWP_RUN_DONE:
        SAME(run_done.record_count), SAME(run_done.records_crc), SAME(run_done.total_ticks);
        break;
    case AWP_RECORDS:
        assert_records(&pb->records, &r->records);
        break;
    case AWP_STATUS_REPLY:
        SAME(status.state), SAME(status.program_crc), SAME(status.bad_frames);
        SAME(status.record_count);
        break;
    case AWP_ERROR:
        SAME(error.code), SAME(error.layer);
        SAME_BYTES(error.text);
        break;
    case AWP_AUTH_DONE:
        assert_true(pb->auth.mac == r->auth_done.mac);
        break;
    case AWP_STARTED:
    case AWP_RESET_ACK:
        break;
    }
#undef pb
}

static void test_replies(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        const struct awp_reply r = random_reply(seed);
        uint8_t ours[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0;
        static Reply message;
        assert_int_equal(awp_reply_encode(&r, ours, sizeof ours, &size), AW_OK);
        assert_same_bytes(ours, size, Reply_fields, &message);
        assert_reply(&message, &r);
    }
}

/* What we take of mutated bytes, the generated code takes too, and reads the same. */
static void test_mutations(void **state)
{
    (void)state;
    uint32_t taken = 0, refused = 0;
    for (uint32_t seed = 0; seed < 60 * SEEDS; seed++) {
        bool is_reply = seed & 1u;
        uint8_t bytes[AW_FRAME_MAX_PAYLOAD];
        uint32_t size = 0, row = seed % SEEDS / 2;
        static struct awp_request request;
        static struct awp_reply reply;
        static Request pb_request;
        static Reply pb_reply;
        if (is_reply) {
            reply = random_reply(row);
            assert_int_equal(awp_reply_encode(&reply, bytes, sizeof bytes, &size), AW_OK);
        } else {
            request = random_request(row);
            assert_int_equal(awp_request_encode(&request, bytes, sizeof bytes, &size), AW_OK);
        }
        uint32_t times = 1 + aw_rng_word(seed, 1) % 3;
        for (uint32_t i = 0; i < times; i++) {
            uint32_t r = aw_rng_word(seed, 2 + i), place = (r >> 8) % (size < 24 ? size : 24);
            bytes[place] = (uint8_t)(r & 1 ? bytes[place] ^ 1u << (r >> 1) % 8 : r >> 24);
        }
        memset(&request, 0, sizeof request);
        memset(&reply, 0, sizeof reply);
        if ((is_reply ? awp_reply_decode(bytes, size, &reply)
                      : awp_request_decode(bytes, size, &request)) != AW_OK) {
            refused++;
            continue;
        }
        taken++;
        pb_istream_t in = pb_istream_from_buffer(bytes, size);
        if (!(is_reply ? pb_decode(&in, Reply_fields, &pb_reply)
                       : pb_decode(&in, Request_fields, &pb_request)))
            fail_msg("seed %u: taken, although %s", seed, PB_GET_ERROR(&in));
        if (!is_reply)
            assert_request(&pb_request, &request);
        else if (reply.kind != AWP_HELLO_REPLY &&
                 reply.kind != AWP_ERROR) /* nanopb keeps what is behind a text's end */
            assert_reply(&pb_reply, &reply);
    }
    print_message("%u taken, %u refused\n", taken, refused);
    assert_true(taken > 10000 && refused > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

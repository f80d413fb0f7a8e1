#include "msg.h"

#include "aw/mem.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "aw/crc.h"
#include "awnas.pb.h"

/* The kinds are the field numbers, so that a table between them cannot go stale unnoticed. */
_Static_assert((int)AWP_HELLO == Request_hello_tag && (int)AWP_RESET == Request_reset_tag &&
                   (int)AWP_RUN == Request_run_tag && (int)AWP_AUTH == Request_auth_tag,
               "request kinds are field numbers of Request");
_Static_assert((int)AWP_HELLO_REPLY == Reply_hello_tag && (int)AWP_RECORDS == Reply_records_tag &&
                   (int)AWP_RESET_ACK == Reply_reset_tag && (int)AWP_AUTH_DONE == Reply_auth_tag,
               "reply kinds are field numbers of Reply");

/* Copies a text of which `from` holds at most `capacity` bytes and clears the rest, so that equal
 * messages are equal bytes. False when it is not terminated. */
static bool copy_text(char *to, const char *from, uint32_t capacity)
{
    uint32_t n = 0;
    while (n < capacity && from[n])
        n++;
    if (n == capacity)
        return false;
    memcpy(to, from, n);
    memset(to + n, 0, capacity - n);
    return true;
}

#define COPY_TEXT(to, from)                                                                        \
    (__extension__({                                                                               \
        _Static_assert(sizeof(to) == sizeof(from), "awnas.options and msg.h differ");              \
        copy_text((to), (from), sizeof(from));                                                     \
    }))

uint32_t awp_program_crc(const uint8_t *program, uint32_t size)
{
    return aw_crc32(0, program, size < 4 ? 0 : size - 4);
}

uint64_t awp_auth_mac(const uint8_t key[AW_SIPHASH_KEY_BYTES], enum awp_auth_side side,
                      const uint8_t challenge[AWP_NONCE_BYTES],
                      const uint8_t nonce[AWP_NONCE_BYTES])
{
    uint8_t message[1 + 2 * AWP_NONCE_BYTES];
    message[0] = (uint8_t)side;
    memcpy(message + 1, challenge, AWP_NONCE_BYTES);
    memcpy(message + 1 + AWP_NONCE_BYTES, nonce, AWP_NONCE_BYTES);
    return aw_siphash(key, message, sizeof message);
}

static enum aw_err encode(const pb_msgdesc_t *fields, const void *message, uint8_t *bytes,
                          uint32_t capacity, uint32_t *size_out)
{
    pb_ostream_t stream = pb_ostream_from_buffer(bytes, capacity);
    if (!pb_encode(&stream, fields, message))
        return AW_ERR_NO_SPACE;
    *size_out = (uint32_t)stream.bytes_written;
    return AW_OK;
}

/* -- LoadChunk.data ---------------------------------------------------------------------- */

static bool put_data(pb_ostream_t *stream, const pb_field_t *field, void *const *arg)
{
    const struct awp_request *request = *arg;
    return request->load_chunk.size == 0 || /* proto3: an empty field is none */
           (pb_encode_tag_for_field(stream, field) &&
            pb_encode_string(stream, request->load_chunk.data, request->load_chunk.size));
}

/* Where the data of a chunk lies in the message: nothing is copied before all of it is good. */
struct view {
    const uint8_t *bytes;
    size_t size;
};

static bool view_data(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)field;
    struct view *view = *arg;
    view->bytes = stream->state; /* of a stream over a buffer: its next byte */
    view->size = stream->bytes_left;
    return view->size <= AWP_CHUNK_BYTES && pb_read(stream, NULL, view->size);
}

/* Before a body is decoded: tells its callback field where to go. */
static bool expect_data(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)stream;
    if (field->tag == Request_load_chunk_tag)
        ((LoadChunk *)field->pData)->data = (pb_callback_t){.funcs.decode = view_data, .arg = *arg};
    return true;
}

/* -- requests ---------------------------------------------------------------------------- */

enum aw_err awp_request_encode(const struct awp_request *request, uint8_t *bytes, uint32_t capacity,
                               uint32_t *size_out)
{
    if (request->seq == 0)
        return AW_ERR_ARG;
    Request pb;
    memset(&pb, 0, sizeof pb);
    pb.seq = request->seq;
    pb.which_body = (pb_size_t)request->kind;
    switch (request->kind) {
    case AWP_HELLO:
        pb.body.hello.protocol_version = request->hello.protocol_version;
        pb.body.hello.oldest_version = request->hello.oldest_version;
        break;
    case AWP_LOAD_BEGIN:
        pb.body.load_begin.size_bytes = request->load_begin.size_bytes;
        pb.body.load_begin.crc = request->load_begin.crc;
        break;
    case AWP_LOAD_CHUNK:
        if (request->load_chunk.size > AWP_CHUNK_BYTES)
            return AW_ERR_ARG;
        pb.body.load_chunk.offset = request->load_chunk.offset;
        pb.body.load_chunk.data =
            (pb_callback_t){.funcs.encode = put_data, .arg = (void *)(uintptr_t)request};
        break;
    case AWP_RUN:
        pb.body.run.warmup = request->run.warmup;
        pb.body.run.repeats = request->run.repeats;
        pb.body.run.mode = request->run.mode;
        break;
    case AWP_FETCH:
        pb.body.fetch.first = request->fetch.first;
        pb.body.fetch.kind = request->fetch.kind;
        break;
    case AWP_AUTH:
        memcpy(pb.body.auth.nonce, request->auth.nonce, sizeof pb.body.auth.nonce);
        pb.body.auth.mac = request->auth.mac;
        break;
    case AWP_LOAD_END:
    case AWP_VERIFY:
    case AWP_STATUS:
    case AWP_RESET:
        break;
    default:
        return AW_ERR_ARG;
    }
    return encode(Request_fields, &pb, bytes, capacity, size_out);
}

enum aw_err awp_request_decode(const uint8_t *bytes, uint32_t size, struct awp_request *request_out)
{
    struct view data = {.size = 0};
    Request pb;
    memset(&pb, 0, sizeof pb);
    pb.cb_body = (pb_callback_t){.funcs.decode = expect_data, .arg = &data};
    pb_istream_t stream = pb_istream_from_buffer(bytes, size);
    if (!pb_decode_ex(&stream, Request_fields, &pb, PB_DECODE_NOINIT) || pb.seq == 0)
        return AW_ERR_FORMAT;
    switch (pb.which_body) {
    case Request_hello_tag:
        request_out->hello.protocol_version = pb.body.hello.protocol_version;
        request_out->hello.oldest_version = pb.body.hello.oldest_version;
        break;
    case Request_load_begin_tag:
        request_out->load_begin.size_bytes = pb.body.load_begin.size_bytes;
        request_out->load_begin.crc = pb.body.load_begin.crc;
        break;
    case Request_load_chunk_tag:
        request_out->load_chunk.offset = pb.body.load_chunk.offset;
        request_out->load_chunk.size = (uint16_t)data.size;
        if (data.size)
            memcpy(request_out->load_chunk.data, data.bytes, data.size);
        break;
    case Request_run_tag:
        request_out->run.warmup = pb.body.run.warmup;
        request_out->run.repeats = pb.body.run.repeats;
        request_out->run.mode = pb.body.run.mode;
        break;
    case Request_fetch_tag:
        request_out->fetch.first = pb.body.fetch.first;
        request_out->fetch.kind = pb.body.fetch.kind;
        break;
    case Request_auth_tag:
        memcpy(request_out->auth.nonce, pb.body.auth.nonce, sizeof pb.body.auth.nonce);
        request_out->auth.mac = pb.body.auth.mac;
        break;
    case Request_load_end_tag:
    case Request_verify_tag:
    case Request_status_tag:
    case Request_reset_tag:
        break;
    default:
        return AW_ERR_FORMAT;
    }
    request_out->seq = pb.seq;
    request_out->kind = (enum awp_request_kind)pb.which_body;
    return AW_OK;
}

static enum aw_err hello_to_pb(const struct awp_hello_reply *hello, HelloReply *pb)
{
    if (!COPY_TEXT(pb->board, hello->board) || !COPY_TEXT(pb->cpu, hello->cpu) ||
        !COPY_TEXT(pb->firmware, hello->firmware) ||
        !COPY_TEXT(pb->kernel_set, hello->kernel_set) ||
        !COPY_TEXT(pb->clock_name, hello->clock_name) ||
        !COPY_TEXT(pb->clock_unit, hello->clock_unit) || !COPY_TEXT(pb->network, hello->network))
        return AW_ERR_ARG;
    pb->protocol_version = hello->protocol_version;
    pb->clock_hz = hello->clock_hz;
    pb->timestamp_cost_ticks = hello->timestamp_cost_ticks;
    pb->emulated = hello->emulated;
    pb->counts_instructions = hello->counts_instructions;
    pb->arena_bytes = hello->arena_bytes;
    pb->weight_bytes = hello->weight_bytes;
    pb->program_bytes = hello->program_bytes;
    pb->max_layers = hello->max_layers;
    pb->max_records = hello->max_records;
    pb->window_bytes = hello->window_bytes;
    pb->chunk_bytes = hello->chunk_bytes;
    pb->exception_level = hello->exception_level;
    pb->selftest = hello->selftest;
    pb->oldest_version = hello->oldest_version;
    const struct awp_last_fault *fault = &hello->last_fault;
    pb->has_last_fault = fault->count != 0;
    pb->last_fault = (LastFault){.count = fault->count,
                                 .kind = fault->kind,
                                 .activity = fault->activity,
                                 .layer = fault->layer,
                                 .program_crc = fault->program_crc,
                                 .pc = fault->pc,
                                 .lr = fault->lr,
                                 .sp = fault->sp,
                                 .cause = fault->cause,
                                 .address = fault->address};
    pb->watchdog = hello->watchdog;
    pb->key_wanted = hello->key_wanted;
    memcpy(pb->challenge, hello->challenge, sizeof pb->challenge);
    return AW_OK;
}

static struct awp_last_fault fault_from_pb(const LastFault *pb)
{
    return (struct awp_last_fault){.count = pb->count,
                                   .kind = pb->kind,
                                   .activity = pb->activity,
                                   .layer = pb->layer,
                                   .program_crc = pb->program_crc,
                                   .pc = pb->pc,
                                   .lr = pb->lr,
                                   .sp = pb->sp,
                                   .cause = pb->cause,
                                   .address = pb->address};
}

static bool hello_from_pb(const HelloReply *pb, struct awp_hello_reply *hello_out)
{
    struct awp_hello_reply hello = {
        .protocol_version = pb->protocol_version,
        .clock_hz = pb->clock_hz,
        .timestamp_cost_ticks = pb->timestamp_cost_ticks,
        .emulated = pb->emulated,
        .counts_instructions = pb->counts_instructions,
        .arena_bytes = pb->arena_bytes,
        .weight_bytes = pb->weight_bytes,
        .program_bytes = pb->program_bytes,
        .max_layers = pb->max_layers,
        .max_records = pb->max_records,
        .window_bytes = pb->window_bytes,
        .chunk_bytes = pb->chunk_bytes,
        .exception_level = pb->exception_level,
        .selftest = pb->selftest,
        .oldest_version = pb->oldest_version,
        .watchdog = pb->watchdog,
        .key_wanted = pb->key_wanted,
    };
    if (pb->has_last_fault && pb->last_fault.count)
        hello.last_fault = fault_from_pb(&pb->last_fault);
    memcpy(hello.challenge, pb->challenge, sizeof hello.challenge);
    if (!COPY_TEXT(hello.board, pb->board) || !COPY_TEXT(hello.cpu, pb->cpu) ||
        !COPY_TEXT(hello.firmware, pb->firmware) || !COPY_TEXT(hello.kernel_set, pb->kernel_set) ||
        !COPY_TEXT(hello.clock_name, pb->clock_name) ||
        !COPY_TEXT(hello.clock_unit, pb->clock_unit) || !COPY_TEXT(hello.network, pb->network))
        return false;
    *hello_out = hello;
    return true;
}

/* -- Records ----------------------------------------------------------------------------- */

static bool put_record(pb_ostream_t *stream, const struct awp_records *records, uint32_t i)
{
    switch (records->kind) {
    case AWP_TICKS:
        return pb_encode_varint(stream, records->ticks[i]);
    case AWP_CRCS:
        return pb_encode_fixed32(stream, &records->words[i]);
    default:
        return pb_encode_varint(stream, records->words[i]);
    }
}

static bool put_all(pb_ostream_t *stream, const struct awp_records *records)
{
    for (uint32_t i = 0; i < records->count; i++)
        if (!put_record(stream, records, i))
            return false;
    return true;
}

/* Packed: tag, length, all of them. */
static bool put_records(pb_ostream_t *stream, const pb_field_t *field, void *const *arg)
{
    const struct awp_records *records = *arg;
    pb_ostream_t sizing = PB_OSTREAM_SIZING;
    return records->count == 0 ||
           (put_all(&sizing, records) && pb_encode_tag(stream, PB_WT_STRING, field->tag) &&
            pb_encode_varint(stream, sizing.bytes_written) && put_all(stream, records));
}

static enum aw_err records_to_pb(const struct awp_records *records, Records *pb)
{
    if (records->count > AWP_RECORDS_MAX || records->kind > AWP_INSTRUCTIONS)
        return AW_ERR_ARG;
    const pb_callback_t put = {.funcs.encode = put_records, .arg = (void *)(uintptr_t)records};
    pb->first = records->first;
    pb->kind = records->kind;
    pb->run_seq = records->run_seq;
    if (records->kind == AWP_TICKS)
        pb->ticks = put;
    else if (records->kind == AWP_CRCS)
        pb->crcs = put;
    else
        pb->instructions = put;
    return AW_OK;
}

/* What arrives of each array; only one of them may have members. */
struct arrays {
    uint32_t counts[3]; /* by enum awp_record_kind */
    union {
        uint64_t ticks[AWP_RECORDS_MAX];
        uint32_t words[AWP_RECORDS_MAX];
    };
};

static bool take_tick(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)field;
    struct arrays *arrays = *arg;
    uint64_t value;
    if (arrays->counts[AWP_TICKS] == AWP_RECORDS_MAX || arrays->counts[AWP_CRCS] ||
        arrays->counts[AWP_INSTRUCTIONS] || !pb_decode_varint(stream, &value))
        return false;
    arrays->ticks[arrays->counts[AWP_TICKS]++] = value;
    return true;
}

static bool take_crc(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)field;
    struct arrays *arrays = *arg;
    uint32_t value;
    if (arrays->counts[AWP_CRCS] == AWP_RECORDS_MAX || arrays->counts[AWP_TICKS] ||
        arrays->counts[AWP_INSTRUCTIONS] || !pb_decode_fixed32(stream, &value))
        return false;
    arrays->words[arrays->counts[AWP_CRCS]++] = value;
    return true;
}

static bool take_instructions(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)field;
    struct arrays *arrays = *arg;
    uint64_t value;
    if (arrays->counts[AWP_INSTRUCTIONS] == AWP_RECORDS_MAX || arrays->counts[AWP_TICKS] ||
        arrays->counts[AWP_CRCS] || !pb_decode_varint(stream, &value) || value > UINT32_MAX)
        return false;
    arrays->words[arrays->counts[AWP_INSTRUCTIONS]++] = (uint32_t)value;
    return true;
}

static bool expect_records(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
    (void)stream;
    if (field->tag == Reply_records_tag) {
        Records *pb = field->pData;
        pb->ticks = (pb_callback_t){.funcs.decode = take_tick, .arg = *arg};
        pb->crcs = (pb_callback_t){.funcs.decode = take_crc, .arg = *arg};
        pb->instructions = (pb_callback_t){.funcs.decode = take_instructions, .arg = *arg};
    }
    return true;
}

/* Only the array of its kind may have members. */
static bool records_from_pb(const Records *pb, const struct arrays *arrays,
                            struct awp_records *records_out)
{
    if (pb->kind > AWP_INSTRUCTIONS)
        return false;
    uint32_t count = arrays->counts[pb->kind];
    if (count != arrays->counts[0] + arrays->counts[1] + arrays->counts[2])
        return false;
    records_out->first = pb->first;
    records_out->kind = pb->kind;
    records_out->run_seq = pb->run_seq;
    records_out->count = (uint16_t)count;
    if (pb->kind == AWP_TICKS)
        memcpy(records_out->ticks, arrays->ticks, count * sizeof arrays->ticks[0]);
    else
        memcpy(records_out->words, arrays->words, count * sizeof arrays->words[0]);
    return true;
}

/* -- replies ----------------------------------------------------------------------------- */

enum aw_err awp_reply_encode(const struct awp_reply *reply, uint8_t *bytes, uint32_t capacity,
                             uint32_t *size_out)
{
    if (reply->seq == 0)
        return AW_ERR_ARG;
    enum aw_err err = AW_OK;
    Reply pb;
    memset(&pb, 0, sizeof pb);
    pb.seq = reply->seq;
    pb.which_body = (pb_size_t)reply->kind;
    switch (reply->kind) {
    case AWP_HELLO_REPLY:
        err = hello_to_pb(&reply->hello, &pb.body.hello);
        break;
    case AWP_LOAD_ACK:
        pb.body.load_ack.received_bytes = reply->load_ack.received_bytes;
        break;
    case AWP_LOAD_DONE:
        pb.body.load_done.layer_count = reply->load_done.layer_count;
        pb.body.load_done.packed_weight_bytes = reply->load_done.packed_weight_bytes;
        break;
    case AWP_VERIFY_DONE:
        pb.body.verify_done.record_count = reply->verify_done.record_count;
        pb.body.verify_done.output_crc = reply->verify_done.output_crc;
        pb.body.verify_done.records_crc = reply->verify_done.records_crc;
        break;
    case AWP_RUN_DONE:
        pb.body.run_done.record_count = reply->run_done.record_count;
        pb.body.run_done.total_ticks = reply->run_done.total_ticks;
        pb.body.run_done.records_crc = reply->run_done.records_crc;
        break;
    case AWP_RECORDS:
        err = records_to_pb(&reply->records, &pb.body.records);
        break;
    case AWP_STATUS_REPLY:
        pb.body.status.state = reply->status.state;
        pb.body.status.program_crc = reply->status.program_crc;
        pb.body.status.bad_frames = reply->status.bad_frames;
        pb.body.status.record_count = reply->status.record_count;
        break;
    case AWP_ERROR:
        pb.body.error.code = reply->error.code;
        pb.body.error.layer = reply->error.layer;
        err = COPY_TEXT(pb.body.error.text, reply->error.text) ? AW_OK : AW_ERR_ARG;
        break;
    case AWP_AUTH_DONE:
        pb.body.auth.mac = reply->auth_done.mac;
        break;
    case AWP_STARTED:
    case AWP_RESET_ACK:
        break;
    default:
        err = AW_ERR_ARG;
        break;
    }
    return err != AW_OK ? err : encode(Reply_fields, &pb, bytes, capacity, size_out);
}

enum aw_err awp_reply_decode(const uint8_t *bytes, uint32_t size, struct awp_reply *reply_out)
{
    struct arrays arrays = {.counts = {0}};
    Reply pb;
    memset(&pb, 0, sizeof pb);
    pb.cb_body = (pb_callback_t){.funcs.decode = expect_records, .arg = &arrays};
    pb_istream_t stream = pb_istream_from_buffer(bytes, size);
    if (!pb_decode_ex(&stream, Reply_fields, &pb, PB_DECODE_NOINIT) || pb.seq == 0)
        return AW_ERR_FORMAT;
    switch (pb.which_body) {
    case Reply_hello_tag:
        if (!hello_from_pb(&pb.body.hello, &reply_out->hello))
            return AW_ERR_FORMAT;
        break;
    case Reply_load_ack_tag:
        reply_out->load_ack.received_bytes = pb.body.load_ack.received_bytes;
        break;
    case Reply_load_done_tag:
        reply_out->load_done.layer_count = pb.body.load_done.layer_count;
        reply_out->load_done.packed_weight_bytes = pb.body.load_done.packed_weight_bytes;
        break;
    case Reply_verify_done_tag:
        reply_out->verify_done.record_count = pb.body.verify_done.record_count;
        reply_out->verify_done.output_crc = pb.body.verify_done.output_crc;
        reply_out->verify_done.records_crc = pb.body.verify_done.records_crc;
        break;
    case Reply_run_done_tag:
        reply_out->run_done.record_count = pb.body.run_done.record_count;
        reply_out->run_done.total_ticks = pb.body.run_done.total_ticks;
        reply_out->run_done.records_crc = pb.body.run_done.records_crc;
        break;
    case Reply_records_tag:
        if (!records_from_pb(&pb.body.records, &arrays, &reply_out->records))
            return AW_ERR_FORMAT;
        break;
    case Reply_status_tag:
        reply_out->status.state = pb.body.status.state;
        reply_out->status.program_crc = pb.body.status.program_crc;
        reply_out->status.bad_frames = pb.body.status.bad_frames;
        reply_out->status.record_count = pb.body.status.record_count;
        break;
    case Reply_error_tag: {
        char text[sizeof pb.body.error.text];
        if (!COPY_TEXT(text, pb.body.error.text))
            return AW_ERR_FORMAT;
        memcpy(reply_out->error.text, text, sizeof text);
        reply_out->error.code = pb.body.error.code;
        reply_out->error.layer = pb.body.error.layer;
        break;
    }
    case Reply_auth_tag:
        reply_out->auth_done.mac = pb.body.auth.mac;
        break;
    case Reply_started_tag:
    case Reply_reset_tag:
        break;
    default:
        return AW_ERR_FORMAT;
    }
    reply_out->seq = pb.seq;
    reply_out->kind = (enum awp_reply_kind)pb.which_body;
    return AW_OK;
}

uint32_t awp_version_common(uint32_t newest_a, uint32_t oldest_a, uint32_t newest_b,
                            uint32_t oldest_b)
{
    oldest_a = oldest_a ? oldest_a : newest_a;
    oldest_b = oldest_b ? oldest_b : newest_b;
    uint32_t newest = newest_a < newest_b ? newest_a : newest_b;
    return newest >= oldest_a && newest >= oldest_b ? newest : 0;
}

enum aw_err awp_reply_decode_versions(const uint8_t *bytes, uint32_t size,
                                      struct awp_reply *reply_out)
{
    ReplyVersions pb;
    pb_istream_t stream = pb_istream_from_buffer(bytes, size);
    if (!pb_decode(&stream, ReplyVersions_fields, &pb) || pb.seq == 0 || !pb.has_hello ||
        pb.hello.protocol_version == 0)
        return AW_ERR_FORMAT;
    memset(reply_out, 0, sizeof *reply_out);
    reply_out->seq = pb.seq;
    reply_out->kind = AWP_HELLO_REPLY;
    reply_out->hello.protocol_version = pb.hello.protocol_version;
    reply_out->hello.oldest_version = pb.hello.oldest_version;
    return AW_OK;
}

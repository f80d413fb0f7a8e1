#include "msg.h"

#include <stddef.h>

#include "aw/mem.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "aw/crc.h"

/* The fields of awnas.proto, one a line, and where they lie in the structs: nanopb reads and writes
 * tags and values, but its descriptors and the code that walks them are four times this file, and
 * want a second struct of every message. msg_pb_test.c holds both against each other. */

enum type {
    UINT, /* a varint of 8, 4 or 1 (bool) bytes */
    SINT, /* int32_t, zigzag */
    FIXED64,
    TEXT,  /* of less than `size` bytes */
    BYTES, /* of exactly `size` */
    PART,  /* a message inside, left out when its first four bytes are 0 */
    DATA,  /* of a LoadChunk */
    ARRAY, /* of a Records */
};

struct field {
    uint8_t message; /* the kind of a body, or LAST_FAULT */
    uint8_t number, type, size;
    uint16_t at;
};

#define LAST_FAULT 1u /* no body has this number */
#define REQUEST(kind, number, type, member)                                                        \
    {                                                                                              \
        AWP_##kind, number, type, sizeof((struct awp_request *)0)->member,                         \
            offsetof(struct awp_request, member)                                                   \
    }
#define REPLY(kind, number, type, member)                                                          \
    {                                                                                              \
        kind, number, type, sizeof((struct awp_reply *)0)->member,                                 \
            offsetof(struct awp_reply, member)                                                     \
    }

/* In the order of their numbers, as they are written. */
static const struct field request_fields[] = {
    REQUEST(HELLO, 1, UINT, hello.protocol_version),
    REQUEST(HELLO, 2, UINT, hello.oldest_version),
    REQUEST(LOAD_BEGIN, 1, UINT, load_begin.size_bytes),
    REQUEST(LOAD_BEGIN, 2, UINT, load_begin.crc),
    REQUEST(LOAD_CHUNK, 1, UINT, load_chunk.offset),
    REQUEST(LOAD_CHUNK, 2, DATA, load_chunk.size),
    REQUEST(RUN, 1, UINT, run.warmup),
    REQUEST(RUN, 2, UINT, run.repeats),
    REQUEST(RUN, 3, UINT, run.mode),
    REQUEST(FETCH, 1, UINT, fetch.first),
    REQUEST(FETCH, 2, UINT, fetch.kind),
    REQUEST(AUTH, 1, BYTES, auth.nonce),
    REQUEST(AUTH, 2, FIXED64, auth.mac),
};
static const struct field reply_fields[] = {
    REPLY(AWP_HELLO_REPLY, 1, UINT, hello.protocol_version),
    REPLY(AWP_HELLO_REPLY, 2, TEXT, hello.board),
    REPLY(AWP_HELLO_REPLY, 3, TEXT, hello.cpu),
    REPLY(AWP_HELLO_REPLY, 4, TEXT, hello.firmware),
    REPLY(AWP_HELLO_REPLY, 5, TEXT, hello.kernel_set),
    REPLY(AWP_HELLO_REPLY, 6, TEXT, hello.clock_name),
    REPLY(AWP_HELLO_REPLY, 7, TEXT, hello.clock_unit),
    REPLY(AWP_HELLO_REPLY, 8, UINT, hello.clock_hz),
    REPLY(AWP_HELLO_REPLY, 9, UINT, hello.timestamp_cost_ticks),
    REPLY(AWP_HELLO_REPLY, 10, UINT, hello.emulated),
    REPLY(AWP_HELLO_REPLY, 11, UINT, hello.counts_instructions),
    REPLY(AWP_HELLO_REPLY, 12, UINT, hello.arena_bytes),
    REPLY(AWP_HELLO_REPLY, 13, UINT, hello.weight_bytes),
    REPLY(AWP_HELLO_REPLY, 14, UINT, hello.program_bytes),
    REPLY(AWP_HELLO_REPLY, 15, UINT, hello.max_layers),
    REPLY(AWP_HELLO_REPLY, 16, UINT, hello.max_records),
    REPLY(AWP_HELLO_REPLY, 17, UINT, hello.window_bytes),
    REPLY(AWP_HELLO_REPLY, 18, UINT, hello.chunk_bytes),
    REPLY(AWP_HELLO_REPLY, 19, UINT, hello.exception_level),
    REPLY(AWP_HELLO_REPLY, 20, SINT, hello.selftest),
    REPLY(AWP_HELLO_REPLY, 21, UINT, hello.oldest_version),
    REPLY(AWP_HELLO_REPLY, 22, PART, hello.last_fault),
    REPLY(AWP_HELLO_REPLY, 23, UINT, hello.watchdog),
    REPLY(AWP_HELLO_REPLY, 40, UINT, hello.key_wanted),
    REPLY(AWP_HELLO_REPLY, 41, BYTES, hello.challenge),
    REPLY(AWP_HELLO_REPLY, 42, TEXT, hello.network),
    REPLY(LAST_FAULT, 1, UINT, hello.last_fault.count),
    REPLY(LAST_FAULT, 2, UINT, hello.last_fault.kind),
    REPLY(LAST_FAULT, 3, UINT, hello.last_fault.activity),
    REPLY(LAST_FAULT, 4, SINT, hello.last_fault.layer),
    REPLY(LAST_FAULT, 5, UINT, hello.last_fault.program_crc),
    REPLY(LAST_FAULT, 6, UINT, hello.last_fault.pc),
    REPLY(LAST_FAULT, 7, UINT, hello.last_fault.lr),
    REPLY(LAST_FAULT, 8, UINT, hello.last_fault.sp),
    REPLY(LAST_FAULT, 9, UINT, hello.last_fault.cause),
    REPLY(LAST_FAULT, 10, UINT, hello.last_fault.address),
    REPLY(AWP_LOAD_ACK, 1, UINT, load_ack.received_bytes),
    REPLY(AWP_LOAD_DONE, 1, UINT, load_done.layer_count),
    REPLY(AWP_LOAD_DONE, 2, UINT, load_done.packed_weight_bytes),
    REPLY(AWP_VERIFY_DONE, 1, UINT, verify_done.record_count),
    REPLY(AWP_VERIFY_DONE, 2, UINT, verify_done.output_crc),
    REPLY(AWP_VERIFY_DONE, 3, UINT, verify_done.records_crc),
    REPLY(AWP_RUN_DONE, 1, UINT, run_done.record_count),
    REPLY(AWP_RUN_DONE, 2, UINT, run_done.total_ticks),
    REPLY(AWP_RUN_DONE, 3, UINT, run_done.records_crc),
    REPLY(AWP_RECORDS, 1, UINT, records.first),
    REPLY(AWP_RECORDS, 2, UINT, records.kind),
    REPLY(AWP_RECORDS, 3, ARRAY, records.count),
    REPLY(AWP_RECORDS, 4, ARRAY, records.count),
    REPLY(AWP_RECORDS, 5, ARRAY, records.count),
    REPLY(AWP_RECORDS, 6, UINT, records.run_seq),
    REPLY(AWP_STATUS_REPLY, 1, UINT, status.state),
    REPLY(AWP_STATUS_REPLY, 2, UINT, status.program_crc),
    REPLY(AWP_STATUS_REPLY, 3, UINT, status.bad_frames),
    REPLY(AWP_STATUS_REPLY, 4, UINT, status.record_count),
    REPLY(AWP_ERROR, 1, SINT, error.code),
    REPLY(AWP_ERROR, 2, SINT, error.layer),
    REPLY(AWP_ERROR, 3, TEXT, error.text),
    REPLY(AWP_AUTH_DONE, 1, FIXED64, auth_done.mac),
};
/* What of a HelloReply can be read whatever else a newer board put into it. */
static const struct field version_fields[] = {
    REPLY(AWP_HELLO_REPLY, 1, UINT, hello.protocol_version),
    REPLY(AWP_HELLO_REPLY, 21, UINT, hello.oldest_version),
};
#define ARRAY_OF(kind) ((kind) + 3u) /* number of the array of a kind of record */

struct schema {
    const struct field *fields;
    uint32_t count;
    uint32_t kinds; /* bit k: kind k exists */
};
#define SCHEMA(fields, kinds)                                                                      \
    {                                                                                              \
        fields, sizeof(fields) / sizeof(fields)[0], kinds                                          \
    }
static const struct schema request_schema = SCHEMA(request_fields, 0x7fcu | 1u << AWP_AUTH);
static const struct schema reply_schema = SCHEMA(reply_fields, 0xffcu | 1u << AWP_AUTH_DONE);
static const struct schema version_schema = SCHEMA(version_fields, 1u << AWP_HELLO_REPLY);

static bool has_kind(const struct schema *schema, uint32_t kind)
{
    return kind < 32u && schema->kinds >> kind & 1u;
}

/* -- writing ----------------------------------------------------------------------------- */

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
static bool put_records(pb_ostream_t *stream, uint32_t number, const struct awp_records *records)
{
    pb_ostream_t sizing = PB_OSTREAM_SIZING;
    return number != ARRAY_OF(records->kind) || records->count == 0 ||
           (put_all(&sizing, records) && pb_encode_tag(stream, PB_WT_STRING, number) &&
            pb_encode_varint(stream, sizing.bytes_written) && put_all(stream, records));
}

static uint64_t load(const struct field *field, const uint8_t *at)
{
    uint64_t wide;
    uint32_t word;
    if (field->size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    if (field->size == sizeof(bool))
        return *at != 0;
    memcpy(&word, at, sizeof word);
    return field->type == SINT ? word << 1 ^ (0u - (word >> 31)) : word;
}

static bool put_number(pb_ostream_t *stream, const struct field *field, const uint8_t *at)
{
    uint64_t value = load(field, at);
    if (value == 0) /* proto3: such a field is none */
        return true;
    if (field->type == FIXED64)
        return pb_encode_tag(stream, PB_WT_64BIT, field->number) &&
               pb_encode_fixed64(stream, &value);
    return pb_encode_tag(stream, PB_WT_VARINT, field->number) && pb_encode_varint(stream, value);
}

static bool put_bytes(pb_ostream_t *stream, const struct field *field, const uint8_t *bytes,
                      uint32_t n)
{
    return pb_encode_tag(stream, PB_WT_STRING, field->number) && pb_encode_string(stream, bytes, n);
}

static bool put_message(pb_ostream_t *stream, const struct schema *schema, uint32_t message,
                        uint32_t number, const uint8_t *base);

static bool put_field(pb_ostream_t *stream, const struct schema *schema, const struct field *field,
                      const uint8_t *base)
{
    const uint8_t *at = base + field->at;
    uint32_t n;
    switch (field->type) {
    case TEXT:
        n = (uint32_t)strlen((const char *)at);
        return n == 0 || put_bytes(stream, field, at, n);
    case BYTES:
        return put_bytes(stream, field, at, field->size);
    case PART:
        memcpy(&n, at, sizeof n);
        return n == 0 || put_message(stream, schema, LAST_FAULT, field->number, base);
    case DATA:
        n = ((const struct awp_request *)(const void *)base)->load_chunk.size;
        return n == 0 ||
               put_bytes(stream, field, base + offsetof(struct awp_request, load_chunk.data), n);
    case ARRAY:
        return put_records(stream, field->number,
                           &((const struct awp_reply *)(const void *)base)->records);
    default:
        return put_number(stream, field, at);
    }
}

static bool put_fields(pb_ostream_t *stream, const struct schema *schema, uint32_t message,
                       const uint8_t *base)
{
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->fields[i].message == message &&
            !put_field(stream, schema, &schema->fields[i], base))
            return false;
    return true;
}

static bool put_message(pb_ostream_t *stream, const struct schema *schema, uint32_t message,
                        uint32_t number, const uint8_t *base)
{
    pb_ostream_t sizing = PB_OSTREAM_SIZING;
    return put_fields(&sizing, schema, message, base) &&
           pb_encode_tag(stream, PB_WT_STRING, number) &&
           pb_encode_varint(stream, sizing.bytes_written) &&
           put_fields(stream, schema, message, base);
}

static bool texts_end(const struct schema *schema, uint32_t message, const uint8_t *base)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->message == message && field->type == TEXT &&
            strnlen((const char *)base + field->at, field->size) == field->size)
            return false;
    }
    return true;
}

static enum aw_err encode(const struct schema *schema, uint32_t seq, uint32_t kind,
                          const void *message, uint8_t *bytes, uint32_t capacity,
                          uint32_t *size_out)
{
    if (seq == 0 || !has_kind(schema, kind) || !texts_end(schema, kind, message))
        return AW_ERR_ARG;
    pb_ostream_t stream = pb_ostream_from_buffer(bytes, capacity);
    if (!pb_encode_tag(&stream, PB_WT_VARINT, 1) || !pb_encode_varint(&stream, seq) ||
        !put_message(&stream, schema, kind, kind, message))
        return AW_ERR_NO_SPACE;
    *size_out = (uint32_t)stream.bytes_written;
    return AW_OK;
}

enum aw_err awp_request_encode(const struct awp_request *request, uint8_t *bytes, uint32_t capacity,
                               uint32_t *size_out)
{
    if (request->kind == AWP_LOAD_CHUNK && request->load_chunk.size > AWP_CHUNK_BYTES)
        return AW_ERR_ARG;
    return encode(&request_schema, request->seq, (uint32_t)request->kind, request, bytes, capacity,
                  size_out);
}

enum aw_err awp_reply_encode(const struct awp_reply *reply, uint8_t *bytes, uint32_t capacity,
                             uint32_t *size_out)
{
    if (reply->kind == AWP_RECORDS &&
        (reply->records.count > AWP_RECORDS_MAX || reply->records.kind > AWP_INSTRUCTIONS))
        return AW_ERR_ARG;
    return encode(&reply_schema, reply->seq, (uint32_t)reply->kind, reply, bytes, capacity,
                  size_out);
}

/* -- reading ----------------------------------------------------------------------------- */

/* A message is read twice: when `base` is NULL it is only checked. */
struct reading {
    const struct schema *schema;
    uint8_t *base; /* the struct */
    /* Takes the members of a Records' array; of a board, which reads no replies, NULL. */
    bool (*take_array)(struct reading *reading, uint32_t number, pb_wire_type_t wire,
                       pb_istream_t *stream);
    uint32_t counts[3]; /* of those members, by enum awp_record_kind */
    uint32_t seq, kind;
};

static void store(const struct field *field, uint8_t *at, uint64_t value)
{
    uint32_t word = (uint32_t)value;
    if (field->type == SINT)
        word = word >> 1 ^ (0u - (word & 1u));
    if (field->size == sizeof value)
        memcpy(at, &value, sizeof value);
    else if (field->size == sizeof(bool))
        *(bool *)at = value != 0;
    else
        memcpy(at, &word, sizeof word);
}

static bool take_number(struct reading *reading, const struct field *field, pb_wire_type_t wire,
                        pb_istream_t *stream)
{
    uint64_t value;
    if (field->type == FIXED64 ? wire != PB_WT_64BIT || !pb_decode_fixed64(stream, &value)
                               : wire != PB_WT_VARINT || !pb_decode_varint(stream, &value))
        return false;
    if (field->size != sizeof value && value > UINT32_MAX)
        return false;
    if (reading->base)
        store(field, reading->base + field->at, value);
    return true;
}

/* All that is left. */
static bool take_bytes(struct reading *reading, const struct field *field, pb_istream_t *stream)
{
    const size_t n = stream->bytes_left;
    uint8_t *at = reading->base ? reading->base + field->at : NULL;
    if (field->type == DATA) {
        if (n > AWP_CHUNK_BYTES)
            return false;
        if (at) {
            struct awp_request *request = (struct awp_request *)(void *)reading->base;
            request->load_chunk.size = (uint16_t)n;
            at = request->load_chunk.data;
        }
        return pb_read(stream, at, n);
    }
    if (field->type == BYTES ? n != field->size : n >= field->size)
        return false;
    if (!pb_read(stream, at, n))
        return false;
    /* Equal messages are equal bytes, so nothing is left behind a text's end. */
    if (at && field->type == TEXT) {
        size_t length = strnlen((const char *)at, n);
        memset(at + length, 0, field->size - length);
    }
    return true;
}

static bool take_fields(struct reading *reading, uint32_t message, pb_istream_t *stream);

static bool take_field(struct reading *reading, const struct field *field, pb_wire_type_t wire,
                       pb_istream_t *stream)
{
    pb_istream_t inside;
    if (field->type <= FIXED64)
        return take_number(reading, field, wire, stream);
    if (field->type == ARRAY)
        return reading->take_array(reading, field->number, wire, stream);
    return wire == PB_WT_STRING && pb_make_string_substream(stream, &inside) &&
           (field->type == PART ? take_fields(reading, LAST_FAULT, &inside)
                                : take_bytes(reading, field, &inside)) &&
           pb_close_string_substream(stream, &inside);
}

static const struct field *find_field(const struct schema *schema, uint32_t message,
                                      uint32_t number)
{
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->fields[i].message == message && schema->fields[i].number == number)
            return &schema->fields[i];
    return NULL;
}

static bool take_tag(pb_istream_t *stream, uint32_t *number_out, pb_wire_type_t *wire_out)
{
    bool end;
    return pb_decode_tag(stream, wire_out, number_out, &end) && *number_out != 0;
}

static bool take_fields(struct reading *reading, uint32_t message, pb_istream_t *stream)
{
    while (stream->bytes_left > 0) {
        uint32_t number;
        pb_wire_type_t wire;
        if (!take_tag(stream, &number, &wire))
            return false;
        const struct field *field = find_field(reading->schema, message, number);
        if (field ? !take_field(reading, field, wire, stream) : !pb_skip_field(stream, wire))
            return false;
    }
    return true;
}

/* Fields that are not in a message are 0. */
static void clear_fields(const struct reading *reading, uint32_t message)
{
    for (uint32_t i = 0; i < reading->schema->count; i++) {
        const struct field *field = &reading->schema->fields[i];
        if (field->message == message)
            memset(reading->base + field->at, 0, field->size);
    }
}

static bool take_body(struct reading *reading, uint32_t kind, pb_wire_type_t wire,
                      pb_istream_t *stream)
{
    pb_istream_t body;
    if (wire != PB_WT_STRING || !pb_make_string_substream(stream, &body))
        return false;
    if (reading->base && reading->kind != kind)
        clear_fields(reading, kind);
    reading->kind = kind; /* of several, the last is meant */
    return take_fields(reading, kind, &body) && pb_close_string_substream(stream, &body);
}

static bool take_seq(struct reading *reading, pb_wire_type_t wire, pb_istream_t *stream)
{
    uint64_t value;
    if (wire != PB_WT_VARINT || !pb_decode_varint(stream, &value) || value > UINT32_MAX)
        return false;
    reading->seq = (uint32_t)value;
    return true;
}

static bool read_message(struct reading *reading, const uint8_t *bytes, uint32_t size)
{
    pb_istream_t stream = pb_istream_from_buffer(bytes, size);
    memset(reading->counts, 0, sizeof reading->counts);
    reading->seq = reading->kind = 0;
    while (stream.bytes_left > 0) {
        uint32_t number;
        pb_wire_type_t wire;
        if (!take_tag(&stream, &number, &wire))
            return false;
        if (number == 1                         ? !take_seq(reading, wire, &stream)
            : has_kind(reading->schema, number) ? !take_body(reading, number, wire, &stream)
                                                : !pb_skip_field(&stream, wire))
            return false;
    }
    return reading->seq != 0 && reading->kind != 0;
}

enum aw_err awp_request_decode(const uint8_t *bytes, uint32_t size, struct awp_request *request_out)
{
    struct reading reading = {.schema = &request_schema};
    if (!read_message(&reading, bytes, size))
        return AW_ERR_FORMAT;
    reading.base = (uint8_t *)request_out;
    (void)read_message(&reading, bytes, size);
    request_out->seq = reading.seq;
    request_out->kind = (enum awp_request_kind)reading.kind;
    return AW_OK;
}

/* One member; of an array that is not packed it is the field itself. */
static bool take_member(struct reading *reading, uint32_t kind, pb_istream_t *stream)
{
    struct awp_reply *reply = (struct awp_reply *)(void *)reading->base;
    uint32_t at = reading->counts[kind], word = 0;
    uint64_t value = 0;
    if (at == AWP_RECORDS_MAX ||
        (kind == AWP_CRCS ? !pb_decode_fixed32(stream, &word) : !pb_decode_varint(stream, &value)))
        return false;
    if (kind == AWP_INSTRUCTIONS && value > UINT32_MAX)
        return false;
    reading->counts[kind]++;
    if (reply && kind == AWP_TICKS)
        reply->records.ticks[at] = value;
    else if (reply)
        reply->records.words[at] = kind == AWP_CRCS ? word : (uint32_t)value;
    return true;
}

static bool take_array(struct reading *reading, uint32_t number, pb_wire_type_t wire,
                       pb_istream_t *stream)
{
    const uint32_t kind = number - ARRAY_OF(0);
    pb_istream_t members;
    /* Only one array may have members: they share their place. */
    for (uint32_t i = 0; i < 3; i++)
        if (i != kind && reading->counts[i])
            return false;
    if (wire == (kind == AWP_CRCS ? PB_WT_32BIT : PB_WT_VARINT))
        return take_member(reading, kind, stream);
    if (wire != PB_WT_STRING || !pb_make_string_substream(stream, &members))
        return false;
    while (members.bytes_left > 0)
        if (!take_member(reading, kind, &members))
            return false;
    return pb_close_string_substream(stream, &members);
}

/* The array that has members is that of the kind. */
static bool set_record_count(struct reading *reading, struct awp_records *records)
{
    const uint32_t *counts = reading->counts;
    if (records->kind > AWP_INSTRUCTIONS)
        return false;
    records->count = (uint16_t)counts[records->kind];
    return records->count == counts[0] + counts[1] + counts[2];
}

enum aw_err awp_reply_decode(const uint8_t *bytes, uint32_t size, struct awp_reply *reply_out)
{
    struct awp_reply reply;
    struct reading reading = {
        .schema = &reply_schema, .base = (uint8_t *)&reply, .take_array = take_array};
    if (!read_message(&reading, bytes, size) ||
        (reading.kind == AWP_RECORDS && !set_record_count(&reading, &reply.records)))
        return AW_ERR_FORMAT;
    if (reading.kind == AWP_HELLO_REPLY && reply.hello.last_fault.count == 0)
        memset(&reply.hello.last_fault, 0, sizeof reply.hello.last_fault);
    reply.seq = reading.seq;
    reply.kind = (enum awp_reply_kind)reading.kind;
    *reply_out = reply;
    return AW_OK;
}

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
    struct awp_reply reply;
    memset(&reply, 0, sizeof reply);
    struct reading reading = {.schema = &version_schema, .base = (uint8_t *)&reply};
    if (!read_message(&reading, bytes, size) || reply.hello.protocol_version == 0)
        return AW_ERR_FORMAT;
    reply.seq = reading.seq;
    reply.kind = AWP_HELLO_REPLY;
    *reply_out = reply;
    return AW_OK;
}

#include "fakes/fake_board.h"

#include <string.h>

#include "aw/crc.h"
#include "aw/rng.h"

uint64_t fake_board_ticks(uint32_t record)
{
    return 1000u + aw_rng_word(7, record) % 100000u;
}

uint32_t fake_board_crc(uint32_t layer)
{
    return aw_rng_word(8, layer);
}

uint32_t fake_board_instructions(uint32_t layer)
{
    return aw_rng_word(9, layer);
}

void fake_board_init(struct fake_board *board)
{
    memset(board, 0, sizeof(*board));
    aw_frame_decoder_init(&board->decoder);
    board->layers = FAKE_BOARD_LAYERS;
    board->work_ms = 40;
    board->hello = (struct awp_hello_reply){
        .protocol_version = AWP_PROTOCOL_VERSION,
        .oldest_version = AWP_BOARD_OLDEST,
        .board = "fake",
        .cpu = "none",
        .firmware = "test",
        .kernel_set = "ref",
        .clock_name = "counter",
        .clock_unit = "instructions",
        .emulated = true,
        .counts_instructions = true,
        .arena_bytes = 1 << 20,
        .weight_bytes = 1 << 20,
        .program_bytes = sizeof(board->program),
        .max_layers = FAKE_BOARD_LAYERS,
        .max_records = 1000,
        .window_bytes = 4 * AWP_CHUNK_BYTES,
        .chunk_bytes = AWP_CHUNK_BYTES,
    };
}

static void reply_at(struct fake_board *board, uint64_t due_ms, const struct awp_request *request,
                     const struct awp_reply *truth)
{
    struct awp_reply told = *truth, *reply = &told;
    if (board->mute || (board->hook && !board->hook(board->hook_context, request, reply)))
        return;
    if (++board->replies == board->drop_reply || board->out_count == FAKE_BOARD_REPLIES)
        return;
    unsigned last = (board->out_first + board->out_count) % FAKE_BOARD_REPLIES;
    uint8_t payload[AW_FRAME_MAX_PAYLOAD];
    uint32_t size;
    if (awp_reply_encode(reply, payload, sizeof(payload), &size) ||
        aw_frame_encode(payload, size, board->out[last].wire, sizeof(board->out[last].wire),
                        &board->out[last].size))
        return;
    board->out[last].due_ms = due_ms;
    board->out[last].at = 0;
    board->out_count++;
}

static void set_error(struct awp_reply *reply, enum aw_err code, const char *text)
{
    reply->kind = AWP_ERROR;
    reply->error.code = code;
    reply->error.layer = -1;
    memset(reply->error.text, 0, sizeof(reply->error.text));
    memcpy(reply->error.text, text, strlen(text));
}

static void load(struct fake_board *board, const struct awp_request *request,
                 struct awp_reply *reply)
{
    if (request->kind == AWP_LOAD_BEGIN) {
        bool same = board->loaded && request->load_begin.size_bytes == board->upload_size &&
                    request->load_begin.crc == board->upload_crc;
        if (!same) {
            board->loaded = false;
            board->received = 0;
            board->uploads++;
        }
        board->upload_size = request->load_begin.size_bytes;
        board->upload_crc = request->load_begin.crc;
    } else if (request->kind == AWP_LOAD_CHUNK) {
        uint32_t offset = request->load_chunk.offset, size = request->load_chunk.size;
        if (offset == board->received && offset + size <= sizeof(board->program)) {
            memcpy(board->program + offset, request->load_chunk.data, size);
            board->received += size;
        }
    } else {
        bool whole = board->received == board->upload_size &&
                     awp_program_crc(board->program, board->received) == board->upload_crc;
        if (!whole) {
            set_error(reply, AW_ERR_CRC, "the program did not arrive whole");
            return;
        }
        board->loaded = true;
        board->program_size = board->received;
        reply->kind = AWP_LOAD_DONE;
        reply->load_done.layer_count = board->layers;
        return;
    }
    reply->kind = AWP_LOAD_ACK;
    reply->load_ack.received_bytes = board->received;
}

static uint32_t crc_word(uint32_t crc, uint64_t word, unsigned bytes)
{
    uint8_t little[8];
    for (unsigned i = 0; i < bytes; i++)
        little[i] = (uint8_t)(word >> (8 * i));
    return aw_crc32(crc, little, bytes);
}

static void work(struct fake_board *board, const struct awp_request *request,
                 struct awp_reply *reply)
{
    if (!board->loaded) {
        set_error(reply, AW_ERR_STATE, "no program is loaded");
        return;
    }
    struct awp_reply started = {.seq = request->seq, .kind = AWP_STARTED};
    reply_at(board, board->now_ms, request, &started);
    board->busy_until_ms = board->now_ms + board->work_ms;
    board->run_seq = request->seq;
    uint32_t crc = 0;
    if (request->kind == AWP_VERIFY) {
        board->records = FAKE_VERIFY_RECORDS;
        board->record_count = board->layers;
        reply->kind = AWP_VERIFY_DONE;
        reply->verify_done.record_count = board->layers;
        for (uint32_t i = 0; i < board->layers; i++)
            crc = crc_word(crc, fake_board_crc(i), 4);
        for (uint32_t i = 0; i < board->layers; i++)
            crc =
                crc_word(crc, board->hello.counts_instructions ? fake_board_instructions(i) : 0, 4);
        reply->verify_done.records_crc = crc;
    } else {
        bool layers = request->run.mode == AWP_MODE_LAYERS;
        board->records = FAKE_RUN_RECORDS;
        board->record_count = request->run.repeats * (layers ? board->layers : 1);
        reply->kind = AWP_RUN_DONE;
        reply->run_done.record_count = board->record_count;
        reply->run_done.total_ticks = 0;
        for (uint32_t i = 0; i < board->record_count; i++) {
            reply->run_done.total_ticks += fake_board_ticks(i);
            crc = crc_word(crc, fake_board_ticks(i), 8);
        }
        reply->run_done.records_crc = crc;
    }
}

static void fetch(struct fake_board *board, const struct awp_request *request,
                  struct awp_reply *reply)
{
    bool ticks = request->fetch.kind == AWP_TICKS;
    uint32_t first = request->fetch.first;
    if (board->records != (ticks ? FAKE_RUN_RECORDS : FAKE_VERIFY_RECORDS) ||
        first >= board->record_count) {
        set_error(reply, AW_ERR_STATE, "no such records");
        return;
    }
    uint32_t count = board->record_count - first;
    if (count > AWP_RECORDS_MAX)
        count = AWP_RECORDS_MAX;
    reply->kind = AWP_RECORDS;
    reply->records.first = first;
    reply->records.kind = request->fetch.kind;
    reply->records.count = (uint16_t)count;
    reply->records.run_seq = board->run_seq;
    for (uint32_t i = 0; i < count; i++) {
        if (ticks)
            reply->records.ticks[i] = fake_board_ticks(first + i);
        else
            reply->records.words[i] = request->fetch.kind == AWP_CRCS
                                          ? fake_board_crc(first + i)
                                          : fake_board_instructions(first + i);
    }
}

static void handle(struct fake_board *board, const struct awp_request *request)
{
    if (request->kind != AWP_LOAD_CHUNK && request->kind != AWP_HELLO) {
        if (request->seq == board->last_seq && request->kind == board->last_kind) {
            reply_at(board, board->now_ms, request, &board->last_reply);
            return;
        }
        if (board->last_seq && (int32_t)(request->seq - board->last_seq) <= 0)
            return;
    }
    struct awp_reply reply = {.seq = request->seq};
    switch (request->kind) {
    case AWP_HELLO:
        reply.kind = AWP_HELLO_REPLY;
        reply.hello = board->hello;
        break;
    case AWP_LOAD_BEGIN:
    case AWP_LOAD_CHUNK:
    case AWP_LOAD_END:
        load(board, request, &reply);
        break;
    case AWP_VERIFY:
    case AWP_RUN:
        work(board, request, &reply);
        break;
    case AWP_FETCH:
        fetch(board, request, &reply);
        break;
    default:
        set_error(&reply, AW_ERR_UNSUPPORTED, "not in this fake");
    }
    if (request->kind != AWP_LOAD_CHUNK) {
        board->last_seq = request->seq;
        board->last_kind = request->kind;
        board->last_reply = reply;
    }
    uint64_t due = board->busy_until_ms > board->now_ms ? board->busy_until_ms : board->now_ms;
    reply_at(board, due, request, &reply);
}

/* Requests that came while the board worked. */
static void catch_up(struct fake_board *board)
{
    while (board->in_count && board->now_ms >= board->busy_until_ms) {
        struct awp_request request = board->in[0].request;
        memmove(board->in, board->in + 1, --board->in_count * sizeof(board->in[0]));
        handle(board, &request);
    }
}

static enum aw_err fake_write(void *self, const uint8_t *bytes, size_t size, struct awh_diag *diag)
{
    struct fake_board *board = self;
    catch_up(board);
    for (size_t i = 0; i < size; i++) {
        struct awp_request request;
        if (aw_frame_push(&board->decoder, bytes[i]) != AW_FRAME_READY ||
            awp_request_decode(board->decoder.payload, board->decoder.payload_bytes, &request))
            continue;
        if (board->now_ms < board->boot_ms || ++board->requests == board->drop_request)
            continue;
        if (board->dies_after && board->requests > board->dies_after)
            return awh_fail(diag, AW_ERR_IO, "fake: the line is lost");
        if (board->now_ms < board->busy_until_ms) {
            if (board->in_count < FAKE_BOARD_REPLIES)
                board->in[board->in_count++].request = request;
        } else {
            handle(board, &request);
        }
    }
    return AW_OK;
}

static enum aw_err fake_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                             size_t *size_out, struct awh_diag *diag)
{
    struct fake_board *board = self;
    uint64_t deadline = board->now_ms + timeout_ms;
    *size_out = 0;
    if (board->dies_after && board->requests > board->dies_after)
        return awh_fail(diag, AW_ERR_IO, "fake: the line is lost");
    if (board->babble) {
        board->now_ms++;
        for (size_t i = 0; i < capacity; i++)
            bytes[i] = (uint8_t)aw_rng_word((uint32_t)board->now_ms, (uint32_t)i);
        *size_out = capacity;
        return AW_OK;
    }
    for (;;) {
        catch_up(board);
        unsigned first = board->out_first;
        if (board->out_count && board->out[first].due_ms <= board->now_ms) {
            /* In two parts, as lines do. */
            uint32_t left = board->out[first].size - board->out[first].at;
            uint32_t n = left > 1 ? (left + 1) / 2 : left;
            if (n > capacity)
                n = (uint32_t)capacity;
            memcpy(bytes, board->out[first].wire + board->out[first].at, n);
            board->out[first].at += n;
            if (board->out[first].at == board->out[first].size) {
                board->out_first = (first + 1) % FAKE_BOARD_REPLIES;
                board->out_count--;
            }
            *size_out = n;
            return AW_OK;
        }
        if (board->now_ms >= deadline)
            return AW_OK;
        uint64_t next = deadline;
        if (board->out_count && board->out[first].due_ms < next)
            next = board->out[first].due_ms;
        if (board->in_count && board->busy_until_ms < next)
            next = board->busy_until_ms;
        board->now_ms = next > board->now_ms ? next : board->now_ms + 1;
    }
}

static void fake_close(void *self)
{
    (void)self;
}

struct awh_link fake_board_link(struct fake_board *board)
{
    static const struct awh_link_ops ops = {
        .read = fake_read, .write = fake_write, .close = fake_close};
    return (struct awh_link){.ops = &ops, .self = board, .where = "fake", .transport = "tcp"};
}

static uint64_t fake_now(void *context)
{
    return ((struct fake_board *)context)->now_ms;
}

struct awh_session_timing fake_board_timing(struct fake_board *board)
{
    struct awh_session_timing timing = awh_session_timing_default;
    timing.now_ms = fake_now;
    timing.now_context = board;
    return timing;
}

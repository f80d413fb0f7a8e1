/* Uploading a program: chunks up to the board's window are under way at once, and an
 * acknowledgement says up to where the board has everything (go-back-N). */
#include <string.h>

#include "aw/size.h"
#include "devices/session_state.h"

struct upload {
    const uint8_t *program;
    uint32_t size;
    uint32_t window;    /* bytes that may be under way */
    uint32_t base;      /* the board has everything before it */
    uint32_t next;      /* next byte to send */
    uint32_t highest;   /* end of what was ever sent */
    uint32_t first_seq; /* of the first chunk */
    bool went_back;     /* since the last progress or time-out */
};

/* The board's, but on a slow line no more than a quarter of a second of it and at least two chunks:
 * what is under way is sent again when one chunk of it is lost. */
static uint32_t window_of(const struct awh_session *session)
{
    uint32_t window = session->hello.window_bytes, quarter = session->link->baud / 40u;
    uint32_t least = 2 * session->hello.chunk_bytes;
    quarter = quarter > least ? quarter : least;
    return session->link->baud && window > quarter ? quarter : window;
}

/* Frames that go out together: a packet each costs the board more than their bytes. */
struct batch {
    uint8_t bytes[8 * AW_FRAME_MAX_WIRE];
    uint32_t size;
};

static enum aw_err send_batch(struct awh_session *session, struct batch *batch,
                              struct awh_diag *diag)
{
    uint32_t size = batch->size;
    batch->size = 0;
    session->state->sent_bytes += size;
    return size ? session->link->ops->write(session->link->self, batch->bytes, size, diag) : AW_OK;
}

static enum aw_err add_to_batch(struct awh_session *session, struct batch *batch,
                                struct awh_diag *diag)
{
    const struct awh_session_state *state = session->state;
    enum aw_err err = AW_OK;
    if (state->wire_bytes > sizeof(batch->bytes) - batch->size)
        err = send_batch(session, batch, diag);
    memcpy(batch->bytes + batch->size, state->wire, state->wire_bytes);
    batch->size += state->wire_bytes;
    return err;
}

static enum aw_err send_window(struct awh_session *session, struct upload *upload,
                               struct awp_request *request, struct awh_diag *diag)
{
    uint32_t chunk = aw_min_u32(session->hello.chunk_bytes, AWP_CHUNK_BYTES);
    struct batch batch = {.size = 0};
    while (upload->next < upload->size) {
        uint32_t n = aw_min_u32(chunk, upload->size - upload->next);
        if (upload->next > upload->base && upload->next - upload->base + n > upload->window)
            break;
        request->kind = AWP_LOAD_CHUNK;
        request->load_chunk.offset = upload->next;
        request->load_chunk.size = (uint16_t)n;
        memcpy(request->load_chunk.data, upload->program + upload->next, n);
        enum aw_err err = awh_session_encode(session, request, diag);
        if (!err)
            err = add_to_batch(session, &batch, diag);
        if (err)
            return err;
        if (!upload->first_seq)
            upload->first_seq = request->seq;
        if (upload->next < upload->highest)
            session->retries++;
        upload->next += n;
        if (upload->next > upload->highest)
            upload->highest = upload->next;
    }
    return send_batch(session, &batch, diag);
}

/* Looks at a reply; sets *progress_out when the board has more than before. */
static enum aw_err take_ack(struct awh_session *session, struct upload *upload, bool *progress_out,
                            struct awh_diag *diag)
{
    const struct awp_reply *reply = &session->state->reply;
    if (reply->seq - upload->first_seq > session->state->last_seq - upload->first_seq)
        return AW_OK; /* of an earlier request */
    if (reply->kind == AWP_ERROR)
        return awh_session_refused(session, AWP_LOAD_CHUNK, diag);
    if (reply->kind != AWP_LOAD_ACK)
        return AW_OK;
    uint32_t received = reply->load_ack.received_bytes;
    if (received > upload->highest)
        return awh_fail(
            diag, AW_ERR_IO,
            "%s: the board acknowledges %u bytes of which %u were sent; its firmware is "
            "broken",
            session->link->where, received, upload->highest);
    if (received > upload->base) {
        upload->base = received;
        if (upload->next < received)
            upload->next = received;
        upload->went_back = false;
        *progress_out = true;
    } else if (received == upload->base && upload->next > upload->base && !upload->went_back) {
        /* A chunk arrived, but not the one that comes next: that was lost. Once, because the chunks
         * already under way answer the same. */
        upload->next = upload->base;
        upload->went_back = true;
    }
    return AW_OK;
}

static enum aw_err send_chunks(struct awh_session *session, struct upload *upload,
                               struct awh_diag *diag)
{
    const struct awh_session_timing *timing = &session->state->timing;
    unsigned line_ms = awh_session_line_ms(session, upload->window * 2);
    unsigned first = timing->first_ms + line_ms, most = timing->max_ms + line_ms;
    unsigned pause = first;
    uint64_t bad_frames = session->bad_frames, last = awh_session_now(session);
    uint64_t give_up = awh_session_now(session) + timing->request_ms + line_ms;
    struct awp_request request;
    while (upload->base < upload->size) {
        enum aw_err err = send_window(session, upload, &request, diag);
        bool got = false, progress = false;
        if (!err)
            err = awh_session_receive(session, awh_session_now(session) + pause, &got, diag);
        bool more = got;
        while (!err && more) {
            err = take_ack(session, upload, &progress, diag);
            /* All that have arrived, before their room is filled again. */
            more = false;
            if (!err && session->state->input_at < session->state->input_size &&
                awh_session_now(session) < give_up)
                err = awh_session_receive(session, 0, &more, diag);
        }
        if (err)
            return err;
        uint64_t now = awh_session_now(session);
        if (progress) {
            /* An emulator on a busy machine takes its time between two acknowledgements: to send a
             * window again for that makes it slower still. */
            uint64_t patience = 4 * (now - last);
            pause = patience > most ? most : patience > first ? (unsigned)patience : first;
            last = now;
            give_up = now + timing->request_ms + line_ms;
            continue;
        }
        if (now >= give_up)
            return awh_session_silent(session, AWP_LOAD_CHUNK, timing->request_ms + line_ms,
                                      bad_frames, diag);
        if (!got) {
            last = now;
            upload->next = upload->base;
            upload->went_back = false;
            pause = pause > most / 2 ? most : pause * 2;
        }
    }
    return AW_OK;
}

/* Uploads of one program: a board that restarted in between, or whose CRC of it differs, is sent
 * all of it again. */
#define UPLOADS 3u

enum aw_err awh_session_upload(struct awh_session *session, const uint8_t *program, uint32_t size,
                               struct awh_diag *diag)
{
    struct awp_request request = {
        .kind = AWP_LOAD_BEGIN,
        .load_begin = {.size_bytes = size, .crc = awp_program_crc(program, size)}};
    enum aw_err err = awh_session_exchange(session, &request, AWP_LOAD_ACK, false, diag);
    if (err)
        return err;
    uint32_t received = session->state->reply.load_ack.received_bytes;
    if (received != 0 && received != size)
        return awh_fail(
            diag, AW_ERR_IO,
            "%s: the board says it has %u of %u bytes before any was sent; its firmware "
            "is broken",
            session->link->where, received, size);
    struct upload upload = {.program = program,
                            .size = size,
                            .window = window_of(session),
                            .base = received,
                            .next = received,
                            .highest = received};
    return send_chunks(session, &upload, diag);
}

static enum aw_err load_once(struct awh_session *session, const uint8_t *program, uint32_t size,
                             struct awh_diag *diag)
{
    enum aw_err err = awh_session_upload(session, program, size, diag);
    struct awp_request request = {.kind = AWP_LOAD_END};
    return err ? err : awh_session_exchange(session, &request, AWP_LOAD_DONE, true, diag);
}

enum aw_err awh_session_load(struct awh_session *session, const uint8_t *program, uint32_t size,
                             struct awh_diag *diag)
{
    if (size > session->hello.program_bytes)
        return awh_fail(diag, AW_ERR_NO_SPACE, "%s: the program has %u bytes, the board takes %u",
                        session->link->where, size, session->hello.program_bytes);
    for (unsigned uploads = 1;; uploads++) {
        struct awh_diag failed = {0};
        uint32_t faults = session->hello.last_fault.count;
        enum aw_err err = load_once(session, program, size, &failed);
        if (!err)
            return AW_OK;
        struct awh_diag why = {0};
        err = awh_session_explain(session, err, &failed, &why);
        bool lost = err == AW_ERR_STATE || err == AW_ERR_CRC;
        if (!lost || uploads == UPLOADS || session->hello.last_fault.count != faults)
            return awh_fail(diag, err, "%s", why.text);
        session->retries++;
    }
}

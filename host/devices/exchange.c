#include <stdio.h>
#include <string.h>

#include "devices/fd.h"
#include "devices/session_state.h"

uint64_t awh_session_now(const struct awh_session *session)
{
    const struct awh_session_timing *timing = &session->state->timing;
    return timing->now_ms ? timing->now_ms(timing->now_context) : awh_clock_ms();
}

unsigned awh_session_line_ms(const struct awh_session *session, uint32_t bytes)
{
    /* Start bit, 8 data bits, stop bit. */
    return session->link->baud ? (unsigned)((uint64_t)bytes * 10000u / session->link->baud) : 0;
}

const char *awh_request_name(enum awp_request_kind kind)
{
    switch (kind) {
    case AWP_HELLO:
        return "Hello";
    case AWP_LOAD_BEGIN:
        return "LoadBegin";
    case AWP_LOAD_CHUNK:
        return "LoadChunk";
    case AWP_LOAD_END:
        return "LoadEnd";
    case AWP_VERIFY:
        return "Verify";
    case AWP_RUN:
        return "Run";
    case AWP_FETCH:
        return "Fetch";
    case AWP_STATUS:
        return "Status";
    case AWP_RESET:
        return "Reset";
    case AWP_AUTH:
        return "Auth";
    }
    return "a request";
}

enum aw_err awh_session_resend(struct awh_session *session, struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    state->sent_bytes += state->wire_bytes;
    return session->link->ops->write(session->link->self, state->wire, state->wire_bytes, diag);
}

enum aw_err awh_session_encode(struct awh_session *session, struct awp_request *request,
                               struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    if (++state->last_seq == 0) /* 0 is no sequence number */
        state->last_seq = 1;
    request->seq = state->last_seq;
    uint8_t payload[AW_FRAME_MAX_PAYLOAD];
    uint32_t size = 0;
    enum aw_err err = awp_request_encode(request, payload, sizeof(payload), &size);
    if (!err)
        err = aw_frame_encode(payload, size, state->wire, sizeof(state->wire), &state->wire_bytes);
    if (err)
        return awh_fail(diag, AW_ERR_INTERNAL, "%s: cannot encode %s: %s", session->link->where,
                        awh_request_name(request->kind), aw_err_str(err));
    return AW_OK;
}

enum aw_err awh_session_send(struct awh_session *session, struct awp_request *request,
                             struct awh_diag *diag)
{
    enum aw_err err = awh_session_encode(session, request, diag);
    return err ? err : awh_session_resend(session, diag);
}

/* Decodes buffered bytes up to the next good reply. */
static bool decode(struct awh_session *session)
{
    struct awh_session_state *state = session->state;
    while (state->input_at < state->input_size) {
        uint32_t taken;
        enum aw_frame_event event =
            aw_frame_feed(&state->decoder, state->input + state->input_at,
                          (uint32_t)(state->input_size - state->input_at), &taken);
        state->input_at += taken;
        if (event == AW_FRAME_NONE)
            continue;
        if (event == AW_FRAME_READY &&
            (awp_reply_decode(state->decoder.payload, state->decoder.payload_bytes,
                              &state->reply) == AW_OK ||
             awp_reply_decode_versions(state->decoder.payload, state->decoder.payload_bytes,
                                       &state->reply) == AW_OK))
            return true;
        session->bad_frames++;
    }
    return false;
}

enum aw_err awh_session_receive(struct awh_session *session, uint64_t deadline_ms, bool *got_out,
                                struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    *got_out = false;
    for (;;) {
        if (decode(session)) {
            *got_out = true;
            return AW_OK;
        }
        uint64_t now = awh_session_now(session);
        unsigned left = now < deadline_ms ? (unsigned)(deadline_ms - now) : 0;
        size_t size = 0;
        enum aw_err err = session->link->ops->read(session->link->self, state->input,
                                                   sizeof(state->input), left, &size, diag);
        if (err)
            return err;
        state->input_at = 0;
        state->input_size = size;
        if (left == 0 && (size == 0 || !decode(session)))
            return AW_OK; /* also when garbage never stops */
        if (left == 0) {
            *got_out = true;
            return AW_OK;
        }
    }
}

enum aw_err awh_session_refused(const struct awh_session *session, enum awp_request_kind kind,
                                struct awh_diag *diag)
{
    const struct awp_reply *reply = &session->state->reply;
    int32_t code = reply->error.code;
    char text[sizeof(reply->error.text)], place[32] = "";
    size_t i = 0;
    for (; i + 1 < sizeof(text) && reply->error.text[i]; i++) {
        unsigned char c = (unsigned char)reply->error.text[i];
        text[i] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
    }
    text[i] = '\0';
    if (reply->error.layer >= 0)
        snprintf(place, sizeof(place), "layer %d: ", (int)reply->error.layer);
    /* A code that we do not know is a board that is newer, or broken. */
    enum aw_err err = code < 0 && code >= AW_ERR_INTERNAL ? (enum aw_err)code : AW_ERR_IO;
    return awh_fail(diag, err, "%s: the board refused %s: %s%s (%s)", session->link->where,
                    awh_request_name(kind), place, text[0] ? text : "no reason given",
                    aw_err_str((enum aw_err)code));
}

enum aw_err awh_session_silent(const struct awh_session *session, enum awp_request_kind kind,
                               uint64_t waited_ms, uint64_t bad_frames_before,
                               struct awh_diag *diag)
{
    uint64_t bad = session->bad_frames - bad_frames_before;
    if (bad)
        return awh_fail(
            diag, AW_ERR_TIMEOUT,
            "%s: no usable answer to %s within %llu ms, but %llu unreadable frames; check "
            "the cable and the line rate",
            session->link->where, awh_request_name(kind), (unsigned long long)waited_ms,
            (unsigned long long)bad);
    return awh_fail(
        diag, AW_ERR_TIMEOUT,
        "%s: no answer to %s within %llu ms; reset the board, then continue with --resume",
        session->link->where, awh_request_name(kind), (unsigned long long)waited_ms);
}

enum aw_err awh_session_await(struct awh_session *session, const struct awp_request *request,
                              enum awp_reply_kind a, enum awp_reply_kind b, unsigned first_ms,
                              unsigned max_ms, unsigned total_ms, bool *got_out,
                              struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    uint64_t end = awh_session_now(session) + total_ms;
    uint64_t bad_frames = session->bad_frames;
    unsigned pause = first_ms;
    bool hurried = false;
    *got_out = false;
    for (;;) {
        uint64_t now = awh_session_now(session);
        uint64_t until = end - now < pause ? end : now + pause;
        for (;;) {
            bool got;
            enum aw_err err = awh_session_receive(session, until, &got, diag);
            if (err)
                return err;
            uint64_t soon = awh_session_now(session) + state->timing.first_ms;
            if (session->bad_frames != bad_frames && !hurried) {
                /* The Done that we wait for, garbled, or a board's last words: ask soon, once. */
                hurried = true;
                until = soon < until ? soon : until;
            }
            if (!got)
                break;
            if (state->reply.seq == request->seq) {
                if (state->reply.kind == AWP_ERROR)
                    return awh_session_refused(session, request->kind, diag);
                if (state->reply.kind == a || state->reply.kind == b) {
                    *got_out = true;
                    return AW_OK;
                }
            }
            /* Late answers to what was sent twice; a flood of them must not hold us. */
            if (awh_session_now(session) >= until)
                break;
        }
        if (awh_session_now(session) >= end)
            return AW_OK;
        session->retries++;
        enum aw_err err = awh_session_resend(session, diag);
        if (err)
            return err;
        pause = pause > max_ms / 2 ? max_ms : pause * 2;
    }
}

enum aw_err awh_session_exchange(struct awh_session *session, struct awp_request *request,
                                 enum awp_reply_kind expected, bool slow, struct awh_diag *diag)
{
    const struct awh_session_timing *timing = &session->state->timing;
    unsigned first_ms = slow ? timing->max_ms : timing->first_ms;
    unsigned total_ms = slow ? timing->load_end_ms : timing->request_ms;
    uint64_t bad_frames = session->bad_frames;
    enum aw_err err = awh_session_send(session, request, diag);
    if (err)
        return err;
    unsigned line_ms = awh_session_line_ms(session, session->state->wire_bytes + AW_FRAME_MAX_WIRE);
    bool got;
    err = awh_session_await(session, request, expected, expected, first_ms + line_ms,
                            timing->max_ms + line_ms, total_ms, &got, diag);
    if (err || got)
        return err;
    return awh_session_silent(session, request->kind, total_ms, bad_frames, diag);
}

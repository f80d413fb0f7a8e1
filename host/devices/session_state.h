/* Inside of a session: one request and its answers (exchange.c), on which session.c builds. */
#ifndef AWH_SESSION_STATE_H
#define AWH_SESSION_STATE_H

#include <stdbool.h>

#include "aw/frame.h"
#include "devices/session.h"

struct awh_session_state {
    struct awh_session_timing timing;
    struct aw_frame_decoder decoder;
    uint32_t last_seq;
    uint8_t wire[AW_FRAME_MAX_WIRE]; /* the request under way */
    uint32_t wire_bytes;
    uint8_t input[4096]; /* received, not decoded yet */
    size_t input_at, input_size;
    struct awp_reply reply; /* the last one decoded */
    uint64_t sent_bytes;    /* on the line, framing and repeats included */
};

uint64_t awh_session_now(const struct awh_session *session);
/* Milliseconds that `bytes` take on the line; 0 where it is fast. */
unsigned awh_session_line_ms(const struct awh_session *session, uint32_t bytes);
const char *awh_request_name(enum awp_request_kind kind);

/* Says Hello, checks what the board is (session->version and hello), and proves the key. At the
 * start, and to a board that may have restarted: that knows nobody any more. */
AW_MUST_USE enum aw_err awh_session_greet(struct awh_session *session, unsigned hello_timeout_ms,
                                          struct awh_diag *diag);
/* After Hello: proves to a board that wants it that we have its key, and that it has it too. */
AW_MUST_USE enum aw_err awh_session_prove_key(struct awh_session *session, struct awh_diag *diag);

/* Gives the request the next sequence number and makes its frame, in state->wire. */
AW_MUST_USE enum aw_err awh_session_encode(struct awh_session *session, struct awp_request *request,
                                           struct awh_diag *diag);
/* The same, and sends it. */
AW_MUST_USE enum aw_err awh_session_send(struct awh_session *session, struct awp_request *request,
                                         struct awh_diag *diag);
/* Sends the last request once more, byte for byte. */
AW_MUST_USE enum aw_err awh_session_resend(struct awh_session *session, struct awh_diag *diag);

/* The next reply of any sequence number in state->reply, or *got_out false at the deadline (what
 * has arrived by then is still looked at). Unreadable bytes are counted and skipped. */
AW_MUST_USE enum aw_err awh_session_receive(struct awh_session *session, uint64_t deadline_ms,
                                            bool *got_out, struct awh_diag *diag);

/* Turns an Error reply into an error of ours. */
enum aw_err awh_session_refused(const struct awh_session *session, enum awp_request_kind kind,
                                struct awh_diag *diag);
/* Nothing usable came in `waited_ms`. */
enum aw_err awh_session_silent(const struct awh_session *session, enum awp_request_kind kind,
                               uint64_t waited_ms, uint64_t bad_frames_before,
                               struct awh_diag *diag);

/* Waits for a reply of kind `a` or `b` to the last request, repeating that after first_ms and then
 * with doubled pauses up to max_ms, for total_ms. *got_out is false when the time is over. */
AW_MUST_USE enum aw_err awh_session_await(struct awh_session *session,
                                          const struct awp_request *request, enum awp_reply_kind a,
                                          enum awp_reply_kind b, unsigned first_ms, unsigned max_ms,
                                          unsigned total_ms, bool *got_out, struct awh_diag *diag);

/* LoadBegin and all chunks; the board has every byte when it returns. */
AW_MUST_USE enum aw_err awh_session_upload(struct awh_session *session, const uint8_t *program,
                                           uint32_t size, struct awh_diag *diag);

/* After `err` of `failed` (which holds its text): when it may be that the board restarted, asks it
 * why. Passes on the fault that it tells, or else `failed`, as an error of diag. */
enum aw_err awh_session_explain(struct awh_session *session, enum aw_err err,
                                const struct awh_diag *failed, struct awh_diag *diag);

/* One request and the reply of the expected kind, in state->reply. `slow` is a request that the
 * board works on for a while: it is repeated later, and waited for longer. */
AW_MUST_USE enum aw_err awh_session_exchange(struct awh_session *session,
                                             struct awp_request *request,
                                             enum awp_reply_kind expected, bool slow,
                                             struct awh_diag *diag);

#endif

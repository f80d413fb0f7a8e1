/* The host's end of the protocol (docs/protocol.md): requests with retries over a link. */
#ifndef AWH_SESSION_H
#define AWH_SESSION_H

#include "devices/link.h"
#include "msg.h"

struct awh_session {
    struct awh_link *link; /* borrowed */
    struct awp_hello_reply hello;
    struct awh_session_state *state; /* decoder, sequence numbers */
    uint64_t retries, bad_frames;    /* for the report */
};

/* Says Hello until the board answers or hello_timeout_ms pass; checks the protocol version. */
AW_MUST_USE enum aw_err awh_session_open(struct awh_link *link, unsigned hello_timeout_ms,
                                         struct awh_session *session_out, struct awh_diag *diag);
void awh_session_close(struct awh_session *session);

/* Uploads and loads a program; a refusal by the board is AW_ERR_* of its Error with its text. */
AW_MUST_USE enum aw_err awh_session_load(struct awh_session *session, const uint8_t *program,
                                         uint32_t size, struct awh_diag *diag);

/* One untimed pass. Starts it, calls `meanwhile` (may be NULL) while the board works, waits. crcs and
 * instructions have `layers` entries; instructions (may be NULL) is filled with 0 where the board does
 * not count. */
AW_MUST_USE enum aw_err awh_session_verify(struct awh_session *session, uint32_t layers,
                                           void (*meanwhile)(void *context), void *context,
                                           uint32_t *crcs, uint32_t *instructions,
                                           struct awh_diag *diag);

/* Timed runs: ticks gets repeats * layers values (AWP_MODE_LAYERS) or repeats (AWP_MODE_WHOLE), already
 * without the time stamp's cost. Splits runs whose records exceed what the board keeps. */
AW_MUST_USE enum aw_err awh_session_run(struct awh_session *session, enum awp_run_mode mode,
                                        uint32_t warmup, uint32_t repeats, uint32_t layers,
                                        uint64_t *ticks, struct awh_diag *diag);

#endif

/* The host's end of the protocol (docs/protocol.md): requests with retries over a link. */
#ifndef AWH_SESSION_H
#define AWH_SESSION_H

#include "devices/link.h"
#include "msg.h"

/* How long is waited for what. All waits together are finite whatever the board answers. */
struct awh_session_timing {
    unsigned first_ms;    /* until a request is sent again; doubles with every repeat. The time that
                             its bytes take on a slow line comes on top */
    unsigned max_ms;      /* bound of the doubling */
    unsigned request_ms;  /* for one answer, repeats included */
    unsigned load_end_ms; /* the same for LoadEnd, which makes and packs the weights, and for the
                             first sign of life of Verify and Run */
    unsigned poke_first_ms; /* silence of a running board after which Verify or Run is sent again: a
                               board that has finished repeats its Done. Doubles */
    unsigned poke_max_ms;
    unsigned run_ms;                   /* for one Verify or Run */
    uint64_t (*now_ms)(void *context); /* NULL: the monotonic clock */
    void *now_context;
};
extern const struct awh_session_timing awh_session_timing_default;

struct awh_session {
    struct awh_link *link; /* borrowed */
    struct awp_hello_reply hello;
    uint32_t version;                /* of the protocol, the newest that both speak */
    struct awh_session_state *state; /* decoder, sequence numbers */
    uint64_t retries, bad_frames;    /* for the report */
    uint64_t gaps; /* Records that did not follow the last, and were fetched again */

    /* Names what the board was running, for messages: "net 3, layer 5 (conv5, dwconv2d/...)".
     * NULL: only the layer's number is told. `layer` is -1 when there is none. */
    void (*describe)(void *context, int32_t layer, char *text, size_t capacity);
    void *describe_context;
};

/* Says Hello until the board answers or hello_timeout_ms pass; agrees on the protocol's version. */
AW_MUST_USE enum aw_err awh_session_open(struct awh_link *link, unsigned hello_timeout_ms,
                                         struct awh_session *session_out, struct awh_diag *diag);
/* The same with another timing, copied. */
AW_MUST_USE enum aw_err awh_session_open_with(struct awh_link *link, unsigned hello_timeout_ms,
                                              const struct awh_session_timing *timing,
                                              struct awh_session *session_out,
                                              struct awh_diag *diag);
void awh_session_close(struct awh_session *session);

/* What ended the board's last run, in one line: "the watchdog ended it while timing layers (pc
 * 0x..., ...)". */
void awh_session_fault_text(const struct awp_last_fault *fault, char *text, size_t capacity);

/* The next three: a board that restarts meanwhile is asked why, and its fault or watchdog with
 * layer and registers is the error (AW_ERR_INTERNAL, for a watchdog AW_ERR_TIMEOUT). */

/* Uploads and loads a program; a refusal by the board is AW_ERR_* of its Error with its text. An
 * upload that the board has lost is begun anew, twice at most. */
AW_MUST_USE enum aw_err awh_session_load(struct awh_session *session, const uint8_t *program,
                                         uint32_t size, struct awh_diag *diag);

/* One untimed pass. Starts it, calls `meanwhile` (may be NULL) while the board works, waits. crcs
 * and instructions have `layers` entries; instructions (may be NULL) is filled with 0 where the
 * board does not count. */
AW_MUST_USE enum aw_err awh_session_verify(struct awh_session *session, uint32_t layers,
                                           void (*meanwhile)(void *context), void *context,
                                           uint32_t *crcs, uint32_t *instructions,
                                           struct awh_diag *diag);

/* Timed runs: ticks gets repeats * layers values (AWP_MODE_LAYERS) or repeats (AWP_MODE_WHOLE),
 * already without the time stamp's cost. Splits runs whose records exceed what the board keeps.
 * What is returned was checked against the board's count, sum and CRC of the run: none is missing,
 * doubled or another run's. */
AW_MUST_USE enum aw_err awh_session_run(struct awh_session *session, enum awp_run_mode mode,
                                        uint32_t warmup, uint32_t repeats, uint32_t layers,
                                        uint64_t *ticks, struct awh_diag *diag);

/* What the line to the board gives, and what the protocol makes of it. */
struct awh_line_rate {
    uint32_t bytes; /* of each measurement */
    double raw_ms, upload_ms;
    uint64_t upload_wire_bytes; /* that the upload put on the line: framing and repeats included */
    uint64_t retries;
};
/* Sends `bytes` bytes (at most program_bytes of Hello) raw, as one frame that never ends: the board
 * takes and drops them. Then uploads as many as a program. No program is loaded afterwards. */
AW_MUST_USE enum aw_err awh_session_line_rate(struct awh_session *session, uint32_t bytes,
                                              struct awh_line_rate *out, struct awh_diag *diag);

#endif

/* The board's end of the protocol (docs/protocol.md): requests in, replies out. Does no I/O of its
 * own and owns no clock. */
#ifndef AWT_SESSION_H
#define AWT_SESSION_H

#include "awt/fault.h"
#include "awt/hal.h"
#include "awt/loader.h"
#include "awt/runner.h"
#include "msg.h"

#include "../../config.h"

/* Where replies go; most requests have one, Verify and Run have Started before it. */
struct awt_emitter {
    void (*send)(void *context, const struct awp_reply *reply);
    void *context;
};

/* What the last Run or Verify measured, in the board's tables. One place for both: a new one clears
 * what the other left. */
struct awt_records {
    enum { AWT_RECORDS_NONE, AWT_RECORDS_RUN, AWT_RECORDS_VERIFY } of;
    uint32_t count;
    uint32_t run_seq;              /* of the Run or Verify */
    uint64_t *ticks;               /* AWT_MAX_RECORDS, or */
    uint32_t *crcs, *instructions; /* AWT_MAX_LAYERS each */
};

struct awt_session {
    const struct awb_info *info; /* borrowed */
    struct awb_memory memory;
    struct awt_costs costs;
    enum aw_err selftest;
    struct awp_last_fault last_fault; /* count 0: none */

    bool refused;           /* the host's versions are none of ours: only Hello is answered */
    uint32_t host_newest;   /* of that Hello, for the refusal */
    uint32_t pass_limit_ms; /* of the loaded program, for the watchdog */
    enum awp_state state;
    uint32_t upload_bytes, upload_crc; /* of the program being loaded, or loaded */
    uint32_t received_bytes;
    struct awt_net net;
    struct awt_records records;

    uint32_t last_seq; /* of the newest request other than a LoadChunk; 0: none yet */
    enum awp_request_kind last_kind;
    struct awp_reply last_reply; /* the final reply to it */
    struct awp_reply other;      /* one that is not kept; here, because the stack is small */

    uint32_t bad_frames; /* told in Status; counted by whoever decodes frames */
    bool reset_wanted;   /* restart the board now that the reply is sent */
};

/* Starts without a program, after the self-test: it fills the guard zones of the memory. */
void awt_session_init(struct awt_session *session, const struct awb_info *info,
                      const struct awb_memory *memory, enum aw_err selftest,
                      struct awt_costs costs);

/* Handles one request; at least one reply is emitted before it returns. */
void awt_session_handle(struct awt_session *session, const struct awp_request *request,
                        const struct awt_emitter *emitter);

#endif

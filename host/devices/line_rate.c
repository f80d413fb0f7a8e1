/* How fast the line is, and how much of that an upload gets. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aw/crc.h"
#include "aw/rng.h"
#include "aw/size.h"
#include "devices/session_state.h"

#define RAW_WRITE_BYTES 4096u
#define ROUNDS          8u

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* No byte is 0, so that the board's decoder sees one overlong frame and drops it; the Status behind
 * it is answered once every byte was taken. */
static enum aw_err send_raw(struct awh_session *session, uint32_t bytes, struct awh_line_rate *rate,
                            struct awh_diag *diag)
{
    uint8_t block[RAW_WRITE_BYTES];
    for (uint32_t i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)(1 + aw_rng_word(5, i) % 255);
    double start = now_ms();
    for (uint32_t at = 0; at < bytes;) {
        uint32_t n = aw_min_u32(sizeof(block), bytes - at);
        enum aw_err err = session->link->ops->write(session->link->self, block, n, diag);
        if (err)
            return err;
        at += n;
    }
    struct awp_request status = {.kind = AWP_STATUS};
    enum aw_err err = awh_session_send(session, &status, diag);
    bool got = false;
    unsigned line_ms = 60000 + awh_session_line_ms(session, bytes);
    if (!err) /* not repeated: the line's buffers hold seconds of bytes before it */
        err = awh_session_await(session, &status, AWP_STATUS_REPLY, AWP_STATUS_REPLY, line_ms,
                                line_ms, line_ms, &got, diag);
    if (!err && !got)
        err = awh_session_silent(session, AWP_STATUS, line_ms, session->bad_frames, diag);
    rate->raw_ms += now_ms() - start;
    return err;
}

static enum aw_err upload(struct awh_session *session, uint32_t bytes, struct awh_line_rate *rate,
                          struct awh_diag *diag)
{
    uint8_t *program = malloc(bytes);
    if (!program)
        return awh_fail_mem(diag);
    aw_rng_input((uint32_t)(now_ms() * 1e3), bytes,
                 (int8_t *)program); /* never the one that is loaded */
    uint64_t wire = session->state->sent_bytes, retries = session->retries;
    double start = now_ms();
    enum aw_err err = awh_session_upload(session, program, bytes, diag);
    rate->upload_ms += now_ms() - start;
    rate->upload_wire_bytes += session->state->sent_bytes - wire;
    rate->retries += session->retries - retries;
    free(program);
    return err;
}

enum aw_err awh_session_line_rate(struct awh_session *session, uint32_t bytes,
                                  struct awh_line_rate *out, struct awh_diag *diag)
{
    struct awh_line_rate rate = {.bytes = bytes / ROUNDS * ROUNDS};
    enum aw_err err =
        bytes < ROUNDS ? awh_fail(diag, AW_ERR_RANGE, "at least %u bytes", ROUNDS) : AW_OK;
    /* By turns, so that what else the machine does meanwhile slows both. */
    for (uint32_t i = 0; !err && i < ROUNDS; i++) {
        err = send_raw(session, bytes / ROUNDS, &rate, diag);
        if (!err)
            err = upload(session, bytes / ROUNDS, &rate, diag);
    }
    if (!err)
        *out = rate;
    return err;
}

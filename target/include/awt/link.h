/* Frames and messages over a byte stream. */
#ifndef AWT_LINK_H
#define AWT_LINK_H

#include "aw/frame.h"
#include "awt/stream.h"
#include "msg.h"

#include "../../config.h"

struct awt_link {
    const struct awt_stream *stream; /* borrowed */
    uint32_t connection;             /* of the stream, as of the last byte */
    /* Between two frames its payload also takes the message of a reply. */
    struct aw_frame_decoder decoder;
    uint8_t bytes[AWT_LINK_READ_BYTES]; /* taken from the stream, [at, count) not yet decoded */
    uint32_t at, count;
    uint32_t bad_frames;             /* garbled, too long, or no request */
    uint8_t wire[AW_FRAME_MAX_WIRE]; /* a frame on its way to the stream */
#if AWT_ACK_CHUNKS > 1
    uint32_t acks_held;          /* acknowledgements that the next one will tell, too */
    uint32_t ack_seq, ack_bytes; /* of the last one, sent or held */
#endif
};

void awt_link_init(struct awt_link *link, const struct awt_stream *stream);
/* Takes the next request that has arrived; false when there is none yet. Never waits. */
bool awt_link_receive(struct awt_link *link, struct awp_request *request_out);
/* In answer to the request received last, that is, after awt_link_receive returned true: what
 * arrives of the next one waits in the board, and the decoder's buffer holds the reply meanwhile.
 * Of AWT_ACK_CHUNKS acknowledgements of chunks that follow one another only the last is sent; what
 * is held back goes out before any other reply, and with awt_link_flush. */
void awt_link_send(struct awt_link *link, const struct awp_reply *reply);
/* Nothing more is being received: all that was sent shall be on its way. */
void awt_link_flush(struct awt_link *link);

#endif

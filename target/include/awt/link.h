/* Frames and messages over the board's byte stream. */
#ifndef AWT_LINK_H
#define AWT_LINK_H

#include "aw/frame.h"
#include "awt/hal.h"
#include "msg.h"

#include "../../config.h"

struct awt_link {
    struct aw_frame_decoder decoder;
    uint8_t bytes[AWT_LINK_READ_BYTES]; /* taken from the board, [at, count) not yet decoded */
    uint32_t at, count;
    uint32_t bad_frames;                /* garbled, too long, or no request */
    uint8_t wire[AWT_LINK_WRITE_BYTES]; /* [0, wire_bytes) is to be sent */
    uint32_t wire_bytes;
};

void awt_link_init(struct awt_link *link);
/* Takes the next request that has arrived; false when there is none yet. Never waits. */
bool awt_link_receive(struct awt_link *link, struct awp_request *request_out);
/* Sends a reply. Not to be called while a frame is being received, that is, only after
 * awt_link_receive returned true: the decoder's buffer holds the reply meanwhile. */
void awt_link_send(struct awt_link *link, const struct awp_reply *reply);

#endif

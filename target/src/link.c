#include "awt/link.h"

void awt_link_init(struct awt_link *link, const struct awt_stream *stream)
{
    aw_frame_decoder_init(&link->decoder);
    link->stream = stream;
    link->connection = 0;
    link->at = link->count = 0;
    link->bad_frames = 0;
    link->wire_bytes = 0;
}

/* What one host began, the next does not end. */
static void follow_connection(struct awt_link *link)
{
    uint32_t connection = link->stream->connection ? link->stream->connection() : 0;
    if (connection == link->connection)
        return;
    link->connection = connection;
    aw_frame_decoder_init(&link->decoder);
}

static bool take_byte(struct awt_link *link, uint8_t *byte_out)
{
    if (link->at == link->count) {
        link->at = 0;
        link->count = link->stream->read(link->bytes, sizeof link->bytes);
        follow_connection(link);
        if (link->count == 0)
            return false;
    }
    *byte_out = link->bytes[link->at++];
    return true;
}

bool awt_link_receive(struct awt_link *link, struct awp_request *request_out)
{
    uint8_t byte;
    while (take_byte(link, &byte)) {
        switch (aw_frame_push(&link->decoder, byte)) {
        case AW_FRAME_NONE:
            break;
        case AW_FRAME_READY:
            if (awp_request_decode(link->decoder.payload, link->decoder.payload_bytes,
                                   request_out) == AW_OK)
                return true;
            link->bad_frames++;
            break;
        case AW_FRAME_BAD_CRC:
        case AW_FRAME_TOO_BIG:
            link->bad_frames++;
            break;
        }
    }
    return false;
}

static void flush(struct awt_link *link)
{
    link->stream->write(link->wire, link->wire_bytes);
    link->wire_bytes = 0;
}

static void put_wire(void *context, const uint8_t *bytes, uint32_t n)
{
    struct awt_link *link = context;
    for (uint32_t i = 0; i < n; i++) {
        link->wire[link->wire_bytes++] = bytes[i];
        if (link->wire_bytes == sizeof link->wire)
            flush(link);
    }
}

void awt_link_send(struct awt_link *link, const struct awp_reply *reply)
{
    uint32_t payload_bytes;
    uint8_t *payload = link->decoder.payload;
    /* A reply of this runtime always fits: msg_test.c encodes the largest of each kind. Were one
     * not to, the host's time-out would tell. */
    if (awp_reply_encode(reply, payload, AW_FRAME_MAX_PAYLOAD, &payload_bytes) == AW_OK &&
        aw_frame_emit(payload, payload_bytes, put_wire, link) == AW_OK && link->wire_bytes)
        flush(link);
}

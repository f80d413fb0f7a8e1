#include "awt/link.h"

void awt_link_init(struct awt_link *link, const struct awt_stream *stream)
{
    aw_frame_decoder_init(&link->decoder);
    link->stream = stream;
    link->connection = 0;
    link->at = link->count = 0;
    link->bad_frames = 0;
#if AWT_ACK_CHUNKS > 1
    link->acks_held = link->ack_seq = link->ack_bytes = 0;
#endif
}

/* What one host began, the next does not end. */
static void follow_connection(struct awt_link *link)
{
    uint32_t connection = link->stream->connection ? link->stream->connection() : 0;
    if (connection == link->connection)
        return;
    link->connection = connection;
    aw_frame_decoder_init(&link->decoder);
#if AWT_ACK_CHUNKS > 1
    link->acks_held = 0;
#endif
}

/* Whether there are bytes to decode. */
static bool fill(struct awt_link *link)
{
    if (link->at < link->count)
        return true;
    link->at = 0;
    link->count = link->stream->read(link->bytes, sizeof link->bytes);
    follow_connection(link);
    return link->count > 0;
}

bool awt_link_receive(struct awt_link *link, struct awp_request *request_out)
{
    while (fill(link)) {
        uint32_t taken;
        enum aw_frame_event event =
            aw_frame_feed(&link->decoder, link->bytes + link->at, link->count - link->at, &taken);
        link->at += taken;
        if (event == AW_FRAME_NONE)
            continue;
        if (event == AW_FRAME_READY &&
            awp_request_decode(link->decoder.payload, link->decoder.payload_bytes, request_out) ==
                AW_OK)
            return true;
        link->bad_frames++;
    }
    return false;
}

static void send(struct awt_link *link, const struct awp_reply *reply, uint8_t *payload,
                 uint32_t capacity)
{
    uint32_t payload_bytes, wire_bytes;
    /* A reply of this runtime always fits: msg_test.c encodes the largest of each kind. Were one
     * not to, the host's time-out would tell. */
    if (awp_reply_encode(reply, payload, capacity, &payload_bytes) == AW_OK &&
        aw_frame_encode(payload, payload_bytes, link->wire, sizeof link->wire, &wire_bytes) ==
            AW_OK)
        link->stream->write(link->wire, wire_bytes);
}

#if AWT_ACK_CHUNKS > 1

/* One that tells no progress tells the host of a gap, and is not held. */
static bool hold(struct awt_link *link, const struct awp_reply *reply)
{
    bool progress = reply->load_ack.received_bytes > link->ack_bytes;
    link->ack_seq = reply->seq;
    link->ack_bytes = reply->load_ack.received_bytes;
    if (progress && ++link->acks_held < AWT_ACK_CHUNKS)
        return true;
    link->acks_held = 0;
    return false;
}

static void send_held(struct awt_link *link)
{
    static struct awp_reply ack;
    uint8_t payload[32]; /* in the decoder's buffer a frame may have begun */
    if (link->acks_held == 0)
        return;
    link->acks_held = 0;
    ack.seq = link->ack_seq;
    ack.kind = AWP_LOAD_ACK;
    ack.load_ack.received_bytes = link->ack_bytes;
    send(link, &ack, payload, sizeof payload);
}

#else

static bool hold(struct awt_link *link, const struct awp_reply *reply)
{
    (void)link, (void)reply;
    return false;
}

static void send_held(struct awt_link *link)
{
    (void)link;
}

#endif

void awt_link_send(struct awt_link *link, const struct awp_reply *reply)
{
    if (reply->kind != AWP_LOAD_ACK)
        send_held(link);
    else if (hold(link, reply))
        return;
    send(link, reply, link->decoder.payload, AW_FRAME_MAX_PAYLOAD);
}

void awt_link_flush(struct awt_link *link)
{
    send_held(link);
    if (link->stream->flush)
        link->stream->flush();
}

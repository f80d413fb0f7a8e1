#include "devices/wire.h"

#include <string.h>

#include "aw/frame.h"
#include "msg.h"

enum aw_err awh_wire_ticks_bytes(const uint64_t *ticks, size_t count, size_t *bytes_out,
                                 struct awh_diag *diag)
{
    size_t bytes = 0;
    for (size_t at = 0; at < count;) {
        struct awp_reply reply = {.seq = 1000, .kind = AWP_RECORDS};
        uint8_t payload[AW_FRAME_MAX_PAYLOAD], wire[AW_FRAME_MAX_WIRE];
        uint32_t payload_bytes, wire_bytes;
        uint16_t n = (uint16_t)(count - at < AWP_RECORDS_MAX ? count - at : AWP_RECORDS_MAX);
        reply.records.first = (uint32_t)at;
        reply.records.kind = AWP_TICKS;
        reply.records.count = n;
        memcpy(reply.records.ticks, ticks + at, n * sizeof(*ticks));
        enum aw_err err = awp_reply_encode(&reply, payload, sizeof(payload), &payload_bytes);
        if (err == AW_OK)
            err = aw_frame_encode(payload, payload_bytes, wire, sizeof(wire), &wire_bytes);
        if (err != AW_OK)
            return awh_fail(diag, err, "cannot encode %u ticks: %s", n, aw_err_str(err));
        bytes += wire_bytes;
        at += n;
    }
    *bytes_out = bytes;
    return AW_OK;
}

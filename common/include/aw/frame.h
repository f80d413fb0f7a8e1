/* Framing over any byte stream: COBS with a CRC-32, 0x00 as delimiter.
 *
 * On the wire: 0x00, COBS(payload, CRC-32 of payload little-endian), 0x00. The leading delimiter
 * closes whatever garbage came before. The decoder does no I/O: bytes in, event out; after garbage,
 * an overlong frame or a bad CRC the next good frame decodes. Empty frames are ignored. */
#ifndef AW_FRAME_H
#define AW_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/err.h"

/* Largest payload; the nanopb message of a LoadChunk is the largest. */
#define AW_FRAME_MAX_PAYLOAD 1152u
/* Wire bytes of a frame: payload and CRC, one COBS code byte per 254, two delimiters. */
#define AW_FRAME_WIRE_BYTES(payload) ((payload) + 4u + ((payload) + 4u) / 254u + 1u + 2u)
#define AW_FRAME_MAX_WIRE            AW_FRAME_WIRE_BYTES(AW_FRAME_MAX_PAYLOAD)

enum aw_frame_event {
    AW_FRAME_NONE,    /* nothing yet */
    AW_FRAME_READY,   /* payload[0..payload_bytes) holds a good frame until the next byte */
    AW_FRAME_BAD_CRC, /* a frame ended with a wrong CRC or malformed COBS; it was dropped */
    AW_FRAME_TOO_BIG, /* a frame exceeded the buffer; it was dropped */
};

struct aw_frame_decoder {
    /* Anyone's to write between AW_FRAME_READY and the next byte. */
    _Alignas(8) uint8_t payload[AW_FRAME_MAX_PAYLOAD + 4u];
    uint32_t payload_bytes; /* valid after AW_FRAME_READY: without the CRC */
    uint32_t at;
    uint8_t code;      /* COBS code of the block being read; 0 before a frame */
    uint8_t remaining; /* data bytes left of that block */
    bool overflow;
};

void aw_frame_decoder_init(struct aw_frame_decoder *decoder);
/* Takes bytes up to the next event, and how many that were: all n when there was none. */
enum aw_frame_event aw_frame_feed(struct aw_frame_decoder *decoder, const uint8_t *bytes,
                                  uint32_t n, uint32_t *taken_out);

static inline enum aw_frame_event aw_frame_push(struct aw_frame_decoder *decoder, uint8_t byte)
{
    uint32_t taken;
    return aw_frame_feed(decoder, &byte, 1, &taken);
}

/* Encodes one frame with both delimiters. AW_ERR_NO_SPACE when wire_capacity is less than
 * AW_FRAME_WIRE_BYTES(payload_bytes); AW_ERR_RANGE over AW_FRAME_MAX_PAYLOAD or when empty. */
AW_MUST_USE enum aw_err aw_frame_encode(const uint8_t *payload, uint32_t payload_bytes,
                                        uint8_t *wire, uint32_t wire_capacity,
                                        uint32_t *wire_bytes_out);

#endif

#include "aw/frame.h"

#include "aw/crc.h"
#include "aw/mem.h"
#include "aw/size.h"

#define CRC_BYTES  4u
#define FULL_BLOCK 0xFFu /* code of 254 data bytes that no zero follows */

static void start_frame(struct aw_frame_decoder *decoder)
{
    decoder->at = 0;
    decoder->code = 0;
    decoder->remaining = 0;
    decoder->overflow = false;
}

void aw_frame_decoder_init(struct aw_frame_decoder *decoder)
{
    memset(decoder, 0, sizeof *decoder);
}

static void append(struct aw_frame_decoder *decoder, const uint8_t *bytes, uint32_t n)
{
    uint32_t room = sizeof decoder->payload - decoder->at;
    if (n > room) {
        decoder->overflow = true;
        n = room;
    }
    memcpy(decoder->payload + decoder->at, bytes, n);
    decoder->at += n;
}

static bool crc_good(const uint8_t *bytes, uint32_t payload_bytes)
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < CRC_BYTES; i++)
        crc |= (uint32_t)bytes[payload_bytes + i] << (8 * i);
    return crc == aw_crc32(0, bytes, payload_bytes);
}

static enum aw_frame_event end_frame(struct aw_frame_decoder *decoder)
{
    uint32_t bytes = decoder->at;
    bool started = decoder->code != 0, cut = decoder->remaining != 0, big = decoder->overflow;
    start_frame(decoder);
    if (!started)
        return AW_FRAME_NONE;
    if (big)
        return AW_FRAME_TOO_BIG;
    if (cut || bytes <= CRC_BYTES || !crc_good(decoder->payload, bytes - CRC_BYTES))
        return AW_FRAME_BAD_CRC;
    decoder->payload_bytes = bytes - CRC_BYTES;
    return AW_FRAME_READY;
}

enum aw_frame_event aw_frame_feed(struct aw_frame_decoder *decoder, const uint8_t *bytes,
                                  uint32_t n, uint32_t *taken_out)
{
    static const uint8_t zero = 0;
    enum aw_frame_event event = AW_FRAME_NONE;
    uint32_t at = 0;
    while (at < n && event == AW_FRAME_NONE) {
        /* What there is of the block; a zero in it ends the frame. */
        uint32_t most = aw_min_u32(decoder->remaining, n - at);
        uint32_t run = (uint32_t)strnlen((const char *)bytes + at, most);
        append(decoder, bytes + at, run);
        decoder->remaining = (uint8_t)(decoder->remaining - run);
        at += run;
        if (at == n)
            break;
        uint8_t byte = bytes[at++];
        if (byte == 0) {
            event = end_frame(decoder);
            continue;
        }
        /* A code byte. The zero that the block before stands for is real only if a block follows
         * it. */
        if (decoder->code != 0 && decoder->code != FULL_BLOCK)
            append(decoder, &zero, 1);
        decoder->code = byte;
        decoder->remaining = (uint8_t)(byte - 1);
    }
    *taken_out = at;
    return event;
}

enum aw_err aw_frame_encode(const uint8_t *payload, uint32_t payload_bytes, uint8_t *wire,
                            uint32_t wire_capacity, uint32_t *wire_bytes_out)
{
    if (payload_bytes == 0 || payload_bytes > AW_FRAME_MAX_PAYLOAD)
        return AW_ERR_RANGE;
    if (wire_capacity < AW_FRAME_WIRE_BYTES(payload_bytes))
        return AW_ERR_NO_SPACE;
    uint32_t crc = aw_crc32(0, payload, payload_bytes);
    uint32_t at = 2, code_at = 1; /* of the block begun */
    wire[0] = 0;
    for (uint32_t i = 0; i < payload_bytes + CRC_BYTES; i++) {
        uint8_t byte = (uint8_t)(i < payload_bytes ? payload[i] : crc >> (8 * (i - payload_bytes)));
        if (at - code_at == FULL_BLOCK) {
            wire[code_at] = FULL_BLOCK;
            code_at = at++;
        }
        if (byte == 0) {
            wire[code_at] = (uint8_t)(at - code_at);
            code_at = at;
        }
        wire[at++] = byte;
    }
    wire[code_at] = (uint8_t)(at - code_at);
    wire[at++] = 0;
    *wire_bytes_out = at;
    return AW_OK;
}

#include "aw/frame.h"

#include "aw/crc.h"
#include "aw/mem.h"

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

static void append(struct aw_frame_decoder *decoder, uint8_t byte)
{
    if (decoder->at < sizeof decoder->payload)
        decoder->payload[decoder->at++] = byte;
    else
        decoder->overflow = true;
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

enum aw_frame_event aw_frame_push(struct aw_frame_decoder *decoder, uint8_t byte)
{
    if (byte == 0)
        return end_frame(decoder);
    if (decoder->remaining > 0) {
        decoder->remaining--;
        append(decoder, byte);
        return AW_FRAME_NONE;
    }
    /* A code byte. The zero that the block before stands for is real only if a block follows it. */
    if (decoder->code != 0 && decoder->code != FULL_BLOCK)
        append(decoder, 0);
    decoder->code = byte;
    decoder->remaining = (uint8_t)(byte - 1);
    return AW_FRAME_NONE;
}

/* The output of a COBS encoder: `code_at` is the code byte of the open block. */
struct cobs {
    uint8_t *wire;
    uint32_t at, code_at;
};

static void open_block(struct cobs *c)
{
    c->code_at = c->at++;
    c->wire[c->code_at] = 1;
}

static void put(struct cobs *c, uint8_t byte)
{
    /* A full block is closed only when more follows, so none is ever left empty at the end. */
    if (c->wire[c->code_at] == FULL_BLOCK)
        open_block(c);
    if (byte == 0) {
        open_block(c);
        return;
    }
    c->wire[c->at++] = byte;
    c->wire[c->code_at]++;
}

enum aw_err aw_frame_encode(const uint8_t *payload, uint32_t payload_bytes, uint8_t *wire,
                            uint32_t wire_capacity, uint32_t *wire_bytes_out)
{
    if (payload_bytes == 0 || payload_bytes > AW_FRAME_MAX_PAYLOAD)
        return AW_ERR_RANGE;
    if (wire_capacity < AW_FRAME_WIRE_BYTES(payload_bytes))
        return AW_ERR_NO_SPACE;
    struct cobs c = {.wire = wire, .at = 0, .code_at = 0};
    uint32_t crc = aw_crc32(0, payload, payload_bytes);
    wire[c.at++] = 0;
    open_block(&c);
    for (uint32_t i = 0; i < payload_bytes; i++)
        put(&c, payload[i]);
    for (uint32_t i = 0; i < CRC_BYTES; i++)
        put(&c, (uint8_t)(crc >> (8 * i)));
    wire[c.at++] = 0;
    *wire_bytes_out = c.at;
    return AW_OK;
}

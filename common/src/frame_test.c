#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/frame.h"
#include "aw/rng.h"

/* What a stretch of bytes made the decoder report. */
struct events {
    uint32_t ready, bad, big;
    uint8_t last[AW_FRAME_MAX_PAYLOAD];
    uint32_t last_bytes;
};

static struct events feed(struct aw_frame_decoder *d, const uint8_t *bytes, uint32_t n)
{
    struct events e = {0};
    for (uint32_t i = 0; i < n; i++) {
        switch (aw_frame_push(d, bytes[i])) {
        case AW_FRAME_NONE:
            break;
        case AW_FRAME_READY:
            e.ready++;
            e.last_bytes = d->payload_bytes;
            memcpy(e.last, d->payload, d->payload_bytes);
            break;
        case AW_FRAME_BAD_CRC:
            e.bad++;
            break;
        case AW_FRAME_TOO_BIG:
            e.big++;
            break;
        }
    }
    return e;
}

static uint32_t encode(const uint8_t *payload, uint32_t n, uint8_t *wire)
{
    uint32_t bytes = 0;
    assert_int_equal(aw_frame_encode(payload, n, wire, AW_FRAME_MAX_WIRE, &bytes), AW_OK);
    assert_true(bytes <= AW_FRAME_WIRE_BYTES(n));
    return bytes;
}

/* The next good frame decodes, whatever state the decoder is in. */
static void assert_recovers(struct aw_frame_decoder *d)
{
    static const uint8_t payload[] = "still alive";
    uint8_t wire[AW_FRAME_MAX_WIRE];
    struct events e = feed(d, wire, encode(payload, sizeof payload, wire));
    assert_int_equal(e.ready, 1);
    assert_int_equal(e.last_bytes, sizeof payload);
    assert_memory_equal(e.last, payload, sizeof payload);
}

/* Computed apart from this code with Python's zlib.crc32 and a COBS encoder written from the paper.
 */
static const struct {
    const char *payload;
    uint32_t payload_bytes;
    uint8_t wire[16];
    uint32_t wire_bytes;
} vectors[] = {
    {"\0", 1, {0x00, 0x01, 0x05, 0x8D, 0xEF, 0x02, 0xD2, 0x00}, 8},
    {"\x01", 1, {0x00, 0x06, 0x01, 0x1B, 0xDF, 0x05, 0xA5, 0x00}, 8},
    {"A", 1, {0x00, 0x06, 0x41, 0x8B, 0x9E, 0xD9, 0xD3, 0x00}, 8},
    {"abc", 3, {0x00, 0x08, 0x61, 0x62, 0x63, 0xC2, 0x41, 0x24, 0x35, 0x00}, 10},
    {"\0\0", 2, {0x00, 0x01, 0x01, 0x05, 0xFF, 0x12, 0xD9, 0x41, 0x00}, 9},
    {"a\0b", 3, {0x00, 0x02, 0x61, 0x06, 0x62, 0x71, 0x78, 0xE8, 0x15, 0x00}, 10},
    {"123456789",
     9,
     {0x00, 0x0E, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x26, 0x39, 0xF4, 0xCB,
      0x00},
     16},
};

static void vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t wire[AW_FRAME_MAX_WIRE];
        uint32_t n = encode((const uint8_t *)vectors[i].payload, vectors[i].payload_bytes, wire);
        assert_int_equal(n, vectors[i].wire_bytes);
        assert_memory_equal(wire, vectors[i].wire, n);
        struct aw_frame_decoder d;
        aw_frame_decoder_init(&d);
        struct events e = feed(&d, vectors[i].wire, n);
        assert_int_equal(e.ready + 10 * e.bad + 10 * e.big, 1);
        assert_int_equal(e.last_bytes, vectors[i].payload_bytes);
        assert_memory_equal(e.last, vectors[i].payload, e.last_bytes);
    }
}

/* Payloads around the 254-byte blocks of COBS: without zeros, all zeros, random, one zero anywhere.
 */
static void fill(uint8_t *payload, uint32_t n, uint32_t kind)
{
    aw_rng_input(n + kind, n, (int8_t *)payload);
    for (uint32_t i = 0; i < n && kind != 2; i++)
        payload[i] = kind == 1 ? 0 : (uint8_t)(payload[i] | 1);
    if (kind == 3)
        payload[n / 2] = 0;
}

static void round_trips_at_every_length(void **state)
{
    (void)state;
    uint8_t payload[AW_FRAME_MAX_PAYLOAD], wire[AW_FRAME_MAX_WIRE];
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    for (uint32_t n = 1; n <= AW_FRAME_MAX_PAYLOAD; n++)
        for (uint32_t kind = 0; kind < 4; kind++) {
            fill(payload, n, kind);
            uint32_t bytes = encode(payload, n, wire);
            assert_int_equal(wire[0], 0);
            assert_ptr_equal(memchr(wire + 1, 0, bytes - 1), wire + bytes - 1);
            struct events e = feed(&d, wire, bytes);
            assert_int_equal(e.ready + 10 * e.bad + 10 * e.big, 1);
            assert_int_equal(e.last_bytes, n);
            assert_memory_equal(e.last, payload, n);
        }
}

static void encoder_refuses(void **state)
{
    (void)state;
    uint8_t payload[AW_FRAME_MAX_PAYLOAD + 1] = {0}, wire[AW_FRAME_MAX_WIRE + 8];
    uint32_t bytes = 77;
    assert_int_equal(aw_frame_encode(payload, 0, wire, sizeof wire, &bytes), AW_ERR_RANGE);
    assert_int_equal(aw_frame_encode(payload, sizeof payload, wire, sizeof wire, &bytes),
                     AW_ERR_RANGE);
    for (uint32_t capacity = 0; capacity < AW_FRAME_WIRE_BYTES(300); capacity++)
        assert_int_equal(aw_frame_encode(payload, 300, wire, capacity, &bytes), AW_ERR_NO_SPACE);
    assert_int_equal(bytes, 77);
}

/* A frame that may carry no zero, one block boundary and a zero. */
static uint32_t sample(uint8_t *payload, uint8_t *wire, uint32_t *payload_bytes)
{
    *payload_bytes = 300;
    fill(payload, 300, 3);
    return encode(payload, 300, wire);
}

static void every_cut(void **state)
{
    (void)state;
    uint8_t payload[300], wire[AW_FRAME_MAX_WIRE];
    uint32_t payload_bytes, n = sample(payload, wire, &payload_bytes);
    for (uint32_t head = 0; head <= n; head++) {
        /* The line dies after `head` bytes, or begins there. */
        struct aw_frame_decoder d;
        aw_frame_decoder_init(&d);
        struct events e = feed(&d, wire, head);
        assert_int_equal(e.ready, head == n);
        assert_int_equal(e.bad + e.big, 0);
        /* Of a frame that lacks only its last delimiter the next one's first completes it. */
        e = feed(&d, (const uint8_t[]){0}, 1);
        assert_int_equal(e.ready, head == n - 1);
        assert_int_equal(e.bad, head > 1 && head < n - 1);
        assert_recovers(&d);
        aw_frame_decoder_init(&d);
        e = feed(&d, wire + head, n - head);
        assert_int_equal(e.ready, head <= 1);
        assert_recovers(&d);
        for (uint32_t lost = 1; lost <= 3 && head > 0 && head + lost < n; lost++) {
            aw_frame_decoder_init(&d);
            e = feed(&d, wire, head);
            struct events rest = feed(&d, wire + head + lost, n - head - lost);
            assert_int_equal(e.ready + rest.ready, 0);
            assert_recovers(&d);
        }
    }
}

static void every_bit_flip(void **state)
{
    (void)state;
    uint8_t payload[300], wire[AW_FRAME_MAX_WIRE];
    uint32_t payload_bytes, n = sample(payload, wire, &payload_bytes);
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    for (uint32_t bit = 0; bit < 8 * n; bit++) {
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct events e = feed(&d, wire, n);
        assert_int_equal(e.ready, 0);
        assert_recovers(&d);
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void garbage_bursts(void **state)
{
    (void)state;
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    for (uint32_t seed = 0; seed < 3000; seed++) {
        int8_t garbage[5000];
        uint32_t n = aw_rng_word(seed, 1u << 20) % (seed % 10 == 0 ? 5000u : 40u);
        aw_rng_input(seed, n, garbage);
        (void)feed(&d, (const uint8_t *)garbage, n);
        assert_recovers(&d);
    }
}

static void doubled_and_adjoining_frames(void **state)
{
    (void)state;
    uint8_t payload[300], wire[2 * AW_FRAME_MAX_WIRE];
    uint32_t payload_bytes, n = sample(payload, wire, &payload_bytes);
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    memcpy(wire + n, wire, n);
    struct events e = feed(&d, wire, 2 * n);
    assert_int_equal(e.ready, 2);
    assert_int_equal(e.bad + e.big, 0);
    /* One delimiter between two frames is enough; many are nothing. */
    memcpy(wire + n, wire + 1, n - 1);
    e = feed(&d, wire, 2 * n - 1);
    assert_int_equal(e.ready, 2);
    assert_int_equal(e.bad + e.big, 0);
    memset(wire, 0, 100);
    e = feed(&d, wire, 100);
    assert_int_equal(e.ready + e.bad + e.big, 0);
    assert_recovers(&d);
}

static void overlong_frames(void **state)
{
    (void)state;
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    for (uint32_t n = AW_FRAME_MAX_PAYLOAD + 5; n < 4 * AW_FRAME_MAX_PAYLOAD; n += 37) {
        /* Code 2 and one byte: each pair decodes to that byte, with a zero between pairs. */
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(aw_frame_push(&d, 2), AW_FRAME_NONE);
        struct events e = feed(&d, (const uint8_t[]){0}, 1);
        uint32_t decoded = n - 1;
        assert_int_equal(e.ready, 0);
        assert_int_equal(e.big, decoded > AW_FRAME_MAX_PAYLOAD + 4);
        assert_int_equal(e.bad, decoded <= AW_FRAME_MAX_PAYLOAD + 4);
        assert_recovers(&d);
    }
}

static void frames_without_payload_are_dropped(void **state)
{
    (void)state;
    struct aw_frame_decoder d;
    aw_frame_decoder_init(&d);
    /* COBS of the CRC-32 of nothing, which is 0. */
    struct events e = feed(&d, (const uint8_t[]){0, 1, 1, 1, 1, 1, 0}, 7);
    assert_int_equal(e.ready, 0);
    assert_int_equal(e.bad, 1);
    for (uint32_t n = 1; n < 5; n++) {
        e = feed(&d, (const uint8_t[]){1, 1, 1, 1}, n);
        struct events end = feed(&d, (const uint8_t[]){0}, 1);
        assert_int_equal(e.ready + end.ready, 0);
        assert_int_equal(end.bad, 1);
        assert_recovers(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(round_trips_at_every_length),
        cmocka_unit_test(encoder_refuses),
        cmocka_unit_test(every_cut),
        cmocka_unit_test(every_bit_flip),
        cmocka_unit_test(garbage_bursts),
        cmocka_unit_test(doubled_and_adjoining_frames),
        cmocka_unit_test(overlong_frames),
        cmocka_unit_test(frames_without_payload_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

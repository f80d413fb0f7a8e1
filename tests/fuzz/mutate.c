#include "fuzz/mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/src/program_testing.h"
#include "aw/frame.h"
#include "fakes/small_net.h"
#include "msg.h"

#define BASES 6u

static struct fuzz_program bases[BASES];

struct draws {
    uint32_t seed, count;
};

static uint32_t draw(struct draws *draws, uint32_t below)
{
    return aw_rng_word(draws->seed, draws->count++) % below;
}

void fuzz_init(void)
{
    static struct fixture fixture;
    for (uint32_t i = 0; i < BASES; i++) {
        struct aw_program program;
        uint8_t mode = i % 2 ? AW_WEIGHTS_EMBEDDED : AW_WEIGHTS_SEEDED;
        if (i >= 4) {
            if (small_net_make(i, AW_WEIGHTS_SEEDED, bases[i].bytes, &bases[i].size, &program) !=
                AW_OK)
                abort();
            continue;
        }
        if (i < 2)
            fixture_init(&fixture, mode);
        else
            pools_init(&fixture, mode);
        memcpy(bases[i].bytes, fixture.bytes, fixture.size);
        bases[i].size = fixture.size;
    }
}

static uint32_t odd_value(struct draws *draws)
{
    static const uint32_t values[] = {
        0,        1,          2,        3,           7,           8,          0x7f,   0x80,
        0xff,     0x100,      0x3ff,    0x400,       0x7fff,      0x8000,     0xffff, 0x10000,
        0xffffff, 0x7fffffff, 1u << 31, 0xfffffff0u, 0xfffffffeu, 0xffffffffu};
    return values[draw(draws, sizeof(values) / sizeof(values[0]))];
}

/* One change of bytes[0..*size). */
static void change(struct draws *draws, uint8_t *bytes, uint32_t *size, uint32_t capacity)
{
    if (*size == 0)
        return;
    uint32_t at = draw(draws, *size);
    switch (draw(draws, 10)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << draw(draws, 8));
        break;
    case 1:
        bytes[at] = (uint8_t)draw(draws, 256);
        break;
    case 2: /* a field by a little */
        bytes[at] = (uint8_t)(bytes[at] + draw(draws, 9) - 4u);
        break;
    case 3:
    case 4: { /* a field by an odd value */
        uint32_t width = 1u << draw(draws, 3), value = odd_value(draws);
        at &= ~(width - 1u);
        for (uint32_t i = 0; i < width && at + i < *size; i++)
            bytes[at + i] = (uint8_t)(value >> (8 * i));
        break;
    }
    case 5: { /* a field by another one's value */
        uint32_t from = draw(draws, *size), width = 1u << draw(draws, 4);
        for (uint32_t i = 0; i < width && at + i < *size && from + i < *size; i++)
            bytes[at + i] = bytes[from + i];
        break;
    }
    case 6: { /* a record by another one */
        uint32_t from = draw(draws, *size), n = draw(draws, 2) ? 48u : 16u;
        if (at + n <= *size && from + n <= *size)
            memmove(bytes + at, bytes + from, n);
        break;
    }
    case 7: /* cut */
        if (draw(draws, 4) == 0)
            *size = at;
        break;
    case 8: /* one byte less */
        memmove(bytes + at, bytes + at + 1, *size - at - 1);
        (*size)--;
        break;
    default: { /* more at the end */
        uint32_t n = draw(draws, 300);
        while (n-- && *size < capacity)
            bytes[(*size)++] = (uint8_t)draw(draws, 256);
        break;
    }
    }
}

/* Changes that keep the file's sections: only within header, tensors and layers. */
static void change_field(struct draws *draws, struct fuzz_program *program)
{
    uint32_t tensors = (uint32_t)(program->bytes[12] | program->bytes[13] << 8);
    uint32_t layers = (uint32_t)(program->bytes[14] | program->bytes[15] << 8);
    uint32_t end = AW_PROGRAM_HEADER_BYTES + tensors * AW_PROGRAM_TENSOR_BYTES +
                   layers * AW_PROGRAM_LAYER_BYTES;
    if (end <= AW_PROGRAM_HEADER_BYTES || end > program->size)
        end = program->size;
    if (end == 0)
        return;
    uint32_t at = draw(draws, end);
    uint32_t small = draw(draws, 12);
    program->bytes[at] = (uint8_t)(draw(draws, 3) ? small : program->bytes[at] ^ 1u << small % 8);
}

void fuzz_right_crc(struct fuzz_program *program)
{
    for (uint32_t i = 0; i < 4 && 8 + i < program->size; i++)
        program->bytes[8 + i] = (uint8_t)(program->size >> (8 * i));
    if (program->size >= 4)
        fix_crc(program->bytes, program->size);
    program->announced_bytes = program->size;
    program->announced_crc = awp_program_crc(program->bytes, program->size);
}

void fuzz_make_program(uint32_t seed, struct fuzz_program *out)
{
    struct draws draws = {.seed = seed ^ 0x50524f47u};
    *out = bases[draw(&draws, BASES)];
    uint32_t changes = draw(&draws, 7);
    for (uint32_t i = 0; i < changes; i++) {
        if (draw(&draws, 3))
            change_field(&draws, out);
        else
            change(&draws, out->bytes, &out->size, FUZZ_PROGRAM_BYTES);
    }
    if (draw(&draws, 16) && out->size >= AW_PROGRAM_HEADER_BYTES) {
        for (uint32_t i = 0; i < 4 && draw(&draws, 8); i++) /* the size that the header tells */
            out->bytes[8 + i] = (uint8_t)(out->size >> (8 * i));
        fix_crc(out->bytes, out->size);
    }
    out->announced_bytes = out->size;
    out->announced_crc = awp_program_crc(out->bytes, out->size);
    if (draw(&draws, 64) == 0)
        out->announced_bytes = odd_value(&draws);
    if (draw(&draws, 64) == 0)
        out->announced_crc ^= 1u << draw(&draws, 32);
}

static void make_request(struct draws *draws, uint32_t step, struct awp_request *out)
{
    const struct fuzz_program *program = &bases[4 + draws->seed % 2];
    static const enum awp_request_kind order[] = {AWP_HELLO,    AWP_LOAD_BEGIN, AWP_LOAD_CHUNK,
                                                  AWP_LOAD_END, AWP_VERIFY,     AWP_FETCH,
                                                  AWP_RUN,      AWP_FETCH,      AWP_STATUS};
    memset(out, 0, sizeof(*out));
    out->seq = 1 + step;
    out->kind =
        draw(draws, 3) ? order[step % 9] : (enum awp_request_kind)(AWP_HELLO + draw(draws, 9));
    switch (out->kind) {
    case AWP_HELLO:
        out->hello.protocol_version = draw(draws, 20) ? AWP_PROTOCOL_VERSION : draw(draws, 4);
        out->hello.oldest_version = draw(draws, 3);
        break;
    case AWP_LOAD_BEGIN:
        out->load_begin.size_bytes = program->size;
        out->load_begin.crc = awp_program_crc(program->bytes, program->size);
        break;
    case AWP_LOAD_CHUNK: {
        uint32_t n = program->size < AWP_CHUNK_BYTES ? program->size : AWP_CHUNK_BYTES;
        out->load_chunk.offset = draw(draws, 4) ? 0 : draw(draws, program->size);
        out->load_chunk.size = (uint16_t)n;
        memcpy(out->load_chunk.data, program->bytes, n);
        break;
    }
    case AWP_RUN:
        out->run.warmup = draw(draws, 3);
        out->run.repeats = draw(draws, 4);
        out->run.mode = draw(draws, 3);
        break;
    case AWP_FETCH:
        out->fetch.first = draw(draws, 6);
        out->fetch.kind = step % 9 == 7 ? AWP_TICKS : AWP_CRCS + draw(draws, 2);
        break;
    default:
        break;
    }
}

uint32_t fuzz_make_frames(uint32_t seed, uint8_t bytes[FUZZ_FRAMES_BYTES], uint32_t *frames_out)
{
    struct draws draws = {.seed = seed ^ 0x4652414du};
    uint32_t frames = 1 + draw(&draws, 40), at = 0;
    for (uint32_t step = 0; step < frames; step++) {
        struct awp_request request;
        uint8_t payload[AW_FRAME_MAX_PAYLOAD], wire[AW_FRAME_MAX_WIRE + 64];
        uint32_t size = 0, n = 0;
        make_request(&draws, step, &request);
        if (awp_request_encode(&request, payload, sizeof(payload), &size) != AW_OK)
            abort();
        if (draw(&draws, 4) == 0)
            for (uint32_t i = draw(&draws, 5) + 1; i > 0; i--)
                change(&draws, payload, &size, sizeof(payload));
        if (size == 0 || aw_frame_encode(payload, size, wire, sizeof(wire), &n) != AW_OK)
            continue;
        if (draw(&draws, 8) == 0)
            change(&draws, wire, &n, sizeof(wire));
        if (at + n + 256 > FUZZ_FRAMES_BYTES)
            break;
        memcpy(bytes + at, wire, n);
        at += n;
        if (draw(&draws, 16) == 0)
            for (uint32_t noise = draw(&draws, 256); noise > 0; noise--)
                bytes[at++] = (uint8_t)draw(&draws, 256);
    }
    *frames_out = frames;
    return at;
}

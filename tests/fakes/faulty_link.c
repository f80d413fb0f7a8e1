#include "fakes/faulty_link.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aw/frame.h"
#include "aw/rng.h"

const char *const fault_kind_names[FAULT_KINDS] = {"drop",    "duplicate", "flip",   "cut",
                                                   "garbage", "stall",     "reorder"};

#define QUEUE_BYTES   (1u << 16)
#define GARBAGE_BYTES 48u

struct segment {
    uint8_t bytes[AW_FRAME_MAX_WIRE + 64];
    size_t size;
};

struct direction {
    struct segment held;     /* waits for the next frame to pass */
    bool held_first;         /* and then goes before it (late) or after it (out of order) */
    struct segment building; /* bytes of a frame that is not complete yet */
    uint8_t queue[QUEUE_BYTES];
    size_t size;
};

struct faulty {
    struct awh_link inner;
    struct faulty_link_options options;
    uint32_t draws;
    unsigned *injected;
    struct direction in, out;
};

static uint32_t draw(struct faulty *faulty, uint32_t below)
{
    return aw_rng_word(faulty->options.seed, faulty->draws++) % below;
}

static void put(struct direction *direction, const uint8_t *bytes, size_t size)
{
    if (size > QUEUE_BYTES - direction->size)
        size = QUEUE_BYTES - direction->size; /* a full line loses bytes */
    memcpy(direction->queue + direction->size, bytes, size);
    direction->size += size;
}

static void put_garbage(struct faulty *faulty, struct direction *direction)
{
    uint8_t garbage[GARBAGE_BYTES];
    size_t size = 1 + draw(faulty, GARBAGE_BYTES);
    for (size_t i = 0; i < size; i++)
        garbage[i] = (uint8_t)draw(faulty, 256);
    put(direction, garbage, size);
}

static void release_held(struct direction *direction)
{
    put(direction, direction->held.bytes, direction->held.size);
    direction->held.size = 0;
}

static int pick_fault(struct faulty *faulty)
{
    if (draw(faulty, 1000) >= faulty->options.per_mille)
        return -1;
    int kind;
    do
        kind = (int)draw(faulty, FAULT_KINDS);
    while (!(faulty->options.kinds & 1u << kind));
    if (faulty->injected)
        ++*faulty->injected;
    return kind;
}

/* Sends one frame through the faults. */
static void pass(struct faulty *faulty, struct direction *direction, struct segment *frame)
{
    bool had_held = direction->held.size > 0;
    size_t at = draw(faulty, (uint32_t)frame->size);
    if (had_held && direction->held_first)
        release_held(direction);
    int fault = pick_fault(faulty);
    switch (fault) {
    case FAULT_DROP:
        break;
    case FAULT_DUPLICATE:
        put(direction, frame->bytes, frame->size);
        put(direction, frame->bytes, frame->size);
        break;
    case FAULT_FLIP:
        frame->bytes[at] ^= (uint8_t)(1u << draw(faulty, 8));
        put(direction, frame->bytes, frame->size);
        break;
    case FAULT_CUT:
        put(direction, frame->bytes, at);
        break;
    case FAULT_GARBAGE:
        put(direction, frame->bytes, at);
        put_garbage(faulty, direction);
        put(direction, frame->bytes + at, frame->size - at);
        break;
    case FAULT_STALL:
    case FAULT_REORDER:
        /* The one before it, if it still waits, must not wait for ever. */
        release_held(direction);
        direction->held = *frame;
        direction->held_first = fault == FAULT_STALL;
        return;
    default:
        put(direction, frame->bytes, frame->size);
    }
    if (had_held)
        release_held(direction);
}

/* Cuts the byte stream into frames: each ends with the first 0 byte after another byte. */
static void feed(struct faulty *faulty, struct direction *direction, const uint8_t *bytes,
                 size_t size)
{
    struct segment *frame = &direction->building;
    for (size_t i = 0; i < size; i++) {
        frame->bytes[frame->size++] = bytes[i];
        bool ends = bytes[i] == 0 && frame->size > 1;
        if (ends || frame->size == sizeof(frame->bytes)) {
            pass(faulty, direction, frame);
            frame->size = 0;
        }
    }
}

static enum aw_err faulty_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                               size_t *size_out, struct awh_diag *diag)
{
    struct faulty *faulty = self;
    struct direction *in = &faulty->in;
    if (in->size == 0) {
        uint8_t raw[512];
        size_t got = 0;
        enum aw_err err =
            faulty->inner.ops->read(faulty->inner.self, raw, sizeof(raw), timeout_ms, &got, diag);
        if (err)
            return err;
        feed(faulty, in, raw, got);
    }
    size_t n = in->size < capacity ? in->size : capacity;
    memcpy(bytes, in->queue, n);
    memmove(in->queue, in->queue + n, in->size - n);
    in->size -= n;
    *size_out = n;
    return AW_OK;
}

static enum aw_err faulty_write(void *self, const uint8_t *bytes, size_t size,
                                struct awh_diag *diag)
{
    struct faulty *faulty = self;
    feed(faulty, &faulty->out, bytes, size);
    if (faulty->out.size == 0)
        return AW_OK;
    enum aw_err err =
        faulty->inner.ops->write(faulty->inner.self, faulty->out.queue, faulty->out.size, diag);
    faulty->out.size = 0;
    return err;
}

static void faulty_close(void *self)
{
    struct faulty *faulty = self;
    awh_link_close(&faulty->inner);
    free(faulty);
}

enum aw_err faulty_link_open(struct awh_link *inner, const struct faulty_link_options *options,
                             unsigned *injected_out, struct awh_link *link_out,
                             struct awh_diag *diag)
{
    static const struct awh_link_ops ops = {
        .read = faulty_read, .write = faulty_write, .close = faulty_close};
    struct faulty *faulty = calloc(1, sizeof(*faulty));
    if (!faulty)
        return awh_fail_mem(diag);
    faulty->inner = *inner;
    faulty->options = *options;
    faulty->injected = injected_out;
    *link_out = *inner;
    link_out->ops = &ops;
    link_out->self = faulty;
    *inner = (struct awh_link){0};
    return AW_OK;
}

#include "aw/bytes.h"

#include "aw/mem.h"

static uint64_t read_le(struct aw_reader *r, uint32_t n)
{
    if (r->bad || r->size - r->at < n) {
        r->bad = true;
        return 0;
    }
    uint64_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)r->bytes[r->at + i] << (8 * i);
    r->at += n;
    return value;
}

uint8_t aw_read_u8(struct aw_reader *r)
{
    return (uint8_t)read_le(r, 1);
}

uint16_t aw_read_u16le(struct aw_reader *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t aw_read_u32le(struct aw_reader *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t aw_read_u64le(struct aw_reader *r)
{
    return read_le(r, 8);
}

/* Where the next n bytes go, or NULL. `at` saturates, so that it never claims too small a size. */
static uint8_t *take(struct aw_writer *w, uint32_t n)
{
    bool fits = !w->bad && w->at <= w->capacity && w->capacity - w->at >= n;
    uint8_t *to = fits ? w->bytes + w->at : NULL;
    w->at = n > UINT32_MAX - w->at ? UINT32_MAX : w->at + n;
    w->bad = !fits;
    return to;
}

static void write_le(struct aw_writer *w, uint64_t value, uint32_t n)
{
    uint8_t *to = take(w, n);
    for (uint32_t i = 0; to && i < n; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

void aw_write_u8(struct aw_writer *w, uint8_t value)
{
    write_le(w, value, 1);
}

void aw_write_u16le(struct aw_writer *w, uint16_t value)
{
    write_le(w, value, 2);
}

void aw_write_u32le(struct aw_writer *w, uint32_t value)
{
    write_le(w, value, 4);
}

void aw_write_u64le(struct aw_writer *w, uint64_t value)
{
    write_le(w, value, 8);
}

void aw_write_bytes(struct aw_writer *w, const void *src, uint32_t n)
{
    uint8_t *to = take(w, n);
    if (to && n > 0)
        memcpy(to, src, n);
}

void aw_write_align(struct aw_writer *w, uint32_t alignment)
{
    uint32_t over = w->at % alignment;
    if (over == 0)
        return;
    uint8_t *to = take(w, alignment - over);
    if (to)
        memset(to, 0, alignment - over);
}

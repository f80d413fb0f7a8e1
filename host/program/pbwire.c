#include "program/pbwire.h"

#include <string.h>

enum { VARINT = 0, LENGTH_DELIMITED = 2, FIXED32 = 5 };

static unsigned put_varint(char bytes[10], uint64_t value)
{
    unsigned count = 0;
    while (value >= 0x80) {
        bytes[count++] = (char)(value | 0x80);
        value >>= 7;
    }
    bytes[count++] = (char)value;
    return count;
}

static void append_varint(struct awh_str *out, uint64_t value)
{
    char bytes[10];
    awh_str_append_n(out, bytes, put_varint(bytes, value));
}

static void append_tag(struct awh_str *out, uint32_t field, unsigned type)
{
    append_varint(out, (uint64_t)field << 3 | type);
}

void awh_pb_int(struct awh_str *out, uint32_t field, int64_t value)
{
    append_tag(out, field, VARINT);
    append_varint(out, (uint64_t)value);
}

static void put_float(char bytes[4], float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (char)(bits >> (8 * i));
}

void awh_pb_float(struct awh_str *out, uint32_t field, float value)
{
    char bytes[4];
    append_tag(out, field, FIXED32);
    put_float(bytes, value);
    awh_str_append_n(out, bytes, sizeof bytes);
}

void awh_pb_bytes(struct awh_str *out, uint32_t field, const void *bytes, size_t size)
{
    append_tag(out, field, LENGTH_DELIMITED);
    append_varint(out, size);
    awh_str_append_n(out, bytes, size);
}

void awh_pb_text(struct awh_str *out, uint32_t field, const char *text)
{
    awh_pb_bytes(out, field, text, strlen(text));
}

size_t awh_pb_begin(struct awh_str *out, uint32_t field)
{
    append_tag(out, field, LENGTH_DELIMITED);
    return out->size;
}

/* The length comes before what it counts and has a size of its own: the message moves up. */
void awh_pb_end(struct awh_str *out, size_t mark)
{
    if (out->failed)
        return;
    char bytes[10];
    size_t size = out->size - mark;
    unsigned count = put_varint(bytes, size);
    awh_str_append_n(out, bytes, count);
    if (out->failed)
        return;
    memmove(out->text + mark + count, out->text + mark, size);
    memcpy(out->text + mark, bytes, count);
}

void awh_pb_packed_ints(struct awh_str *out, uint32_t field, const int64_t *values, size_t count)
{
    if (count == 0)
        return;
    size_t mark = awh_pb_begin(out, field);
    for (size_t i = 0; i < count; i++)
        append_varint(out, (uint64_t)values[i]);
    awh_pb_end(out, mark);
}

void awh_pb_raw_floats(struct awh_str *out, const float *values, size_t count)
{
    char bytes[1024];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        put_float(bytes + used, values[i]);
        used += 4;
        if (used == sizeof bytes || i + 1 == count) {
            awh_str_append_n(out, bytes, used);
            used = 0;
        }
    }
}

void awh_pb_packed_floats(struct awh_str *out, uint32_t field, const float *values, size_t count)
{
    if (count == 0)
        return;
    append_tag(out, field, LENGTH_DELIMITED);
    append_varint(out, (uint64_t)count * 4);
    awh_pb_raw_floats(out, values, count);
}

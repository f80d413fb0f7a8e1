/* Writes protobuf's wire format: what Caffe and ONNX models are made of.
 *
 * Appends to a growing buffer, whose latched `failed` is checked once at the end. Field numbers are
 * 1 to 2^29 - 1. */
#ifndef AWH_PBWIRE_H
#define AWH_PBWIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* int32, int64, bool and enum fields; negative numbers take ten bytes, as protobuf has it. */
void awh_pb_int(struct awh_str *out, uint32_t field, int64_t value);
void awh_pb_float(struct awh_str *out, uint32_t field, float value);
/* string and bytes fields. */
void awh_pb_text(struct awh_str *out, uint32_t field, const char *text);
void awh_pb_bytes(struct awh_str *out, uint32_t field, const void *bytes, size_t size);

/* A nested message is what is written between begin and end; they nest. `end` gets what `begin`
 * returned. */
size_t awh_pb_begin(struct awh_str *out, uint32_t field);
void awh_pb_end(struct awh_str *out, size_t mark);

/* Packed repeated fields; nothing is written for a count of 0. Floats are little-endian. */
void awh_pb_packed_ints(struct awh_str *out, uint32_t field, const int64_t *values, size_t count);
void awh_pb_packed_floats(struct awh_str *out, uint32_t field, const float *values, size_t count);
/* The same floats without field and length, for a bytes field such as ONNX's raw_data. */
void awh_pb_raw_floats(struct awh_str *out, const float *values, size_t count);

#endif

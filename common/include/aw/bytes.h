/* Little-endian readers and writers that latch the first overrun; check `bad` once at the end. */
#ifndef AW_BYTES_H
#define AW_BYTES_H

#include <stdbool.h>
#include <stdint.h>

struct aw_reader {
    const uint8_t *bytes; /* borrowed */
    uint32_t size;
    uint32_t at;
    bool bad; /* a read went past the end; every later read gives 0 */
};

struct aw_writer {
    uint8_t *bytes; /* borrowed */
    uint32_t capacity;
    uint32_t at; /* keeps counting after an overrun, so that it tells the size needed */
    bool bad;
};

uint8_t aw_read_u8(struct aw_reader *r);
uint16_t aw_read_u16le(struct aw_reader *r);
uint32_t aw_read_u32le(struct aw_reader *r);
uint64_t aw_read_u64le(struct aw_reader *r);

void aw_write_u8(struct aw_writer *w, uint8_t value);
void aw_write_u16le(struct aw_writer *w, uint16_t value);
void aw_write_u32le(struct aw_writer *w, uint32_t value);
void aw_write_u64le(struct aw_writer *w, uint64_t value);
void aw_write_bytes(struct aw_writer *w, const void *src, uint32_t n);
/* Writes zeros until `at` is a multiple of `alignment`. */
void aw_write_align(struct aw_writer *w, uint32_t alignment);

#endif

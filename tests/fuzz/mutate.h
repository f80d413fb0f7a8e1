/* Programs and frames that are almost right, each made by its seed alone. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stdbool.h>
#include <stdint.h>

#define FUZZ_PROGRAM_BYTES 16384u
#define FUZZ_FRAMES_BYTES  65536u

struct fuzz_program {
    uint32_t size;
    uint32_t announced_bytes, announced_crc; /* of LoadBegin; now and then they do not fit */
    uint8_t bytes[FUZZ_PROGRAM_BYTES];
};

/* Call once. */
void fuzz_init(void);
/* A program with every op, or a small net, with up to 6 changes; mostly with its CRC put right, so
 * that it gets beyond that. */
void fuzz_make_program(uint32_t seed, struct fuzz_program *out);
/* Puts size and CRC of the program right, and announces it so. */
void fuzz_right_crc(struct fuzz_program *program);
/* 1 to 40 frames in the order of a conversation or not, with changes behind their CRC, changes on
 * the line, and noise between them; returns the bytes and how many frames. */
uint32_t fuzz_make_frames(uint32_t seed, uint8_t bytes[FUZZ_FRAMES_BYTES], uint32_t *frames_out);

#endif

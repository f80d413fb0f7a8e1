/* The checks of board-fuzz, for its own mutator and for libFuzzer. */
#ifndef BOARD_FUZZ_H
#define BOARD_FUZZ_H

#include <stdint.h>

#include "fuzz/mutate.h"

struct totals;

/* Each from an empty board on. NULL, or what is wrong. */
const char *board_fuzz_program(const struct fuzz_program *program, struct totals *totals);
const char *board_fuzz_frames(const uint8_t *bytes, uint32_t size);

#endif

/* The checks of board-fuzz, for its own mutator and for libFuzzer. */
#ifndef BOARD_FUZZ_H
#define BOARD_FUZZ_H

#include <stdint.h>

#include "aw/program.h"
#include "fuzz/mutate.h"

struct board_fuzz_totals {
    uint32_t programs, loaded, ran, frames, frame_cases;
};

/* Whether running the program takes milliseconds at most. */
bool board_fuzz_is_cheap(const struct aw_program *program);
/* Each from an empty board on. NULL, or what is wrong. `totals` (loaded, ran) may be NULL. */
const char *board_fuzz_program(const struct fuzz_program *program,
                               struct board_fuzz_totals *totals);
const char *board_fuzz_frames(const uint8_t *bytes, uint32_t size);

#endif

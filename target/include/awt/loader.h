/* Makes an uploaded program ready to run: validated, planned, weights packed, everything that a
 * timed pass needs looked up beforehand. */
#ifndef AWT_LOADER_H
#define AWT_LOADER_H

#include "aw/program.h"
#include "awt/fault.h"
#include "awt/hal.h"
#include "awt/kernel.h"

#include "../../config.h"

/* One layer, ready to run. */
struct awt_slot {
    void (*run)(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
    const int8_t *table; /* 256 entries applied to the output afterwards; NULL: none */
    struct aw_buffers buffers;
    struct aw_plan plan;
};
_Static_assert(sizeof(struct awt_slot) <= AWT_SLOT_BYTES, "the board sets that much aside");

/* A loaded program. Tensors lie in the arena at their offsets, scratch behind them; weight memory
 * holds packed weights, biases and tables, each at a multiple of 16. */
struct awt_net {
    struct aw_program program; /* borrows the program memory */
    struct awt_slot *slots;    /* AWT_MAX_LAYERS, in the board's tables */
    uint32_t layer_count;
    int8_t *input;
    uint32_t input_bytes;
    const int8_t *output;
    uint32_t output_bytes;
    void *scratch;
    uint32_t weight_bytes; /* weight memory in use */
};

/* An empty net. */
void awt_net_init(struct awt_net *net, const struct awb_memory *memory);
/* Loads the program in memory->program[0..size). On failure `net` is not to be run and `fault` says
 * why. */
AW_MUST_USE enum aw_err awt_net_load(struct awt_net *net, const struct awb_memory *memory,
                                     uint32_t size, struct awt_fault *fault);

#endif

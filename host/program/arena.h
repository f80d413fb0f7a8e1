/* Places a program's tensors in the activation arena. */
#ifndef AWH_PROGRAM_ARENA_H
#define AWH_PROGRAM_ARENA_H

#include "aw/program.h"
#include "base/diag.h"

struct awh_placement {
    uint32_t arena_bytes; /* end of the last tensor, a multiple of 16 */
    uint32_t bound_bytes; /* what no placement can go below: the most bytes that live at one time */
};

/* Sets the offsets of all tensors, multiples of 16. A tensor lives from the layer that writes it
 * (the input: from before the first) to the last layer that reads it (the output: to the end).
 *
 * The output of add, mul and act takes the place of in0 when in0 is last read there; an add whose
 * in1 dies but whose in0 does not has its operands swapped for that. Tensors that share a place
 * count once in the bound. Every layer's tensor ids must be valid and each tensor written once
 * before it is read. AW_ERR_RANGE when the arena would not fit 32 bits. */
AW_MUST_USE enum aw_err awh_arena_place(struct aw_tensor *tensors, uint16_t tensor_count,
                                        struct aw_layer *layers, uint16_t layer_count,
                                        uint16_t output, struct awh_placement *placement_out,
                                        struct awh_diag *diag);

#endif

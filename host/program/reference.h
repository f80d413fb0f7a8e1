/* Runs a program on the host with the references: what a verified run must give. */
#ifndef AWH_REFERENCE_H
#define AWH_REFERENCE_H

#include "aw/program.h"
#include "base/diag.h"

/* One pass of an opened program on its seeded input. crcs[i] becomes the CRC-32 of the output of
 * layer i, for all program->layer_count layers. Fails when memory is short, or when packed weights
 * are not what their packing makes. */
AW_MUST_USE enum aw_err awh_reference_run(const struct aw_program *program, uint32_t *crcs,
                                          struct awh_diag *diag);

/* Sees the output of every layer right after it is made, [h][w][c]. */
struct awh_reference_observer {
    void (*layer)(void *context, uint16_t index, const int8_t *values, uint32_t count);
    void *context;
};

/* The same on any input, [h][w][c] at the position of the program's; NULL: the seeded one. */
AW_MUST_USE enum aw_err awh_reference_observe(const struct aw_program *program, const int8_t *input,
                                              const struct awh_reference_observer *observer,
                                              struct awh_diag *diag);

#endif

/* Parameters that a program carries, instead of the seeds to make them of. */
#ifndef AWH_EMBED_H
#define AWH_EMBED_H

#include "aw/program.h"
#include "program/quantise.h"

/* Gives a program the seeded parameters, as numbers, where it has none of its own yet: it then
 * computes what the seeded program does, to the bit. */
AW_MUST_USE enum aw_err awh_embed_seeded(struct awh_arena *arena, struct awh_quantised *program,
                                         struct awh_diag *diag);

/* Layers and weight block of a program with parameters, as aw_program_write takes them; in the
 * arena. `net` names it in errors. */
struct awh_embedded {
    const struct aw_layer *layers;
    const uint8_t *weights;
    uint32_t weights_size;
};
AW_MUST_USE enum aw_err awh_embed(struct awh_arena *arena, const char *net,
                                  const struct awh_quantised *program, struct awh_embedded *out,
                                  struct awh_diag *diag);

/* Canonical weights of a layer from packed ones, plan->weight_count of them at `canonical`.
 * AW_ERR_FORMAT when the packing would not make `packed` of any weights. */
AW_MUST_USE enum aw_err awh_unpack_weights(const struct aw_packing *packing,
                                           const struct aw_plan *plan, const int8_t *packed,
                                           int8_t *canonical, struct awh_diag *diag);

#endif

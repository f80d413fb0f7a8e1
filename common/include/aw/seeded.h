/* The parameters that a seeded program does not carry: made from a layer's seed, equal on host and
 * target.
 *
 * Weights and biases that are merely random make nets that no trained net resembles: what all
 * channels have in common grows from layer to layer until it hides what the input said, a few
 * channels outgrow the others, and eight bits are then spent on those. Batch norm and training
 * prevent this in real nets, these rules in ours:
 *
 * - conv2d: aw_rng_weights(seed); from each filter that reads at least AW_SEEDED_CENTRED channels,
 *   its mean is taken away (rounded half up, the result saturated to [-127, 127]), as a batch norm
 *   takes away what all inputs have in common. Filters of a first layer keep theirs, to see colour.
 *
 * - dwconv2d: w * 5 / 8 + 48 of those, rounded down, in [-32, 127]: mostly positive, as such
 * filters blur or pass on. All channels keep about their scale.
 *
 * - biases: aw_rng_bias(seed, bias_bits); those of a conv2d with an activation are mirrored to
 *   [0, 2^bits), so that more of its values lie where the activation passes them on. */
#ifndef AW_SEEDED_H
#define AW_SEEDED_H

#include "aw/op.h"

#define AW_SEEDED_CENTRED 8u

/* True when the biases of this layer are in [0, 2^bits). */
bool aw_seeded_bias_lifts(const struct aw_layer *layer);

/* plan->weight_count weights in canonical order. */
void aw_seeded_weights(const struct aw_plan *plan, int8_t *weights);

/* `count` biases of a layer whose bias_bits are not 0. */
void aw_seeded_bias(const struct aw_layer *layer, uint32_t count, int32_t *bias);

#endif

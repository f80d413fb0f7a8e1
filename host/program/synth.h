/* Synthetic parameters: the one place that says what the weights of a profiled net are.
 *
 * A latency does not depend on weight values, and a search space has no trained ones, so every
 * convolution draws its parameters with a seed of its own:
 *
 *   weight   int8, by the rule of aw/seeded.h, at the position of awh_synth_weight_pos
 *   bias     int32, by the rule of aw/seeded.h in [-2^bits, 2^bits) or [0, 2^bits), at the position
 *            of the accumulator (in.pos + w_pos), with bits of awh_synth_bias_bits
 *
 * Batch norm y = (x - mean) / sqrt(var + eps) * gamma + beta folds into the convolution before it
 * as weight * s and (bias - mean) * s + beta with s = gamma / sqrt(var + eps), per output channel.
 * The synthetic statistics are the identity: mean 0, var 1 - eps, gamma 1, beta 0. So s = 1, the
 * folded weights are the drawn weights and the folded bias is the drawn bias. A net with real
 * parameters applies the formula to its floats before it quantises them; fold.c stays as it is. */
#ifndef AWH_SYNTH_H
#define AWH_SYNTH_H

#include "aw/op.h"

/* Seed of the weights and bias of layer `layer_index`. It does not depend on the net: the same
 * compile seed and index give the same stream everywhere. */
uint32_t awh_synth_layer_seed(uint32_t compile_seed, uint32_t layer_index);

/* Position of the drawn weights: the one that brings the accumulators of the seeded input, in real
 * numbers, nearest in log2 to the standard deviation that batch norm gives a trained net, which is
 * about 1; 2 before an activation, so that a verified run reaches both bends of relu6 and h_swish.
 * 1 before a gate, whose errors all pixels of a channel share; 1/4 at the end of a branch that is
 * added to what went around it, so that a chain of blocks corrects its input instead of drowning
 * it. A rule from fan-in alone (He's) lets the signal fade: h_swish and a squeeze-and-excite halve
 * small values, so that after ten blocks every gate is 0.5 and a wrong kernel before it would go
 * unnoticed. `accumulator_deviation` is that of the integers, without bias; in_pos the position of
 * the input. */
int8_t awh_synth_weight_pos(double accumulator_deviation, int in_pos, uint8_t act, bool is_branch);

/* Bits of a bias, as far as worst-case accumulators (128 * 127 * fan_in and the bias) fit 32 bits.
 * fan_in is kernel_h * kernel_w * in_ch / groups. With d the standard deviation of the accumulators
 * without bias: a bias of either sign deviates by about d / 4 (0.18 to 0.36 d). One that lifts
 * (aw_seeded_bias_lifts) is 0.9 to 1.7 d on average, so that most values are where an activation
 * passes them on: there, eight bits tell more of them apart, and an error does not grow. */
uint8_t awh_synth_bias_bits(double accumulator_deviation, uint32_t fan_in, bool lifts);

#endif

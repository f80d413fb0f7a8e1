#include "program/synth.h"

#include <math.h>

#include "aw/rng.h"

/* Of weights that meet only zeros: |weight| < 1. */
#define POS_OF_UNUSED 7

uint32_t awh_synth_layer_seed(uint32_t compile_seed, uint32_t layer_index)
{
    return aw_rng_word(compile_seed, layer_index);
}

int8_t awh_synth_weight_pos(double accumulator_deviation, int in_pos, uint8_t act, bool is_branch)
{
    if (accumulator_deviation == 0.0)
        return POS_OF_UNUSED;
    bool gate = act == AW_ACT_H_SIGMOID || act == AW_ACT_SIGMOID;
    double wanted = is_branch ? 0.25 : act == AW_ACT_NONE || gate ? 1.0 : 2.0;
    long pos = lround(log2(accumulator_deviation / wanted)) - in_pos;
    return (int8_t)(pos < AW_POS_MIN ? AW_POS_MIN : pos > AW_POS_MAX ? AW_POS_MAX : pos);
}

uint8_t awh_synth_bias_bits(double accumulator_deviation, uint32_t fan_in, bool lifts)
{
    int64_t worst = INT64_C(128) * 127 * fan_in;
    /* Uniform in [-2^bits, 2^bits) deviates by 2^bits / sqrt(3); in [0, 2^bits) it is half of
     * 2^bits on average. */
    double wanted = (lifts ? 1.4 : 0.25) * sqrt(3.0) * accumulator_deviation;
    long bits = wanted < 2.0 ? 1 : lround(log2(wanted));
    if (bits > 30)
        bits = 30;
    while (bits > 1 && worst + (INT64_C(1) << bits) > INT32_MAX)
        bits--;
    return (uint8_t)bits;
}

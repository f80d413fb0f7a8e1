/* Fixed point with a power-of-two position: real = q * 2^-pos.
 *
 * Rounding of activations is half toward +infinity: floor(x + 1/2). This is the DPU's rule
 * (caffe-xilinx quantize.cpp: a tie of a negative number goes toward +infinity). */
#ifndef AW_QUANT_H
#define AW_QUANT_H

#include <stdint.h>

/* Positions accepted anywhere in a program. */
#define AW_POS_MIN (-16)
#define AW_POS_MAX 24

/* value * 2^-shift, rounded half toward +infinity; a negative shift is a left shift.
 * shift is in [-31, 62]; the caller makes sure that a left shift does not overflow 64 bits. */
static inline int64_t aw_round_shift(int64_t value, int shift)
{
    if (shift > 0)
        return (value + (INT64_C(1) << (shift - 1))) >> shift;
    return value * (INT64_C(1) << -shift);
}

static inline int8_t aw_sat8(int64_t value)
{
    return value > 127 ? 127 : value < -128 ? -128 : (int8_t)value;
}

/* numerator / denominator rounded half toward +infinity; denominator > 0. */
static inline int64_t aw_round_div(int64_t numerator, int64_t denominator)
{
    int64_t twice = 2 * numerator + denominator, d = 2 * denominator;
    int64_t q = twice / d;
    return twice % d < 0 ? q - 1 : q;
}

#endif

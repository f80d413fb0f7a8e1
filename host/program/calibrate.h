/* Choice of power-of-two positions from the values that a layer really makes. */
#ifndef AWH_CALIBRATE_H
#define AWH_CALIBRATE_H

#include <stddef.h>

#include "aw/op.h"

/* The wide integers of one layer: value i is values[i] * 2^-pos / divisor (the divisor is 1 but for
 * means, whose wide values are sums). */
struct awh_wide {
    const int32_t *values; /* borrowed */
    size_t count;
    int pos;
    int32_t divisor;
};

/* Positions that a program accepts for a value whose wide integers have this position. */
struct awh_pos_range {
    int min, max; /* inclusive */
};
struct awh_pos_range awh_pos_range_of(int wide_pos);

/* Largest position at which nothing in [min, max] saturates: floor(log2(1 / step)) with
 * step = max(min / -128.5, max / 127.5). Not for an all-zero range. */
int awh_pos_overflow(double min, double max);

/* Position for the wide values after the clamp of `act` (tables do not clamp): of awh_pos_overflow
 * and the four after it, the one of least squared error when requantised as a layer does it; the
 * smallest of equals. Finer positions may saturate outliers. All candidates are held inside
 * `range`. When all values are zero every position is exact, and the nearest one to 7 in `range` is
 * taken. */
int awh_pos_choose(const struct awh_wide *wide, uint8_t act, struct awh_pos_range range);

/* Requantises the wide values to mid_pos and clamps them, as the references do: what a layer holds
 * before its table. Returns how many were cut off at -128 or 127 where the activation does not
 * clamp. */
uint64_t awh_wide_finish(const struct awh_wide *wide, uint8_t act, int mid_pos, int8_t *out);

/* The value of an activation, in double. */
double awh_act_value(uint8_t act, double x);

/* Fills table[q + 128] with the activation of q * 2^-in_pos at out_pos, rounded half toward
 * +infinity, saturated: aw_act_table where it can, in double for sigmoid and tanh. */
AW_MUST_USE enum aw_err awh_act_table(uint8_t act, int in_pos, int out_pos, int8_t table[256]);

/* Position for a table's outputs, chosen as above over a histogram of its inputs. */
AW_MUST_USE enum aw_err awh_pos_choose_table(const size_t histogram[256], uint8_t act, int in_pos,
                                             int *out_pos);

#endif

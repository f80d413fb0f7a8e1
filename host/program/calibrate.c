#include "program/calibrate.h"

#include <math.h>

#define CANDIDATES   5
#define POS_OF_ZEROS 7
/* Of aw_plan.shift. */
#define SHIFT_MIN (-8)
#define SHIFT_MAX 31

/* Values that are tried at a time: enough for vector code, and a position that is worse than the
 * best so far is given up after few of them. */
#define CHUNK 256u
#define LANES 4u

struct awh_pos_range awh_pos_range_of(int wide_pos)
{
    int min = wide_pos - SHIFT_MAX, max = wide_pos - SHIFT_MIN;
    return (struct awh_pos_range){
        .min = min < AW_POS_MIN ? AW_POS_MIN : min,
        .max = max > AW_POS_MAX ? AW_POS_MAX : max,
    };
}

static int hold(int pos, struct awh_pos_range range)
{
    return pos < range.min ? range.min : pos > range.max ? range.max : pos;
}

int awh_pos_overflow(double min, double max)
{
    double step = fmax(min / -128.5, max / 127.5);
    int exponent;
    /* step = mantissa * 2^exponent with mantissa in [0.5, 1): exact, where log2 is not. */
    double mantissa = frexp(step, &exponent);
    return mantissa == 0.5 ? 1 - exponent : -exponent;
}

/* Limits of the clamp in units of the wide values, as far as these reach. */
static void clamp_limits(const struct awh_wide *wide, uint8_t act, int32_t *low, int32_t *high)
{
    double one = ldexp(wide->divisor, wide->pos);
    *low = act == AW_ACT_RELU || act == AW_ACT_RELU6 ? 0 : INT32_MIN;
    *high = INT32_MAX;
    if (act == AW_ACT_RELU6 && 6.0 * one < INT32_MAX)
        *high = (int32_t)(6.0 * one);
    if (act == AW_ACT_HARDTANH && one < INT32_MAX) {
        *low = -(int32_t)one;
        *high = (int32_t)one;
    }
}

static void clamp_all(int32_t low, int32_t high, size_t n, const int32_t *values, int32_t *clamped)
{
    for (size_t i = 0; i < n; i++) {
        int32_t value = values[i] < low ? low : values[i];
        clamped[i] = value > high ? high : value;
    }
}

/* False when all values are zero. */
static bool find_range(const struct awh_wide *wide, uint8_t act, double *min_out, double *max_out)
{
    int32_t min = INT32_MAX, max = INT32_MIN;
    for (size_t i = 0; i < wide->count; i++) {
        min = wide->values[i] < min ? wide->values[i] : min;
        max = wide->values[i] > max ? wide->values[i] : max;
    }
    int32_t limits[2], clamped[2] = {min, max};
    clamp_limits(wide, act, &limits[0], &limits[1]);
    clamp_all(limits[0], limits[1], 2, clamped, clamped);
    double unit = ldexp(1.0 / wide->divisor, -wide->pos);
    *min_out = unit * clamped[0];
    *max_out = unit * clamped[1];
    return wide->count > 0 && (*min_out != 0.0 || *max_out != 0.0);
}

static int64_t scale_wide(int32_t value, int shift, int32_t divisor)
{
    if (divisor == 1)
        return aw_round_shift(value, shift);
    int64_t numerator = shift < 0 ? (int64_t)value * (INT64_C(1) << -shift) : value;
    int64_t denominator = shift > 0 ? (int64_t)divisor << shift : divisor;
    return aw_round_div(numerator, denominator);
}

/* Requantises n values to position wide->pos - shift. What does not fit 8 bits stays outside them.
 */
static void requantise(const struct awh_wide *wide, const int32_t *values, size_t n, int shift,
                       int32_t *q)
{
    if (wide->divisor == 1 && shift > 0) {
        /* aw_round_shift in 32 bits, without its intermediate sum, which needs 33. */
        for (size_t i = 0; i < n; i++)
            q[i] = (values[i] >> shift) + (values[i] >> (shift - 1) & 1);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t scaled = scale_wide(values[i], shift, wide->divisor);
        q[i] = scaled < INT32_MIN ? INT32_MIN : scaled > INT32_MAX ? INT32_MAX : (int32_t)scaled;
    }
}

/* Several sums, so that additions need not wait for each other. */
static double sum_of_squares(const double *values, size_t n)
{
    double sums[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        sums[i % LANES] += values[i] * values[i];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* In units of the wide values, so that errors of different positions compare. Stops once it exceeds
 * `enough`. */
static double squared_error(const struct awh_wide *wide, uint8_t act, int pos, double enough)
{
    int shift = wide->pos - pos;
    int32_t low, high, q[CHUNK], exact[CHUNK];
    double unit = ldexp((double)wide->divisor, shift), off[CHUNK], error = 0.0;
    int8_t q_low, q_high;
    clamp_limits(wide, act, &low, &high);
    aw_act_limits(act, pos, &q_low, &q_high);
    for (size_t at = 0; at < wide->count && error <= enough; at += CHUNK) {
        size_t n = wide->count - at < CHUNK ? wide->count - at : CHUNK;
        requantise(wide, wide->values + at, n, shift, q);
        clamp_all(q_low, q_high, n, q, q);
        clamp_all(low, high, n, wide->values + at, exact);
        for (size_t i = 0; i < n; i++)
            off[i] = q[i] * unit - exact[i];
        error += sum_of_squares(off, n);
    }
    return error;
}

int awh_pos_choose(const struct awh_wide *wide, uint8_t act, struct awh_pos_range range)
{
    double min, max;
    if (!find_range(wide, act, &min, &max))
        return hold(POS_OF_ZEROS, range);
    int first = awh_pos_overflow(min, max), best = hold(first, range);
    double least = INFINITY;
    for (int pos = first; pos < first + CANDIDATES; pos++) {
        if (pos != hold(pos, range))
            continue;
        double error = squared_error(wide, act, pos, least);
        if (error < least) {
            least = error;
            best = pos;
        }
    }
    return best;
}

uint64_t awh_wide_finish(const struct awh_wide *wide, uint8_t act, int mid_pos, int8_t *out)
{
    uint64_t saturated = 0;
    int8_t low, high;
    int32_t q[CHUNK];
    aw_act_limits(act, mid_pos, &low, &high);
    for (size_t at = 0; at < wide->count; at += CHUNK) {
        size_t n = wide->count - at < CHUNK ? wide->count - at : CHUNK;
        requantise(wide, wide->values + at, n, wide->pos - mid_pos, q);
        for (size_t i = 0; i < n; i++)
            saturated += (uint32_t)(q[i] < -128 && low == -128) + (q[i] > 127 && high == 127);
        clamp_all(low, high, n, q, q);
        for (size_t i = 0; i < n; i++)
            out[at + i] = (int8_t)q[i];
    }
    return saturated;
}

double awh_act_value(uint8_t act, double x)
{
    switch (act) {
    case AW_ACT_RELU:
        return fmax(x, 0.0);
    case AW_ACT_RELU6:
        return fmin(fmax(x, 0.0), 6.0);
    case AW_ACT_H_SWISH:
        return x * fmin(fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case AW_ACT_H_SIGMOID:
        return fmin(fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case AW_ACT_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case AW_ACT_TANH:
        return tanh(x);
    case AW_ACT_HARDTANH:
        return fmin(fmax(x, -1.0), 1.0);
    default:
        return x;
    }
}

enum aw_err awh_act_table(uint8_t act, int in_pos, int out_pos, int8_t table[256])
{
    if (act != AW_ACT_SIGMOID && act != AW_ACT_TANH)
        return aw_act_table(act, in_pos, out_pos, table);
    for (int q = -128; q < 128; q++) {
        double value = ldexp(awh_act_value(act, ldexp(q, -in_pos)), out_pos);
        /* Both functions are within [-1, 1] and out_pos is at most 24. */
        table[q + 128] = aw_sat8((int64_t)floor(value + 0.5));
    }
    return AW_OK;
}

static enum aw_err table_error(const size_t histogram[256], uint8_t act, int in_pos, int out_pos,
                               double *error_out)
{
    int8_t table[256];
    enum aw_err err = awh_act_table(act, in_pos, out_pos, table);
    if (err)
        return err;
    double error = 0.0;
    for (int i = 0; i < 256; i++) {
        double off = ldexp(table[i], -out_pos) - awh_act_value(act, ldexp(i - 128, -in_pos));
        error += (double)histogram[i] * off * off;
    }
    *error_out = error;
    return AW_OK;
}

enum aw_err awh_pos_choose_table(const size_t histogram[256], uint8_t act, int in_pos, int *out_pos)
{
    static const struct awh_pos_range all = {.min = AW_POS_MIN, .max = AW_POS_MAX};
    double min = 0.0, max = 0.0, least = INFINITY;
    for (int i = 0; i < 256; i++) {
        if (histogram[i] == 0)
            continue;
        double value = awh_act_value(act, ldexp(i - 128, -in_pos));
        min = fmin(min, value);
        max = fmax(max, value);
    }
    if (min == 0.0 && max == 0.0) {
        *out_pos = POS_OF_ZEROS;
        return AW_OK;
    }
    int first = awh_pos_overflow(min, max), best = hold(first, all);
    for (int pos = first; pos < first + CANDIDATES; pos++) {
        double error;
        if (pos != hold(pos, all))
            continue;
        enum aw_err err = table_error(histogram, act, in_pos, pos, &error);
        if (err)
            return err;
        if (error < least) {
            least = error;
            best = pos;
        }
    }
    *out_pos = best;
    return AW_OK;
}

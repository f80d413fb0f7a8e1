/* Activations: clamp limits and the 256-entry tables that integers can make. */
#include "aw/op.h"

bool aw_act_is_table(uint8_t act)
{
    return act >= AW_ACT_H_SWISH && act <= AW_ACT_TANH;
}

void aw_act_limits(uint8_t act, int pos, int8_t *lo, int8_t *hi)
{
    bool clamps = act == AW_ACT_RELU || act == AW_ACT_RELU6;
    *lo = clamps ? 0 : -128;
    *hi = act == AW_ACT_RELU6 ? aw_sat8(aw_round_shift(6, -pos)) : 127;
    if (act == AW_ACT_HARDTANH) {
        *lo = aw_sat8(aw_round_shift(-1, -pos));
        *hi = aw_sat8(aw_round_shift(1, -pos));
    }
}

/* x as an exact fraction: numerator / one, with one a power of two. */
struct real {
    int64_t numerator;
    int one_log2; /* 0..AW_POS_MAX */
};

static struct real real_of(int q, int pos)
{
    if (pos >= 0)
        return (struct real){.numerator = q, .one_log2 = pos};
    return (struct real){.numerator = (int64_t)q * (INT64_C(1) << -pos), .one_log2 = 0};
}

static int64_t clamp(int64_t value, int64_t lo, int64_t hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

/* numerator * 2^exponent / 6, rounded half toward +infinity and saturated; |numerator| < 2^35 and
 * exponent <= AW_POS_MAX. */
static int8_t scaled_sixth(int64_t numerator, int exponent)
{
    if (exponent >= 0)
        return aw_sat8(aw_round_div(numerator * (INT64_C(1) << exponent), 6));
    /* Beyond 2^-40 the value is less than 2^35 / 2^40 / 6 in size, which rounds to 0. */
    return exponent < -40 ? 0 : aw_sat8(aw_round_div(numerator, INT64_C(6) << -exponent));
}

static int8_t h_swish(struct real x, int out_pos)
{
    int64_t three = INT64_C(3) << x.one_log2;
    if (x.numerator <= -three)
        return 0;
    if (x.numerator >= three)
        return aw_sat8(aw_round_shift(x.numerator, x.one_log2 - out_pos));
    /* x (x + 3) / 6. |x| < 3 and q is 8 bits, so the product is below 2^8 * 3 * 2^25 < 2^35. */
    return scaled_sixth(x.numerator * (x.numerator + three), out_pos - 2 * x.one_log2);
}

static int8_t activate(uint8_t act, struct real x, int out_pos)
{
    int64_t one = INT64_C(1) << x.one_log2;
    int shift = x.one_log2 - out_pos;
    switch (act) {
    case AW_ACT_RELU:
        return aw_sat8(aw_round_shift(x.numerator > 0 ? x.numerator : 0, shift));
    case AW_ACT_RELU6:
        return aw_sat8(aw_round_shift(clamp(x.numerator, 0, 6 * one), shift));
    case AW_ACT_HARDTANH:
        return aw_sat8(aw_round_shift(clamp(x.numerator, -one, one), shift));
    case AW_ACT_H_SIGMOID:
        return scaled_sixth(clamp(x.numerator + 3 * one, 0, 6 * one), -shift);
    default:
        return h_swish(x, out_pos);
    }
}

enum aw_err aw_act_table(uint8_t act, int in_pos, int out_pos, int8_t table[256])
{
    if (act == AW_ACT_NONE || act == AW_ACT_SIGMOID || act == AW_ACT_TANH || act >= AW_ACT_COUNT)
        return AW_ERR_UNSUPPORTED;
    if (in_pos < AW_POS_MIN || in_pos > AW_POS_MAX || out_pos < AW_POS_MIN || out_pos > AW_POS_MAX)
        return AW_ERR_RANGE;
    for (int q = -128; q <= 127; q++)
        table[q + 128] = activate(act, real_of(q, in_pos), out_pos);
    return AW_OK;
}

void aw_table_apply(const int8_t table[256], int8_t *data, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        data[i] = table[data[i] + 128];
}

/* Sums, products and look-ups: 4 values at a time, memory in order. */
#include "dsp.h"

void dsp_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const int8_t *in = buffers->in0;
    int8_t *out = buffers->out;
    (void)scratch;
    for (int32_t left = (int32_t)plan->out_bytes; left > 0; left -= 4, in += 4, out += 4) {
        uint32_t q = dsp_load(in);
        q = plan->shift == 0 ? dsp_clamp4(q, &finish) : dsp_finish_bytes(q, &finish);
        dsp_store_part(out, q, left < 4 ? (uint32_t)left : 4);
    }
}

/* Both inputs' shifts and that of the sum work on two halves of a word at once: a multiple of every
 * shift's 2^s is added first, so that halves are positive, and a mask removes what one half shifts
 * into the other. Shifts that leave nothing are cut to the first such. */
struct add_shift {
    uint32_t add, mask;
    uint32_t shift;
    uint32_t bias; /* that the result has, in one half */
};

#define BOTH 0x00010001u

static struct add_shift add_shift_of(int shift, uint32_t bias)
{
    uint32_t s = shift <= 0 ? 0 : aw_min_u32((uint32_t)shift, (uint32_t)__builtin_ctz(bias));
    uint32_t half = s > 0 ? 1u << (s - 1) : 0;
    return (struct add_shift){
        .add = (bias + half) * BOTH,
        .mask = (0xFFFFu >> s) * BOTH,
        .shift = s,
        .bias = bias >> s,
    };
}

/* Of int8: 8 or more leave 0. Of their sums: 10 or more. */
#define IN_BIAS  256u
#define SUM_BIAS 1024u

struct add {
    struct add_shift in0, in1, sum;
    uint32_t bias; /* of the result, in both halves */
    int32_t left;
};

DSP_INLINE uint32_t add_halves(const struct add *add, uint32_t a, uint32_t b)
{
    a = a >> add->in0.shift & add->in0.mask;
    b = b >> add->in1.shift & add->in1.mask;
    uint32_t sum = (a + b + add->sum.add) >> add->sum.shift & add->sum.mask;
    __asm__("ssub16 %0, %0, %1" : "+r"(sum) : "r"(add->bias) : "cc");
    for (int32_t i = add->left; i > 0; i--)
        __asm__("qadd16 %0, %0, %0" : "+r"(sum));
    __asm__("ssat16 %0, #8, %0" : "+r"(sum));
    return sum;
}

void dsp_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const int pos = plan->in0_pos < plan->in1_pos ? plan->in0_pos : plan->in1_pos;
    struct add add = {
        .in0 = add_shift_of(plan->in0_pos - pos, IN_BIAS),
        .in1 = add_shift_of(plan->in1_pos - pos, IN_BIAS),
        .sum = add_shift_of(plan->shift, SUM_BIAS),
        .left = plan->shift < 0 ? -plan->shift : 0,
    };
    add.sum.add -= (add.in0.bias + add.in1.bias) * BOTH;
    add.bias = add.sum.bias * BOTH;
    const int8_t *in0 = buffers->in0, *in1 = buffers->in1;
    int8_t *out = buffers->out;
    (void)scratch;
    for (int32_t left = (int32_t)plan->out_bytes; left > 0; left -= 4) {
        uint32_t a = dsp_load(in0), b = dsp_load(in1);
        uint32_t even =
            add_halves(&add, dsp_add_even(add.in0.add, a), dsp_add_even(add.in1.add, b));
        uint32_t odd = add_halves(&add, dsp_add_odd(add.in0.add, a), dsp_add_odd(add.in1.add, b));
        dsp_store_part(out, dsp_clamp4(dsp_weave(even, odd), &finish),
                       left < 4 ? (uint32_t)left : 4);
        in0 += 4;
        in1 += 4;
        out += 4;
    }
}

DSP_INLINE uint32_t mul4(const int8_t *in0, const int8_t *in1, const struct dsp_finish *f)
{
    uint32_t a = dsp_load(in0), b = dsp_load(in1);
    uint32_t even0 = dsp_even(a), odd0 = dsp_odd(a), even1 = dsp_even(b), odd1 = dsp_odd(b);
    return dsp_finish4_any(dsp_low(even0) * dsp_low(even1), dsp_low(odd0) * dsp_low(odd1),
                           dsp_high(even0) * dsp_high(even1), dsp_high(odd0) * dsp_high(odd1), f);
}

void dsp_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const uint32_t ch = plan->out.c;
    const int8_t *in0 = buffers->in0;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t pixels = (uint32_t)plan->out.h * plan->out.w; pixels > 0; pixels--) {
        for (uint32_t c = 0; c < ch; c += 4)
            dsp_store_part(out + c, mul4(in0 + c, buffers->in1 + c, &finish),
                           aw_min_u32(ch - c, 4));
        in0 += ch;
        out += ch;
    }
}

void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n)
{
    const int8_t *middle = table + 128;
    for (; n >= 4; n -= 4, data += 4) {
        DSP_UNROLL
        for (uint32_t i = 0; i < 4; i++)
            data[i] = middle[data[i]];
    }
    for (; n > 0; n--, data++)
        *data = middle[*data];
}

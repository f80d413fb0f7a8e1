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

/* Halves of a word shifted right together: a multiple of 2^s is added first, so that they are
 * positive, with half of what is cut off, and a mask removes what one half shifts into the other. A
 * shift that leaves nothing is cut to the first such. */
struct halves_shift {
    uint32_t add, mask, shift;
    uint32_t bias; /* of the result */
};

#define BOTH 0x00010001u
/* Of int8, a shift by 8 or more leaves 0; of their sums, by 10 or more. */
#define IN_BIAS  256u
#define SUM_BIAS 1024u

static struct halves_shift halves_shift_of(int shift, uint32_t bias)
{
    uint32_t s = shift <= 0 ? 0 : aw_min_u32((uint32_t)shift, (uint32_t)__builtin_ctz(bias));
    uint32_t half = s > 0 ? 1u << (s - 1) : 0;
    return (struct halves_shift){
        .add = (bias + half) * BOTH,
        .mask = (0xFFFFu >> s) * BOTH,
        .shift = s,
        .bias = (bias >> s) * BOTH,
    };
}

DSP_INLINE uint32_t shift_halves(uint32_t halves, const struct halves_shift *s)
{
    return halves >> s->shift & s->mask;
}

/* To signed halves of 8 bits; `left` is for negative shifts. */
DSP_INLINE uint32_t saturate_halves(uint32_t halves, uint32_t bias, int32_t left)
{
    __asm__("ssub16 %0, %0, %1" : "+r"(halves) : "r"(bias) : "cc");
    for (; left > 0; left--)
        __asm__("qadd16 %0, %0, %0" : "+r"(halves));
    __asm__("ssat16 %0, #8, %0" : "+r"(halves));
    return halves;
}

/* in0 has the smaller position. */
static void add_run(const struct aw_plan *plan, const int8_t *in0, const int8_t *in1, int shift1,
                    int8_t *out)
{
    const struct dsp_finish finish = dsp_finish_of(plan);
    const struct halves_shift own = halves_shift_of(shift1, IN_BIAS);
    const struct halves_shift sum = halves_shift_of(plan->shift, SUM_BIAS);
    const uint32_t add = sum.add - own.bias;
    const int32_t left = -plan->shift;
    for (int32_t bytes = (int32_t)plan->out_bytes; bytes > 0; bytes -= 4) {
        uint32_t a = dsp_load(in0), b = dsp_load(in1);
        in0 += 4;
        in1 += 4;
        uint32_t even = shift_halves(dsp_add_even(own.add, b), &own) + add;
        uint32_t odd = shift_halves(dsp_add_odd(own.add, b), &own) + add;
        even = shift_halves(dsp_add_even(even, a), &sum);
        odd = shift_halves(dsp_add_odd(odd, a), &sum);
        even = saturate_halves(even, sum.bias, left);
        odd = saturate_halves(odd, sum.bias, left);
        dsp_store_part(out, dsp_clamp4(dsp_weave(even, odd), &finish),
                       bytes < 4 ? (uint32_t)bytes : 4);
        out += 4;
    }
}

void dsp_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const int shift = plan->in0_pos - plan->in1_pos;
    (void)scratch;
    if (shift <= 0)
        add_run(plan, buffers->in0, buffers->in1, -shift, buffers->out);
    else
        add_run(plan, buffers->in1, buffers->in0, shift, buffers->out);
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

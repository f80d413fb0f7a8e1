/* Sums, products and look-ups: 16 values at a time, memory in order.
 *
 * 16 bits hold every intermediate, and VQRSHL and VQMOVN saturate as 64 bits would: a value beyond
 * 16 bits is also beyond 8. VMOVL and VMULL take the even or the odd bytes, and VQMOVN puts them
 * back. */
#include "mve.h"

MVE_INLINE int8x16_t finish16(int16x8_t even, int16x8_t odd, const struct mve_clamp *c)
{
    even = vqrshlq_n_s16(even, c->shift);
    odd = vqrshlq_n_s16(odd, c->shift);
    int8x16_t value;
    __asm__("vqmovnb.s16 %q0, %q1\n\tvqmovnt.s16 %q0, %q2" : "=&w"(value) : "w"(even), "w"(odd));
    return mve_clamp16(value, c);
}

void mve_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct mve_clamp clamp = mve_clamp_of(plan);
    const int8_t *in = buffers->in0;
    int8_t *out = buffers->out;
    (void)scratch;
    for (int32_t left = (int32_t)plan->out_bytes; left > 0; left -= 16, in += 16, out += 16)
        mve_store(out, mve_clamp16(vqrshlq_n_s8(vld1q_s8(in), clamp.shift), &clamp),
                  (uint32_t)left);
}

void mve_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct mve_clamp clamp = mve_clamp_of(plan);
    const int32_t pos = plan->in0_pos < plan->in1_pos ? plan->in0_pos : plan->in1_pos;
    const int32_t shift0 = pos - plan->in0_pos, shift1 = pos - plan->in1_pos;
    const int8_t *in0 = buffers->in0, *in1 = buffers->in1;
    int8_t *out = buffers->out;
    (void)scratch;
    for (int32_t left = (int32_t)plan->out_bytes; left > 0; left -= 16) {
        int8x16_t a = vrshlq_n_s8(vld1q_s8(in0), shift0), b = vrshlq_n_s8(vld1q_s8(in1), shift1);
        mve_store(out,
                  finish16(vaddq_s16(vmovlbq_s8(a), vmovlbq_s8(b)),
                           vaddq_s16(vmovltq_s8(a), vmovltq_s8(b)), &clamp),
                  (uint32_t)left);
        in0 += 16;
        in1 += 16;
        out += 16;
    }
}

void mve_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct mve_clamp clamp = mve_clamp_of(plan);
    const uint32_t ch = plan->out.c;
    const int8_t *in0 = buffers->in0;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t pixels = (uint32_t)plan->out.h * plan->out.w; pixels > 0; pixels--) {
        for (uint32_t c = 0; c < ch; c += 16) {
            int8x16_t a = vld1q_s8(in0 + c), b = vld1q_s8(buffers->in1 + c);
            mve_store(out + c, finish16(vmullbq_int_s8(a, b), vmulltq_int_s8(a, b), &clamp),
                      ch - c);
        }
        in0 += ch;
        out += ch;
    }
}

void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n)
{
    const uint8_t *entries = (const uint8_t *)table;
    for (int32_t left = (int32_t)n; left > 0; left -= 16, data += 16) {
        uint8x16_t at = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(data)), vdupq_n_u8(0x80));
        mve_store(data, vreinterpretq_s8_u8(vldrbq_gather_offset_u8(entries, at)), (uint32_t)left);
    }
}

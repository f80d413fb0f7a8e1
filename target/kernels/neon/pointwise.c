/* Sums, products and look-ups: 16 values at a time, memory in order.
 *
 * 16 bits hold every intermediate, and SQRSHL and SQXTN saturate as 64 bits would: a value beyond
 * 16 bits is also beyond 8. */
#include "neon.h"

/* The finish of a 16-bit value; right shifts beyond 15 give 0, as they do in 64 bits. */
struct finish16 {
    int16x8_t shift;
    struct neon_finish clamp;
};

static struct finish16 finish16_of(const struct aw_plan *plan)
{
    return (struct finish16){.shift = vdupq_n_s16((int16_t)-plan->shift),
                             .clamp = neon_finish_of(plan)};
}

NEON_INLINE int8x16_t finish16(int16x8_t low, int16x8_t high, const struct finish16 *f)
{
    int8x8_t narrow = vqmovn_s16(vqrshlq_s16(low, f->shift));
    return neon_clamp(vqmovn_high_s16(narrow, vqrshlq_s16(high, f->shift)), &f->clamp);
}

void neon_store_part(int8_t *out, int8x16_t value, uint32_t n)
{
    if (n & 8) {
        vst1_s8(out, vget_low_s8(value));
        value = vextq_s8(value, value, 8);
        out += 8;
    }
    /* Fewer than 8 are left: the low half, as one number. */
    uint64_t bytes = vgetq_lane_u64(vreinterpretq_u64_s8(value), 0);
    for (n &= 7; n > 0; n--) {
        *out++ = (int8_t)bytes;
        bytes >>= 8;
    }
}

void neon_store_cut(int8_t *out, size_t stride, const int8x16_t *values, uint32_t count, uint32_t n)
{
    for (uint32_t i = 0; i < count; i++)
        neon_store(out + i * stride, values[i], n);
}

struct act {
    int8x16_t shift;
    struct neon_finish finish;
};

NEON_INLINE int8x16_t act16(const struct act *act, const int8_t *in)
{
    return neon_clamp(vqrshlq_s8(vld1q_s8(in), act->shift), &act->finish);
}

void neon_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct act act = {vdupq_n_s8((int8_t)-plan->shift), neon_finish_of(plan)};
    const int8_t *in = buffers->in0;
    int8_t *out = buffers->out;
    uint32_t left = plan->out_bytes;
    (void)scratch;
    for (; left >= 16; left -= 16, in += 16, out += 16)
        vst1q_s8(out, act16(&act, in));
    if (left > 0)
        neon_store_part(out, act16(&act, in), left);
}

struct add {
    int8x16_t shift0, shift1;
    struct finish16 finish;
};

NEON_INLINE int8x16_t add16(const struct add *add, const int8_t *in0, const int8_t *in1)
{
    int8x16_t a = vrshlq_s8(vld1q_s8(in0), add->shift0);
    int8x16_t b = vrshlq_s8(vld1q_s8(in1), add->shift1);
    return finish16(vaddl_s8(vget_low_s8(a), vget_low_s8(b)), vaddl_high_s8(a, b), &add->finish);
}

void neon_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    int pos = plan->in0_pos < plan->in1_pos ? plan->in0_pos : plan->in1_pos;
    const struct add add = {
        .shift0 = vdupq_n_s8((int8_t)(pos - plan->in0_pos)),
        .shift1 = vdupq_n_s8((int8_t)(pos - plan->in1_pos)),
        .finish = finish16_of(plan),
    };
    const int8_t *in0 = buffers->in0, *in1 = buffers->in1;
    int8_t *out = buffers->out;
    uint32_t left = plan->out_bytes;
    (void)scratch;
    for (; left >= 16; left -= 16, in0 += 16, in1 += 16, out += 16)
        vst1q_s8(out, add16(&add, in0, in1));
    if (left > 0)
        neon_store_part(out, add16(&add, in0, in1), left);
}

NEON_INLINE int8x16_t mul16(const struct finish16 *finish, const int8_t *in0, const int8_t *in1)
{
    int8x16_t a = vld1q_s8(in0), b = vld1q_s8(in1);
    return finish16(vmull_s8(vget_low_s8(a), vget_low_s8(b)), vmull_high_s8(a, b), finish);
}

void neon_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch)
{
    const struct finish16 finish = finish16_of(plan);
    const uint32_t ch = plan->out.c, whole = ch / 16 * 16;
    const int8_t *in0 = buffers->in0, *in1 = buffers->in1;
    int8_t *out = buffers->out;
    (void)scratch;
    for (uint32_t left = plan->out_bytes; left > 0; left -= ch, in0 += ch, out += ch) {
        for (uint32_t c = 0; c < whole; c += 16)
            vst1q_s8(out + c, mul16(&finish, in0 + c, in1 + c));
        if (whole < ch)
            neon_store_part(out + whole, mul16(&finish, in0 + whole, in1 + whole), ch - whole);
    }
}

#ifdef __aarch64__
struct table {
    uint8x16x4_t part[4];
};

NEON_INLINE int8x16_t table16(const struct table *table, const int8_t *data)
{
    uint8x16_t at = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(data)), vdupq_n_u8(0x80));
    /* TBL gives 0 outside of its 64 entries, TBX keeps what is there. */
    uint8x16_t value = vqtbl4q_u8(table->part[0], at);
    NEON_UNROLL
    for (uint32_t i = 1; i < 4; i++) {
        at = vsubq_u8(at, vdupq_n_u8(64));
        value = vqtbx4q_u8(value, table->part[i], at);
    }
    return vreinterpretq_s8_u8(value);
}

void awt_table_apply(const int8_t entries[256], int8_t *data, uint32_t n)
{
    struct table table;
    NEON_UNROLL
    for (uint32_t i = 0; i < 4; i++)
        table.part[i] = vld1q_u8_x4((const uint8_t *)entries + 64 * i);
    for (; n >= 16; n -= 16, data += 16)
        vst1q_s8(data, table16(&table, data));
    if (n > 0)
        neon_store_part(data, table16(&table, data), n);
}
#else
/* The table's 256 bytes would fill all registers: it passes by in 8 parts. */
NEON_INLINE void look_up32(const int8_t *entries, int8_t *data)
{
    uint8x8_t at[4], value[4];
    NEON_UNROLL
    for (uint32_t i = 0; i < 4; i++) {
        at[i] = veor_u8(vreinterpret_u8_s8(vld1_s8(data + 8 * i)), vdup_n_u8(0x80));
        value[i] = vdup_n_u8(0);
    }
    for (uint32_t left = 8; left > 0; left--) {
        uint8x8x4_t part = neon_load_table(&entries);
        /* VTBX keeps what is there when the index is outside of its 32 entries. */
        NEON_UNROLL
        for (uint32_t i = 0; i < 4; i++) {
            value[i] = vtbx4_u8(value[i], part, at[i]);
            at[i] = vsub_u8(at[i], vdup_n_u8(32));
        }
    }
    NEON_UNROLL
    for (uint32_t i = 0; i < 4; i++)
        vst1_s8(data + 8 * i, vreinterpret_s8_u8(value[i]));
}

void awt_table_apply(const int8_t entries[256], int8_t *data, uint32_t n)
{
    for (; n >= 32; n -= 32, data += 32)
        look_up32(entries, data);
    aw_table_apply(entries, data, n);
}
#endif

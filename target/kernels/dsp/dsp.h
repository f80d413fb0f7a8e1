/* What the kernels for Cortex-M4 and M7 share. Every kernel equals the reference in common/ops bit
 * for bit.
 *
 * Bytes are worked on in pairs of 16-bit halves: SXTB16 widens bytes 0 and 2 of a word ("even"),
 * or, rotated by 8, bytes 1 and 3 ("odd"). */
#ifndef AWT_KERNELS_DSP_H
#define AWT_KERNELS_DSP_H

#include <arm_acle.h>
#include <stddef.h>

#include "aw/mem.h"
#include "aw/size.h"
#include "awt/kernel.h"

#include "../../../common/packings/dsp.h"

#define DSP_INLINE static inline __attribute__((always_inline))
#define DSP_UNROLL _Pragma("GCC unroll 8")

/* Convolutions; packings in common/packings/dsp.c. */
uint32_t dsp_conv2d_scratch_bytes(const struct aw_plan *plan);
void dsp_conv2d_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
uint32_t dsp_dw_scratch_bytes(const struct aw_plan *plan);
void dsp_dw_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

bool dsp_gap_supports(const struct aw_plan *plan);
void dsp_gap_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_add_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_mul_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_act_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_maxpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
bool dsp_avgpool_supports(const struct aw_plan *plan);
void dsp_avgpool_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

void dsp_concat_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_pad_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_slice_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
void dsp_zero_run(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);

/* ---- Words ---- */

/* Any address: LDR and STR of single words need no alignment. The built-in function, since a
 * freestanding memcpy is a call. */
DSP_INLINE uint32_t dsp_load(const int8_t *in)
{
    uint32_t word;
    __builtin_memcpy(&word, in, sizeof word);
    return word;
}

DSP_INLINE void dsp_store(int8_t *out, uint32_t word)
{
    __builtin_memcpy(out, &word, sizeof word);
}

/* The first n of 1..4 bytes. */
DSP_INLINE void dsp_store_part(int8_t *out, uint32_t word, uint32_t n)
{
    if (n == 4) {
        dsp_store(out, word);
        return;
    }
    for (; n > 0; n--, word >>= 8)
        *out++ = (int8_t)word;
}

DSP_INLINE uint32_t dsp_even(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(word));
    return halves;
}

/* GCC would rotate by an instruction of its own. */
DSP_INLINE uint32_t dsp_odd(uint32_t word)
{
    uint32_t halves;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
    return halves;
}

/* base + even or odd bytes, in halves. */
DSP_INLINE uint32_t dsp_add_even(uint32_t base, uint32_t word)
{
    uint32_t halves;
    __asm__("sxtab16 %0, %1, %2" : "=r"(halves) : "r"(base), "r"(word));
    return halves;
}

DSP_INLINE uint32_t dsp_add_odd(uint32_t base, uint32_t word)
{
    uint32_t halves;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(halves) : "r"(base), "r"(word));
    return halves;
}

/* The low, the high halves of two words, those of a below. */
DSP_INLINE uint32_t dsp_low_halves(uint32_t a, uint32_t b)
{
    uint32_t halves;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(halves) : "r"(a), "r"(b));
    return halves;
}

DSP_INLINE uint32_t dsp_high_halves(uint32_t a, uint32_t b)
{
    uint32_t halves;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(halves) : "r"(b), "r"(a));
    return halves;
}

/* The low bytes of halves: those of even in bytes 0 and 2, those of odd in 1 and 3. */
DSP_INLINE uint32_t dsp_weave(uint32_t even, uint32_t odd)
{
    return (even & 0x00FF00FFu) | (odd & 0x00FF00FFu) << 8;
}

DSP_INLINE int32_t dsp_low(uint32_t halves)
{
    return (int16_t)halves;
}

DSP_INLINE int32_t dsp_high(uint32_t halves)
{
    return (int32_t)halves >> 16;
}

/* ---- The end of every kernel: requantise, saturate, clamp ---- */

/* SMMULR by 2^(32-s) is a right shift by s, rounded half toward +infinity, of the exact value; s is
 * 2..31. Smaller shifts first become 2: the value, which has saturated beyond 16 bits at any of
 * them, is shifted left. */
struct dsp_finish {
    int32_t scale;
    int32_t left;    /* 0: not at all */
    uint32_t lo, hi; /* in every byte */
};

DSP_INLINE struct dsp_finish dsp_finish_shift(int shift, int8_t lo, int8_t hi)
{
    int32_t right = shift < 2 ? 2 : shift;
    return (struct dsp_finish){
        .scale = INT32_C(1) << (32 - right),
        .left = right - shift,
        .lo = (uint8_t)lo * 0x01010101u,
        .hi = (uint8_t)hi * 0x01010101u,
    };
}

DSP_INLINE struct dsp_finish dsp_finish_of(const struct aw_plan *plan)
{
    return dsp_finish_shift(plan->shift, plan->lo, plan->hi);
}

/* Needed only where left is not 0. */
DSP_INLINE int32_t dsp_shift_left(int32_t value, const struct dsp_finish *f)
{
    int32_t q;
    __asm__("ssat %0, #16, %1" : "=r"(q) : "r"(value));
    return q * (INT32_C(1) << f->left);
}

/* The larger and the smaller of every byte. One statement: SEL takes the flags that SSUB8 leaves.
 */
DSP_INLINE uint32_t dsp_max4(uint32_t a, uint32_t b)
{
    uint32_t unused;
    __asm__("ssub8 %1, %0, %2\n\tsel %0, %0, %2" : "+&r"(a), "=&r"(unused) : "r"(b) : "cc");
    return a;
}

DSP_INLINE uint32_t dsp_min4(uint32_t a, uint32_t b)
{
    uint32_t unused;
    __asm__("ssub8 %1, %0, %2\n\tsel %0, %2, %0" : "+&r"(a), "=&r"(unused) : "r"(b) : "cc");
    return a;
}

DSP_INLINE uint32_t dsp_clamp4(uint32_t bytes, const struct dsp_finish *f)
{
    return dsp_min4(dsp_max4(bytes, f->lo), f->hi);
}

DSP_INLINE uint32_t dsp_finish1(int32_t value, const struct dsp_finish *f)
{
    int32_t q;
    __asm__("smmulr %0, %1, %2" : "=r"(q) : "r"(value), "r"(f->scale));
    __asm__("ssat %0, #8, %1" : "=r"(q) : "r"(q));
    return (uint32_t)q;
}

/* The lowest bytes, that of a in byte 0. */
DSP_INLINE uint32_t dsp_join4(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    __asm__("bfi %0, %1, #8, #24" : "+r"(a) : "r"(b));
    __asm__("bfi %0, %1, #8, #24" : "+r"(c) : "r"(d));
    return dsp_low_halves(a, c);
}

/* a in byte 0 .. d in byte 3; where left is not 0 they are shifted already. */
DSP_INLINE uint32_t dsp_finish4(int32_t a, int32_t b, int32_t c, int32_t d,
                                const struct dsp_finish *f)
{
    return dsp_clamp4(
        dsp_join4(dsp_finish1(a, f), dsp_finish1(b, f), dsp_finish1(c, f), dsp_finish1(d, f)), f);
}

/* The same for any shift; for kernels that do not keep `left` out of their loops. */
DSP_INLINE uint32_t dsp_finish4_any(int32_t a, int32_t b, int32_t c, int32_t d,
                                    const struct dsp_finish *f)
{
    if (f->left != 0) {
        a = dsp_shift_left(a, f);
        b = dsp_shift_left(b, f);
        c = dsp_shift_left(c, f);
        d = dsp_shift_left(d, f);
    }
    return dsp_finish4(a, b, c, d, f);
}

/* 4 bytes through the same. */
DSP_INLINE uint32_t dsp_finish_bytes(uint32_t bytes, const struct dsp_finish *f)
{
    uint32_t even = dsp_even(bytes), odd = dsp_odd(bytes);
    return dsp_finish4_any(dsp_low(even), dsp_low(odd), dsp_high(even), dsp_high(odd), f);
}

#endif

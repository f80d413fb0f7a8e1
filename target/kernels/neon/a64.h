/* What the kernels need of A64: 32 vectors of 16 bytes, instructions on either half of one.
 * The same names in a32.h. */
#ifndef AWT_KERNELS_NEON_A64_H
#define AWT_KERNELS_NEON_A64_H

/* Pixels of a convolution's tile of 16 (or 8) channels: 4 * 4 accumulators. */
#define NEON_CONV_PIXELS(channels) 4u

/* A pair of neighbours along a window, in all lanes. */
typedef int8x16_t neon_pair;

/* The next two pairs at *at, which moves on. In assembly because GCC adds where the instruction
 * increments. */
NEON_INLINE void neon_load_pairs(const int8_t **at, neon_pair pairs[2])
{
    int8x16x2_t value;
    __asm__("ld2r {%S0.8h, %T0.8h}, [%1], #4"
            : "=w"(value), "+r"(*at)
            : "m"(*(const int8_t(*)[4]) * at));
    pairs[0] = value.val[0];
    pairs[1] = value.val[1];
}

/* The next 64 or 32 bytes of weights at *at, which moves on. */
NEON_INLINE void neon_load4(const int8_t **at, int8x16_t values[4])
{
    int8x16x4_t value;
    __asm__("ld1 {%S0.16b - %V0.16b}, [%1], #64"
            : "=w"(value), "+r"(*at)
            : "m"(*(const int8_t(*)[64]) * at));
    NEON_UNROLL
    for (uint32_t i = 0; i < 4; i++)
        values[i] = value.val[i];
}

NEON_INLINE void neon_load2(const int8_t **at, int8x16_t values[2])
{
    int8x16x2_t value;
    __asm__("ld1 {%S0.16b, %T0.16b}, [%1], #32"
            : "=w"(value), "+r"(*at)
            : "m"(*(const int8_t(*)[32]) * at));
    values[0] = value.val[0];
    values[1] = value.val[1];
}

/* 16 bytes at *at, which moves on by `step`. */
NEON_INLINE int8x16_t neon_load_step(const int8_t **at, size_t step)
{
    int8x16_t value;
    __asm__("ld1 {%0.16b}, [%1], %2"
            : "=w"(value), "+r"(*at)
            : "r"(step), "m"(*(const int8_t(*)[16]) * at));
    return value;
}

/* 64 bytes; both pointers move on. */
NEON_INLINE void neon_copy64(int8_t **to, const int8_t **from)
{
    int8x16_t values[4];
    neon_load4(from, values);
    const int8x16x4_t value = {{values[0], values[1], values[2], values[3]}};
    __asm__("st1 {%S2.16b - %V2.16b}, [%1], #64"
            : "=m"(*(int8_t(*)[64]) * to), "+r"(*to)
            : "w"(value));
}

/* Products of 8 weights (4 channels by a pair) of either half. */
NEON_INLINE int16x8_t neon_mull_low(int8x16_t w, neon_pair a)
{
    return vmull_s8(vget_low_s8(w), vget_low_s8(a));
}

NEON_INLINE int16x8_t neon_mull_high(int8x16_t w, neon_pair a)
{
    return vmull_high_s8(w, a);
}

NEON_INLINE int16x8_t neon_mlal_low(int16x8_t sum, int8x16_t w, neon_pair a)
{
    return vmlal_s8(sum, vget_low_s8(w), vget_low_s8(a));
}

NEON_INLINE int16x8_t neon_mlal_high(int16x8_t sum, int8x16_t w, neon_pair a)
{
    return vmlal_high_s8(sum, w, a);
}

/* Depthwise kernels: a block of channels in a vector. */
#define DW_BLOCK AW_NEON_DW_A64
typedef int8x16_t dw_vector;

NEON_INLINE dw_vector dw_load(const int8_t *from)
{
    return vld1q_s8(from);
}

/* `from` is a multiple of the block. */
NEON_INLINE dw_vector dw_load_aligned(const int8_t *from)
{
    return vld1q_s8(from);
}

NEON_INLINE void dw_store(int8_t *to, dw_vector value)
{
    vst1q_s8(to, value);
}

NEON_INLINE dw_vector dw_zero(void)
{
    return vdupq_n_s8(0);
}

/* The low halves in assembly: GCC would keep them in registers of their own. */
NEON_INLINE void dw_mull(int16x8_t sums[2], dw_vector in, dw_vector w)
{
    __asm__("smull %0.8h, %1.8b, %2.8b" : "=w"(sums[0]) : "w"(in), "w"(w));
    sums[1] = vmull_high_s8(in, w);
}

NEON_INLINE void dw_mlal(int16x8_t sums[2], dw_vector in, dw_vector w)
{
    __asm__("smlal %0.8h, %1.8b, %2.8b" : "+w"(sums[0]) : "w"(in), "w"(w));
    sums[1] = vmlal_high_s8(sums[1], in, w);
}

NEON_INLINE dw_vector dw_load_step(const int8_t **at, size_t step)
{
    return neon_load_step(at, step);
}

/* acc = bias, which is not aligned. */
NEON_INLINE void dw_load_bias(int32x4_t acc[4], const int32_t *bias)
{
    int32x4x4_t value = vld1q_s32_x4(bias);
    NEON_UNROLL
    for (uint32_t q = 0; q < 4; q++)
        acc[q] = value.val[q];
}

#endif

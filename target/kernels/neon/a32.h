/* What the kernels need of A32: 16 vectors of 16 bytes, each of which is two of 8; instructions
 * make 16 bytes of 8. The same names in a64.h. */
#ifndef AWT_KERNELS_NEON_A32_H
#define AWT_KERNELS_NEON_A32_H

/* Pixels of a convolution's tile: 2 * 4 or 4 * 2 accumulators. */
#define NEON_CONV_PIXELS(channels) ((channels) == 16 ? 2u : 4u)

typedef int8x8_t neon_pair;

NEON_INLINE void neon_load_pairs(const int8_t **at, neon_pair pairs[2])
{
    int8x8x2_t value;
    __asm__("vld2.16 {%e0[], %f0[]}, [%1]!"
            : "=w"(value), "+r"(*at)
            : "m"(*(const int8_t(*)[4]) * at));
    pairs[0] = value.val[0];
    pairs[1] = value.val[1];
}

NEON_INLINE void neon_load4(const int8_t **at, int8x16_t values[4])
{
    int8x16x4_t value;
    __asm__("vldmia %1!, %h0" : "=w"(value), "+r"(*at) : "m"(*(const int8_t(*)[64]) * at));
    NEON_UNROLL
    for (uint32_t i = 0; i < 4; i++)
        values[i] = value.val[i];
}

NEON_INLINE void neon_load2(const int8_t **at, int8x16_t values[2])
{
    int8x16x2_t value;
    __asm__("vldmia %1!, %h0" : "=w"(value), "+r"(*at) : "m"(*(const int8_t(*)[32]) * at));
    values[0] = value.val[0];
    values[1] = value.val[1];
}

NEON_INLINE int8x16_t neon_load_step(const int8_t **at, size_t step)
{
    int8x16_t value;
    __asm__("vld1.8 %h0, [%1], %2"
            : "=w"(value), "+r"(*at)
            : "r"(step), "m"(*(const int8_t(*)[16]) * at));
    return value;
}

/* Not VLDM and VSTM, which fault when the address is no multiple of 4. */
NEON_INLINE void neon_copy64(int8_t **to, const int8_t **from)
{
    int8x16x2_t value;
    NEON_UNROLL
    for (uint32_t i = 0; i < 2; i++) {
        __asm__("vld1.8 %h0, [%1]!"
                : "=w"(value), "+r"(*from)
                : "m"(*(const int8_t(*)[32]) * from));
        __asm__("vst1.8 %h2, [%1]!" : "=m"(*(int8_t(*)[32]) * to), "+r"(*to) : "w"(value));
    }
}

/* 32 entries of a table at *at, which moves on. */
NEON_INLINE uint8x8x4_t neon_load_table(const int8_t **at)
{
    uint8x8x4_t value;
    __asm__("vld1.8 %h0, [%1]!" : "=w"(value), "+r"(*at) : "m"(*(const int8_t(*)[32]) * at));
    return value;
}

NEON_INLINE int16x8_t neon_mull_low(int8x16_t w, neon_pair a)
{
    return vmull_s8(vget_low_s8(w), a);
}

NEON_INLINE int16x8_t neon_mull_high(int8x16_t w, neon_pair a)
{
    return vmull_s8(vget_high_s8(w), a);
}

NEON_INLINE int16x8_t neon_mlal_low(int16x8_t sum, int8x16_t w, neon_pair a)
{
    return vmlal_s8(sum, vget_low_s8(w), a);
}

NEON_INLINE int16x8_t neon_mlal_high(int16x8_t sum, int8x16_t w, neon_pair a)
{
    return vmlal_s8(sum, vget_high_s8(w), a);
}

#define DW_BLOCK AW_NEON_DW_A32
typedef int8x8_t dw_vector;

NEON_INLINE dw_vector dw_load(const int8_t *from)
{
    return vld1_s8(from);
}

/* VLDR has an offset, VLD1 has not. */
NEON_INLINE dw_vector dw_load_aligned(const int8_t *from)
{
    typedef int8x8_t aligned __attribute__((may_alias));
    return *(const aligned *)(const void *)from;
}

NEON_INLINE void dw_store(int8_t *to, dw_vector value)
{
    vst1_s8(to, value);
}

NEON_INLINE dw_vector dw_zero(void)
{
    return vdup_n_s8(0);
}

NEON_INLINE void dw_mull(int16x8_t sums[1], dw_vector in, dw_vector w)
{
    sums[0] = vmull_s8(in, w);
}

NEON_INLINE void dw_mlal(int16x8_t sums[1], dw_vector in, dw_vector w)
{
    sums[0] = vmlal_s8(sums[0], in, w);
}

NEON_INLINE dw_vector dw_load_step(const int8_t **at, size_t step)
{
    dw_vector value;
    __asm__("vld1.8 {%P0}, [%1], %2"
            : "=w"(value), "+r"(*at)
            : "r"(step), "m"(*(const int8_t(*)[8]) * at));
    return value;
}

NEON_INLINE void dw_load_bias(int32x4_t acc[2], const int32_t *bias)
{
    acc[0] = vld1q_s32(bias);
    acc[1] = vld1q_s32(bias + 4);
}

/* A64 intrinsics that A32 lacks. */
NEON_INLINE int16x8_t vaddl_high_s8(int8x16_t a, int8x16_t b)
{
    return vaddl_s8(vget_high_s8(a), vget_high_s8(b));
}

NEON_INLINE int16x8_t vmull_high_s8(int8x16_t a, int8x16_t b)
{
    return vmull_s8(vget_high_s8(a), vget_high_s8(b));
}

NEON_INLINE uint64x2_t vmull_high_u32(uint32x4_t a, uint32x4_t b)
{
    return vmull_u32(vget_high_u32(a), vget_high_u32(b));
}

NEON_INLINE int16x8_t vaddw_high_s8(int16x8_t a, int8x16_t b)
{
    return vaddw_s8(a, vget_high_s8(b));
}

NEON_INLINE int32x4_t vaddw_high_s16(int32x4_t a, int16x8_t b)
{
    return vaddw_s16(a, vget_high_s16(b));
}

NEON_INLINE int32x4_t vmovl_high_s16(int16x8_t a)
{
    return vmovl_s16(vget_high_s16(a));
}

NEON_INLINE int16x8_t vqmovn_high_s32(int16x4_t low, int32x4_t a)
{
    return vcombine_s16(low, vqmovn_s32(a));
}

NEON_INLINE int8x16_t vqmovn_high_s16(int8x8_t low, int16x8_t a)
{
    return vcombine_s8(low, vqmovn_s16(a));
}

#endif

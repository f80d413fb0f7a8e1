/* Included before every kernel when alignment is checked. GCC makes `ldr q` and `str q` of vector
 * intrinsics, which want 16-byte alignment when SCTLR.A is set; ld1 and st1 want that of an element
 * only. Elements are what the intrinsic says they are, so a load of 32-bit elements still has to be
 * aligned to 4. */
#ifndef AWB_ALIGNED_NEON_H
#define AWB_ALIGNED_NEON_H

#include <arm_neon.h>

#define AWB_VECTOR_ACCESS(suffix, vector, element, arrangement)                                    \
    static inline vector awb_vld1##suffix(const element *at)                                       \
    {                                                                                              \
        vector value_;                                                                             \
        __asm__("ld1 {%0." arrangement "}, [%1]"                                                   \
                : "=w"(value_)                                                                     \
                : "r"(at), "m"(*(const element(*)[sizeof(vector) / sizeof(element)]) at));         \
        return value_;                                                                             \
    }                                                                                              \
    static inline void awb_vst1##suffix(element *at, vector value)                                 \
    {                                                                                              \
        __asm__("st1 {%1." arrangement "}, [%2]"                                                   \
                : "=m"(*(element(*)[sizeof(vector) / sizeof(element)]) at)                         \
                : "w"(value), "r"(at));                                                            \
    }

AWB_VECTOR_ACCESS(q_s8, int8x16_t, int8_t, "16b")
AWB_VECTOR_ACCESS(q_u8, uint8x16_t, uint8_t, "16b")
AWB_VECTOR_ACCESS(_s8, int8x8_t, int8_t, "8b")
AWB_VECTOR_ACCESS(_u8, uint8x8_t, uint8_t, "8b")
AWB_VECTOR_ACCESS(q_s16, int16x8_t, int16_t, "8h")
AWB_VECTOR_ACCESS(_s16, int16x4_t, int16_t, "4h")
AWB_VECTOR_ACCESS(q_s32, int32x4_t, int32_t, "4s")
AWB_VECTOR_ACCESS(_s32, int32x2_t, int32_t, "2s")

#define vld1q_s8  awb_vld1q_s8
#define vst1q_s8  awb_vst1q_s8
#define vld1q_u8  awb_vld1q_u8
#define vst1q_u8  awb_vst1q_u8
#define vld1_s8   awb_vld1_s8
#define vst1_s8   awb_vst1_s8
#define vld1_u8   awb_vld1_u8
#define vst1_u8   awb_vst1_u8
#define vld1q_s16 awb_vld1q_s16
#define vst1q_s16 awb_vst1q_s16
#define vld1_s16  awb_vld1_s16
#define vst1_s16  awb_vst1_s16
#define vld1q_s32 awb_vld1q_s32
#define vst1q_s32 awb_vst1q_s32
#define vld1_s32  awb_vld1_s32
#define vst1_s32  awb_vst1_s32

#endif

/* Checked arithmetic on sizes. Outputs are untouched on overflow. */
#ifndef AW_SIZE_H
#define AW_SIZE_H

#include <stdbool.h>
#include <stdint.h>

static inline bool aw_mul_u32(uint32_t a, uint32_t b, uint32_t *out)
{
    uint64_t wide = (uint64_t)a * b;
    if (wide > UINT32_MAX)
        return false;
    *out = (uint32_t)wide;
    return true;
}

static inline bool aw_add_u32(uint32_t a, uint32_t b, uint32_t *out)
{
    if (a > UINT32_MAX - b)
        return false;
    *out = a + b;
    return true;
}

/* Rounds up to a multiple of 16, the alignment of every tensor and weight block. */
static inline bool aw_align16_u32(uint32_t a, uint32_t *out)
{
    if (a > UINT32_MAX - 15u)
        return false;
    *out = (a + 15u) & ~15u;
    return true;
}

/* Rounds up to a multiple of `step`; for sizes that are known not to overflow. */
static inline uint32_t aw_round_up_u32(uint32_t n, uint32_t step)
{
    return (n + step - 1) / step * step;
}

static inline uint32_t aw_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#endif

/* Rounded means by a division of 32 bits; for the small kernel sets. */
#ifndef AWT_KERNELS_MEAN_H
#define AWT_KERNELS_MEAN_H

#include "aw/quant.h"
#include "awt/kernel.h"

/* A mean is within [-128, 127]; a right shift by this many bits or more leaves 0 of it. */
#define MEAN_ALL_SHIFTED 8
/* Of pixels << |shift|: numerators then fit 32 bits. */
#define MEAN_MAX_DIVISOR (UINT32_C(1) << 22)

/* floor(sum * 2^-shift / n + 1/2) as floor((2 * sum * up + n * down) / (2n * down)), with up or
 * down the power of two; `offset` times the divisor makes the dividend positive. */
struct mean {
    uint32_t up; /* shift count, the factor 2 included */
    uint32_t add, divisor, offset;
};

static inline bool mean_supports(uint32_t pixels, int shift)
{
    return shift < MEAN_ALL_SHIFTED && pixels <= MEAN_MAX_DIVISOR >> (shift < 0 ? -shift : shift);
}

static inline struct mean mean_of(uint32_t n, int shift)
{
    uint32_t up = shift < 0 ? (uint32_t)-shift : 0, half = shift > 0 ? n << shift : n;
    uint32_t offset = 128u << up;
    return (struct mean){
        .up = up + 1, .add = half + offset * 2 * half, .divisor = 2 * half, .offset = offset};
}

/* Not saturated. */
static inline int32_t mean_value(int32_t sum, const struct mean *m)
{
    return (int32_t)((((uint32_t)sum << m->up) + m->add) / m->divisor - m->offset);
}

#endif

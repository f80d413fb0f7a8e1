#include <math.h>
#include <string.h>

#include "timing/cuda/internal.h"

uint16_t awh_half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint32_t sign = bits >> 16 & 0x8000u, rest = bits & 0x7FFFFFFFu;
    if (rest > 0x7F800000u)
        return (uint16_t)(sign | 0x7E00u); /* not a number */
    if (rest >= 0x477FF000u)
        return (uint16_t)(sign | 0x7C00u); /* from 65520 on the nearest is infinity */
    if (rest < 0x38800000u)                /* below 2^-14: a multiple of 2^-24 */
        return (uint16_t)(sign | (uint32_t)lrintf(ldexpf(fabsf(value), 24)));
    rest += 0xFFFu + (rest >> 13 & 1u);
    return (uint16_t)(sign | (rest - (112u << 23)) >> 13);
}

float awh_half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1F;
    float mantissa = (float)(bits & 0x3FF), value;
    if (exponent == 31)
        value = mantissa != 0.0f ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexpf(mantissa, -24);
    else
        value = ldexpf(mantissa + 1024.0f, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

static void store(bool half, void *out, size_t index, float value)
{
    if (half)
        ((uint16_t *)out)[index] = awh_half_of(value);
    else
        ((float *)out)[index] = value;
}

/* Where element (pixel p, channel c) is on the device. */
static size_t place(const struct awh_cuda *cuda, size_t pixels, size_t channels, size_t p, size_t c)
{
    return cuda->nhwc ? p * channels + c : c * pixels + p;
}

void awh_cuda_pack(const struct awh_cuda *cuda, const struct awh_graph_tensor *shape,
                   const float *values, void *out)
{
    size_t pixels = (size_t)shape->h * (size_t)shape->w, channels = (size_t)shape->c;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c++)
            store(cuda->half, out, place(cuda, pixels, channels, p, c), values[p * channels + c]);
}

void awh_cuda_unpack(const struct awh_cuda *cuda, const struct awh_graph_tensor *shape,
                     const void *packed, float *values)
{
    size_t pixels = (size_t)shape->h * (size_t)shape->w, channels = (size_t)shape->c;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c++) {
            size_t from = place(cuda, pixels, channels, p, c);
            values[p * channels + c] = cuda->half ? awh_half_value(((const uint16_t *)packed)[from])
                                                  : ((const float *)packed)[from];
        }
}

void awh_cuda_pack_weights(const struct awh_cuda *cuda, const struct awh_conv *conv, int32_t in_ch,
                           const float *weights, void *out)
{
    size_t ins = (size_t)(in_ch / conv->groups);
    size_t taps = (size_t)conv->kernel_h * (size_t)conv->kernel_w;
    for (size_t o = 0; o < (size_t)conv->out_ch; o++)
        for (size_t i = 0; i < ins; i++)
            for (size_t t = 0; t < taps; t++)
                store(cuda->half, out, o * ins * taps + place(cuda, taps, ins, t, i),
                      weights[(o * ins + i) * taps + t]);
}

#include "program/scene.h"

#include "aw/quant.h"
#include "aw/rng.h"

/* Shapes of octave k are 2^-k of the picture's longer side. */
#define OCTAVES 5u
/* Lattice points of the finest octave on a side, and one beyond the edge. */
#define SIDE (1u << OCTAVES)

/* Streams of one scene; a channel's own colour and shapes, and shapes that all channels share. */
enum { STREAM_COLOUR, STREAM_NOISE, STREAM_SHARED, STREAM_OWN };

/* In 1/256 of a unit of the input. */
#define ONE 256

/* A value in [-128, 127] of the lattice point (y, x). */
static int32_t lattice(uint32_t seed, uint32_t octave, uint32_t y, uint32_t x)
{
    return (int8_t)(aw_rng_word(seed, (octave * (SIDE + 1) + y) * (SIDE + 1) + x) >> 24);
}

/* Between the lattice points around the pixel: linear in both directions. */
static int32_t shape_at(uint32_t seed, uint32_t octave, uint32_t side, uint32_t y, uint32_t x)
{
    uint32_t cells = 2u << octave;
    uint32_t at_y = y * cells, at_x = x * cells;
    int64_t down = at_y % side, right = at_x % side, all = side;
    at_y /= side;
    at_x /= side;
    int64_t top = lattice(seed, octave, at_y, at_x) * (all - right) +
                  lattice(seed, octave, at_y, at_x + 1) * right;
    int64_t bottom = lattice(seed, octave, at_y + 1, at_x) * (all - right) +
                     lattice(seed, octave, at_y + 1, at_x + 1) * right;
    return (int32_t)((top * (all - down) + bottom * down) * (ONE >> octave) / (all * all));
}

static int32_t shapes_at(uint32_t seed, uint32_t side, uint32_t y, uint32_t x)
{
    int32_t sum = 0;
    for (uint32_t octave = 0; octave < OCTAVES; octave++)
        sum += shape_at(seed, octave, side, y, x);
    return sum;
}

void awh_scene_draw(uint32_t seed, struct aw_shape shape, int8_t *values)
{
    uint32_t side = shape.h > shape.w ? shape.h : shape.w;
    uint32_t colour = aw_rng_word(seed, STREAM_COLOUR), noise = aw_rng_word(seed, STREAM_NOISE);
    uint32_t shared = aw_rng_word(seed, STREAM_SHARED), at = 0;
    for (uint32_t y = 0; y < shape.h; y++)
        for (uint32_t x = 0; x < shape.w; x++) {
            int32_t common = shapes_at(shared, side, y, x);
            for (uint32_t c = 0; c < shape.c; c++, at++) {
                int32_t own = shapes_at(aw_rng_word(seed, STREAM_OWN + c), side, y, x);
                int32_t base = (int8_t)(aw_rng_word(colour, c) >> 24) * ONE;
                int32_t grain = (int8_t)(aw_rng_word(noise, at) >> 24) * (ONE / 4);
                values[at] = aw_sat8(aw_round_shift(base / 2 + common / 2 + own / 2 + grain, 8));
            }
        }
}

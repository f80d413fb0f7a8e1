/* Seeded pictures: inputs that differ from each other as photographs do.
 *
 * Noise that is drawn pixel by pixel (aw_rng_input) is good for comparing two programs bit by bit,
 * but to a net with large strides and means over space all of it looks the same: every input gets
 * the same class. A scene has a colour, and shapes of every size, each half as strong as those of
 * twice its size, which is the 1 / f spectrum of natural images (Field 1987), and a little noise.
 */
#ifndef AWH_SCENE_H
#define AWH_SCENE_H

#include "aw/op.h"
#include "base/mem.h"

/* Fills values[h][w][c] with scene `seed`, in [-128, 127]: at AWH_INPUT_POS that is [-2, 2). The
 * same seed and shape give the same bytes everywhere. */
void awh_scene_draw(uint32_t seed, struct aw_shape shape, int8_t *values);

#endif

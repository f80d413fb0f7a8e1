/* Fixed point: gives a folded graph its seeded parameters and all positions, by running the
 * reference layer by layer on the seeded input and on scenes. */
#ifndef AWH_QUANTISE_H
#define AWH_QUANTISE_H

#include "aw/program.h"
#include "base/mem.h"
#include "net/graph.h"
#include "program/given.h"

/* Position of a program's input: aw_rng_input then covers [-2, 2), about what a normalised image
 * does. */
#define AWH_INPUT_POS 6

/* Inputs that positions are chosen over: the program's seeded one, and scenes (scene.h). */
#define AWH_CALIBRATION_INPUTS 4u

/* What calibration saw of one layer. */
struct awh_calibration {
    uint32_t crc; /* of the layer's output on the seeded input, as a verified run must give it */
    uint64_t saturated; /* outputs, over all inputs, that the position cuts off at -128 or 127 */
};

/* Parameters of a layer, as a program carries them; NULL what it does not have. */
struct awh_parameters {
    const int8_t *weights; /* in a program's order */
    const int32_t *bias;   /* at the position of the sums */
};

/* Layer i is node i of the graph, tensor t its tensor t. Arrays are in the arena that made them. */
struct awh_quantised {
    struct aw_tensor *tensors; /* offsets still 0: arena.h sets them */
    struct aw_layer
        *layers;           /* table_offset is an index into tables, as aw_program_write wants it */
    int8_t (*tables)[256]; /* sigmoid and tanh only; each distinct one once */
    struct awh_calibration *calibration; /* one a layer */
    struct awh_parameters *parameters;   /* one a layer; NULL: all are seeded */
    uint16_t tensor_count, layer_count, table_count;
    uint16_t input, output;
    uint32_t input_seed;
};

/* `graph` is what awh_fold left. `seed` is both the compile seed of synth.h and the input seed.
 * `given` has the parameters of all convolutions; NULL: they are seeded. Biases are rounded to the
 * position of the sums that they are added to, where that is the coarser one. AW_ERR_UNSUPPORTED or
 * AW_ERR_RANGE, naming the layer, for what no program can express. */
AW_MUST_USE enum aw_err awh_quantise(struct awh_arena *arena, const struct awh_graph *graph,
                                     uint32_t seed, const struct awh_given_list *given,
                                     struct awh_quantised *out, struct awh_diag *diag);

/* Tensors and layers as above, but nothing is run: all positions are 0, there are no tables, and
 * biases have one bit. Enough to place, size and name the layers of a net in no time. */
AW_MUST_USE enum aw_err awh_quantise_outline(struct awh_arena *arena, const struct awh_graph *graph,
                                             struct awh_quantised *out, struct awh_diag *diag);

#endif

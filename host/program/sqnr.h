/* How well a fixed point program computes what it stands for: the program with the bit-exact
 * references against the same weights and biases (q * 2^-pos) in floating point without any
 * rounding.
 */
#ifndef AWH_SQNR_H
#define AWH_SQNR_H

#include "aw/program.h"
#include "base/mem.h"
#include "net/net.h"

struct awh_sqnr_layer {
    const char *name; /* borrowed from the graph */
    double signal;    /* sum over all inputs of the squares of the float output */
    double noise;     /* ... of the squares of its distance from the program's output */
    double db;        /* 10 log10(signal / noise); INFINITY: exact */
};

/* Inputs are scenes (scene.h). A profiled net has no classifier: it ends in a map of channels. Its
 * top-1 class is the channel with the largest mean over all pixels, which is what stands behind a
 * global average, the layer that a classifier begins with. */
struct awh_sqnr {
    struct awh_sqnr_layer *layers; /* in the arena */
    size_t layer_count;
    uint32_t inputs; /* scenes first_seed, first_seed + 1, ... */
    uint32_t agreed; /* inputs that both put into the same class */
    uint32_t
        classes; /* different ones that the float run chose: 1 means that agreeing says little */
};

/* `folded` is the graph that the program was made of. */
AW_MUST_USE enum aw_err awh_sqnr_run(struct awh_arena *arena, const struct awh_graph *folded,
                                     const struct aw_program *program, uint32_t first_seed,
                                     uint32_t inputs, struct awh_sqnr *out, struct awh_diag *diag);

/* Compiles the net as compiler dpu does, with `seed`, and runs it on the scenes seed + 1
 * and following. The positions were chosen with other inputs. Names are in the arena.
 */
AW_MUST_USE enum aw_err awh_sqnr_net(struct awh_arena *arena, const struct awh_net *net,
                                     uint32_t seed, uint32_t inputs, struct awh_sqnr *out,
                                     struct awh_diag *diag);

#endif

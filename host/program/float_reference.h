/* Runs a graph in floating point: what an exported model must give, and what a fixed point program
 * is compared with. Plain loops; sums are in double, tensors in float. */
#ifndef AWH_FLOAT_REFERENCE_H
#define AWH_FLOAT_REFERENCE_H

#include "net/graph.h"
#include "program/float_weights.h"

/* Sees the output of every node, [h][w][c], right after it is made. */
struct awh_float_observer {
    void (*layer)(void *context, size_t node, const float *values, size_t count);
    void *context;
};

/* One pass of a graph, before or after awh_fold, with parameters that belong to it. `input` and
 * `output` are [h][w][c] of the graph's input and output tensors; observer may be NULL. A
 * convolution that has a bias (a batch norm that is affine) without parameters for it is
 * AW_ERR_ARG. */
AW_MUST_USE enum aw_err awh_float_run(const struct awh_graph *graph,
                                      const struct awh_float_weights *weights, const float *input,
                                      const struct awh_float_observer *observer, float *output,
                                      struct awh_diag *diag);

/* h * w * c. */
size_t awh_float_count(const struct awh_graph *graph, int tensor);

/* The seeded input of a program (aw_rng_input at AWH_INPUT_POS) in real numbers. `values` has
 * `count` entries. AW_ERR_RANGE above 2^32 - 1. */
AW_MUST_USE enum aw_err awh_float_input(uint32_t seed, size_t count, float *values,
                                        struct awh_diag *diag);

/* Gives the batch norms of a graph as awh_net_lower makes it the statistics of what they really get
 * on the seeded input, as training would. Guessed ones let a deep net with squeeze and excite grow
 * a thousandfold, and then float rounding alone is off by more than any two programs may differ. */
AW_MUST_USE enum aw_err awh_float_weights_settle(const struct awh_graph *graph, uint32_t seed,
                                                 struct awh_float_weights *weights,
                                                 struct awh_diag *diag);

#endif

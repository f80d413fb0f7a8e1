/* Seeded float parameters for the layers of a graph: what an exported Caffe or ONNX model carries
 * and what the float reference runs with. The same graph and seed give the same numbers everywhere.
 *
 * Weights follow He: Var(w) = 1 / (fan_in * E[x^2]), so that every convolution gives about unit
 * variance; after a relu E[x^2] is 1/2 and this is He's 2 / fan_in. E[x^2] is followed through the
 * graph, so that a signal does not fade behind h_swish, gates and averages, whose second moments
 * are smaller. Batch norms have statistics near those of their input, but no two channels alike: a
 * mean, a variance, and, when affine, a scale and a shift. */
#ifndef AWH_FLOAT_WEIGHTS_H
#define AWH_FLOAT_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "net/graph.h"

#define AWH_BATCH_NORM_EPS 1e-5f /* PyTorch's */

/* Parameters of one node; what its op does not have is NULL. */
struct awh_node_weights {
    float *weights; /* convolution: [out_ch][in_ch / groups][kernel_h][kernel_w] (OIHW) */
    size_t weight_count;
    float *bias;            /* convolution with bias: [out_ch] */
    float *mean, *variance; /* batch norm: [c] */
    float *gamma, *beta;    /* batch norm that is affine: [c] */
};

/* nodes[i] belongs to graph->nodes[i]. */
struct awh_float_weights {
    struct awh_node_weights *nodes;
    size_t node_count;
};

/* `graph` is as awh_net_lower makes it. */
AW_MUST_USE enum aw_err awh_float_weights_make(struct awh_arena *arena,
                                               const struct awh_graph *graph, uint32_t seed,
                                               struct awh_float_weights *out,
                                               struct awh_diag *diag);

/* The parameters of `folded`, which awh_fold made of a graph like `graph`: each batch norm goes
 * into the convolution before it, weight * s and (bias - mean) * s + beta with s = gamma /
 * sqrt(variance
 * + eps), or has become one of its own. Layers are found by their names. */
AW_MUST_USE enum aw_err
awh_float_weights_fold(struct awh_arena *arena, const struct awh_graph *graph,
                       const struct awh_float_weights *weights, const struct awh_graph *folded,
                       struct awh_float_weights *out, struct awh_diag *diag);

#endif

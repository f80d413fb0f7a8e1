/* What an engine executes of a net: the graph of its mode, parameters, an input, and what the float
 * reference makes of it. */
#ifndef AWH_TIMING_PREPARE_H
#define AWH_TIMING_PREPARE_H

#include "net/net.h"
#include "timing/engine.h"

struct awh_prepared {
    struct awh_graph graph;
    struct awh_arena arena; /* parameters and the arrays below */
    struct awh_float_weights weights;
    float *input;
    float *low, *high; /* of each tensor */
    float **outputs;   /* of each tensor that a node makes: the reference's values */
};

/* The seeds are fixed: the same net is the same everywhere. */
AW_MUST_USE enum aw_err awh_prepare(const struct awh_net *net, enum awh_timing_mode mode,
                                    struct awh_prepared *out, struct awh_diag *diag);
void awh_prepared_release(struct awh_prepared *prepared);
/* Frees the reference's values, which are the most of it, once they are compared. */
void awh_prepared_forget(struct awh_prepared *prepared);
struct awh_engine_load awh_prepared_load(const struct awh_prepared *prepared);

/* -- verification ------------------------------------------------------------------------------ */

/* What a layer may add to the error of its inputs (root mean square, as a share of that of the
 * values; errors add in squares). */
double awh_verify_tolerance(enum awh_precision precision);

/* Runs every step once and compares its tensor with the reference. One that differs by more than
 * the tolerance is AW_ERR_MISMATCH, which names the layer, its implementation, and how far it is
 * off. *worst_out: the largest error of a
 * tensor, that of the layers before it included. */
AW_MUST_USE enum aw_err awh_verify(const struct awh_engine_ops *ops, void *engine, void *net,
                                   const struct awh_prepared *prepared,
                                   enum awh_precision precision, double *worst_out,
                                   struct awh_diag *diag);

#endif

/* Inside of the method: samples of a net, and the figures that they give. */
#ifndef AWH_TIMING_SAMPLES_H
#define AWH_TIMING_SAMPLES_H

#include "timing/method.h"

/* Rows of `width` values. */
struct awh_sample_set {
    double *values;
    bool *good;
    size_t width, taken, accepted, value_capacity, good_capacity;
};

struct awh_samples {
    struct awh_measured *net;
    struct awh_sample_set layers, whole;
    size_t judged; /* accepted ones when the intervals were last looked at */
    bool done;
};

/* A row to be filled; NULL: no memory. It counts when awh_sample_keep is called. */
double *awh_sample_new(struct awh_sample_set *set);
void awh_sample_keep(struct awh_sample_set *set, bool accepted);

/* The widest interval of what counts: layers and blocks that take at least AWH_METHOD_BLOCK_NS, and
 * the whole net; of accepted samples. INFINITY: too few, or no memory. */
double awh_samples_widest(const struct awh_samples *samples);
/* Fills the figures of samples->net. */
AW_MUST_USE enum aw_err awh_samples_finish(struct awh_samples *samples, unsigned least,
                                           double target, struct awh_diag *diag);
void awh_samples_release(struct awh_samples *samples);

#endif

/* Inside of the method: samples of a net, and the figures that they give. */
#ifndef AWH_TIMING_SAMPLES_H
#define AWH_TIMING_SAMPLES_H

#include "timing/method.h"

/* Passes: rows of `width` times, and what was said of each. */
struct awh_sample_set {
    double *values;
    int *verdicts;
    size_t *accepted; /* of each column */
    size_t width, taken, value_capacity, verdict_capacity;
};

struct awh_samples {
    struct awh_measured *net;
    struct awh_sample_set layers, whole;
    size_t judged;    /* accepted ones when the intervals were last looked at */
    bool layers_done; /* only the whole net's interval is too wide yet */
    bool done;
};

AW_MUST_USE enum aw_err awh_samples_init(struct awh_samples *samples, struct awh_measured *net,
                                         struct awh_diag *diag);
/* A row to be filled, its verdicts AWH_ACCEPTED; false: no memory. It counts when awh_sample_keep
 * is called. */
bool awh_sample_new(struct awh_sample_set *set, double **values_out, int **verdicts_out);
void awh_sample_keep(struct awh_sample_set *set);
/* Accepted times of the column with the fewest. */
size_t awh_sample_least(const struct awh_sample_set *set);

/* Intervals of what counts, as shares of their medians: the widest of blocks that take at least
 * AWH_METHOD_BLOCK_NS, and the whole net's; of accepted times. INFINITY: too few, or no memory. */
struct awh_widths {
    double blocks, whole;
};
struct awh_widths awh_samples_widths(const struct awh_samples *samples);
/* Fills the figures of samples->net. */
AW_MUST_USE enum aw_err awh_samples_finish(struct awh_samples *samples, unsigned least,
                                           double target, struct awh_diag *diag);
/* Accepted times that whole nets need where steps need `least`. */
size_t awh_samples_whole_least(unsigned least);
void awh_samples_release(struct awh_samples *samples);
void awh_series_free(struct awh_series *series, size_t count);

#endif

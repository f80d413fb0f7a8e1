/* Cross-validation of a model over nets. */
#ifndef AWH_CROSS_VALIDATE_H
#define AWH_CROSS_VALIDATE_H

#include "models/model.h"

/* Errors of predictions against the measured whole-net figures (a net's mean over its runs). */
struct awh_accuracy {
    size_t nets, folds; /* folds 0: too few nets, the other fields mean nothing */
    double mape, rmspe, rrmse, within_5, within_10, kendall_tau;
};

struct awh_validation {
    struct awh_accuracy
        model; /* each net predicted by a model fitted without its whole-net figure */
    struct awh_accuracy block_sum; /* the naive answer: the sum of the net's measured primitives */
};

/* Folds over nets (up to 10). The timings of a held-out net's primitives stay in the data (in use,
 * every primitive has been profiled), its whole-net figures are hidden. `data` is preprocessed. */
AW_MUST_USE enum aw_err awh_cross_validate(const struct awh_model_type *type,
                                           const struct awh_yaml *cfg,
                                           const struct awh_profiles *data, const char *perf_name,
                                           struct awh_validation *out, struct awh_diag *diag);

#endif

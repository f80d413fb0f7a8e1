/* aw_nas's preprocessors of measured runs, by their names there:
 *
 *   block_sum             overwrites a run's block sum with the sum of its primitives
 *   remove_anomaly        drops runs whose block sum is more than `tolerance_std` (a relative
 * deviation, 0.1) away from the net's mean over all runs, outliers included, in one pass flatten
 * one list of runs extract_sum_features  the block sum as the only feature, the whole-net figure as
 * target
 *
 * The last two change only the shape of aw_nas's data, so here they are checks of the order. */
#ifndef AWH_PREPROCESS_H
#define AWH_PREPROCESS_H

#include "models/model.h"

#define AWH_PREPROCESSORS_MAX 8

struct awh_preprocess {
    const char *names[AWH_PREPROCESSORS_MAX]; /* texts of the registry */
    size_t count;
    double tolerance_std;
};

/* From `preprocessors` (a list of names) and `tolerance_std` of hwperfmodel_cfg; `cfg` may be NULL.
 * Unknown names, a wrong order, or one that the model needs and that is missing are errors. */
AW_MUST_USE enum aw_err awh_preprocess_open(const struct awh_yaml *cfg,
                                            const struct awh_model_type *type,
                                            struct awh_preprocess *out, struct awh_diag *diag);

/* Applies them; the result is in the arena and `data` is not changed. Nets that lose all their runs
 * are warned about and dropped. */
AW_MUST_USE enum aw_err awh_preprocess_run(struct awh_arena *arena,
                                           const struct awh_preprocess *preprocess,
                                           const struct awh_profiles *data,
                                           struct awh_profiles *out, struct awh_diag *diag);

#endif

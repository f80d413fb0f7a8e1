/* A fitted model with everything that a prediction needs, as one YAML document (docs/formats.md).
 */
#ifndef AWH_MODEL_FILE_H
#define AWH_MODEL_FILE_H

#include "models/model.h"
#include "models/preprocess.h"

#define AWH_MODEL_FILE_VERSION 1

struct awh_model {
    const struct awh_model_type *type;
    void *state;
    const char *perf_name;
    const char *unit; /* NULL: the data named none */
    const char *const *preprocessors;
    size_t preprocessor_count;
    /* The search space, so that a model answers genotypes by itself. */
    const char *space_type;
    const struct awh_yaml *search_space_cfg, *mixin_cfg, *prof_prims_cfg; /* NULL: absent */
    const struct awh_yaml *data;             /* provenance, as saved; may be NULL */
    const struct awh_yaml *cross_validation; /* may be NULL */
};

AW_MUST_USE enum aw_err awh_model_save(struct awh_arena *arena, const struct awh_model *model,
                                       const char *path, struct awh_diag *diag);
/* Checks version, checksum and every key. Everything is in the arena. */
AW_MUST_USE enum aw_err awh_model_load(struct awh_arena *arena, const char *path,
                                       struct awh_model *model_out, struct awh_diag *diag);

#endif

/* Latency models: what is fitted to measured nets and answers for others. */
#ifndef AWH_MODEL_H
#define AWH_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/yaml.h"
#include "prims/prim.h"

/* One run of one net, as parse writes it. */
struct awh_profile {
    const struct awh_prim *prims; /* shared by the runs of a net */
    const double *perfs;          /* one a primitive, in the unit of the data; NAN: not measured */
    size_t prim_count;
    double overall;   /* whole-net pass; NAN: not known */
    double block_sum; /* as read (NAN: absent); block_sum overwrites it */
};

struct awh_profile_net {
    const char *name;
    struct awh_profile *runs;
    size_t run_count;
};

/* Training data: nets of runs. */
struct awh_profiles {
    struct awh_profile_net *nets;
    size_t net_count;
    const char *unit;              /* "ms", "instructions" or NULL */
    const struct awh_yaml *device; /* borrowed from the first file; NULL when absent */
    bool verified;                 /* every run was */
};

struct awh_model_type {
    const char *name;                         /* "regression" */
    const char *const *default_preprocessors; /* NULL terminated */
    /* `state` is the type's own, from the arena. `data` is preprocessed (one net per run after
     * flatten). `cfg` is hwperfmodel_cfg or NULL. */
    enum aw_err (*fit)(struct awh_arena *arena, const struct awh_yaml *cfg,
                       const struct awh_profiles *data, const char *perf_name, void **state_out,
                       struct awh_diag *diag);
    /* Primitives that were never measured count 0; *missing_out says how many. */
    enum aw_err (*predict)(const void *state, const struct awh_prim *prims, size_t count,
                           double *value_out, size_t *missing_out);
    /* The type's keys of the model file, set in `map`, and read back from it. */
    enum aw_err (*save)(struct awh_arena *arena, const void *state, const char *perf_name,
                        struct awh_yaml *map, struct awh_diag *diag);
    enum aw_err (*load)(struct awh_arena *arena, const struct awh_yaml *map, const char *perf_name,
                        void **state_out, struct awh_diag *diag);
};

const struct awh_model_type *const *awh_model_types(void); /* NULL terminated, from models.def */
const struct awh_model_type *awh_model_type_find(const char *name);

#endif

/* The two config files of aw_nas's flow, with the spellings that its code, its documentation and
 * its examples use. */
#ifndef AWH_CONFIG_H
#define AWH_CONFIG_H

#include "base/yaml.h"
#include "models/model.h"
#include "spaces/space.h"

struct awh_config {
    const struct awh_yaml *cfg;   /* search space config: the root maps of the two files */
    const struct awh_yaml *hwobj; /* hardware objective config */
    const struct awh_space_type *space_type;
    const struct awh_yaml *search_space_cfg, *mixin_cfg; /* maps, or NULL */
    const struct awh_yaml *prof_prims_cfg;               /* of the hwobj file; NULL: absent */
};

/* Loads both files and finds the sections above. Everything is in the arena. */
AW_MUST_USE enum aw_err awh_config_load(struct awh_arena *arena, const char *cfg_path,
                                        const char *hwobj_path, struct awh_config *out,
                                        struct awh_diag *diag);

/* hwperfmodel_type and hwperfmodel_cfg of the hwobj file, under all their names. */
struct awh_perfmodel_config {
    const struct awh_model_type *type;
    const struct awh_yaml *cfg;            /* NULL: absent */
    const char *perf_name;                 /* "latency" unless set */
    const struct awh_yaml *prof_prims_cfg; /* the model's own, else the file's */
};
AW_MUST_USE enum aw_err awh_config_perfmodel(const struct awh_config *config,
                                             struct awh_perfmodel_config *out,
                                             struct awh_diag *diag);

#endif

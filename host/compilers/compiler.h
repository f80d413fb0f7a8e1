/* Hardware compilers: make of one net what a device runs. */
#ifndef AWH_COMPILER_H
#define AWH_COMPILER_H

#include "base/path.h"
#include "base/yaml.h"
#include "net/net.h"

struct awh_compiler_type {
    const char *name; /* "dpu" */
    /* Writes the files of `net` below `directory` (relative to the stage). `cfg` is
     * hardware_compiler_cfg or NULL. */
    enum aw_err (*compile)(const struct awh_yaml *cfg, const struct awh_net *net,
                           struct awh_stage *stage, const char *directory, struct awh_diag *diag);
};

const struct awh_compiler_type *const *awh_compiler_types(void); /* NULL terminated */
const struct awh_compiler_type *awh_compiler_type_find(const char *name);

#endif

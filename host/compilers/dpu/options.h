/* hardware_compiler_cfg of compiler dpu; docs/dpu.md lists the keys. */
#ifndef AWH_DPU_OPTIONS_H
#define AWH_DPU_OPTIONS_H

#include "aw/packing.h"
#include "base/yaml.h"
#include "compilers/dpu/caffe.h"
#include "net/net.h"

enum awh_dpu_stage {
    AWH_DPU_CAFFE,
    AWH_DPU_FIX,
    AWH_DPU_PROGRAM,
    AWH_DPU_DNNC,
};
#define AWH_DPU_STAGE_COUNT (AWH_DPU_DNNC + 1)

/* Texts are borrowed from the configuration. */
struct awh_dpu_options {
    bool stages[AWH_DPU_STAGE_COUNT];
    uint32_t seed;
    bool embed;                       /* the program carries its weights */
    const struct aw_packing *packing; /* of these; NULL: canonical */
    enum awh_caffe_dialect dialect;
    bool relu6_as_relu;
    unsigned calib_iter;
    const char *calib_dir; /* NULL: noise */
    const char *dcf;       /* NULL: none */
    const char *mode;
    const struct awh_yaml *command; /* NULL: none; a sequence of texts */
    unsigned timeout_s;
};

/* `cfg` may be NULL. Warns of keys that are unknown, or that nothing uses, when `warn`. */
AW_MUST_USE enum aw_err awh_dpu_options_read(const struct awh_yaml *cfg, const struct awh_net *net,
                                             bool warn, struct awh_dpu_options *out,
                                             struct awh_diag *diag);

#endif

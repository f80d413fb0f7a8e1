/* The stages of compiler dpu that make files for Xilinx's tools. */
#ifndef AWH_DPU_STAGES_H
#define AWH_DPU_STAGES_H

#include "base/path.h"
#include "compilers/dpu/options.h"
#include "program/given.h"

/* One net on its way through the stages. */
struct awh_dpu_job {
    struct awh_arena *arena;
    const struct awh_dpu_options *options;
    const struct awh_net *net;
    const struct awh_graph *graph; /* as lowered */
    struct awh_stage *stage;
    const char *directory; /* of the net, relative to the stage */
    bool first;            /* net of its result directory: what is said once a run is said here */
};

AW_MUST_USE enum aw_err awh_dpu_write_yaml(struct awh_stage *stage, const char *path,
                                           const struct awh_yaml *root, struct awh_diag *diag);

/* pytorch_to_caffe/: <net>.prototxt, <net>.caffemodel, <net>_torch2caffe.yaml and
 * <net>_prim2names.yaml. */
AW_MUST_USE enum aw_err awh_dpu_write_caffe(const struct awh_dpu_job *job,
                                            const struct awh_caffe_net *caffe,
                                            struct awh_diag *diag);
/* What awh_dpu_fix made, as the parameters of a program. */
AW_MUST_USE enum aw_err awh_dpu_given(const struct awh_dpu_job *job,
                                      const struct awh_caffe_net *fixed, struct awh_given_list *out,
                                      struct awh_diag *diag);
/* fix/: deploy.prototxt, deploy.caffemodel and quantize_info.txt. Folds and rounds `caffe`. */
AW_MUST_USE enum aw_err awh_dpu_fix(const struct awh_dpu_job *job, struct awh_caffe_net *caffe,
                                    struct awh_diag *diag);
/* dnnc_<mode>/: what the configured command makes of fix/, and dnnc.log; without a command, the
 * script fix/dnnc.sh and a warning that it is there. */
AW_MUST_USE enum aw_err awh_dpu_dnnc(const struct awh_dpu_job *job, struct awh_diag *diag);

#endif

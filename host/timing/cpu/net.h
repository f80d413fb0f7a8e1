/* The functions of struct awh_engine_ops that deal with nets. */
#ifndef AWH_TIMING_CPU_NET_H
#define AWH_TIMING_CPU_NET_H

#include "timing/cpu/cpu.h"

enum aw_err cpu_load(void *engine, const struct awh_engine_load *load, void **net_out,
                     struct awh_diag *diag);
void cpu_unload(void *engine, void *net);
const struct awh_step *cpu_steps(const void *net, size_t *count_out);
enum aw_err cpu_run_step(void *engine, void *net, size_t index, struct awh_diag *diag);
enum aw_err cpu_read(void *engine, void *net, size_t step, float *values, struct awh_diag *diag);
enum aw_err cpu_pass_layers(void *engine, void *net, double *step_ns, int *verdicts,
                            struct awh_diag *diag);
size_t cpu_parts(const void *net);
enum aw_err cpu_pass_whole(void *engine, void *net, double *part_ns, int *verdicts,
                           struct awh_diag *diag);
/* Where the parts end; when all else of the net is ready. */
AW_MUST_USE enum aw_err cpu_divide(struct cpu_net *net, struct awh_diag *diag);

#endif

/* Inside of measure: what measure.c, which runs the board, shares with its readers and writers. */
#ifndef AWH_MEASURE_H
#define AWH_MEASURE_H

#include "aw/program.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/yaml.h"
#include "devices/session.h"
#include "flow/flow.h"
#include "program/layers.h"

/* A measured net in a few numbers, in ticks. */
struct awh_measure_summary {
    double block_sum, whole; /* means over the runs */
    double probe_effect;     /* block_sum / whole - 1 */
    double spread;           /* of the whole net: (max - min) / mean */
};

struct awh_measure_net {
    const char *name;
    const char *program_path;
    const uint8_t *bytes;
    uint32_t size;
    struct aw_program program;
    struct awh_layers layers;

    bool resumed, verified, selected;
    struct awh_measure_summary summary;
};

struct awh_measure {
    const struct awh_measure_options *options;
    struct awh_arena arena;
    const char *hardware_dir; /* <result_dir>/hardwares/<hardware> */
    const char *out_dir;
    struct awh_measure_net *nets; /* the selected ones */
    size_t net_count;
    struct awh_session *session; /* open */
    const char *transport, *where;
    struct awh_progress progress;
    uint64_t done; /* of its total, which counts kilo-MACs */
};

/* What one net gave. */
struct awh_measure_runs {
    uint64_t *layer_ticks;  /* [repeats][layers] */
    uint64_t *block_ticks;  /* [repeats]: sums of the layers */
    uint64_t *whole_ticks;  /* [repeats] */
    uint32_t *instructions; /* [layers]; NULL: not counted */
};

/* -- measure.c: the parts that bench kernels is made of, too ------------------------------ */

AW_MUST_USE enum aw_err awh_measure_check_options(const struct awh_measure_options *options,
                                                  struct awh_diag *diag);
/* The board that the options name: its link, and a session with it. Both are to be closed. */
AW_MUST_USE enum aw_err awh_measure_open(const struct awh_measure_options *options,
                                         struct awh_link *link_out, struct awh_session *session_out,
                                         struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_measure_check_selftest(const struct awh_measure *measure,
                                                   struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_measure_runs_init(const struct awh_measure *measure,
                                              const struct awh_measure_net *net,
                                              struct awh_arena *arena,
                                              struct awh_measure_runs *runs_out,
                                              struct awh_diag *diag);
/* Loads the net, verifies it, and runs it in both modes. */
AW_MUST_USE enum aw_err awh_measure_run_net(struct awh_measure *measure,
                                            struct awh_measure_net *net, struct awh_arena *arena,
                                            struct awh_measure_runs *runs, struct awh_diag *diag);

/* -- measure_input.c --------------------------------------------------------------------- */

/* Finds the hardware directory and reads and validates the selected nets. */
AW_MUST_USE enum aw_err awh_measure_read(struct awh_measure *measure, struct awh_diag *diag);
/* AW_ERR_NO_SPACE when a net needs more than the board of the session has. */
AW_MUST_USE enum aw_err awh_measure_check_limits(const struct awh_measure *measure,
                                                 struct awh_diag *diag);

/* -- measure_output.c -------------------------------------------------------------------- */

/* "ms" where ticks are time, which those of an emulated board never are; else the clock's unit:
 * "instructions" of a board that is emulated as its board.yaml says. */
const char *awh_measure_unit(const struct awp_hello_reply *hello);
/* Ticks in that unit. */
double awh_measure_latency(const struct awp_hello_reply *hello, double ticks);

/* Refuses an out_dir that is not ours, unless forced; makes it otherwise. */
AW_MUST_USE enum aw_err awh_measure_prepare(const struct awh_measure *measure,
                                            struct awh_diag *diag);
/* Warns of results of nets that are not compiled any more. */
AW_MUST_USE enum aw_err awh_measure_report_stale(const struct awh_measure *measure,
                                                 struct awh_diag *diag);
/* Writes <out_dir>/<net>/<run>.yaml of all runs: all of them or none. */
AW_MUST_USE enum aw_err awh_measure_write(const struct awh_measure *measure,
                                          const struct awh_measure_net *net,
                                          const struct awh_measure_runs *runs,
                                          struct awh_diag *diag);
/* True when all runs of the net are there already, made from the same program by the same firmware
 * in the same way; then block_ticks, whole_ticks and net->verified are filled. Anything else in the
 * files is a reason to measure again. */
bool awh_measure_is_complete(const struct awh_measure *measure, struct awh_measure_net *net,
                             struct awh_measure_runs *runs);

/* -- measure_report.c -------------------------------------------------------------------- */

struct awh_measure_summary awh_measure_summarise(const struct awh_measure_runs *runs,
                                                 uint32_t repeats);
void awh_measure_report(const struct awh_measure *measure, FILE *out);

#endif

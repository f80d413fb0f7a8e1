/* Inside of latency: what latency.c, which measures, shares with its writers. */
#ifndef AWH_LATENCY_H
#define AWH_LATENCY_H

#include "base/parallel.h"
#include "base/path.h"
#include "flow/flow.h"
#include "net/net.h"
#include "timing/method.h"
#include "timing/prepare.h"

/* A net, or a primitive by itself. */
struct awh_latency_net {
    struct awh_net net;
    const char *path; /* NULL: a primitive of --prims */
    bool resumed;

    /* While its group is measured: */
    struct awh_prepared prepared;
    void *loaded;
    double worst_error; /* NAN: not verified */
    struct awh_measured measured;
    bool is_prepared, is_measured;
};

struct awh_latency {
    const struct awh_latency_options *options;
    enum awh_timing_mode mode;
    enum awh_precision precision;
    double target, budget_s; /* of a group of nets */
    const struct awh_engine_ops *ops;
    unsigned device;
    void *engine;
    struct awh_cores cores; /* before the engine pinned this thread */
    struct awh_arena arena;
    struct awh_latency_net *nets;
    size_t net_count, noisy_count;
};

/* What counts as the time of a layer, block or net, in ms: docs/measuring.md says why this one. */
double awh_latency_figure(const struct awh_timing *timing);

/* -- latency_output.c ---------------------------------------------------------------------- */

/* Makes the directory, or takes an empty one, or one that awnas-hw made. */
AW_MUST_USE enum aw_err awh_latency_prepare_dir(const struct awh_latency *latency,
                                                struct awh_diag *diag);
/* <net>.layers.yaml and, of nets, <net>/<i>.yaml. */
AW_MUST_USE enum aw_err awh_latency_write(struct awh_latency *latency,
                                          const struct awh_latency_net *net, struct awh_diag *diag);

/* A line of the net, and what the user is to know in the end. */
void awh_latency_print(const struct awh_latency *latency, const struct awh_latency_net *net,
                       FILE *out);
void awh_latency_print_end(const struct awh_latency *latency, FILE *out);
/* Path of <net>.layers.yaml; from `arena`. */
const char *awh_latency_layers_path(const struct awh_latency *latency, struct awh_arena *arena,
                                    const struct awh_net *net);

/* -- latency_table.c ----------------------------------------------------------------------- */

/* Whether the directory has all of the net, measured in the way that is asked for. */
bool awh_latency_is_complete(const struct awh_latency *latency, const struct awh_latency_net *net);
/* prof_primitive.yaml, from all <net>.layers.yaml. */
AW_MUST_USE enum aw_err awh_latency_write_table(struct awh_latency *latency, struct awh_diag *diag);

#endif

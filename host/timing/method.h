/* How nets are measured, on any engine: docs/measuring.md says why.
 *
 * Warm-up until the running median settles; then turns, one net after the other, of an untimed pass
 * and a few samples: a pass with a time of each step, a pass of the whole net. The engine accepts
 * or rejects each sample. A net is done when it has enough accepted samples and the 95 % interval
 * of every median that counts is narrow enough; all end with the time budget. */
#ifndef AWH_TIMING_METHOD_H
#define AWH_TIMING_METHOD_H

#include "timing/engine.h"

#define AWH_METHOD_BLOCK_NS 40000.0 /* shorter layers cannot be repeated: their block counts */
#define AWH_METHOD_FEW      20 /* accepted samples without which the rejected ones are used too */

struct awh_method_options {
    double target;                     /* width of the interval, as a share of the median: 0.02 */
    unsigned samples;                  /* accepted ones that a net needs: 100 */
    double budget_s;                   /* for all nets, warm-up included */
    uint64_t (*now_ns)(void *context); /* NULL: the monotonic clock */
    void (*progress)(void *context, double share); /* may be NULL; share of the nets done, 0..1 */
    void *context;
};

/* Of the kept samples, in ns. low and high: 95 % interval of the median by order statistics. */
struct awh_timing {
    double median, lower_quartile, low, high;
};

struct awh_measured {
    void *net;         /* loaded; set by the caller */
    size_t prim_count; /* set by the caller: primitives of the net */

    const struct awh_step *steps; /* the engine's */
    size_t step_count;
    /* Samples of the kind that the figures are made of, in order of time: the accepted ones, or
     * with AWH_METHOD_FEW or less of these all (`filtered` is false then). */
    double *step_ns;  /* [kept][step_count], cost of the stamps subtracted */
    double *whole_ns; /* [whole_kept] */
    size_t taken, accepted, kept;
    size_t whole_taken, whole_accepted, whole_kept;
    size_t rejects[AWH_REJECTS_MAX]; /* of both kinds */
    bool filtered;
    bool noisy;    /* ended before it had enough accepted samples and intervals narrow enough */
    double widest; /* interval of what counts, as a share of its median */

    struct awh_timing *step_times; /* of each step */
    struct awh_timing *prim_times; /* of each primitive: its steps of a pass, reorders included;
                                      one without steps has zeros */
    struct awh_timing block_sum, whole;
};

/* Measures all nets. On failure what was allocated is released. */
AW_MUST_USE enum aw_err awh_measure_timed(const struct awh_engine_ops *ops, void *engine,
                                          struct awh_measured *nets, size_t count,
                                          const struct awh_method_options *options,
                                          struct awh_diag *diag);
void awh_measured_release(struct awh_measured *net);

#endif

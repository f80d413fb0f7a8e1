/* How nets are measured, on any engine: docs/measuring.md says why.
 *
 * Warm-up until the running median settles; then turns, one net after the other, of an untimed
 * pass, a few passes with a time of each step, and one of the whole net. The engine accepts or
 * rejects each time by itself: of a pass that was disturbed for a moment the rest counts. A net is
 * done when every step has enough accepted times and the 95 % interval of every median that counts
 * is narrow enough; all end with the time budget. */
#ifndef AWH_TIMING_METHOD_H
#define AWH_TIMING_METHOD_H

#include "timing/engine.h"

#define AWH_METHOD_BLOCK_NS 40000.0 /* shorter layers cannot be repeated: their block counts */
#define AWH_METHOD_FEW      5 /* with fewer accepted times the method goes on beyond the budget, */
#define AWH_METHOD_PATIENCE 2.0 /* up to so many times the budget */

struct awh_method_options {
    double target;    /* width of the interval, as a share of the median: 0.02 */
    unsigned samples; /* accepted ones that each step needs: 100; whole nets need a quarter */
    double budget_s;  /* for all nets, warm-up included */
    uint64_t (*now_ns)(void *context);             /* NULL: the monotonic clock */
    void (*progress)(void *context, double share); /* may be NULL; share of the nets done, 0..1 */
    void *context;
};

/* Of the kept times, in ns. low and high: 95 % interval of the median by order statistics. Of a sum
 * (a primitive, a net) the sums; its interval is as wide as its terms' errors go together, which
 * their samples tell: between those of terms that err apart and together. */
struct awh_timing {
    double median, lower_quartile, low, high;
};

/* Kept times of a step, or of a part of the whole net, in order of time: the accepted ones, or
 * where there are none all. */
struct awh_series {
    double *ns; /* cost of the stamp subtracted */
    size_t count;
};

struct awh_measured {
    void *net;         /* loaded; set by the caller */
    size_t prim_count; /* set by the caller: primitives of the net */

    const struct awh_step *steps; /* the engine's */
    size_t step_count;
    size_t part_count;               /* the engine's, of a whole pass */
    struct awh_series *steps_kept;   /* [step_count] */
    struct awh_series *parts_kept;   /* [part_count] */
    size_t kept, whole_kept;         /* of the step, the part, with the fewest */
    size_t passes, whole_passes;     /* that were samples */
    double accepted_share;           /* of all times of steps and parts */
    size_t rejects[AWH_REJECTS_MAX]; /* times, of both kinds */
    bool filtered; /* no step or part was without an accepted time: no rejected ones were used */
    bool noisy;    /* ended before there were enough accepted times and intervals narrow enough */
    double widest; /* interval of what counts, as a share of its median */

    struct awh_timing *step_times; /* of each step */
    struct awh_timing *prim_times; /* of each primitive: its steps, reorders included; one without
                                      steps has zeros */
    struct awh_timing block_sum, whole;
};

/* Measures all nets. On failure what was allocated is released. */
AW_MUST_USE enum aw_err awh_measure_timed(const struct awh_engine_ops *ops, void *engine,
                                          struct awh_measured *nets, size_t count,
                                          const struct awh_method_options *options,
                                          struct awh_diag *diag);
void awh_measured_release(struct awh_measured *net);

#endif

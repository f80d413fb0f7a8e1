/* Timing engines: what executes a net on this host, on its CPU or a GPU, and times it.
 *
 * An engine is one folder here and a line in engines.def. It defines
 *
 *     const struct awh_engine_ops awh_engine_<folder>;
 *
 * An engine whose library is absent at configure time compiles to a stub that only has `name`,
 * `host` and `missing`. How samples are taken, filtered and judged is the same for all engines and
 * is not theirs: method.h. What they execute is prepared by prepare.h.
 *
 * An engine is used by one thread. Errors of load and run_step name the net and the layer:
 * "net 3: layer 3_conv_7: ...". */
#ifndef AWH_TIMING_ENGINE_H
#define AWH_TIMING_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "net/graph.h"
#include "program/float_weights.h"

enum awh_timing_mode {
    AWH_TIMING_FUSED, /* what a deployed model does: activations and the like inside convolutions,
                         layouts as the library likes them */
    AWH_TIMING_EAGER, /* layer by layer as lowered, batch norms by themselves, plain nchw */
};
#define AWH_TIMING_MODE_COUNT 2

enum awh_precision {
    AWH_PRECISION_FP32, /* and no less: a GPU does not use TF32 */
    AWH_PRECISION_TF32,
    AWH_PRECISION_FP16,
    AWH_PRECISION_BF16,
    AWH_PRECISION_INT8,
};
#define AWH_PRECISION_COUNT 5

/* "fused"; "fp32": as in options and results. */
const char *awh_timing_mode_name(enum awh_timing_mode mode);
const char *awh_precision_name(enum awh_precision precision);

struct awh_engine_options {
    unsigned device; /* of this engine, from 0 */
    enum awh_timing_mode mode;
    enum awh_precision precision;
    unsigned threads; /* 0: the engine's default; an engine without threads refuses others */
    /* Caches are flushed before every step of pass_layers and before every pass_whole, outside of
     * the times. */
    bool cold;
    /* Host engines: what the gauge takes on this host when nothing disturbs it; 0: the engine finds
     * out when it is opened, and warns. Others ignore it. */
    double gauge_ns;
};

/* One piece of work with a time of its own. */
struct awh_step {
    char name[96]; /* of its first layer, which may be fused with others; of a reorder
                    * "reorder for <layer>" */
    /* Nodes that it covers, in order; malloc'ed or of the net's memory, the engine's. A reorder
     * covers none. */
    const size_t *nodes;
    size_t node_count;
    int prim; /* whose time it is: that of its first node; of a reorder, that of the node that needs
               * it */
    int out;  /* tensor that is ready when it has run; of a reorder -1 */
    char implementation[96]; /* what the library chose: "brgconv:avx512_core" */
    bool slow;               /* a reference or fallback implementation: the user is warned */
    size_t new_memory_bytes; /* pages that the kernel has to provide anew in each pass */
    bool reorder;            /* changes only a layout or a data type */
};

/* What is loaded. All of it is borrowed until load returns, `graph` until unload. */
struct awh_engine_load {
    /* AWH_TIMING_FUSED: after awh_fold. AWH_TIMING_EAGER: as awh_net_lower makes it. Nodes are in
     * order of execution. */
    const struct awh_graph *graph;
    const struct awh_float_weights *weights; /* of this graph */
    const float *input; /* [h][w][c] of the graph's input; every pass reads it */
    /* Of each tensor the smallest and largest value with this input: scales of int8. Values of a
     * tensor are in [low, high]; low <= 0 <= high. */
    const float *low, *high;
};

struct awh_engine_ops {
    const char *name;    /* "cpu": its folder */
    bool host;           /* is device -1; the devices of the others are numbered on from 0, in the
                          * order of engines.def */
    const char *missing; /* NULL, or why it is a stub: "built without oneDNN: install libdnnl-dev
                          * and configure again" */

    /* How many devices there are. No driver and no device are 0 and no error; `why` (of
     * `capacity` bytes) then says the reason: "no NVIDIA driver is loaded". */
    AW_MUST_USE enum aw_err (*count)(unsigned *count_out, char *why, size_t capacity,
                                     struct awh_diag *diag);
    /* "NVIDIA H100 80GB HBM3", for lists of devices. */
    AW_MUST_USE enum aw_err (*title)(unsigned device, char *text, size_t capacity,
                                     struct awh_diag *diag);

    /* A precision that no layer can have on this device is an error here already. */
    AW_MUST_USE enum aw_err (*open)(const struct awh_engine_options *options, void **engine_out,
                                    struct awh_diag *diag);
    void (*close)(void *engine);
    /* Adds facts to the map: name, library and version, clock, threads, governor ... Called when
     * measuring is over: figures that grow (steal, throttling) count from open. */
    AW_MUST_USE enum aw_err (*describe)(void *engine, struct awh_arena *arena, struct awh_yaml *map,
                                        struct awh_diag *diag);

    AW_MUST_USE enum aw_err (*load)(void *engine, const struct awh_engine_load *load,
                                    void **net_out, struct awh_diag *diag);
    void (*unload)(void *engine, void *net);
    /* In order of execution; the net's. */
    const struct awh_step *(*steps)(const void *net, size_t *count_out);

    /* For verification: runs step `index` (after all before it) to its end. */
    AW_MUST_USE enum aw_err (*run_step)(void *engine, void *net, size_t index,
                                        struct awh_diag *diag);
    /* Values of a step's `out` [h][w][c], right after run_step of that step. */
    AW_MUST_USE enum aw_err (*read)(void *engine, void *net, size_t step, float *values,
                                    struct awh_diag *diag);

    /* One pass of the whole net with a time of each step in ns. With nothing between the steps
     * that touches memory: what a step leaves in the caches is there for the next, unless `cold`.
     * `verdicts`, of each step: what speaks against its time, an index of `rejects`, or
     * AWH_ACCEPTED. NULL: it is no sample, and the engine does not look. */
    AW_MUST_USE enum aw_err (*pass_layers)(void *engine, void *net, double *step_ns, int *verdicts,
                                           struct awh_diag *diag);
    /* Times of the whole net: of one part (a CUDA graph), or of several, one behind the other,
     * where the engine looks between them whether it was disturbed. */
    size_t (*parts)(const void *net);
    /* The same pass as fast as it can be done, with the time and the verdict of each part. */
    AW_MUST_USE enum aw_err (*pass_whole)(void *engine, void *net, double *part_ns, int *verdicts,
                                          struct awh_diag *diag);
    /* Cost of a stamp in ns, to be subtracted from each time of pass_layers; 0: there is none. */
    double (*stamp_ns)(void *engine);

    /* Keys for results: "gauge", "run_delay", "throttled"; NULL terminated. At most
     * AWH_REJECTS_MAX. */
    const char *const *rejects;
};
#define AWH_REJECTS_MAX 8
#define AWH_ACCEPTED    (-1)

/* NULL terminated, in the order of engines.def. */
const struct awh_engine_ops *const *awh_engines(void);
const struct awh_engine_ops *awh_engine_find(const char *name);

/* The engine of a device number as the user gives it, and its number there: -1 is the host's CPU,
 * 0 and up are GPUs. Another number is AW_ERR_NOT_FOUND with a list of what there is and why others
 * are not. */
AW_MUST_USE enum aw_err awh_engine_of_device(int64_t device, const struct awh_engine_ops **ops_out,
                                             unsigned *device_out, struct awh_diag *diag);

#endif

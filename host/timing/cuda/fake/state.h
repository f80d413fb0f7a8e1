/* Between the parts of the fake. */
#ifndef AWH_CUDA_FAKE_STATE_H
#define AWH_CUDA_FAKE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "timing/cuda/fake/fake.h"
#include "timing/cuda/kernels.h"

enum fake_kind {
    FAKE_STREAM,
    FAKE_EVENT,
    FAKE_GRAPH,
    FAKE_EXEC,
    FAKE_LIBRARY,
    FAKE_MEMORY,
    FAKE_CUDNN,
    FAKE_TENSOR,
    FAKE_FILTER,
    FAKE_CONV,
    FAKE_ACT,
    FAKE_NVML,
};
#define FAKE_KIND_COUNT (FAKE_NVML + 1)

struct fake_shape {
    bool set;
    int format, type, n, c, h, w; /* a filter: n out, c in / groups */
};

struct fake_conv {
    bool set;
    int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, mode, compute, groups, math;
};

struct fake_act {
    bool set;
    int mode, nan;
};

enum fake_op_kind { FAKE_COPY, FAKE_FILL, FAKE_RECORD, FAKE_KERNEL, FAKE_CONVOLVE, FAKE_GRAPH_RUN };

/* A piece of work, with everything it needs. */
struct fake_op {
    enum fake_op_kind kind;
    double cost_ns;
    void *out;
    const void *in;
    size_t bytes;
    int value;
    struct fake_object *object; /* event, exec */
    int kernel;                 /* index of fake_kernels */
    unsigned blocks;
    union awh_k_args args;
    struct { /* FAKE_CONVOLVE: out = act(conv(in) + bias + z) */
        struct fake_shape x, w, y;
        struct fake_conv conv;
        const void *weights, *bias, *z;
        bool relu;
    } convolution;
};

struct fake_list {
    struct fake_op *ops;
    size_t count, capacity;
};

struct fake_object {
    enum fake_kind kind;
    bool alive;
    struct fake_object *next;
    /* FAKE_MEMORY */
    char *data;
    size_t bytes;
    /* FAKE_EVENT */
    bool recorded, external;
    double at_ns;
    /* FAKE_GRAPH, FAKE_EXEC */
    struct fake_list list;
    struct fake_shape shape; /* FAKE_TENSOR, FAKE_FILTER */
    struct fake_conv conv;
    struct fake_act act;
    struct fake_object *stream; /* FAKE_CUDNN */
};

struct fake_state {
    struct awh_cuda_fake options;
    struct fake_object *objects;
    unsigned dead; /* of the objects */
    struct fake_list queue, captured;
    bool capturing;
    double now_ns;
    size_t used_bytes;
    unsigned math;
    unsigned long long warm; /* work that ran before: a capture must not be the first to use it */
};
extern struct fake_state fake;

/* Notes a call; true when it is the one to fail. */
bool fake_call(const char *name);
/* Notes a breach of a rule; returns false. */
AW_PRINTF(1, 2) bool fake_misuse(const char *format, ...);
struct fake_object *fake_new(enum fake_kind kind);
/* Whether a handle is alive and of its kind; else a misuse of `call`. */
bool fake_is(const void *handle, enum fake_kind kind, const char *call);
void fake_drop(struct fake_object *object);
/* Device memory of at least this many bytes; else a misuse. */
bool fake_memory(const void *pointer, size_t bytes, const char *what);
/* Queues work, or puts it into the graph that is being captured. `once` names what it uses, 0..63,
 * or -1. */
void fake_put(const struct fake_op *op, int once);
/* Does all queued work. */
void fake_drain(void);

/* kernels.c */
#define FAKE_KERNELS 12
int fake_kernel_find(const char *name); /* -1: there is none */
/* Checks the arguments of a launch, and does it. */
bool fake_kernel_check(int kernel, unsigned blocks, const union awh_k_args *args);
void fake_kernel_run(const struct fake_op *op);
size_t fake_kernel_args(int kernel);
bool fake_kernel_is_conv(int kernel);

/* dnn.c */
void fake_convolve(const struct fake_op *op);

/* The calls, in three files; table.c has them all. */
#define FAKE_DECLARE(name) __typeof__(name) fake_##name;
AWH_CUDA_CALLS(FAKE_DECLARE)
#undef FAKE_DECLARE
#define FAKE_DECLARE(name, parameters, names) int fake_##name parameters;
AWH_NVML_CALLS(FAKE_DECLARE)
#undef FAKE_DECLARE

#endif

/* Inside of the CPU engine: what the files of this folder share. */
#ifndef AWH_TIMING_CPU_H
#define AWH_TIMING_CPU_H

#include <dnnl.h>
#include <limits.h>

#include "timing/cpu/pages.h"
#include "timing/engine.h"
#include "timing/host.h"

#define CPU_ARGS_MAX 8

struct cpu_engine {
    struct awh_engine_options options;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct awh_timing_host host; /* pinning, gauge, facts */
    double stamp_ns;
};

/* Memory that activations take in turns; lives from the action that first names it to the last. */
struct cpu_buffer {
    size_t bytes, first, last;
    size_t offset;
    bool always;       /* the graph's input, eager: its output too: never shared */
    bool scratch;      /* eager: allocated ahead of all else that its step makes */
    const char *layer; /* that asked for it; borrowed from the graph */
};

/* A tensor of the graph as it lies in memory. */
struct cpu_value {
    bool made;
    dnnl_memory_desc_t md;
    size_t buffer;
    float scale; /* int8: real = scale * q; else 1 */
};

/* In memory of its own that does not change (`fixed`), the scratchpad, or a buffer. */
struct cpu_arg {
    int role; /* DNNL_ARG_SRC ... */
    dnnl_memory_desc_t md;
    void *fixed;
    bool scratch;
    size_t buffer, byte_offset;
};

/* Every stride-th pixel of nchw tensors: the library has no view of those. */
struct cpu_gather {
    size_t element_bytes;
    size_t channels, out_h, out_w, in_h, in_w;
    size_t offset_h, offset_w, stride_h, stride_w;
};

/* Pages that go back to the kernel when an action is done. */
struct cpu_drop {
    size_t after, offset, bytes;
};

enum cpu_action_kind {
    CPU_CALL,     /* of the library */
    CPU_CLEAR,    /* args[0] set to zero */
    CPU_GATHER,   /* of args[0] into args[1] */
    CPU_UNFOLD,   /* args[0]: a convolution's windows as columns of args[1] */
    CPU_MULTIPLY, /* args[0], columns, by weights args[2] into args[1], with a bias args[3] or none
                   */
};

struct cpu_action {
    enum cpu_action_kind kind;
    dnnl_primitive_t primitive;
    struct cpu_gather gather;
    const struct awh_node *node; /* CPU_UNFOLD, CPU_MULTIPLY: the convolution; borrowed */
    size_t first_drop, drop_count;
    struct cpu_arg args[CPU_ARGS_MAX];
    dnnl_exec_arg_t exec[CPU_ARGS_MAX];
    int arg_count;
};

struct cpu_step {
    size_t first, count; /* actions */
    size_t nodes[2];     /* a convolution, and the addition that it does at its end */
    struct cpu_value out;
};

struct cpu_net {
    struct cpu_engine *engine;
    const struct awh_graph *graph;
    /* While it is loaded: */
    const struct awh_engine_load *load;
    struct awh_diag *diag;
    const char *layer; /* being planned, for messages */
    bool open;         /* a step of a node is being planned */

    struct cpu_pages pages;
    struct cpu_value *values; /* of each tensor */
    int *fused_add;           /* of each node: the addition that it does too, or -1 */
    bool *skip;               /* of each node: another one does it */
    struct cpu_buffer *buffers;
    size_t buffer_count, buffer_capacity;
    struct cpu_action *actions;
    size_t action_count, action_capacity;
    struct awh_step *steps; /* steps[i] and plan[i] belong together */
    struct cpu_step *plan;
    size_t step_count, step_capacity, plan_capacity;
    struct cpu_drop *drops;
    size_t drop_count, drop_capacity;
    size_t *part_ends; /* steps before which the parts of a whole pass end */
    size_t part_count;
    size_t scratch_bytes, activation_bytes;
    void *scratch, *activations;
    char *sweep; /* cold caches where no instruction flushes them */
};

/* Factors of a reorder: one, or one a channel (mask: bit of the dimension). */
struct cpu_scales {
    const float *values;
    size_t count;
    int mask;
};

/* -- planning (plan.c): actions in order, grouped in steps; memory comes later ------------------
 */

/* Records what the library answered, and the layer; AW_OK for dnnl_success. */
enum aw_err cpu_check(struct cpu_net *net, dnnl_status_t status, const char *what);
AW_MUST_USE enum aw_err cpu_step_begin(struct cpu_net *net, size_t node, int out);
/* The step's tensor is this value. */
void cpu_step_end(struct cpu_net *net, const struct cpu_value *out);
/* Adds a memory of its own for `md`. */
AW_MUST_USE enum aw_err cpu_value_new(struct cpu_net *net, const dnnl_memory_desc_t *md,
                                      float scale, struct cpu_value *value_out);
/* Takes over `pd` whatever comes. Args without scratchpad. */
AW_MUST_USE enum aw_err cpu_add_action(struct cpu_net *net, dnnl_primitive_desc_t pd,
                                       const struct cpu_arg *args, int count);
/* What the library does not do; `name` as in results. */
AW_MUST_USE enum aw_err cpu_add_own(struct cpu_net *net, enum cpu_action_kind kind,
                                    const struct awh_node *node, const struct cpu_arg *args,
                                    int count, const char *name);
AW_MUST_USE enum aw_err cpu_add_clear(struct cpu_net *net, const struct cpu_value *value);
AW_MUST_USE enum aw_err cpu_add_gather(struct cpu_net *net, const struct cpu_gather *gather,
                                       const struct cpu_value *from, const struct cpu_value *to);
/* Another layout or data type; values are multiplied by `scale`. In the running step. */
AW_MUST_USE enum aw_err cpu_add_reorder(struct cpu_net *net, const struct cpu_arg *from,
                                        const struct cpu_arg *to, float scale);
struct cpu_arg cpu_arg_of(int role, const struct cpu_value *value);
struct cpu_arg cpu_arg_fixed(int role, const dnnl_memory_desc_t *md, void *memory);
/* `value` as `md` and `scale` want it: itself, or a copy that is made in the running step, or when
 * there is none by a step of its own. */
AW_MUST_USE enum aw_err cpu_want(struct cpu_net *net, size_t node, const struct cpu_value *value,
                                 const dnnl_memory_desc_t *md, float scale, struct cpu_value *out);
/* Memory that keeps its values: floats of layout `plain` times `scales` (or NULL) as `md`. */
AW_MUST_USE enum aw_err cpu_constant(struct cpu_net *net, const float *values,
                                     const dnnl_memory_desc_t *plain, const dnnl_memory_desc_t *md,
                                     const struct cpu_scales *scales, void **out);
/* Attributes with a scratchpad of ours; NULL: no memory. */
dnnl_primitive_attr_t cpu_attr(void);
/* "jit:avx2" */
const char *cpu_implementation(const_dnnl_primitive_desc_t pd);
/* Memory for all of it, and what the library needs to run. */
AW_MUST_USE enum aw_err cpu_plan_finish(struct cpu_net *net);
/* Places of all buffers, and the memory: shared by turns (place.c), or as a heap has them
 * (place_heap.c). */
AW_MUST_USE enum aw_err cpu_place(struct cpu_net *net);
AW_MUST_USE enum aw_err cpu_place_heap(struct cpu_net *net);
/* "net 3: layer x: no memory for its <for_what>" */
enum aw_err cpu_no_memory(struct cpu_net *net, const char *for_what, size_t bytes);
bool cpu_is_eager(const struct cpu_net *net);
void cpu_plan_release(struct cpu_net *net);
/* Where an argument lies, after cpu_plan_finish. */
void *cpu_address(const struct cpu_net *net, const struct cpu_arg *arg);

/* -- layers: the actions of one node (conv.c, small_conv.c, pointwise.c, shape.c) -------------- */

AW_MUST_USE enum aw_err cpu_plan_conv(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_small_conv(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_batch_norm(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_act(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_binary(struct cpu_net *net, size_t node); /* add, mul */
AW_MUST_USE enum aw_err cpu_plan_pool(struct cpu_net *net, size_t node);   /* gap too */
AW_MUST_USE enum aw_err cpu_plan_concat(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_pad(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_slice(struct cpu_net *net, size_t node);
AW_MUST_USE enum aw_err cpu_plan_zero(struct cpu_net *net, size_t node);

/* What PyTorch does without oneDNN. */
bool cpu_is_small_conv(const struct cpu_net *net, size_t node);
/* Its two actions; layouts are nchw and oihw, `bias` may be NULL. */
void cpu_unfold(const struct cpu_net *net, const struct awh_node *node, const float *from,
                float *to);
void cpu_multiply(const struct cpu_net *net, const struct awh_node *node, const float *columns,
                  const float *weights, const float *bias, float *to);
void cpu_blas_open(unsigned threads);
/* Which BLAS it is: a file, or "unknown". */
const char *cpu_blas_path(char path[PATH_MAX]);

/* Nobody but this node reads the tensor, and it is not the net's output. */
bool cpu_only_read_by(const struct cpu_net *net, int tensor, size_t reader);
/* Which convolutions also add: fills fused_add and skip. */
void cpu_find_fused_adds(struct cpu_net *net);

bool cpu_is_int8(const struct cpu_net *net);
/* Type and scale of a tensor that is made anew. */
dnnl_data_type_t cpu_type_of(const struct cpu_net *net, int tensor, float *scale_out);
/* Shape of a tensor in a layout: dnnl_nchw, dnnl_nhwc, or dnnl_format_tag_any. */
dnnl_memory_desc_t cpu_md(const struct cpu_net *net, int tensor, dnnl_data_type_t type,
                          dnnl_format_tag_t tag);
/* The layout that nodes keep to in eager mode; in fused mode `any`. */
dnnl_format_tag_t cpu_tag(const struct cpu_net *net);
/* Appends the activation to what a primitive does at its end. */
dnnl_status_t cpu_post_act(dnnl_post_ops_t post_ops, enum aw_act act);
/* The node's activation in passes of its own over the value, in place, in the running step. */
AW_MUST_USE enum aw_err cpu_add_act(struct cpu_net *net, const struct awh_node *node,
                                    struct cpu_value *value_inout);

#endif

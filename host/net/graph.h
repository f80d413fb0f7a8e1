/* The layer graph that primitives are lowered to: float semantics, batch-norm and activations still
 * apart, batch 1, true tensor shapes. Compilers fold and quantise it (program/), or export it.
 * The attributes of its layers (struct awh_conv and so on) are in awnashw/plugin.h. */
#ifndef AWH_GRAPH_H
#define AWH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aw/op.h"
#include "awnashw/plugin.h"
#include "base/diag.h"

enum awh_node_op {
    AWH_NODE_CONV,       /* any groups; a depthwise convolution has groups == in_ch == out_ch */
    AWH_NODE_BATCH_NORM, /* inference statistics */
    AWH_NODE_ACT,
    AWH_NODE_GAP, /* mean over h, w -> [1, 1, c] */
    AWH_NODE_ADD,
    AWH_NODE_MUL, /* in0 [h, w, c] times in1 [1, 1, c] */
    AWH_NODE_MAX_POOL,
    AWH_NODE_AVG_POOL,
    AWH_NODE_CONCAT, /* along channels: those of in0, then those of in1 */
    AWH_NODE_PAD,    /* zeros around h and w, and after the channels */
    AWH_NODE_SLICE,  /* pixels offset, offset + stride, ... to the end of h and w; all channels */
    AWH_NODE_ZERO,   /* zeros of any shape; in0 only says where in the net it stands */
};
#define AWH_NODE_OP_COUNT (AWH_NODE_ZERO + 1)

struct awh_graph_tensor {
    int32_t h, w, c;
    int producer; /* node index, -1 for the graph's input */
};

struct awh_node {
    enum awh_node_op op;
    int in0, in1; /* tensor indices; in1 -1 where the op has one input */
    int out;
    int prim;               /* index in the net's list of primitives */
    struct awh_conv conv;   /* AWH_NODE_CONV */
    struct awh_pool pool;   /* AWH_NODE_MAX_POOL, AWH_NODE_AVG_POOL */
    struct awh_pad pad;     /* AWH_NODE_PAD */
    struct awh_slice slice; /* AWH_NODE_SLICE */
    bool affine;            /* AWH_NODE_BATCH_NORM: has gamma and beta */
    enum aw_act act; /* AWH_NODE_ACT; after folding also the activation fused into any node */
    char name[64];   /* Caffe style, <net>_<kind>_<n>, n counting from 1 per kind */
};

/* Kinds of layer names: the activations by themselves, then the other ops. */
#define AWH_KIND_COUNT (AW_ACT_COUNT + AWH_NODE_OP_COUNT)

struct awh_graph {
    char net[40];                         /* name of the net */
    uint32_t kind_counts[AWH_KIND_COUNT]; /* layers named so far */
    struct awh_node *nodes;
    size_t node_count, node_capacity;
    struct awh_graph_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    int input, output; /* tensor indices; output is that of the last primitive */
    int prim;          /* index of the primitive being lowered; the builders stamp it on nodes */
};

/* Starts a graph with one input tensor of h x w x c. */
AW_MUST_USE enum aw_err awh_graph_init(struct awh_graph *graph, const char *net, int32_t h,
                                       int32_t w, int32_t c, struct awh_diag *diag);
void awh_graph_release(struct awh_graph *graph);
/* *copy_out is to be released too; untouched on failure. */
AW_MUST_USE enum aw_err awh_graph_copy(const struct awh_graph *graph, struct awh_graph *copy_out,
                                       struct awh_diag *diag);

/* Builders: append a node and its output tensor, set *out. An identity activation appends nothing.
 * Impossible shapes, sizes over 65535 and unsuitable groups are errors that say the layer's name
 * and shapes. */
AW_MUST_USE enum aw_err awh_graph_conv(struct awh_graph *graph, int in, struct awh_conv conv,
                                       int *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_batch_norm(struct awh_graph *graph, int in, bool affine, int *out,
                                             struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_act(struct awh_graph *graph, int in, enum aw_act act, int *out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_gap(struct awh_graph *graph, int in, int *out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_add(struct awh_graph *graph, int a, int b, int *out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_mul(struct awh_graph *graph, int a, int scale, int *out,
                                      struct awh_diag *diag);

AW_MUST_USE enum aw_err awh_graph_max_pool(struct awh_graph *graph, int in, struct awh_pool pool,
                                           int *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_avg_pool(struct awh_graph *graph, int in, struct awh_pool pool,
                                           int *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_concat(struct awh_graph *graph, int a, int b, int *out,
                                         struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_pad(struct awh_graph *graph, int in, struct awh_pad pad, int *out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_slice(struct awh_graph *graph, int in, struct awh_slice slice,
                                        int *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_graph_zero(struct awh_graph *graph, int in, int32_t h, int32_t w,
                                       int32_t c, int *out, struct awh_diag *diag);

/* Multiply-accumulates of a node (convolutions; else 0) and parameters (weights, biases, gamma and
 * beta). */
uint64_t awh_node_macs(const struct awh_graph *graph, const struct awh_node *node);
uint64_t awh_node_params(const struct awh_graph *graph, const struct awh_node *node);
/* Bytes that a node moves when it runs by itself in 8 bits: activations read and written, weights,
 * and four a bias; a batch norm has a weight and a bias a channel. */
uint64_t awh_node_bytes(const struct awh_graph *graph, const struct awh_node *node);

/* "h_swish" -> AW_ACT_H_SWISH; false for an unknown name. "identity" gives AW_ACT_NONE; "none" is
 * another op in aw_nas, and no activation; hardtanh is part of some blocks, but has no name of its
 * own there. */
bool awh_act_parse(const char *name, enum aw_act *act_out);
/* AW_ACT_NONE is "none", as in layer keys. */
const char *awh_act_name(enum aw_act act);

#endif

/* The layer graph that primitives are lowered to: float semantics, batch-norm and activations still
 * apart, batch 1, true tensor shapes. Compilers fold and quantise it (program/), or export it. */
#ifndef AWH_GRAPH_H
#define AWH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aw/op.h"
#include "base/diag.h"

enum awh_node_op {
    AWH_NODE_CONV,       /* any groups; a depthwise convolution has groups == in_ch == out_ch */
    AWH_NODE_BATCH_NORM, /* inference statistics */
    AWH_NODE_ACT,
    AWH_NODE_GAP, /* mean over h, w -> [1, 1, c] */
    AWH_NODE_ADD,
    AWH_NODE_MUL, /* in0 [h, w, c] times in1 [1, 1, c] */
};

struct awh_conv {
    int32_t out_ch;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t pad_h, pad_w; /* both sides */
    int32_t groups, dilation;
    bool bias;
};

struct awh_graph_tensor {
    int32_t h, w, c;
    int producer; /* node index, -1 for the graph's input */
};

struct awh_node {
    enum awh_node_op op;
    int in0, in1; /* tensor indices; in1 -1 where the op has one input */
    int out;
    int prim;             /* index in the net's list of primitives */
    struct awh_conv conv; /* AWH_NODE_CONV */
    bool affine;          /* AWH_NODE_BATCH_NORM: has gamma and beta */
    enum aw_act act;      /* AWH_NODE_ACT; after folding also the activation fused into any node */
    char name[64];        /* Caffe style, <net>_<kind>_<n>, n counting from 1 per kind */
};

/* Kinds of layer names: the activations by themselves, then the other ops. */
#define AWH_KIND_COUNT (AW_ACT_COUNT + AWH_NODE_MUL + 1)

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

/* Multiply-accumulates of a node (convolutions; else 0) and parameters (weights, biases, gamma and
 * beta). */
uint64_t awh_node_macs(const struct awh_graph *graph, const struct awh_node *node);
uint64_t awh_node_params(const struct awh_graph *graph, const struct awh_node *node);

/* "h_swish" -> AW_ACT_H_SWISH; false for an unknown name. "identity" gives AW_ACT_NONE; "none" is
 * another op in aw_nas, and no activation. */
bool awh_act_parse(const char *name, enum aw_act *act_out);
/* AW_ACT_NONE is "none", as in layer keys. */
const char *awh_act_name(enum aw_act act);

#endif

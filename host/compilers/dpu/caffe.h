/* A net in Caffe's terms: made of a layer graph, written as prototxt and caffemodel, folded, run.
 *
 * Layers have the types and attributes that BVLC's Caffe, Xilinx's fork and OpenCV's importer agree
 * on; what the graph has and Caffe lacks becomes a sequence of such layers. Everything is in the
 * arena that a net was made with. */
#ifndef AWH_CAFFE_H
#define AWH_CAFFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/graph.h"
#include "program/float_weights.h"

enum awh_caffe_dialect {
    AWH_CAFFE_XILINX, /* Vitis-AI's fork: has ReLU6, and fixed_param */
    AWH_CAFFE_BVLC,   /* has neither */
};

enum awh_caffe_type {
    AWH_CAFFE_INPUT,
    AWH_CAFFE_CONVOLUTION, /* arrays: weights, and a bias when conv.bias */
    AWH_CAFFE_BATCH_NORM,  /* arrays: mean, variance, the factor 1 */
    AWH_CAFFE_SCALE,       /* arrays: none (second bottom), gamma, or gamma and beta */
    AWH_CAFFE_RELU,
    AWH_CAFFE_RELU6,
    AWH_CAFFE_POWER, /* shift + scale * x */
    AWH_CAFFE_ELTWISE,
    AWH_CAFFE_POOLING,
    AWH_CAFFE_CONCAT,
    AWH_CAFFE_RESHAPE, /* [1, c, 1, 1] to [1, c] */
    AWH_CAFFE_SIGMOID,
    AWH_CAFFE_TANH,
};
#define AWH_CAFFE_TYPE_COUNT (AWH_CAFFE_TANH + 1)

/* Parameters of a layer; Caffe's BlobProto. */
struct awh_caffe_array {
    int64_t shape[4];
    unsigned dims;
    float *data; /* borrowed from the weights that the net was made of, until folding */
    size_t count;
};

/* What layers read and write: [1, c, h, w], or [1, c] when flat. */
struct awh_caffe_blob {
    char name[64];
    int32_t c, h, w;
    bool flat;
};

#define AWH_CAFFE_NAME_BYTES 80

struct awh_caffe_layer {
    char name[AWH_CAFFE_NAME_BYTES];
    enum awh_caffe_type type;
    int bottoms[2]; /* blobs; -1: none */
    int top;        /* may be bottoms[0] */
    int node;       /* of the graph; -1: the input */
    /* CONVOLUTION, and POOLING that is not global: kernel, stride and padding. */
    struct awh_conv conv;
    bool pool_max, pool_global;
    float scale, shift;     /* POWER */
    bool product;           /* ELTWISE: else the sum */
    int32_t axis, num_axes; /* SCALE */
    struct awh_caffe_array arrays[3];
    unsigned array_count;
    int32_t fix_info[8]; /* pairs of width and position, see fix.h */
    unsigned fix_count;
};

struct awh_caffe_net {
    const char *name;
    enum awh_caffe_dialect dialect;
    struct awh_caffe_layer *layers;
    size_t layer_count;
    struct awh_caffe_blob *blobs;
    size_t blob_count;
    int input, output; /* blobs */
};

/* Each layer is named <net>_<kind>_<n> and its blob <kind>_blob<n>, n counting from 1 per kind; the
 * input is blob1. `relu6_as_relu` writes ReLU for relu6, as pytorch_to_caffe does for compilers
 * that know no other. What Caffe cannot express is AW_ERR_UNSUPPORTED and names the layer. */
AW_MUST_USE enum aw_err awh_caffe_make(struct awh_arena *arena, const struct awh_graph *graph,
                                       const struct awh_float_weights *weights,
                                       enum awh_caffe_dialect dialect, bool relu6_as_relu,
                                       struct awh_caffe_net *net_out, struct awh_diag *diag);

/* The network without, and with, its parameters. A caffemodel may have at most 2^31 - 1 bytes. */
AW_MUST_USE enum aw_err awh_caffe_prototxt(const struct awh_caffe_net *net, struct awh_str *out,
                                           struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_caffe_model(const struct awh_caffe_net *net, struct awh_str *out,
                                        struct awh_diag *diag);

/* Merges batch norms with their scales into the convolutions before them; one that has none becomes
 * a depthwise 1x1 convolution of its own name. Convolutions then have arrays of their own. */
AW_MUST_USE enum aw_err awh_caffe_fold(struct awh_arena *arena, struct awh_caffe_net *net,
                                       struct awh_diag *diag);

size_t awh_caffe_count(const struct awh_caffe_net *net, int blob);
/* How many layers read a blob; the net's output counts as read once more. */
unsigned awh_caffe_readers(const struct awh_caffe_net *net, int blob);

/* Computes one layer as Caffe does; NCHW. `in1` where the layer has a second bottom; `out` may be
 * `in0` where top and bottom are one blob. Not for the input. */
void awh_caffe_run_layer(const struct awh_caffe_net *net, const struct awh_caffe_layer *layer,
                         const float *in0, const float *in1, float *out);

#endif

/* Lowers a primitive layer by layer. Every function appends to the graph and returns the tensor
 * that it makes; after the first error the rest appends nothing, so that a block reads as what it
 * is and checks once, at awh_build_end. */
#ifndef AWH_BUILD_H
#define AWH_BUILD_H

#include "prims/prim.h"

struct awh_build {
    struct awh_graph *graph;
    const struct awh_prim *prim;
    struct awh_diag *diag;
    enum aw_err err; /* the first one */
};

/* Sets *out_tensor when all went well; returns the first error. */
AW_MUST_USE enum aw_err awh_build_end(const struct awh_build *build, int tensor, int *out_tensor);
/* The block cannot be made so: "<type>: <text>". */
AW_PRINTF(3, 4)
void awh_build_fail(struct awh_build *build, enum aw_err err, const char *format, ...);

/* A convolution of k x k with stride s, padded by k / 2, without bias: the same size at stride 1.
 */
int awh_build_conv(struct awh_build *build, int in, int32_t out_ch, int32_t kernel, int32_t stride);
int awh_build_conv_bias(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                        int32_t stride);
/* With groups; padded so that the size stays the same at stride 1 also when dilated. */
int awh_build_group_conv(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                         int32_t stride, int32_t groups, int32_t dilation);
int awh_build_any_conv(struct awh_build *build, int in, struct awh_conv conv);
/* With scale and shift if the primitive's `affine` says so, or always. */
int awh_build_bn(struct awh_build *build, int in);
int awh_build_bn_always(struct awh_build *build, int in);
int awh_build_act(struct awh_build *build, int in, enum aw_act act);
int awh_build_add(struct awh_build *build, int a, int b);
int awh_build_concat(struct awh_build *build, int a, int b);
int awh_build_max_pool(struct awh_build *build, int in, int32_t kernel, int32_t stride,
                       int32_t pad);
int awh_build_avg_pool(struct awh_build *build, int in, int32_t kernel, int32_t stride, int32_t pad,
                       bool count_include_pad);
int awh_build_pad_top_left(struct awh_build *build, int in, int32_t top, int32_t left);
int awh_build_slice(struct awh_build *build, int in, int32_t offset, int32_t stride);
int awh_build_zero(struct awh_build *build, int in, int32_t h, int32_t w, int32_t c);
/* x * h_sigmoid(conv(relu(conv(mean(x))))) with so many channels in the middle. */
int awh_build_squeeze_excite(struct awh_build *build, int in, int32_t squeezed_ch);

/* relu, convolution, batch norm. */
int awh_build_relu_conv_bn(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                           int32_t stride);
/* convolution, batch norm, activation (AW_ACT_NONE: none). */
int awh_build_conv_bn_act(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                          int32_t stride, enum aw_act act);
/* aw_nas's FactorizedReduce: relu, then `stride` 1x1 convolutions that look at shifted pixels and
 * share the output's channels, then a batch norm. */
int awh_build_factorized_reduce(struct awh_build *build, int in);

/* The shape of a tensor; all 1 after an error. */
struct awh_graph_tensor awh_build_shape(const struct awh_build *build, int tensor);

extern const struct awh_param_spec awh_no_params[];

/* Starts a block in a type's `lower`. */
#define AWH_BUILD(graph_, prim_, diag_)                                                            \
    ((struct awh_build){.graph = (graph_), .prim = (prim_), .diag = (diag_), .err = AW_OK})

#endif

/* Fixed point as Xilinx's quantiser finds it: 8 bits and a power-of-two position for every tensor,
 * by running a folded net on calibration inputs. */
#ifndef AWH_FIX_H
#define AWH_FIX_H

#include "compilers/dpu/calib.h"
#include "compilers/dpu/caffe.h"

/* How a value between two codes is rounded. */
enum awh_fix_rounding {
    AWH_FIX_HALF_AWAY, /* from zero: weights, biases and the input */
    AWH_FIX_HALF_UP,   /* toward +infinity: activations */
};

/* Position of values that are all zero. */
#define AWH_FIX_POS_OF_ZEROS INT16_MAX

/* Starts where nothing overflows and takes, of that position and the four finer ones, the one of
 * least squared error; the coarsest of equals. */
int awh_fix_position(const float *values, size_t count, enum awh_fix_rounding rounding);
/* Rounds values to multiples of 2^-pos within [-128, 127] * 2^-pos. */
void awh_fix_round(float *values, size_t count, int pos, enum awh_fix_rounding rounding);

/* The least code of a weight: our firmware's kernels want none of -128, DPUs take it. */
#define AWH_FIX_WEIGHT_MIN_DPU   (-128)
#define AWH_FIX_WEIGHT_MIN_BOARD (-127)

/* Rounds the parameters of a net that awh_caffe_fold left, weights to `weight_min` and more, finds
 * the positions of all blobs (each the most frequent one over the iterations, which run with
 * rounded values) and sets the layers' fix_info. A convolution or sum before a ReLU has the
 * position of the ReLU's output; a concatenation that of its coarser input. */
AW_MUST_USE enum aw_err awh_fix(struct awh_arena *arena, struct awh_caffe_net *net,
                                const struct awh_calib *calib, unsigned iterations, int weight_min,
                                struct awh_diag *diag);

/* quantize_info.txt: a line a layer, "<index> <name>" and pairs of width and position: input and
 * output, then weights and bias of a convolution. */
AW_MUST_USE enum aw_err awh_fix_info(const struct awh_caffe_net *net, struct awh_str *out,
                                     struct awh_diag *diag);

#endif

/* What all packings of convolutions share. */
#ifndef AW_PACKINGS_CONV_H
#define AW_PACKINGS_CONV_H

#include "aw/op.h"

/* Convolutions without groups, of at most so many weights that packed sizes stay within 32 bits. */
static inline bool aw_packing_conv_fits(const struct aw_plan *plan, uint32_t max_weights)
{
    return plan->layer.groups == 1 && plan->weight_count <= max_weights;
}

/* Weights of one output channel. */
static inline uint32_t aw_packing_conv_depth(const struct aw_plan *plan)
{
    return (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w * plan->in0.c;
}

#endif

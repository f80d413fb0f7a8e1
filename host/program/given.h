/* 8-bit parameters that were found elsewhere, as a program takes them. */
#ifndef AWH_GIVEN_H
#define AWH_GIVEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "net/graph.h"

/* Of one convolution, each array with a position. */
struct awh_given {
    const char *layer;     /* name of the node */
    const int8_t *weights; /* in a program's order (op.h), within [-127, 127] */
    const int8_t *bias;    /* one a channel; NULL: none */
    size_t weight_count;
    int weights_pos, bias_pos;
};

struct awh_given_list {
    const struct awh_given *items;
    size_t count;
};

/* Those of a node that has so many weights; AW_ERR_INTERNAL when there are none that fit. */
AW_MUST_USE enum aw_err awh_given_find(const struct awh_given_list *list, const char *net,
                                       const struct awh_node *node, size_t weight_count,
                                       const struct awh_given **out, struct awh_diag *diag);

/* Biases at the position of the sums that they are added to, rounded where that is coarser, and the
 * bias_bits of their layer. AW_ERR_RANGE when a sum could then leave 32 bits. */
AW_MUST_USE enum aw_err awh_given_bias(struct awh_arena *arena, const struct awh_given *given,
                                       const char *net, size_t channels, int sums_pos,
                                       const int32_t **bias_out, uint8_t *bits_out,
                                       struct awh_diag *diag);

#endif

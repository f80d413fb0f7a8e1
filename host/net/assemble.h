/* The assembler: joins primitives to nets that can be run, as aw_nas's genprof does.
 *
 * Each net begins with a stem for the first primitive that is left, then takes primitives that fit
 * the channels and size reached so far; where none fits, 1x1 glue convolutions lead to another one.
 * Sizes are aw_nas's bookkeeping, round half to even, not the sizes that padded convolutions give.
 */
#ifndef AWH_ASSEMBLE_H
#define AWH_ASSEMBLE_H

#include "net/net.h"

struct awh_assemble_cfg {
    int32_t image_size;  /* of the stem's input */
    int64_t max_layers;  /* primitives a net, glue and stem not counted; at least 1 */
    int64_t num_sample;  /* stop after so many nets; 0: when every primitive is placed */
    bool fix_stem_layer; /* nets begin with a stem */
};

/* Nets of primitives, one array for all; malloc'ed. */
struct awh_net_list {
    struct awh_prim *prims;
    size_t prim_count, prim_capacity;
    size_t *ends; /* net i is prims[ends[i - 1]..ends[i]) */
    size_t count, capacity;
};

void awh_net_list_release(struct awh_net_list *list);
/* Appends a net. */
AW_MUST_USE enum aw_err awh_net_list_add(struct awh_net_list *list, const struct awh_prim *prims,
                                         size_t count, struct awh_diag *diag);
/* Net i as a view, named by its number. */
void awh_net_list_get(const struct awh_net_list *list, size_t i, struct awh_net *net_out);

/* Appends nets to `list` until every primitive of the canonical list is in one; those with C == 3
 * (stems) are left out, like aw_nas does. Primitives that no net can reach are AW_ERR_RANGE and
 * named; the nets made before stay in the list. O(n log n). */
AW_MUST_USE enum aw_err awh_assemble(const struct awh_prim *prims, size_t count,
                                     const struct awh_assemble_cfg *cfg, struct awh_net_list *list,
                                     struct awh_diag *diag);

/* Warns, once, when primitives in the nets will run on another size than their spatial_size. Only
 * those of the canonical list `profiled` count, since nobody asks for the latency of glue; NULL:
 * all. */
void awh_net_list_check_sizes(const struct awh_net_list *list, const struct awh_prim *profiled,
                              size_t profiled_count, struct awh_diag *diag);

#endif

/* Layer names of a vendor's tool -> the primitives of a net.
 *
 * A name is decided by the first of these that knows it:
 *   1. the user's names.yaml (names.h), by the whole name
 *   2. a layer of ours; '/', '.', ':' and the like equal '_', as the vendors' compilers rename them
 *   3. reformat and copy nodes, which no layer of ours stands for: glue
 *   4. a fused group: "a + b", "a || b", "{a,b}", "a;b", "PWN(PWN(a), b)". It goes to the primitive
 *      that owns its first layer, first in the order of the net; members that are no layers of ours
 *      (constants, shuffles) do not count. "{ForeignNode[a...b]}" is a group that begins with a;
 * when a is no layer of ours, nobody knows where it begins, and it is not attributed.
 *   5. a cut name, "0_conv*" or "0_co...v_17": the layers that begin and end so
 *   6. a name made from a layer's: "0_conv_1_fix", "0_conv_1:0", "subgraph_net__0_conv_1"
 * Anything else is not attributed. Rules 1, 2, 5 and 6 fail when the layers that they find are in
 * more than one primitive; the error lists them. The time of one name is linear in its length,
 * apart from cut names, which look at every layer once. */
#ifndef AWH_MAPPING_H
#define AWH_MAPPING_H

#include "mapping/names.h"
#include "program/layers.h"

enum awh_owner_kind { AWH_OWNER_PRIM, AWH_OWNER_GLUE, AWH_OWNER_UNATTRIBUTED };

struct awh_owner {
    enum awh_owner_kind kind;
    size_t prim; /* index in the net's primitives; 0 unless AWH_OWNER_PRIM */
    bool spans;  /* a group with layers of more than one primitive */
};

struct awh_mapping;

/* The layers of one net. `prims` is borrowed, `names` too and may be NULL; `net` is the name that
 * sections of names.yaml go by. */
AW_MUST_USE enum aw_err awh_mapping_new(struct awh_arena *arena, const char *net,
                                        const struct awh_prim_names *prims, size_t prim_count,
                                        struct awh_names *names, struct awh_mapping **mapping_out,
                                        struct awh_diag *diag);

/* `place` says where the name stands, for messages: "log.txt:17". */
AW_MUST_USE enum aw_err awh_mapping_find(const struct awh_mapping *mapping, const char *place,
                                         const char *vendor_name, struct awh_owner *owner_out,
                                         struct awh_diag *diag);

#endif

/* What all packings of convolutions share.
 *
 * A convolution with groups is several without: "bundles" of neighbouring groups. A bundle of few
 * channels would waste vectors and gather windows tap by tap for little, so a bundle has as many
 * groups as `most_ins` input channels allow, and zeros where a filter meets channels of another
 * group. Without groups there is one bundle, and no such zeros. */
#ifndef AW_PACKINGS_CONV_H
#define AW_PACKINGS_CONV_H

#include "aw/mem.h"
#include "aw/op.h"
#include "aw/size.h"

struct aw_bundles {
    uint32_t count;
    uint32_t ins, outs; /* channels of one */
    uint32_t depth;     /* products in a sum: ins by kernel */
};

static inline struct aw_bundles aw_bundles_of(const struct aw_plan *plan, uint32_t most_ins)
{
    const uint32_t groups = plan->layer.groups;
    struct aw_bundles b = {.count = 1, .ins = plan->in0.c, .outs = plan->out.c};
    if (groups > 1) {
        const uint32_t ins = b.ins / groups, outs = b.outs / groups;
        uint32_t merged = aw_min_u32(most_ins / ins, groups);
        while (merged > 1 && groups % merged != 0)
            merged--;
        merged = merged > 1 ? merged : 1;
        b = (struct aw_bundles){
            .count = groups / merged, .ins = ins * merged, .outs = outs * merged};
    }
    b.depth = (uint32_t)plan->layer.kernel_h * plan->layer.kernel_w * b.ins;
    return b;
}

/* Packed bytes of one bundle, its channels and depth rounded up. */
static inline uint64_t aw_bundle_bytes(const struct aw_bundles *b, uint32_t out_step,
                                       uint32_t depth_step)
{
    return (uint64_t)aw_round_up_u32(b->outs, out_step) * aw_round_up_u32(b->depth, depth_step);
}

/* At most so many weights, which packed do not leave 32 bits. */
static inline bool aw_bundles_fit(const struct aw_plan *plan, const struct aw_bundles *b,
                                  uint32_t max_weights, uint32_t out_step, uint32_t depth_step)
{
    return plan->weight_count <= max_weights &&
           aw_bundle_bytes(b, out_step, depth_step) <= UINT32_MAX / b->count;
}

/* Channels [o, end) of a bundle from canonical weights, of which it returns the rest; weight k of
 * channel o + c goes to packed[place(c, k)]. The zeros are there already. */
typedef uint32_t aw_bundle_place(uint32_t c, uint32_t k, uint32_t block);

static inline const int8_t *aw_bundle_pack(const struct aw_plan *plan, const struct aw_bundles *b,
                                           uint32_t o, uint32_t end, const int8_t *canonical,
                                           aw_bundle_place *place, uint32_t block, int8_t *packed)
{
    const uint32_t groups = plan->layer.groups, ins = plan->in0.c / groups;
    const uint32_t outs = plan->out.c / groups;
    for (uint32_t c = 0; c < end - o; c++)
        for (uint32_t first = (o + c) / outs * ins; first < b->depth; first += b->ins)
            for (uint32_t i = 0; i < ins; i++)
                packed[place(c, first + i, block)] = *canonical++;
    return canonical;
}

#endif

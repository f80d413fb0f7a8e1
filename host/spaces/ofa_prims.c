/* The primitives of a once-for-all space and of one architecture in it.
 *
 * Heads, when they are primitives: what aw_nas's SSD detector builds behind the backbone. A
 * MobileNetV3 backbone first widens its last features with a 1x1 convolution and h_swish. Then
 * every head is an inverted residual of stride 2 with the head's width as expansion and the head's
 * kernel: a mobilenet_v2_block. */
#include <stdlib.h>

#include "spaces/ofa.h"
#include "spaces/rng.h"

static const struct awh_value value_true = {.kind = AWH_VALUE_BOOL, .boolean = true};

enum aw_err awh_ofa_stem_prim(const struct awh_ofa_prof *prof, struct awh_prim *prim_out,
                              struct awh_diag *diag)
{
    return awh_prim_make(prof->stem_type->name, prof->spatial_size, 3, prof->channels[0],
                         prof->stem_stride, value_true, NULL, 0, prim_out, diag);
}

enum aw_err awh_ofa_block_prim(const struct awh_ofa_prof *prof, struct awh_ofa_block block,
                               struct awh_prim *prim_out, struct awh_diag *diag)
{
    unsigned stage = block.stage;
    struct awh_param params[] = {
        {"activation", prof->acts[stage]},
        {"expansion", block.width},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = block.kernel}},
        {"use_se", prof->use_ses[stage]},
    };
    struct awh_diag inner = {.err = AW_OK};
    enum aw_err err = awh_prim_make(prof->primitive_type->name, prof->sizes[stage + block.later],
                                    prof->channels[stage + block.later], prof->channels[stage + 1],
                                    block.later ? 1 : prof->strides[stage], value_true, params,
                                    sizeof params / sizeof *params, prim_out, &inner);
    if (err)
        return awh_yaml_fail(prof->node, err, diag, "stage %u: %s", stage, inner.text);
    return AW_OK;
}

enum aw_err awh_ofa_head_conv_prims(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                    struct awh_prim prims_out[2], unsigned *count_out,
                                    struct awh_diag *diag)
{
    int32_t size = prof->sizes[space->stage_count], channels = prof->head_conv_channels;
    struct awh_diag inner = {.err = AW_OK};
    enum aw_err err;
    *count_out = 0;
    if (!channels)
        return AW_OK;
    if ((err = awh_prim_make("conv_1x1", size, prof->channels[space->stage_count], channels, 1,
                             value_true, NULL, 0, &prims_out[0], &inner)) ||
        (err = awh_prim_make("h_swish", size, channels, channels, 1, value_true, NULL, 0,
                             &prims_out[1], &inner)))
        return awh_yaml_fail(prof->node, err, diag, "head_primitives: %s", inner.text);
    *count_out = 2;
    return AW_OK;
}

enum aw_err awh_ofa_head_prim(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                              unsigned head, struct awh_value width, int32_t kernel,
                              struct awh_prim *prim_out, struct awh_diag *diag)
{
    const struct awh_ofa_heads *heads = &space->heads;
    int32_t size = prof->sizes[space->stage_count];
    int32_t c =
        prof->head_conv_channels ? prof->head_conv_channels : prof->channels[space->stage_count];
    for (unsigned i = 0; i < head; i++)
        size = awh_ofa_next_size(size, 2);
    if (head)
        c = heads->channels[head - 1];
    struct awh_param params[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = heads->activation}},
        {"expansion", width},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = kernel}},
    };
    struct awh_diag inner = {.err = AW_OK};
    enum aw_err err =
        awh_prim_make("mobilenet_v2_block", size, c, heads->channels[head], 2, value_true, params,
                      sizeof params / sizeof *params, prim_out, &inner);
    if (err)
        return awh_yaml_fail(prof->node, err, diag, "head %u: %s", head, inner.text);
    return AW_OK;
}

/* -- All primitives -----------------------------------------------------------------------------
 */

/* One profiled block: width and kernel choice, stage, and the first (0) or a later (1) block of it.
 * Stages from stage_count on are heads. */
struct variant {
    unsigned width, kernel, stage, later;
};

static struct variant *list_variants(const struct awh_ofa *space, size_t *count_out)
{
    const struct awh_ofa_heads *heads = &space->heads;
    unsigned head_count = heads->are_primitives ? heads->count : 0;
    size_t count = (size_t)space->width_choice.count * space->kernel_choice.count * 2 *
                       (space->stage_count - 1) +
                   (size_t)heads->width_choice.count * heads->kernel_choice.count * head_count,
           n = 0;
    struct variant *variants = calloc(count + 1, sizeof *variants);
    if (!variants)
        return NULL;
    for (unsigned width = 0; width < space->width_choice.count; width++)
        for (unsigned kernel = 0; kernel < space->kernel_choice.count; kernel++)
            for (unsigned stage = 1; stage < space->stage_count; stage++)
                for (unsigned later = 0; later < 2; later++)
                    variants[n++] = (struct variant){width, kernel, stage, later};
    for (unsigned head = 0; head < head_count; head++)
        for (unsigned width = 0; width < heads->width_choice.count; width++)
            for (unsigned kernel = 0; kernel < heads->kernel_choice.count; kernel++)
                variants[n++] = (struct variant){width, kernel, space->stage_count + head, 0};
    *count_out = n;
    return variants;
}

/* Leaves `sample` of the variants, drawn without replacement. */
static size_t draw_variants(struct variant *variants, size_t count, int64_t sample, uint64_t seed)
{
    if (sample < 0 || (uint64_t)sample >= count)
        return count;
    struct awh_space_rng rng;
    awh_space_rng_init(&rng, seed, AWH_SPACE_RNG_PRIMITIVES);
    for (size_t i = 0; i < (size_t)sample; i++) {
        size_t k = i + awh_space_rng_below(&rng, (uint32_t)(count - i));
        struct variant drawn = variants[k];
        variants[k] = variants[i];
        variants[i] = drawn;
    }
    return (size_t)sample;
}

static enum aw_err add_variant(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                               const struct variant *v, struct awh_prim_list *out,
                               struct awh_diag *diag)
{
    struct awh_prim prim;
    enum aw_err err;
    if (v->stage >= space->stage_count)
        err = awh_ofa_head_prim(space, prof, v->stage - space->stage_count,
                                space->heads.width_choice.items[v->width],
                                space->heads.kernel_choice.items[v->kernel], &prim, diag);
    else
        err = awh_ofa_block_prim(
            prof,
            (struct awh_ofa_block){.stage = v->stage,
                                   .later = v->later,
                                   .kernel = space->kernel_choice.items[v->kernel],
                                   .width = space->width_choice.items[v->width]},
            &prim, diag);
    return err ? err : awh_prim_list_add(out, &prim, diag);
}

static enum aw_err add_variants(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    size_t count = 0;
    struct variant *variants = list_variants(space, &count);
    if (!variants)
        return awh_fail_mem(diag);
    count = draw_variants(variants, count, prof->sample, seed);
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < count; i++)
        err = add_variant(space, prof, &variants[i], out, diag);
    free(variants);
    return err;
}

static enum aw_err add_stem(const struct awh_ofa_prof *prof, struct awh_prim_list *out,
                            struct awh_diag *diag)
{
    struct awh_prim prim;
    enum aw_err err = awh_ofa_stem_prim(prof, &prim, diag);
    return err ? err : awh_prim_list_add(out, &prim, diag);
}

static enum aw_err add_first(const struct awh_ofa_prof *prof, struct awh_prim_list *out,
                             struct awh_diag *diag)
{
    struct awh_ofa_block first = {.kernel = 3, .width = {.kind = AWH_VALUE_INT, .integer = 1}};
    struct awh_prim prim;
    enum aw_err err = awh_ofa_block_prim(prof, first, &prim, diag);
    if (err)
        return err;
    /* aw_nas truncates here, and rounds where an architecture asks for the same block: with an odd
     * size the two differ. */
    prim.spatial_size = prof->spatial_size / prof->stem_stride;
    return awh_prim_list_add(out, &prim, diag);
}

static enum aw_err add_head_conv(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                 struct awh_prim_list *out, struct awh_diag *diag)
{
    struct awh_prim prims[2];
    unsigned count;
    enum aw_err err = awh_ofa_head_conv_prims(space, prof, prims, &count, diag);
    for (unsigned i = 0; !err && i < count; i++)
        err = awh_prim_list_add(out, &prims[i], diag);
    return err;
}

static int by_prim(const void *a, const void *b)
{
    return awh_prim_compare(a, b);
}

/* The block that add_first makes need not be the one with which architectures begin: aw_nas rounds
 * its size in another way, and clips its width to expansions[0] where this one has 1. */
static enum aw_err warn_other_first(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                    const struct awh_prim_list *list, struct awh_diag *diag)
{
    for (unsigned i = 0; i < space->width_choice.count; i++) {
        struct awh_ofa_block block = {.kernel = 3, .width = awh_ofa_width(space, 0, i)};
        struct awh_prim prim;
        char text[256];
        enum aw_err err = awh_ofa_block_prim(prof, block, &prim, diag);
        if (err)
            return err;
        if (bsearch(&prim, list->prims, list->count, sizeof prim, by_prim))
            continue;
        awh_prim_format(&prim, text, sizeof text);
        awh_yaml_warn(prof->node, diag,
                      "architectures begin with the block '%s', which is not profiled and will "
                      "count 0: what is profiled is size %d (rounded down) and expansion 1; add "
                      "that block to fixed_primitives",
                      text, (int)(prof->spatial_size / prof->stem_stride));
        return AW_OK;
    }
    return AW_OK;
}

enum aw_err awh_ofa_enumerate(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    enum aw_err err;
    if ((err = add_stem(prof, out, diag)) || (err = add_first(prof, out, diag)) ||
        (err = add_variants(space, prof, seed, out, diag)) ||
        (err = add_head_conv(space, prof, out, diag)) ||
        (err = awh_prim_list_add_fixed(out, space->fixed_primitives, diag)))
        return err;
    awh_prim_list_canonical(out);
    return warn_other_first(space, prof, out, diag);
}

/* -- One architecture ---------------------------------------------------------------------------
 */

static enum aw_err add_stage(const struct awh_ofa_prof *prof, const struct awh_ofa_arch *arch,
                             unsigned stage, struct awh_prim_list *out, struct awh_diag *diag)
{
    unsigned blocks = (unsigned)arch->depth[stage];
    enum aw_err err = AW_OK;
    if (blocks > arch->width_count[stage])
        blocks = arch->width_count[stage];
    if (blocks > arch->kernel_count[stage])
        blocks = arch->kernel_count[stage];
    for (unsigned i = 0; !err && i < blocks; i++) {
        struct awh_prim prim;
        err = awh_ofa_block_prim(prof,
                                 (struct awh_ofa_block){.stage = stage,
                                                        .later = i > 0,
                                                        .kernel = arch->kernel[stage][i],
                                                        .width = arch->width[stage][i]},
                                 &prim, diag);
        if (!err)
            err = awh_prim_list_add(out, &prim, diag);
    }
    return err;
}

enum aw_err awh_ofa_arch_primitives(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                                    const struct awh_ofa_arch *arch, struct awh_prim_list *out,
                                    struct awh_diag *diag)
{
    enum aw_err err = add_stem(prof, out, diag);
    for (unsigned stage = 0; !err && stage < arch->stage_count; stage++)
        err = add_stage(prof, arch, stage, out, diag);
    if (err || !space->heads.are_primitives)
        return err;
    err = add_head_conv(space, prof, out, diag);
    for (unsigned head = 0; !err && head < arch->head_count; head++) {
        struct awh_prim prim;
        err = awh_ofa_head_prim(space, prof, head, arch->head_width[head], arch->head_kernel[head],
                                &prim, diag);
        if (!err)
            err = awh_prim_list_add(out, &prim, diag);
    }
    return err;
}

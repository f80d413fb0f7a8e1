/* From a list of primitives back to the architecture.
 *
 * A later block of one stage and the first block of the next can look the same (stride 1, equal
 * channels), so the split into stages is searched. Shallower stages are tried first. */
#include <stdlib.h>

#include "spaces/ofa.h"

struct search {
    const struct awh_ofa *space;
    const struct awh_ofa_prof *prof;
    const struct awh_prim *prims;
    size_t count;
    size_t farthest; /* the first primitive that no way so far could place */
    bool *failed;    /* [stage][position]: known to lead nowhere */
    struct awh_ofa_arch *arch;
    struct awh_diag *diag;
};

static bool number_of(const struct awh_prim *prim, const char *name, double *out)
{
    const struct awh_value *value = awh_prim_param(prim, name);
    if (!value || value->kind == AWH_VALUE_STR || value->kind == AWH_VALUE_NULL)
        return false;
    *out = awh_value_number(value);
    return true;
}

/* The item of the choice that equals the primitive's kernel_size. */
static bool find_kernel(const struct awh_ofa_choice *choice, const struct awh_prim *prim,
                        int32_t *out)
{
    double number;
    if (!number_of(prim, "kernel_size", &number))
        return false;
    for (unsigned i = 0; i < choice->count; i++)
        if (choice->items[i] == number) {
            *out = choice->items[i];
            return true;
        }
    return false;
}

static bool find_width(const struct awh_ofa *space, unsigned stage, const struct awh_prim *prim,
                       struct awh_value *out)
{
    double number;
    if (!number_of(prim, "expansion", &number))
        return false;
    for (unsigned i = 0; i < space->width_choice.count; i++) {
        *out = awh_ofa_width(space, stage, i);
        if (awh_value_number(out) == number)
            return true;
    }
    return false;
}

/* Whether the primitive at `at` can be block `block` of the stage; then the architecture has it. */
static bool fits_block(struct search *search, unsigned stage, unsigned block, size_t at)
{
    static const struct awh_ofa_choice first_kernel = {{3}, 1};
    const struct awh_ofa_choice *kernels = stage ? &search->space->kernel_choice : &first_kernel;
    struct awh_ofa_block wanted = {.stage = stage, .later = block > 0};
    struct awh_prim prim;
    if (at >= search->count)
        return false;
    const struct awh_prim *found = &search->prims[at];
    if (!find_kernel(kernels, found, &wanted.kernel) ||
        !find_width(search->space, stage, found, &wanted.width) ||
        awh_ofa_block_prim(search->prof, wanted, &prim, NULL) || awh_prim_compare(&prim, found))
        return false;
    search->arch->kernel[stage][block] = wanted.kernel;
    search->arch->width[stage][block] = wanted.width;
    if (at + 1 > search->farthest)
        search->farthest = at + 1;
    return true;
}

static bool fits_head(struct search *search, unsigned head, size_t at)
{
    const struct awh_ofa_heads *heads = &search->space->heads;
    const struct awh_prim *found = &search->prims[at];
    struct awh_prim prim;
    double width;
    int32_t kernel;
    if (!find_kernel(&heads->kernel_choice, found, &kernel) ||
        !number_of(found, "expansion", &width))
        return false;
    for (unsigned i = 0; i < heads->width_choice.count; i++) {
        const struct awh_value *choice = &heads->width_choice.items[i];
        if (awh_value_number(choice) != width ||
            awh_ofa_head_prim(search->space, search->prof, head, *choice, kernel, &prim, NULL) ||
            awh_prim_compare(&prim, found))
            continue;
        search->arch->head_width[head] = *choice;
        search->arch->head_kernel[head] = kernel;
        return true;
    }
    return false;
}

/* Everything behind the last stage. */
static bool place_heads(struct search *search, size_t at)
{
    const struct awh_ofa_heads *heads = &search->space->heads;
    struct awh_prim conv[2];
    unsigned count = 0;
    for (unsigned i = 0; i < heads->count; i++) {
        search->arch->head_width[i] = heads->width_choice.items[0];
        search->arch->head_kernel[i] = heads->kernel_choice.items[0];
    }
    if (heads->are_primitives &&
        awh_ofa_head_conv_prims(search->space, search->prof, conv, &count, NULL))
        return false;
    for (unsigned i = 0; i < count; i++, at++)
        if (at >= search->count || awh_prim_compare(&conv[i], &search->prims[at]))
            return false;
    for (unsigned i = 0; heads->are_primitives && i < heads->count; i++, at++) {
        if (at >= search->count || !fits_head(search, i, at))
            return false;
        search->farthest = at + 1 > search->farthest ? at + 1 : search->farthest;
    }
    return at == search->count;
}

static bool depth_is_a_choice(const struct awh_ofa *space, unsigned stage, int32_t depth)
{
    int32_t most = space->num_cell_groups[stage];
    for (unsigned i = 0; i < space->depth_choice.count; i++) {
        int32_t choice = space->depth_choice.items[i];
        if ((choice < most ? choice : most) == depth)
            return true;
    }
    return false;
}

/* aw_nas runs one block of the first stage, whatever its depth. */
static int32_t first_depth(const struct awh_ofa *space)
{
    for (int32_t depth = 1; depth < space->num_cell_groups[0]; depth++)
        if (depth_is_a_choice(space, 0, depth))
            return depth;
    return space->num_cell_groups[0];
}

/* Places the stages from `stage` on; they begin with the primitive at `at`. Recursion is at most
 * AWH_OFA_STAGES_MAX deep. */
static bool place_stages(struct search *search, unsigned stage, size_t at)
{
    const struct awh_ofa *space = search->space;
    if (stage == space->stage_count)
        return place_heads(search, at);
    bool *failed = &search->failed[stage * (search->count + 1) + at];
    int32_t most = stage ? space->num_cell_groups[stage] : 1;
    if (*failed)
        return false;
    for (int32_t depth = 1; depth <= most; depth++) {
        if (!fits_block(search, stage, (unsigned)depth - 1, at + (size_t)depth - 1))
            break;
        search->arch->depth[stage] = stage ? depth : first_depth(space);
        if ((!stage || depth_is_a_choice(space, stage, depth)) &&
            place_stages(search, stage + 1, at + (size_t)depth))
            return true;
    }
    *failed = true;
    return false;
}

/* Blocks behind a stage's depth, of which primitives tell nothing, get the first choices, since
 * aw_nas wants to read them. */
static void fill_rest(const struct awh_ofa *space, struct awh_ofa_arch *arch)
{
    for (unsigned stage = 0; stage < space->stage_count; stage++) {
        unsigned blocks = (unsigned)space->num_cell_groups[stage];
        unsigned from = stage ? (unsigned)arch->depth[stage] : 1;
        arch->width_count[stage] = blocks;
        arch->kernel_count[stage] = stage ? blocks : 1;
        for (unsigned i = from; i < blocks; i++) {
            arch->width[stage][i] = awh_ofa_width(space, stage, 0);
            arch->kernel[stage][i] = space->kernel_choice.items[0];
        }
    }
}

static int32_t likely_image_size(const struct awh_ofa *space, const struct awh_ofa_prof *prof)
{
    for (unsigned i = 0; i < space->image_size_choice.count; i++)
        if (space->image_size_choice.items[i] == prof->spatial_size)
            return prof->spatial_size;
    return space->image_size_choice.items[0];
}

static enum aw_err fail(const struct search *search)
{
    char text[256];
    if (search->farthest >= search->count)
        return awh_fail(
            search->diag, AW_ERR_MISMATCH,
            "the net ends after %zu primitives, where no architecture of the space ends",
            search->count);
    awh_prim_format(&search->prims[search->farthest], text, sizeof text);
    return awh_fail(search->diag, AW_ERR_MISMATCH,
                    "primitive %zu (%s) does not fit: no architecture of the space has it there",
                    search->farthest, text);
}

enum aw_err awh_ofa_invert(const struct awh_ofa *space, const struct awh_ofa_prof *prof,
                           const struct awh_prim *prims, size_t count,
                           struct awh_ofa_arch *arch_out, struct awh_diag *diag)
{
    struct search search = {.space = space,
                            .prof = prof,
                            .prims = prims,
                            .count = count,
                            .arch = arch_out,
                            .diag = diag};
    struct awh_prim stem;
    enum aw_err err = awh_ofa_stem_prim(prof, &stem, diag);
    if (err)
        return err;
    if (!count || awh_prim_compare(&stem, &prims[0]))
        return fail(&search);
    search.farthest = 1;
    search.failed = calloc(space->stage_count * (count + 1), sizeof *search.failed);
    if (!search.failed)
        return awh_fail_mem(diag);
    arch_out->stage_count = space->stage_count;
    arch_out->head_count = space->heads.count;
    arch_out->image_size = likely_image_size(space, prof);
    bool found = place_stages(&search, 0, 1);
    free(search.failed);
    if (!found)
        return fail(&search);
    fill_rest(space, arch_out);
    return AW_OK;
}

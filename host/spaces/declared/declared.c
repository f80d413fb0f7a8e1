/* The declared space in the registry. */
#include "spaces/declared/declared.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "spaces/rng.h"

static enum aw_err open_space(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, void **space_out,
                              struct awh_diag *diag)
{
    struct awh_declared *space = awh_arena_alloc(arena, sizeof *space);
    if (!space)
        return awh_fail_mem(diag);
    enum aw_err err = awh_declared_read(arena, search_space_cfg, mixin_cfg, space, diag);
    if (!err)
        *space_out = space;
    return err;
}

/* -- Primitives ---------------------------------------------------------------------------------
 */

/* Puts what takes the net's input in front: `sample: N` must not lose the stem. */
static size_t stems_first(const struct awh_declared *space, struct awh_prim_list *list)
{
    size_t stems = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct awh_prim prim = list->prims[i];
        if (prim.spatial_size != space->input_size || prim.c != space->input_c)
            continue;
        list->prims[i] = list->prims[stems];
        list->prims[stems++] = prim;
    }
    return stems;
}

static enum aw_err read_prof(const struct awh_yaml *prof_prims_cfg, int64_t *sample_out,
                             struct awh_diag *diag)
{
    static const char *const known[] = {"sample", "as_dict", NULL};
    *sample_out = -1;
    if (!prof_prims_cfg)
        return AW_OK;
    awh_yaml_warn_unknown(prof_prims_cfg, known, diag);
    return awh_yaml_opt_int(prof_prims_cfg, "sample", 0, INT32_MAX, sample_out, diag);
}

static enum aw_err primitives(const void *opened, const struct awh_yaml *prof_prims_cfg,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    const struct awh_declared *space = opened;
    int64_t sample;
    enum aw_err err;
    if ((err = read_prof(prof_prims_cfg, &sample, diag)) ||
        (err = awh_declared_enumerate(space, out, diag)))
        return err;
    if (sample >= 0) {
        awh_prim_list_canonical(out); /* what is drawn depends on the seed only */
        awh_prim_list_draw(out, stems_first(space, out), sample, seed);
    }
    if ((err = awh_prim_list_add_fixed(out, space->fixed_primitives, diag)))
        return err;
    awh_prim_list_canonical(out);
    return AW_OK;
}

/* -- Random architectures -----------------------------------------------------------------------
 */

struct random {
    const struct awh_declared *space;
    struct awh_space_rng rng;
};

static enum aw_err pick_random(void *context, unsigned choice, unsigned stage, unsigned block,
                               uint8_t *value_out, struct awh_diag *diag)
{
    struct random *random = context;
    (void)stage, (void)block, (void)diag;
    *value_out = (uint8_t)awh_space_rng_below(&random->rng, random->space->choices[choice].count);
    return AW_OK;
}

static enum aw_err walk_random(const struct awh_declared *space, uint64_t seed, uint64_t index,
                               struct awh_prim_list *prims, struct awh_str *text,
                               struct awh_diag *diag)
{
    struct random random = {.space = space};
    awh_space_rng_init(&random.rng, seed, index);
    return awh_declared_walk(space,
                             (struct awh_declared_picker){.pick = pick_random, .context = &random},
                             prims, text, diag);
}

static enum aw_err sample(const void *space, const struct awh_yaml *prof_prims_cfg, uint64_t seed,
                          uint64_t index, struct awh_prim_list *out, struct awh_diag *diag)
{
    (void)prof_prims_cfg;
    return walk_random(space, seed, index, out, NULL, diag);
}

/* Takes the text over. */
static enum aw_err finish_text(struct awh_arena *arena, enum aw_err err, struct awh_str *text,
                               char **genotype_out, struct awh_diag *diag)
{
    if (!err) {
        char *copy = awh_arena_strdup(arena, text->text ? text->text : "");
        if (copy)
            *genotype_out = copy;
        else
            err = awh_fail_mem(diag);
    }
    awh_str_release(text);
    return err;
}

static enum aw_err sample_genotype(const void *space, struct awh_arena *arena, uint64_t seed,
                                   uint64_t index, char **genotype_out, struct awh_diag *diag)
{
    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = walk_random(space, seed, index, NULL, &text, diag);
    return finish_text(arena, err, &text, genotype_out, diag);
}

/* -- Genotypes ----------------------------------------------------------------------------------
 */

static enum aw_err genotype_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                       const char *text, struct awh_prim_list *out,
                                       struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_declared_genotype *genotype;
    (void)prof_prims_cfg;
    awh_arena_init(&arena);
    enum aw_err err = awh_declared_genotype_parse(&arena, space, text, &genotype, diag);
    if (!err)
        err = awh_declared_walk(space, awh_declared_genotype_picker(genotype), out, NULL, diag);
    if (!err)
        err = awh_declared_genotype_finish(genotype, diag);
    awh_arena_release(&arena);
    return err;
}

struct known {
    struct awh_declared_trail trail;
    size_t next; /* they are mostly asked for in order */
    const struct awh_declared *space;
};

/* A choice that no primitive depended on can have any value. */
static enum aw_err pick_known(void *context, unsigned choice, unsigned stage, unsigned block,
                              uint8_t *value_out, struct awh_diag *diag)
{
    struct known *known = context;
    enum awh_declared_scope scope = known->space->choices[choice].scope;
    (void)diag;
    *value_out = 0;
    for (size_t i = 0; i < known->trail.count; i++) {
        size_t at = (known->next + i) % known->trail.count;
        const struct awh_declared_made *made = &known->trail.items[at];
        if (made->choice != choice || (scope != AWH_DECLARED_NET && made->stage != stage) ||
            (scope == AWH_DECLARED_OF_BLOCK && made->block != block))
            continue;
        *value_out = (uint8_t)made->value;
        known->next = at + 1;
        break;
    }
    return AW_OK;
}

static enum aw_err net_genotype(const void *space, const struct awh_yaml *prof_prims_cfg,
                                struct awh_arena *arena, const struct awh_prim *prims, size_t count,
                                char **genotype_out, struct awh_diag *diag)
{
    struct known known = {.space = space};
    struct awh_str text;
    (void)prof_prims_cfg;
    enum aw_err err = awh_declared_invert(space, prims, count, &known.trail, diag);
    if (err)
        return err;
    awh_str_init(&text);
    err = awh_declared_walk(space,
                            (struct awh_declared_picker){.pick = pick_known, .context = &known},
                            NULL, &text, diag);
    free(known.trail.items);
    return finish_text(arena, err, &text, genotype_out, diag);
}

extern const struct awh_space_type awh_space_declared;
const struct awh_space_type awh_space_declared = {
    .name = "declared",
    .open = open_space,
    .primitives = primitives,
    .sample = sample,
    .genotype = genotype_primitives,
    .sample_genotype = sample_genotype,
    .net_genotype = net_genotype,
};

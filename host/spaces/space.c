#include "spaces/space.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/registry.h"
#include "spaces/rng.h"

#define AWH_SPACE(name) extern const struct awh_space_type awh_space_##name;
#include "spaces/spaces.def"
#undef AWH_SPACE

enum {
#define AWH_SPACE(name) BUILTIN_##name,
#include "spaces/spaces.def"
#undef AWH_SPACE
    BUILTIN_COUNT
};
static const struct awh_space_type *types[BUILTIN_COUNT + AWH_REGISTRY_ADDED_MAX + 1] = {
#define AWH_SPACE(name) &awh_space_##name,
#include "spaces/spaces.def"
#undef AWH_SPACE
};
AWH_REGISTRY(awh_space_type, "search space", types, awh_space_types, awh_space_type_find,
             awh_space_type_add)

void awh_prim_list_release(struct awh_prim_list *list)
{
    free(list->prims);
    *list = (struct awh_prim_list){.prims = NULL};
}

enum aw_err awh_prim_list_add(struct awh_prim_list *list, const struct awh_prim *prim,
                              struct awh_diag *diag)
{
    void *prims = awh_grow(list->prims, &list->capacity, list->count + 1, sizeof *list->prims);
    if (!prims)
        return awh_fail_mem(diag);
    list->prims = prims;
    list->prims[list->count++] = *prim;
    return AW_OK;
}

enum aw_err awh_prim_list_add_fixed(struct awh_prim_list *list, const struct awh_yaml *fixed,
                                    struct awh_diag *diag)
{
    char found[64];
    enum aw_err err = AW_OK;
    if (fixed && fixed->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(fixed, AW_ERR_FORMAT, diag, "expected a list of primitives, found %s",
                             awh_yaml_describe(fixed, found, sizeof found));
    for (size_t i = 0; !err && fixed && i < fixed->list.count; i++) {
        struct awh_prim prim;
        err = awh_prim_from_yaml(fixed->list.items[i], &prim, diag);
        if (!err)
            err = awh_prim_list_add(list, &prim, diag);
    }
    return err;
}

void awh_prim_list_draw(struct awh_prim_list *list, size_t kept, int64_t sample, uint64_t seed)
{
    size_t others = list->count - kept;
    struct awh_space_rng rng;
    if (sample < 0 || (uint64_t)sample >= others)
        return;
    awh_space_rng_init(&rng, seed, AWH_SPACE_RNG_PRIMITIVES);
    for (size_t i = 0; i < (size_t)sample; i++) {
        struct awh_prim *to = &list->prims[kept + i], *from = to;
        from += awh_space_rng_below(&rng, (uint32_t)(others - i));
        struct awh_prim drawn = *from;
        *from = *to;
        *to = drawn;
    }
    list->count = kept + (size_t)sample;
}

/* Of equal values the boolean comes first, then the integer: the one that stays does not depend on
 * the order of insertion. */
static int compare_kinds(const struct awh_prim *a, const struct awh_prim *b)
{
    int order = (int)a->affine.kind - (int)b->affine.kind;
    for (unsigned i = 0; !order && i < a->param_count; i++)
        order = (int)a->params[i].value.kind - (int)b->params[i].value.kind;
    return order;
}

static int compare(const void *a, const void *b)
{
    int order = awh_prim_compare(a, b);
    return order ? order : compare_kinds(a, b);
}

void awh_prim_list_canonical(struct awh_prim_list *list)
{
    if (!list->count)
        return;
    qsort(list->prims, list->count, sizeof *list->prims, compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (awh_prim_compare(&list->prims[kept - 1], &list->prims[i]))
            list->prims[kept++] = list->prims[i];
    list->count = kept;
}

#include "spaces/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define AWH_SPACE(name) extern const struct awh_space_type awh_space_##name;
#include "spaces/spaces.def"
#undef AWH_SPACE

static const struct awh_space_type *const types[] = {
#define AWH_SPACE(name) &awh_space_##name,
#include "spaces/spaces.def"
#undef AWH_SPACE
    NULL,
};

const struct awh_space_type *const *awh_space_types(void)
{
    return types;
}

const struct awh_space_type *awh_space_type_find(const char *name)
{
    for (const struct awh_space_type *const *type = types; *type; type++)
        if (!strcmp((*type)->name, name))
            return *type;
    return NULL;
}

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

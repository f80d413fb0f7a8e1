/* Which primitive types there are, and which of aw_nas's there are not. */
#include <stdlib.h>
#include <string.h>

#include "base/registry.h"
#include "prims/types.h"

enum {
#define AWH_PRIM(name, file) BUILTIN_##name,
#include "prims/prims.def"
#undef AWH_PRIM
    BUILTIN_COUNT
};

/* Terminated by NULL: the built-in ones, sorted, then those of plug-ins. */
static const struct awh_prim_type *types[BUILTIN_COUNT + AWH_REGISTRY_ADDED_MAX + 1] = {
#define AWH_PRIM(name, file) &awh_prim_##name,
#include "prims/prims.def"
#undef AWH_PRIM
};

const struct awh_prim_type *const *awh_prim_types(void)
{
    return types;
}

static int by_name(const void *name, const void *type)
{
    return strcmp(name, (*(const struct awh_prim_type *const *)type)->name);
}

const struct awh_prim_type *awh_prim_type_find(const char *name)
{
    const struct awh_prim_type *const *found =
        bsearch(name, types, BUILTIN_COUNT, sizeof *types, by_name);
    if (found)
        return *found;
    for (found = types + BUILTIN_COUNT; *found; found++)
        if (!strcmp((*found)->name, name))
            return *found;
    return NULL;
}

enum aw_err awh_prim_type_add(const struct awh_prim_type *type, struct awh_diag *diag)
{
    size_t count = BUILTIN_COUNT;
    while (types[count])
        count++;
    if (awh_prim_type_find(type->name) || awh_prim_type_excluded(type->name))
        return awh_fail(diag, AW_ERR_EXISTS, "there is a primitive type '%.64s' already",
                        type->name);
    if (count + 1 == sizeof types / sizeof *types)
        return awh_fail(diag, AW_ERR_NO_SPACE, "plug-ins may add at most %d primitive types",
                        AWH_REGISTRY_ADDED_MAX);
    types[count] = type;
    return AW_OK;
}

/* The binarised types are simulations in floating point that serve training: signs are stored as
 * floats, and no device runs that. Two others cannot be built in aw_nas itself. */
static const struct {
    const char *name, *why;
} excluded[] = {
#define BINARISED(name)                                                                            \
    {                                                                                              \
#name, "not supported: binarised training simulation"                                      \
    }
    BINARISED(bireal_resnet_block),
    BINARISED(bireal_vgg_block),
    BINARISED(xnor_conv_1x1_noskip),
    BINARISED(xnor_conv_3x3_cond_skip),
    BINARISED(xnor_conv_3x3_noskip),
    BINARISED(xnor_conv_3x3_skip_connect),
    BINARISED(xnor_resnet_block),
    BINARISED(xnor_skip_connect),
    BINARISED(xnor_vgg_block),
#undef BINARISED
    {"xnor_conv_3x3_cond_skip_v0",
     "not supported: its constructor has no C, so aw_nas refuses it too"},
    {"xnor_nin", "not supported: its constructor is broken, so aw_nas refuses it too"},
};

const char *awh_prim_type_excluded(const char *name)
{
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++)
        if (!strcmp(name, excluded[i].name))
            return excluded[i].why;
    return NULL;
}

const char *awh_prim_type_excluded_name(size_t i)
{
    return i < sizeof excluded / sizeof *excluded ? excluded[i].name : NULL;
}

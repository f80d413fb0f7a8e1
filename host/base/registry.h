/* Registries: the built-in members of a kind, and those that plug-ins add before any command runs.
 *
 * AWH_REGISTRY defines, for a NULL-terminated array `members` of pointers to structs whose first
 * field is `name`, with AWH_REGISTRY_ADDED_MAX places left at its end:
 *
 *   list  gives the array
 *   find  the member of a name, or NULL
 *   add   puts one at the end; a name that is there already is an error */
#ifndef AWH_REGISTRY_H
#define AWH_REGISTRY_H

#include <string.h>

#include "base/diag.h"

#define AWH_REGISTRY_ADDED_MAX 128

#define AWH_REGISTRY(type, kind, members, list, find, add)                                         \
    const struct type *const *list(void)                                                           \
    {                                                                                              \
        return members;                                                                            \
    }                                                                                              \
    const struct type *find(const char *name)                                                      \
    {                                                                                              \
        for (const struct type *const *member = members; *member; member++)                        \
            if (!strcmp((*member)->name, name))                                                    \
                return *member;                                                                    \
        return NULL;                                                                               \
    }                                                                                              \
    enum aw_err add(const struct type *member, struct awh_diag *diag)                              \
    {                                                                                              \
        size_t count = 0;                                                                          \
        while (members[count])                                                                     \
            count++;                                                                               \
        if (find(member->name))                                                                    \
            return awh_fail(diag, AW_ERR_EXISTS, "there is a %s '%s' already", kind,               \
                            member->name);                                                         \
        if (count + 1 == sizeof members / sizeof members[0])                                       \
            return awh_fail(diag, AW_ERR_NO_SPACE, "plug-ins may add at most %d of a kind (%s)",   \
                            AWH_REGISTRY_ADDED_MAX, kind);                                         \
        members[count] = member;                                                                   \
        return AW_OK;                                                                              \
    }

#endif

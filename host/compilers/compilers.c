#include "compiler.h"

#include <string.h>

#define AWH_COMPILER(folder) extern const struct awh_compiler_type awh_compiler_##folder;
#include "compilers.def"
#undef AWH_COMPILER

const struct awh_compiler_type *const *awh_compiler_types(void)
{
    static const struct awh_compiler_type *const types[] = {
#define AWH_COMPILER(folder) &awh_compiler_##folder,
#include "compilers.def"
#undef AWH_COMPILER
        NULL,
    };
    return types;
}

const struct awh_compiler_type *awh_compiler_type_find(const char *name)
{
    for (const struct awh_compiler_type *const *type = awh_compiler_types(); *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

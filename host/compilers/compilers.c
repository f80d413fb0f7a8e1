#include <string.h>

#include "base/registry.h"
#include "compilers/compiler.h"

/* An alias is a member of its own, so that what it makes is called as the user called it; its
 * folder defines it. */
#define AWH_COMPILER(folder)             extern const struct awh_compiler_type awh_compiler_##folder;
#define AWH_COMPILER_ALIAS(name, folder) AWH_COMPILER(name)
#include "compilers.def"
#undef AWH_COMPILER

enum {
#define AWH_COMPILER(folder) BUILTIN_##folder,
#include "compilers.def"
#undef AWH_COMPILER
    BUILTIN_COUNT
};
static const struct awh_compiler_type *types[BUILTIN_COUNT + AWH_REGISTRY_ADDED_MAX + 1] = {
#define AWH_COMPILER(folder) &awh_compiler_##folder,
#include "compilers.def"
#undef AWH_COMPILER
};
AWH_REGISTRY(awh_compiler_type, "compiler", types, awh_compiler_types, awh_compiler_type_find,
             awh_compiler_type_add)

bool awh_compiler_is_first(const struct awh_stage *stage, const char *directory)
{
    char path[4096];
    size_t used = strlen(stage->stage);
    const char *last = strrchr(directory, '/');
    if (!last || used + 1 + (size_t)(last - directory) >= sizeof path)
        return true;
    memcpy(path, stage->stage, used);
    path[used] = '/';
    memcpy(path + used + 1, directory, (size_t)(last - directory));
    path[used + 1 + (size_t)(last - directory)] = '\0';
    return !awh_path_exists(path);
}

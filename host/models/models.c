#include <string.h>

#include "models/model.h"

#define AWH_MODEL(name) extern const struct awh_model_type awh_model_##name;
#include "models/models.def"
#undef AWH_MODEL

static const struct awh_model_type *const types[] = {
#define AWH_MODEL(name) &awh_model_##name,
#include "models/models.def"
#undef AWH_MODEL
    NULL,
};

const struct awh_model_type *const *awh_model_types(void)
{
    return types;
}

const struct awh_model_type *awh_model_type_find(const char *name)
{
    for (const struct awh_model_type *const *type = types; *type != NULL; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

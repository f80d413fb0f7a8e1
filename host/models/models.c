#include "base/registry.h"
#include "models/model.h"

#define AWH_MODEL(name) extern const struct awh_model_type awh_model_##name;
#include "models/models.def"
#undef AWH_MODEL

enum {
#define AWH_MODEL(name) BUILTIN_##name,
#include "models/models.def"
#undef AWH_MODEL
    BUILTIN_COUNT
};
static const struct awh_model_type *types[BUILTIN_COUNT + AWH_REGISTRY_ADDED_MAX + 1] = {
#define AWH_MODEL(name) &awh_model_##name,
#include "models/models.def"
#undef AWH_MODEL
};
AWH_REGISTRY(awh_model_type, "model", types, awh_model_types, awh_model_type_find,
             awh_model_type_add)

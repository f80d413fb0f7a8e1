#include "flow/space_io.h"

#include "base/json.h"

enum aw_err awh_space_config_open(const char *cfg_path, const char *hwobj_path,
                                  struct awh_space_config *out, struct awh_diag *diag)
{
    struct awh_config config;
    enum aw_err err;
    *out = (struct awh_space_config){.type = NULL};
    awh_arena_init(&out->arena);
    if ((err = awh_config_load(&out->arena, cfg_path, hwobj_path, &config, diag)))
        return err;
    out->type = config.space_type;
    out->prof_prims_cfg = config.prof_prims_cfg;
    return config.space_type->open(&out->arena, config.search_space_cfg, config.mixin_cfg,
                                   &out->space, diag);
}

void awh_space_config_release(struct awh_space_config *config)
{
    awh_arena_release(&config->arena);
}

struct awh_yaml *awh_prims_to_yaml(struct awh_arena *arena, const struct awh_prim *prims,
                                   size_t count)
{
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; list && i < count; i++)
        if (!awh_yaml_push(arena, list, awh_prim_to_yaml(arena, &prims[i])))
            return NULL;
    return list;
}

enum aw_err awh_prims_print_json(const char *genotype, const struct awh_prim_list *prims, FILE *out,
                                 struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_yaml *root = awh_prims_to_yaml(&arena, prims->prims, prims->count);
    if (root && genotype) {
        struct awh_yaml *map = awh_yaml_new_map(&arena);
        if (!map || !awh_yaml_set(&arena, map, "genotype", awh_yaml_new_str(&arena, genotype)) ||
            !awh_yaml_set(&arena, map, "primitives", root))
            map = NULL;
        root = map;
    }
    enum aw_err err = root ? awh_json_print(root, out, diag) : awh_fail_mem(diag);
    awh_arena_release(&arena);
    return err;
}

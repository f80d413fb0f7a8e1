#include "flow/parse.h"

#include <math.h>
#include <stdio.h>

static bool set_real(struct awh_arena *arena, struct awh_yaml *map, const char *prefix,
                     const char *name, double value)
{
    char key[32 + PARSE_PERF_MAX];
    snprintf(key, sizeof(key), "%s%s", prefix, name);
    return awh_yaml_set(arena, map, key, awh_yaml_new_real(arena, value));
}

/* Unmeasured primitives are left out, as aw_nas intends. */
static struct awh_yaml *list_prims(struct parser *p, const struct parse_result *result)
{
    struct awh_arena *arena = &p->scratch;
    struct awh_yaml *prims = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < result->prim_count; i++) {
        if (isnan(result->perfs[i]))
            continue;
        struct awh_yaml *item = awh_prim_to_yaml(arena, &result->prims[i].prim);
        struct awh_yaml *performances = awh_yaml_new_map(arena);
        if (prims == NULL || item == NULL ||
            !set_real(arena, performances, "", p->options->perf_name, result->perfs[i]) ||
            !awh_yaml_set(arena, item, "performances", performances) ||
            !awh_yaml_push(arena, prims, item))
            return NULL;
    }
    return prims;
}

enum aw_err awh_parse_write(struct parser *p, const char *net, const char *file,
                            const struct parse_result *result)
{
    struct awh_arena *arena = &p->scratch;
    const char *perf = p->options->perf_name;
    struct awh_yaml *root = awh_yaml_new_map(arena);
    bool ok = awh_yaml_set(arena, root, "primitives", list_prims(p, result)) &&
              awh_yaml_set(arena, root, "unit", awh_yaml_new_str(arena, result->unit)) &&
              awh_yaml_set(arena, root, "verified", awh_yaml_new_bool(arena, result->verified)) &&
              set_real(arena, root, "block_sum_", perf, result->sums.prims);
    if (!isnan(result->overall))
        ok = ok && set_real(arena, root, "overall_", perf, result->overall);
    if (result->sums.glue > 0)
        ok = ok && set_real(arena, root, "glue_", perf, result->sums.glue);
    if (result->sums.unattributed > 0)
        ok = ok && set_real(arena, root, "unattributed_", perf, result->sums.unattributed);
    if (result->device != NULL)
        ok = ok && awh_yaml_set(arena, root, "device", awh_yaml_copy(arena, result->device));
    if (!ok)
        return awh_fail_mem(p->diag);

    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, p->diag);
    char *relative = awh_path_join(arena, net, file);
    if (err == AW_OK && relative == NULL)
        err = awh_fail_mem(p->diag);
    if (err == AW_OK)
        err = awh_stage_write(&p->stage, relative, text.text, text.size, p->diag);
    awh_str_release(&text);
    return err;
}

/* sample: random architectures of a space. */
#include "flow/flow.h"
#include "flow/space_io.h"

#define COUNT_MAX 10000000

static enum aw_err print_one(const struct awh_space_config *config, uint64_t seed, uint64_t index,
                             bool json, FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena; /* one at a time: there may be millions */
    struct awh_prim_list prims = {.prims = NULL};
    char *genotype = NULL;
    awh_arena_init(&arena);
    enum aw_err err =
        config->type->sample_genotype(config->space, &arena, seed, index, &genotype, diag);
    if (!err && json)
        err =
            config->type->sample(config->space, config->prof_prims_cfg, seed, index, &prims, diag);
    if (!err && json)
        err = awh_prims_print_json(genotype, &prims, out, diag);
    else if (!err)
        fprintf(out, "%s\n", genotype);
    awh_prim_list_release(&prims);
    awh_arena_release(&arena);
    return err;
}

enum aw_err awh_sample(const struct awh_sample_options *options, FILE *out, struct awh_diag *diag)
{
    struct awh_space_config config;
    if (options->count > COUNT_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "-n: expected at most %d architectures", COUNT_MAX);
    enum aw_err err = awh_space_config_open(options->cfg_path, options->hwobj_path, &config, diag);
    for (uint64_t i = 0; !err && i < options->count; i++)
        err = print_one(&config, options->seed, i, options->json, out, diag);
    awh_space_config_release(&config);
    return err;
}

/* Compiler `dpu`: a net as a program for our own firmware on a DPU board.
 *
 * hardware_compiler_cfg:
 *   input_size  side of the input image; must be that of the net, which knows it by itself
 *   seed        of weights, biases and the input of a verified run, 0 to 2^32 - 1, default 1
 *   stages      what to make; only "program" is there
 *   dcf, mode, calib_iter, gpu
 *               of aw_nas's DPUCompiler, which called the vendor's tools; accepted and not used */
#include <string.h>

#include "compilers/compiler.h"
#include "program/arena.h"
#include "program/emit.h"
#include "program/fold.h"
#include "program/quantise.h"

static const char *const KNOWN_KEYS[] = {"input_size", "seed",       "stages", "dcf",
                                         "mode",       "calib_iter", "gpu",    NULL};
static const char *const UNUSED_KEYS[] = {"dcf", "mode", "calib_iter", "gpu", NULL};

/* A compiler is called once a net with the same configuration, and keeps no state: only the first
 * net of a result directory warns. */
static bool first_of_stage(struct awh_arena *arena, const struct awh_stage *stage,
                           const char *directory)
{
    char *path = awh_path_join(arena, stage->stage, directory);
    if (!path)
        return true;
    char *last = strrchr(path, '/');
    if (last)
        *last = '\0';
    return !awh_path_exists(path) || strcmp(path, stage->stage) == 0;
}

static void warn_of_keys(const struct awh_yaml *cfg, struct awh_diag *diag)
{
    awh_yaml_warn_unknown(cfg, KNOWN_KEYS, diag);
    for (const char *const *key = UNUSED_KEYS; *key; key++) {
        const struct awh_yaml *value = awh_yaml_get_set(cfg, *key);
        if (value)
            awh_yaml_warn(
                value, diag,
                "compiler dpu needs none of the vendor's tools and does not use this key");
    }
}

static enum aw_err check_stage(const struct awh_yaml *node, struct awh_diag *diag)
{
    const char *text;
    enum aw_err err = awh_yaml_text(node, &text, diag);
    if (!err && strcmp(text, "program") != 0)
        err = awh_yaml_fail(
            node, AW_ERR_UNSUPPORTED, diag,
            "compiler dpu of this awnas-hw has one stage, 'program' (<net>.awp for our "
            "firmware); found '%s'",
            text);
    return err;
}

static enum aw_err check_stages(const struct awh_yaml *cfg, struct awh_diag *diag)
{
    const struct awh_yaml *stages = awh_yaml_get_set(cfg, "stages");
    enum aw_err err = AW_OK;
    if (!stages)
        return AW_OK;
    if (stages->kind != AWH_YAML_SEQ)
        return check_stage(stages, diag);
    for (size_t i = 0; i < stages->list.count && !err; i++)
        err = check_stage(stages->list.items[i], diag);
    return err;
}

static enum aw_err read_cfg(const struct awh_yaml *cfg, const struct awh_net *net, uint32_t *seed,
                            struct awh_diag *diag)
{
    int64_t seed_value = 1, input_size = 0;
    *seed = 1;
    if (!cfg || cfg->kind == AWH_YAML_NULL)
        return AW_OK;
    if (cfg->kind != AWH_YAML_MAP)
        return awh_yaml_fail(cfg, AW_ERR_FORMAT, diag, "expected a map with keys such as seed");
    enum aw_err err = awh_yaml_opt_int(cfg, "seed", 0, UINT32_MAX, &seed_value, diag);
    if (!err)
        err = awh_yaml_opt_int(cfg, "input_size", 1, UINT16_MAX, &input_size, diag);
    if (!err)
        err = check_stages(cfg, diag);
    if (err)
        return err;
    if (input_size != 0 && net->count > 0 && input_size != net->prims[0].spatial_size)
        return awh_yaml_fail(
            awh_yaml_get(cfg, "input_size"), AW_ERR_RANGE, diag,
            "net %s takes images of %d x %d (spatial_size of its first primitive), "
            "found %lld; leave the key out or correct it",
            net->name, net->prims[0].spatial_size, net->prims[0].spatial_size,
            (long long)input_size);
    *seed = (uint32_t)seed_value;
    return AW_OK;
}

static enum aw_err write_yaml(struct awh_stage *stage, const char *path,
                              const struct awh_yaml *root, struct awh_diag *diag)
{
    struct awh_str text;
    if (!path || !root)
        return awh_fail_mem(diag);
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, diag);
    if (!err)
        err = awh_stage_write(stage, path, text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

static enum aw_err write_files(struct awh_arena *arena, const struct awh_compiled *compiled,
                               const char *net, struct awh_stage *stage, const char *directory,
                               struct awh_diag *diag)
{
    char *program = awh_arena_printf(arena, "%s/%s.awp", directory, net);
    if (!program)
        return awh_fail_mem(diag);
    enum aw_err err =
        awh_stage_write(stage, program, compiled->program, compiled->program_bytes, diag);
    if (!err)
        err = write_yaml(stage, awh_arena_printf(arena, "%s/%s.layers.yaml", directory, net),
                         awh_layers_to_yaml(arena, &compiled->layers), diag);
    if (!err)
        err =
            write_yaml(stage, awh_path_join(arena, directory, "prim2names.yaml"),
                       awh_prim_names_to_yaml(arena, compiled->prims, compiled->prim_count), diag);
    return err;
}

static enum aw_err compile_graph(struct awh_arena *arena, const struct awh_net *net,
                                 struct awh_graph *graph, uint32_t seed,
                                 struct awh_compiled *compiled, struct awh_diag *diag)
{
    struct awh_quantised quantised;
    struct awh_placement placement;
    enum aw_err err = awh_fold(graph, diag);
    if (!err)
        err = awh_quantise(arena, graph, seed, &quantised, diag);
    if (!err)
        err = awh_arena_place(quantised.tensors, quantised.tensor_count, quantised.layers,
                              quantised.layer_count, quantised.output, &placement, diag);
    if (!err)
        err = awh_emit(arena, net, graph, &quantised, compiled, diag);
    return err;
}

static enum aw_err dpu_compile(const struct awh_yaml *cfg, const struct awh_net *net,
                               struct awh_stage *stage, const char *directory,
                               struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_compiled compiled;
    uint32_t seed;
    awh_arena_init(&arena);
    if (first_of_stage(&arena, stage, directory))
        warn_of_keys(cfg, diag);
    enum aw_err err = read_cfg(cfg, net, &seed, diag);
    if (!err)
        err = awh_net_lower(net, &graph, diag);
    if (!err) {
        err = compile_graph(&arena, net, &graph, seed, &compiled, diag);
        if (!err)
            err = write_files(&arena, &compiled, net->name, stage, directory, diag);
        awh_graph_release(&graph);
    }
    awh_arena_release(&arena);
    return err;
}

const struct awh_compiler_type awh_compiler_dpu = {
    .name = "dpu",
    .compile = dpu_compile,
};

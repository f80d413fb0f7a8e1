/* genprof: from a search space to the primitives that must be profiled, the nets that contain them,
 * and what compilers make of those nets. */
#include "flow/flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"
#include "compilers/compiler.h"
#include "flow/asked.h"
#include "flow/config.h"
#include "net/assemble.h"

#define CONFIG_BYTES_MAX   ((size_t)64 << 20)
#define COMPILERS_MAX      8
#define IMAGE_SIZE_DEFAULT 224 /* aw_nas's, like the two below */
#define MAX_LAYERS_DEFAULT 20
#define SAMPLES_MAX        1000000
#define STEM_CHANNELS      3 /* the assembler leaves such primitives out */
#define DUMP_CHUNK         1024

struct compiler {
    const struct awh_compiler_type *type;
    const struct awh_yaml *cfg; /* hardware_compiler_cfg; NULL: none */
};

struct job {
    const struct awh_genprof_options *options;
    struct awh_arena arena;
    struct awh_config config;
    void *space;
    struct awh_assemble_cfg assemble;
    const struct awh_yaml *base_cfg_template;
    struct compiler compilers[COMPILERS_MAX];
    size_t compiler_count;
    struct awh_prim_list prims;
    struct awh_net_list nets;
    uint64_t layers, macs;
    struct awh_stage stage;
};

static enum aw_err need_map(const struct awh_yaml *node, struct awh_diag *diag)
{
    char found[64];
    if (node->kind == AWH_YAML_MAP)
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a map, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

static enum aw_err read_template(struct job *job, const struct awh_yaml *cfg, struct awh_diag *diag)
{
    const struct awh_yaml *base = awh_yaml_get_set(cfg, "base_cfg_template");
    if (!base)
        return awh_yaml_fail(
            cfg, AW_ERR_FORMAT, diag,
            "lacks 'base_cfg_template', the config that each net's file is made of");
    const struct awh_yaml *final_model = awh_yaml_get_set(base, "final_model_cfg");
    enum aw_err err = need_map(base, diag);
    if (!err && final_model)
        err = need_map(final_model, diag);
    job->base_cfg_template = base;
    return err;
}

static enum aw_err read_net_cfg(struct job *job, struct awh_diag *diag)
{
    static const char *const known[] = {"base_cfg_template", "fix_stem_layer", "image_size",
                                        "max_layers",        "num_sample",     NULL};
    const struct awh_yaml *cfg = awh_yaml_get_set(job->config.hwobj, "profiling_net_cfg");
    int64_t image_size = IMAGE_SIZE_DEFAULT;
    enum aw_err err;
    if (!cfg)
        return awh_yaml_fail(
            job->config.hwobj, AW_ERR_FORMAT, diag,
            "lacks 'profiling_net_cfg' (base_cfg_template, image_size, max_layers), "
            "which says how nets are made");
    if ((err = need_map(cfg, diag)))
        return err;
    awh_yaml_warn_unknown(cfg, known, diag);
    job->assemble =
        (struct awh_assemble_cfg){.max_layers = MAX_LAYERS_DEFAULT, .fix_stem_layer = true};
    if ((err = awh_yaml_opt_int(cfg, "image_size", 1, 65535, &image_size, diag)) ||
        (err =
             awh_yaml_opt_int(cfg, "max_layers", 1, INT32_MAX, &job->assemble.max_layers, diag)) ||
        (err =
             awh_yaml_opt_int(cfg, "num_sample", 1, INT32_MAX, &job->assemble.num_sample, diag)) ||
        (err = awh_yaml_opt_bool(cfg, "fix_stem_layer", &job->assemble.fix_stem_layer, diag)))
        return err;
    job->assemble.image_size = (int32_t)image_size;
    return read_template(job, cfg, diag);
}

/* -- Compilers --------------------------------------------------------------------------- */

static enum aw_err add_compiler(struct job *job, const char *name, const struct awh_yaml *place,
                                const struct awh_yaml *cfg, struct awh_diag *diag)
{
    const struct awh_compiler_type *type = awh_compiler_type_find(name);
    if (job->compiler_count == COMPILERS_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "more than %d hardware compilers", COMPILERS_MAX);
    if (type) {
        job->compilers[job->compiler_count++] = (struct compiler){.type = type, .cfg = cfg};
        return AW_OK;
    }
    char names[256] = "";
    for (const struct awh_compiler_type *const *t = awh_compiler_types(); *t; t++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", (*t)->name);
    }
    if (place)
        return awh_yaml_fail(place, AW_ERR_UNSUPPORTED, diag,
                             "the hardware compiler '%.64s' is not built in; there is: %s", name,
                             names);
    return awh_fail(diag, AW_ERR_UNSUPPORTED,
                    "-c %.64s: this hardware compiler is not built in; there is: %s", name, names);
}

/* Entry `i` of the hwobj file's hardware_compilers, or its one hardware_compiler_type; NULL: no
 * more. */
static const struct awh_yaml *compiler_entry(const struct job *job, size_t i)
{
    const struct awh_yaml *list = awh_yaml_get_set(job->config.hwobj, "hardware_compilers");
    if (list)
        return i < list->list.count ? list->list.items[i] : NULL;
    bool one = i == 0 && awh_yaml_get_set(job->config.hwobj, "hardware_compiler_type");
    return one ? job->config.hwobj : NULL;
}

static enum aw_err check_compiler_list(const struct job *job, struct awh_diag *diag)
{
    static const char *const known[] = {"hardware_compiler_type", "hardware_compiler_cfg", NULL};
    const struct awh_yaml *list = awh_yaml_get_set(job->config.hwobj, "hardware_compilers");
    const struct awh_yaml *one = awh_yaml_get_set(job->config.hwobj, "hardware_compiler_type");
    char found[64];
    enum aw_err err = AW_OK;
    if (!list)
        return AW_OK;
    if (list->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(list, AW_ERR_FORMAT, diag, "expected a list of maps, found %s",
                             awh_yaml_describe(list, found, sizeof found));
    if (one)
        awh_yaml_warn(one, diag, "is not used, as there is a list 'hardware_compilers'");
    for (size_t i = 0; !err && i < list->list.count; i++)
        if (!(err = need_map(list->list.items[i], diag)))
            awh_yaml_warn_unknown(list->list.items[i], known, diag);
    return err;
}

static enum aw_err read_compilers(struct job *job, struct awh_diag *diag)
{
    const struct awh_genprof_options *options = job->options;
    const struct awh_yaml *entry;
    enum aw_err err = check_compiler_list(job, diag);
    bool listed = awh_yaml_get_set(job->config.hwobj, "hardware_compilers") != NULL;
    if (err || options->no_compile || (!options->compile && !listed))
        return err;
    for (size_t i = 0; i < COMPILERS_MAX && options->compilers[i]; i++) {
        const struct awh_yaml *cfg = NULL;
        for (size_t k = 0; (entry = compiler_entry(job, k)); k++)
            if (awh_yaml_is_str(awh_yaml_get(entry, "hardware_compiler_type"),
                                options->compilers[i]))
                cfg = awh_yaml_get_set(entry, "hardware_compiler_cfg");
        if ((err = add_compiler(job, options->compilers[i], NULL, cfg, diag)))
            return err;
    }
    for (size_t k = 0; !options->compilers[0] && (entry = compiler_entry(job, k)); k++) {
        struct awh_yaml *type;
        if ((err = awh_yaml_need(entry, "hardware_compiler_type", AWH_YAML_STR, &type, diag)) ||
            (err = add_compiler(job, type->str.text, type,
                                awh_yaml_get_set(entry, "hardware_compiler_cfg"), diag)))
            return err;
    }
    if (!job->compiler_count && options->compile)
        return awh_fail(diag, AW_ERR_FORMAT,
                        "%s: names no compiler; add 'hardware_compilers', or give one with -c",
                        options->hwobj_path);
    return AW_OK;
}

/* -- Primitives and nets ----------------------------------------------------------------- */

static enum aw_err sample_nets(struct job *job, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (int64_t i = 0; !err && i < job->options->num_sample; i++) {
        struct awh_prim_list prims = {.prims = NULL};
        err = job->config.space_type->sample(job->space, job->config.prof_prims_cfg,
                                             job->options->seed, (uint64_t)i, &prims, diag);
        if (!err)
            err = awh_net_list_add(&job->nets, prims.prims, prims.count, diag);
        awh_prim_list_release(&prims);
    }
    return err;
}

static int by_prim(const void *a, const void *b)
{
    return awh_prim_compare(a, b);
}

/* The assembler makes its own stems; a model then lacks the stem that every architecture has. */
static enum aw_err warn_unmeasured_stems(const struct job *job, struct awh_diag *diag)
{
    struct awh_prim_list stems = {.prims = NULL};
    const struct awh_prim *first = NULL;
    size_t others = 0;
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < job->nets.prim_count; i++)
        if (job->nets.prims[i].c == STEM_CHANNELS)
            err = awh_prim_list_add(&stems, &job->nets.prims[i], diag);
    awh_prim_list_canonical(&stems);
    for (size_t i = 0; !err && i < job->prims.count; i++) {
        const struct awh_prim *prim = &job->prims.prims[i];
        if (prim->c != STEM_CHANNELS ||
            (stems.count && bsearch(prim, stems.prims, stems.count, sizeof *prim, by_prim)))
            continue;
        others += first != NULL;
        first = first ? first : prim;
    }
    awh_prim_list_release(&stems);
    if (err || !first)
        return err;
    char text[256], more[48] = "";
    awh_prim_format(first, text, sizeof text);
    if (others)
        snprintf(more, sizeof more, " (and %zu others)", others);
    awh_warn(
        diag,
        "the primitive '%s'%s is in no net, so it will not be measured: nets begin with conv_3x3 "
        "of stride 2 at profiling_net_cfg.image_size %d%s",
        text, more, (int)job->assemble.image_size,
        job->assemble.fix_stem_layer ? "" : ", or with no stem");
    return AW_OK;
}

static enum aw_err make_nets(struct job *job, struct awh_diag *diag)
{
    const struct awh_config *config = &job->config;
    enum aw_err err;
    if ((err = config->space_type->open(&job->arena, config->search_space_cfg, config->mixin_cfg,
                                        &job->space, diag)) ||
        (err = config->space_type->primitives(job->space, config->prof_prims_cfg,
                                              job->options->seed, &job->prims, diag)) ||
        (err = awh_asked_check(config, job->space, &job->prims, "profiled", diag)))
        return err;
    if (job->options->num_sample)
        return sample_nets(job, diag);
    err = awh_assemble(job->prims.prims, job->prims.count, &job->assemble, &job->nets, diag);
    return err ? err : warn_unmeasured_stems(job, diag);
}

/* Lowers every net once: what cannot be built must not be written, and the summary needs the sizes.
 */
static enum aw_err measure_nets(struct job *job, struct awh_diag *diag)
{
    for (size_t i = 0; i < job->nets.count; i++) {
        struct awh_net net;
        struct awh_graph graph;
        awh_net_list_get(&job->nets, i, &net);
        enum aw_err err = awh_net_lower(&net, &graph, diag);
        if (err)
            return err;
        for (size_t k = 0; k < graph.node_count; k++) {
            const struct awh_node *node = &graph.nodes[k];
            job->layers += node->op != AWH_NODE_BATCH_NORM && node->op != AWH_NODE_ACT;
            job->macs += awh_node_macs(&graph, node);
        }
        awh_graph_release(&graph);
    }
    bool all = job->options->num_sample > 0; /* sampled nets have no glue */
    awh_net_list_check_sizes(&job->nets, all ? NULL : job->prims.prims, job->prims.count, diag);
    return AW_OK;
}

/* -- Writing ----------------------------------------------------------------------------- */

static enum aw_err copy_file(struct job *job, const char *from, const char *to,
                             struct awh_diag *diag)
{
    char *bytes;
    size_t size;
    enum aw_err err = awh_file_read(&job->arena, from, CONFIG_BYTES_MAX, &bytes, &size, diag);
    return err ? err : awh_stage_write(&job->stage, to, bytes, size, diag);
}

static struct awh_yaml *prims_to_yaml(struct awh_arena *arena, const struct awh_prim *prims,
                                      size_t count)
{
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; list && i < count; i++)
        if (!awh_yaml_push(arena, list, awh_prim_to_yaml(arena, &prims[i])))
            return NULL;
    return list;
}

static enum aw_err write_yaml(struct job *job, const struct awh_yaml *root, const char *to,
                              struct awh_diag *diag)
{
    struct awh_str text;
    if (!root)
        return awh_fail_mem(diag);
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, diag);
    if (!err)
        err = awh_stage_write(&job->stage, to, text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

static struct awh_yaml *net_to_yaml(struct awh_arena *arena, const struct awh_yaml *base,
                                    const struct awh_net *net)
{
    const struct awh_yaml *old = awh_yaml_get_set(base, "final_model_cfg");
    struct awh_yaml *root = awh_yaml_copy(arena, base);
    struct awh_yaml *final_model = old ? awh_yaml_copy(arena, old) : awh_yaml_new_map(arena);
    if (!root || !final_model ||
        !awh_yaml_set(arena, final_model, "genotypes",
                      prims_to_yaml(arena, net->prims, net->count)) ||
        !awh_yaml_set(arena, root, "final_model_cfg", final_model))
        return NULL;
    return root;
}

static enum aw_err write_net(struct job *job, const struct awh_net *net, struct awh_diag *diag)
{
    struct awh_arena arena; /* one net at a time: there may be many */
    char name[64];
    snprintf(name, sizeof name, "prof_nets/%s.yaml", net->name);
    awh_arena_init(&arena);
    enum aw_err err = write_yaml(job, net_to_yaml(&arena, job->base_cfg_template, net), name, diag);
    awh_arena_release(&arena);
    return err;
}

static enum aw_err compile_net(struct job *job, const struct awh_net *net, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t k = 0; !err && k < job->compiler_count; k++) {
        const struct compiler *compiler = &job->compilers[k];
        char directory[160];
        snprintf(directory, sizeof directory, "hardwares/%zu-%s/%s", k, compiler->type->name,
                 net->name);
        err = compiler->type->compile(compiler->cfg, net, &job->stage, directory, diag);
    }
    return err;
}

/* A list is written piece by piece, as what all of it takes as a document is many times its text.
 */
static enum aw_err write_prims(struct job *job, struct awh_diag *diag)
{
    struct awh_str text;
    enum aw_err err = AW_OK;
    awh_str_init(&text);
    for (size_t at = 0; !err && (at < job->prims.count || at == 0); at += DUMP_CHUNK) {
        size_t left = job->prims.count - at;
        struct awh_arena arena;
        awh_arena_init(&arena);
        const struct awh_yaml *list =
            prims_to_yaml(&arena, job->prims.prims + at, left < DUMP_CHUNK ? left : DUMP_CHUNK);
        err = list ? awh_yaml_dump(list, &text, diag) : awh_fail_mem(diag);
        awh_arena_release(&arena);
    }
    if (!err)
        err = awh_stage_write(&job->stage, "prof_prims.yaml", text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

static enum aw_err write_all(struct job *job, struct awh_diag *diag)
{
    const struct awh_genprof_options *options = job->options;
    enum aw_err err;
    if ((err = awh_stage_begin(options->result_dir, options->force, &job->stage, diag)) ||
        (err = copy_file(job, options->cfg_path, "config.yaml", diag)) ||
        (err = copy_file(job, options->hwobj_path, "hwobj_config.yaml", diag)) ||
        (err = write_prims(job, diag)))
        return err;
    for (size_t i = 0; i < job->nets.count; i++) {
        struct awh_net net;
        awh_net_list_get(&job->nets, i, &net);
        if ((err = write_net(job, &net, diag)) || (err = compile_net(job, &net, diag)))
            return err;
    }
    return awh_stage_commit(&job->stage, diag);
}

static void print_summary(const struct job *job, FILE *out)
{
    /* As in aw_nas, where this key is for parse: genprof compiles what is listed or given. */
    const struct awh_yaml *one = awh_yaml_get_set(job->config.hwobj, "hardware_compiler_type");
    fprintf(out, "primitives  %zu\n", job->prims.count);
    fprintf(out, "nets        %zu%s, %zu primitives with stems and glue\n", job->nets.count,
            job->options->num_sample ? " sampled" : "", job->nets.prim_count);
    fprintf(out, "layers      %" PRIu64 " after folding, %.3f GMAC\n", job->layers,
            (double)job->macs / 1e9);
    for (size_t k = 0; k < job->compiler_count; k++)
        fprintf(out, "compiled    %s/hardwares/%zu-%s\n", job->options->result_dir, k,
                job->compilers[k].type->name);
    if (!job->compiler_count && one && one->kind == AWH_YAML_STR)
        fprintf(out, "compiled    nothing; -c %s does (hardware_compiler_type)\n", one->str.text);
    fprintf(out, "written to  %s\n", job->options->result_dir);
}

static enum aw_err run(struct job *job, struct awh_diag *diag)
{
    const struct awh_genprof_options *options = job->options;
    enum aw_err err;
    if (options->num_sample < 0 || options->num_sample > SAMPLES_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "-n %lld: expected 1 to %d nets",
                        (long long)options->num_sample, SAMPLES_MAX);
    if ((err = awh_config_load(&job->arena, options->cfg_path, options->hwobj_path, &job->config,
                               diag)) ||
        (err = read_net_cfg(job, diag)) || (err = read_compilers(job, diag)) ||
        (err = make_nets(job, diag)) || (err = measure_nets(job, diag)))
        return err;
    return write_all(job, diag);
}

enum aw_err awh_genprof(const struct awh_genprof_options *options, FILE *out, struct awh_diag *diag)
{
    struct job job = {.options = options};
    awh_arena_init(&job.arena);
    enum aw_err err = run(&job, diag);
    if (!err && !options->quiet)
        print_summary(&job, out);
    awh_stage_release(&job.stage);
    awh_prim_list_release(&job.prims);
    awh_net_list_release(&job.nets);
    awh_arena_release(&job.arena);
    return err;
}

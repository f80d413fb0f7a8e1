/* Compiler `onnx` (as aw_nas calls it: `xavier`; also `tensorrt`): ONNX models to be timed with
 * trtexec, onnxruntime or any other tool.
 *
 * It writes, as aw_nas does, a model of the whole net and one of every primitive, each with the
 * list of its primitives beside it:
 *
 *   <k>-<compiler>-<net>_whole@<C>x<H>x<W>.onnx, .yaml
 *   <k>-<compiler>-<net>_<i>@<C>x<H>x<W>.onnx, .yaml
 *   prim2names.yaml   the nodes of the whole model by primitive, for its profile layer by layer
 *   trtexec.sh        runs trtexec over all models
 *
 * Like there, the stem (a first primitive of images) and glue get no model of their own, and i
 * counts what is left from 0; a stem that is asked for comes after the others.
 *
 * hardware_compiler_cfg:
 *   opset       9 to 13, default 13
 *   precision   fp32 (default), or int8: QuantizeLinear and DequantizeLinear around every layer
 *   calib_iter  of int8: seeded inputs that the scales are found with, default 8
 *   glue_types  types of primitives that are glue, default [conv_1x1]
 *   stem        a model of the stem too, default false
 *   clip        relu6 as Clip, which TensorRT fuses into the layer before it; default false: from
 *               opset 11 on OpenCV before 4.7 cannot read Clip, and gets a scaled HardSigmoid
 *   seed        of the weights and the calibration, 0 to 2^32 - 1, default 1
 *   input_size  side of the input image; must be that of the net, which knows it by itself
 *   dcf, mode, gpu
 *               of aw_nas's XavierCompiler; accepted and not used */
#include <stdio.h>
#include <string.h>

#include "compilers/compiler.h"
#include "compilers/onnx/export.h"
#include "program/float_reference.h"
#include "program/fold.h"
#include "program/layers.h"

#define GLUE_TYPES_MAX 16
#define CALIB_ITER     8

static const char *const KNOWN_KEYS[] = {"opset", "precision", "calib_iter", "glue_types",
                                         "stem",  "clip",      "seed",       "input_size",
                                         "dcf",   "mode",      "gpu",        NULL};
static const char *const UNUSED_KEYS[] = {"dcf", "mode", "gpu", NULL};

struct settings {
    int64_t opset, seed, calib_iter;
    bool int8, stem, clip;
    const char *glue_types[GLUE_TYPES_MAX + 1]; /* NULL terminated */
};

struct job {
    struct settings settings;
    const struct awh_net *net;
    struct awh_stage *stage;
    const char *directory;
    const char *name; /* "0-xavier-2" */
    struct awh_diag *diag;
};

/* -- Configuration ---------------------------------------------------------------------------- */

static enum aw_err read_glue_types(const struct awh_yaml *cfg, struct settings *settings,
                                   struct awh_diag *diag)
{
    const struct awh_yaml *list = awh_yaml_get_set(cfg, "glue_types");
    enum aw_err err = AW_OK;
    if (!list)
        return AW_OK;
    if (list->kind != AWH_YAML_SEQ || list->list.count > GLUE_TYPES_MAX)
        return awh_yaml_fail(list, AW_ERR_FORMAT, diag,
                             "expected a list of at most %d primitive types, such as [conv_1x1]",
                             GLUE_TYPES_MAX);
    memset(settings->glue_types, 0, sizeof settings->glue_types);
    for (size_t i = 0; i < list->list.count && !err; i++) {
        const struct awh_yaml *item = list->list.items[i];
        err = awh_yaml_text(item, &settings->glue_types[i], diag);
        if (!err && !awh_prim_type_find(settings->glue_types[i]))
            err = awh_yaml_fail(item, AW_ERR_NOT_FOUND, diag, "no primitive type is called '%s'",
                                settings->glue_types[i]);
    }
    return err;
}

static enum aw_err read_precision(const struct awh_yaml *cfg, struct settings *settings,
                                  struct awh_diag *diag)
{
    const char *precision = "fp32";
    enum aw_err err = awh_yaml_opt_text(cfg, "precision", &precision, diag);
    if (err)
        return err;
    settings->int8 = strcmp(precision, "int8") == 0;
    if (!settings->int8 && strcmp(precision, "fp32") != 0)
        return awh_yaml_fail(awh_yaml_get(cfg, "precision"), AW_ERR_FORMAT, diag,
                             "expected fp32 or int8, found '%s'", precision);
    if (settings->int8 && settings->opset < 13)
        return awh_yaml_fail(awh_yaml_get(cfg, "opset"), AW_ERR_UNSUPPORTED, diag,
                             "int8 needs opset 13, the first with a scale for each channel; found "
                             "%lld",
                             (long long)settings->opset);
    return AW_OK;
}

static enum aw_err check_input_size(const struct awh_yaml *cfg, const struct awh_net *net,
                                    struct awh_diag *diag)
{
    int64_t size = 0;
    enum aw_err err = awh_yaml_opt_int(cfg, "input_size", 1, UINT16_MAX, &size, diag);
    if (err || size == 0 || net->count == 0 || size == net->prims[0].spatial_size)
        return err;
    return awh_yaml_fail(awh_yaml_get(cfg, "input_size"), AW_ERR_RANGE, diag,
                         "net %s takes images of %d x %d (spatial_size of its first primitive), "
                         "found %lld; leave the key out or correct it",
                         net->name, net->prims[0].spatial_size, net->prims[0].spatial_size,
                         (long long)size);
}

static enum aw_err read_settings(const struct awh_yaml *cfg, const struct awh_net *net,
                                 struct settings *settings, struct awh_diag *diag)
{
    if (!cfg || cfg->kind == AWH_YAML_NULL)
        return AW_OK;
    if (cfg->kind != AWH_YAML_MAP)
        return awh_yaml_fail(cfg, AW_ERR_FORMAT, diag, "expected a map with keys such as opset");
    enum aw_err err = awh_yaml_opt_int(cfg, "opset", AWH_ONNX_OPSET_MIN, AWH_ONNX_OPSET_MAX,
                                       &settings->opset, diag);
    if (!err)
        err = awh_yaml_opt_int(cfg, "seed", 0, UINT32_MAX, &settings->seed, diag);
    if (!err)
        err = awh_yaml_opt_int(cfg, "calib_iter", 0, 10000, &settings->calib_iter, diag);
    if (!err)
        err = awh_yaml_opt_bool(cfg, "stem", &settings->stem, diag);
    if (!err)
        err = awh_yaml_opt_bool(cfg, "clip", &settings->clip, diag);
    if (!err)
        err = read_precision(cfg, settings, diag);
    if (!err)
        err = read_glue_types(cfg, settings, diag);
    if (!err)
        err = check_input_size(cfg, net, diag);
    if (settings->calib_iter == 0) /* aw_nas's default */
        settings->calib_iter = CALIB_ITER;
    return err;
}

static void warn_of_keys(const struct awh_yaml *cfg, struct awh_diag *diag)
{
    awh_yaml_warn_unknown(cfg, KNOWN_KEYS, diag);
    for (const char *const *key = UNUSED_KEYS; *key; key++) {
        const struct awh_yaml *value = awh_yaml_get_set(cfg, *key);
        if (value)
            awh_yaml_warn(value, diag,
                          "compiler onnx writes its models by itself and does not use this key");
    }
}

/* A form that everyone reads is not the one that TensorRT runs fastest: who times it should know.
 */
static void warn_of_relu6(const struct awh_yaml *cfg, const struct settings *settings,
                          struct awh_diag *diag)
{
    if (settings->opset >= AWH_ONNX_OPSET_CLIP_INPUTS &&
        !(cfg && cfg->kind == AWH_YAML_MAP && awh_yaml_get_set(cfg, "clip")))
        awh_warn(diag, "hardware_compiler_cfg.clip: relu6 becomes 6 * HardSigmoid, which every "
                       "importer reads; with clip: true it is Clip, which TensorRT fuses");
}

/* -- One model -------------------------------------------------------------------------------- */

static enum aw_err write_yaml(const struct job *job, const char *path, const struct awh_yaml *root)
{
    struct awh_str text;
    if (!path || !root)
        return awh_fail_mem(job->diag);
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, job->diag);
    if (!err)
        err = awh_stage_write(job->stage, path, text.text, text.size, job->diag);
    awh_str_release(&text);
    return err;
}

static struct awh_yaml *prims_to_yaml(struct awh_arena *arena, const struct awh_net *net)
{
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; list && i < net->count; i++)
        if (!awh_yaml_push(arena, list, awh_prim_to_yaml(arena, &net->prims[i])))
            return NULL;
    return list;
}

static enum aw_err export_int8(const struct job *job, const struct awh_net *net,
                               struct awh_onnx_model *model, const struct awh_graph *graph,
                               const struct awh_float_weights *weights, struct awh_str *file)
{
    struct awh_graph folded;
    struct awh_float_weights folded_weights;
    struct awh_onnx_scales scales;
    enum aw_err err = awh_net_lower(net, &folded, job->diag);
    if (err)
        return err;
    err = awh_fold(&folded, job->diag);
    if (!err)
        err = awh_float_weights_fold(model->arena, graph, weights, &folded, &folded_weights,
                                     job->diag);
    if (!err)
        err =
            awh_onnx_calibrate(model->arena, &folded, &folded_weights, (uint32_t)job->settings.seed,
                               (uint32_t)job->settings.calib_iter, &scales, job->diag);
    if (!err)
        err = awh_onnx_export(model, &folded, &folded_weights, &scales, file, job->diag);
    awh_graph_release(&folded);
    return err;
}

/* The names of all nodes, by primitive. */
static struct awh_yaml *names_to_yaml(const struct awh_onnx_model *model, const struct awh_net *net)
{
    struct awh_arena *arena = model->arena;
    struct awh_prim_names *prims = awh_arena_array(arena, net->count, sizeof *prims);
    if (!prims)
        return NULL;
    for (size_t p = 0; p < net->count; p++) {
        prims[p].prim = net->prims[p];
        prims[p].names = awh_arena_array(arena, model->name_count, sizeof *prims[p].names);
        if (!prims[p].names)
            return NULL;
    }
    for (size_t i = 0; i < model->name_count; i++) {
        struct awh_prim_names *prim = &prims[model->names[i].prim];
        prim->names[prim->count++] = model->names[i].name;
    }
    return awh_prim_names_to_yaml(arena, prims, net->count);
}

static enum aw_err write_model(const struct job *job, const struct awh_net *net,
                               const struct awh_onnx_model *model,
                               const struct awh_graph_tensor *input, const struct awh_str *file,
                               const char *number)
{
    struct awh_arena *arena = model->arena;
    char *stem = awh_arena_printf(arena, "%s/%s_%s@%dx%dx%d", job->directory, job->name, number,
                                  input->c, input->h, input->w);
    char *onnx = stem ? awh_arena_printf(arena, "%s.onnx", stem) : NULL;
    if (!onnx)
        return awh_fail_mem(job->diag);
    enum aw_err err = awh_stage_write(job->stage, onnx, file->text, file->size, job->diag);
    if (!err)
        err = write_yaml(job, awh_arena_printf(arena, "%s.yaml", stem), prims_to_yaml(arena, net));
    if (!err && net == job->net)
        err = write_yaml(job, awh_path_join(arena, job->directory, "prim2names.yaml"),
                         names_to_yaml(model, net));
    return err;
}

/* `number` is "whole", or that of a primitive. */
static enum aw_err compile_model(const struct job *job, const struct awh_net *net,
                                 const char *number)
{
    struct awh_arena arena;
    struct awh_graph graph;
    struct awh_float_weights weights;
    struct awh_onnx_model model;
    struct awh_str file;
    enum aw_err err = awh_net_lower(net, &graph, job->diag);
    if (err)
        return err;
    awh_arena_init(&arena);
    awh_str_init(&file);
    awh_onnx_init(&model, &arena, (int)job->settings.opset);
    model.clip = job->settings.clip;
    err = awh_float_weights_make(&arena, &graph, (uint32_t)job->settings.seed, &weights, job->diag);
    if (!err)
        err = awh_float_weights_settle(&graph, (uint32_t)job->settings.seed, &weights, job->diag);
    if (!err)
        err = job->settings.int8
                  ? export_int8(job, net, &model, &graph, &weights, &file)
                  : awh_onnx_export(&model, &graph, &weights, NULL, &file, job->diag);
    if (!err)
        err = write_model(job, net, &model, &graph.tensors[graph.input], &file, number);
    awh_onnx_release(&model);
    awh_str_release(&file);
    awh_arena_release(&arena);
    awh_graph_release(&graph);
    return err;
}

/* -- All models of a net ---------------------------------------------------------------------- */

/* The assembler's nets begin with a stem; it never places another primitive of images. */
static bool is_stem(const struct job *job, size_t index)
{
    return index == 0 && awh_prim_input_ch(&job->net->prims[0]) == 3;
}

static bool is_glue(const struct job *job, size_t index)
{
    for (const char *const *type = job->settings.glue_types; *type; type++)
        if (strcmp(job->net->prims[index].type->name, *type) == 0)
            return true;
    return false;
}

static enum aw_err compile_prim(const struct job *job, size_t index, unsigned *number)
{
    struct awh_net single = {.prims = &job->net->prims[index], .count = 1};
    char text[16];
    memcpy(single.name, job->net->name, sizeof single.name);
    snprintf(text, sizeof text, "%u", (*number)++);
    return compile_model(job, &single, text);
}

static enum aw_err write_script(const struct job *job, struct awh_arena *arena)
{
    char *path = awh_path_join(arena, job->directory, "trtexec.sh");
    char *text = awh_arena_printf(
        arena,
        "#!/bin/sh\n"
        "# Times the models beside this file: sh trtexec.sh LOG_DIR [more options of trtexec]\n"
        "set -e\n"
        "logs=${1:?where shall the logs go?}\n"
        "shift\n"
        "mkdir -p \"$logs\"\n"
        "for model in \"$(dirname \"$0\")\"/*.onnx; do\n"
        "    name=$(basename \"$model\" .onnx)\n"
        "    echo \"$name\"\n"
        "    trtexec --onnx=\"$model\"%s --avgRuns=10 \"$@\" >\"$logs/$name.txt\" 2>&1 ||\n"
        "        { echo \"trtexec failed; see $logs/$name.txt\" >&2; exit 1; }\n"
        "done\n",
        job->settings.int8 ? " --int8" : "");
    if (!path || !text)
        return awh_fail_mem(job->diag);
    return awh_stage_write(job->stage, path, text, strlen(text), job->diag);
}

static enum aw_err compile_all(const struct job *job, struct awh_arena *arena)
{
    enum aw_err err = compile_model(job, job->net, "whole");
    unsigned number = 0;
    for (size_t i = 0; i < job->net->count && !err; i++)
        if (!is_stem(job, i) && !is_glue(job, i))
            err = compile_prim(job, i, &number);
    if (!err && job->settings.stem && is_stem(job, 0))
        err = compile_prim(job, 0, &number);
    if (!err)
        err = write_script(job, arena);
    return err;
}

/* "hardwares/0-xavier/2" -> "0-xavier-2", as aw_nas calls its models. */
static const char *name_of(struct awh_arena *arena, const char *directory)
{
    char *parent = awh_arena_strdup(arena, directory);
    char *last = parent ? strrchr(parent, '/') : NULL;
    if (!last)
        return parent;
    *last = '\0';
    return awh_arena_printf(arena, "%s-%s", awh_path_base(parent), last + 1);
}

static enum aw_err compile(const struct awh_yaml *cfg, const struct awh_net *net,
                           struct awh_stage *stage, const char *directory, bool for_tensorrt,
                           struct awh_diag *diag)
{
    struct awh_arena arena;
    struct job job = {
        .settings = {.opset = AWH_ONNX_OPSET_MAX,
                     .seed = 1,
                     .calib_iter = CALIB_ITER,
                     .glue_types = {"conv_1x1"}},
        .net = net,
        .stage = stage,
        .directory = directory,
        .diag = diag,
    };
    awh_arena_init(&arena);
    bool first = awh_compiler_is_first(stage, directory);
    if (first)
        warn_of_keys(cfg, diag);
    job.name = name_of(&arena, directory);
    enum aw_err err = job.name ? read_settings(cfg, net, &job.settings, diag) : awh_fail_mem(diag);
    if (!err && first && for_tensorrt)
        warn_of_relu6(cfg, &job.settings, diag);
    if (!err)
        err = compile_all(&job, &arena);
    awh_arena_release(&arena);
    return err;
}

static enum aw_err compile_onnx(const struct awh_yaml *cfg, const struct awh_net *net,
                                struct awh_stage *stage, const char *directory,
                                struct awh_diag *diag)
{
    return compile(cfg, net, stage, directory, false, diag);
}

static enum aw_err compile_tensorrt(const struct awh_yaml *cfg, const struct awh_net *net,
                                    struct awh_stage *stage, const char *directory,
                                    struct awh_diag *diag)
{
    return compile(cfg, net, stage, directory, true, diag);
}

/* Result directories are called by the name that the configuration uses. */
const struct awh_compiler_type awh_compiler_onnx = {.name = "onnx", .compile = compile_onnx};
const struct awh_compiler_type awh_compiler_xavier = {.name = "xavier",
                                                      .compile = compile_tensorrt};
const struct awh_compiler_type awh_compiler_tensorrt = {.name = "tensorrt",
                                                        .compile = compile_tensorrt};

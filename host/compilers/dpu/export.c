/* Stages caffe and fix: the files. */
#include "compilers/dpu/fix.h"
#include "compilers/dpu/stages.h"
#include "program/layers.h"

enum aw_err awh_dpu_write_yaml(struct awh_stage *stage, const char *path,
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

typedef enum aw_err (*writer)(const struct awh_caffe_net *net, struct awh_str *out,
                              struct awh_diag *diag);

static enum aw_err write_with(const struct awh_dpu_job *job, const struct awh_caffe_net *caffe,
                              writer write, const char *path, struct awh_diag *diag)
{
    struct awh_str text;
    if (!path)
        return awh_fail_mem(diag);
    awh_str_init(&text);
    enum aw_err err = write(caffe, &text, diag);
    if (!err)
        err = awh_stage_write(job->stage, path, text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

/* Our layer's name -> the last Caffe layer that was made of it, as pytorch_to_caffe maps modules.
 */
static struct awh_yaml *torch_names(const struct awh_dpu_job *job,
                                    const struct awh_caffe_net *caffe)
{
    struct awh_yaml *map = awh_yaml_new_map(job->arena);
    for (size_t i = 0; map && i < caffe->layer_count; i++) {
        const struct awh_caffe_layer *layer = &caffe->layers[i];
        if (layer->node >= 0 && !awh_yaml_set(job->arena, map, job->graph->nodes[layer->node].name,
                                              awh_yaml_new_str(job->arena, layer->name)))
            return NULL;
    }
    return map;
}

static struct awh_yaml *prim_names(const struct awh_dpu_job *job, const struct awh_caffe_net *caffe)
{
    const struct awh_net *net = job->net;
    struct awh_prim_names *items = awh_arena_array(job->arena, net->count, sizeof *items);
    const char **names = awh_arena_array(job->arena, caffe->layer_count, sizeof *names);
    if (!items || !names)
        return NULL;
    for (size_t p = 0; p < net->count; p++) {
        items[p] = (struct awh_prim_names){.prim = net->prims[p], .names = names};
        for (size_t i = 0; i < caffe->layer_count; i++) {
            int node = caffe->layers[i].node;
            if (node >= 0 && job->graph->nodes[node].prim == (int)p)
                items[p].names[items[p].count++] = caffe->layers[i].name;
        }
        names += items[p].count;
    }
    return awh_prim_names_to_yaml(job->arena, items, net->count);
}

/* <directory>/pytorch_to_caffe/<net><suffix>. */
static const char *caffe_path(const struct awh_dpu_job *job, const char *suffix)
{
    return awh_arena_printf(job->arena, "%s/pytorch_to_caffe/%s%s", job->directory, job->net->name,
                            suffix);
}

enum aw_err awh_dpu_write_caffe(const struct awh_dpu_job *job, const struct awh_caffe_net *caffe,
                                struct awh_diag *diag)
{
    enum aw_err err =
        write_with(job, caffe, awh_caffe_prototxt, caffe_path(job, ".prototxt"), diag);
    if (!err)
        err = write_with(job, caffe, awh_caffe_model, caffe_path(job, ".caffemodel"), diag);
    if (!err)
        err = awh_dpu_write_yaml(job->stage, caffe_path(job, "_torch2caffe.yaml"),
                                 torch_names(job, caffe), diag);
    if (!err)
        err = awh_dpu_write_yaml(job->stage, caffe_path(job, "_prim2names.yaml"),
                                 prim_names(job, caffe), diag);
    return err;
}

static const char *fix_path(const struct awh_dpu_job *job, const char *name)
{
    return awh_arena_printf(job->arena, "%s/fix/%s", job->directory, name);
}

enum aw_err awh_dpu_fix(const struct awh_dpu_job *job, struct awh_caffe_net *caffe,
                        struct awh_diag *diag)
{
    struct awh_calib calib;
    bool carried = job->options->embed && job->options->stages[AWH_DPU_PROGRAM];
    enum aw_err err =
        awh_calib_open(job->arena, job->options->calib_dir, job->options->seed, &calib, diag);
    if (!err)
        err = awh_caffe_fold(job->arena, caffe, diag);
    if (!err)
        err = awh_fix(job->arena, caffe, &calib, job->options->calib_iter,
                      carried ? AWH_FIX_WEIGHT_MIN_BOARD : AWH_FIX_WEIGHT_MIN_DPU, diag);
    if (!err)
        err = write_with(job, caffe, awh_caffe_prototxt, fix_path(job, "deploy.prototxt"), diag);
    if (!err)
        err = write_with(job, caffe, awh_caffe_model, fix_path(job, "deploy.caffemodel"), diag);
    if (!err)
        err = write_with(job, caffe, awh_fix_info, fix_path(job, "quantize_info.txt"), diag);
    return err;
}

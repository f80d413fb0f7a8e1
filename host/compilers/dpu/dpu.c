/* Compiler `dpu`: of a net, a program for our own firmware on a DPU board (stage program), and the
 * files that Xilinx's tools start from (stages caffe, fix and dnnc). docs/dpu.md has the keys. */
#include "compilers/compiler.h"
#include "compilers/dpu/stages.h"
#include "program/compile.h"
#include "program/float_reference.h"

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
        err =
            awh_dpu_write_yaml(stage, awh_arena_printf(arena, "%s/%s.layers.yaml", directory, net),
                               awh_layers_to_yaml(arena, &compiled->layers), diag);
    if (!err)
        err = awh_dpu_write_yaml(
            stage, awh_path_join(arena, directory, "prim2names.yaml"),
            awh_prim_names_to_yaml(arena, compiled->prims, compiled->prim_count), diag);
    return err;
}

/* Folding and quantising change the graph: the program has one of its own. `fixed` is what stage
 * fix left, NULL where it did not run. */
static enum aw_err make_program(const struct awh_dpu_job *job, const struct awh_caffe_net *fixed,
                                struct awh_diag *diag)
{
    struct awh_compile_options options = {
        .seed = job->options->seed, .embed = job->options->embed, .packing = job->options->packing};
    struct awh_graph graph;
    struct awh_given_list given;
    struct awh_compiled compiled;
    enum aw_err err = AW_OK;
    if (options.embed && fixed) {
        err = awh_dpu_given(job, fixed, &given, diag);
        options.given = &given;
    }
    if (!err)
        err = awh_net_lower(job->net, &graph, diag);
    if (err)
        return err;
    err = awh_compile_graph(job->arena, job->net, &graph, &options, &compiled, diag);
    if (!err)
        err = write_files(job->arena, &compiled, job->net->name, job->stage, job->directory, diag);
    awh_graph_release(&graph);
    return err;
}

static enum aw_err make_caffe(const struct awh_dpu_job *job, struct awh_caffe_net *caffe,
                              struct awh_diag *diag)
{
    const struct awh_dpu_options *options = job->options;
    struct awh_float_weights weights;
    enum aw_err err = awh_float_weights_make(job->arena, job->graph, options->seed, &weights, diag);
    if (!err)
        err = awh_float_weights_settle(job->graph, options->seed, &weights, diag);
    if (!err)
        err = awh_caffe_make(job->arena, job->graph, &weights, options->dialect,
                             options->relu6_as_relu, caffe, diag);
    if (!err && options->stages[AWH_DPU_CAFFE])
        err = awh_dpu_write_caffe(job, caffe, diag);
    if (!err && options->stages[AWH_DPU_FIX])
        err = awh_dpu_fix(job, caffe, diag);
    if (!err && options->stages[AWH_DPU_DNNC])
        err = awh_dpu_dnnc(job, diag);
    return err;
}

static enum aw_err run_stages(struct awh_dpu_job *job, struct awh_diag *diag)
{
    const bool *stages = job->options->stages;
    struct awh_graph graph;
    struct awh_caffe_net caffe;
    if (!(stages[AWH_DPU_CAFFE] || stages[AWH_DPU_FIX] || stages[AWH_DPU_DNNC]))
        return make_program(job, NULL, diag);
    enum aw_err err = awh_net_lower(job->net, &graph, diag);
    if (err)
        return err;
    job->graph = &graph;
    err = make_caffe(job, &caffe, diag);
    if (!err && stages[AWH_DPU_PROGRAM])
        err = make_program(job, stages[AWH_DPU_FIX] ? &caffe : NULL, diag);
    awh_graph_release(&graph);
    return err;
}

static enum aw_err dpu_compile(const struct awh_yaml *cfg, const struct awh_net *net,
                               struct awh_stage *stage, const char *directory,
                               struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_dpu_options options;
    awh_arena_init(&arena);
    struct awh_dpu_job job = {
        .arena = &arena, .options = &options, .net = net, .stage = stage, .directory = directory};
    job.first = awh_compiler_is_first(stage, directory);
    enum aw_err err = awh_dpu_options_read(cfg, net, job.first, &options, diag);
    if (!err)
        err = run_stages(&job, diag);
    awh_arena_release(&arena);
    return err;
}

const struct awh_compiler_type awh_compiler_dpu = {
    .name = "dpu",
    .compile = dpu_compile,
};

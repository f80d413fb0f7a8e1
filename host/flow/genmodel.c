/* genmodel: fits a model to measured primitives and nets, validates it, writes the model file. */
#include "flow/flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "flow/asked.h"
#include "flow/config.h"
#include "models/cross_validate.h"
#include "models/model_file.h"
#include "models/prim_table.h"
#include "models/profiles.h"

struct fitting {
    struct awh_arena arena;
    struct awh_config config;
    struct awh_perfmodel_config perfmodel;
    struct awh_preprocess preprocess;
    struct awh_profiles profiles, kept;
    struct awh_validation validation;
    size_t runs, kept_runs;
};

static size_t count_runs(const struct awh_profiles *profiles)
{
    size_t runs = 0;
    for (size_t n = 0; n < profiles->net_count; n++)
        runs += profiles->nets[n].run_count;
    return runs;
}

static bool set_real(struct awh_arena *arena, struct awh_yaml *map, const char *key, double value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_real(arena, value));
}

static bool set_count(struct awh_arena *arena, struct awh_yaml *map, const char *key, size_t value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_int(arena, (int64_t)value));
}

static struct awh_yaml *accuracy_to_yaml(struct awh_arena *arena, const struct awh_accuracy *a)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    if (!set_real(arena, map, "mape", a->mape) || !set_real(arena, map, "rmspe", a->rmspe) ||
        !set_real(arena, map, "rrmse", a->rrmse) ||
        !set_real(arena, map, "within_5", a->within_5) ||
        !set_real(arena, map, "within_10", a->within_10) ||
        !set_real(arena, map, "kendall_tau", a->kendall_tau))
        return NULL;
    return map;
}

static struct awh_yaml *validation_to_yaml(struct awh_arena *arena, const struct awh_validation *v)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    if (!set_count(arena, map, "nets", v->model.nets) ||
        !set_count(arena, map, "folds", v->model.folds))
        return NULL;
    if (v->model.folds > 0 &&
        (!awh_yaml_set(arena, map, "model", accuracy_to_yaml(arena, &v->model)) ||
         !awh_yaml_set(arena, map, "block_sum", accuracy_to_yaml(arena, &v->block_sum))))
        return NULL;
    return map;
}

/* Where the data came from: carried in the model file, so that its numbers can be judged. */
static struct awh_yaml *provenance(struct fitting *f, const char *path)
{
    struct awh_arena *arena = &f->arena;
    struct awh_yaml *map = awh_yaml_new_map(arena);
    if (!awh_yaml_set(arena, map, "source", awh_yaml_new_str(arena, path)) ||
        !set_count(arena, map, "nets", f->profiles.net_count) ||
        !set_count(arena, map, "runs", f->runs) ||
        !set_count(arena, map, "kept_runs", f->kept_runs) ||
        !awh_yaml_set(arena, map, "verified", awh_yaml_new_bool(arena, f->profiles.verified)) ||
        (f->profiles.device != NULL &&
         !awh_yaml_set(arena, map, "device", awh_yaml_copy(arena, f->profiles.device))))
        return NULL;
    return map;
}

static enum aw_err load_data(struct fitting *f, const struct awh_genmodel_options *options,
                             struct awh_diag *diag)
{
    enum aw_err err;
    if ((err = awh_config_load(&f->arena, options->cfg_path, options->hwobj_path, &f->config,
                               diag)) != AW_OK ||
        (err = awh_config_perfmodel(&f->config, &f->perfmodel, diag)) != AW_OK ||
        (err = awh_preprocess_open(f->perfmodel.cfg, f->perfmodel.type, &f->preprocess, diag)) !=
            AW_OK ||
        (err = awh_profiles_load(&f->arena, options->prof_prims, f->perfmodel.perf_name,
                                 &f->profiles, diag)) != AW_OK ||
        (err = awh_preprocess_run(&f->arena, &f->preprocess, &f->profiles, &f->kept, diag)) !=
            AW_OK)
        return err;
    f->runs = count_runs(&f->profiles);
    f->kept_runs = count_runs(&f->kept);
    return AW_OK;
}

/* Those with a value in a run that is kept. */
static enum aw_err list_measured(const struct awh_profiles *kept, const char *source,
                                 const char *perf_name, struct awh_prim_list *out,
                                 struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t n = 0; n < kept->net_count; n++)
        for (size_t r = 0; r < kept->nets[n].run_count; r++) {
            const struct awh_profile *run = &kept->nets[n].runs[r];
            for (size_t i = 0; err == AW_OK && i < run->prim_count; i++)
                if (!isnan(run->perfs[i]))
                    err = awh_prim_list_add(out, &run->prims[i], diag);
        }
    awh_prim_list_canonical(out);
    if (err == AW_OK && out->count == 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: no primitive has a value of '%s' in its performances; "
                        "hwperfmodel_cfg.perf_name says what is fitted",
                        source, perf_name);
    return err;
}

/* A model that cannot tell of an architecture, or of half of its primitives, should say so here and
 * not at its thousandth prediction. */
static enum aw_err check_asked(struct fitting *f, const struct awh_prim_list *measured,
                               struct awh_diag *diag)
{
    struct awh_diag inner = {.warn = diag->warn, .warn_context = diag->warn_context};
    void *space;
    enum aw_err err = f->config.space_type->open(&f->arena, f->config.search_space_cfg,
                                                 f->config.mixin_cfg, &space, &inner);
    if (err == AW_ERR_NO_MEM)
        return awh_fail_mem(diag);
    if (err != AW_OK || f->perfmodel.prof_prims_cfg == NULL) {
        awh_warn(diag, "the model will not predict genotypes, only nets: %s",
                 err != AW_OK ? inner.text : "there is no prof_prims_cfg");
        return AW_OK;
    }
    err = awh_asked_check_one(&f->config, space, f->perfmodel.prof_prims_cfg, measured, "measured",
                              diag);
    return err != AW_OK ? err
                        : awh_asked_check_objectives(&f->config, space, measured, "measured", diag);
}

static void print_accuracy(FILE *out, const char *label, const struct awh_accuracy *a)
{
    fprintf(out, "  %-22s %7.2f%% %7.2f%% %7.2f%% %6.0f%% %6.0f%% %8.3f\n", label, 100 * a->mape,
            100 * a->rmspe, 100 * a->rrmse, 100 * a->within_5, 100 * a->within_10, a->kendall_tau);
}

static void print_summary(const struct fitting *f, const struct awh_genmodel_options *options,
                          FILE *out)
{
    const struct awh_validation *v = &f->validation;
    if (options->json) {
        fprintf(out,
                "{\"model\": \"%s\", \"perf_name\": \"%s\", \"unit\": \"%s\", \"nets\": %zu, "
                "\"runs\": %zu, \"kept_runs\": %zu, \"folds\": %zu",
                f->perfmodel.type->name, f->perfmodel.perf_name,
                f->profiles.unit ? f->profiles.unit : "", f->profiles.net_count, f->runs,
                f->kept_runs, v->model.folds);
        if (v->model.folds > 0)
            fprintf(out, ", \"mape\": %.6g, \"block_sum_mape\": %.6g, \"kendall_tau\": %.6g",
                    v->model.mape, v->block_sum.mape, v->model.kendall_tau);
        fputs("}\n", out);
        return;
    }
    fprintf(out, "%s model of %s: %zu nets, %zu of %zu runs kept, unit %s, %s\n",
            f->perfmodel.type->name, f->perfmodel.perf_name, f->profiles.net_count, f->kept_runs,
            f->runs, f->profiles.unit ? f->profiles.unit : "not recorded",
            f->profiles.verified ? "verified" : "not verified");
    if (v->model.folds == 0) {
        fputs("cross-validation: needs at least 3 nets with whole-net figures\n", out);
        return;
    }
    fprintf(out, "cross-validation over %zu nets in %zu folds\n", v->model.nets, v->model.folds);
    fprintf(out, "  %-22s %8s %8s %8s %7s %7s %8s\n", "", "MAPE", "RMSPE", "RRMSE", "in 5%",
            "in 10%", "tau");
    print_accuracy(out, f->perfmodel.type->name, &v->model);
    print_accuracy(out, "naive block sum", &v->block_sum);
}

static enum aw_err save(struct fitting *f, const struct awh_genmodel_options *options, void *state,
                        struct awh_diag *diag)
{
    struct awh_model model = {
        .type = f->perfmodel.type,
        .state = state,
        .perf_name = f->perfmodel.perf_name,
        .unit = f->profiles.unit,
        .preprocessors = f->preprocess.names,
        .preprocessor_count = f->preprocess.count,
        .space_type = f->config.space_type->name,
        .search_space_cfg = f->config.search_space_cfg,
        .mixin_cfg = f->config.mixin_cfg,
        .prof_prims_cfg = f->perfmodel.prof_prims_cfg,
        .data = provenance(f, options->prof_prims),
        .cross_validation = validation_to_yaml(&f->arena, &f->validation),
    };
    if (model.data == NULL || model.cross_validation == NULL)
        return awh_fail_mem(diag);
    return awh_model_save(&f->arena, &model, options->result_file, diag);
}

enum aw_err awh_genmodel(const struct awh_genmodel_options *options, FILE *out,
                         struct awh_diag *diag)
{
    struct fitting f = {0};
    struct awh_prim_list measured = {.prims = NULL};
    void *state;
    enum aw_err err;
    awh_arena_init(&f.arena);
    if ((err = load_data(&f, options, diag)) == AW_OK &&
        (err = list_measured(&f.kept, options->prof_prims, f.perfmodel.perf_name, &measured,
                             diag)) == AW_OK &&
        (err = f.perfmodel.type->fit(&f.arena, f.perfmodel.cfg, &f.kept, f.perfmodel.perf_name,
                                     &state, diag)) == AW_OK &&
        (err = awh_cross_validate(f.perfmodel.type, f.perfmodel.cfg, &f.kept, f.perfmodel.perf_name,
                                  &f.validation, diag)) == AW_OK &&
        (err = check_asked(&f, &measured, diag)) == AW_OK &&
        (err = save(&f, options, state, diag)) == AW_OK)
        print_summary(&f, options, out);
    awh_prim_list_release(&measured);
    awh_arena_release(&f.arena);
    return err;
}

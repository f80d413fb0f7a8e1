#include "models/preprocess.h"

#include <math.h>
#include <string.h>

typedef enum aw_err step_fn(struct awh_arena *arena, const struct awh_preprocess *preprocess,
                            struct awh_profile_net *net, struct awh_diag *diag);

static enum aw_err block_sum(struct awh_arena *arena, const struct awh_preprocess *preprocess,
                             struct awh_profile_net *net, struct awh_diag *diag)
{
    (void)arena;
    (void)preprocess;
    (void)diag;
    for (size_t r = 0; r < net->run_count; r++) {
        struct awh_profile *run = &net->runs[r];
        run->block_sum = 0;
        for (size_t i = 0; i < run->prim_count; i++)
            if (!isnan(run->perfs[i]))
                run->block_sum += run->perfs[i];
    }
    return AW_OK;
}

static enum aw_err remove_anomaly(struct awh_arena *arena, const struct awh_preprocess *preprocess,
                                  struct awh_profile_net *net, struct awh_diag *diag)
{
    (void)arena;
    double mean = 0;
    size_t kept = 0;
    for (size_t r = 0; r < net->run_count; r++) {
        if (isnan(net->runs[r].block_sum))
            return awh_fail(
                diag, AW_ERR_FORMAT,
                "net %s: remove_anomaly needs the block sum of every run; put block_sum "
                "before it in preprocessors",
                net->name);
        mean += net->runs[r].block_sum;
    }
    mean /= (double)net->run_count;
    for (size_t r = 0; r < net->run_count; r++)
        if (!(fabs(net->runs[r].block_sum - mean) > mean * preprocess->tolerance_std))
            net->runs[kept++] = net->runs[r];
    if (kept == 0)
        awh_warn(diag,
                 "net %s: remove_anomaly drops all %zu runs (none is within %g of their mean); the "
                 "net is left out",
                 net->name, net->run_count, preprocess->tolerance_std);
    net->run_count = kept;
    return AW_OK;
}

static const struct {
    const char *name;
    step_fn *run; /* NULL: changes no value */
    int rank;     /* names must come in rising order */
} steps[] = {
    {"block_sum", block_sum, 0},
    {"remove_anomaly", remove_anomaly, 1},
    {"flatten", NULL, 2},
    {"extract_sum_features", NULL, 3},
};
#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

static size_t step_find(const char *name)
{
    size_t i = 0;
    while (i < STEP_COUNT && strcmp(steps[i].name, name) != 0)
        i++;
    return i;
}

static enum aw_err check_needed(const struct awh_yaml *list, const struct awh_model_type *type,
                                const struct awh_preprocess *out, struct awh_diag *diag)
{
    /* What a model cannot do without is the shape of its data, not the filters. */
    for (const char *const *need = type->default_preprocessors; *need != NULL; need++) {
        bool found = steps[step_find(*need)].run != NULL;
        for (size_t i = 0; i < out->count && !found; i++)
            found = strcmp(out->names[i], *need) == 0;
        if (!found)
            return awh_yaml_fail(list, AW_ERR_FORMAT, diag, "the model '%s' needs '%s'", type->name,
                                 *need);
    }
    return AW_OK;
}

enum aw_err awh_preprocess_open(const struct awh_yaml *cfg, const struct awh_model_type *type,
                                struct awh_preprocess *out, struct awh_diag *diag)
{
    const struct awh_yaml *list = awh_yaml_get_set(cfg, "preprocessors");
    enum aw_err err;
    int rank = -1;

    *out = (struct awh_preprocess){.tolerance_std = 0.1};
    if ((err = awh_yaml_opt_real(cfg, "tolerance_std", &out->tolerance_std, diag)) != AW_OK)
        return err;
    if (out->tolerance_std < 0)
        return awh_yaml_fail(awh_yaml_get(cfg, "tolerance_std"), AW_ERR_RANGE, diag,
                             "expected a number of at least 0, found %g", out->tolerance_std);
    if (list == NULL) {
        for (const char *const *name = type->default_preprocessors; *name != NULL; name++)
            out->names[out->count++] = *name;
        return AW_OK;
    }
    if (list->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(list, AW_ERR_FORMAT, diag, "expected a list of names");
    for (size_t i = 0; i < list->list.count; i++) {
        const struct awh_yaml *item = list->list.items[i];
        const char *name;
        if ((err = awh_yaml_text(item, &name, diag)) != AW_OK)
            return err;
        size_t step = step_find(name);
        /* aw_nas's documentation and one of its examples. */
        if (strcmp(name, "extrace_lstm_features") == 0)
            return awh_yaml_fail(item, AW_ERR_NOT_FOUND, diag,
                                 "'extrace_lstm_features' is spelt 'extract_lstm_features'");
        if (step == STEP_COUNT)
            return awh_yaml_fail(item, AW_ERR_NOT_FOUND, diag,
                                 "unknown preprocessor '%s'; there are block_sum, remove_anomaly, "
                                 "flatten, extract_sum_features",
                                 name);
        if (steps[step].rank <= rank)
            return awh_yaml_fail(item, AW_ERR_FORMAT, diag,
                                 "'%s' must come before '%s'; the order is block_sum, "
                                 "remove_anomaly, flatten, extract_sum_features",
                                 name, out->names[out->count - 1]);
        rank = steps[step].rank;
        out->names[out->count++] = steps[step].name;
    }
    return check_needed(list, type, out, diag);
}

enum aw_err awh_preprocess_run(struct awh_arena *arena, const struct awh_preprocess *preprocess,
                               const struct awh_profiles *data, struct awh_profiles *out,
                               struct awh_diag *diag)
{
    struct awh_profiles copy = *data;
    copy.net_count = 0;
    copy.nets = awh_arena_array(arena, data->net_count, sizeof(*copy.nets));
    if (copy.nets == NULL)
        return awh_fail_mem(diag);
    for (size_t n = 0; n < data->net_count; n++) {
        struct awh_profile_net net = data->nets[n];
        if (net.run_count == 0)
            continue;
        net.runs = awh_arena_array(arena, net.run_count, sizeof(*net.runs));
        if (net.runs == NULL)
            return awh_fail_mem(diag);
        memcpy(net.runs, data->nets[n].runs, net.run_count * sizeof(*net.runs));
        for (size_t i = 0; i < preprocess->count && net.run_count > 0; i++) {
            step_fn *run = steps[step_find(preprocess->names[i])].run;
            enum aw_err err = run == NULL ? AW_OK : run(arena, preprocess, &net, diag);
            if (err != AW_OK)
                return err;
        }
        if (net.run_count > 0)
            copy.nets[copy.net_count++] = net;
    }
    if (copy.net_count == 0)
        return awh_fail(diag, AW_ERR_NUMERIC, "no measured run is left to fit a model to");
    *out = copy;
    return AW_OK;
}

#include "compilers/dpu/options.h"

#include <string.h>

/* aw_nas's default, 0, leaves the number to the vendor's tool. */
#define CALIB_ITER_DEFAULT 10
#define CALIB_ITER_MAX     10000
#define TIMEOUT_S_DEFAULT  600
#define TIMEOUT_S_MAX      86400

static const char *const KNOWN_KEYS[] = {
    "input_size", "seed",      "stages", "dcf",     "mode",    "gpu",     "dnnc",
    "calib_iter", "calib_dir", "relu6",  "dialect", "weights", "packing", NULL};
static const char *const DNNC_KEYS[] = {"command", "timeout_s", NULL};

static const char *const stage_names[AWH_DPU_STAGE_COUNT] = {
    [AWH_DPU_CAFFE] = "caffe",
    [AWH_DPU_FIX] = "fix",
    [AWH_DPU_PROGRAM] = "program",
    [AWH_DPU_DNNC] = "dnnc",
};

/* One of a few words, "a|b" in `words` of the message. */
static enum aw_err read_word(const struct awh_yaml *cfg, const char *key, const char *const *words,
                             unsigned count, unsigned *inout, struct awh_diag *diag)
{
    const char *text = NULL;
    enum aw_err err = awh_yaml_opt_text(cfg, key, &text, diag);
    if (err || !text)
        return err;
    char list[64] = "";
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *inout = i;
            return AW_OK;
        }
        strcat(strcat(list, i ? ", " : ""), words[i]);
    }
    return awh_yaml_fail(awh_yaml_get(cfg, key), AW_ERR_RANGE, diag,
                         "expected one of %s; found '%s'", list, text);
}

static enum aw_err add_stage(const struct awh_yaml *node, bool *stages, struct awh_diag *diag)
{
    const char *text;
    enum aw_err err = awh_yaml_text(node, &text, diag);
    if (err)
        return err;
    for (int i = 0; i < AWH_DPU_STAGE_COUNT; i++)
        if (strcmp(text, stage_names[i]) == 0) {
            stages[i] = true;
            return AW_OK;
        }
    return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                         "compiler dpu has the stages caffe, fix, program and dnnc; found '%s'",
                         text);
}

static enum aw_err read_stages(const struct awh_yaml *cfg, bool *stages, struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get_set(cfg, "stages");
    enum aw_err err = AW_OK;
    if (!node) {
        stages[AWH_DPU_PROGRAM] = true;
        return AW_OK;
    }
    if (node->kind != AWH_YAML_SEQ)
        err = add_stage(node, stages, diag);
    else if (node->list.count == 0)
        return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                             "expected at least one of caffe, fix, program, dnnc");
    for (size_t i = 0; node->kind == AWH_YAML_SEQ && i < node->list.count && !err; i++)
        err = add_stage(node->list.items[i], stages, diag);
    if (!err && stages[AWH_DPU_DNNC] && !stages[AWH_DPU_FIX])
        err = awh_yaml_fail(node, AW_ERR_RANGE, diag,
                            "stage dnnc compiles what stage fix makes; list fix too");
    return err;
}

static enum aw_err read_dnnc(const struct awh_yaml *cfg, bool warn, struct awh_dpu_options *out,
                             struct awh_diag *diag)
{
    const struct awh_yaml *dnnc = awh_yaml_get_set(cfg, "dnnc");
    int64_t timeout_s = TIMEOUT_S_DEFAULT;
    out->timeout_s = TIMEOUT_S_DEFAULT;
    if (!dnnc)
        return AW_OK;
    if (dnnc->kind != AWH_YAML_MAP)
        return awh_yaml_fail(dnnc, AW_ERR_FORMAT, diag,
                             "expected a map with the keys command and timeout_s");
    if (warn)
        awh_yaml_warn_unknown(dnnc, DNNC_KEYS, diag);
    enum aw_err err = awh_yaml_opt_int(dnnc, "timeout_s", 1, TIMEOUT_S_MAX, &timeout_s, diag);
    out->timeout_s = (unsigned)timeout_s;
    out->command = awh_yaml_get_set(dnnc, "command");
    if (err || !out->command)
        return err;
    if (out->command->kind != AWH_YAML_SEQ || out->command->list.count == 0)
        return awh_yaml_fail(out->command, AW_ERR_FORMAT, diag,
                             "expected a list of the program and its arguments");
    for (size_t i = 0; i < out->command->list.count && !err; i++) {
        const char *text;
        err = awh_yaml_text(out->command->list.items[i], &text, diag);
    }
    if (!err && !out->stages[AWH_DPU_DNNC])
        err = awh_yaml_fail(dnnc, AW_ERR_RANGE, diag,
                            "a command is given, and stages has no dnnc to run it");
    return err;
}

static enum aw_err read_packing(const struct awh_yaml *cfg, struct awh_dpu_options *out,
                                struct awh_diag *diag)
{
    const char *names[AW_PACKING_END] = {"canonical"};
    unsigned id = AW_PACKING_CANONICAL;
    for (uint8_t i = 1; i < AW_PACKING_END; i++)
        names[i] = aw_packing_find(i)->name;
    enum aw_err err = read_word(cfg, "packing", names, AW_PACKING_END, &id, diag);
    if (err)
        return err;
    out->packing = aw_packing_find((uint8_t)id);
    if (out->packing && !out->embed)
        return awh_yaml_fail(awh_yaml_get(cfg, "packing"), AW_ERR_RANGE, diag,
                             "a board packs seeded weights itself; add weights: embedded, or leave "
                             "packing out");
    return AW_OK;
}

static enum aw_err read_input_size(const struct awh_yaml *cfg, const struct awh_net *net,
                                   struct awh_diag *diag)
{
    int64_t input_size = 0;
    enum aw_err err = awh_yaml_opt_int(cfg, "input_size", 1, UINT16_MAX, &input_size, diag);
    if (err || input_size == 0 || net->count == 0 || input_size == net->prims[0].spatial_size)
        return err;
    return awh_yaml_fail(awh_yaml_get(cfg, "input_size"), AW_ERR_RANGE, diag,
                         "net %s takes images of %d x %d (spatial_size of its first primitive), "
                         "found %lld; leave the key out or correct it",
                         net->name, net->prims[0].spatial_size, net->prims[0].spatial_size,
                         (long long)input_size);
}

/* Keys that stage `user` alone reads. */
static void warn_unused(const struct awh_yaml *cfg, const struct awh_dpu_options *options,
                        const char *key, enum awh_dpu_stage user, struct awh_diag *diag)
{
    const struct awh_yaml *value = awh_yaml_get_set(cfg, key);
    if (value && !options->stages[user])
        awh_yaml_warn(value, diag, "only stage %s uses this key, and stages does not list it",
                      stage_names[user]);
}

static void warn_of_keys(const struct awh_yaml *cfg, const struct awh_dpu_options *options,
                         struct awh_diag *diag)
{
    awh_yaml_warn_unknown(cfg, KNOWN_KEYS, diag);
    warn_unused(cfg, options, "weights", AWH_DPU_PROGRAM, diag);
    warn_unused(cfg, options, "packing", AWH_DPU_PROGRAM, diag);
    warn_unused(cfg, options, "dcf", AWH_DPU_DNNC, diag);
    warn_unused(cfg, options, "mode", AWH_DPU_DNNC, diag);
    warn_unused(cfg, options, "calib_iter", AWH_DPU_FIX, diag);
    warn_unused(cfg, options, "calib_dir", AWH_DPU_FIX, diag);
    const struct awh_yaml *gpu = awh_yaml_get_set(cfg, "gpu");
    if (gpu)
        awh_yaml_warn(gpu, diag, "nothing here runs on a GPU; the key is ignored");
}

static enum aw_err read_map(const struct awh_yaml *cfg, const struct awh_net *net, bool warn,
                            struct awh_dpu_options *out, struct awh_diag *diag)
{
    static const char *const dialects[] = {"xilinx", "bvlc"};
    static const char *const relu6[] = {"exact", "relu"};
    static const char *const weights[] = {"seeded", "embedded"};
    static const char *const modes[] = {"debug", "normal", "profile"};
    int64_t seed = out->seed, calib_iter = 0;
    unsigned dialect = 0, as_relu = 0, mode = 0, embedded = 0;
    enum aw_err err = awh_yaml_opt_int(cfg, "seed", 0, UINT32_MAX, &seed, diag);
    if (!err)
        err = read_input_size(cfg, net, diag);
    if (!err)
        err = read_stages(cfg, out->stages, diag);
    if (!err)
        err = read_word(cfg, "dialect", dialects, 2, &dialect, diag);
    if (!err)
        err = read_word(cfg, "relu6", relu6, 2, &as_relu, diag);
    if (!err)
        err = read_word(cfg, "mode", modes, 3, &mode, diag);
    if (!err)
        err = read_word(cfg, "weights", weights, 2, &embedded, diag);
    out->embed = embedded == 1;
    if (!err)
        err = read_packing(cfg, out, diag);
    if (!err)
        err = awh_yaml_opt_int(cfg, "calib_iter", 0, CALIB_ITER_MAX, &calib_iter, diag);
    if (!err)
        err = awh_yaml_opt_text(cfg, "calib_dir", &out->calib_dir, diag);
    if (!err)
        err = awh_yaml_opt_text(cfg, "dcf", &out->dcf, diag);
    if (!err)
        err = read_dnnc(cfg, warn, out, diag);
    if (err)
        return err;
    out->seed = (uint32_t)seed;
    out->dialect = dialect == 0 ? AWH_CAFFE_XILINX : AWH_CAFFE_BVLC;
    out->relu6_as_relu = as_relu == 1;
    out->mode = modes[mode];
    if (calib_iter > 0)
        out->calib_iter = (unsigned)calib_iter;
    if (warn)
        warn_of_keys(cfg, out, diag);
    return AW_OK;
}

enum aw_err awh_dpu_options_read(const struct awh_yaml *cfg, const struct awh_net *net, bool warn,
                                 struct awh_dpu_options *out, struct awh_diag *diag)
{
    struct awh_dpu_options options = {.seed = 1, .mode = "debug", .calib_iter = CALIB_ITER_DEFAULT};
    if (!cfg || cfg->kind == AWH_YAML_NULL) {
        options.stages[AWH_DPU_PROGRAM] = true;
    } else if (cfg->kind != AWH_YAML_MAP) {
        return awh_yaml_fail(cfg, AW_ERR_FORMAT, diag, "expected a map with keys such as seed");
    } else {
        enum aw_err err = read_map(cfg, net, warn, &options, diag);
        if (err)
            return err;
    }
    *out = options;
    return AW_OK;
}

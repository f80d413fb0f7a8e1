/* prof_prims_cfg of the once-for-all spaces. */
#include <math.h>
#include <string.h>

#include "spaces/ofa.h"

/* aw_nas's defaults; base_channels and strides have none. */
#define SPATIAL_SIZE_DEFAULT   224
#define STEM_STRIDE_DEFAULT    2
#define STEM_TYPE_DEFAULT      "conv_3x3"
#define PRIMITIVE_TYPE_DEFAULT "mobilenet_v2_block"

static const struct awh_param_spec *find_spec(const struct awh_prim_type *type, const char *name)
{
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        if (!strcmp(spec->name, name))
            return spec;
    return NULL;
}

static bool is_block(const struct awh_prim_type *type)
{
    return find_spec(type, "kernel_size") && find_spec(type, "expansion");
}

static bool is_stem(const struct awh_prim_type *type)
{
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        if (!spec->has_default)
            return false;
    return true;
}

static enum aw_err read_type(const struct awh_yaml *cfg, const char *key, const char *fallback,
                             bool (*fits)(const struct awh_prim_type *), const char *expected,
                             const struct awh_prim_type **type_out, struct awh_diag *diag)
{
    const char *name = fallback;
    enum aw_err err = awh_yaml_opt_text(cfg, key, &name, diag);
    if (err)
        return err;
    const struct awh_prim_type *type = awh_prim_type_find(name);
    if (type && fits(type)) {
        *type_out = type;
        return AW_OK;
    }
    return awh_yaml_fail(awh_yaml_get(cfg, key), AW_ERR_UNSUPPORTED, diag,
                         "'%.64s' cannot be used here; expected %s", name, expected);
}

static enum aw_err need_list(const struct awh_yaml *cfg, const char *key, size_t count,
                             const char *why, struct awh_yaml **list_out, struct awh_diag *diag)
{
    struct awh_yaml *list = NULL;
    enum aw_err err = awh_yaml_need(cfg, key, AWH_YAML_SEQ, &list, diag);
    if (err)
        return err;
    if (list->list.count < count)
        return awh_yaml_fail(list, AW_ERR_RANGE, diag,
                             "expected at least %zu values (%s), found %zu", count, why,
                             list->list.count);
    *list_out = list;
    return AW_OK;
}

static enum aw_err read_channels(const struct awh_ofa *space, const struct awh_yaml *cfg,
                                 struct awh_ofa_prof *prof, struct awh_diag *diag)
{
    struct awh_yaml *list = NULL;
    double mult_ratio = 1;
    enum aw_err err;
    if ((err = need_list(cfg, "base_channels", space->stage_count + 1,
                         "the stem's and one for each of num_cell_groups", &list, diag)) ||
        (err = awh_yaml_opt_real(cfg, "mult_ratio", &mult_ratio, diag)))
        return err;
    if (!(mult_ratio > 0 && mult_ratio <= 1024))
        return awh_yaml_fail(awh_yaml_get(cfg, "mult_ratio"), AW_ERR_RANGE, diag,
                             "expected a number above 0, at most 1024");
    for (unsigned i = 0; i <= space->stage_count; i++) {
        double channels = 0;
        if ((err = awh_yaml_real(list->list.items[i], &channels, diag)))
            return err;
        if (!(channels >= 1 && channels * mult_ratio <= 65528))
            return awh_yaml_fail(list->list.items[i], AW_ERR_RANGE, diag,
                                 "expected 1 to 65528 channels (after mult_ratio)");
        prof->channels[i] = awh_make_divisible(channels * mult_ratio, 8);
    }
    return AW_OK;
}

/* base_channels goes on behind the stages with what a MobileNetV3 backbone ends with; its first 1x1
 * convolution makes the features that the heads begin with. */
static enum aw_err read_head_conv(const struct awh_ofa *space, const struct awh_yaml *cfg,
                                  struct awh_ofa_prof *prof, struct awh_diag *diag)
{
    const struct awh_yaml *list = awh_yaml_get(cfg, "base_channels");
    double mult_ratio = 1, channels = 0;
    size_t at = space->stage_count + 1;
    enum aw_err err;
    if (!space->heads.are_primitives || list->list.count <= at ||
        strcmp(prof->primitive_type->name, "mobilenet_v3_block"))
        return AW_OK;
    if ((err = awh_yaml_opt_real(cfg, "mult_ratio", &mult_ratio, diag)) ||
        (err = awh_yaml_real(list->list.items[at], &channels, diag)))
        return err;
    if (!(channels >= 1 && channels * mult_ratio <= 65528))
        return awh_yaml_fail(list->list.items[at], AW_ERR_RANGE, diag,
                             "expected 1 to 65528 channels (after mult_ratio)");
    prof->head_conv_channels = awh_make_divisible(channels * mult_ratio, 8);
    return AW_OK;
}

int32_t awh_ofa_next_size(int32_t size, int32_t stride)
{
    return (int32_t)rint((double)size / stride + 1e-3);
}

static enum aw_err read_sizes(const struct awh_ofa *space, const struct awh_yaml *cfg,
                              struct awh_ofa_prof *prof, struct awh_diag *diag)
{
    struct awh_yaml *list = NULL;
    int64_t spatial_size = SPATIAL_SIZE_DEFAULT, stem_stride = STEM_STRIDE_DEFAULT;
    enum aw_err err;
    if ((err = awh_yaml_opt_int(cfg, "spatial_size", 1, 65535, &spatial_size, diag)) ||
        (err = awh_yaml_opt_int(cfg, "stem_stride", 1, 255, &stem_stride, diag)) ||
        (err = need_list(cfg, "strides", space->stage_count, "one for each of num_cell_groups",
                         &list, diag)))
        return err;
    prof->spatial_size = (int32_t)spatial_size;
    prof->stem_stride = (int32_t)stem_stride;
    prof->sizes[0] = awh_ofa_next_size(prof->spatial_size, prof->stem_stride);
    for (unsigned i = 0; i < space->stage_count; i++) {
        int64_t stride = 0;
        if ((err = awh_yaml_int(list->list.items[i], 1, 255, &stride, diag)))
            return err;
        prof->strides[i] = (int32_t)stride;
        prof->sizes[i + 1] = awh_ofa_next_size(prof->sizes[i], prof->strides[i]);
        if (prof->sizes[i] < 1 || prof->sizes[i + 1] < 1 || prof->spatial_size < prof->stem_stride)
            return awh_yaml_fail(list->list.items[i], AW_ERR_RANGE, diag,
                                 "nothing is left of spatial_size %d after these strides",
                                 (int)prof->spatial_size);
    }
    return AW_OK;
}

/* acts or use_ses: null, absent, or one value a stage. */
static enum aw_err read_per_stage(const struct awh_ofa *space, const struct awh_yaml *cfg,
                                  const char *key, struct awh_value *values, struct awh_diag *diag)
{
    struct awh_yaml *list = NULL;
    enum aw_err err = AW_OK;
    if (!awh_yaml_get_set(cfg, key))
        return AW_OK;
    if ((err = need_list(cfg, key, space->stage_count, "one for each of num_cell_groups", &list,
                         diag)))
        return err;
    for (unsigned i = 0; !err && i < space->stage_count; i++)
        err = awh_value_from_yaml(list->list.items[i], &values[i], diag);
    return err;
}

/* Prim() refuses a parameter that the type does not have and needs each that it has. */
static enum aw_err check_per_stage(const struct awh_ofa *space, const struct awh_yaml *cfg,
                                   const struct awh_prim_type *type, const char *key,
                                   const char *param, const struct awh_value *values,
                                   struct awh_diag *diag)
{
    const struct awh_yaml *list = awh_yaml_get_set(cfg, key);
    bool takes = find_spec(type, param) != NULL;
    for (unsigned i = 0; i < space->stage_count; i++) {
        if (takes == (values[i].kind != AWH_VALUE_NULL))
            continue;
        const struct awh_yaml *place = list ? list->list.items[i] : cfg;
        if (takes)
            return awh_yaml_fail(place, AW_ERR_FORMAT, diag,
                                 "%s needs '%s': give '%s' a value for each stage", type->name,
                                 param, key);
        return awh_yaml_fail(place, AW_ERR_FORMAT, diag,
                             "%s does not take '%s': leave '%s' out, or null", type->name, param,
                             key);
    }
    return AW_OK;
}

static enum aw_err check_acts(const struct awh_ofa *space, const struct awh_yaml *cfg,
                              const struct awh_ofa_prof *prof, struct awh_diag *diag)
{
    const struct awh_yaml *list = awh_yaml_get_set(cfg, "acts");
    enum aw_act act;
    for (unsigned i = 0; list && i < space->stage_count; i++)
        if (prof->acts[i].kind != AWH_VALUE_NULL &&
            (prof->acts[i].kind != AWH_VALUE_STR || !awh_act_parse(prof->acts[i].text, &act)))
            return awh_yaml_fail(
                list->list.items[i], AW_ERR_RANGE, diag,
                "expected relu, relu6, h_swish, h_sigmoid, sigmoid, tanh or identity");
    return AW_OK;
}

enum aw_err awh_ofa_prof_read(const struct awh_ofa *space, const struct awh_yaml *cfg,
                              struct awh_ofa_prof *prof_out, struct awh_diag *diag)
{
    struct awh_ofa_prof prof = {.node = cfg, .sample = -1};
    char found[64];
    enum aw_err err;
    if (!cfg)
        return awh_fail(diag, AW_ERR_FORMAT, "the hwobj file has no prof_prims_cfg");
    if (cfg->kind != AWH_YAML_MAP)
        return awh_yaml_fail(cfg, AW_ERR_FORMAT, diag, "expected a map, found %s",
                             awh_yaml_describe(cfg, found, sizeof found));
    const struct awh_yaml *stale = awh_yaml_get(cfg, "default_prim_type");
    if (stale)
        return awh_yaml_fail(stale, AW_ERR_FORMAT, diag, "this key is now called 'primitive_type'");
    if ((err = read_type(cfg, "primitive_type", PRIMITIVE_TYPE_DEFAULT, is_block,
                         "mobilenet_v2_block, mobilenet_v3_block or fused_conv_block",
                         &prof.primitive_type, diag)) ||
        (err = read_type(cfg, "stem_type", STEM_TYPE_DEFAULT, is_stem,
                         "a primitive that needs no parameters, such as conv_3x3", &prof.stem_type,
                         diag)) ||
        (err = awh_yaml_opt_int(cfg, "sample", 0, INT32_MAX, &prof.sample, diag)) ||
        (err = read_channels(space, cfg, &prof, diag)) ||
        (err = read_head_conv(space, cfg, &prof, diag)) ||
        (err = read_sizes(space, cfg, &prof, diag)) ||
        (err = read_per_stage(space, cfg, "acts", prof.acts, diag)) ||
        (err = read_per_stage(space, cfg, "use_ses", prof.use_ses, diag)) ||
        (err = check_per_stage(space, cfg, prof.primitive_type, "acts", "activation", prof.acts,
                               diag)) ||
        (err = check_per_stage(space, cfg, prof.primitive_type, "use_ses", "use_se", prof.use_ses,
                               diag)) ||
        (err = check_acts(space, cfg, &prof, diag)))
        return err;
    *prof_out = prof;
    return AW_OK;
}

#include "models/profiles.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"

struct loader {
    struct awh_arena *arena;
    const char *perf_name;
    struct awh_profiles *out;
    struct awh_diag *diag;
    bool any; /* a run was read */
};

/* Value of <prefix><perf_name>, NAN where absent. */
static enum aw_err optional_perf(struct loader *loader, const struct awh_yaml *map,
                                 const char *prefix, double *out)
{
    char key[128];
    *out = (double)NAN;
    snprintf(key, sizeof(key), "%s%s", prefix, loader->perf_name);
    return awh_yaml_opt_real(map, key, out, loader->diag);
}

static enum aw_err read_prims(struct loader *loader, const struct awh_yaml *list,
                              struct awh_profile *run)
{
    struct awh_prim *prims = awh_arena_array(loader->arena, list->list.count, sizeof(*prims));
    double *perfs = awh_arena_array(loader->arena, list->list.count, sizeof(*perfs));
    if (prims == NULL || perfs == NULL)
        return awh_fail_mem(loader->diag);
    for (size_t i = 0; i < list->list.count; i++) {
        const struct awh_yaml *item = list->list.items[i];
        enum aw_err err = awh_prim_from_yaml(item, &prims[i], loader->diag);
        if (err == AW_OK)
            err = optional_perf(loader, awh_yaml_get(item, "performances"), "", &perfs[i]);
        if (err != AW_OK)
            return err;
    }
    run->prims = prims;
    run->perfs = perfs;
    run->prim_count = list->list.count;
    return AW_OK;
}

/* Unit, device and verification of one file, which all files must share. */
static enum aw_err read_origin(struct loader *loader, const struct awh_yaml *root)
{
    struct awh_profiles *out = loader->out;
    const char *unit = NULL;
    bool verified = false;
    enum aw_err err;
    if ((err = awh_yaml_opt_text(root, "unit", &unit, loader->diag)) != AW_OK ||
        (err = awh_yaml_opt_bool(root, "verified", &verified, loader->diag)) != AW_OK)
        return err;
    if (!loader->any) {
        out->unit = unit;
        out->device = awh_yaml_get_set(root, "device");
        out->verified = verified;
        loader->any = true;
        return AW_OK;
    }
    out->verified = out->verified && verified;
    if ((unit == NULL) != (out->unit == NULL) || (unit != NULL && strcmp(unit, out->unit) != 0))
        return awh_yaml_fail(
            root, AW_ERR_MISMATCH, loader->diag,
            "the unit is '%s' here and '%s' in the files before; data of different "
            "units cannot be mixed",
            unit == NULL ? "(none)" : unit, out->unit == NULL ? "(none)" : out->unit);
    return AW_OK;
}

static enum aw_err read_run(struct loader *loader, const char *path, struct awh_profile *run)
{
    struct awh_yaml *root, *list;
    enum aw_err err = awh_yaml_load_file(loader->arena, path, &root, loader->diag);
    /* aw_nas writes such files for nets without primitives; the caller says that it is left out. */
    if (err == AW_OK && root->kind == AWH_YAML_MAP && awh_yaml_get_set(root, "primitives") == NULL)
        return AW_OK;
    if (err != AW_OK ||
        (err = awh_yaml_need(root, "primitives", AWH_YAML_SEQ, &list, loader->diag)) != AW_OK ||
        (err = read_origin(loader, root)) != AW_OK ||
        (err = read_prims(loader, list, run)) != AW_OK ||
        (err = optional_perf(loader, root, "overall_", &run->overall)) != AW_OK)
        return err;
    return optional_perf(loader, root, "block_sum_", &run->block_sum);
}

static bool same_prims(const struct awh_profile *a, const struct awh_profile *b)
{
    if (a->prim_count != b->prim_count)
        return false;
    for (size_t i = 0; i < a->prim_count; i++)
        if (awh_prim_compare(&a->prims[i], &b->prims[i]) != 0)
            return false;
    return true;
}

static bool is_yaml(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static enum aw_err read_net(struct loader *loader, const char *path, const char *name,
                            struct awh_profile_net *net)
{
    char **files;
    size_t count;
    enum aw_err err = awh_dir_list(loader->arena, path, &files, &count, loader->diag);
    if (err != AW_OK)
        return err;
    *net = (struct awh_profile_net){.name = name};
    net->runs = awh_arena_array(loader->arena, count, sizeof(*net->runs));
    if (net->runs == NULL)
        return awh_fail_mem(loader->diag);
    for (size_t i = 0; i < count; i++) {
        if (!is_yaml(files[i]))
            continue;
        char *file = awh_path_join(loader->arena, path, files[i]);
        struct awh_profile *run = &net->runs[net->run_count];
        if (file == NULL)
            return awh_fail_mem(loader->diag);
        if ((err = read_run(loader, file, run)) != AW_OK)
            return err;
        if (run->prim_count == 0) {
            awh_warn(loader->diag, "%s: no primitives; the run is left out", file);
            *run = (struct awh_profile){.prims = NULL};
            continue;
        }
        if (net->run_count > 0 && !same_prims(&net->runs[0], run))
            return awh_fail(loader->diag, AW_ERR_MISMATCH,
                            "%s: its primitives differ from those of the other runs in %s", file,
                            path);
        net->run_count++;
    }
    if (net->run_count == 0)
        awh_warn(loader->diag, "%s: no measured run; the net is left out", path);
    return AW_OK;
}

static enum aw_err load_dir(struct loader *loader, const char *path)
{
    char **names;
    size_t count;
    enum aw_err err = awh_dir_list(loader->arena, path, &names, &count, loader->diag);
    if (err != AW_OK)
        return err;
    loader->out->nets = awh_arena_array(loader->arena, count, sizeof(*loader->out->nets));
    if (loader->out->nets == NULL)
        return awh_fail_mem(loader->diag);
    for (size_t i = 0; i < count; i++) {
        char *dir = awh_path_join(loader->arena, path, names[i]);
        struct awh_profile_net *net = &loader->out->nets[loader->out->net_count];
        if (dir == NULL)
            return awh_fail_mem(loader->diag);
        if (!awh_path_is_dir(dir))
            continue;
        if ((err = read_net(loader, dir, names[i], net)) != AW_OK)
            return err;
        if (net->run_count > 0)
            loader->out->net_count++;
    }
    return AW_OK;
}

enum aw_err awh_profiles_load(struct awh_arena *arena, const char *path, const char *perf_name,
                              struct awh_profiles *out, struct awh_diag *diag)
{
    struct awh_profiles profiles = {0};
    struct loader loader = {.arena = arena, .perf_name = perf_name, .out = &profiles, .diag = diag};
    enum aw_err err;
    if (!awh_path_exists(path))
        return awh_fail(
            diag, AW_ERR_NOT_FOUND,
            "%s: no such file or directory; expected <net>/<run>.yaml as `parse` writes, "
            "or the file that `net2primitive` writes",
            path);
    if (awh_path_is_dir(path)) {
        err = load_dir(&loader, path);
    } else {
        profiles.nets = awh_arena_array(arena, 1, sizeof(*profiles.nets));
        struct awh_profile *run = awh_arena_array(arena, 1, sizeof(*run));
        if (profiles.nets == NULL || run == NULL)
            return awh_fail_mem(diag);
        err = read_run(&loader, path, run);
        profiles.nets[0] =
            (struct awh_profile_net){.name = awh_path_base(path), .runs = run, .run_count = 1};
        profiles.net_count = 1;
    }
    if (err != AW_OK)
        return err;
    if (profiles.net_count == 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: no measured net found; expected <net>/<run>.yaml as `parse` writes",
                        path);
    *out = profiles;
    return AW_OK;
}

#include "plugins/registrar.h"

#include <string.h>

#include "compilers/compiler.h"
#include "models/model.h"
#include "prims/prim.h"
#include "readers/reader.h"
#include "spaces/space.h"

#define NAME_MAX_SIZE 63

bool awh_plugin_name_ok(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
    size_t size = name ? strnlen(name, NAME_MAX_SIZE + 1) : 0;
    return size >= 1 && size <= NAME_MAX_SIZE && strspn(name, good) == size;
}

/* `exists`: a member of the registry has this name. */
static enum aw_err take(struct awh_registrar *registrar, enum awh_member_kind kind,
                        const char *what, const void *type, const char *name, bool complete,
                        bool exists, struct awh_diag *diag)
{
    if (!registrar->open)
        return awh_fail(diag, AW_ERR_STATE, "%s: registered outside of init", what);
    if (!complete)
        return awh_fail(diag, AW_ERR_ARG, "the %s '%s' lacks a function or table", what, name);
    for (size_t i = 0; i < registrar->count && !exists; i++)
        exists = registrar->members[i].kind == kind && !strcmp(registrar->members[i].name, name);
    if (exists)
        return awh_fail(diag, AW_ERR_EXISTS, "there is a %s '%s' already", what, name);
    if (registrar->count == registrar->capacity)
        return awh_fail(diag, AW_ERR_NO_SPACE, "plug-ins may add at most %d members",
                        AWH_REGISTRY_ADDED_MAX);
    registrar->members[registrar->count++] =
        (struct awh_member){.kind = kind, .type = type, .name = name};
    return AW_OK;
}

static enum aw_err check_name(const char *what, const void *type, const char *const *name,
                              struct awh_diag *diag)
{
    if (type && awh_plugin_name_ok(*name))
        return AW_OK;
    return awh_fail(diag, AW_ERR_ARG,
                    "a %s without a name of letters, digits and _ . + - (at most %d)", what,
                    NAME_MAX_SIZE);
}

static bool is_record_key(const char *name)
{
    static const char *const keys[] = {"prim_type", "spatial_size", "C",
                                       "C_out",     "stride",       "affine",
                                       "names",     "performances", "count"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i], name))
            return true;
    return false;
}

static enum aw_err check_params(const struct awh_prim_type *type, struct awh_diag *diag)
{
    const char *last = "";
    size_t count = 0;
    if (!type->params)
        return awh_fail(diag, AW_ERR_ARG, "the primitive type '%s' has no table of parameters",
                        type->name);
    for (const struct awh_param_spec *spec = type->params; spec->name; last = (spec++)->name) {
        const struct awh_value *value = &spec->default_value;
        if (++count > AWH_PRIM_PARAMS_MAX)
            return awh_fail(diag, AW_ERR_RANGE, "%s: more than %d parameters", type->name,
                            AWH_PRIM_PARAMS_MAX);
        if (!awh_plugin_name_ok(spec->name) || is_record_key(spec->name) ||
            strcmp(last, spec->name) >= 0)
            return awh_fail(diag, AW_ERR_ARG,
                            "%s: parameters must be sorted by name and have names of their own",
                            type->name);
        if (spec->has_default && (value->kind <= AWH_VALUE_NULL || value->kind > AWH_VALUE_STR ||
                                  (value->kind == AWH_VALUE_STR && !value->text)))
            return awh_fail(diag, AW_ERR_ARG, "%s: the default of %s is no value", type->name,
                            spec->name);
    }
    return AW_OK;
}

static enum aw_err register_prim(struct awh_registrar *registrar, const struct awh_prim_type *type,
                                 struct awh_diag *diag)
{
    enum aw_err err = check_name("primitive type", type, &type->name, diag);
    if (err || (err = check_params(type, diag)))
        return err;
    return take(registrar, AWH_MEMBER_PRIM, "primitive type", type, type->name, type->lower,
                awh_prim_type_find(type->name) || awh_prim_type_excluded(type->name), diag);
}

static enum aw_err register_space(struct awh_registrar *registrar,
                                  const struct awh_space_type *type, struct awh_diag *diag)
{
    enum aw_err err = check_name("search space", type, &type->name, diag);
    if (err)
        return err;
    bool complete =
        type->open && type->primitives && type->sample && type->genotype && type->sample_genotype;
    return take(registrar, AWH_MEMBER_SPACE, "search space", type, type->name, complete,
                awh_space_type_find(type->name), diag);
}

static enum aw_err register_compiler(struct awh_registrar *registrar,
                                     const struct awh_compiler_type *type, struct awh_diag *diag)
{
    enum aw_err err = check_name("compiler", type, &type->name, diag);
    if (err)
        return err;
    return take(registrar, AWH_MEMBER_COMPILER, "compiler", type, type->name, type->compile,
                awh_compiler_type_find(type->name), diag);
}

static enum aw_err register_reader(struct awh_registrar *registrar,
                                   const struct awh_reader_type *type, struct awh_diag *diag)
{
    enum aw_err err = check_name("reader", type, &type->name, diag);
    if (err)
        return err;
    return take(registrar, AWH_MEMBER_READER, "reader", type, type->name,
                type->detect && type->read, awh_reader_type_find(type->name), diag);
}

static enum aw_err register_model(struct awh_registrar *registrar,
                                  const struct awh_model_type *type, struct awh_diag *diag)
{
    enum aw_err err = check_name("model", type, &type->name, diag);
    if (err)
        return err;
    bool complete =
        type->default_preprocessors && type->fit && type->predict && type->save && type->load;
    return take(registrar, AWH_MEMBER_MODEL, "model", type, type->name, complete,
                awh_model_type_find(type->name), diag);
}

void awh_registrar_table(struct awh_host *host)
{
    host->register_prim = register_prim;
    host->register_space = register_space;
    host->register_compiler = register_compiler;
    host->register_reader = register_reader;
    host->register_model = register_model;
}

enum aw_err awh_registrar_commit(struct awh_registrar *registrar, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < registrar->count; i++) {
        const void *type = registrar->members[i].type;
        switch (registrar->members[i].kind) {
        case AWH_MEMBER_PRIM:
            err = awh_prim_type_add(type, diag);
            break;
        case AWH_MEMBER_SPACE:
            err = awh_space_type_add(type, diag);
            break;
        case AWH_MEMBER_COMPILER:
            err = awh_compiler_type_add(type, diag);
            break;
        case AWH_MEMBER_READER:
            err = awh_reader_type_add(type, diag);
            break;
        case AWH_MEMBER_MODEL:
            err = awh_model_type_add(type, diag);
            break;
        }
    }
    return err;
}

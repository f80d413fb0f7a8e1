#include "cli/list.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "compilers/compiler.h"
#include "devices/board/spec.h"
#include "models/model.h"
#include "plugins/plugins.h"
#include "prims/prim.h"
#include "readers/reader.h"
#include "spaces/space.h"

struct entry {
    const char *name;
    const char *state;                    /* "built in", "plug-in", "ready", "missing" */
    const char *detail;                   /* parameters, description; NULL: nothing to say */
    const char *missing;                  /* why, and what to do; NULL: it is there */
    const struct awh_plugin_info *plugin; /* where it came from; NULL: built in */
};

struct list {
    struct awh_arena *arena;
    struct awh_diag *diag;
    const char *boards_dir;
    struct entry *items; /* malloc'ed by awh_grow */
    size_t count, capacity;
};

static enum aw_err add(struct list *list, struct entry entry)
{
    void *items = awh_grow(list->items, &list->capacity, list->count + 1, sizeof *list->items);
    if (!items)
        return awh_fail_mem(list->diag);
    list->items = items;
    list->items[list->count++] = entry;
    return AW_OK;
}

static enum aw_err add_member(struct list *list, enum awh_member_kind kind, const void *type,
                              const char *name, const char *detail)
{
    const struct awh_plugin_info *plugin = awh_plugins_source(kind, type);
    return add(list, (struct entry){.name = name,
                                    .state = plugin ? "plug-in" : "built in",
                                    .detail = detail,
                                    .plugin = plugin});
}

/* -- The kinds ----------------------------------------------------------------------------------
 */

/* "activation, expansion, reduction=4"; NULL: memory is short. */
static char *params_text(struct awh_arena *arena, const struct awh_prim_type *type)
{
    struct awh_str text;
    char value[80];
    awh_str_init(&text);
    awh_str_append(&text, "");
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++) {
        awh_str_printf(&text, "%s%s", text.size ? ", " : "", spec->name);
        if (!spec->has_default)
            continue;
        awh_value_format(&spec->default_value, value, sizeof value);
        awh_str_printf(&text, "=%s", value);
    }
    char *copy = text.failed ? NULL : awh_arena_strdup(arena, text.text);
    awh_str_release(&text);
    return copy;
}

static enum aw_err list_prims(struct list *list)
{
    enum aw_err err = AW_OK;
    const char *name;
    for (const struct awh_prim_type *const *type = awh_prim_types(); !err && *type; type++) {
        char *params = params_text(list->arena, *type);
        err = params ? add_member(list, AWH_MEMBER_PRIM, *type, (*type)->name, params)
                     : awh_fail_mem(list->diag);
    }
    for (size_t i = 0; !err && (name = awh_prim_type_excluded_name(i)); i++)
        err = add(list, (struct entry){.name = name,
                                       .state = "missing",
                                       .missing = awh_prim_type_excluded(name)});
    return err;
}

#define LIST_REGISTRY(function, type, kind, members)                                               \
    static enum aw_err function(struct list *list)                                                 \
    {                                                                                              \
        enum aw_err err = AW_OK;                                                                   \
        for (const struct type *const *member = members(); !err && *member; member++)              \
            err = add_member(list, kind, *member, (*member)->name, NULL);                          \
        return err;                                                                                \
    }
LIST_REGISTRY(list_spaces, awh_space_type, AWH_MEMBER_SPACE, awh_space_types)
LIST_REGISTRY(list_compilers, awh_compiler_type, AWH_MEMBER_COMPILER, awh_compiler_types)
LIST_REGISTRY(list_readers, awh_reader_type, AWH_MEMBER_READER, awh_reader_types)
LIST_REGISTRY(list_models, awh_model_type, AWH_MEMBER_MODEL, awh_model_types)

static bool is_installed(const char *program)
{
    char path[4096];
    const char *dirs = getenv("PATH");
    if (strchr(program, '/'))
        return access(program, X_OK) == 0;
    while (dirs && *dirs) {
        int size = (int)strcspn(dirs, ":");
        snprintf(path, sizeof path, "%.*s/%s", size, dirs, program);
        if (access(path, X_OK) == 0)
            return true;
        dirs += size + (dirs[size] == ':');
    }
    return false;
}

/* Why the board cannot be started here; NULL: it can. */
static const char *board_missing(struct list *list, const char *board, struct awh_board_spec *spec)
{
    struct awh_diag why = {0};
    if (awh_board_spec_load(list->arena, board, list->boards_dir, NULL, spec, &why))
        return awh_arena_strdup(list->arena, why.text);
    if (strcmp(spec->command[0], "{firmware}") != 0 && !is_installed(spec->command[0]))
        return awh_arena_printf(list->arena, "%s is not installed%s%s%s", spec->command[0],
                                spec->package ? " (Debian package " : "",
                                spec->package ? spec->package : "", spec->package ? ")" : "");
    return NULL;
}

static enum aw_err add_board(struct list *list, const char *board, const char *file)
{
    struct awh_yaml *root;
    struct awh_board_spec spec = {0};
    const char *description = "", *missing;
    bool emulated = false;
    struct awh_diag why = {0};
    if (awh_yaml_load_file(list->arena, file, &root, &why) ||
        awh_yaml_opt_text(root, "description", &description, &why) ||
        awh_yaml_opt_bool(root, "emulated", &emulated, &why))
        missing = awh_arena_strdup(list->arena, why.text);
    else
        missing = board_missing(list, board, &spec);
    char *detail =
        awh_arena_printf(list->arena, "%s%s%s%s", description, emulated ? " [emulated]" : "",
                         spec.firmware ? "; " : "", spec.firmware ? spec.firmware : "");
    if (!detail)
        return awh_fail_mem(list->diag);
    return add(list, (struct entry){.name = board,
                                    .state = missing ? "missing" : "ready",
                                    .detail = detail,
                                    .missing = missing});
}

static enum aw_err list_boards(struct list *list)
{
    const char *dir = awh_boards_dir(list->arena, list->boards_dir);
    char **names;
    size_t count;
    if (!dir)
        return add(list,
                   (struct entry){.name = "(none)",
                                  .state = "missing",
                                  .missing = "no folder of boards beside this program; set "
                                             "AWNAS_BOARDS_DIR to the source tree's boards/"});
    enum aw_err err = awh_dir_list(list->arena, dir, &names, &count, list->diag);
    for (size_t i = 0; !err && i < count; i++) {
        char *file = awh_arena_printf(list->arena, "%s/%s/board.yaml", dir, names[i]);
        if (!file)
            err = awh_fail_mem(list->diag);
        else if (awh_path_exists(file))
            err = add_board(list, names[i], file);
    }
    return err;
}

static enum aw_err list_plugins(struct list *list)
{
    const struct awh_plugin_attempt *attempts;
    size_t count = awh_plugins_attempts(&attempts);
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < count; i++) {
        const struct awh_plugin_info *info = attempts[i].info;
        err = add(list, (struct entry){.name = info ? info->name : awh_path_base(attempts[i].path),
                                       .state = info ? "ready" : "missing",
                                       .missing = attempts[i].why,
                                       .plugin = info});
    }
    return err;
}

/* -- Printing -----------------------------------------------------------------------------------
 */

static const struct kind {
    const char *name, *title;
    enum aw_err (*list)(struct list *list);
} kinds[] = {
    {"prims", "primitives", list_prims},        {"spaces", "search spaces", list_spaces},
    {"compilers", "compilers", list_compilers}, {"boards", "boards", list_boards},
    {"models", "models", list_models},          {"readers", "readers", list_readers},
    {"plugins", "plug-ins", list_plugins},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static void print_text(const struct kind *kind, const struct list *list, FILE *out)
{
    int width = 8;
    for (size_t i = 0; i < list->count; i++)
        if ((int)strlen(list->items[i].name) > width)
            width = (int)strlen(list->items[i].name);
    fprintf(out, "%s\n", kind->title);
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->items[i];
        const char *detail = entry->detail ? entry->detail : "";
        fprintf(out, "  %-*s  %-8s", width, entry->name, entry->state);
        if (*detail)
            fprintf(out, "  %s", detail);
        if (entry->missing)
            fprintf(out, "%s  %s", *detail ? ":" : "", entry->missing);
        if (entry->plugin)
            fprintf(out, "  [%s %s, %s]", entry->plugin->name, entry->plugin->version,
                    entry->plugin->path);
        fputc('\n', out);
    }
    if (!list->count)
        fputs("  none\n", out);
}

static bool set_text(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     const char *text)
{
    return !text || !*text || awh_yaml_set(arena, map, key, awh_yaml_new_str(arena, text));
}

static struct awh_yaml *entry_to_yaml(struct awh_arena *arena, const struct entry *entry)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    const struct awh_plugin_info *plugin = entry->plugin;
    if (!map || !set_text(arena, map, "name", entry->name) ||
        !set_text(arena, map, "state", entry->state) ||
        !set_text(arena, map, "detail", entry->detail) ||
        !set_text(arena, map, "missing", entry->missing) ||
        (plugin && (!set_text(arena, map, "plugin", plugin->name) ||
                    !set_text(arena, map, "version", plugin->version) ||
                    !set_text(arena, map, "path", plugin->path))))
        return NULL;
    return map;
}

static enum aw_err to_yaml(const struct list *list, const struct kind *kind, struct awh_yaml *root)
{
    struct awh_yaml *items = awh_yaml_new_seq(list->arena);
    if (!items)
        return awh_fail_mem(list->diag);
    for (size_t i = 0; i < list->count; i++)
        if (!awh_yaml_push(list->arena, items, entry_to_yaml(list->arena, &list->items[i])))
            return awh_fail_mem(list->diag);
    return awh_yaml_set(list->arena, root, kind->name, items) ? AW_OK : awh_fail_mem(list->diag);
}

static enum aw_err check_kind(const char *name, struct awh_diag *diag)
{
    const struct kind *nearest = &kinds[0];
    for (size_t i = 0; name && i < KIND_COUNT; i++) {
        if (!strcmp(kinds[i].name, name))
            return AW_OK;
        if (awh_str_distance(kinds[i].name, name) < awh_str_distance(nearest->name, name))
            nearest = &kinds[i];
    }
    if (!name)
        return AW_OK;
    return awh_fail(
        diag, AW_ERR_ARG,
        "list: unknown kind '%s'; did you mean '%s'? There are prims, spaces, compilers, "
        "boards, models, readers, plugins",
        name, nearest->name);
}

enum aw_err awh_list(const char *kind, const char *boards_dir, bool json, FILE *out,
                     struct awh_diag *diag)
{
    struct awh_arena arena;
    enum aw_err err = check_kind(kind, diag);
    if (err)
        return err;
    awh_arena_init(&arena);
    struct list list = {.arena = &arena, .diag = diag, .boards_dir = boards_dir};
    struct awh_yaml *root = awh_yaml_new_map(&arena);
    if (!root)
        err = awh_fail_mem(diag);
    for (size_t i = 0; !err && i < KIND_COUNT; i++) {
        if (kind && strcmp(kinds[i].name, kind) != 0)
            continue;
        list.count = 0;
        if ((err = kinds[i].list(&list)))
            break;
        if (json)
            err = to_yaml(&list, &kinds[i], root);
        else
            print_text(&kinds[i], &list, out);
    }
    if (!err && json)
        err = awh_json_print(root, out, diag);
    free(list.items);
    awh_arena_release(&arena);
    return err;
}

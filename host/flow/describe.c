/* What the user named: a primitive type, a primitive, or a net. */
#include "flow/describe.h"

#include <string.h>

#include "base/json.h"
#include "base/path.h"

#define BLANKS     " \t\r\n"
#define WORDS_LEAD 6 /* type, size, C, C_out, stride, affine */

static enum aw_err print_net(struct awh_arena *arena, const struct awh_net *net, bool json,
                             FILE *out, struct awh_diag *diag)
{
    struct awh_yaml *root;
    if (!json)
        return awh_describe_net(net, out, diag);
    enum aw_err err = awh_describe_net_yaml(arena, net, &root, diag);
    return err ? err : awh_json_print(root, out, diag);
}

/* -- A primitive --------------------------------------------------------------------------------
 */

/* "conv_3x3 224 3 16 2 true k=v" as the flow map that says the same. */
static enum aw_err line_to_map(struct awh_arena *arena, const char *line, const char **map_out,
                               struct awh_diag *diag)
{
    static const char *const keys[WORDS_LEAD] = {"prim_type", "spatial_size", "C",
                                                 "C_out",     "stride",       "affine"};
    struct awh_str text;
    size_t words = 0;
    awh_str_init(&text);
    for (const char *at = line + strspn(line, BLANKS); *at; words++) {
        int size = (int)strcspn(at, BLANKS);
        const char *equals = memchr(at, '=', (size_t)size);
        int name = equals ? (int)(equals - at) : size;
        if (words < WORDS_LEAD)
            awh_str_printf(&text, "%s%s: %.*s", words ? ", " : "{", keys[words], size, at);
        else
            awh_str_printf(&text, ", %.*s: %.*s", name, at, size - name - (equals != NULL),
                           at + name + (equals != NULL));
        at += size;
        at += strspn(at, BLANKS);
    }
    awh_str_append(&text, "}");
    enum aw_err err = AW_OK;
    if (words < WORDS_LEAD)
        err = awh_fail(diag, AW_ERR_FORMAT,
                       "expected a primitive as TYPE SIZE C C_OUT STRIDE AFFINE [NAME=VALUE ...], "
                       "found '%s'",
                       line);
    else if (text.failed || !(*map_out = awh_arena_strdup(arena, text.text)))
        err = awh_fail_mem(diag);
    awh_str_release(&text);
    return err;
}

static enum aw_err describe_prim(struct awh_arena *arena, const char *what, bool json, FILE *out,
                                 struct awh_diag *diag)
{
    const char *text = what;
    struct awh_yaml *map;
    struct awh_prim prim;
    enum aw_err err = what[0] == '{' ? AW_OK : line_to_map(arena, what, &text, diag);
    if (err || (err = awh_yaml_load(arena, "PRIM", text, strlen(text), &map, diag)) ||
        (err = awh_prim_from_yaml(map, &prim, diag)))
        return err;
    struct awh_net net = {.name = "0", .prims = &prim, .count = 1};
    return print_net(arena, &net, json, out, diag);
}

/* -- A type -------------------------------------------------------------------------------------
 */

static struct awh_value example_value(const struct awh_param_spec *spec)
{
    static const struct {
        const char *name;
        struct awh_value value;
    } usual[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = "relu"}},
        {"expansion", {.kind = AWH_VALUE_INT, .integer = 4}},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 3}},
        {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
    };
    if (spec->has_default)
        return spec->default_value;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!strcmp(usual[i].name, spec->name))
            return usual[i].value;
    return (struct awh_value){.kind = AWH_VALUE_INT, .integer = 1};
}

/* Some primitive of the type that can be lowered: types differ in the sizes that they take. `why`
 * gets the first reason against it. */
static bool find_example(const struct awh_prim_type *type, struct awh_prim *prim_out,
                         struct awh_diag *why)
{
    static const struct {
        int32_t c, c_out, stride;
    } shapes[] = {{16, 16, 1}, {16, 32, 1}, {16, 32, 2}, {16, 16, 2}, {3, 16, 2}};
    struct awh_param given[AWH_PRIM_PARAMS_MAX];
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        given[count++] = (struct awh_param){.name = spec->name, .value = example_value(spec)};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct awh_graph graph;
        struct awh_prim prim;
        struct awh_net net = {.name = "0", .prims = &prim, .count = 1};
        struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
        if (awh_prim_make(type->name, 32, shapes[i].c, shapes[i].c_out, shapes[i].stride, affine,
                          given, count, &prim, why) ||
            awh_net_lower(&net, &graph, why))
            continue;
        awh_graph_release(&graph);
        *prim_out = prim;
        return true;
    }
    return false;
}

static struct awh_yaml *param_to_yaml(struct awh_arena *arena, const struct awh_param_spec *spec)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    char text[80];
    awh_value_format(&spec->default_value, text, sizeof text);
    if (!map || !awh_yaml_set(arena, map, "name", awh_yaml_new_str(arena, spec->name)) ||
        !awh_yaml_set(arena, map, "required", awh_yaml_new_bool(arena, !spec->has_default)) ||
        (spec->has_default && !awh_yaml_set(arena, map, "default", awh_yaml_new_str(arena, text))))
        return NULL;
    return map;
}

static enum aw_err print_type_json(struct awh_arena *arena, const struct awh_prim_type *type,
                                   const struct awh_net *example, FILE *out, struct awh_diag *diag)
{
    struct awh_yaml *root = awh_yaml_new_map(arena), *params = awh_yaml_new_seq(arena);
    struct awh_yaml *net = awh_yaml_new_null(arena);
    if (!root || !params)
        return awh_fail_mem(diag);
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        if (!awh_yaml_push(arena, params, param_to_yaml(arena, spec)))
            return awh_fail_mem(diag);
    enum aw_err err = example ? awh_describe_net_yaml(arena, example, &net, diag) : AW_OK;
    if (err)
        return err;
    if (!awh_yaml_set(arena, root, "prim_type", awh_yaml_new_str(arena, type->name)) ||
        !awh_yaml_set(arena, root, "parameters", params) ||
        !awh_yaml_set(arena, root, "example", net))
        return awh_fail_mem(diag);
    return awh_json_print(root, out, diag);
}

static enum aw_err describe_type(struct awh_arena *arena, const struct awh_prim_type *type,
                                 bool json, FILE *out, struct awh_diag *diag)
{
    struct awh_prim prim;
    struct awh_net net = {.name = "0", .prims = &prim, .count = 1};
    struct awh_diag why = {0};
    const struct awh_net *example = find_example(type, &prim, &why) ? &net : NULL;
    if (json)
        return print_type_json(arena, type, example, out, diag);
    fprintf(out, "%s\n", type->name);
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++) {
        char text[80];
        awh_value_format(&spec->default_value, text, sizeof text);
        fprintf(out, "  %-14s %s%s\n", spec->name, spec->has_default ? "default " : "required",
                spec->has_default ? text : "");
    }
    if (!type->params[0].name)
        fputs("  no parameters beside size, C, C_out, stride and affine\n", out);
    if (!example) {
        fprintf(out, "\nno example: %s\n", why.text);
        return AW_OK;
    }
    fputs("\nfor example\n", out);
    return awh_describe_net(example, out, diag);
}

/* -- A net --------------------------------------------------------------------------------------
 */

static enum aw_err describe_file(struct awh_arena *arena, const char *path, bool json, FILE *out,
                                 struct awh_diag *diag)
{
    struct awh_net net;
    enum aw_err err = awh_net_load(arena, path, &net, diag);
    return err ? err : print_net(arena, &net, json, out, diag);
}

static bool is_file_name(const char *what)
{
    size_t size = strlen(what);
    return awh_path_exists(what) || strchr(what, '/') ||
           (size > 5 && !strcmp(what + size - 5, ".yaml"));
}

enum aw_err awh_describe(const char *what, bool json, FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena;
    const struct awh_prim_type *type = awh_prim_type_find(what);
    struct awh_prim ignored;
    enum aw_err err;
    awh_arena_init(&arena);
    if (type)
        err = describe_type(&arena, type, json, out, diag);
    else if (what[0] == '{')
        err = describe_prim(&arena, what, json, out, diag);
    else if (is_file_name(what))
        err = describe_file(&arena, what, json, out, diag);
    else if (strpbrk(what, BLANKS))
        err = describe_prim(&arena, what, json, out, diag);
    else /* says which names are near */
        err = awh_prim_make(what, 1, 1, 1, 1, (struct awh_value){.kind = AWH_VALUE_NULL}, NULL, 0,
                            &ignored, diag);
    awh_arena_release(&arena);
    return err;
}

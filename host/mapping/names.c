#include "mapping/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARNING_MAX 1024

struct rule {
    const char *net; /* "": every net */
    const char *vendor_name;
    uint32_t line; /* of the name */
    const struct awh_yaml *target;
    bool used;
};

struct awh_names {
    struct rule *rules; /* sorted by vendor name, then net */
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    int order = strcmp(x->vendor_name, y->vendor_name);
    return order != 0 ? order : strcmp(x->net, y->net);
}

/* Keys such as 7 or 771 are numbers to YAML; the text as written is the name. A target that is an
 * alias ("*a") is the node of another key. */
static enum aw_err add_rule(struct awh_names *names, const char *net, const struct awh_yaml *key,
                            const struct awh_yaml *target, struct awh_diag *diag)
{
    char text[80];
    if (key->key == NULL || key->key[0] == '\0')
        return awh_yaml_fail(target, AW_ERR_FORMAT, diag, "expected a layer name as the key");
    if (target->kind != AWH_YAML_INT && target->kind != AWH_YAML_STR)
        return awh_yaml_fail(
            target, AW_ERR_FORMAT, diag,
            "expected a layer of ours, the index of a primitive, or glue; found %s",
            awh_yaml_describe(target, text, sizeof(text)));
    names->rules[names->count++] =
        (struct rule){.net = net, .vendor_name = key->key, .line = key->line, .target = target};
    return AW_OK;
}

static enum aw_err add_section(struct awh_names *names, const struct awh_yaml *key,
                               const struct awh_yaml *section, struct awh_diag *diag)
{
    if (key->key == NULL || key->key[0] == '\0')
        return awh_yaml_fail(section, AW_ERR_FORMAT, diag, "expected the name of a net as the key");
    for (size_t i = 0; i < section->list.count; i++) {
        enum aw_err err =
            add_rule(names, key->key, section->list.keys[i], section->list.items[i], diag);
        if (err != AW_OK)
            return err;
    }
    return AW_OK;
}

/* The loader only warns of a key that comes twice; of names it is an error. */
static void keep_first(void *context, const char *text)
{
    char *first = context;
    if (first[0] == '\0')
        snprintf(first, WARNING_MAX, "%s", text);
}

static enum aw_err load_file(struct awh_arena *arena, const char *path, struct awh_yaml **root_out,
                             struct awh_diag *diag)
{
    char warning[WARNING_MAX] = "";
    struct awh_diag inner = {.warn = keep_first, .warn_context = warning};
    enum aw_err err = awh_yaml_load_file(arena, path, root_out, &inner);
    if (err != AW_OK)
        return awh_fail(diag, err, "%s", inner.text);
    if (warning[0] == '\0')
        return AW_OK;
    char *which_counts = strrchr(warning, ';');
    if (which_counts != NULL)
        *which_counts = '\0';
    return awh_fail(diag, AW_ERR_FORMAT, "%s; give each name once", warning);
}

/* 7 and "7" are two keys of a map, but one name. */
static enum aw_err check_twice(const struct awh_names *names, const char *path,
                               struct awh_diag *diag)
{
    for (size_t i = 1; i < names->count; i++) {
        const struct rule *a = &names->rules[i - 1], *b = &names->rules[i];
        uint32_t first = a->line < b->line ? a->line : b->line; /* the sort is not stable */
        if (by_name(a, b) == 0)
            return awh_fail(diag, AW_ERR_FORMAT,
                            "%s:%u: the name '%.80s' was already given in line %u; give each name "
                            "once",
                            path, (unsigned)(a->line + b->line - first), b->vendor_name,
                            (unsigned)first);
    }
    return AW_OK;
}

enum aw_err awh_names_load(struct awh_arena *arena, const char *path, struct awh_names **names_out,
                           struct awh_diag *diag)
{
    struct awh_yaml *root;
    enum aw_err err = load_file(arena, path, &root, diag);
    if (err != AW_OK)
        return err;
    if (root->kind != AWH_YAML_MAP)
        return awh_yaml_fail(
            root, AW_ERR_FORMAT, diag,
            "expected a map of vendor layer names to layers, primitive indices or glue");
    size_t capacity = 0;
    for (size_t i = 0; i < root->list.count; i++)
        capacity += root->list.items[i]->kind == AWH_YAML_MAP ? root->list.items[i]->list.count : 1;
    struct awh_names *names = awh_arena_alloc(arena, sizeof(*names));
    if (names != NULL)
        names->rules = awh_arena_array(arena, capacity, sizeof(*names->rules));
    if (names == NULL || names->rules == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < root->list.count && err == AW_OK; i++) {
        const struct awh_yaml *key = root->list.keys[i], *item = root->list.items[i];
        err = item->kind == AWH_YAML_MAP ? add_section(names, key, item, diag)
                                         : add_rule(names, "", key, item, diag);
    }
    if (err != AW_OK)
        return err;
    if (names->count > 0)
        qsort(names->rules, names->count, sizeof(*names->rules), by_name);
    err = check_twice(names, path, diag);
    if (err == AW_OK)
        *names_out = names;
    return err;
}

static struct rule *find_rule(struct awh_names *names, const char *net, const char *vendor_name)
{
    struct rule key = {.net = net, .vendor_name = vendor_name};
    return names->count == 0 ? NULL
                             : bsearch(&key, names->rules, names->count, sizeof(key), by_name);
}

const struct awh_yaml *awh_names_find(struct awh_names *names, const char *net,
                                      const char *vendor_name)
{
    struct rule *rule = find_rule(names, net, vendor_name);
    if (rule == NULL)
        rule = find_rule(names, "", vendor_name);
    if (rule == NULL)
        return NULL;
    rule->used = true;
    return rule->target;
}

void awh_names_warn_unused(const struct awh_names *names, struct awh_diag *diag)
{
    for (size_t i = 0; i < names->count; i++)
        if (!names->rules[i].used)
            awh_yaml_warn(names->rules[i].target, diag, "no log has a layer of this name");
}

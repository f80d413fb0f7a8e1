#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml_internal.h"

static struct awh_yaml *new_node(struct awh_arena *arena, enum awh_yaml_kind kind)
{
    struct awh_yaml *node = awh_arena_alloc(arena, sizeof(*node));
    if (node != NULL) {
        node->kind = kind;
    }
    return node;
}

struct awh_yaml *awh_yaml_new_null(struct awh_arena *arena)
{
    return new_node(arena, AWH_YAML_NULL);
}

struct awh_yaml *awh_yaml_new_bool(struct awh_arena *arena, bool value)
{
    struct awh_yaml *node = new_node(arena, AWH_YAML_BOOL);
    if (node != NULL) {
        node->boolean = value;
    }
    return node;
}

struct awh_yaml *awh_yaml_new_int(struct awh_arena *arena, int64_t value)
{
    struct awh_yaml *node = new_node(arena, AWH_YAML_INT);
    if (node != NULL) {
        node->integer = value;
    }
    return node;
}

struct awh_yaml *awh_yaml_new_real(struct awh_arena *arena, double value)
{
    struct awh_yaml *node = new_node(arena, AWH_YAML_FLOAT);
    if (node != NULL) {
        node->real = value;
    }
    return node;
}

struct awh_yaml *awh_yaml_new_str(struct awh_arena *arena, const char *text)
{
    struct awh_yaml *node = new_node(arena, AWH_YAML_STR);
    if (node == NULL) {
        return NULL;
    }
    node->str.text = awh_arena_strdup(arena, text);
    node->str.size = strlen(text);
    return node->str.text == NULL ? NULL : node;
}

struct awh_yaml *awh_yaml_new_seq(struct awh_arena *arena)
{
    return new_node(arena, AWH_YAML_SEQ);
}

struct awh_yaml *awh_yaml_new_map(struct awh_arena *arena)
{
    return new_node(arena, AWH_YAML_MAP);
}

bool awh_yaml_push(struct awh_arena *arena, struct awh_yaml *seq, struct awh_yaml *item)
{
    if (seq == NULL || item == NULL || !awh_yaml_append(arena, seq, NULL, item)) {
        return false;
    }
    if (item->parent == NULL) {
        item->parent = seq;
        item->index = seq->list.count - 1;
    }
    return true;
}

bool awh_yaml_set(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                  struct awh_yaml *value)
{
    if (map == NULL || value == NULL) {
        return false;
    }
    const struct awh_yaml probe = {.kind = AWH_YAML_STR, .str = {key, strlen(key)}};
    size_t i = awh_yaml_find(map, &probe);
    if (i == SIZE_MAX) {
        struct awh_yaml *key_node = awh_yaml_new_str(arena, key);
        if (key_node == NULL) {
            return false;
        }
        key_node->key = key_node->str.text;
        key_node->parent = map;
        i = map->list.count;
        if (!awh_yaml_append(arena, map, key_node, value)) {
            return false;
        }
    }
    map->list.items[i] = value;
    if (value->parent == NULL) {
        value->parent = map;
        value->key = map->list.keys[i]->key;
    }
    return true;
}

struct awh_yaml *awh_yaml_copy(struct awh_arena *arena, const struct awh_yaml *node)
{
    struct awh_yaml *copy = new_node(arena, node->kind);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *node;
    copy->parent = NULL;
    copy->key = NULL;
    copy->index = 0;
    if (node->kind != AWH_YAML_SEQ && node->kind != AWH_YAML_MAP) {
        return copy;
    }
    copy->list.count = copy->list.capacity = 0;
    copy->list.items = copy->list.keys = NULL;
    copy->list.table = NULL;
    for (size_t i = 0; i < node->list.count; i++) {
        struct awh_yaml *key = node->list.keys == NULL ? NULL : node->list.keys[i];
        if (!awh_yaml_append(arena, copy, key, node->list.items[i])) {
            return NULL;
        }
    }
    return copy;
}

enum aw_err awh_yaml_save(const struct awh_yaml *root, const char *path, struct awh_diag *diag)
{
    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(root, &text, diag);
    if (err == AW_OK) {
        err = awh_file_write(path, text.text, text.size, diag);
    }
    awh_str_release(&text);
    return err;
}

/* Lists and maps of nodes, with a hash table for maps too large for a linear search. */
#include <stdint.h>
#include <string.h>

#include "base/yaml_internal.h"

#define LINEAR_KEYS 16

struct awh_yaml_table {
    size_t mask;
    uint32_t slots[]; /* index + 1; 0 is free */
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static double number_of(const struct awh_yaml *node)
{
    switch (node->kind) {
    case AWH_YAML_BOOL:
        return node->boolean ? 1 : 0;
    case AWH_YAML_INT:
        return (double)node->integer;
    default:
        return node->real;
    }
}

static bool is_number(const struct awh_yaml *node)
{
    return node->kind == AWH_YAML_BOOL || node->kind == AWH_YAML_INT ||
           node->kind == AWH_YAML_FLOAT;
}

/* The seed is the table's address, which differs from run to run: a document cannot be made to
 * collide. */
static uint64_t hash_key(const struct awh_yaml *key, uint64_t seed)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    if (key->kind != AWH_YAML_STR) {
        double number = is_number(key) ? number_of(key) + 0.0 : 0; /* -0.0 becomes 0.0 */
        uint64_t bits;
        memcpy(&bits, &number, sizeof(bits));
        return mix(bits ^ odd, seed ^ odd);
    }
    uint64_t hash = mix(seed ^ odd, key->str.size ^ odd);
    for (size_t i = 0; i < key->str.size; i += 8) {
        uint64_t word = 0;
        size_t n = key->str.size - i;
        memcpy(&word, key->str.text + i, n < 8 ? n : 8);
        hash = mix(hash ^ word, seed ^ odd);
    }
    return hash;
}

static bool equal_keys(const struct awh_yaml *a, const struct awh_yaml *b)
{
    if (a->kind == AWH_YAML_STR || b->kind == AWH_YAML_STR) {
        return a->kind == b->kind && a->str.size == b->str.size &&
               memcmp(a->str.text, b->str.text, a->str.size) == 0;
    }
    if (!is_number(a) || !is_number(b)) {
        return a->kind == b->kind;
    }
    if (a->kind == AWH_YAML_INT && b->kind == AWH_YAML_INT) {
        return a->integer == b->integer;
    }
    return number_of(a) == number_of(b);
}

size_t awh_yaml_find(const struct awh_yaml *map, const struct awh_yaml *key)
{
    const struct awh_yaml_table *table = map->list.table;
    if (table == NULL) {
        for (size_t i = 0; i < map->list.count; i++) {
            if (equal_keys(map->list.keys[i], key)) {
                return i;
            }
        }
        return SIZE_MAX;
    }
    size_t slot = (size_t)hash_key(key, (uintptr_t)table) & table->mask;
    for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask) {
        size_t i = table->slots[slot] - 1;
        if (equal_keys(map->list.keys[i], key)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void put(struct awh_yaml_table *table, const struct awh_yaml *key, size_t index)
{
    size_t slot = (size_t)hash_key(key, (uintptr_t)table) & table->mask;
    while (table->slots[slot] != 0) {
        slot = (slot + 1) & table->mask;
    }
    table->slots[slot] = (uint32_t)index + 1;
}

bool awh_yaml_index(struct awh_arena *arena, struct awh_yaml *map)
{
    map->list.table = NULL;
    if (map->list.count <= LINEAR_KEYS) {
        return true;
    }
    size_t slots = 64;
    while (slots < map->list.capacity * 2) {
        slots *= 2; /* capacity is bounded by memory, far below overflow */
    }
    struct awh_yaml_table *table =
        awh_arena_alloc(arena, sizeof(*table) + slots * sizeof(table->slots[0]));
    if (table == NULL) {
        return false;
    }
    table->mask = slots - 1;
    for (size_t i = 0; i < map->list.count; i++) {
        put(table, map->list.keys[i], i);
    }
    map->list.table = table;
    return true;
}

static struct awh_yaml **grown(struct awh_arena *arena, struct awh_yaml *const *old, size_t count,
                               size_t capacity)
{
    struct awh_yaml **copy = awh_arena_array(arena, capacity, sizeof(*copy));
    if (copy != NULL && count > 0) {
        memcpy(copy, old, count * sizeof(*copy));
    }
    return copy;
}

static bool grow_list(struct awh_arena *arena, struct awh_yaml *list)
{
    size_t count = list->list.count;
    if (count >= UINT32_MAX / 4) {
        return false;
    }
    size_t capacity = count < 4 ? 4 : count * 2;
    struct awh_yaml **items = grown(arena, list->list.items, count, capacity);
    struct awh_yaml **keys = NULL;
    if (list->kind == AWH_YAML_MAP) {
        keys = grown(arena, list->list.keys, count, capacity);
    }
    if (items == NULL || (list->kind == AWH_YAML_MAP && keys == NULL)) {
        return false;
    }
    list->list.items = items;
    list->list.keys = keys;
    list->list.capacity = capacity;
    return true;
}

bool awh_yaml_append(struct awh_arena *arena, struct awh_yaml *list, struct awh_yaml *key,
                     struct awh_yaml *item)
{
    bool grow = list->list.count == list->list.capacity;
    if (grow && !grow_list(arena, list)) {
        return false;
    }
    size_t index = list->list.count++;
    list->list.items[index] = item;
    if (key == NULL) {
        return true;
    }
    list->list.keys[index] = key;
    if (grow || (list->list.table == NULL && list->list.count > LINEAR_KEYS)) {
        return awh_yaml_index(arena, list);
    }
    if (list->list.table != NULL) {
        put(list->list.table, key, index);
    }
    return true;
}

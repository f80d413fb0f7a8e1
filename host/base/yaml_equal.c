#include <stdint.h>
#include <string.h>

#include "base/yaml_internal.h"

static bool is_number(const struct awh_yaml *node)
{
    return node->kind == AWH_YAML_INT || node->kind == AWH_YAML_FLOAT;
}

static bool equal_numbers(const struct awh_yaml *a, const struct awh_yaml *b)
{
    if (a->kind == AWH_YAML_INT && b->kind == AWH_YAML_INT) {
        return a->integer == b->integer; /* doubles cannot tell large ones apart */
    }
    double x = a->kind == AWH_YAML_INT ? (double)a->integer : a->real;
    double y = b->kind == AWH_YAML_INT ? (double)b->integer : b->real;
    return x == y;
}

static bool equal_lists(const struct awh_yaml *a, const struct awh_yaml *b)
{
    if (a->list.count != b->list.count) {
        return false;
    }
    for (size_t i = 0; i < a->list.count; i++) {
        size_t j = a->kind == AWH_YAML_SEQ ? i : awh_yaml_find(b, a->list.keys[i]);
        if (j == SIZE_MAX || !awh_yaml_equal(a->list.items[i], b->list.items[j])) {
            return false;
        }
    }
    return true;
}

bool awh_yaml_equal(const struct awh_yaml *a, const struct awh_yaml *b)
{
    if (is_number(a) && is_number(b)) {
        return equal_numbers(a, b);
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case AWH_YAML_BOOL:
        return a->boolean == b->boolean;
    case AWH_YAML_STR:
        return a->str.size == b->str.size && memcmp(a->str.text, b->str.text, a->str.size) == 0;
    case AWH_YAML_SEQ:
    case AWH_YAML_MAP:
        return equal_lists(a, b); /* the depth is bounded by the loader */
    default:
        return true; /* both null */
    }
}

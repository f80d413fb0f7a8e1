/* From the text of a scalar event to a value, as PyYAML's constructors make it. */
#include <string.h>

#include "base/yaml_internal.h"

enum aw_err awh_yaml_fail_tag(const struct awh_yaml *node, const char *tag, struct awh_diag *diag)
{
    bool standard = strncmp(tag, AWH_YAML_TAGS, strlen(AWH_YAML_TAGS)) == 0;
    return awh_yaml_fail(node, AW_ERR_UNSUPPORTED, diag, "the tag %s%.80s is not supported here",
                         standard ? "!!" : "", standard ? tag + strlen(AWH_YAML_TAGS) : tag);
}

static enum aw_err fail_value(const struct awh_yaml *node, const char *kind, const char *text,
                              struct awh_diag *diag)
{
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected %s, found '%.80s'", kind, text);
}

enum aw_err awh_yaml_set_text(struct awh_arena *arena, struct awh_yaml *node, const char *text,
                              size_t size, struct awh_diag *diag)
{
    node->kind = AWH_YAML_STR;
    node->str.text = awh_arena_strndup(arena, text, size);
    node->str.size = size;
    return node->str.text != NULL ? AW_OK : awh_fail_mem(diag);
}

enum aw_err awh_yaml_set_plain(struct awh_arena *arena, struct awh_yaml *node, const char *text,
                               size_t size, bool json, struct awh_diag *diag)
{
    enum awh_yaml_tag tag = awh_yaml_resolve(text, size);
    if (tag == AWH_TAG_STR && json && awh_yaml_is_json_number(text, size)) {
        tag = AWH_TAG_FLOAT;
    }
    switch (tag) {
    case AWH_TAG_NULL:
        node->kind = AWH_YAML_NULL;
        return AW_OK;
    case AWH_TAG_BOOL:
        awh_yaml_set_bool(node, text, size); /* cannot fail: the tag says that it is one */
        return AW_OK;
    case AWH_TAG_INT: /* "0x_" looks like one, and PyYAML fails on it too */
        return awh_yaml_set_int(node, text, size) ? AW_OK
                                                  : fail_value(node, "an integer", text, diag);
    case AWH_TAG_FLOAT:
        return awh_yaml_set_float(node, text, size) ? AW_OK : awh_fail_mem(diag);
    default:
        return awh_yaml_set_text(arena, node, text, size, diag);
    }
}

enum aw_err awh_yaml_set_tagged(struct awh_arena *arena, struct awh_yaml *node, const char *tag,
                                const char *text, size_t size, struct awh_diag *diag)
{
    const char *type = tag + strlen(AWH_YAML_TAGS);
    if (strncmp(tag, AWH_YAML_TAGS, strlen(AWH_YAML_TAGS)) != 0) {
        return awh_yaml_fail_tag(node, tag, diag);
    }
    if (strcmp(type, "str") == 0 || strcmp(type, "timestamp") == 0) {
        return awh_yaml_set_text(arena, node, text, size, diag);
    }
    if (strcmp(type, "null") == 0) {
        node->kind = AWH_YAML_NULL;
        return AW_OK;
    }
    if (strcmp(type, "bool") == 0) {
        return awh_yaml_set_bool(node, text, size) ? AW_OK : fail_value(node, "a bool", text, diag);
    }
    if (strcmp(type, "int") == 0) {
        return awh_yaml_set_int(node, text, size) ? AW_OK
                                                  : fail_value(node, "an integer", text, diag);
    }
    if (strcmp(type, "float") == 0) {
        bool number =
            awh_yaml_resolve(text, size) == AWH_TAG_FLOAT || awh_yaml_is_python_float(text, size);
        return number && awh_yaml_set_float(node, text, size)
                   ? AW_OK
                   : fail_value(node, "a number", text, diag);
    }
    return awh_yaml_fail_tag(node, tag, diag);
}

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void append_text(struct awh_str *out, const char *text, size_t size)
{
    awh_str_append(out, "\"");
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            awh_str_printf(out, "\\%c", c);
        else if (c == '\n')
            awh_str_append(out, "\\n");
        else if (c == '\t')
            awh_str_append(out, "\\t");
        else if (c < 0x20 || c == 0x7f)
            awh_str_printf(out, "\\u%04x", c);
        else
            awh_str_append_n(out, text + i, 1);
    }
    awh_str_append(out, "\"");
}

static void append_real(struct awh_str *out, double value)
{
    char text[32];
    awh_python_repr(value, text);
    awh_str_append(out, isfinite(value) ? text : "null");
}

/* A key need not be a string in YAML. */
static void append_key(struct awh_str *out, const struct awh_yaml *key)
{
    char text[64];
    if (key->kind == AWH_YAML_STR) {
        append_text(out, key->str.text, key->str.size);
    } else {
        awh_yaml_describe(key, text, sizeof text);
        append_text(out, text, strlen(text));
    }
    awh_str_append(out, ": ");
}

static void append_list(struct awh_str *out, const struct awh_yaml *node)
{
    bool map = node->kind == AWH_YAML_MAP;
    awh_str_append(out, map ? "{" : "[");
    for (size_t i = 0; i < node->list.count; i++) {
        if (i)
            awh_str_append(out, ", ");
        if (map)
            append_key(out, node->list.keys[i]);
        awh_json_append(node->list.items[i], out);
    }
    awh_str_append(out, map ? "}" : "]");
}

void awh_json_append(const struct awh_yaml *root, struct awh_str *out)
{
    switch (root->kind) {
    case AWH_YAML_NULL:
        awh_str_append(out, "null");
        break;
    case AWH_YAML_BOOL:
        awh_str_append(out, root->boolean ? "true" : "false");
        break;
    case AWH_YAML_INT:
        awh_str_printf(out, "%" PRId64, root->integer);
        break;
    case AWH_YAML_FLOAT:
        append_real(out, root->real);
        break;
    case AWH_YAML_STR:
        append_text(out, root->str.text, root->str.size);
        break;
    case AWH_YAML_SEQ:
    case AWH_YAML_MAP:
        append_list(out, root);
        break;
    }
}

enum aw_err awh_json_print(const struct awh_yaml *root, FILE *out, struct awh_diag *diag)
{
    struct awh_str text;
    if (!root)
        return awh_fail_mem(diag);
    awh_str_init(&text);
    awh_json_append(root, &text);
    enum aw_err err = AW_OK;
    if (text.failed)
        err = awh_fail_mem(diag);
    else if (fprintf(out, "%s\n", text.text) < 0)
        err = awh_fail(diag, AW_ERR_IO, "cannot write the JSON");
    awh_str_release(&text);
    return err;
}

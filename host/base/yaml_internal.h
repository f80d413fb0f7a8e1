/* Shared by the yaml_*.c files only. */
#ifndef AWH_YAML_INTERNAL_H
#define AWH_YAML_INTERNAL_H

#include "base/yaml.h"

#define AWH_YAML_MAX_DEPTH      100u
#define AWH_YAML_MAX_NODES      16000000u
#define AWH_YAML_MAX_ALIASED    1000000u
#define AWH_YAML_MAX_FILE_BYTES ((size_t)256 * 1024 * 1024)

/* What PyYAML's implicit resolvers make of a plain scalar. */
enum awh_yaml_tag {
    AWH_TAG_STR,
    AWH_TAG_NULL,
    AWH_TAG_BOOL,
    AWH_TAG_INT,
    AWH_TAG_FLOAT,
    AWH_TAG_MERGE,     /* << */
    AWH_TAG_VALUE,     /* = */
    AWH_TAG_TIMESTAMP, /* 2001-12-14 */
};
enum awh_yaml_tag awh_yaml_resolve(const char *text, size_t size);
/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? */
bool awh_yaml_is_json_number(const char *text, size_t size);

/* Sets kind and value from text that has that tag; false when the text has none after all ("0b_").
 */
bool awh_yaml_set_int(struct awh_yaml *node, const char *text, size_t size);
bool awh_yaml_set_float(struct awh_yaml *node, const char *text, size_t size);
/* Any mix of upper and lower case, as explicit !!bool tags allow. */
bool awh_yaml_set_bool(struct awh_yaml *node, const char *text, size_t size);
/* What Python's float() takes: decimal, exponent sign optional, no underscores. */
bool awh_yaml_is_python_float(const char *text, size_t size);

#define AWH_YAML_TAGS "tag:yaml.org,2002:"
/* Sets kind and value from a scalar: quoted, plain (resolved), or with an explicit tag. */
enum aw_err awh_yaml_set_text(struct awh_arena *arena, struct awh_yaml *node, const char *text,
                              size_t size, struct awh_diag *diag);
enum aw_err awh_yaml_set_plain(struct awh_arena *arena, struct awh_yaml *node, const char *text,
                               size_t size, bool json, struct awh_diag *diag);
enum aw_err awh_yaml_set_tagged(struct awh_arena *arena, struct awh_yaml *node, const char *tag,
                                const char *text, size_t size, struct awh_diag *diag);
enum aw_err awh_yaml_fail_tag(const struct awh_yaml *node, const char *tag, struct awh_diag *diag);

/* Index of the equal key (Python's equality: 1 == 1.0 == True), or SIZE_MAX. */
size_t awh_yaml_find(const struct awh_yaml *map, const struct awh_yaml *key);
/* Appends without looking for an equal key; key is NULL for sequences. */
bool awh_yaml_append(struct awh_arena *arena, struct awh_yaml *list, struct awh_yaml *key,
                     struct awh_yaml *item);
/* (Re)makes the look-up table of a map that is large enough to need one. */
bool awh_yaml_index(struct awh_arena *arena, struct awh_yaml *map);

/* Writers of one scalar in PyYAML's styles. */
struct awh_emitter {
    struct awh_str *out;
    int column, indent;         /* indent is -1 before the first collection */
    bool whitespace, indention; /* of the last character written, as PyYAML's emitter keeps them */
    bool open_ended;            /* a plain scalar at the root needs "..." after it */
};
struct awh_scalar_facts {
    size_t length; /* in code points */
    bool valid;    /* UTF-8 */
    bool multiline, allow_plain, allow_single_quoted;
};
struct awh_scalar_facts awh_emit_analyze(const char *text, size_t size);
void awh_emit_indicator(struct awh_emitter *e, char indicator, bool need_whitespace,
                        bool whitespace, bool indention);
void awh_emit_indent(struct awh_emitter *e);
void awh_emit_plain(struct awh_emitter *e, const char *text, size_t size, bool split);
void awh_emit_single_quoted(struct awh_emitter *e, const char *text, size_t size, bool split);
void awh_emit_double_quoted(struct awh_emitter *e, const char *text, size_t size, bool split);

#endif

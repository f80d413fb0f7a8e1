/* YAML as PyYAML reads and writes it; the only user of libyaml.
 *
 * Loading resolves YAML 1.1 scalars like PyYAML's FullLoader: yes/no/on/off/true/false in their
 * three spellings are booleans, ~, null and empty are null, 010 is octal, 0x1f, 0b1, 1_000 and 1:30
 * (sexagesimal) are integers, "1." and ".5" and "1.0e-3" are floats while "1e-3" is a string; .inf
 * and .nan; !!python/tuple reads as a sequence, other !!python tags are errors. Duplicate keys: the
 * last wins, with a warning. Anchors, aliases and merge keys (<<) are resolved. Timestamps stay
 * strings. Numbers of a file whose name ends in ".json" are read as JSON's: 1e-05 is a float there.
 * Documents are hostile: depth (100), nodes (16 million), what aliases stand for (a million nodes)
 * and file size (256 MiB) are bounded. */
#ifndef AWH_YAML_H
#define AWH_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "awnashw/plugin.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"

struct awh_yaml {
    enum awh_yaml_kind kind;
    unsigned line;           /* 1-based; 0 for nodes made by awh_yaml_new_* */
    struct awh_yaml *parent; /* the first parent when an alias shares the node */
    const char *file;        /* name for messages; NULL for made nodes */
    const char *key;         /* under a map: its key text; NULL elsewhere */
    size_t index;            /* under a sequence: its index */
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct {
            const char *text; /* terminated; may hold 0 bytes inside `size` */
            size_t size;
        } str;
        struct { /* sequence, or map (keys[i] is the node of items[i]'s key) */
            struct awh_yaml **items;
            struct awh_yaml **keys; /* NULL for sequences */
            size_t count, capacity;
            struct awh_yaml_table *table; /* look-up of large maps; NULL for others */
        } list;
    };
};

/* Nodes live in the arena. An empty document is a null node. More than one document is an error.
 * `name` is used in messages and copied. */
AW_MUST_USE enum aw_err awh_yaml_load(struct awh_arena *arena, const char *name, const char *bytes,
                                      size_t size, struct awh_yaml **root_out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_load_file(struct awh_arena *arena, const char *path,
                                           struct awh_yaml **root_out, struct awh_diag *diag);

/* Fails with "FILE:LINE: PATH: MESSAGE", PATH like primitives[3].stride ("(root)" at the top). */
AW_PRINTF(4, 5)
enum aw_err awh_yaml_fail(const struct awh_yaml *node, enum aw_err err, struct awh_diag *diag,
                          const char *format, ...);
AW_PRINTF(3, 4)
void awh_yaml_warn(const struct awh_yaml *node, struct awh_diag *diag, const char *format, ...);
/* "a map", "the string 'x'", "3", for messages; in `text`. */
const char *awh_yaml_describe(const struct awh_yaml *node, char *text, size_t capacity);

/* Value of a string key of a map, or NULL; `map` may be NULL or not a map (NULL then). */
struct awh_yaml *awh_yaml_get(const struct awh_yaml *map, const char *key);
/* The same, but a missing or null value is NULL. */
struct awh_yaml *awh_yaml_get_set(const struct awh_yaml *map, const char *key);
/* A required key of the given kind, else an error that names the map's place and the key. FLOAT
 * takes either number, to be read with awh_yaml_real. */
AW_MUST_USE enum aw_err awh_yaml_need(const struct awh_yaml *map, const char *key,
                                      enum awh_yaml_kind kind, struct awh_yaml **out,
                                      struct awh_diag *diag);
/* Typed values with range checks; floats with an integral value pass as integers. */
AW_MUST_USE enum aw_err awh_yaml_int(const struct awh_yaml *node, int64_t min, int64_t max,
                                     int64_t *out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_real(const struct awh_yaml *node, double *out,
                                      struct awh_diag *diag); /* int or float, finite */
AW_MUST_USE enum aw_err awh_yaml_bool(const struct awh_yaml *node, bool *out,
                                      struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_text(const struct awh_yaml *node, const char **out,
                                      struct awh_diag *diag);
bool awh_yaml_is_str(const struct awh_yaml *node, const char *text);
/* Optional keys: absent or null leaves *inout as it is. */
AW_MUST_USE enum aw_err awh_yaml_opt_int(const struct awh_yaml *map, const char *key, int64_t min,
                                         int64_t max, int64_t *inout, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_opt_real(const struct awh_yaml *map, const char *key,
                                          double *inout, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_opt_bool(const struct awh_yaml *map, const char *key, bool *inout,
                                          struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_yaml_opt_text(const struct awh_yaml *map, const char *key,
                                          const char **inout, struct awh_diag *diag);
/* Same values, numbers by value (3 == 3.0), maps in any order. */
bool awh_yaml_equal(const struct awh_yaml *a, const struct awh_yaml *b);
/* Warns for each key of the map that is not in the NULL-terminated list, naming the nearest one. */
void awh_yaml_warn_unknown(const struct awh_yaml *map, const char *const *known,
                           struct awh_diag *diag);

/* Making documents. All return NULL when memory is short; set and push accept a NULL value and then
 * return false, so that a chain of calls is checked once. Texts are copied. */
struct awh_yaml *awh_yaml_new_null(struct awh_arena *arena);
struct awh_yaml *awh_yaml_new_bool(struct awh_arena *arena, bool value);
struct awh_yaml *awh_yaml_new_int(struct awh_arena *arena, int64_t value);
struct awh_yaml *awh_yaml_new_real(struct awh_arena *arena, double value);
struct awh_yaml *awh_yaml_new_str(struct awh_arena *arena, const char *text);
struct awh_yaml *awh_yaml_new_seq(struct awh_arena *arena);
struct awh_yaml *awh_yaml_new_map(struct awh_arena *arena);
bool awh_yaml_push(struct awh_arena *arena, struct awh_yaml *seq, struct awh_yaml *item);
/* Replaces an existing key. The child's parent, key and index are set only when it has none yet. */
bool awh_yaml_set(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                  struct awh_yaml *value);
/* Shallow copy of a map or sequence node (children shared). */
struct awh_yaml *awh_yaml_copy(struct awh_arena *arena, const struct awh_yaml *node);

/* Appends what PyYAML's safe_dump(data, default_flow_style=False) writes: keys sorted, block style,
 * "- " not indented under its key, floats as Python's repr with ".0" put before an exponent
 * (1.0e-05), strings quoted only where ambiguous, long plain and quoted strings folded at 80
 * columns as libyaml and PyYAML fold them. Shared nodes are written out again (no anchors). */
AW_MUST_USE enum aw_err awh_yaml_dump(const struct awh_yaml *root, struct awh_str *out,
                                      struct awh_diag *diag);
/* Dump, then awh_file_write. */
AW_MUST_USE enum aw_err awh_yaml_save(const struct awh_yaml *root, const char *path,
                                      struct awh_diag *diag);
/* Python's repr of a double ("1.0", "1e-05", "inf"); at most 32 characters. */
void awh_python_repr(double value, char text[32]);
/* strtod that always takes '.', whatever the program's locale. */
double awh_c_strtod(const char *text, char **end_out);

#endif

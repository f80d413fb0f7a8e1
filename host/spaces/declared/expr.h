/* The small expressions of declared search spaces: Python's operators on numbers, strings and
 * lists.
 *
 * An expression is a YAML scalar: a number or a boolean stands for itself, a text is parsed. Names
 * are variables (numbered, so that it is known what an expression depends on) or constants.
 * docs/spaces.md has the grammar. Nothing loops: evaluating visits each part of the text at most
 * once. */
#ifndef AWH_DECLARED_EXPR_H
#define AWH_DECLARED_EXPR_H

#include "prims/prim.h"

#define AWH_EXPR_VARIABLES_MAX 64
#define AWH_EXPR_TEXT_MAX      1000 /* characters of an expression */
#define AWH_EXPR_DEPTH_MAX     50   /* nested brackets, signs, conditions */
#define AWH_EXPR_LIST_MAX      10000

struct awh_expr_list;
struct awh_expr_value {
    struct awh_value scalar;
    const struct awh_expr_list *list; /* not NULL: a list, and `scalar` means nothing */
};
struct awh_expr_list {
    size_t count;
    struct awh_expr_value *items;
};

struct awh_expr_name {
    const char *name;
    unsigned variable;
    const struct awh_expr_value *constant; /* not NULL: a constant, and no variable */
};
struct awh_expr_scope {
    const struct awh_expr_scope *outer; /* searched next; NULL: none */
    struct awh_expr_name *names;
    size_t count;
};

struct awh_expr {
    const struct awh_yaml *place;
    const struct awh_expr_scope *scope;
    const struct awh_expr_node *root;
    uint64_t uses;  /* a bit for each variable that it names */
    unsigned steps; /* of evaluating it, at most */
};

/* How a text that is one word and no name is taken. */
enum awh_expr_words {
    AWH_EXPR_NAMES,  /* an error */
    AWH_EXPR_STRINGS /* the word itself, unless it looks like a misspelt name */
};

/* Everything is in the arena; `place` and `scope` are borrowed. */
AW_MUST_USE enum aw_err awh_expr_parse(struct awh_arena *arena, const struct awh_yaml *place,
                                       const struct awh_expr_scope *scope,
                                       enum awh_expr_words words, struct awh_expr *expr_out,
                                       struct awh_diag *diag);

/* `values` are those of the variables that the expression uses. Failures tell them. */
AW_MUST_USE enum aw_err awh_expr_eval(const struct awh_expr *expr,
                                      const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                                      struct awh_expr_value *value_out, struct awh_diag *diag);
/* A whole number in a range; 2.0 is one. */
AW_MUST_USE enum aw_err
awh_expr_eval_int(const struct awh_expr *expr,
                  const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX], int64_t min,
                  int64_t max, int64_t *value_out, struct awh_diag *diag);
/* "FILE:LINE: PATH: 'TEXT': WHAT (with width=0.5, stage=2)". */
AW_PRINTF(5, 6)
enum aw_err awh_expr_fail(const struct awh_expr *expr,
                          const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                          enum aw_err err, struct awh_diag *diag, const char *format, ...);

/* A plain YAML scalar or a list of such, lists in lists included. */
AW_MUST_USE enum aw_err awh_expr_constant(struct awh_arena *arena, const struct awh_yaml *node,
                                          struct awh_expr_value *value_out, struct awh_diag *diag);
/* NULL: unknown. */
const struct awh_expr_name *awh_expr_find(const struct awh_expr_scope *scope, const char *name,
                                          size_t size);
/* Letters, digits and _, not beginning with a digit, no word of the language. */
bool awh_expr_is_name(const char *text);

#endif

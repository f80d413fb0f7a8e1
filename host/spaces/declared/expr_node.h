/* The tree between expr_parse.c and expr_eval.c. */
#ifndef AWH_DECLARED_EXPR_NODE_H
#define AWH_DECLARED_EXPR_NODE_H

#include "spaces/declared/expr.h"

#define AWH_EXPR_ARGS_MAX 8

enum awh_expr_op {
    AWH_EXPR_VALUE,
    AWH_EXPR_VARIABLE,
    AWH_EXPR_LIST,
    AWH_EXPR_IF, /* args: condition, then, else */
    AWH_EXPR_OR,
    AWH_EXPR_AND,
    AWH_EXPR_NOT,
    AWH_EXPR_NEGATE,
    AWH_EXPR_ADD,
    AWH_EXPR_SUBTRACT,
    AWH_EXPR_MULTIPLY,
    AWH_EXPR_DIVIDE,
    AWH_EXPR_FLOOR_DIVIDE,
    AWH_EXPR_MODULO,
    AWH_EXPR_EQUAL,
    AWH_EXPR_UNEQUAL,
    AWH_EXPR_LESS,
    AWH_EXPR_LESS_EQUAL,
    AWH_EXPR_GREATER,
    AWH_EXPR_GREATER_EQUAL,
    AWH_EXPR_INDEX,
    AWH_EXPR_CALL,
};

struct awh_expr_node;
struct awh_expr_function {
    const char *name;
    unsigned min_args, max_args;
    /* What is wrong, or NULL. */
    const char *(*call)(const struct awh_expr_value *args, unsigned count,
                        struct awh_expr_value *out);
};
/* NULL: unknown. */
const struct awh_expr_function *awh_expr_function_find(const char *name, size_t size);

struct awh_expr_node {
    enum awh_expr_op op;
    unsigned variable;
    struct awh_expr_value value;
    const struct awh_expr_function *function;
    struct awh_expr_node **args;
    size_t arg_count;
};

#endif

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spaces/declared/expr_node.h"

struct evaluation {
    const struct awh_expr *expr;
    const struct awh_expr_value *values;
    struct awh_diag *diag;
};

static enum aw_err eval(const struct evaluation *e, const struct awh_expr_node *node,
                        struct awh_expr_value *out);

/* -- Messages -----------------------------------------------------------------------------------
 */

static void append_value(const struct awh_expr_value *value, char *text, size_t capacity)
{
    if (value->list)
        snprintf(text, capacity, "a list of %zu", value->list->count);
    else
        awh_value_format(&value->scalar, text, capacity);
}

static const char *name_of(const struct awh_expr_scope *scope, unsigned variable)
{
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->count; i++)
            if (!scope->names[i].constant && scope->names[i].variable == variable)
                return scope->names[i].name;
    return "?";
}

enum aw_err awh_expr_fail(const struct awh_expr *expr,
                          const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                          enum aw_err err, struct awh_diag *diag, const char *format, ...)
{
    char what[200], with[300] = "", value[64], text[120];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    for (unsigned i = 0; i < AWH_EXPR_VARIABLES_MAX; i++)
        if (expr->uses >> i & 1) {
            size_t used = strlen(with);
            append_value(&values[i], value, sizeof value);
            snprintf(with + used, sizeof with - used, "%s%s=%s", used ? ", " : " (with ",
                     name_of(expr->scope, i), value);
        }
    if (expr->place->kind == AWH_YAML_STR)
        snprintf(text, sizeof text, "'%.80s'", expr->place->str.text);
    else
        awh_yaml_describe(expr->place, text, sizeof text);
    return awh_yaml_fail(expr->place, err, diag, "%s: %s%s%s", text, what, with, *with ? ")" : "");
}

static enum aw_err fail(const struct evaluation *e, enum aw_err err, const char *what)
{
    return awh_expr_fail(e->expr, e->values, err, e->diag, "%s", what);
}

/* -- Values -------------------------------------------------------------------------------------
 */

static bool is_number(const struct awh_expr_value *value)
{
    return !value->list && value->scalar.kind != AWH_VALUE_STR &&
           value->scalar.kind != AWH_VALUE_NULL;
}

static bool is_integer(const struct awh_expr_value *value)
{
    return is_number(value) && value->scalar.kind != AWH_VALUE_FLOAT;
}

static int64_t integer_of(const struct awh_expr_value *value)
{
    return value->scalar.kind == AWH_VALUE_BOOL ? value->scalar.boolean : value->scalar.integer;
}

static double number_of(const struct awh_expr_value *value)
{
    return awh_value_number(&value->scalar);
}

static bool truth(const struct awh_expr_value *value)
{
    return value->list ? value->list->count > 0 : awh_value_truth(&value->scalar);
}

static struct awh_expr_value make_integer(int64_t value)
{
    return (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_INT, .integer = value}};
}

static struct awh_expr_value make_real(double value)
{
    return (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_FLOAT, .real = value}};
}

static struct awh_expr_value make_boolean(bool value)
{
    return (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_BOOL, .boolean = value}};
}

/* -- Arithmetic: what is wrong, or NULL ---------------------------------------------------------
 */

static const char *const too_large = "the result is too large";
static const char *const by_zero = "division by zero";

static const char *integer_arithmetic(enum awh_expr_op op, int64_t a, int64_t b,
                                      struct awh_expr_value *out)
{
    int64_t result = 0;
    bool overflow = false;
    switch (op) {
    case AWH_EXPR_ADD:
        overflow = __builtin_add_overflow(a, b, &result);
        break;
    case AWH_EXPR_SUBTRACT:
        overflow = __builtin_sub_overflow(a, b, &result);
        break;
    case AWH_EXPR_MULTIPLY:
        overflow = __builtin_mul_overflow(a, b, &result);
        break;
    default: /* // and %, which floor */
        if (!b)
            return by_zero;
        overflow = a == INT64_MIN && b == -1;
        if (overflow)
            break;
        result = op == AWH_EXPR_MODULO ? a % b : a / b;
        if (a % b && (a < 0) != (b < 0))
            result += op == AWH_EXPR_MODULO ? b : -1;
        break;
    }
    *out = make_integer(result);
    return overflow ? too_large : NULL;
}

static const char *real_arithmetic(enum awh_expr_op op, double a, double b,
                                   struct awh_expr_value *out)
{
    double result;
    if (op != AWH_EXPR_ADD && op != AWH_EXPR_SUBTRACT && op != AWH_EXPR_MULTIPLY && b == 0)
        return by_zero;
    switch (op) {
    case AWH_EXPR_ADD:
        result = a + b;
        break;
    case AWH_EXPR_SUBTRACT:
        result = a - b;
        break;
    case AWH_EXPR_MULTIPLY:
        result = a * b;
        break;
    case AWH_EXPR_DIVIDE:
        result = a / b;
        break;
    case AWH_EXPR_FLOOR_DIVIDE:
        result = floor(a / b);
        break;
    default:
        result = fmod(a, b);
        if (result != 0 && (result < 0) != (b < 0))
            result += b;
        break;
    }
    *out = make_real(result);
    return isfinite(result) ? NULL : too_large;
}

static const char *arithmetic(enum awh_expr_op op, const struct awh_expr_value *a,
                              const struct awh_expr_value *b, struct awh_expr_value *out)
{
    if (!is_number(a) || !is_number(b))
        return "expected numbers on both sides of the operator";
    if (is_integer(a) && is_integer(b) && op != AWH_EXPR_DIVIDE)
        return integer_arithmetic(op, integer_of(a), integer_of(b), out);
    return real_arithmetic(op, number_of(a), number_of(b), out);
}

static bool equal(const struct awh_expr_value *a, const struct awh_expr_value *b)
{
    if (is_integer(a) && is_integer(b))
        return integer_of(a) == integer_of(b);
    if (is_number(a) && is_number(b))
        return number_of(a) == number_of(b);
    if (a->list || b->list)
        return a->list == b->list;
    if (a->scalar.kind != b->scalar.kind)
        return false;
    return a->scalar.kind == AWH_VALUE_NULL || !strcmp(a->scalar.text, b->scalar.text);
}

static bool less(const struct awh_expr_value *a, const struct awh_expr_value *b)
{
    if (is_integer(a) && is_integer(b))
        return integer_of(a) < integer_of(b);
    return number_of(a) < number_of(b);
}

static const char *compare(enum awh_expr_op op, const struct awh_expr_value *a,
                           const struct awh_expr_value *b, struct awh_expr_value *out)
{
    bool result;
    if (op == AWH_EXPR_EQUAL || op == AWH_EXPR_UNEQUAL) {
        if (a->list || b->list)
            return "lists cannot be compared";
        *out = make_boolean(equal(a, b) == (op == AWH_EXPR_EQUAL));
        return NULL;
    }
    if (!is_number(a) || !is_number(b))
        return "expected numbers on both sides of the comparison";
    switch (op) {
    case AWH_EXPR_LESS:
        result = less(a, b);
        break;
    case AWH_EXPR_LESS_EQUAL:
        result = !less(b, a);
        break;
    case AWH_EXPR_GREATER:
        result = less(b, a);
        break;
    default:
        result = !less(a, b);
        break;
    }
    *out = make_boolean(result);
    return NULL;
}

static const char *negate(const struct awh_expr_value *a, struct awh_expr_value *out)
{
    struct awh_expr_value zero = make_integer(0);
    if (!is_number(a))
        return "expected a number behind '-'";
    if (is_integer(a))
        return arithmetic(AWH_EXPR_SUBTRACT, &zero, a, out);
    *out = make_real(-number_of(a));
    return NULL;
}

/* Negative ones count from the end. */
static const char *check_index(const struct awh_expr_value *index, size_t count, size_t *out)
{
    if (!is_integer(index))
        return "the index of a list must be a whole number";
    int64_t i = integer_of(index), n = (int64_t)count;
    if (i < -n || i >= n)
        return "the index is beyond the end of the list";
    *out = (size_t)(i < 0 ? i + n : i);
    return NULL;
}

static const char *item_of(const struct awh_expr_value *list, const struct awh_expr_value *index,
                           struct awh_expr_value *out)
{
    size_t i;
    if (!list->list)
        return "expected a list in front of '['";
    const char *wrong = check_index(index, list->list->count, &i);
    if (!wrong)
        *out = list->list->items[i];
    return wrong;
}

/* -- Functions ----------------------------------------------------------------------------------
 */

static const char *to_integer(double value, struct awh_expr_value *out)
{
    if (!(fabs(value) < 0x1p62))
        return too_large;
    *out = make_integer((int64_t)value);
    return NULL;
}

static const char *extreme(const struct awh_expr_value *args, unsigned count, bool least,
                           struct awh_expr_value *out)
{
    if (count == 1 && args->list) {
        count = (unsigned)args->list->count;
        args = args->list->items;
    }
    if (!count)
        return "min and max need a value";
    for (unsigned i = 0; i < count; i++)
        if (!is_number(&args[i]))
            return "min and max take numbers, or a list of numbers";
    *out = args[0];
    for (unsigned i = 1; i < count; i++)
        if (least ? less(&args[i], out) : less(out, &args[i]))
            *out = args[i];
    return NULL;
}

static const char *call_min(const struct awh_expr_value *args, unsigned count,
                            struct awh_expr_value *out)
{
    return extreme(args, count, true, out);
}

static const char *call_max(const struct awh_expr_value *args, unsigned count,
                            struct awh_expr_value *out)
{
    return extreme(args, count, false, out);
}

static const char *rounded(const struct awh_expr_value *arg, double (*how)(double),
                           struct awh_expr_value *out)
{
    if (!is_number(arg))
        return "expected a number in the brackets";
    if (is_integer(arg)) {
        *out = make_integer(integer_of(arg));
        return NULL;
    }
    return to_integer(how(number_of(arg)), out);
}

/* Half to even, like Python 3. */
static const char *call_round(const struct awh_expr_value *args, unsigned count,
                              struct awh_expr_value *out)
{
    (void)count;
    return rounded(args, rint, out);
}

static const char *call_floor(const struct awh_expr_value *args, unsigned count,
                              struct awh_expr_value *out)
{
    (void)count;
    return rounded(args, floor, out);
}

static const char *call_ceil(const struct awh_expr_value *args, unsigned count,
                             struct awh_expr_value *out)
{
    (void)count;
    return rounded(args, ceil, out);
}

static const char *call_int(const struct awh_expr_value *args, unsigned count,
                            struct awh_expr_value *out)
{
    (void)count;
    return rounded(args, trunc, out);
}

static const char *call_abs(const struct awh_expr_value *args, unsigned count,
                            struct awh_expr_value *out)
{
    (void)count;
    if (!is_number(args))
        return "expected a number in the brackets";
    if (number_of(args) < 0)
        return negate(args, out);
    *out = *args;
    return NULL;
}

static const char *call_len(const struct awh_expr_value *args, unsigned count,
                            struct awh_expr_value *out)
{
    (void)count;
    if (!args->list)
        return "len takes a list";
    *out = make_integer((int64_t)args->list->count);
    return NULL;
}

static const char *call_make_divisible(const struct awh_expr_value *args, unsigned count,
                                       struct awh_expr_value *out)
{
    int64_t divisor = 8;
    if (!is_number(&args[0]) || (count > 1 && !is_integer(&args[1])))
        return "make_divisible takes a number and a whole number";
    if (count > 1)
        divisor = integer_of(&args[1]);
    if (divisor < 1 || divisor > 65535)
        return "the divisor must be from 1 to 65535";
    *out = make_integer(awh_make_divisible(number_of(&args[0]), (int32_t)divisor));
    return NULL;
}

const struct awh_expr_function *awh_expr_function_find(const char *name, size_t size)
{
    static const struct awh_expr_function functions[] = {
        {"abs", 1, 1, call_abs},
        {"ceil", 1, 1, call_ceil},
        {"floor", 1, 1, call_floor},
        {"int", 1, 1, call_int},
        {"len", 1, 1, call_len},
        {"make_divisible", 1, 2, call_make_divisible},
        {"max", 1, AWH_EXPR_ARGS_MAX, call_max},
        {"min", 1, AWH_EXPR_ARGS_MAX, call_min},
        {"round", 1, 1, call_round},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strlen(functions[i].name) == size && !memcmp(functions[i].name, name, size))
            return &functions[i];
    return NULL;
}

/* -- The tree -----------------------------------------------------------------------------------
 */

static enum aw_err eval_logic(const struct evaluation *e, const struct awh_expr_node *node,
                              struct awh_expr_value *out)
{
    struct awh_expr_value first;
    enum aw_err err = eval(e, node->args[0], &first);
    if (err)
        return err;
    bool is_true = truth(&first);
    if (node->op == AWH_EXPR_IF)
        return eval(e, node->args[is_true ? 1 : 2], out);
    if (node->op == AWH_EXPR_NOT)
        *out = make_boolean(!is_true);
    else if (is_true == (node->op == AWH_EXPR_OR)) /* like Python, the operand itself */
        *out = first;
    else
        return eval(e, node->args[1], out);
    return AW_OK;
}

static enum aw_err eval_call(const struct evaluation *e, const struct awh_expr_node *node,
                             struct awh_expr_value *out)
{
    struct awh_expr_value args[AWH_EXPR_ARGS_MAX];
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < node->arg_count; i++)
        err = eval(e, node->args[i], &args[i]);
    if (err)
        return err;
    const char *wrong = node->function->call(args, (unsigned)node->arg_count, out);
    return wrong ? fail(e, AW_ERR_RANGE, wrong) : AW_OK;
}

/* [a, b][i]: only the item that is asked for. */
static enum aw_err eval_item(const struct evaluation *e, const struct awh_expr_node *node,
                             struct awh_expr_value *out)
{
    struct awh_expr_value index;
    size_t i = 0;
    enum aw_err err = eval(e, node->args[1], &index);
    if (err)
        return err;
    const char *wrong = check_index(&index, node->args[0]->arg_count, &i);
    return wrong ? fail(e, AW_ERR_RANGE, wrong) : eval(e, node->args[0]->args[i], out);
}

static enum aw_err eval_operator(const struct evaluation *e, const struct awh_expr_node *node,
                                 struct awh_expr_value *out)
{
    struct awh_expr_value a, b = {.list = NULL};
    const char *wrong;
    enum aw_err err = eval(e, node->args[0], &a);
    if (!err && node->arg_count > 1)
        err = eval(e, node->args[1], &b);
    if (err)
        return err;
    if (node->op == AWH_EXPR_NEGATE)
        wrong = negate(&a, out);
    else if (node->op == AWH_EXPR_INDEX)
        wrong = item_of(&a, &b, out);
    else if (node->op >= AWH_EXPR_EQUAL)
        wrong = compare(node->op, &a, &b, out);
    else
        wrong = arithmetic(node->op, &a, &b, out);
    return wrong ? fail(e, AW_ERR_RANGE, wrong) : AW_OK;
}

/* As deep as the tree, whose depth the length of the text bounds. */
static enum aw_err eval(const struct evaluation *e, const struct awh_expr_node *node,
                        struct awh_expr_value *out)
{
    switch (node->op) {
    case AWH_EXPR_VALUE:
        *out = node->value;
        return AW_OK;
    case AWH_EXPR_VARIABLE:
        *out = e->values[node->variable];
        return AW_OK;
    case AWH_EXPR_IF:
    case AWH_EXPR_OR:
    case AWH_EXPR_AND:
    case AWH_EXPR_NOT:
        return eval_logic(e, node, out);
    case AWH_EXPR_CALL:
        return eval_call(e, node, out);
    case AWH_EXPR_INDEX:
        if (node->args[0]->op == AWH_EXPR_LIST)
            return eval_item(e, node, out);
        return eval_operator(e, node, out);
    default:
        return eval_operator(e, node, out);
    }
}

enum aw_err awh_expr_eval(const struct awh_expr *expr,
                          const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                          struct awh_expr_value *value_out, struct awh_diag *diag)
{
    struct evaluation e = {.expr = expr, .values = values, .diag = diag};
    struct awh_expr_value value;
    enum aw_err err = eval(&e, expr->root, &value);
    if (!err)
        *value_out = value;
    return err;
}

enum aw_err awh_expr_eval_int(const struct awh_expr *expr,
                              const struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                              int64_t min, int64_t max, int64_t *value_out, struct awh_diag *diag)
{
    struct awh_expr_value value;
    char found[64];
    enum aw_err err = awh_expr_eval(expr, values, &value, diag);
    if (err)
        return err;
    double number = is_number(&value) ? number_of(&value) : (double)NAN;
    if (number == trunc(number) && number >= (double)min && number <= (double)max) {
        *value_out = (int64_t)number;
        return AW_OK;
    }
    append_value(&value, found, sizeof found);
    return awh_expr_fail(expr, values, AW_ERR_RANGE, diag,
                         "expected a whole number from %lld to %lld, found %s", (long long)min,
                         (long long)max, found);
}

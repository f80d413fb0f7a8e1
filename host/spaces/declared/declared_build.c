/* One block at a time: what its expressions give where it stands. */
#include <stdio.h>
#include <string.h>

#include "net/graph.h"
#include "spaces/declared/declared.h"

struct place {
    unsigned stage, block;
};

void awh_declared_start(const struct awh_declared *space, struct awh_declared_state *state_out)
{
    memset(state_out, 0, sizeof *state_out); /* states are compared by bytes */
    state_out->size = space->input_size;
    state_out->c = space->input_c;
    memset(state_out->picks, AWH_DECLARED_OPEN, sizeof state_out->picks);
}

static struct awh_expr_value integer(int64_t value)
{
    return (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_INT, .integer = value}};
}

static struct awh_expr_value boolean(bool value)
{
    return (struct awh_expr_value){.scalar = {.kind = AWH_VALUE_BOOL, .boolean = value}};
}

/* What the variables are at the place, with the lets that are needed. */
static enum aw_err fill_values(const struct awh_declared *space, struct place place,
                               const struct awh_declared_state *state, uint32_t lets,
                               struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX],
                               struct awh_diag *diag)
{
    memset(values, 0, AWH_EXPR_VARIABLES_MAX * sizeof *values);
    values[AWH_DECLARED_IN] = integer(state->c);
    values[AWH_DECLARED_SIZE] = integer(state->size);
    values[AWH_DECLARED_STAGE] = integer(place.stage);
    values[AWH_DECLARED_INDEX] = integer(space->stages[place.stage].index);
    values[AWH_DECLARED_REPEAT] = integer(state->repeat);
    values[AWH_DECLARED_BLOCK] = integer(place.block);
    values[AWH_DECLARED_FIRST] = boolean(place.block == 0);
    values[AWH_DECLARED_LAST] = boolean((int32_t)place.block + 1 == state->repeat);
    for (unsigned i = 0; i < space->choice_count; i++)
        if (state->picks[i] != AWH_DECLARED_OPEN)
            values[AWH_DECLARED_CHOICE0 + i].scalar = space->choices[i].values[state->picks[i]];
    enum aw_err err = AW_OK;
    for (unsigned i = 0; !err && i < space->let_count; i++)
        if (lets >> i & 1)
            err =
                awh_expr_eval(&space->lets[i].expr, values, &values[space->lets[i].variable], diag);
    return err;
}

enum aw_err awh_declared_repeat(const struct awh_declared *space, unsigned stage,
                                const struct awh_declared_state *state, int32_t *repeat_out,
                                struct awh_diag *diag)
{
    const struct awh_declared_entry *entry = space->stages[stage].entry;
    struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX];
    int64_t repeat = 1;
    enum aw_err err = AW_OK;
    if (entry->repeat.given && !(err = fill_values(space, (struct place){stage, 0}, state,
                                                   entry->repeat_lets, values, diag)))
        err = awh_expr_eval_int(&entry->repeat.expr, values, 0, AWH_DECLARED_REPEAT_MAX, &repeat,
                                diag);
    if (!err)
        *repeat_out = (int32_t)repeat;
    return err;
}

/* -- Primitives ---------------------------------------------------------------------------------
 */

static enum aw_err field_int(const struct awh_declared_field *field,
                             const struct awh_expr_value *values, int64_t max, int32_t *inout,
                             struct awh_diag *diag)
{
    int64_t value = 0;
    if (!field->given)
        return AW_OK;
    enum aw_err err = awh_expr_eval_int(&field->expr, values, 1, max, &value, diag);
    if (!err)
        *inout = (int32_t)value;
    return err;
}

static enum aw_err field_scalar(const struct awh_declared_field *field,
                                const struct awh_expr_value *values, struct awh_value *inout,
                                struct awh_diag *diag)
{
    struct awh_expr_value value;
    if (!field->given)
        return AW_OK;
    enum aw_err err = awh_expr_eval(&field->expr, values, &value, diag);
    if (err)
        return err;
    if (value.list)
        return awh_expr_fail(&field->expr, values, AW_ERR_RANGE, diag,
                             "expected a number, a string or a boolean, found a list");
    *inout = value.scalar;
    return AW_OK;
}

/* C and spatial_size are what comes in; who writes them says what he expects. */
static enum aw_err check_in(const struct awh_declared_field *field,
                            const struct awh_expr_value *values, int32_t is, const char *what,
                            struct awh_diag *diag)
{
    int32_t expected = is;
    enum aw_err err = field_int(field, values, 65535, &expected, diag);
    if (err || expected == is)
        return err;
    return awh_expr_fail(&field->expr, values, AW_ERR_MISMATCH, diag, "is %d, but %s %d",
                         (int)expected, what, (int)is);
}

static enum aw_err field_params(const struct awh_declared_prim *declared,
                                const struct awh_expr_value *values, struct awh_param *params,
                                struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (unsigned i = 0; !err && i < declared->param_count; i++) {
        params[i] = (struct awh_param){.name = declared->params[i].name};
        err = field_scalar(&declared->params[i], values, &params[i].value, diag);
    }
    return err;
}

/* "stage 2, block 0 (width=0.5)" */
static void describe(const struct awh_declared *space, struct place place, uint64_t uses,
                     const struct awh_declared_state *state, char *text, size_t capacity)
{
    char value[48];
    const char *separator = " (";
    snprintf(text, capacity, "stage %u, block %u", place.stage, place.block);
    for (unsigned i = 0; i < space->choice_count; i++) {
        size_t used = strlen(text);
        if (!(uses >> (AWH_DECLARED_CHOICE0 + i) & 1) || state->picks[i] == AWH_DECLARED_OPEN)
            continue;
        awh_value_format(&space->choices[i].values[state->picks[i]], value, sizeof value);
        snprintf(text + used, capacity - used, "%s%s=%s", separator, space->choices[i].name, value);
        separator = ", ";
    }
    size_t used = strlen(text);
    snprintf(text + used, capacity - used, "%s", *separator == ',' ? ")" : "");
}

#define PARAMS_MAX 32

enum aw_err awh_declared_prim(const struct awh_declared *space, unsigned stage, unsigned block,
                              unsigned number, const struct awh_declared_state *state,
                              struct awh_prim *prim_out, struct awh_diag *diag)
{
    const struct awh_declared_prim *declared = &space->stages[stage].entry->prims[number];
    struct place place = {stage, block};
    struct awh_expr_value values[AWH_EXPR_VARIABLES_MAX];
    struct awh_param params[PARAMS_MAX];
    struct awh_value type = {.kind = AWH_VALUE_NULL},
                     affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    int32_t c_out = state->c, stride = 1;
    struct awh_diag inner = {.err = AW_OK};
    enum aw_err err;
    if (declared->param_count > PARAMS_MAX)
        return awh_yaml_fail(declared->place, AW_ERR_RANGE, diag, "more than %d parameters",
                             PARAMS_MAX);
    if ((err = fill_values(space, place, state, declared->lets, values, diag)) ||
        (err = field_scalar(&declared->type, values, &type, diag)) ||
        (err = check_in(&declared->c, values, state->c, "the channels that come in are", diag)) ||
        (err = check_in(&declared->spatial_size, values, state->size, "the size that comes in is",
                        diag)) ||
        (err = field_int(&declared->c_out, values, 65535, &c_out, diag)) ||
        (err = field_int(&declared->stride, values, 255, &stride, diag)) ||
        (err = field_scalar(&declared->affine, values, &affine, diag)) ||
        (err = field_params(declared, values, params, diag)))
        return err;
    if (type.kind != AWH_VALUE_STR && type.kind != AWH_VALUE_NULL)
        return awh_expr_fail(&declared->type.expr, values, AW_ERR_FORMAT, diag,
                             "expected the name of a primitive type");
    err = awh_prim_make(type.kind == AWH_VALUE_STR ? type.text : "null", state->size, state->c,
                        c_out, stride, affine, params, declared->param_count, prim_out, &inner);
    if (!err)
        return AW_OK;
    char where[256];
    describe(space, place, declared->uses, state, where, sizeof where);
    return awh_yaml_fail(declared->place, err, diag, "%s: %s", where, inner.text);
}

/* -- Shapes -------------------------------------------------------------------------------------
 */

static enum aw_err lower(const struct awh_prim *prim, struct awh_graph *graph, int32_t *size_out,
                         int32_t *c_out, struct awh_diag *diag)
{
    int out = graph->input;
    if (awh_prim_input_ch(prim) != prim->c)
        return awh_fail(diag, AW_ERR_RANGE, "takes %d channels, but %d come in",
                        (int)awh_prim_input_ch(prim), (int)prim->c);
    enum aw_err err = prim->type->lower(graph, prim, out, &out, diag);
    if (err)
        return err;
    const struct awh_graph_tensor *tensor = &graph->tensors[out];
    if (tensor->h != tensor->w)
        return awh_fail(diag, AW_ERR_RANGE, "gives %d x %d: sizes must stay square", (int)tensor->h,
                        (int)tensor->w);
    *size_out = tensor->h;
    *c_out = tensor->c;
    return AW_OK;
}

enum aw_err awh_declared_shape(const struct awh_declared_prim *declared,
                               const struct awh_prim *prim, int32_t *size_out, int32_t *c_out,
                               struct awh_diag *diag)
{
    struct awh_graph graph;
    struct awh_diag inner = {.err = AW_OK};
    enum aw_err err =
        awh_graph_init(&graph, "space", prim->spatial_size, prim->spatial_size, prim->c, &inner);
    if (!err) {
        err = lower(prim, &graph, size_out, c_out, &inner);
        awh_graph_release(&graph);
    }
    if (!err)
        return AW_OK;
    char text[256];
    awh_prim_format(prim, text, sizeof text);
    return awh_yaml_fail(declared->place, err, diag, "cannot be built as '%s': %s", text,
                         inner.text);
}

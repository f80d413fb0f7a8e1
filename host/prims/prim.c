/* aw_nas's Prim() rules: which records are primitives, and what they become.
 *
 * The four sizes go through Python's int(), nulls are dropped, defaults filled in, and then the
 * names of the parameters must be exactly those of the type; affine and the values are kept as they
 * are. */
#include "prims/prim.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define SIZE_MAX_ALLOWED   65535 /* tensors of the graph have 16-bit sides */
#define STRIDE_MAX_ALLOWED 255
#define GIVEN_MAX          32
#define TYPE_NAME_OF_NULL  "null"

/* What is wrong and with which key, before it is known where the record came from. */
struct fault {
    const char *key; /* NULL: the record as a whole */
    enum aw_err err;
    char text[640];
};

AW_PRINTF(4, 5)
static bool fault_set(struct fault *fault, enum aw_err err, const char *key, const char *format,
                      ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    fault->err = err;
    fault->key = key;
    return false;
}

static void append(char *text, size_t capacity, const char *item, const char *separator)
{
    size_t used = strlen(text);
    snprintf(text + used, capacity - used, "%s%s", used ? separator : "", item);
}

/* NULL when no name is near enough to be meant. */
static const char *nearest_type(const char *name)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)strnlen(name, 64) / 3 + 1;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        unsigned distance = awh_str_distance(name, (*type)->name);
        if (distance < best_distance) {
            best_distance = distance;
            best = (*type)->name;
        }
    }
    return best;
}

static bool type_resolve(const char *name, const struct awh_prim_type **type_out,
                         struct fault *fault)
{
    *type_out = awh_prim_type_find(name);
    if (*type_out)
        return true;
    const char *why = awh_prim_type_excluded(name);
    if (why)
        return fault_set(fault, AW_ERR_UNSUPPORTED, "prim_type", "the primitive type '%s' is %s",
                         name, why);
    const char *nearest = nearest_type(name);
    return fault_set(fault, AW_ERR_UNSUPPORTED, "prim_type",
                     "the primitive type '%.64s' is not known%s%s%s; `awnas-hw list prims` shows "
                     "those that are",
                     name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

static bool check_size(const char *key, int64_t value, int64_t max, struct fault *fault)
{
    if (value >= 1 && value <= max)
        return true;
    return fault_set(fault, AW_ERR_RANGE, key, "expected 1 to %lld, found %lld", (long long)max,
                     (long long)value);
}

static const struct awh_param *find_given(const struct awh_param *given, unsigned count,
                                          const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(given[i].name, name) && given[i].value.kind != AWH_VALUE_NULL)
            return &given[i];
    return NULL;
}

static const struct awh_param_spec *find_spec(const struct awh_prim_type *type, const char *name)
{
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        if (!strcmp(spec->name, name))
            return spec;
    return NULL;
}

static bool fill_params(struct awh_prim *prim, const struct awh_param *given, unsigned given_count,
                        struct fault *fault)
{
    char takes[256] = "";
    for (const struct awh_param_spec *spec = prim->type->params; spec->name; spec++)
        append(takes, sizeof takes, spec->name, ", ");
    for (unsigned i = 0; i < given_count; i++) {
        const struct awh_value *value = &given[i].value;
        if (value->kind != AWH_VALUE_NULL && !find_spec(prim->type, given[i].name))
            return fault_set(fault, AW_ERR_FORMAT, given[i].name,
                             "%s does not take '%.64s'; its parameters are: %s", prim->type->name,
                             given[i].name, *takes ? takes : "none");
        if (value->kind == AWH_VALUE_FLOAT && !isfinite(value->real))
            return fault_set(fault, AW_ERR_RANGE, given[i].name, "expected a finite number");
    }
    for (const struct awh_param_spec *spec = prim->type->params; spec->name; spec++) {
        const struct awh_param *param = find_given(given, given_count, spec->name);
        const struct awh_value *value = param               ? &param->value
                                        : spec->has_default ? &spec->default_value
                                                            : NULL;
        if (!value)
            return fault_set(fault, AW_ERR_FORMAT, NULL, "%s needs '%s'; its parameters are: %s",
                             prim->type->name, spec->name, takes);
        prim->params[prim->param_count++] = (struct awh_param){.name = spec->name, .value = *value};
    }
    return true;
}

struct record {
    const struct awh_prim_type *type;
    int64_t spatial_size, c, c_out, stride;
    struct awh_value affine;
    struct awh_param given[GIVEN_MAX];
    unsigned given_count;
};

static bool make(const struct record *record, struct awh_prim *prim_out, struct fault *fault)
{
    if (!check_size("spatial_size", record->spatial_size, SIZE_MAX_ALLOWED, fault) ||
        !check_size("C", record->c, SIZE_MAX_ALLOWED, fault) ||
        !check_size("C_out", record->c_out, SIZE_MAX_ALLOWED, fault) ||
        !check_size("stride", record->stride, STRIDE_MAX_ALLOWED, fault))
        return false;
    if (record->affine.kind == AWH_VALUE_FLOAT && !isfinite(record->affine.real))
        return fault_set(fault, AW_ERR_RANGE, "affine", "expected a finite number");
    struct awh_prim prim = {
        .type = record->type,
        .spatial_size = (int32_t)record->spatial_size,
        .c = (int32_t)record->c,
        .c_out = (int32_t)record->c_out,
        .stride = (int32_t)record->stride,
        .affine = record->affine,
    };
    if (!fill_params(&prim, record->given, record->given_count, fault))
        return false;
    *prim_out = prim;
    return true;
}

enum aw_err awh_prim_make(const char *type_name, int32_t spatial_size, int32_t c, int32_t c_out,
                          int32_t stride, struct awh_value affine, const struct awh_param *given,
                          unsigned given_count, struct awh_prim *prim_out, struct awh_diag *diag)
{
    if (given_count > GIVEN_MAX)
        return awh_fail(diag, AW_ERR_ARG, "%s: %u parameters; at most %d", type_name, given_count,
                        GIVEN_MAX);
    struct record record = {.spatial_size = spatial_size,
                            .c = c,
                            .c_out = c_out,
                            .stride = stride,
                            .affine = affine,
                            .given_count = given_count};
    struct fault fault;
    if (given_count)
        memcpy(record.given, given, given_count * sizeof *given);
    if (type_resolve(type_name, &record.type, &fault) && make(&record, prim_out, &fault))
        return AW_OK;
    return awh_fail(diag, fault.err, "%.64s%s%s: %s", type_name, fault.key ? ": " : "",
                    fault.key ? fault.key : "", fault.text);
}

/* Python's int(text): blanks around, a sign, digits with single underscores between them. */
static bool python_int_text(const char *text, int64_t *out)
{
    static const char blanks[] = " \t\n\r\f\v";
    text += strspn(text, blanks);
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    int64_t value = 0;
    bool digit_before = false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (value > INT32_MAX) /* far outside every range that is checked later */
            return false;
        value = value * 10 + (*text - '0');
        digit_before = true;
        if (text[1] == '_' && text[2] >= '0' && text[2] <= '9')
            text++;
    }
    *out = negative ? -value : value;
    return digit_before && !text[strspn(text, blanks)];
}

static enum aw_err need_int(const struct awh_yaml *map, const char *key, int64_t *out,
                            struct awh_diag *diag)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    char found[64];
    if (!node)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag,
                             "the primitive lacks '%s' (needed: prim_type, spatial_size, C, C_out, "
                             "stride, affine)",
                             key);
    switch (node->kind) {
    case AWH_YAML_BOOL:
        *out = node->boolean;
        return AW_OK;
    case AWH_YAML_INT:
        *out = node->integer;
        return AW_OK;
    case AWH_YAML_FLOAT:
        if (!(fabs(node->real) < INT32_MAX))
            break;
        *out = (int64_t)node->real;
        return AW_OK;
    case AWH_YAML_STR:
        if (python_int_text(node->str.text, out))
            return AW_OK;
        break;
    default:
        break;
    }
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected an integer, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

static bool value_from_yaml(const struct awh_yaml *node, struct awh_value *value_out)
{
    switch (node->kind) {
    case AWH_YAML_NULL:
        *value_out = (struct awh_value){.kind = AWH_VALUE_NULL};
        return true;
    case AWH_YAML_BOOL:
        *value_out = (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = node->boolean};
        return true;
    case AWH_YAML_INT:
        *value_out = (struct awh_value){.kind = AWH_VALUE_INT, .integer = node->integer};
        return true;
    case AWH_YAML_FLOAT:
        *value_out = (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = node->real};
        return true;
    case AWH_YAML_STR:
        *value_out = (struct awh_value){.kind = AWH_VALUE_STR, .text = node->str.text};
        return true;
    default:
        return false;
    }
}

enum aw_err awh_value_from_yaml(const struct awh_yaml *node, struct awh_value *value_out,
                                struct awh_diag *diag)
{
    char found[64];
    if (value_from_yaml(node, value_out))
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag,
                         "expected a number, a string or a boolean, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

static bool is_record_key(const char *key)
{
    static const char *const keys[] = {"prim_type", "spatial_size", "C",
                                       "C_out",     "stride",       "affine",
                                       "names",     "performances", "count"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

static enum aw_err collect_given(const struct awh_yaml *map, struct record *record,
                                 struct awh_diag *diag)
{
    for (size_t i = 0; i < map->list.count; i++) {
        const struct awh_yaml *key = map->list.keys[i], *item = map->list.items[i];
        char found[64];
        if (key->kind != AWH_YAML_STR)
            return awh_yaml_fail(item, AW_ERR_FORMAT, diag, "expected a string as key, found %s",
                                 awh_yaml_describe(key, found, sizeof found));
        if (is_record_key(key->str.text) || item->kind == AWH_YAML_NULL)
            continue;
        if (record->given_count == GIVEN_MAX)
            return awh_yaml_fail(map, AW_ERR_RANGE, diag,
                                 "a primitive with more than %d parameters", GIVEN_MAX);
        struct awh_param *given = &record->given[record->given_count++];
        given->name = key->str.text;
        enum aw_err err = awh_value_from_yaml(item, &given->value, diag);
        if (err)
            return err;
    }
    return AW_OK;
}

/* The type that is called null in aw_nas is the object, not the text. */
static enum aw_err type_from_yaml(const struct awh_yaml *map, const struct awh_prim_type **type_out,
                                  struct awh_diag *diag)
{
    struct awh_yaml *node = awh_yaml_get(map, "prim_type");
    struct fault fault;
    const char *name = TYPE_NAME_OF_NULL;
    if (!node || node->kind != AWH_YAML_NULL) {
        enum aw_err err = awh_yaml_need(map, "prim_type", AWH_YAML_STR, &node, diag);
        if (err || (err = awh_yaml_text(node, &name, diag)))
            return err;
        if (!strcmp(name, TYPE_NAME_OF_NULL))
            return awh_yaml_fail(node, AW_ERR_UNSUPPORTED, diag,
                                 "the primitive type is null, not the string 'null'; leave out the "
                                 "quotes");
    }
    if (!type_resolve(name, type_out, &fault))
        return awh_yaml_fail(node, fault.err, diag, "%s", fault.text);
    return AW_OK;
}

enum aw_err awh_prim_from_yaml(const struct awh_yaml *map, struct awh_prim *prim_out,
                               struct awh_diag *diag)
{
    char found[64];
    struct fault fault;
    struct record record = {.given_count = 0};
    if (map->kind != AWH_YAML_MAP)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a primitive (a map), found %s",
                             awh_yaml_describe(map, found, sizeof found));
    const struct awh_yaml *affine = awh_yaml_get(map, "affine");
    enum aw_err err;
    if ((err = type_from_yaml(map, &record.type, diag)) ||
        (err = need_int(map, "spatial_size", &record.spatial_size, diag)) ||
        (err = need_int(map, "C", &record.c, diag)) ||
        (err = need_int(map, "C_out", &record.c_out, diag)) ||
        (err = need_int(map, "stride", &record.stride, diag)))
        return err;
    if (!affine)
        return awh_yaml_fail(
            map, AW_ERR_FORMAT, diag,
            "the primitive lacks 'affine' (true, or false for a batch norm without "
            "scale and shift)");
    if ((err = awh_value_from_yaml(affine, &record.affine, diag)) ||
        (err = collect_given(map, &record, diag)))
        return err;
    if (make(&record, prim_out, &fault))
        return AW_OK;
    const struct awh_yaml *place = fault.key ? awh_yaml_get(map, fault.key) : NULL;
    return awh_yaml_fail(place ? place : map, fault.err, diag, "%s", fault.text);
}

static struct awh_yaml *value_to_yaml(struct awh_arena *arena, const struct awh_value *value)
{
    switch (value->kind) {
    case AWH_VALUE_BOOL:
        return awh_yaml_new_bool(arena, value->boolean);
    case AWH_VALUE_INT:
        return awh_yaml_new_int(arena, value->integer);
    case AWH_VALUE_FLOAT:
        return awh_yaml_new_real(arena, value->real);
    case AWH_VALUE_STR:
        return awh_yaml_new_str(arena, value->text);
    case AWH_VALUE_NULL:
        break;
    }
    return awh_yaml_new_null(arena);
}

struct awh_yaml *awh_prim_to_yaml(struct awh_arena *arena, const struct awh_prim *prim)
{
    struct awh_yaml *map = awh_yaml_new_map(arena);
    struct awh_yaml *type_name = strcmp(prim->type->name, TYPE_NAME_OF_NULL) == 0
                                     ? awh_yaml_new_null(arena)
                                     : awh_yaml_new_str(arena, prim->type->name);
    if (!map || !awh_yaml_set(arena, map, "prim_type", type_name) ||
        !awh_yaml_set(arena, map, "spatial_size", awh_yaml_new_int(arena, prim->spatial_size)) ||
        !awh_yaml_set(arena, map, "C", awh_yaml_new_int(arena, prim->c)) ||
        !awh_yaml_set(arena, map, "C_out", awh_yaml_new_int(arena, prim->c_out)) ||
        !awh_yaml_set(arena, map, "stride", awh_yaml_new_int(arena, prim->stride)) ||
        !awh_yaml_set(arena, map, "affine", value_to_yaml(arena, &prim->affine)))
        return NULL;
    for (unsigned i = 0; i < prim->param_count; i++)
        if (!awh_yaml_set(arena, map, prim->params[i].name,
                          value_to_yaml(arena, &prim->params[i].value)))
            return NULL;
    return map;
}

const struct awh_value *awh_prim_param(const struct awh_prim *prim, const char *name)
{
    for (unsigned i = 0; i < prim->param_count; i++)
        if (!strcmp(prim->params[i].name, name))
            return &prim->params[i].value;
    return NULL;
}

int32_t awh_prim_input_ch(const struct awh_prim *prim)
{
    return prim->type->input_ch ? prim->type->input_ch : prim->c;
}

double awh_value_number(const struct awh_value *value)
{
    switch (value->kind) {
    case AWH_VALUE_BOOL:
        return value->boolean;
    case AWH_VALUE_INT:
        return (double)value->integer;
    case AWH_VALUE_FLOAT:
        return value->real;
    default:
        return (double)NAN;
    }
}

bool awh_value_truth(const struct awh_value *value)
{
    switch (value->kind) {
    case AWH_VALUE_NULL:
        return false;
    case AWH_VALUE_STR:
        return *value->text != 0;
    default:
        return awh_value_number(value) != 0;
    }
}

int32_t awh_make_divisible(double v, int32_t divisor)
{
    /* Python: max(min_val, int(v + divisor / 2) // divisor * divisor); int() truncates, // floors.
     * For a negative sum both give less than min_val. */
    double sum = v + divisor / 2.0;
    if (!(sum < (double)(INT32_MAX / 2)))
        return INT32_MAX;
    int32_t n = sum < 0 ? divisor : (int32_t)sum / divisor * divisor;
    if (n < divisor)
        n = divisor;
    return n < 0.9 * v ? n + divisor : n;
}

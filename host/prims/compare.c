/* Order, equality, hash and text of primitives, with numbers as Python compares them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "prims/prim.h"

/* Values of different nature, which Python cannot order: null, then numbers, then strings. */
static int nature(const struct awh_value *value)
{
    return value->kind == AWH_VALUE_NULL ? 0 : value->kind == AWH_VALUE_STR ? 2 : 1;
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Exact, where a conversion to double would round. */
static int compare_int_real(int64_t a, double b)
{
    if (b >= 0x1p63)
        return -1;
    if (b < -0x1p63)
        return 1;
    int64_t whole = (int64_t)b;
    if (a != whole)
        return compare_int(a, whole);
    double rest = b - (double)whole;
    return (rest < 0) - (rest > 0);
}

static int64_t value_integer(const struct awh_value *value)
{
    return value->kind == AWH_VALUE_BOOL ? value->boolean : value->integer;
}

static int compare_numbers(const struct awh_value *a, const struct awh_value *b)
{
    bool a_real = a->kind == AWH_VALUE_FLOAT, b_real = b->kind == AWH_VALUE_FLOAT;
    if (a_real && b_real)
        return (a->real > b->real) - (a->real < b->real);
    if (a_real)
        return -compare_int_real(value_integer(b), a->real);
    if (b_real)
        return compare_int_real(value_integer(a), b->real);
    return compare_int(value_integer(a), value_integer(b));
}

static int compare_values(const struct awh_value *a, const struct awh_value *b)
{
    if (nature(a) != nature(b))
        return nature(a) - nature(b);
    switch (nature(a)) {
    case 0:
        return 0;
    case 1:
        return compare_numbers(a, b);
    default:
        return strcmp(a->text, b->text); /* UTF-8 keeps the order of code points */
    }
}

int awh_prim_compare(const struct awh_prim *a, const struct awh_prim *b)
{
    int order = a->type == b->type ? 0 : strcmp(a->type->name, b->type->name);
    if (order || (order = compare_int(a->spatial_size, b->spatial_size)) ||
        (order = compare_int(a->c, b->c)) || (order = compare_int(a->c_out, b->c_out)) ||
        (order = compare_int(a->stride, b->stride)) ||
        (order = compare_values(&a->affine, &b->affine)))
        return order;
    for (unsigned i = 0; i < a->param_count && i < b->param_count; i++) {
        const struct awh_param *p = &a->params[i], *q = &b->params[i];
        if ((p->name != q->name && (order = strcmp(p->name, q->name))) ||
            (order = compare_values(&p->value, &q->value)))
            return order;
    }
    return compare_int(a->param_count, b->param_count);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = mix(hash, (unsigned char)*text);
    return mix(hash, 0x100);
}

static uint64_t hash_value(uint64_t hash, const struct awh_value *value)
{
    switch (value->kind) {
    case AWH_VALUE_NULL:
        return mix(hash, 0x101);
    case AWH_VALUE_STR:
        return hash_text(hash, value->text);
    case AWH_VALUE_FLOAT:
        if (value->real >= -0x1p63 && value->real < 0x1p63 && value->real == trunc(value->real))
            return mix(hash, (uint64_t)(int64_t)value->real); /* 6.0 hashes as 6 */
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        return mix(hash, bits);
    default:
        return mix(hash, (uint64_t)value_integer(value));
    }
}

uint64_t awh_prim_hash(const struct awh_prim *prim)
{
    uint64_t hash = hash_text(0, prim->type->name);
    hash = mix(hash, (uint64_t)prim->spatial_size << 32 | (uint32_t)prim->c);
    hash = mix(hash, (uint64_t)prim->c_out << 32 | (uint32_t)prim->stride);
    hash = hash_value(hash, &prim->affine);
    for (unsigned i = 0; i < prim->param_count; i++)
        hash = hash_value(hash_text(hash, prim->params[i].name), &prim->params[i].value);
    return hash;
}

void awh_value_format(const struct awh_value *value, char *text, size_t capacity)
{
    char number[32];
    switch (value->kind) {
    case AWH_VALUE_NULL:
        snprintf(text, capacity, "null");
        break;
    case AWH_VALUE_BOOL:
        snprintf(text, capacity, "%s", value->boolean ? "true" : "false");
        break;
    case AWH_VALUE_INT:
        snprintf(text, capacity, "%lld", (long long)value->integer);
        break;
    case AWH_VALUE_FLOAT:
        awh_python_repr(value->real, number);
        snprintf(text, capacity, "%s", number);
        break;
    case AWH_VALUE_STR:
        snprintf(text, capacity, "%s", value->text);
        break;
    }
}

void awh_prim_format(const struct awh_prim *prim, char *text, size_t capacity)
{
    char value[80];
    if (!capacity)
        return;
    awh_value_format(&prim->affine, value, sizeof value);
    snprintf(text, capacity, "%s %d %d %d %d %s", prim->type->name, (int)prim->spatial_size,
             (int)prim->c, (int)prim->c_out, (int)prim->stride, value);
    for (unsigned i = 0; i < prim->param_count; i++) {
        size_t used = strlen(text);
        awh_value_format(&prim->params[i].value, value, sizeof value);
        snprintf(text + used, capacity - used, " %s=%s", prim->params[i].name, value);
    }
}

/* From YAML to struct awh_declared. A key that is not known is an error here: a misspelt 'repeat'
 * would silently be another space. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spaces/declared/declared.h"

struct reader {
    struct awh_arena *arena;
    struct awh_declared *space;
    const struct awh_yaml *cfg, *mixin;
    struct awh_expr_scope *outer; /* of all entries; in the arena */
    struct awh_diag *diag;
};

#define GLOBAL_NAMES_MAX 512

static enum aw_err check_keys(const struct awh_yaml *map, const char *const *known,
                              struct awh_diag *diag)
{
    char found[64];
    if (map->kind != AWH_YAML_MAP)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a map, found %s",
                             awh_yaml_describe(map, found, sizeof found));
    for (size_t i = 0; i < map->list.count; i++) {
        const struct awh_yaml *key = map->list.keys[i];
        const char *nearest = known[0];
        if (key->kind != AWH_YAML_STR)
            return awh_yaml_fail(map->list.items[i], AW_ERR_FORMAT, diag,
                                 "expected a string as key, found %s",
                                 awh_yaml_describe(key, found, sizeof found));
        bool is_known = false;
        for (const char *const *k = known; *k && !is_known; k++) {
            is_known = !strcmp(*k, key->str.text);
            if (awh_str_distance(*k, key->str.text) < awh_str_distance(nearest, key->str.text))
                nearest = *k;
        }
        if (!is_known)
            return awh_yaml_fail(map->list.items[i], AW_ERR_FORMAT, diag,
                                 "this key is not known here; is '%s' meant?", nearest);
    }
    return AW_OK;
}

/* The mixin's value, else search_space_cfg's. */
static const struct awh_yaml *get(const struct reader *reader, const char *key)
{
    const struct awh_yaml *mixin = awh_yaml_get_set(reader->mixin, key);
    const struct awh_yaml *cfg = awh_yaml_get_set(reader->cfg, key);
    if (mixin && cfg)
        awh_yaml_warn(
            mixin, reader->diag,
            "is in search_space_cfg too (line %u); the value of mixin_search_space_cfg is "
            "used",
            cfg->line);
    return mixin ? mixin : cfg;
}

/* -- Names --------------------------------------------------------------------------------------
 */

static enum aw_err add_name(struct reader *reader, struct awh_expr_scope *scope, size_t capacity,
                            const struct awh_yaml *place, struct awh_expr_name name)
{
    if (!awh_expr_is_name(name.name) || !strncmp(name.name, "stage_", 6))
        return awh_yaml_fail(place, AW_ERR_FORMAT, reader->diag,
                             "'%.40s' cannot be a name: expected letters, digits and _, no word of "
                             "the language, no 'stage_' in front",
                             name.name);
    if (awh_expr_find(scope, name.name, strlen(name.name)))
        return awh_yaml_fail(place, AW_ERR_EXISTS, reader->diag, "there is a name '%s' already",
                             name.name);
    if (scope->count == capacity)
        return awh_yaml_fail(place, AW_ERR_RANGE, reader->diag, "more than %zu names", capacity);
    scope->names[scope->count++] = name;
    return AW_OK;
}

static enum aw_err need_names(const struct awh_yaml *map, struct awh_diag *diag)
{
    char found[64];
    if (map->kind != AWH_YAML_MAP)
        return awh_yaml_fail(map, AW_ERR_FORMAT, diag, "expected a map of names, found %s",
                             awh_yaml_describe(map, found, sizeof found));
    for (size_t i = 0; i < map->list.count; i++)
        if (map->list.keys[i]->kind != AWH_YAML_STR)
            return awh_yaml_fail(map->list.items[i], AW_ERR_FORMAT, diag,
                                 "expected a string as name, found %s",
                                 awh_yaml_describe(map->list.keys[i], found, sizeof found));
    return AW_OK;
}

static enum aw_err add_builtins(struct reader *reader)
{
    static const struct {
        const char *name;
        enum awh_declared_variable variable;
    } builtins[] = {{"in", AWH_DECLARED_IN},         {"size", AWH_DECLARED_SIZE},
                    {"stage", AWH_DECLARED_STAGE},   {"index", AWH_DECLARED_INDEX},
                    {"repeat", AWH_DECLARED_REPEAT}, {"block", AWH_DECLARED_BLOCK},
                    {"first", AWH_DECLARED_FIRST},   {"last", AWH_DECLARED_LAST}};
    struct awh_expr_scope *scope = awh_arena_alloc(reader->arena, sizeof *scope);
    if (!scope ||
        !(scope->names = awh_arena_array(reader->arena, GLOBAL_NAMES_MAX, sizeof *scope->names)))
        return awh_fail_mem(reader->diag);
    reader->outer = scope;
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        scope->names[scope->count++] = (struct awh_expr_name){
            .name = builtins[i].name, .variable = (unsigned)builtins[i].variable};
    return AW_OK;
}

static enum aw_err read_constants(struct reader *reader)
{
    const struct awh_yaml *map = get(reader, "constants");
    enum aw_err err = map ? need_names(map, reader->diag) : AW_OK;
    for (size_t i = 0; !err && map && i < map->list.count; i++) {
        struct awh_expr_value *value = awh_arena_alloc(reader->arena, sizeof *value);
        if (!value)
            return awh_fail_mem(reader->diag);
        if (!(err = awh_expr_constant(reader->arena, map->list.items[i], value, reader->diag)))
            err = add_name(
                reader, reader->outer, GLOBAL_NAMES_MAX, map->list.items[i],
                (struct awh_expr_name){.name = map->list.keys[i]->str.text, .constant = value});
    }
    return err;
}

/* -- Choices ------------------------------------------------------------------------------------
 */

/* Strings of genotypes stand there without quotes. */
static bool is_plain(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/";
    return *text && !text[strspn(text, allowed)];
}

static bool same_value(const struct awh_value *a, const struct awh_value *b)
{
    if ((a->kind == AWH_VALUE_STR) != (b->kind == AWH_VALUE_STR) ||
        (a->kind == AWH_VALUE_NULL) != (b->kind == AWH_VALUE_NULL))
        return false;
    if (a->kind == AWH_VALUE_STR)
        return !strcmp(a->text, b->text);
    return a->kind == AWH_VALUE_NULL || awh_value_number(a) == awh_value_number(b);
}

static enum aw_err read_values(struct reader *reader, const struct awh_yaml *list,
                               struct awh_declared_choice *choice)
{
    char found[64];
    if (list->kind != AWH_YAML_SEQ || !list->list.count ||
        list->list.count > AWH_DECLARED_VALUES_MAX)
        return awh_yaml_fail(list, AW_ERR_FORMAT, reader->diag,
                             "expected a list of 1 to %d values to choose from, found %s",
                             AWH_DECLARED_VALUES_MAX, awh_yaml_describe(list, found, sizeof found));
    choice->values = awh_arena_array(reader->arena, list->list.count, sizeof *choice->values);
    if (!choice->values)
        return awh_fail_mem(reader->diag);
    for (; choice->count < list->list.count; choice->count++) {
        const struct awh_yaml *item = list->list.items[choice->count];
        struct awh_value *value = &choice->values[choice->count];
        enum aw_err err = awh_value_from_yaml(item, value, reader->diag);
        if (err)
            return err;
        if (value->kind == AWH_VALUE_STR && !is_plain(value->text))
            return awh_yaml_fail(item, AW_ERR_FORMAT, reader->diag,
                                 "a string to choose has only letters, digits and _ . + - /");
        for (unsigned i = 0; i < choice->count; i++)
            if (same_value(&choice->values[i], value))
                return awh_yaml_fail(item, AW_ERR_FORMAT, reader->diag, "is in the list twice");
    }
    return AW_OK;
}

static int by_name(const void *a, const void *b, void *context)
{
    const struct awh_yaml *map = context;
    const size_t *x = a, *y = b;
    return strcmp(map->list.keys[*x]->str.text, map->list.keys[*y]->str.text);
}

static enum aw_err read_choice(struct reader *reader, const struct awh_yaml *map, size_t i,
                               enum awh_declared_scope scope, struct awh_expr_scope *names,
                               size_t capacity)
{
    struct awh_declared *space = reader->space;
    const struct awh_yaml *list = map->list.items[i];
    if (space->choice_count == AWH_DECLARED_CHOICES_MAX)
        return awh_yaml_fail(list, AW_ERR_RANGE, reader->diag, "more than %d choices",
                             AWH_DECLARED_CHOICES_MAX);
    struct awh_declared_choice *choice = &space->choices[space->choice_count];
    *choice = (struct awh_declared_choice){.name = map->list.keys[i]->str.text, .scope = scope};
    enum aw_err err = read_values(reader, list, choice);
    if (err)
        return err;
    return add_name(
        reader, names, capacity, list,
        (struct awh_expr_name){.name = choice->name,
                               .variable = AWH_DECLARED_CHOICE0 + space->choice_count++});
}

/* In order of names: a model file keeps the space with sorted keys, and must mean the same. */
static enum aw_err read_choices(struct reader *reader, const struct awh_yaml *map,
                                enum awh_declared_scope scope, struct awh_expr_scope *names,
                                size_t capacity)
{
    size_t order[AWH_DECLARED_CHOICES_MAX];
    enum aw_err err = map ? need_names(map, reader->diag) : AW_OK;
    if (err || !map)
        return err;
    if (map->list.count > AWH_DECLARED_CHOICES_MAX)
        return awh_yaml_fail(map, AW_ERR_RANGE, reader->diag, "more than %d choices",
                             AWH_DECLARED_CHOICES_MAX);
    for (size_t i = 0; i < map->list.count; i++)
        order[i] = i;
    qsort_r(order, map->list.count, sizeof *order, by_name, (void *)map);
    for (size_t i = 0; !err && i < map->list.count; i++)
        err = read_choice(reader, map, order[i], scope, names, capacity);
    return err;
}

uint32_t awh_declared_choices(const struct awh_declared *space, uint64_t uses,
                              enum awh_declared_scope scope)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < space->choice_count; i++)
        if (space->choices[i].scope == scope && uses >> (AWH_DECLARED_CHOICE0 + i) & 1)
            mask |= UINT32_C(1) << i;
    return mask;
}

/* -- Expressions --------------------------------------------------------------------------------
 */

/* Adds what an expression depends on, also through lets. */
static void add_uses(const struct awh_declared *space, const struct awh_expr *expr,
                     uint64_t *uses_inout, uint32_t *lets_inout)
{
    *uses_inout |= expr->uses & ((UINT64_C(1) << AWH_DECLARED_LET0) - 1);
    for (unsigned i = 0; i < space->let_count; i++)
        if (expr->uses >> space->lets[i].variable & 1) {
            *uses_inout |= space->lets[i].uses;
            *lets_inout |= space->lets[i].lets;
        }
}

/* Puts the lets in an order in which each comes behind those that it names. */
static enum aw_err order_lets(struct reader *reader, const struct awh_expr *exprs, unsigned count)
{
    struct awh_declared *space = reader->space;
    const uint64_t all = ~UINT64_C(0) << AWH_DECLARED_LET0;
    uint64_t placed = 0;
    while (space->let_count < count) {
        unsigned i = 0;
        while (i < count &&
               (placed >> (AWH_DECLARED_LET0 + i) & 1 || exprs[i].uses & all & ~placed))
            i++;
        if (i == count)
            break;
        struct awh_declared_let let = {.expr = exprs[i],
                                       .variable = (unsigned)AWH_DECLARED_LET0 + i,
                                       .lets = UINT32_C(1) << space->let_count};
        add_uses(space, &let.expr, &let.uses, &let.lets);
        space->lets[space->let_count++] = let;
        placed |= UINT64_C(1) << let.variable;
    }
    for (unsigned i = 0; i < count; i++)
        if (!(placed >> (AWH_DECLARED_LET0 + i) & 1))
            return awh_yaml_fail(exprs[i].place, AW_ERR_FORMAT, reader->diag,
                                 "depends on itself, directly or through others");
    return AW_OK;
}

static enum aw_err read_lets(struct reader *reader)
{
    const struct awh_yaml *map = get(reader, "let");
    struct awh_expr exprs[AWH_DECLARED_LETS_MAX];
    enum aw_err err = map ? need_names(map, reader->diag) : AW_OK;
    if (err || !map)
        return err;
    if (map->list.count > AWH_DECLARED_LETS_MAX)
        return awh_yaml_fail(map, AW_ERR_RANGE, reader->diag, "more than %d lets",
                             AWH_DECLARED_LETS_MAX);
    unsigned count = (unsigned)map->list.count;
    for (unsigned i = 0; !err && i < count; i++)
        err = add_name(reader, reader->outer, GLOBAL_NAMES_MAX, map->list.items[i],
                       (struct awh_expr_name){.name = map->list.keys[i]->str.text,
                                              .variable = (unsigned)AWH_DECLARED_LET0 + i});
    for (unsigned i = 0; !err && i < count; i++)
        err = awh_expr_parse(reader->arena, map->list.items[i], reader->outer, AWH_EXPR_NAMES,
                             &exprs[i], reader->diag);
    return err ? err : order_lets(reader, exprs, count);
}

static enum aw_err read_field(struct reader *reader, const struct awh_yaml *node,
                              const struct awh_expr_scope *scope, enum awh_expr_words words,
                              struct awh_declared_field *field, uint64_t *uses, uint32_t *lets,
                              unsigned *steps)
{
    if (!node)
        return AW_OK;
    enum aw_err err = awh_expr_parse(reader->arena, node, scope, words, &field->expr, reader->diag);
    if (err)
        return err;
    field->given = true;
    *steps += field->expr.steps;
    add_uses(reader->space, &field->expr, uses, lets);
    return AW_OK;
}

/* -- Primitives ---------------------------------------------------------------------------------
 */

static unsigned let_steps(const struct awh_declared *space, uint32_t lets)
{
    unsigned steps = 0;
    for (unsigned i = 0; i < space->let_count; i++)
        if (lets >> i & 1)
            steps += space->lets[i].expr.steps;
    return steps;
}

static bool is_common_key(const char *key)
{
    static const char *const keys[] = {"prim_type", "spatial_size", "C",
                                       "C_out",     "stride",       "affine"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

static enum aw_err read_params(struct reader *reader, const struct awh_yaml *map,
                               const struct awh_expr_scope *scope, struct awh_declared_prim *prim)
{
    enum aw_err err = AW_OK;
    prim->params = awh_arena_array(reader->arena, map->list.count + 1, sizeof *prim->params);
    if (!prim->params)
        return awh_fail_mem(reader->diag);
    for (size_t i = 0; !err && i < map->list.count; i++) {
        const char *key = map->list.keys[i]->str.text;
        if (is_common_key(key))
            continue;
        struct awh_declared_field *param = &prim->params[prim->param_count++];
        param->name = key;
        err = read_field(reader, map->list.items[i], scope, AWH_EXPR_STRINGS, param, &prim->uses,
                         &prim->lets, &prim->steps);
    }
    return err;
}

static enum aw_err read_prim(struct reader *reader, const struct awh_yaml *map,
                             const struct awh_expr_scope *scope, struct awh_declared_prim *prim)
{
    struct {
        const char *key;
        struct awh_declared_field *field;
        enum awh_expr_words words;
    } fields[] = {{"prim_type", &prim->type, AWH_EXPR_STRINGS},
                  {"spatial_size", &prim->spatial_size, AWH_EXPR_NAMES},
                  {"C", &prim->c, AWH_EXPR_NAMES},
                  {"C_out", &prim->c_out, AWH_EXPR_NAMES},
                  {"stride", &prim->stride, AWH_EXPR_NAMES},
                  {"affine", &prim->affine, AWH_EXPR_NAMES}};
    enum aw_err err = need_names(map, reader->diag);
    prim->place = map;
    for (size_t i = 0; !err && i < sizeof fields / sizeof *fields; i++)
        err = read_field(reader, awh_yaml_get(map, fields[i].key), scope, fields[i].words,
                         fields[i].field, &prim->uses, &prim->lets, &prim->steps);
    if (!err && !prim->type.given)
        return awh_yaml_fail(map, AW_ERR_FORMAT, reader->diag, "the primitive lacks 'prim_type'");
    if (!err)
        err = read_params(reader, map, scope, prim);
    prim->steps += let_steps(reader->space, prim->lets);
    return err;
}

static enum aw_err read_prims(struct reader *reader, const struct awh_expr_scope *scope,
                              struct awh_declared_entry *entry)
{
    const struct awh_yaml *one = awh_yaml_get_set(entry->place, "prim");
    const struct awh_yaml *many = awh_yaml_get_set(entry->place, "prims");
    enum aw_err err = AW_OK;
    if (!one == !many)
        return awh_yaml_fail(
            entry->place, AW_ERR_FORMAT, reader->diag,
            "expected either 'prim' (the primitive of a block) or 'prims' (a list)");
    if (many && (many->kind != AWH_YAML_SEQ || !many->list.count ||
                 many->list.count > AWH_DECLARED_BLOCK_PRIMS_MAX))
        return awh_yaml_fail(many, AW_ERR_FORMAT, reader->diag,
                             "expected a list of 1 to %d primitives", AWH_DECLARED_BLOCK_PRIMS_MAX);
    unsigned count = many ? (unsigned)many->list.count : 1;
    entry->prims = awh_arena_array(reader->arena, count, sizeof *entry->prims);
    if (!entry->prims)
        return awh_fail_mem(reader->diag);
    for (; !err && entry->prim_count < count; entry->prim_count++) {
        struct awh_declared_prim *prim = &entry->prims[entry->prim_count];
        err = read_prim(reader, many ? many->list.items[entry->prim_count] : one, scope, prim);
        entry->block_uses |= prim->uses;
    }
    return err;
}

/* -- Stages -------------------------------------------------------------------------------------
 */

/* How many blocks there are is known before any of them. */
static enum aw_err check_repeat(const struct reader *reader, const struct awh_declared_entry *entry)
{
    static const struct {
        enum awh_declared_variable variable;
        const char *name;
    } inside[] = {{AWH_DECLARED_REPEAT, "repeat"},
                  {AWH_DECLARED_BLOCK, "block"},
                  {AWH_DECLARED_FIRST, "first"},
                  {AWH_DECLARED_LAST, "last"}};
    const struct awh_declared *space = reader->space;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        if (entry->repeat_uses >> inside[i].variable & 1)
            name = inside[i].name;
    for (unsigned i = 0; i < space->choice_count; i++)
        if (space->choices[i].scope == AWH_DECLARED_OF_BLOCK &&
            entry->repeat_uses >> (AWH_DECLARED_CHOICE0 + i) & 1)
            name = space->choices[i].name;
    if (!name)
        return AW_OK;
    return awh_yaml_fail(entry->repeat.expr.place, AW_ERR_FORMAT, reader->diag,
                         "depends on '%s', which is only known inside a block", name);
}

static enum aw_err add_stages(const struct reader *reader, const struct awh_declared_entry *entry)
{
    struct awh_declared *space = reader->space;
    int64_t count = 1;
    enum aw_err err =
        awh_yaml_opt_int(entry->place, "count", 1, AWH_DECLARED_STAGES_MAX, &count, reader->diag);
    for (unsigned i = 0; !err && i < (unsigned)count; i++) {
        if (space->stage_count == AWH_DECLARED_STAGES_MAX)
            return awh_yaml_fail(entry->place, AW_ERR_RANGE, reader->diag,
                                 "more than %d stages in all", AWH_DECLARED_STAGES_MAX);
        space->stages[space->stage_count++] =
            (struct awh_declared_stage){.entry = entry, .index = i};
    }
    return err;
}

static enum aw_err read_entry(struct reader *reader, const struct awh_yaml *node,
                              struct awh_declared_entry *entry)
{
    static const char *const known[] = {"count",         "repeat",        "prim", "prims",
                                        "stage_choices", "block_choices", NULL};
    struct awh_expr_scope *scope = awh_arena_alloc(reader->arena, sizeof *scope);
    enum aw_err err;
    if (!scope || !(scope->names = awh_arena_array(reader->arena, AWH_DECLARED_CHOICES_MAX,
                                                   sizeof *scope->names)))
        return awh_fail_mem(reader->diag);
    scope->outer = reader->outer;
    entry->place = node;
    if ((err = check_keys(node, known, reader->diag)) ||
        (err = read_choices(reader, awh_yaml_get_set(node, "stage_choices"), AWH_DECLARED_OF_STAGE,
                            scope, AWH_DECLARED_CHOICES_MAX)) ||
        (err = read_choices(reader, awh_yaml_get_set(node, "block_choices"), AWH_DECLARED_OF_BLOCK,
                            scope, AWH_DECLARED_CHOICES_MAX)) ||
        (err = read_field(reader, awh_yaml_get_set(node, "repeat"), scope, AWH_EXPR_NAMES,
                          &entry->repeat, &entry->repeat_uses, &entry->repeat_lets,
                          &entry->repeat_steps)) ||
        (err = check_repeat(reader, entry)) || (err = read_prims(reader, scope, entry)))
        return err;
    entry->repeat_steps += let_steps(reader->space, entry->repeat_lets);
    return add_stages(reader, entry);
}

static enum aw_err read_stages(struct reader *reader)
{
    struct awh_declared *space = reader->space;
    const struct awh_yaml *list = get(reader, "stages");
    char found[64];
    if (!list)
        return awh_yaml_fail(space->place, AW_ERR_FORMAT, reader->diag,
                             "lacks 'stages', the list of the net's stages");
    if (list->kind != AWH_YAML_SEQ || !list->list.count ||
        list->list.count > AWH_DECLARED_ENTRIES_MAX)
        return awh_yaml_fail(
            list, AW_ERR_FORMAT, reader->diag, "expected a list of 1 to %d stages, found %s",
            AWH_DECLARED_ENTRIES_MAX, awh_yaml_describe(list, found, sizeof found));
    struct awh_declared_entry *entries =
        awh_arena_array(reader->arena, list->list.count, sizeof *entries);
    if (!entries)
        return awh_fail_mem(reader->diag);
    for (size_t i = 0; i < list->list.count; i++) {
        enum aw_err err = read_entry(reader, list->list.items[i], &entries[i]);
        if (err)
            return err;
    }
    uint32_t live = 0;
    for (unsigned i = space->stage_count; i-- > 0;) {
        const struct awh_declared_entry *entry = space->stages[i].entry;
        space->stages[i].live_after = live;
        live |=
            awh_declared_choices(space, entry->repeat_uses | entry->block_uses, AWH_DECLARED_NET);
    }
    return AW_OK;
}

static enum aw_err read_input(struct reader *reader)
{
    static const char *const known[] = {"spatial_size", "C", NULL};
    struct awh_declared *space = reader->space;
    const struct awh_yaml *map = get(reader, "input");
    struct awh_yaml *node;
    int64_t size = 0, c = 3;
    enum aw_err err;
    if (!map)
        return awh_yaml_fail(space->place, AW_ERR_FORMAT, reader->diag,
                             "lacks 'input', such as {spatial_size: 224, C: 3}");
    if ((err = check_keys(map, known, reader->diag)) ||
        (err = awh_yaml_need(map, "spatial_size", AWH_YAML_INT, &node, reader->diag)) ||
        (err = awh_yaml_int(node, 1, 65535, &size, reader->diag)) ||
        (err = awh_yaml_opt_int(map, "C", 1, 65535, &c, reader->diag)))
        return err;
    space->input_size = (int32_t)size;
    space->input_c = (int32_t)c;
    return AW_OK;
}

/* Choices that no expression names would be in no genotype. */
static void warn_unused(const struct reader *reader)
{
    const struct awh_declared *space = reader->space;
    uint64_t uses = 0;
    for (unsigned i = 0; i < space->stage_count; i++)
        uses |= space->stages[i].entry->repeat_uses | space->stages[i].entry->block_uses;
    for (unsigned i = 0; i < space->choice_count; i++)
        if (!(uses >> (AWH_DECLARED_CHOICE0 + i) & 1))
            awh_yaml_warn(space->place, reader->diag, "no stage depends on the choice '%s'",
                          space->choices[i].name);
}

enum aw_err awh_declared_read(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, struct awh_declared *space,
                              struct awh_diag *diag)
{
    static const char *const known[] = {"input",         "constants", "choices", "stage_choices",
                                        "block_choices", "let",       "stages",  "fixed_primitives",
                                        "schedule_cfg",  NULL};
    struct reader reader = {
        .arena = arena, .space = space, .cfg = search_space_cfg, .mixin = mixin_cfg, .diag = diag};
    enum aw_err err;
    space->place = search_space_cfg ? search_space_cfg : mixin_cfg;
    if (!space->place)
        return awh_fail(diag, AW_ERR_FORMAT,
                        "search_space_cfg is missing; a declared space needs its 'input' and "
                        "'stages'");
    if ((search_space_cfg && (err = check_keys(search_space_cfg, known, diag))) ||
        (mixin_cfg && (err = check_keys(mixin_cfg, known, diag))) || (err = read_input(&reader)) ||
        (err = add_builtins(&reader)) || (err = read_constants(&reader)) ||
        (err = read_choices(&reader, get(&reader, "choices"), AWH_DECLARED_NET, reader.outer,
                            GLOBAL_NAMES_MAX)) ||
        (err = read_choices(&reader, get(&reader, "stage_choices"), AWH_DECLARED_OF_STAGE,
                            reader.outer, GLOBAL_NAMES_MAX)) ||
        (err = read_choices(&reader, get(&reader, "block_choices"), AWH_DECLARED_OF_BLOCK,
                            reader.outer, GLOBAL_NAMES_MAX)) ||
        (err = read_lets(&reader)))
        return err;
    space->fixed_primitives = get(&reader, "fixed_primitives");
    if ((err = read_stages(&reader)))
        return err;
    warn_unused(&reader);
    return AW_OK;
}

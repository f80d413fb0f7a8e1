/* aw_nas's general space: a genotype is a list of primitives.
 *
 * In aw_nas it is no profiling space, and its `primitives` only name ops without sizes. Here the
 * primitives to profile are those that come with sizes: fixed_primitives, maps in `primitives`, and
 * the genotypes, which may be in search_space_cfg, mixin_search_space_cfg or (aw_nas's place)
 * final_model_cfg of the same file. Its random architectures are the given genotypes. */
#include <string.h>

#include "base/mem.h"
#include "base/pyliteral.h"
#include "net/net.h"
#include "spaces/rng.h"
#include "spaces/space.h"

#define NETS_MAX 100000

struct net {
    struct awh_prim *prims;
    size_t count;
};

struct general {
    const struct awh_yaml *place; /* for messages; may be NULL */
    struct net *nets;
    size_t net_count;
    struct net singles; /* primitives that are in no net */
};

static const char *const known_keys[] = {"primitives", "genotypes", "fixed_primitives",
                                         "schedule_cfg", NULL};

static enum aw_err need_seq(const struct awh_yaml *node, struct awh_diag *diag)
{
    char found[64];
    if (node->kind == AWH_YAML_SEQ)
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a list of primitives, found %s",
                         awh_yaml_describe(node, found, sizeof found));
}

static enum aw_err read_net(struct awh_arena *arena, const struct awh_yaml *list,
                            struct net *net_out, struct awh_diag *diag)
{
    struct net net = {.count = 0};
    enum aw_err err = need_seq(list, diag);
    if (err)
        return err;
    net.prims = awh_arena_array(arena, list->list.count + 1, sizeof *net.prims);
    if (!net.prims)
        return awh_fail_mem(diag);
    for (; net.count < list->list.count; net.count++)
        if ((err = awh_net_prim(arena, list->list.items[net.count], &net.prims[net.count], diag)))
            return err;
    *net_out = net;
    return AW_OK;
}

/* -- Config -------------------------------------------------------------------------------------
 */

/* A string is read as a Python literal. */
static enum aw_err resolve_text(struct awh_arena *arena, const struct awh_yaml **inout,
                                struct awh_diag *diag)
{
    const struct awh_yaml *text = *inout;
    struct awh_yaml *node;
    if (text->kind != AWH_YAML_STR)
        return AW_OK;
    enum aw_err err =
        awh_pyliteral_parse(arena, text->str.text, text->str.size, text, NULL, &node, diag);
    if (!err)
        *inout = node;
    return err;
}

/* One net (a list of maps), or several (a list of lists or of strings). */
static enum aw_err read_genotypes(struct awh_arena *arena, const struct awh_yaml *node,
                                  struct general *space, struct awh_diag *diag)
{
    enum aw_err err;
    if ((err = resolve_text(arena, &node, diag)) || (err = need_seq(node, diag)))
        return err;
    size_t count = node->list.count;
    bool one = count && node->list.items[0]->kind == AWH_YAML_MAP;
    if (count > NETS_MAX && !one)
        return awh_yaml_fail(node, AW_ERR_RANGE, diag, "more than %d genotypes", NETS_MAX);
    space->nets = awh_arena_array(arena, count + 1, sizeof *space->nets);
    if (!space->nets)
        return awh_fail_mem(diag);
    if (one)
        return read_net(arena, node, &space->nets[space->net_count++], diag);
    for (size_t i = 0; i < count; i++) {
        const struct awh_yaml *item = node->list.items[i];
        if ((err = resolve_text(arena, &item, diag)) ||
            (err = read_net(arena, item, &space->nets[space->net_count++], diag)))
            return err;
        if (!space->nets[i].count)
            return awh_yaml_fail(node->list.items[i], AW_ERR_FORMAT, diag,
                                 "expected a list of at least one primitive");
    }
    return AW_OK;
}

/* Entries [prim_type, arguments...] are aw_nas's and have no sizes; maps are whole primitives. */
static enum aw_err check_primitives(const struct awh_yaml *node, size_t *maps_out,
                                    struct awh_diag *diag)
{
    char found[64];
    enum aw_err err = need_seq(node, diag);
    for (size_t i = 0; !err && i < node->list.count; i++) {
        const struct awh_yaml *item = node->list.items[i];
        bool names = item->kind == AWH_YAML_SEQ && item->list.count &&
                     (item->list.items[0]->kind == AWH_YAML_STR ||
                      item->list.items[0]->kind == AWH_YAML_NULL);
        *maps_out += item->kind == AWH_YAML_MAP;
        if (!names && item->kind != AWH_YAML_MAP)
            err =
                awh_yaml_fail(item, AW_ERR_FORMAT, diag,
                              "expected [prim_type, arguments...] or a primitive (a map), found %s",
                              awh_yaml_describe(item, found, sizeof found));
    }
    return err;
}

static enum aw_err read_singles(struct awh_arena *arena, const struct awh_yaml *primitives,
                                const struct awh_yaml *fixed, struct general *space,
                                struct awh_diag *diag)
{
    size_t maps = 0;
    enum aw_err err;
    if ((primitives && (err = check_primitives(primitives, &maps, diag))) ||
        (fixed && (err = need_seq(fixed, diag))))
        return err;
    size_t capacity = maps + (fixed ? fixed->list.count : 0);
    struct net *singles = &space->singles;
    singles->prims = awh_arena_array(arena, capacity + 1, sizeof *singles->prims);
    if (!singles->prims)
        return awh_fail_mem(diag);
    for (size_t i = 0; maps && i < primitives->list.count; i++)
        if (primitives->list.items[i]->kind == AWH_YAML_MAP &&
            (err = awh_net_prim(arena, primitives->list.items[i], &singles->prims[singles->count++],
                                diag)))
            return err;
    for (size_t i = 0; fixed && i < fixed->list.count; i++)
        if ((err = awh_net_prim(arena, fixed->list.items[i], &singles->prims[singles->count++],
                                diag)))
            return err;
    return AW_OK;
}

static const struct awh_yaml *get(const struct awh_yaml *space_cfg, const struct awh_yaml *mixin,
                                  const char *key)
{
    const struct awh_yaml *node = awh_yaml_get_set(mixin, key);
    return node ? node : awh_yaml_get_set(space_cfg, key);
}

static enum aw_err open_space(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                              const struct awh_yaml *mixin_cfg, void **space_out,
                              struct awh_diag *diag)
{
    struct general *space = awh_arena_alloc(arena, sizeof *space);
    const struct awh_yaml *genotypes = get(search_space_cfg, mixin_cfg, "genotypes");
    enum aw_err err;
    if (!space)
        return awh_fail_mem(diag);
    space->place = search_space_cfg ? search_space_cfg : mixin_cfg;
    if (search_space_cfg && search_space_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(search_space_cfg, known_keys, diag);
    if (mixin_cfg && mixin_cfg->kind == AWH_YAML_MAP)
        awh_yaml_warn_unknown(mixin_cfg, known_keys, diag);
    if (!genotypes && search_space_cfg)
        genotypes = awh_yaml_get_set(awh_yaml_get_set(search_space_cfg->parent, "final_model_cfg"),
                                     "genotypes");
    if ((err = read_singles(arena, get(search_space_cfg, mixin_cfg, "primitives"),
                            get(search_space_cfg, mixin_cfg, "fixed_primitives"), space, diag)) ||
        (genotypes && (err = read_genotypes(arena, genotypes, space, diag))))
        return err;
    *space_out = space;
    return AW_OK;
}

/* -- Primitives and architectures ---------------------------------------------------------------
 */

static enum aw_err add_net(const struct net *net, struct awh_prim_list *out, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < net->count; i++)
        err = awh_prim_list_add(out, &net->prims[i], diag);
    return err;
}

static enum aw_err fail_empty(const struct general *space, const char *what, struct awh_diag *diag)
{
    if (space->place)
        return awh_yaml_fail(space->place, AW_ERR_FORMAT, diag, "%s", what);
    return awh_fail(diag, AW_ERR_FORMAT, "%s", what);
}

static enum aw_err primitives(const void *opened, const struct awh_yaml *prof_prims_cfg,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag)
{
    const struct general *space = opened;
    int64_t sample = -1;
    enum aw_err err;
    if (prof_prims_cfg &&
        (err = awh_yaml_opt_int(prof_prims_cfg, "sample", 0, INT32_MAX, &sample, diag)))
        return err;
    if ((err = add_net(&space->singles, out, diag)))
        return err;
    for (size_t i = 0; i < space->net_count; i++)
        if ((err = add_net(&space->nets[i], out, diag)))
            return err;
    if (!out->count)
        return fail_empty(space,
                          "the general space names no primitive with sizes: give the ones to "
                          "profile as maps in mixin_search_space_cfg.fixed_primitives, or a net in "
                          "final_model_cfg.genotypes",
                          diag);
    awh_prim_list_canonical(out);
    awh_prim_list_draw(out, 0, sample, seed);
    awh_prim_list_canonical(out);
    return AW_OK;
}

/* NULL after a failure. */
static const struct net *choose(const struct general *space, uint64_t seed, uint64_t index,
                                struct awh_diag *diag)
{
    struct awh_space_rng rng;
    awh_space_rng_init(&rng, seed, index);
    if (space->net_count)
        return &space->nets[awh_space_rng_below(&rng, (uint32_t)space->net_count)];
    (void)fail_empty(space,
                     "the general space has no random architectures: give some in "
                     "final_model_cfg.genotypes",
                     diag);
    return NULL;
}

static enum aw_err sample(const void *space, const struct awh_yaml *prof_prims_cfg, uint64_t seed,
                          uint64_t index, struct awh_prim_list *out, struct awh_diag *diag)
{
    const struct net *net = choose(space, seed, index, diag);
    (void)prof_prims_cfg;
    return net ? add_net(net, out, diag) : AW_ERR_FORMAT;
}

/* -- Genotype strings ---------------------------------------------------------------------------
 */

static bool borrow_from(const struct net *net, struct awh_value *value)
{
    for (size_t i = 0; i < net->count; i++)
        for (unsigned k = 0; k < net->prims[i].param_count; k++) {
            const struct awh_value *own = &net->prims[i].params[k].value;
            if (own->kind == AWH_VALUE_STR && !strcmp(own->text, value->text)) {
                value->text = own->text;
                return true;
            }
        }
    return false;
}

/* Primitives outlive the string that they are read from, and carry texts of the space or of the
 * program: activations, or what the config has. */
static bool keep_text(const struct general *space, struct awh_value *value)
{
    static const char *const activations[] = {"relu",    "relu6", "h_swish", "h_sigmoid",
                                              "sigmoid", "tanh",  "identity"};
    if (value->kind != AWH_VALUE_STR)
        return true;
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (!strcmp(activations[i], value->text)) {
            value->text = activations[i];
            return true;
        }
    for (size_t i = 0; i < space->net_count; i++)
        if (borrow_from(&space->nets[i], value))
            return true;
    return borrow_from(&space->singles, value);
}

static enum aw_err add_parsed(const struct general *space, const struct net *net,
                              struct awh_prim_list *out, struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < net->count; i++) {
        struct awh_prim prim = net->prims[i];
        bool kept = keep_text(space, &prim.affine);
        for (unsigned k = 0; k < prim.param_count; k++)
            kept = keep_text(space, &prim.params[k].value) && kept;
        if (!kept)
            return awh_fail(diag, AW_ERR_RANGE,
                            "genotype: primitive %zu has a text that is no activation, and that no "
                            "primitive of the config has",
                            i);
        err = awh_prim_list_add(out, &prim, diag);
    }
    return err;
}

static enum aw_err genotype_primitives(const void *opened, const struct awh_yaml *prof_prims_cfg,
                                       const char *genotype, struct awh_prim_list *out,
                                       struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_diag inner = {.err = AW_OK};
    struct awh_yaml *node;
    struct net net;
    (void)prof_prims_cfg;
    awh_arena_init(&arena);
    enum aw_err err =
        awh_pyliteral_parse(&arena, genotype, strlen(genotype), NULL, "genotype", &node, diag);
    if (!err && (err = read_net(&arena, node, &net, &inner)))
        err = awh_fail(diag, err, "genotype: %s", inner.text);
    if (!err)
        err = add_parsed(opened, &net, out, diag);
    awh_arena_release(&arena);
    return err;
}

static enum aw_err format_net(struct awh_arena *arena, const struct awh_prim *prims, size_t count,
                              char **genotype_out, struct awh_diag *diag)
{
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    struct awh_str str;
    for (size_t i = 0; list && i < count; i++)
        if (!awh_yaml_push(arena, list, awh_prim_to_yaml(arena, &prims[i])))
            list = NULL;
    if (!list)
        return awh_fail_mem(diag);
    awh_str_init(&str);
    awh_pyliteral_format(list, &str);
    char *text = str.failed ? NULL : awh_arena_strdup(arena, str.text);
    awh_str_release(&str);
    if (!text)
        return awh_fail_mem(diag);
    *genotype_out = text;
    return AW_OK;
}

static enum aw_err sample_genotype(const void *space, struct awh_arena *arena, uint64_t seed,
                                   uint64_t index, char **genotype_out, struct awh_diag *diag)
{
    const struct net *net = choose(space, seed, index, diag);
    return net ? format_net(arena, net->prims, net->count, genotype_out, diag) : AW_ERR_FORMAT;
}

/* Every list of primitives is an architecture. */
static enum aw_err net_genotype(const void *space, const struct awh_yaml *prof_prims_cfg,
                                struct awh_arena *arena, const struct awh_prim *prims, size_t count,
                                char **genotype_out, struct awh_diag *diag)
{
    (void)space, (void)prof_prims_cfg;
    return format_net(arena, prims, count, genotype_out, diag);
}

extern const struct awh_space_type awh_space_general;
const struct awh_space_type awh_space_general = {
    .name = "general",
    .open = open_space,
    .primitives = primitives,
    .sample = sample,
    .genotype = genotype_primitives,
    .sample_genotype = sample_genotype,
    .net_genotype = net_genotype,
};

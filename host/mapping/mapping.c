#include "mapping/mapping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mapping/group.h"

/* A layer of ours. Several may have one plain name. */
struct layer {
    const char *name;
    const char *plain; /* with every byte that is no letter or digit as '_' */
    size_t plain_size;
    uint64_t hash; /* of the plain name */
    size_t prim;
    size_t position; /* in the order of the net */
};

struct awh_mapping {
    const char *net;
    const struct awh_prim_names *prims;
    size_t prim_count;
    struct awh_names *names;
    struct layer *layers; /* sorted by plain name, then position */
    size_t count;
    size_t *slots; /* open addressing by hash: 1 + the first layer of a plain name */
    size_t slot_mask;
    size_t longest; /* plain name */
};

/* What a member of a vendor's name stands for. */
struct hit {
    enum { HIT_NOTHING, HIT_LAYER, HIT_AMBIGUOUS } kind;
    const struct layer
        *layer; /* of several that one primitive owns, the first in the net's order */
    struct awh_group_member member;
};

/* -- The layers -------------------------------------------------------------------------------- */

#define HASH_START UINT64_C(0xcbf29ce484222325) /* FNV-1a: it grows by a byte, as prefixes do */

static uint64_t hash_byte(uint64_t hash, char c)
{
    return (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

static uint64_t hash_text(const char *text, size_t size)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < size; i++)
        hash = hash_byte(hash, text[i]);
    return hash;
}

/* FNV's low bits are weak: fold the high ones in. */
static size_t first_slot(const struct awh_mapping *mapping, uint64_t hash)
{
    return (size_t)(hash ^ (hash >> 32)) & mapping->slot_mask;
}

static char plain_byte(char c)
{
    bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (unsigned char)c >= 0x80; /* inside a letter of UTF-8 */
    return word ? c : '_';
}

static void make_plain(char *text)
{
    for (; *text != '\0'; text++)
        *text = plain_byte(*text);
}

static int by_plain(const void *a, const void *b)
{
    const struct layer *x = a, *y = b;
    int order = strcmp(x->plain, y->plain);
    return order != 0 ? order : x->position < y->position ? -1 : x->position > y->position;
}

/* The first layer of a plain name, or NULL. */
static const struct layer *find_plain(const struct awh_mapping *mapping, const char *text,
                                      size_t size, uint64_t hash)
{
    for (size_t slot = first_slot(mapping, hash); mapping->slots[slot] != 0;
         slot = (slot + 1) & mapping->slot_mask) {
        const struct layer *layer = &mapping->layers[mapping->slots[slot] - 1];
        if (layer->hash == hash && layer->plain_size == size &&
            memcmp(layer->plain, text, size) == 0)
            return layer;
    }
    return NULL;
}

static bool same_plain(const struct layer *a, const struct layer *b)
{
    return a->hash == b->hash && strcmp(a->plain, b->plain) == 0;
}

static enum aw_err index_layers(struct awh_arena *arena, struct awh_mapping *mapping,
                                struct awh_diag *diag)
{
    size_t slots = 16;
    while (slots < 2 * mapping->count)
        slots *= 2;
    mapping->slots = awh_arena_array(arena, slots, sizeof(*mapping->slots));
    if (mapping->slots == NULL)
        return awh_fail_mem(diag);
    mapping->slot_mask = slots - 1;
    for (size_t i = 0; i < mapping->count; i++) {
        const struct layer *layer = &mapping->layers[i];
        if (i > 0 && same_plain(layer, layer - 1))
            continue;
        size_t slot = first_slot(mapping, layer->hash);
        while (mapping->slots[slot] != 0)
            slot = (slot + 1) & mapping->slot_mask;
        mapping->slots[slot] = i + 1;
    }
    return AW_OK;
}

enum aw_err awh_mapping_new(struct awh_arena *arena, const char *net,
                            const struct awh_prim_names *prims, size_t prim_count,
                            struct awh_names *names, struct awh_mapping **mapping_out,
                            struct awh_diag *diag)
{
    struct awh_mapping *mapping = awh_arena_alloc(arena, sizeof(*mapping));
    size_t count = 0;
    for (size_t p = 0; p < prim_count; p++)
        count += prims[p].count;
    if (mapping == NULL)
        return awh_fail_mem(diag);
    *mapping =
        (struct awh_mapping){.net = net, .prims = prims, .prim_count = prim_count, .names = names};
    mapping->layers = awh_arena_array(arena, count, sizeof(*mapping->layers));
    if (mapping->layers == NULL)
        return awh_fail_mem(diag);
    for (size_t p = 0; p < prim_count; p++)
        for (size_t n = 0; n < prims[p].count; n++) {
            char *plain = awh_arena_strdup(arena, prims[p].names[n]);
            if (plain == NULL)
                return awh_fail_mem(diag);
            make_plain(plain);
            size_t size = strlen(plain);
            if (size == 0)
                continue; /* a layer without a name cannot be asked for */
            mapping->layers[mapping->count] = (struct layer){.name = prims[p].names[n],
                                                             .plain = plain,
                                                             .plain_size = size,
                                                             .hash = hash_text(plain, size),
                                                             .prim = p,
                                                             .position = mapping->count};
            mapping->count++;
            if (size > mapping->longest)
                mapping->longest = size;
        }
    if (mapping->count > 0)
        qsort(mapping->layers, mapping->count, sizeof(*mapping->layers), by_plain);
    *mapping_out = mapping;
    return index_layers(arena, mapping, diag);
}

/* -- One member of a name ------------------------------------------------------------------------
 */

/* All layers of a plain name: fine when one primitive owns them. */
static struct hit hit_plain(const struct awh_mapping *mapping, const struct layer *first)
{
    struct hit hit = {.kind = HIT_LAYER, .layer = first};
    const struct layer *end = mapping->layers + mapping->count;
    for (const struct layer *next = first + 1; next < end && same_plain(first, next); next++)
        if (next->prim != first->prim)
            hit.kind = HIT_AMBIGUOUS;
    return hit;
}

/* Exactly this name, or the layers that have it once separators are equal. */
static struct hit find_exact(const struct awh_mapping *mapping, const char *text, const char *plain,
                             size_t size)
{
    const struct layer *end = mapping->layers + mapping->count;
    const struct layer *first = find_plain(mapping, plain, size, hash_text(plain, size));
    if (first == NULL)
        return (struct hit){0};
    struct hit hit = {0};
    for (const struct layer *layer = first; layer < end && same_plain(first, layer); layer++) {
        if (memcmp(layer->name, text, size) != 0)
            continue;
        if (hit.kind == HIT_NOTHING)
            hit = (struct hit){.kind = HIT_LAYER, .layer = layer};
        else if (layer->prim != hit.layer->prim)
            hit.kind = HIT_AMBIGUOUS;
    }
    return hit.kind != HIT_NOTHING ? hit : hit_plain(mapping, first);
}

/* A cut name is what is left of a longer one. */
struct cut {
    const char *prefix, *suffix; /* plain, not terminated */
    size_t prefix_size, suffix_size;
};

/* The one "*" or "..." of a member; none or several: it is not cut. */
static bool find_cut(const char *text, const char *plain, size_t size, struct cut *cut)
{
    bool found = false;
    for (size_t i = 0; i < size; i++) {
        size_t mark = text[i] == '*' ? 1 : size - i >= 3 && memcmp(text + i, "...", 3) == 0 ? 3 : 0;
        if (mark == 0)
            continue;
        if (found)
            return false;
        found = true;
        *cut = (struct cut){.prefix = plain,
                            .prefix_size = i,
                            .suffix = plain + i + mark,
                            .suffix_size = size - i - mark};
        i += mark - 1;
    }
    return found && cut->prefix_size + cut->suffix_size > 0;
}

static bool fits_cut(const struct layer *layer, const struct cut *cut)
{
    return layer->plain_size > cut->prefix_size + cut->suffix_size &&
           memcmp(layer->plain, cut->prefix, cut->prefix_size) == 0 &&
           memcmp(layer->plain + layer->plain_size - cut->suffix_size, cut->suffix,
                  cut->suffix_size) == 0;
}

static struct hit find_by_cut(const struct awh_mapping *mapping, const struct cut *cut)
{
    struct hit hit = {0};
    for (size_t i = 0; i < mapping->count; i++) {
        const struct layer *layer = &mapping->layers[i];
        if (!fits_cut(layer, cut))
            continue;
        if (hit.kind == HIT_NOTHING) {
            hit.kind = HIT_LAYER;
            hit.layer = layer;
        } else {
            if (layer->prim != hit.layer->prim)
                hit.kind = HIT_AMBIGUOUS;
            if (layer->position < hit.layer->position)
                hit.layer = layer;
        }
    }
    return hit;
}

/* The longest layer name that the text begins with and that ends before a separator: 0_conv_1_fix
 * comes from 0_conv_1, 0_conv_12 does not. */
static struct hit find_stem(const struct awh_mapping *mapping, const char *plain, size_t size)
{
    const struct layer *longest = NULL;
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < size && i <= mapping->longest; i++) {
        if (i > 0 && plain[i] == '_') {
            const struct layer *layer = find_plain(mapping, plain, i, hash);
            longest = layer != NULL ? layer : longest;
        }
        hash = hash_byte(hash, plain[i]);
    }
    return longest != NULL ? hit_plain(mapping, longest) : (struct hit){0};
}

/* What compilers put before a layer's name: a word of their own, or the net's name and "__". */
static size_t skip_prefix(const char *plain, size_t size)
{
    static const char *const words[] = {"subgraph_", "dpu_", "fused_"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i]);
        if (size > n && memcmp(plain, words[i], n) == 0)
            return n;
    }
    const char *mark = memmem(plain, size, "__", 2);
    return mark != NULL && mark + 2 < plain + size ? (size_t)(mark + 2 - plain) : 0;
}

static struct hit find_derived(const struct awh_mapping *mapping, const char *plain, size_t size)
{
    struct hit hit = find_stem(mapping, plain, size);
    for (int prefixes = 0; prefixes < 3 && hit.kind == HIT_NOTHING; prefixes++) {
        size_t skip = skip_prefix(plain, size);
        if (skip == 0)
            break;
        plain += skip;
        size -= skip;
        const struct layer *layer = find_plain(mapping, plain, size, hash_text(plain, size));
        hit = layer != NULL ? hit_plain(mapping, layer) : find_stem(mapping, plain, size);
    }
    return hit;
}

static struct hit find_member(const struct awh_mapping *mapping, struct awh_group_member member,
                              const char *plain)
{
    struct cut cut;
    struct hit hit = find_exact(mapping, member.text, plain, member.size);
    if (hit.kind == HIT_NOTHING && find_cut(member.text, plain, member.size, &cut))
        hit = find_by_cut(mapping, &cut);
    else if (hit.kind == HIT_NOTHING)
        hit = find_derived(mapping, plain, member.size);
    hit.member = member;
    return hit;
}

/* -- Ambiguity ------------------------------------------------------------------------------------
 */

#define CANDIDATES_SHOWN 6

/* Again, now for the message: every layer that the member could be. */
static bool is_candidate(const struct layer *layer, const struct hit *hit, const struct cut *cut)
{
    return cut != NULL ? fits_cut(layer, cut) : same_plain(layer, hit->layer);
}

/* The list is to be released; it may have failed. */
static void list_candidates(const struct awh_mapping *mapping, const struct hit *hit,
                            const struct cut *cut, struct awh_str *list_out)
{
    size_t count = 0;
    awh_str_init(list_out);
    for (size_t i = 0; i < mapping->count; i++) {
        const struct layer *layer = &mapping->layers[i];
        if (is_candidate(layer, hit, cut) && ++count <= CANDIDATES_SHOWN)
            awh_str_printf(list_out, "%s%.60s (primitive %zu)", count > 1 ? ", " : "", layer->name,
                           layer->prim);
    }
    if (count > CANDIDATES_SHOWN)
        awh_str_printf(list_out, " and %zu more", count - CANDIDATES_SHOWN);
}

static enum aw_err fail_ambiguous(const struct awh_mapping *mapping, const char *place,
                                  const char *vendor_name, const char *plain, const struct hit *hit,
                                  struct awh_diag *diag)
{
    struct awh_str list;
    struct cut cut;
    bool is_cut = find_cut(hit->member.text, plain, hit->member.size, &cut);
    list_candidates(mapping, hit, is_cut ? &cut : NULL, &list);
    enum aw_err err = list.failed ? awh_fail_mem(diag)
                                  : awh_fail(diag, AW_ERR_MISMATCH,
                                             "%s: layer '%.80s' of net %.40s may be any of %s; say "
                                             "which in a file for --names",
                                             place, vendor_name, mapping->net, list.text);
    awh_str_release(&list);
    return err;
}

/* -- Whole names
 * ------------------------------------------------------------------------------------ */

static bool has_prefix(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

static bool has_suffix(const char *name, const char *word)
{
    size_t n = strlen(name), k = strlen(word);
    return n >= k && strcmp(name + n - k, word) == 0;
}

/* Nodes that a tool puts between layers: data that changes its place or its layout. */
static bool is_glue(const char *name)
{
    static const char *const begins[] = {
        "Reformatting CopyNode",
        "[HostToDevice",
        "[DeviceTo", /* TensorRT */
        "ReorderInput",
        "ReorderOutput",
        "Memcpy", /* onnxruntime */
        "vart::",
        "xir::",
        "data copy", /* Vitis AI, DLA */
    };
    static const char *const contains[] = {" input reformatter ", " output reformatter ",
                                           "copy_tensor_buffer"};
    static const char *const ends[] = {" copy",   "_copy_input", "_copy_output",
                                       " to nvm", " from nvm",   " finish"};
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (has_prefix(name, begins[i]))
            return true;
    for (size_t i = 0; i < sizeof(contains) / sizeof(contains[0]); i++)
        if (strstr(name, contains[i]) != NULL)
            return true;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (has_suffix(name, ends[i]))
            return true;
    return false;
}

/* A rule's layer that may be several: only the index of a primitive is clear then. */
static enum aw_err fail_rule(const struct awh_mapping *mapping, const struct awh_yaml *target,
                             const struct hit *hit, struct awh_diag *diag)
{
    struct awh_str list;
    list_candidates(mapping, hit, NULL, &list);
    enum aw_err err =
        list.failed ? awh_fail_mem(diag)
                    : awh_yaml_fail(target, AW_ERR_MISMATCH, diag,
                                    "layer '%.80s' of net %.40s may be any of %s; give the index "
                                    "of the primitive",
                                    target->str.text, mapping->net, list.text);
    awh_str_release(&list);
    return err;
}

static enum aw_err apply_rule(const struct awh_mapping *mapping, const struct awh_yaml *target,
                              struct awh_owner *owner, struct awh_diag *diag)
{
    if (target->kind == AWH_YAML_INT) {
        int64_t prim;
        enum aw_err err = awh_yaml_int(target, 0, (int64_t)mapping->prim_count - 1, &prim, diag);
        if (err == AW_OK)
            *owner = (struct awh_owner){.kind = AWH_OWNER_PRIM, .prim = (size_t)prim};
        return err;
    }
    if (awh_yaml_is_str(target, "glue")) {
        *owner = (struct awh_owner){.kind = AWH_OWNER_GLUE};
        return AW_OK;
    }
    char *plain = strdup(target->str.text);
    if (plain == NULL)
        return awh_fail_mem(diag);
    make_plain(plain);
    struct hit hit = find_exact(mapping, target->str.text, plain, strlen(plain));
    free(plain);
    if (hit.kind == HIT_AMBIGUOUS)
        return fail_rule(mapping, target, &hit, diag);
    if (hit.kind == HIT_NOTHING)
        return awh_yaml_fail(
            target, AW_ERR_NOT_FOUND, diag,
            "net %.40s has no layer '%.80s'; expected a layer of it, the index of one of "
            "its %zu primitives, or glue",
            mapping->net, target->str.text, mapping->prim_count);
    *owner = (struct awh_owner){.kind = AWH_OWNER_PRIM, .prim = hit.layer->prim};
    return AW_OK;
}

/* The owner of a fused group; also of a name by itself, which is a group of one. */
static enum aw_err find_group(const struct awh_mapping *mapping, const char *place,
                              const char *name, const char *plain, struct awh_owner *owner,
                              struct awh_diag *diag)
{
    struct awh_group group = awh_group_open(name, strlen(name));
    struct awh_group_member member;
    const struct layer *first = NULL;
    struct hit ambiguous = {0};
    bool spans = false, range = false, range_start_known = false, leads = false;

    while (awh_group_next(&group, &member)) {
        struct hit hit = find_member(mapping, member, plain + (member.text - name));
        range = range || member.range_start || member.range_end;
        if (hit.kind == HIT_AMBIGUOUS && ambiguous.kind == HIT_NOTHING) {
            ambiguous = hit;
            leads = first == NULL;
        }
        if (hit.kind != HIT_LAYER)
            continue;
        range_start_known = range_start_known || member.range_start;
        spans = spans || (first != NULL && first->prim != hit.layer->prim);
        if (first == NULL || hit.layer->position < first->position)
            first = hit.layer;
    }
    /* Tools list what they fused in order: what stands before all known layers may be the first of
     * them, and so decide who owns the group. */
    if (ambiguous.kind == HIT_AMBIGUOUS &&
        (first == NULL || (leads && ambiguous.layer->position < first->position &&
                           ambiguous.layer->prim != first->prim)))
        return fail_ambiguous(mapping, place, name, plain + (ambiguous.member.text - name),
                              &ambiguous, diag);
    if (first == NULL || (range && !range_start_known))
        *owner = (struct awh_owner){.kind = AWH_OWNER_UNATTRIBUTED};
    else
        *owner = (struct awh_owner){.kind = AWH_OWNER_PRIM, .prim = first->prim, .spans = spans};
    return AW_OK;
}

enum aw_err awh_mapping_find(const struct awh_mapping *mapping, const char *place,
                             const char *vendor_name, struct awh_owner *owner_out,
                             struct awh_diag *diag)
{
    const struct awh_yaml *target =
        mapping->names != NULL ? awh_names_find(mapping->names, mapping->net, vendor_name) : NULL;
    if (target != NULL)
        return apply_rule(mapping, target, owner_out, diag);

    char *plain = strdup(vendor_name);
    if (plain == NULL)
        return awh_fail_mem(diag);
    make_plain(plain);
    enum aw_err err = AW_OK;
    struct hit whole = find_exact(mapping, vendor_name, plain, strlen(plain));
    if (whole.kind == HIT_LAYER)
        *owner_out = (struct awh_owner){.kind = AWH_OWNER_PRIM, .prim = whole.layer->prim};
    else if (whole.kind == HIT_NOTHING && is_glue(vendor_name))
        *owner_out = (struct awh_owner){.kind = AWH_OWNER_GLUE};
    else
        err = find_group(mapping, place, vendor_name, plain, owner_out, diag);
    free(plain);
    return err;
}

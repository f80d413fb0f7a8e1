/* From libyaml's events to nodes. The event interface keeps libyaml from building a tree of its
 * own, so that depth and aliases are bounded here, while reading. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/path.h"
#include "base/yaml_internal.h"

#define DUPLICATE_WARNINGS 10
#define MAX_TAG_DIRECTIVES 100u

/* An open sequence or map. Its children wait on the loader's stack, maps as key, value, key, value.
 */
struct frame {
    struct awh_yaml *node;
    size_t first_child;
    size_t anchor; /* SIZE_MAX: none */
    uint64_t nodes_before;
    unsigned height; /* of the highest child, itself included */
};

struct anchor {
    uint64_t nodes; /* in the subtree, aliases written out; 64 bytes of text count as one */
    unsigned height;
    bool open;
};

struct loader {
    yaml_parser_t parser;
    struct awh_arena *arena;
    struct awh_diag *diag;
    const char *name;
    bool json;

    struct frame frames[AWH_YAML_MAX_DEPTH];
    unsigned depth;
    struct awh_yaml **children;
    size_t child_count, child_capacity;

    struct awh_yaml anchor_map; /* name -> node; anchors[i] belongs to its item i */
    struct anchor *anchors;
    size_t anchor_capacity;

    struct awh_yaml merge_key; /* its address stands for a plain << */
    struct awh_yaml *root;
    uint64_t nodes, aliased; /* as anchor.nodes; those of aliases by themselves */
    unsigned duplicates;
};

static enum aw_err fail_at(struct loader *l, size_t line, enum aw_err err, const char *text)
{
    return awh_fail(l->diag, err, "%s:%zu: %s", l->name, line + 1, text);
}

static enum aw_err fail_parse(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        return awh_fail_mem(l->diag);
    }
    const char *problem = p->problem == NULL ? "cannot be parsed" : p->problem;
    if (p->error == YAML_READER_ERROR) {
        return awh_fail(l->diag, AW_ERR_FORMAT, "%s: byte %zu: not UTF-8 text: %s", l->name,
                        p->problem_offset, problem);
    }
    return awh_fail(l->diag, AW_ERR_FORMAT, "%s:%zu: column %zu: not YAML: %s%s%s", l->name,
                    p->problem_mark.line + 1, p->problem_mark.column + 1,
                    p->context == NULL ? "" : p->context, p->context == NULL ? "" : ": ", problem);
}

/* In a map, whether the next node is a key. */
static bool wants_key(const struct loader *l)
{
    if (l->depth == 0) {
        return false;
    }
    const struct frame *top = &l->frames[l->depth - 1];
    return top->node->kind == AWH_YAML_MAP && (l->child_count - top->first_child) % 2 == 0;
}

/* Gives a node its place below the open collection. */
static void place(struct loader *l, struct awh_yaml *node, size_t line)
{
    node->line = (unsigned)line + 1;
    node->file = l->name;
    if (l->depth == 0) {
        return;
    }
    const struct frame *top = &l->frames[l->depth - 1];
    node->parent = top->node;
    if (top->node->kind == AWH_YAML_SEQ) {
        node->index = l->child_count - top->first_child;
    } else if (!wants_key(l)) {
        node->key = l->children[l->child_count - 1]->key;
    }
}

/* Hands a finished node to the open collection; `nodes` and `height` are those of its subtree. */
static enum aw_err add_child(struct loader *l, struct awh_yaml *node, uint64_t nodes,
                             unsigned height, size_t line)
{
    l->nodes += nodes;
    if (l->nodes > AWH_YAML_MAX_NODES) {
        return fail_at(l, line, AW_ERR_RANGE, "more than 16 million nodes");
    }
    if (l->depth + height > AWH_YAML_MAX_DEPTH) {
        return fail_at(l, line, AW_ERR_RANGE, "nested deeper than 100 levels");
    }
    if (l->depth == 0) {
        l->root = node;
        return AW_OK;
    }
    struct frame *top = &l->frames[l->depth - 1];
    top->height = top->height < height + 1 ? height + 1 : top->height;
    struct awh_yaml **grown =
        awh_grow(l->children, &l->child_capacity, l->child_count + 1, sizeof(struct awh_yaml *));
    if (grown == NULL) {
        return awh_fail_mem(l->diag);
    }
    l->children = grown;
    l->children[l->child_count++] = node;
    return AW_OK;
}

static struct awh_yaml *new_text(struct loader *l, const char *text, size_t size)
{
    struct awh_yaml *node = awh_arena_alloc(l->arena, sizeof(*node));
    if (node != NULL) {
        node->kind = AWH_YAML_STR;
        node->str.text = awh_arena_strndup(l->arena, text, size);
        node->str.size = size;
    }
    return node != NULL && node->str.text != NULL ? node : NULL;
}

/* Anchors */

static enum aw_err define_anchor(struct loader *l, const yaml_char_t *name, struct awh_yaml *node,
                                 size_t line, size_t *index_out)
{
    *index_out = SIZE_MAX;
    if (name == NULL) {
        return AW_OK;
    }
    const char *text = (const char *)name;
    struct awh_yaml *key = new_text(l, text, strlen(text));
    if (key == NULL) {
        return awh_fail_mem(l->diag);
    }
    if (awh_yaml_find(&l->anchor_map, key) != SIZE_MAX) {
        return awh_fail(l->diag, AW_ERR_FORMAT, "%s:%zu: anchor &%s is defined a second time",
                        l->name, line + 1, text);
    }
    size_t index = l->anchor_map.list.count;
    struct anchor *grown = awh_grow(l->anchors, &l->anchor_capacity, index + 1, sizeof(*grown));
    if (grown == NULL) {
        return awh_fail_mem(l->diag);
    }
    l->anchors = grown;
    if (!awh_yaml_append(l->arena, &l->anchor_map, key, node)) {
        return awh_fail_mem(l->diag);
    }
    l->anchors[index] = (struct anchor){.nodes = 1, .open = true};
    *index_out = index;
    return AW_OK;
}

/* A shared scalar cannot carry the key text of two places. */
static struct awh_yaml *copy_as_key(struct loader *l, const struct awh_yaml *scalar, size_t line)
{
    struct awh_yaml *copy = awh_yaml_copy(l->arena, scalar);
    if (copy == NULL) {
        return NULL;
    }
    char text[64];
    copy->parent = NULL;
    copy->index = 0;
    if (scalar->kind == AWH_YAML_STR) {
        copy->key = scalar->str.text;
    } else {
        copy->key = awh_arena_strdup(l->arena, awh_yaml_describe(scalar, text, sizeof(text)));
    }
    place(l, copy, line);
    return copy->key == NULL ? NULL : copy;
}

static bool is_collection(const struct awh_yaml *node)
{
    return node->kind == AWH_YAML_SEQ || node->kind == AWH_YAML_MAP;
}

static enum aw_err fail_key(struct loader *l, size_t line)
{
    return fail_at(l, line, AW_ERR_UNSUPPORTED,
                   "a list or map is used as a key; expected a string, number, bool or null");
}

static enum aw_err on_alias(struct loader *l, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.alias.anchor;
    size_t line = event->start_mark.line;
    struct awh_yaml key = {.kind = AWH_YAML_STR, .str = {text, strlen(text)}};
    size_t index = awh_yaml_find(&l->anchor_map, &key);
    if (index == SIZE_MAX) {
        return awh_fail(l->diag, AW_ERR_FORMAT, "%s:%zu: alias *%s has no anchor &%s before it",
                        l->name, line + 1, text, text);
    }
    const struct anchor *anchor = &l->anchors[index];
    if (anchor->open) {
        return awh_fail(l->diag, AW_ERR_FORMAT, "%s:%zu: alias *%s stands inside its own anchor",
                        l->name, line + 1, text);
    }
    /* A few lines can stand for anything; whoever writes the document out must not suffer for it.
     */
    l->aliased += anchor->nodes;
    if (l->aliased > AWH_YAML_MAX_ALIASED) {
        return fail_at(l, line, AW_ERR_RANGE,
                       "aliases stand for more than a million nodes (or 64 MB of text)");
    }
    struct awh_yaml *node = l->anchor_map.list.items[index];
    if (wants_key(l)) {
        if (is_collection(node)) {
            return fail_key(l, line);
        }
        node = copy_as_key(l, node, line);
        if (node == NULL) {
            return awh_fail_mem(l->diag);
        }
    }
    return add_child(l, node, anchor->nodes, anchor->height, line);
}

/* Scalars */

static enum aw_err on_scalar(struct loader *l, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    size_t size = event->data.scalar.length, line = event->start_mark.line;
    bool plain = event->data.scalar.plain_implicit;
    if (wants_key(l) && plain && awh_yaml_resolve(text, size) == AWH_TAG_MERGE) {
        return add_child(l, &l->merge_key, 1, 0, line);
    }
    struct awh_yaml *node = awh_arena_alloc(l->arena, sizeof(*node));
    if (node == NULL) {
        return awh_fail_mem(l->diag);
    }
    place(l, node, line);
    enum aw_err err;
    if (tag != NULL && strcmp(tag, "!") != 0) {
        err = awh_yaml_set_tagged(l->arena, node, tag, text, size, l->diag);
    } else if (plain) {
        err = awh_yaml_set_plain(l->arena, node, text, size, l->json, l->diag);
    } else {
        err = awh_yaml_set_text(l->arena, node, text, size, l->diag);
    }
    if (err == AW_OK && wants_key(l)) {
        node->key =
            node->kind == AWH_YAML_STR ? node->str.text : awh_arena_strndup(l->arena, text, size);
        err = node->key == NULL ? awh_fail_mem(l->diag) : AW_OK;
    }
    size_t anchor;
    if (err == AW_OK) {
        err = define_anchor(l, event->data.scalar.anchor, node, line, &anchor);
    }
    if (err != AW_OK) {
        return err;
    }
    uint64_t nodes = 1 + size / 64;
    if (anchor != SIZE_MAX) {
        l->anchors[anchor].open = false;
        l->anchors[anchor].nodes = nodes;
    }
    return add_child(l, node, nodes, 0, line);
}

/* Collections */

static enum aw_err check_collection_tag(const struct awh_yaml *node, const yaml_char_t *tag_text,
                                        struct awh_diag *diag)
{
    const char *tag = (const char *)tag_text;
    if (tag == NULL || strcmp(tag, "!") == 0) {
        return AW_OK;
    }
    bool known = node->kind == AWH_YAML_MAP ? strcmp(tag, AWH_YAML_TAGS "map") == 0
                                            : strcmp(tag, AWH_YAML_TAGS "seq") == 0 ||
                                                  strcmp(tag, AWH_YAML_TAGS "python/tuple") == 0;
    return known ? AW_OK : awh_yaml_fail_tag(node, tag, diag);
}

static enum aw_err on_start(struct loader *l, const yaml_event_t *event, enum awh_yaml_kind kind,
                            const yaml_char_t *tag, const yaml_char_t *anchor)
{
    size_t line = event->start_mark.line;
    if (wants_key(l)) {
        return fail_key(l, line);
    }
    if (l->depth == AWH_YAML_MAX_DEPTH) {
        return fail_at(l, line, AW_ERR_RANGE, "nested deeper than 100 levels");
    }
    struct awh_yaml *node = awh_arena_alloc(l->arena, sizeof(*node));
    if (node == NULL) {
        return awh_fail_mem(l->diag);
    }
    node->kind = kind;
    place(l, node, line);
    size_t index;
    enum aw_err err = check_collection_tag(node, tag, l->diag);
    if (err == AW_OK) {
        err = define_anchor(l, anchor, node, line, &index);
    }
    if (err == AW_OK) {
        l->frames[l->depth++] = (struct frame){.node = node,
                                               .first_child = l->child_count,
                                               .anchor = index,
                                               .nodes_before = l->nodes,
                                               .height = 1};
    }
    return err;
}

static bool close_seq(struct loader *l, const struct frame *frame)
{
    struct awh_yaml *node = frame->node;
    size_t count = l->child_count - frame->first_child;
    node->list.items = awh_arena_array(l->arena, count, sizeof(struct awh_yaml *));
    if (node->list.items == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(node->list.items, l->children + frame->first_child,
               count * sizeof(struct awh_yaml *));
    }
    node->list.count = node->list.capacity = count;
    return true;
}

static void warn_duplicate(struct loader *l, const struct awh_yaml *map, const struct awh_yaml *key,
                           size_t old)
{
    l->duplicates++;
    if (l->duplicates <= DUPLICATE_WARNINGS) {
        struct awh_yaml at = *map;
        at.line = key->line;
        awh_yaml_warn(&at, l->diag,
                      "the key '%.80s' was already given in line %u; the last one counts", key->key,
                      map->list.keys[old]->line);
    }
}

/* `own`: from the map itself, whose keys replace merged ones silently. */
static bool put_pair(struct loader *l, struct awh_yaml *map, struct awh_yaml *key,
                     struct awh_yaml *item, bool own)
{
    size_t old = awh_yaml_find(map, key);
    if (old == SIZE_MAX) {
        return awh_yaml_append(l->arena, map, key, item);
    }
    if (own && map->list.keys[old]->parent == map) {
        warn_duplicate(l, map, key, old);
    }
    map->list.items[old] = item;
    if (own) {
        map->list.keys[old] = key;
    }
    return true;
}

static bool put_pairs_of(struct loader *l, struct awh_yaml *map, const struct awh_yaml *source)
{
    for (size_t i = 0; i < source->list.count; i++) {
        if (!put_pair(l, map, source->list.keys[i], source->list.items[i], false)) {
            return false;
        }
    }
    return true;
}

/* Of several maps in one <<, the first has the last word; of several <<, the last. */
static enum aw_err merge_into(struct loader *l, struct awh_yaml *map, const struct awh_yaml *source)
{
    bool is_map = source->kind == AWH_YAML_MAP;
    bool ok = !is_map || put_pairs_of(l, map, source);
    size_t count = source->kind == AWH_YAML_SEQ ? source->list.count : 0;
    for (size_t i = count; ok && i > 0; i--) {
        const struct awh_yaml *item = source->list.items[i - 1];
        if (item->kind != AWH_YAML_MAP) {
            return awh_yaml_fail(item, AW_ERR_FORMAT, l->diag, "expected a map to merge with <<");
        }
        ok = put_pairs_of(l, map, item);
    }
    if (!is_map && source->kind != AWH_YAML_SEQ) {
        return awh_yaml_fail(map, AW_ERR_FORMAT, l->diag,
                             "<< needs a map or a list of maps to merge");
    }
    return ok ? AW_OK : awh_fail_mem(l->diag);
}

static enum aw_err close_map(struct loader *l, const struct frame *frame)
{
    struct awh_yaml *map = frame->node;
    struct awh_yaml *const *pairs = l->children + frame->first_child;
    size_t count = l->child_count - frame->first_child;
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < count; i += 2) {
        if (pairs[i] == &l->merge_key) {
            err = merge_into(l, map, pairs[i + 1]);
        }
    }
    for (size_t i = 0; err == AW_OK && i < count; i += 2) {
        if (pairs[i] != &l->merge_key && !put_pair(l, map, pairs[i], pairs[i + 1], true)) {
            err = awh_fail_mem(l->diag);
        }
    }
    return err;
}

static enum aw_err on_end(struct loader *l, const yaml_event_t *event)
{
    struct frame frame = l->frames[l->depth - 1];
    enum aw_err err = AW_OK;
    if (frame.node->kind == AWH_YAML_MAP) {
        err = close_map(l, &frame);
    } else if (!close_seq(l, &frame)) {
        err = awh_fail_mem(l->diag);
    }
    if (err != AW_OK) {
        return err;
    }
    l->child_count = frame.first_child;
    l->depth--;
    if (frame.anchor != SIZE_MAX) {
        l->anchors[frame.anchor] =
            (struct anchor){.nodes = l->nodes - frame.nodes_before + 1, .height = frame.height};
    }
    return add_child(l, frame.node, 1, frame.height, event->start_mark.line);
}

/* Documents */

static enum aw_err on_event(struct loader *l, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return l->root == NULL ? AW_OK
                               : fail_at(l, event->start_mark.line, AW_ERR_FORMAT,
                                         "a second document starts; expected one");
    case YAML_ALIAS_EVENT:
        return on_alias(l, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(l, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(l, event, AWH_YAML_SEQ, event->data.sequence_start.tag,
                        event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return on_start(l, event, AWH_YAML_MAP, event->data.mapping_start.tag,
                        event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(l, event);
    default:
        return AW_OK;
    }
}

static enum aw_err read_events(struct loader *l)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&l->parser, &event)) {
            return fail_parse(l);
        }
        bool last = event.type == YAML_STREAM_END_EVENT;
        enum aw_err err = on_event(l, &event);
        yaml_event_delete(&event);
        if (err != AW_OK || last) {
            return err;
        }
    }
}

/* libyaml compares each %TAG directive with all before it: a file of them would take hours. */
static bool has_too_many_tags(const char *bytes, size_t size)
{
    static const char directive[] = "%TAG";
    const char *at = bytes, *end = bytes + size;
    unsigned count = 0;
    while (count <= MAX_TAG_DIRECTIVES &&
           (at = memmem(at, (size_t)(end - at), directive, strlen(directive))) != NULL) {
        count += at == bytes || at[-1] == '\n' || at[-1] == '\r';
        at += strlen(directive);
    }
    return count > MAX_TAG_DIRECTIVES;
}

static enum aw_err parse(struct loader *l, const char *bytes, size_t size)
{
    if (has_too_many_tags(bytes, size)) {
        return awh_fail(l->diag, AW_ERR_RANGE, "%s: more than %u %%TAG directives", l->name,
                        MAX_TAG_DIRECTIVES);
    }
    if (!yaml_parser_initialize(&l->parser)) {
        return awh_fail_mem(l->diag);
    }
    yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l->parser, (const unsigned char *)bytes, size);
    enum aw_err err = read_events(l);
    yaml_parser_delete(&l->parser);
    if (err == AW_OK && l->root == NULL) {
        l->root = awh_yaml_new_null(l->arena);
        if (l->root == NULL) {
            return awh_fail_mem(l->diag);
        }
        place(l, l->root, 0);
    }
    return err;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

enum aw_err awh_yaml_load(struct awh_arena *arena, const char *name, const char *bytes, size_t size,
                          struct awh_yaml **root_out, struct awh_diag *diag)
{
    struct loader *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return awh_fail_mem(diag);
    }
    l->arena = arena;
    l->diag = diag;
    l->name = awh_arena_strdup(arena, name);
    l->json = ends_with(name, ".json");
    l->anchor_map.kind = AWH_YAML_MAP;
    l->merge_key.key = "<<";
    enum aw_err err = l->name == NULL ? awh_fail_mem(diag) : parse(l, bytes, size);
    if (err == AW_OK && l->duplicates > DUPLICATE_WARNINGS) {
        awh_warn(diag, "%s: %u more duplicate keys", l->name, l->duplicates - DUPLICATE_WARNINGS);
    }
    if (err == AW_OK) {
        *root_out = l->root;
    }
    free(l->children);
    free(l->anchors);
    free(l);
    return err;
}

enum aw_err awh_yaml_load_file(struct awh_arena *arena, const char *path,
                               struct awh_yaml **root_out, struct awh_diag *diag)
{
    struct awh_arena text;
    awh_arena_init(&text);
    char *bytes;
    size_t size;
    enum aw_err err = awh_file_read(&text, path, AWH_YAML_MAX_FILE_BYTES, &bytes, &size, diag);
    if (err == AW_OK) {
        err = awh_yaml_load(arena, path, bytes, size, root_out, diag);
    }
    awh_arena_release(&text);
    return err;
}

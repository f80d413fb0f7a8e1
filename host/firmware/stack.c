/* The worst stack: the costliest way through the call graph. Functions that take part in recursion
 * are walked with a bound on the frames of each; all others once. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/callgraph.h"

#define UNKNOWN        UINT64_MAX /* a depth that is not computed yet */
#define PATH_MAX_CALLS 256
#define STEPS_MAX      20000000u /* of the walk through recursion */

struct finder {
    struct awh_arena *arena;
    const struct awh_image *image;
    struct awh_callgraph *graph;
    const struct awh_yaml *rules;
    uint64_t *depth;  /* of functions outside recursion */
    uint32_t *frames; /* on the way that is being walked */
    uint32_t *bound;  /* of frames */
    bool *cyclic, *reached;
    uint64_t steps;
    struct awh_diag *diag;
};

/* -- Rules
 * ------------------------------------------------------------------------------------------ */

static bool matches(const char *pattern, const struct awh_callgraph_function *f)
{
    const char *name = pattern, *colon = strrchr(pattern, ':');
    if (strchr(pattern, '/') != NULL) {
        char file[512];
        size_t size = colon != NULL ? (size_t)(colon - pattern) : strlen(pattern);
        if (f->source == NULL || size >= sizeof(file))
            return false;
        memcpy(file, pattern, size);
        file[size] = '\0';
        if (fnmatch(file, f->source, 0) != 0)
            return false;
        if (colon == NULL)
            return true;
        name = colon + 1;
    }
    return fnmatch(name, f->name, 0) == 0;
}

static enum aw_err need_map(const struct awh_yaml *node, struct awh_diag *diag)
{
    if (node == NULL || node->kind == AWH_YAML_MAP)
        return AW_OK;
    return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected a map of function names");
}

/* Edges from every function that `caller` means to every one that `callees` mean. */
static enum aw_err add_indirect(struct finder *f, const char *caller,
                                const struct awh_yaml *callees, bool *told)
{
    struct awh_callgraph *graph = f->graph;
    if (callees->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(callees, AW_ERR_FORMAT, f->diag, "expected a list of function names");
    for (size_t i = 0; i < graph->count; i++)
        if (graph->functions[i].indirect && matches(caller, &graph->functions[i]))
            told[i] = true;
    for (size_t k = 0; k < callees->list.count; k++) {
        const char *callee;
        enum aw_err err = awh_yaml_text(callees->list.items[k], &callee, f->diag);
        for (size_t i = 0; err == AW_OK && i < graph->count; i++) {
            if (!graph->functions[i].indirect || !matches(caller, &graph->functions[i]))
                continue;
            for (size_t j = 0; err == AW_OK && j < graph->count; j++)
                if (graph->functions[j].known && matches(callee, &graph->functions[j]) &&
                    awh_image_has_function(f->image, graph->functions[j].name))
                    err = awh_callgraph_add_call(f->arena, graph, i, j, f->diag);
        }
        if (err != AW_OK)
            return err;
    }
    return AW_OK;
}

static enum aw_err apply_numbers(struct finder *f, const char *key, int64_t max,
                                 void (*set)(struct finder *f, size_t i, int64_t value))
{
    const struct awh_yaml *map = awh_yaml_get_set(f->rules, key);
    enum aw_err err = need_map(map, f->diag);
    for (size_t k = 0; err == AW_OK && map != NULL && k < map->list.count; k++) {
        const char *pattern;
        int64_t value;
        if ((err = awh_yaml_text(map->list.keys[k], &pattern, f->diag)) != AW_OK ||
            (err = awh_yaml_int(map->list.items[k], 0, max, &value, f->diag)) != AW_OK)
            return err;
        for (size_t i = 0; i < f->graph->count; i++)
            if (matches(pattern, &f->graph->functions[i]))
                set(f, i, value);
    }
    return err;
}

static void set_bound(struct finder *f, size_t i, int64_t value)
{
    f->bound[i] = (uint32_t)value;
}

static void set_stack(struct finder *f, size_t i, int64_t value)
{
    if (f->graph->functions[i].known)
        return;
    f->graph->functions[i].stack_bytes = (uint64_t)value;
    f->graph->functions[i].known = true;
}

/* -- Recursion
 * -------------------------------------------------------------------------------------- */

static bool reaches(const struct finder *f, size_t from, size_t to, bool *seen, size_t *stack)
{
    size_t count = 0;
    memset(seen, 0, f->graph->count * sizeof(*seen));
    stack[count++] = from;
    while (count > 0) {
        const struct awh_callgraph_function *at = &f->graph->functions[stack[--count]];
        for (size_t k = 0; k < at->call_count; k++) {
            size_t next = at->calls[k];
            if (next == to)
                return true;
            if (!seen[next]) {
                seen[next] = true;
                stack[count++] = next;
            }
        }
    }
    return false;
}

static enum aw_err mark_cycles(struct finder *f)
{
    size_t n = f->graph->count;
    bool *seen = awh_arena_array(f->arena, n, sizeof(*seen));
    size_t *stack = awh_arena_array(f->arena, n + 1, sizeof(*stack));
    if (seen == NULL || stack == NULL)
        return awh_fail_mem(f->diag);
    for (size_t i = 0; i < n; i++)
        f->cyclic[i] = reaches(f, i, i, seen, stack);
    return AW_OK;
}

/* -- Depth
 * ------------------------------------------------------------------------------------------ */

/* The stack from here on, on top of the frames that are there; *next: the callee that needs most,
 * SIZE_MAX: none. */
static uint64_t walk(struct finder *f, size_t at, size_t *next)
{
    const struct awh_callgraph_function *function = &f->graph->functions[at];
    uint64_t most = 0;
    *next = SIZE_MAX;
    f->reached[at] = true;
    f->frames[at]++;
    for (size_t k = 0; k < function->call_count && f->steps < STEPS_MAX; k++) {
        size_t callee = function->calls[k], ignored;
        if (f->frames[callee] >= f->bound[callee])
            continue;
        f->steps++;
        uint64_t depth = f->depth[callee];
        if (depth == UNKNOWN)
            depth = walk(f, callee, &ignored);
        if (*next == SIZE_MAX || depth > most) {
            most = depth;
            *next = callee;
        }
    }
    f->frames[at]--;
    most += function->stack_bytes;
    if (!f->cyclic[at])
        f->depth[at] = most;
    return most;
}

static enum aw_err find_path(struct finder *f, size_t root, struct awh_stack_worst *out)
{
    size_t next;
    uint64_t bytes = walk(f, root, &next);
    if (f->steps >= STEPS_MAX)
        return awh_fail(
            f->diag, AW_ERR_RANGE,
            "the recursion around %s has too many ways; name fewer functions in `indirect`",
            f->graph->functions[root].name);
    if (out->path != NULL && bytes <= out->bytes)
        return AW_OK;
    out->bytes = bytes;
    out->path_count = 0;
    out->path = awh_arena_array(f->arena, PATH_MAX_CALLS, sizeof(*out->path));
    if (out->path == NULL)
        return awh_fail_mem(f->diag);
    /* The same choices once more, with the frames of the way so far in place. */
    for (size_t at = root; at != SIZE_MAX && out->path_count < PATH_MAX_CALLS; at = next) {
        const struct awh_callgraph_function *function = &f->graph->functions[at];
        out->path[out->path_count] = awh_arena_printf(f->arena, "%s %llu", function->name,
                                                      (unsigned long long)function->stack_bytes);
        if (out->path[out->path_count++] == NULL)
            return awh_fail_mem(f->diag);
        walk(f, at, &next);
        f->frames[at]++;
    }
    memset(f->frames, 0, f->graph->count * sizeof(*f->frames));
    return AW_OK;
}

static enum aw_err list_unknown(struct finder *f, const bool *told, struct awh_stack_worst *out)
{
    out->unknown = awh_arena_array(f->arena, 2 * f->graph->count, sizeof(*out->unknown));
    if (out->unknown == NULL)
        return awh_fail_mem(f->diag);
    for (size_t i = 0; i < f->graph->count; i++) {
        const struct awh_callgraph_function *function = &f->graph->functions[i];
        const char *why = !function->known    ? "was not compiled by GCC from C"
                          : function->dynamic ? "takes stack without a bound"
                          : function->indirect && !told[i]
                              ? "calls through a pointer, and no rule says whom"
                              : NULL;
        if (!f->reached[i] || why == NULL)
            continue;
        const char *text = awh_arena_printf(f->arena, "%s: %s", function->name, why);
        if (text == NULL)
            return awh_fail_mem(f->diag);
        out->unknown[out->unknown_count++] = text;
    }
    return AW_OK;
}

/* The worst of the functions that a list of the rules names. */
static enum aw_err find_worst(struct finder *f, const struct awh_yaml *names,
                              struct awh_stack_worst *out)
{
    enum aw_err err = AW_OK;
    for (size_t k = 0; err == AW_OK && k < names->list.count; k++) {
        const char *name;
        bool found = false;
        err = awh_yaml_text(names->list.items[k], &name, f->diag);
        for (size_t i = 0; err == AW_OK && i < f->graph->count; i++)
            if (f->graph->functions[i].known && strcmp(f->graph->functions[i].name, name) == 0) {
                found = true;
                err = find_path(f, i, out);
            }
        if (err == AW_OK && !found)
            err = awh_yaml_fail(names->list.items[k], AW_ERR_NOT_FOUND, f->diag,
                                "the firmware has no function '%s'", name);
    }
    return err;
}

/* Interrupts do not interrupt each other: the worst of them lies on the worst of the rest. */
static enum aw_err find_all(struct finder *f, struct awh_stack_worst *out)
{
    struct awh_yaml *names;
    struct awh_stack_worst interrupt = {.path = NULL};
    int64_t frame = 0;
    enum aw_err err = awh_yaml_need(f->rules, "roots", AWH_YAML_SEQ, &names, f->diag);
    if (err == AW_OK)
        err = find_worst(f, names, out);
    if (err != AW_OK || awh_yaml_get_set(f->rules, "interrupts") == NULL)
        return err;
    if ((err = awh_yaml_need(f->rules, "interrupts", AWH_YAML_SEQ, &names, f->diag)) != AW_OK ||
        (err = awh_yaml_opt_int(f->rules, "interrupt_frame_bytes", 0, INT32_MAX, &frame,
                                f->diag)) != AW_OK ||
        (err = find_worst(f, names, &interrupt)) != AW_OK)
        return err;
    out->interrupt_bytes = interrupt.bytes + (uint64_t)frame;
    out->bytes += out->interrupt_bytes;
    return AW_OK;
}

enum aw_err awh_stack_find(struct awh_arena *arena, const struct awh_image *image,
                           struct awh_callgraph *graph, const struct awh_yaml *rules,
                           struct awh_stack_worst *out, struct awh_diag *diag)
{
    size_t n = graph->count;
    struct awh_stack_worst worst = {.path = NULL};
    struct finder f = {
        .arena = arena, .image = image, .graph = graph, .rules = rules, .diag = diag};
    f.depth = awh_arena_array(arena, n, sizeof(*f.depth));
    f.frames = awh_arena_array(arena, n, sizeof(*f.frames));
    f.bound = awh_arena_array(arena, n, sizeof(*f.bound));
    f.cyclic = awh_arena_array(arena, n, sizeof(*f.cyclic));
    f.reached = awh_arena_array(arena, n, sizeof(*f.reached));
    bool *told = awh_arena_array(arena, n, sizeof(*told));
    if (f.depth == NULL || f.frames == NULL || f.bound == NULL || f.cyclic == NULL ||
        f.reached == NULL || told == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < n; i++) {
        f.depth[i] = UNKNOWN;
        f.bound[i] = 1;
    }
    const struct awh_yaml *indirect = awh_yaml_get_set(rules, "indirect");
    enum aw_err err = need_map(indirect, diag);
    for (size_t k = 0; err == AW_OK && indirect != NULL && k < indirect->list.count; k++) {
        const char *caller;
        err = awh_yaml_text(indirect->list.keys[k], &caller, diag);
        if (err == AW_OK)
            err = add_indirect(&f, caller, indirect->list.items[k], told);
    }
    if (err != AW_OK || (err = apply_numbers(&f, "recursion", 16, set_bound)) != AW_OK ||
        (err = apply_numbers(&f, "stack_bytes", INT32_MAX, set_stack)) != AW_OK ||
        (err = mark_cycles(&f)) != AW_OK || (err = find_all(&f, &worst)) != AW_OK ||
        (err = list_unknown(&f, told, &worst)) != AW_OK)
        return err;
    *out = worst;
    return AW_OK;
}

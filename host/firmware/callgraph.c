/* GCC's -fcallgraph-info writes VCG, one node or edge a line:
 *
 *   graph: { title: "target/src/runner.c"
 *   node: { title: "runner.c:run_all" label: "run_all\nrunner.c:23:39\n48 bytes (static)" }
 *   node: { title: "awb_ticks" label: "awb_ticks\nhal.h:26:10" shape : ellipse }
 *   edge: { sourcename: "runner.c:run_all" targetname: "__indirect_call" label: "runner.c:14:5" }
 *
 * The title of a function with internal linkage has its file in front. The same one may be in
 * several files, from a header: the largest stack usage counts. */
#include "firmware/callgraph.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

#define CI_BYTES_MAX  ((size_t)64 << 20)
#define TITLE_MAX     512
#define INDIRECT_CALL "__indirect_call"
#define NONE          SIZE_MAX

struct loader {
    struct awh_arena *arena;
    struct awh_callgraph *graph;
    const char **titles; /* of the functions, as in the files */
    size_t title_capacity;
    const char *path, *source;
    struct awh_diag *diag;
};

/* Grows an array in an arena. */
static bool grow(struct awh_arena *arena, void *array_inout, size_t *capacity, size_t count,
                 size_t size)
{
    void **array = array_inout;
    if (count < *capacity)
        return true;
    size_t larger = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = awh_arena_array(arena, larger, size);
    if (grown == NULL)
        return false;
    if (count > 0)
        memcpy(grown, *array, count * size);
    *array = grown;
    *capacity = larger;
    return true;
}

enum aw_err awh_callgraph_add_call(struct awh_arena *arena, struct awh_callgraph *graph,
                                   size_t from, size_t to, struct awh_diag *diag)
{
    struct awh_callgraph_function *f = &graph->functions[from];
    size_t at = 0;
    while (at < f->call_count && f->calls[at] < to)
        at++;
    if (at < f->call_count && f->calls[at] == to)
        return AW_OK;
    void *calls = f->calls;
    if (!grow(arena, &calls, &f->call_capacity, f->call_count, sizeof(*f->calls)))
        return awh_fail_mem(diag);
    f->calls = calls;
    memmove(f->calls + at + 1, f->calls + at, (f->call_count - at) * sizeof(*f->calls));
    f->calls[at] = to;
    f->call_count++;
    return AW_OK;
}

/* A few thousand functions: a search from the end, where the current file's are, is fast enough. */
static size_t find(const struct loader *loader, const char *title)
{
    for (size_t i = loader->graph->count; i-- > 0;)
        if (strcmp(loader->titles[i], title) == 0)
            return i;
    return NONE;
}

/* Index of the function with this title; NONE: out of memory. */
static size_t intern(struct loader *loader, const char *title)
{
    struct awh_callgraph *graph = loader->graph;
    size_t at = find(loader, title);
    if (at != NONE)
        return at;
    const char *colon = strrchr(title, ':'), *name = colon != NULL ? colon + 1 : title;
    void *titles = loader->titles, *functions = graph->functions;
    if (!grow(loader->arena, &titles, &loader->title_capacity, graph->count,
              sizeof(*loader->titles)) ||
        !grow(loader->arena, &functions, &graph->capacity, graph->count, sizeof(*graph->functions)))
        return NONE;
    loader->titles = titles;
    graph->functions = functions;
    char *copy = awh_arena_strdup(loader->arena, title);
    char *plain = awh_arena_strndup(loader->arena, name, strcspn(name, "."));
    if (copy == NULL || plain == NULL)
        return NONE;
    loader->titles[graph->count] = copy;
    graph->functions[graph->count] = (struct awh_callgraph_function){.name = plain};
    return graph->count++;
}

/* The text in quotes behind `key`. */
static bool take_text(const char *line, const char *key, char text[TITLE_MAX])
{
    const char *begin = strstr(line, key);
    if (begin == NULL || (begin = strchr(begin, '"')) == NULL)
        return false;
    const char *end = strchr(++begin, '"');
    if (end == NULL || (size_t)(end - begin) >= TITLE_MAX)
        return false;
    memcpy(text, begin, (size_t)(end - begin));
    text[end - begin] = '\0';
    return true;
}

/* "NAME\nFILE:LINE:COLUMN\n48 bytes (static)": only definitions have the last part. */
static void read_usage(struct loader *loader, struct awh_callgraph_function *f, const char *label)
{
    const char *bytes = strstr(label, " bytes (");
    const char *begin = bytes;
    if (bytes == NULL)
        return;
    while (begin > label && begin[-1] >= '0' && begin[-1] <= '9')
        begin--;
    uint64_t usage = strtoull(begin, NULL, 10);
    f->known = true;
    f->source = loader->source;
    f->stack_bytes = usage > f->stack_bytes ? usage : f->stack_bytes;
    f->dynamic =
        f->dynamic || (strstr(bytes, "dynamic") != NULL && strstr(bytes, "bounded") == NULL);
}

static enum aw_err read_line(struct loader *loader, const char *line)
{
    char title[TITLE_MAX], other[TITLE_MAX];
    if (strncmp(line, "graph:", 6) == 0 && take_text(line, "title:", title)) {
        loader->source = awh_arena_strdup(loader->arena, title);
        return loader->source != NULL ? AW_OK : awh_fail_mem(loader->diag);
    }
    if (strncmp(line, "node:", 5) == 0) {
        if (!take_text(line, "title:", title) || !take_text(line, "label:", other))
            return awh_fail(loader->diag, AW_ERR_FORMAT, "%s: a node without title or label",
                            loader->path);
        if (strcmp(title, INDIRECT_CALL) == 0)
            return AW_OK;
        size_t at = intern(loader, title);
        if (at == NONE)
            return awh_fail_mem(loader->diag);
        read_usage(loader, &loader->graph->functions[at], other);
        return AW_OK;
    }
    if (strncmp(line, "edge:", 5) != 0)
        return AW_OK;
    if (!take_text(line, "sourcename:", title) || !take_text(line, "targetname:", other))
        return awh_fail(loader->diag, AW_ERR_FORMAT, "%s: an edge without its ends", loader->path);
    size_t from = intern(loader, title);
    if (from == NONE)
        return awh_fail_mem(loader->diag);
    if (strcmp(other, INDIRECT_CALL) == 0) {
        loader->graph->functions[from].indirect = true;
        return AW_OK;
    }
    size_t to = intern(loader, other);
    return to == NONE
               ? awh_fail_mem(loader->diag)
               : awh_callgraph_add_call(loader->arena, loader->graph, from, to, loader->diag);
}

static enum aw_err read_file(struct loader *loader, const char *path)
{
    struct awh_arena arena;
    char *text, *next;
    size_t size;
    awh_arena_init(&arena);
    loader->path = path;
    enum aw_err err = awh_file_read(&arena, path, CI_BYTES_MAX, &text, &size, loader->diag);
    for (; err == AW_OK && text != NULL; text = next) {
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        err = read_line(loader, text);
    }
    awh_arena_release(&arena);
    return err;
}

/* "x/act.c.obj" or "x/act.c.o" -> length of "x/act.c"; 0: no object of a C file. */
static size_t c_file_size(const char *object)
{
    const char *suffix = strrchr(object, '.');
    bool is_object = suffix != NULL && (strcmp(suffix, ".obj") == 0 || strcmp(suffix, ".o") == 0);
    size_t size = is_object ? (size_t)(suffix - object) : 0;
    return size > 2 && strncmp(object + size - 2, ".c", 2) == 0 ? size : 0;
}

static bool seen_before(const struct awh_image *image, size_t piece)
{
    for (size_t i = 0; i < piece; i++)
        if (image->pieces[i].object != NULL &&
            strcmp(image->pieces[i].object, image->pieces[piece].object) == 0)
            return true;
    return false;
}

enum aw_err awh_callgraph_load(struct awh_arena *arena, const char *build_dir,
                               const struct awh_image *image, struct awh_callgraph *graph_out,
                               struct awh_diag *diag)
{
    struct awh_callgraph graph = {.functions = NULL};
    struct loader loader = {.arena = arena, .graph = &graph, .diag = diag};
    for (size_t i = 0; i < image->piece_count; i++) {
        const char *object = image->pieces[i].object;
        size_t size = object != NULL ? c_file_size(object) : 0;
        if (size == 0 || seen_before(image, i))
            continue;
        char *path = object[0] == '/'
                         ? awh_arena_printf(arena, "%.*s.ci", (int)size, object)
                         : awh_arena_printf(arena, "%s/%.*s.ci", build_dir, (int)size, object);
        if (path == NULL)
            return awh_fail_mem(diag);
        if (!awh_path_exists(path))
            return awh_fail(
                diag, AW_ERR_NOT_FOUND,
                "%s: missing; compile the firmware with -fcallgraph-info=su, as its build here "
                "does, and not through a compiler cache",
                path);
        enum aw_err err = read_file(&loader, path);
        if (err != AW_OK)
            return err;
    }
    if (graph.count == 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no function of the image has a call graph",
                        build_dir);
    *graph_out = graph;
    return AW_OK;
}

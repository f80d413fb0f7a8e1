/* Who calls whom in a firmware, and how much stack each function takes: from the .ci files that GCC
 * writes beside its objects with -fcallgraph-info=su. */
#ifndef AWH_CALLGRAPH_H
#define AWH_CALLGRAPH_H

#include "base/yaml.h"
#include "firmware/image.h"

struct awh_callgraph_function {
    const char *name; /* without what the compiler appends (".isra.0") */
    const char
        *source; /* its file, as the compiler was given it; NULL: not compiled by GCC from C */
    uint64_t stack_bytes;
    bool known;    /* has a stack usage */
    bool dynamic;  /* its stack usage has no bound */
    bool indirect; /* calls through pointers */
    size_t *calls; /* indices, ascending, each once */
    size_t call_count, call_capacity;
};

struct awh_callgraph {
    struct awh_callgraph_function *functions;
    size_t count, capacity;
};

/* Of the objects in the image; `build_dir` is what their paths in the map are relative to.
 * Everything is in the arena. An object of a C file without its .ci is AW_ERR_NOT_FOUND. */
AW_MUST_USE enum aw_err awh_callgraph_load(struct awh_arena *arena, const char *build_dir,
                                           const struct awh_image *image,
                                           struct awh_callgraph *graph_out, struct awh_diag *diag);

/* What a call graph cannot tell; a map of
 *
 *   roots: [awt_main]           where execution begins; only there
 *   interrupts: [...]           functions that interrupt the others on the same stack; may be left
 * out interrupt_frame_bytes: N    what the core puts there before them indirect: {CALLER: [CALLEE,
 * ...]}   whom a function calls through its pointers recursion: {FUNCTION: N}    so many frames of
 * it are on the stack at most; 1 where it is not named stack_bytes: {FUNCTION: N}  of functions
 * that GCC did not compile
 *
 * Names of the last three are patterns as in a shell; with a '/' they are of the source file,
 * FILE:NAME of both. */
struct awh_stack_worst {
    uint64_t bytes;
    const char **path; /* "NAME BYTES" from the root to the deepest function */
    size_t path_count;
    uint64_t interrupt_bytes; /* of `bytes`: of the worst interrupt on top of that path */
    /* What was counted as 0, "NAME: why"; then `bytes` is only at least that. */
    const char **unknown;
    size_t unknown_count;
};

AW_MUST_USE enum aw_err awh_stack_find(struct awh_arena *arena, const struct awh_image *image,
                                       struct awh_callgraph *graph, const struct awh_yaml *rules,
                                       struct awh_stack_worst *out, struct awh_diag *diag);

/* Inside: of callgraph.c, for stack.c. */
AW_MUST_USE enum aw_err awh_callgraph_add_call(struct awh_arena *arena, struct awh_callgraph *graph,
                                               size_t from, size_t to, struct awh_diag *diag);

#endif

/* Keeps the runs that a reader hands over, within a bound: see awh_reader_read. */
#ifndef AWH_COLLECT_H
#define AWH_COLLECT_H

#include "readers/reader.h"

#define AWH_COLLECT_RUNS_MAX  1024u
#define AWH_COLLECT_BYTES_MAX ((size_t)64 << 20)
#define AWH_COLLECT_NAMES_MAX ((size_t)32 << 20)

struct awh_collect_names { /* every text once; open addressing */
    const char **slots;
    size_t count, capacity, bytes;
};

struct awh_collect_run {
    struct awh_layer_run run; /* arrays in `block`, texts in the arena */
    void *block;
    size_t block_bytes;
    uint64_t order, weight; /* weight: runs that were merged into it */
};

/* Runs of the same layers: any two of them may be merged. All stand for as many, but the last one,
 * which may still grow. */
struct awh_collect_group {
    struct awh_collect_run *runs;
    size_t count, capacity;
    uint64_t weight; /* of a full one */
};

struct awh_collect {
    struct awh_arena *arena;
    const char *path, *reader;
    size_t runs_max, bytes_max; /* AWH_COLLECT_..., but for tests */
    struct awh_collect_names names;
    struct awh_collect_group *groups;
    size_t group_count, group_capacity;
    size_t last_group; /* of the run before: mostly that of the next one too */
    size_t bytes;
    uint64_t taken;
};

void awh_collect_init(struct awh_collect *collect, struct awh_arena *arena, const char *path,
                      const char *reader);
void awh_collect_release(struct awh_collect *collect);
/* struct awh_log's take. */
enum aw_err awh_collect_take(void *collect, const struct awh_layer_run *run, struct awh_diag *diag);
/* Copies what was taken into the arena, in the order of taking. */
AW_MUST_USE enum aw_err awh_collect_finish(struct awh_collect *collect,
                                           struct awh_layer_runs *runs_out, struct awh_diag *diag);

#endif

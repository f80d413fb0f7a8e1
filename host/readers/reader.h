/* Readers: files with layer timings, ours or a vendor tool's, detected by content. Their interface,
 * struct awh_reader_type, is in awnashw/plugin.h. */
#ifndef AWH_READER_H
#define AWH_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "awnashw/plugin.h"
#include "base/yaml.h"

/* NULL terminated, in the order in which they are asked: those of readers.def, then those of
 * plug-ins. */
const struct awh_reader_type *const *awh_reader_types(void);
const struct awh_reader_type *awh_reader_type_find(const char *name);
/* Adds one of a plug-in, before any command runs; borrowed. */
AW_MUST_USE enum aw_err awh_reader_type_add(const struct awh_reader_type *type,
                                            struct awh_diag *diag);

/* The runs of a file, in its order; at least one. `reader` and `perf` of each are set. */
struct awh_layer_runs {
    struct awh_layer_run *runs;
    size_t count;
};

/* Detects and reads, in memory that does not grow with the file: of more than 1024 runs of the same
 * layers, or more than 64 MiB of runs, neighbours are merged into their mean, as often as need be.
 * `count` of a run then says how many it stands for. A file of no known kind is an error that lists
 * the readers. */
AW_MUST_USE enum aw_err awh_reader_read(struct awh_arena *arena, const char *path,
                                        struct awh_layer_runs *runs_out, struct awh_diag *diag);

#endif

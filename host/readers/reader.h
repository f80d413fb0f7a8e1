/* Readers: files with layer timings, ours or a vendor tool's, detected by content. */
#ifndef AWH_READER_H
#define AWH_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/yaml.h"

struct awh_layer_time {
    const char *name;
    double value; /* in the unit of the run */
};

/* One run of one net. Everything is in the arena it was read into. */
struct awh_layer_run {
    struct awh_layer_time *layers;
    size_t layer_count;
    double overall;                /* whole-net figure; NAN: the file has none */
    const char *unit;              /* "ms", "instructions" */
    const struct awh_yaml *device; /* NULL: the file does not say */
    bool verified;
    const char *program_crc32; /* NULL: the file does not say */
};

struct awh_reader_type {
    const char *name;
    /* True when `text` (the whole file, terminated) is of this kind. */
    bool (*detect)(const char *text, size_t size);
    enum aw_err (*read)(struct awh_arena *arena, const char *path, const char *text, size_t size,
                        struct awh_layer_run *run_out, struct awh_diag *diag);
};

const struct awh_reader_type *const *awh_reader_types(void); /* NULL terminated, from readers.def */

/* Detects and reads. A file of no known kind is an error that lists the readers. */
AW_MUST_USE enum aw_err awh_reader_read(struct awh_arena *arena, const char *path,
                                        struct awh_layer_run *run_out, struct awh_diag *diag);

#endif

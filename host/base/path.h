/* Files: bounded reading, and results that are written whole or not at all. */
#ifndef AWH_PATH_H
#define AWH_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"

/* "a/b"; from the arena. */
char *awh_path_join(struct awh_arena *arena, const char *a, const char *b);
/* Text after the last '/'; borrowed. */
const char *awh_path_base(const char *path);

bool awh_path_exists(const char *path);
bool awh_path_is_dir(const char *path);

/* Reads a whole regular file of at most max_bytes into the arena, with a terminating 0 byte that is
 * not counted. Directories, devices and larger files are errors that name the path. */
AW_MUST_USE enum aw_err awh_file_read(struct awh_arena *arena, const char *path, size_t max_bytes,
                                      char **bytes_out, size_t *size_out, struct awh_diag *diag);

/* Writes a temporary file beside `path`, fsyncs it and renames it over `path`. */
AW_MUST_USE enum aw_err awh_file_write(const char *path, const void *bytes, size_t size,
                                       struct awh_diag *diag);

/* mkdir -p. */
AW_MUST_USE enum aw_err awh_dir_make(const char *path, struct awh_diag *diag);

/* Names in a directory, without "." and "..", sorted: names that are decimal numbers first and by
 * value, then the others by byte. */
AW_MUST_USE enum aw_err awh_dir_list(struct awh_arena *arena, const char *path, char ***names_out,
                                     size_t *count_out, struct awh_diag *diag);

/* Removes a directory tree; symbolic links are removed, not followed. */
AW_MUST_USE enum aw_err awh_dir_remove(const char *path, struct awh_diag *diag);

/* A result directory that appears whole or not at all: files are written into a staging directory
 * beside `path` (without fsync each), commit syncs them and renames.
 *
 * The directory carries the marker file ".awnas-hw". An existing directory at `path` is replaced at
 * commit only when it is empty, has the marker, or `force`; otherwise begin fails with
 * AW_ERR_EXISTS before anything is written. The old directory is restored when the rename fails. */
struct awh_stage {
    char *path;  /* final, malloc'ed */
    char *stage; /* temporary, malloc'ed: write below it */
    bool force;  /* as given to begin; commit checks the place once more */
};
AW_MUST_USE enum aw_err awh_stage_begin(const char *path, bool force, struct awh_stage *stage_out,
                                        struct awh_diag *diag);
/* Writes stage/relative; makes missing directories. */
AW_MUST_USE enum aw_err awh_stage_write(struct awh_stage *stage, const char *relative,
                                        const void *bytes, size_t size, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_stage_commit(struct awh_stage *stage, struct awh_diag *diag);
/* Removes what was staged; also after a commit (then it only frees). */
void awh_stage_release(struct awh_stage *stage);

#endif

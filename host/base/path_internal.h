/* Shared by path.c, dir.c and stage.c only. */
#ifndef AWH_PATH_INTERNAL_H
#define AWH_PATH_INTERNAL_H

#include "base/path.h"

/* "PATH: WHAT: strerror(error)" with the code that fits errno. */
enum aw_err awh_fail_errno(struct awh_diag *diag, const char *path, const char *what, int error);
/* 0, or -1 with errno. */
int awh_write_all(int fd, const void *bytes, size_t size);
/* Malloc'ed; "." for a bare name. */
char *awh_path_parent(const char *path);
/* Malloc'ed hidden name in the same directory, unique to this process and attempt. */
char *awh_path_beside(const char *path, const char *suffix, unsigned attempt);
void awh_sync_dir(const char *path);

#endif

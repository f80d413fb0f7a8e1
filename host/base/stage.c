#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path_internal.h"

static const char marker_name[] = ".awnas-hw";
static const char marker_text[] =
    "This directory was made by awnas-hw, which may replace it as a whole.\n";

/* The absolute name without links and trailing slashes; its parent is made when missing. */
static enum aw_err resolve_final(const char *path, char **final_out, struct awh_diag *diag)
{
    *final_out = realpath(path, NULL);
    if (*final_out != NULL) {
        return AW_OK;
    }
    if (errno == ENOTDIR) {
        return awh_fail(diag, AW_ERR_EXISTS,
                        "%s: a part of the name is a file; choose another name", path);
    }
    if (errno != ENOENT || path[0] == '\0') {
        return awh_fail_errno(diag, path, "cannot use as a result directory", errno);
    }
    char *trimmed = strdup(path);
    if (trimmed == NULL) {
        return awh_fail_mem(diag);
    }
    for (size_t n = strlen(trimmed); n > 1 && trimmed[n - 1] == '/'; n--) {
        trimmed[n - 1] = '\0';
    }
    char *parent = awh_path_parent(trimmed), *real_parent = NULL;
    enum aw_err err = parent == NULL ? awh_fail_mem(diag) : awh_dir_make(parent, diag);
    if (err == AW_OK) {
        real_parent = realpath(parent, NULL);
        if (real_parent == NULL) {
            err = awh_fail_errno(diag, parent, "cannot resolve the name", errno);
        } else if (asprintf(final_out, "%s/%s", strcmp(real_parent, "/") == 0 ? "" : real_parent,
                            awh_path_base(trimmed)) < 0) {
            *final_out = NULL;
            err = awh_fail_mem(diag);
        }
    }
    free(real_parent);
    free(parent);
    free(trimmed);
    return err;
}

/* An empty directory, or one that carries the marker. */
static bool is_ours(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return false;
    }
    bool empty = true, marked = false;
    for (const struct dirent *entry; !marked && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            empty = false;
            marked = strcmp(entry->d_name, marker_name) == 0;
        }
    }
    closedir(dir);
    return empty || marked;
}

static enum aw_err check_replaceable(const char *path, bool force, struct awh_diag *diag)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        return errno == ENOENT
                   ? AW_OK
                   : awh_fail_errno(diag, path, "cannot use as a result directory", errno);
    }
    if (!S_ISDIR(info.st_mode)) {
        return awh_fail(diag, AW_ERR_EXISTS, "%s: a file of that name exists; choose another name",
                        path);
    }
    if (!force && !is_ours(path)) {
        return awh_fail(diag, AW_ERR_EXISTS,
                        "%s: the directory was not made by awnas-hw and is not empty; choose "
                        "another one, or replace it with --force",
                        path);
    }
    return AW_OK;
}

static enum aw_err make_stage_dir(const char *final, char **stage_out, struct awh_diag *diag)
{
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        char *name = awh_path_beside(final, "stage", attempt);
        if (name == NULL) {
            return awh_fail_mem(diag);
        }
        if (mkdir(name, 0777) == 0) {
            *stage_out = name;
            return AW_OK;
        }
        int failed = errno;
        free(name);
        if (failed != EEXIST) {
            return awh_fail(diag, AW_ERR_IO, "%s: cannot make a directory beside it: %s", final,
                            strerror(failed));
        }
    }
    return awh_fail(diag, AW_ERR_IO, "%s: cannot make a directory beside it", final);
}

enum aw_err awh_stage_begin(const char *path, bool force, struct awh_stage *stage_out,
                            struct awh_diag *diag)
{
    struct awh_stage stage = {.force = force};
    enum aw_err err = resolve_final(path, &stage.path, diag);
    if (err == AW_OK) {
        err = check_replaceable(stage.path, force, diag);
    }
    if (err == AW_OK) {
        err = make_stage_dir(stage.path, &stage.stage, diag);
    }
    if (err == AW_OK) {
        err = awh_stage_write(&stage, marker_name, marker_text, strlen(marker_text), diag);
    }
    if (err == AW_OK) {
        *stage_out = stage;
    } else {
        awh_stage_release(&stage);
    }
    return err;
}

static bool is_inside(const char *relative)
{
    if (relative[0] == '\0' || relative[0] == '/') {
        return false;
    }
    for (const char *part = relative;;) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && memcmp(part, "..", 2) == 0)) {
            return false;
        }
        if (part[n] == '\0') {
            return true;
        }
        part += n + 1;
    }
}

static int open_for_write(const char *name, struct awh_diag *diag)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int fd = open(name, flags, 0666);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char *parent = awh_path_parent(name);
    if (parent != NULL && awh_dir_make(parent, diag) == AW_OK) {
        fd = open(name, flags, 0666);
    }
    free(parent);
    return fd;
}

enum aw_err awh_stage_write(struct awh_stage *stage, const char *relative, const void *bytes,
                            size_t size, struct awh_diag *diag)
{
    if (!is_inside(relative)) {
        return awh_fail(diag, AW_ERR_ARG, "%s: '%s' is not a name inside it", stage->path,
                        relative);
    }
    char *name = NULL;
    if (asprintf(&name, "%s/%s", stage->stage, relative) < 0) {
        return awh_fail_mem(diag);
    }
    int failed = 0;
    int fd = open_for_write(name, diag);
    if (fd < 0 || awh_write_all(fd, bytes, size) != 0) {
        failed = errno;
    }
    if (fd >= 0 && close(fd) != 0 && failed == 0) {
        failed = errno;
    }
    free(name);
    return failed == 0 ? AW_OK
                       : awh_fail(diag, AW_ERR_IO, "%s/%s: cannot write the file: %s", stage->path,
                                  relative, strerror(failed));
}

/* For file systems without RENAME_EXCHANGE: the old directory steps aside, and comes back when the
 * new one cannot take its place. 0, or errno. */
static int replace_in_two_steps(const char *stage, const char *final)
{
    char *aside = awh_path_beside(final, "old", 0);
    if (aside == NULL) {
        return ENOMEM;
    }
    int failed = rename(final, aside) == 0 ? 0 : errno;
    if (failed == 0 && rename(stage, final) != 0) {
        failed = errno;
        (void)rename(aside, final);
    } else if (failed == 0 && rename(aside, stage) != 0) {
        failed = errno;
    }
    free(aside);
    return failed;
}

/* Afterwards `stage` names the old directory, if there was one. 0, or errno. */
static int swap_in(const char *stage, const char *final)
{
    if (renameat2(AT_FDCWD, stage, AT_FDCWD, final, RENAME_EXCHANGE) == 0) {
        return 0;
    }
    if (errno == ENOENT) {
        return rename(stage, final) == 0 ? 0 : errno;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (!awh_path_exists(final)) {
        return rename(stage, final) == 0 ? 0 : errno;
    }
    return replace_in_two_steps(stage, final);
}

static enum aw_err sync_stage(const struct awh_stage *stage, struct awh_diag *diag)
{
    int fd = open(stage->stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || syncfs(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return failed == 0 ? AW_OK
                       : awh_fail(diag, AW_ERR_IO, "%s: cannot store the result: %s", stage->path,
                                  strerror(failed));
}

enum aw_err awh_stage_commit(struct awh_stage *stage, struct awh_diag *diag)
{
    enum aw_err err = check_replaceable(stage->path, stage->force, diag);
    if (err == AW_OK) {
        err = sync_stage(stage, diag);
    }
    if (err != AW_OK) {
        return err;
    }
    int failed = swap_in(stage->stage, stage->path);
    if (failed != 0) {
        return awh_fail(diag, AW_ERR_IO, "%s: cannot replace the directory: %s", stage->path,
                        strerror(failed));
    }
    char *parent = awh_path_parent(stage->path);
    if (parent != NULL) {
        awh_sync_dir(parent);
        free(parent);
    }
    return awh_dir_remove(stage->stage, diag);
}

void awh_stage_release(struct awh_stage *stage)
{
    if (stage->stage != NULL) {
        /* What cannot be removed stays behind under its hidden name; there is no one to tell. */
        (void)!awh_dir_remove(stage->stage, NULL);
    }
    free(stage->stage);
    free(stage->path);
    *stage = (struct awh_stage){0};
}

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

char *awh_path_join(struct awh_arena *arena, const char *a, const char *b)
{
    size_t n = strlen(a);
    const char *separator = n == 0 || a[n - 1] == '/' ? "" : "/";
    return awh_arena_printf(arena, "%s%s%s", a, separator, b);
}

const char *awh_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool awh_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool awh_path_is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum aw_err awh_fail_errno(struct awh_diag *diag, const char *path, const char *what, int error)
{
    enum aw_err err = AW_ERR_IO;
    if (error == ENOENT) {
        err = AW_ERR_NOT_FOUND;
    } else if (error == ENOMEM) {
        err = AW_ERR_NO_MEM;
    }
    return awh_fail(diag, err, "%s: %s: %s", path, what, strerror(error));
}

/* Reads to the end of the file or max_bytes + 1, whichever comes first: the size that the file
 * system states may be stale, or 0 as under /proc. */
static enum aw_err read_all(struct awh_arena *arena, int fd, size_t stated, size_t max_bytes,
                            char **bytes_out, size_t *size_out)
{
    size_t capacity = stated + 1, size = 0;
    char *bytes = awh_arena_alloc(arena, capacity + 1);
    while (bytes != NULL && size <= max_bytes) {
        if (size == capacity) {
            size_t grown = capacity * 2 + 4096;
            char *copy = awh_arena_alloc(arena, grown + 1);
            if (copy == NULL) {
                return AW_ERR_NO_MEM;
            }
            memcpy(copy, bytes, size);
            bytes = copy;
            capacity = grown;
        }
        ssize_t n = read(fd, bytes + size, capacity - size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return AW_ERR_IO;
        }
        if (n == 0) {
            bytes[size] = '\0';
            *bytes_out = bytes;
            *size_out = size;
            return AW_OK;
        }
        size += (size_t)n;
    }
    return bytes == NULL ? AW_ERR_NO_MEM : AW_ERR_RANGE;
}

static enum aw_err fail_too_large(const char *path, size_t max_bytes, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_RANGE, "%s: larger than the limit of %zu bytes", path, max_bytes);
}

enum aw_err awh_file_read(struct awh_arena *arena, const char *path, size_t max_bytes,
                          char **bytes_out, size_t *size_out, struct awh_diag *diag)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return awh_fail_errno(diag, path, "cannot open the file", errno);
    }
    struct stat info;
    enum aw_err err = AW_OK;
    if (fstat(fd, &info) != 0) {
        err = awh_fail_errno(diag, path, "cannot examine the file", errno);
    } else if (!S_ISREG(info.st_mode)) {
        err = awh_fail(diag, AW_ERR_FORMAT, "%s: expected a file, found a %s", path,
                       S_ISDIR(info.st_mode) ? "directory" : "device or pipe");
    } else if ((uint64_t)info.st_size > max_bytes) {
        err = fail_too_large(path, max_bytes, diag);
    } else {
        err = read_all(arena, fd, (size_t)info.st_size, max_bytes, bytes_out, size_out);
        if (err == AW_ERR_IO) {
            err = awh_fail_errno(diag, path, "cannot read the file", errno);
        } else if (err == AW_ERR_RANGE) {
            err = fail_too_large(path, max_bytes, diag);
        } else if (err != AW_OK) {
            err = awh_fail_mem(diag);
        }
    }
    close(fd);
    return err;
}

int awh_write_all(int fd, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t n = write(fd, next, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        next += n;
        size -= (size_t)n;
    }
    return 0;
}

char *awh_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

void awh_sync_dir(const char *path)
{
    /* Some file systems refuse fsync on a directory; the rename is then as durable as it can be. */
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

char *awh_path_beside(const char *path, const char *suffix, unsigned attempt)
{
    char *text = NULL;
    char *parent = awh_path_parent(path);
    if (parent == NULL) {
        return NULL;
    }
    if (asprintf(&text, "%s/.%.200s.%ld-%u.%s", parent, awh_path_base(path), (long)getpid(),
                 attempt, suffix) < 0) {
        text = NULL;
    }
    free(parent);
    return text;
}

static enum aw_err write_temporary(int fd, const char *temporary, const char *path,
                                   const void *bytes, size_t size, struct awh_diag *diag)
{
    struct stat old;
    if (stat(path, &old) == 0) {
        (void)fchmod(fd,
                     old.st_mode & 0777); /* best effort: contents matter, the mode is comfort */
    }
    int failed = awh_write_all(fd, bytes, size) != 0 || fsync(fd) != 0 ? errno : 0;
    if (close(fd) != 0 && failed == 0) {
        failed = errno;
    }
    if (failed == 0 && rename(temporary, path) != 0) {
        failed = errno;
    }
    if (failed != 0) {
        (void)unlink(temporary);
        return awh_fail(diag, AW_ERR_IO, "%s: cannot write the file: %s", path, strerror(failed));
    }
    char *parent = awh_path_parent(path);
    if (parent == NULL) {
        return awh_fail_mem(diag);
    }
    awh_sync_dir(parent);
    free(parent);
    return AW_OK;
}

static enum aw_err write_replacing(const char *path, const void *bytes, size_t size,
                                   struct awh_diag *diag)
{
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        char *temporary = awh_path_beside(path, "tmp", attempt);
        if (temporary == NULL) {
            return awh_fail_mem(diag);
        }
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        int failed = errno;
        enum aw_err err = AW_OK;
        if (fd >= 0) {
            err = write_temporary(fd, temporary, path, bytes, size, diag);
        }
        free(temporary);
        if (fd >= 0) {
            return err;
        }
        if (failed != EEXIST) {
            return awh_fail_errno(diag, path, "cannot create the file", failed);
        }
    }
    return awh_fail(diag, AW_ERR_IO, "%s: cannot create a temporary file beside it", path);
}

static enum aw_err write_in_place(const char *path, const void *bytes, size_t size,
                                  struct awh_diag *diag)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return awh_fail_errno(diag, path, "cannot open for writing", errno);
    }
    int failed = awh_write_all(fd, bytes, size) != 0 ? errno : 0;
    if (close(fd) != 0 && failed == 0) {
        failed = errno;
    }
    return failed == 0 ? AW_OK : awh_fail_errno(diag, path, "cannot write", failed);
}

enum aw_err awh_file_write(const char *path, const void *bytes, size_t size, struct awh_diag *diag)
{
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) {
        return awh_fail(diag, AW_ERR_EXISTS, "%s: expected a file name, found a directory", path);
    }
    if (exists && !S_ISREG(info.st_mode)) {
        return write_in_place(path, bytes, size, diag); /* /dev/stdout must not be replaced */
    }
    if (!exists) {
        return write_replacing(path, bytes, size, diag);
    }
    char *target = realpath(path, NULL); /* a link keeps pointing to the file it names */
    if (target == NULL) {
        return awh_fail_errno(diag, path, "cannot resolve the name", errno);
    }
    enum aw_err err = write_replacing(target, bytes, size, diag);
    free(target);
    return err;
}

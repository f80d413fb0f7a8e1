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

enum aw_err awh_dir_make(const char *path, struct awh_diag *diag)
{
    if (awh_path_is_dir(path)) {
        return AW_OK;
    }
    if (mkdir(path, 0777) == 0) {
        return AW_OK;
    }
    if (errno == ENOENT && path[0] != '\0') {
        char *copy = strdup(path);
        if (copy == NULL) {
            return awh_fail_mem(diag);
        }
        int failed = 0;
        for (char *c = copy + 1; failed == 0; c++) {
            if (*c != '/' && *c != '\0') {
                continue;
            }
            char kept = *c;
            *c = '\0';
            failed = mkdir(copy, 0777) == 0 || errno == EEXIST ? 0 : errno;
            *c = kept;
            if (kept == '\0') {
                break;
            }
        }
        free(copy);
        errno = failed;
    }
    if (awh_path_is_dir(path)) {
        return AW_OK;
    }
    if (errno == 0 || errno == EEXIST || errno == ENOTDIR) {
        return awh_fail(diag, AW_ERR_EXISTS,
                        "%s: cannot make the directory: a file of that name is in the way", path);
    }
    return awh_fail(diag, AW_ERR_IO, "%s: cannot make the directory: %s", path, strerror(errno));
}

static bool is_number(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    bool x_number = is_number(x), y_number = is_number(y);
    if (x_number != y_number) {
        return x_number ? -1 : 1;
    }
    if (x_number) {
        const char *x_digits = x + strspn(x, "0"), *y_digits = y + strspn(y, "0");
        size_t nx = strlen(x_digits), ny = strlen(y_digits);
        if (nx != ny) {
            return nx < ny ? -1 : 1;
        }
        int order = strcmp(x_digits, y_digits);
        if (order != 0) {
            return order;
        }
    }
    return strcmp(x, y);
}

/* Appends every name to a malloc'ed list of arena strings. */
static enum aw_err read_names(struct awh_arena *arena, DIR *dir, const char *path, char ***names,
                              size_t *count, struct awh_diag *diag)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            return errno == 0 ? AW_OK
                              : awh_fail_errno(diag, path, "cannot list the directory", errno);
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char **grown = awh_grow(*names, &capacity, *count + 1, sizeof(char *));
        if (grown == NULL) {
            return awh_fail_mem(diag);
        }
        *names = grown;
        grown[*count] = awh_arena_strdup(arena, entry->d_name);
        if (grown[*count] == NULL) {
            return awh_fail_mem(diag);
        }
        (*count)++;
    }
}

enum aw_err awh_dir_list(struct awh_arena *arena, const char *path, char ***names_out,
                         size_t *count_out, struct awh_diag *diag)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return awh_fail_errno(diag, path, "cannot list the directory", errno);
    }
    char **names = NULL;
    size_t count = 0;
    enum aw_err err = read_names(arena, dir, path, &names, &count, diag);
    closedir(dir);
    if (err == AW_OK) {
        char **kept = awh_arena_array(arena, count, sizeof(char *));
        if (kept == NULL) {
            err = awh_fail_mem(diag);
        } else if (count > 0) {
            qsort(names, count, sizeof(char *), compare_names);
            memcpy(kept, names, count * sizeof(char *));
        }
        if (err == AW_OK) {
            *names_out = kept;
            *count_out = count;
        }
    }
    free(names);
    return err;
}

/* Deeper trees than we ever write are left alone: one descriptor is open per level. */
#define REMOVE_DEPTH 64

/* Removes what the directory holds; 0, or errno. Takes over `fd`. */
static int remove_contents(int fd, unsigned depth)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int failed = errno;
        close(fd);
        return failed;
    }
    int failed = depth == 0 ? ELOOP : 0;
    while (failed == 0) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            failed = errno;
            break;
        }
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (entry->d_type != DT_DIR && unlinkat(dirfd(dir), name, 0) == 0)) {
            continue;
        }
        int child = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        failed = child < 0 ? errno : remove_contents(child, depth - 1);
        if (failed == 0 && unlinkat(dirfd(dir), name, AT_REMOVEDIR) != 0) {
            failed = errno;
        }
    }
    closedir(dir);
    return failed;
}

enum aw_err awh_dir_remove(const char *path, struct awh_diag *diag)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int failed = fd < 0 ? errno : remove_contents(fd, REMOVE_DEPTH);
    if (fd < 0 && failed == ENOENT) {
        return AW_OK;
    }
    if (fd < 0 && (failed == ENOTDIR || failed == ELOOP)) {
        failed = unlink(path) == 0 ? 0 : errno;
    } else if (failed == 0 && rmdir(path) != 0) {
        failed = errno;
    }
    return failed == 0 ? AW_OK
                       : awh_fail(diag, AW_ERR_IO, "%s: cannot remove: %s", path, strerror(failed));
}

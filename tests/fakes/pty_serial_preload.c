/* For tests only (LD_PRELOAD): lets libserialport 0.1.1 open a pty.
 *
 * It refuses ptys for two reasons: it wants their names under /sys/class/tty, and the modem control
 * lines, which they lack. Here every pts has a sysfs entry of an ordinary port, and modem lines
 * that nobody looks at. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char sysfs_pts[] = "/sys/class/tty/pts/";

int __lxstat(int version, const char *path, struct stat *stat_out);

/* libserialport was linked against a glibc that had this instead of lstat(). */
int __lxstat(int version, const char *path, struct stat *stat_out)
{
    (void)version;
    if (strncmp(path, sysfs_pts, sizeof(sysfs_pts) - 1) != 0)
        return lstat(path, stat_out);
    memset(stat_out, 0, sizeof(*stat_out));
    stat_out->st_mode = S_IFLNK | 0777;
    return 0;
}

ssize_t readlink(const char *path, char *text, size_t capacity)
{
    static const char port[] = "../../devices/platform/serial8250/tty/ttyS0";
    if (strncmp(path, sysfs_pts, sizeof(sysfs_pts) - 1) != 0)
        return syscall(SYS_readlink, path, text, capacity);
    size_t size = sizeof(port) - 1 < capacity ? sizeof(port) - 1 : capacity;
    memcpy(text, port, size);
    return (ssize_t)size;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    int result = (int)syscall(SYS_ioctl, fd, request, argument);
    if (result == 0 || (errno != ENOTTY && errno != EINVAL))
        return result;
    if (request == TIOCMGET)
        *(int *)argument = 0;
    else if (request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC)
        return result;
    return 0;
}

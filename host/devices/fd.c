#include "devices/fd.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

uint64_t awh_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

enum aw_err awh_fd_wait(int fd, short events, unsigned timeout_ms, int *errno_out)
{
    uint64_t deadline = awh_clock_ms() + timeout_ms;
    for (;;) {
        uint64_t now = awh_clock_ms();
        uint64_t left = now < deadline ? deadline - now : 0;
        struct pollfd wait = {.fd = fd, .events = events};
        int ready = poll(&wait, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (ready > 0)
            return AW_OK;
        if (ready == 0 && left == 0)
            return AW_ERR_TIMEOUT;
        if (ready < 0 && errno != EINTR) {
            *errno_out = errno;
            return AW_ERR_IO;
        }
    }
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

enum aw_err awh_fd_recv(int fd, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                        size_t *size_out, int *errno_out)
{
    uint64_t deadline = awh_clock_ms() + timeout_ms;
    for (;;) {
        uint64_t now = awh_clock_ms();
        unsigned left = now < deadline ? (unsigned)(deadline - now) : 0;
        enum aw_err err = awh_fd_wait(fd, POLLIN, left, errno_out);
        if (err == AW_ERR_TIMEOUT) {
            *size_out = 0;
            return AW_OK;
        }
        if (err)
            return err;
        ssize_t got = recv(fd, bytes, capacity, MSG_DONTWAIT);
        if (got > 0) {
            *size_out = (size_t)got;
            return AW_OK;
        }
        if (got == 0 || !would_block(errno)) {
            *errno_out = got == 0 ? 0 : errno;
            return AW_ERR_IO;
        }
    }
}

enum aw_err awh_fd_send(int fd, const uint8_t *bytes, size_t size, unsigned timeout_ms,
                        int *errno_out)
{
    uint64_t deadline = awh_clock_ms() + timeout_ms;
    while (size) {
        /* A lost peer must be an error here, not a signal to the whole process. */
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
            continue;
        }
        if (sent < 0 && !would_block(errno)) {
            *errno_out = errno == EPIPE ? 0 : errno;
            return AW_ERR_IO;
        }
        uint64_t now = awh_clock_ms();
        if (now >= deadline)
            return AW_ERR_TIMEOUT;
        enum aw_err err = awh_fd_wait(fd, POLLOUT, (unsigned)(deadline - now), errno_out);
        if (err)
            return err;
    }
    return AW_OK;
}

/* Boards on the network, or the native board. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/fd.h"
#include "devices/link.h"

struct tcp {
    int fd;
    char where[128];
};

static enum aw_err gone(const struct tcp *tcp, int error, struct awh_diag *diag)
{
    if (error == 0)
        return awh_fail(
            diag, AW_ERR_IO,
            "%s: the board closed the connection; restart it, then continue with --resume",
            tcp->where);
    return awh_fail(
        diag, AW_ERR_IO,
        "%s: the connection was lost (%s); check the board, then continue with --resume",
        tcp->where, strerror(error));
}

static enum aw_err tcp_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                            size_t *size_out, struct awh_diag *diag)
{
    struct tcp *tcp = self;
    int error = 0;
    enum aw_err err = awh_fd_recv(tcp->fd, bytes, capacity, timeout_ms, size_out, &error);
    return err ? gone(tcp, error, diag) : AW_OK;
}

static enum aw_err tcp_write(void *self, const uint8_t *bytes, size_t size, struct awh_diag *diag)
{
    struct tcp *tcp = self;
    int error = 0;
    enum aw_err err = awh_fd_send(tcp->fd, bytes, size, AWH_WRITE_TIMEOUT_MS, &error);
    if (err == AW_ERR_TIMEOUT)
        return awh_fail(diag, err, "%s: the board took no bytes for %u ms; restart it", tcp->where,
                        AWH_WRITE_TIMEOUT_MS);
    return err ? gone(tcp, error, diag) : AW_OK;
}

static void tcp_close(void *self)
{
    struct tcp *tcp = self;
    close(tcp->fd);
    free(tcp);
}

static const struct awh_link_ops tcp_ops = {
    .read = tcp_read, .write = tcp_write, .close = tcp_close};

/* Splits HOST:PORT or [HOST]:PORT into `text`, which keeps both parts. */
static bool split(const char *address, char *text, size_t capacity, const char **host,
                  const char **port)
{
    size_t size = strlen(address);
    const char *colon = strrchr(address, ':');
    if (!colon || size >= capacity || colon == address || !colon[1])
        return false;
    memcpy(text, address, size + 1);
    char *middle = text + (colon - address);
    *middle = '\0';
    *host = text;
    *port = middle + 1;
    if (text[0] == '[' && middle[-1] == ']') {
        middle[-1] = '\0';
        *host = text + 1;
    } else if (strchr(text, ':')) {
        return false; /* a bare IPv6 address: the port cannot be told apart */
    }
    char *end;
    errno = 0;
    unsigned long number = strtoul(*port, &end, 10);
    return (*port)[0] >= '0' && (*port)[0] <= '9' && !*end && !errno && number >= 1 &&
           number <= 65535 && (*host)[0];
}

/* Connects to one address within the deadline; returns the socket, or -1 with errno. */
static int connect_one(const struct addrinfo *info, uint64_t deadline_ms)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);
    if (fd < 0)
        return -1;
    int error = 0;
    if (connect(fd, info->ai_addr, info->ai_addrlen) && errno != EINTR && errno != EINPROGRESS)
        error = errno;
    uint64_t now = awh_clock_ms();
    unsigned left = now < deadline_ms ? (unsigned)(deadline_ms - now) : 0;
    if (!error && awh_fd_wait(fd, POLLOUT, left, &error) == AW_ERR_TIMEOUT)
        error = ETIMEDOUT;
    socklen_t size = sizeof(error);
    if (!error)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        close(fd);
        errno = error;
        return -1;
    }
    /* Requests are small and each waits for its answer: Nagle would add 40 ms to every one. The
     * user timeout turns a pulled cable into an error. */
    int one = 1;
    unsigned lost_ms = AWH_WRITE_TIMEOUT_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_ms, sizeof(lost_ms));
    return fd;
}

static enum aw_err connect_any(const char *address, const struct addrinfo *list,
                               unsigned timeout_ms, int *fd_out, struct awh_diag *diag)
{
    uint64_t deadline = awh_clock_ms() + timeout_ms;
    int error = 0;
    for (const struct addrinfo *info = list; info; info = info->ai_next) {
        int fd = connect_one(info, deadline);
        if (fd >= 0) {
            *fd_out = fd;
            return AW_OK;
        }
        /* localhost often has an IPv6 address that nobody listens on; the refusal says more. */
        if (error != ECONNREFUSED)
            error = errno;
    }
    if (error == ETIMEDOUT)
        return awh_fail(diag, AW_ERR_TIMEOUT,
                        "%s: no connection within %u ms; is the board on, and the address right?",
                        address, timeout_ms);
    if (error == ECONNREFUSED)
        return awh_fail(
            diag, AW_ERR_IO,
            "%s: connection refused; is the board's firmware running and listening there?",
            address);
    return awh_fail(diag, AW_ERR_IO, "%s: cannot connect: %s", address, strerror(error));
}

enum aw_err awh_link_tcp(const char *address, unsigned timeout_ms, struct awh_link *link_out,
                         struct awh_diag *diag)
{
    char text[256];
    const char *host, *port;
    if (!split(address, text, sizeof(text), &host, &port))
        return awh_fail(
            diag, AW_ERR_ARG,
            "%s: expected HOST:PORT with a port from 1 to 65535, such as 192.168.1.10:7 "
            "or [::1]:5000",
            address);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int found = getaddrinfo(host, port, &hints, &list);
    if (found)
        return awh_fail(diag, AW_ERR_IO,
                        "%s: no such host (%s); check the spelling, or give a number", address,
                        found == EAI_SYSTEM ? strerror(errno) : gai_strerror(found));
    int fd = -1;
    enum aw_err err = connect_any(address, list, timeout_ms, &fd, diag);
    freeaddrinfo(list);
    if (err)
        return err;
    struct tcp *tcp = calloc(1, sizeof(*tcp));
    if (!tcp) {
        close(fd);
        return awh_fail_mem(diag);
    }
    tcp->fd = fd;
    snprintf(tcp->where, sizeof(tcp->where), "%s", address);
    *link_out = (struct awh_link){.ops = &tcp_ops, .self = tcp, .transport = "tcp"};
    snprintf(link_out->where, sizeof(link_out->where), "%s", address);
    return AW_OK;
}

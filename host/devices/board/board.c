/* Emulated boards: starts the emulator, talks to its serial line, and stops it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "devices/board/process.h"
#include "devices/board/spec.h"
#include "devices/fd.h"
#include "devices/link.h"

/* A loaded machine takes seconds to start an emulator. */
#define START_TIMEOUT_MS  20000u
#define SEND_BUFFER_BYTES 16384
/* How long a forwarded connection must last to be one to the board. */
#define SETTLE_MS     50u
#define PORT_ATTEMPTS 3

struct board {
    struct awh_process process;
    int fd; /* a socket */
    char where[128];
};

/* The line is gone: says why the emulator ended, if it did. */
static enum aw_err gone(struct board *board, struct awh_diag *diag)
{
    /* Its socket closes before the process can be reaped. */
    if (!awh_process_ended(&board->process, 1000))
        return awh_fail(diag, AW_ERR_IO,
                        "%s: the emulator closed its serial line; continue with --resume",
                        board->where);
    char epitaph[512];
    awh_process_epitaph(&board->process, epitaph, sizeof(epitaph));
    return awh_fail(diag, AW_ERR_IO, "%s: the emulator ended (%s); continue with --resume",
                    board->where, epitaph);
}

static enum aw_err board_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                              size_t *size_out, struct awh_diag *diag)
{
    struct board *board = self;
    int error = 0;
    enum aw_err err = awh_fd_recv(board->fd, bytes, capacity, timeout_ms, size_out, &error);
    return err ? gone(board, diag) : AW_OK;
}

static enum aw_err board_write(void *self, const uint8_t *bytes, size_t size, struct awh_diag *diag)
{
    struct board *board = self;
    int error = 0;
    enum aw_err err = awh_fd_send(board->fd, bytes, size, AWH_WRITE_TIMEOUT_MS, &error);
    if (err == AW_ERR_TIMEOUT)
        return awh_fail(diag, err,
                        "%s: the emulator took no bytes for %u ms; continue with --resume",
                        board->where, AWH_WRITE_TIMEOUT_MS);
    return err ? gone(board, diag) : AW_OK;
}

static void board_close(void *self)
{
    struct board *board = self;
    awh_process_stop(&board->process);
    if (board->fd >= 0)
        close(board->fd);
    free(board);
}

static const struct awh_link_ops board_ops = {
    .read = board_read, .write = board_write, .close = board_close};

/* `text` with the placeholders replaced. */
static const char *fill(struct awh_arena *arena, const char *text, const char *firmware,
                        const char *serial, const char *port)
{
    const struct {
        const char *placeholder, *value;
    } values[] = {{"{firmware}", firmware}, {"{serial}", serial}, {"{port}", port}};
    struct awh_str out;
    awh_str_init(&out);
    awh_str_append(&out, "");
    while (*text) {
        size_t i = 0, skip = 1;
        for (; i < 3; i++) {
            skip = strlen(values[i].placeholder);
            if (values[i].value && strncmp(text, values[i].placeholder, skip) == 0)
                break;
        }
        if (i < 3) {
            awh_str_append(&out, values[i].value);
            text += skip;
        } else {
            awh_str_append_n(&out, text++, 1);
        }
    }
    char *copy = out.failed ? NULL : awh_arena_strdup(arena, out.text ? out.text : "");
    awh_str_release(&out);
    return copy;
}

static enum aw_err start(struct awh_arena *arena, const struct awh_board_spec *spec,
                         const char *serial, const char *port, struct awh_process *process_out,
                         struct awh_diag *diag)
{
    size_t count = 0;
    while (spec->command[count])
        count++;
    const char **argv = awh_arena_array(arena, count + 1, sizeof(*argv));
    if (!argv)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < count; i++)
        if (!(argv[i] = fill(arena, spec->command[i], spec->firmware, serial, port)))
            return awh_fail_mem(diag);
    int error;
    enum aw_err err = awh_process_start(argv, process_out, &error, diag);
    if (!err || !error)
        return err;
    if (error == ENOENT && spec->package)
        return awh_fail(diag, AW_ERR_IO, "%s is not installed (Debian package %s)", argv[0],
                        spec->package);
    return awh_fail(diag, AW_ERR_IO, "%s: cannot run %s: %s", spec->file, argv[0], strerror(error));
}

static enum aw_err start_failed(struct board *board, struct awh_diag *diag)
{
    char epitaph[512];
    awh_process_epitaph(&board->process, epitaph, sizeof(epitaph));
    return awh_fail(diag, AW_ERR_IO, "%s: the emulator did not start (%s)", board->where, epitaph);
}

static enum aw_err start_timeout(const struct board *board, struct awh_diag *diag)
{
    return awh_fail(
        diag, AW_ERR_TIMEOUT,
        "%s: the emulator did not open its line within %u ms; is the machine overloaded?",
        board->where, START_TIMEOUT_MS);
}

/* A board that connects to us: no output is lost, and there is nothing to poll for. */
static enum aw_err accept_serial(struct board *board, int listener, struct awh_diag *diag)
{
    uint64_t deadline = awh_clock_ms() + START_TIMEOUT_MS;
    int error = 0;
    while (awh_fd_wait(listener, POLLIN, 20, &error) == AW_ERR_TIMEOUT) {
        if (awh_process_ended(&board->process, 0))
            return start_failed(board, diag);
        if (awh_clock_ms() >= deadline)
            return start_timeout(board, diag);
    }
    if (!error)
        board->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    /* A socket takes bytes again when most of its buffer is drained: a large one makes a slow line
     * look dead. */
    int buffer = SEND_BUFFER_BYTES;
    if (board->fd >= 0)
        setsockopt(board->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (board->fd < 0)
        return awh_fail(diag, AW_ERR_IO, "%s: cannot connect to the emulator: %s", board->where,
                        strerror(error ? error : errno));
    return AW_OK;
}

static enum aw_err listen_unix(const char *path, int *fd_out, struct awh_diag *diag)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1)) {
        enum aw_err err =
            awh_fail(diag, AW_ERR_IO, "%s: cannot make a socket: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return err;
    }
    *fd_out = fd;
    return AW_OK;
}

static enum aw_err launch_serial(struct awh_arena *arena, const struct awh_board_spec *spec,
                                 struct board *board, struct awh_diag *diag)
{
    struct awh_private_dir dir;
    enum aw_err err = awh_private_dir_make(&dir, diag);
    if (err)
        return err;
    int listener = -1;
    err = listen_unix(dir.socket, &listener, diag);
    if (!err) {
        const char *serial = awh_arena_printf(arena, "unix:%s,server=off", dir.socket);
        err = serial ? start(arena, spec, serial, NULL, &board->process, diag) : awh_fail_mem(diag);
    }
    if (!err)
        err = accept_serial(board, listener, diag);
    if (listener >= 0)
        close(listener);
    awh_private_dir_remove(&dir); /* connected: the name is not needed any more */
    return err;
}

/* The port that the board says it listens on; 0: it has not said yet. Letting the board choose is
 * the only way without a race for the port. */
static unsigned announced_port(const struct board *board)
{
    static const char announcement[] = "listening on 127.0.0.1:";
    char text[512];
    awh_process_output(&board->process, text, sizeof(text));
    const char *at = strstr(text, announcement);
    if (!at || !strchr(at, '\n'))
        return 0;
    unsigned long port = strtoul(at + strlen(announcement), NULL, 10);
    return port <= 65535 ? (unsigned)port : 0;
}

/* A socket connected to the port of this machine, or -1 with errno. */
static int connect_port(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
                    fcntl(fd, F_SETFL, O_NONBLOCK))) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static enum aw_err launch_tcp(struct awh_arena *arena, const struct awh_board_spec *spec,
                              struct board *board, struct awh_diag *diag)
{
    enum aw_err err = start(arena, spec, NULL, "0", &board->process, diag);
    if (err)
        return err;
    uint64_t deadline = awh_clock_ms() + START_TIMEOUT_MS;
    unsigned port;
    while ((port = announced_port(board)) == 0) {
        if (awh_process_ended(&board->process, 5))
            return start_failed(board, diag);
        if (awh_clock_ms() >= deadline)
            return start_timeout(board, diag);
    }
    board->fd = connect_port(port);
    if (board->fd < 0)
        return awh_fail(diag, AW_ERR_IO, "%s: cannot connect to its port %u: %s", board->where,
                        port, strerror(errno));
    return AW_OK;
}

/* A port of this machine that is free now. Whoever takes it before the emulator does makes that
 * fail to start, which is seen and tried again. */
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    if (fd >= 0)
        close(fd);
    return good ? ntohs(address.sin_port) : 0;
}

/* Connects once the emulator forwards the port. It also accepts while the board still boots, and
 * then hangs up when the board refuses: a connection that lasts a moment is one to the board. */
static enum aw_err connect_forwarded(struct board *board, unsigned port, struct awh_diag *diag)
{
    uint64_t deadline = awh_clock_ms() + START_TIMEOUT_MS;
    while (awh_clock_ms() < deadline) {
        if (awh_process_ended(&board->process, 5))
            return start_failed(board, diag);
        int fd = connect_port(port), error = 0;
        if (fd < 0)
            continue;
        if (awh_fd_wait(fd, POLLIN, SETTLE_MS, &error) == AW_ERR_TIMEOUT) {
            board->fd = fd;
            return AW_OK;
        }
        close(fd);
    }
    return start_timeout(board, diag);
}

static enum aw_err launch_network(struct awh_arena *arena, const struct awh_board_spec *spec,
                                  struct board *board, struct awh_diag *diag)
{
    for (int attempt = 1;; attempt++) {
        unsigned port = free_port();
        if (!port)
            return awh_fail(diag, AW_ERR_IO, "%s: this machine has no free port: %s", board->where,
                            strerror(errno));
        const char *text = awh_arena_printf(arena, "%u", port);
        struct awh_diag lost = {0}; /* why this attempt failed does not matter when another works */
        struct awh_diag *why = attempt < PORT_ATTEMPTS ? &lost : diag;
        enum aw_err err =
            text ? start(arena, spec, "null", text, &board->process, why) : awh_fail_mem(why);
        if (!err)
            err = connect_forwarded(board, port, why);
        if (!err || why == diag)
            return err;
        if (!board->process.ended)
            return awh_fail(diag, lost.err, "%s", lost.text);
        awh_process_stop(&board->process);
    }
}

enum aw_err awh_link_board(const char *board_name, const char *boards_dir, const char *firmware,
                           struct awh_link *link_out, struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_board_spec spec;
    struct board *board = NULL;
    enum aw_err err = awh_board_spec_load(&arena, board_name, boards_dir, firmware, &spec, diag);
    if (!err && !(board = calloc(1, sizeof(*board))))
        err = awh_fail_mem(diag);
    if (!err) {
        bool serial = spec.link == AWH_BOARD_SERIAL_SOCKET, emulated = spec.link != AWH_BOARD_TCP;
        board->fd = -1;
        snprintf(board->where, sizeof(board->where), "%.100s (%s)", spec.name,
                 serial     ? "QEMU"
                 : emulated ? "QEMU, TCP"
                            : "process");
        err = serial     ? launch_serial(&arena, &spec, board, diag)
              : emulated ? launch_network(&arena, &spec, board, diag)
                         : launch_tcp(&arena, &spec, board, diag);
        if (!err) {
            *link_out = (struct awh_link){.ops = &board_ops,
                                          .self = board,
                                          .transport = serial     ? "qemu"
                                                       : emulated ? "qemu-tcp"
                                                                  : "tcp"};
            snprintf(link_out->where, sizeof(link_out->where), "%s", board->where);
        } else {
            board_close(board);
        }
    }
    awh_arena_release(&arena);
    return err;
}

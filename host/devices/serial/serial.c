/* Real boards on a serial port; the only user of libserialport. */
#include <errno.h>
#include <limits.h>
#include <libserialport.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "devices/fd.h"
#include "devices/link.h"

#define DEFAULT_BAUD 115200u
#define MAX_BAUD     4000000u

struct serial {
    struct sp_port *port;
    int fd; /* the port's own, to wait on */
    char where[128];
};

static enum aw_err gone(const struct serial *serial, int error, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_IO,
                    "%s: the port is gone (%s); plug it in again, then continue with --resume",
                    serial->where, error ? strerror(error) : "hung up");
}

static enum aw_err serial_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                               size_t *size_out, struct awh_diag *diag)
{
    struct serial *serial = self;
    int error = 0;
    /* Not sp_blocking_read_next(): it spins until its time-out when the port was unplugged. */
    enum aw_err err = awh_fd_wait(serial->fd, POLLIN, timeout_ms, &error);
    *size_out = 0;
    if (err == AW_ERR_TIMEOUT)
        return AW_OK;
    if (err)
        return gone(serial, error, diag);
    int got = sp_nonblocking_read(serial->port, bytes, capacity);
    if (got <= 0)
        return gone(serial, got < 0 ? sp_last_error_code() : 0, diag);
    *size_out = (size_t)got;
    return AW_OK;
}

static enum aw_err serial_write(void *self, const uint8_t *bytes, size_t size,
                                struct awh_diag *diag)
{
    struct serial *serial = self;
    uint64_t deadline = awh_clock_ms() + AWH_WRITE_TIMEOUT_MS;
    while (size) {
        int sent = sp_nonblocking_write(serial->port, bytes, size);
        if (sent < 0)
            return gone(serial, sp_last_error_code(), diag);
        bytes += sent;
        size -= (size_t)sent;
        if (sent > 0)
            continue;
        uint64_t now = awh_clock_ms();
        int error = 0;
        enum aw_err err =
            now >= deadline ? AW_ERR_TIMEOUT
                            : awh_fd_wait(serial->fd, POLLOUT, (unsigned)(deadline - now), &error);
        if (err == AW_ERR_TIMEOUT)
            return awh_fail(
                diag, err, "%s: the port took no bytes for %u ms; check the adapter and its driver",
                serial->where, AWH_WRITE_TIMEOUT_MS);
        if (err)
            return gone(serial, error, diag);
    }
    return AW_OK;
}

static void release(struct serial *serial)
{
    sp_close(serial->port);
    sp_free_port(serial->port);
    free(serial);
}

static void serial_close(void *self)
{
    release(self);
}

static const struct awh_link_ops serial_ops = {
    .read = serial_read, .write = serial_write, .close = serial_close};

/* DEV[@BAUD] to a path and a rate; the path is what symbolic links (/dev/serial/by-id/...) lead to,
 * because libserialport only takes kernel names. */
static enum aw_err parse(const char *device, char path[PATH_MAX], unsigned *baud_out,
                         struct awh_diag *diag)
{
    const char *at = strrchr(device, '@');
    size_t size = at ? (size_t)(at - device) : strlen(device);
    unsigned long baud = DEFAULT_BAUD;
    if (at) {
        char *end;
        errno = 0;
        baud = strtoul(at + 1, &end, 10);
        if (at[1] < '0' || at[1] > '9' || *end || errno || baud < 300 || baud > MAX_BAUD)
            return awh_fail(diag, AW_ERR_ARG, "%s: expected DEV@BAUD with a rate from 300 to %u",
                            device, MAX_BAUD);
    }
    char name[PATH_MAX];
    if (size == 0 || size >= sizeof(name))
        return awh_fail(diag, AW_ERR_ARG,
                        "%s: expected DEV or DEV@BAUD, such as /dev/ttyUSB0@115200", device);
    memcpy(name, device, size);
    name[size] = '\0';
    if (!realpath(name, path))
        memcpy(path, name, size + 1); /* opening it gives the better message */
    *baud_out = (unsigned)baud;
    return AW_OK;
}

/* "; ports here: /dev/ttyS0, /dev/ttyUSB0". */
static void list_ports(char *text, size_t capacity)
{
    struct sp_port **ports = NULL;
    size_t at = 0;
    if (sp_list_ports(&ports) != SP_OK || !ports || !ports[0]) {
        snprintf(text, capacity, "no serial port is there: plug in the board");
    } else {
        at = (size_t)snprintf(text, capacity, "ports here:");
        for (size_t i = 0; ports[i] && at < capacity; i++)
            at += (size_t)snprintf(text + at, capacity - at, "%s %s", i ? "," : "",
                                   sp_get_port_name(ports[i]));
    }
    if (ports)
        sp_free_port_list(ports);
}

static enum aw_err cannot_open(const char *path, int error, struct awh_diag *diag)
{
    char ports[512];
    list_ports(ports, sizeof(ports));
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return awh_fail(diag, AW_ERR_IO, "%s: no such serial port; %s", path, ports);
    case EACCES:
    case EPERM:
        return awh_fail(diag, AW_ERR_IO,
                        "%s: permission denied; join the group that owns it (Debian: sudo adduser "
                        "$USER dialout, then log in again)",
                        path);
    case EBUSY:
    case EWOULDBLOCK:
        return awh_fail(diag, AW_ERR_IO,
                        "%s: the port is busy; close the program that uses it (sudo fuser %s); %s",
                        path, path, ports);
    case ENOTTY:
    case EINVAL:
        return awh_fail(diag, AW_ERR_IO, "%s: not a serial port; %s", path, ports);
    default:
        return awh_fail(diag, AW_ERR_IO, "%s: cannot open the port: %s; %s", path, strerror(error),
                        ports);
    }
}

/* libserialport hides the reason behind SP_ERR_ARG where the name is not one of /sys/class/tty. */
static int open_error(const char *path, enum sp_return result)
{
    struct stat stat_of;
    if (result == SP_ERR_FAIL && sp_last_error_code())
        return sp_last_error_code();
    if (result == SP_ERR_MEM)
        return ENOMEM;
    return stat(path, &stat_of) ? errno : ENOTTY;
}

static bool configure(struct sp_port *port, unsigned baud)
{
    return sp_set_baudrate(port, (int)baud) == SP_OK && sp_set_bits(port, 8) == SP_OK &&
           sp_set_parity(port, SP_PARITY_NONE) == SP_OK && sp_set_stopbits(port, 1) == SP_OK &&
           sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE) == SP_OK;
}

static enum aw_err open_port(struct serial *serial, const char *path, unsigned baud,
                             struct awh_diag *diag)
{
    enum sp_return result = sp_get_port_by_name(path, &serial->port);
    if (result == SP_OK)
        result = sp_open(serial->port, SP_MODE_READ_WRITE);
    if (result == SP_OK)
        result = sp_get_port_handle(serial->port, &serial->fd);
    if (result != SP_OK)
        return cannot_open(path, open_error(path, result), diag);
    /* Two programs on one line garble both. The lock keeps out a second awnas-hw, also as root, and
     * TIOCEXCL whoever opens the port later. */
    if (flock(serial->fd, LOCK_EX | LOCK_NB))
        return cannot_open(path, errno, diag);
    (void)ioctl(serial->fd, TIOCEXCL);
    if (!configure(serial->port, baud))
        return awh_fail(diag, AW_ERR_IO, "%s: the port cannot do %u baud, 8N1, no flow control: %s",
                        path, baud, strerror(sp_last_error_code()));
    sp_flush(serial->port, SP_BUF_BOTH); /* what an earlier session left */
    return AW_OK;
}

enum aw_err awh_link_serial(const char *device, struct awh_link *link_out, struct awh_diag *diag)
{
    char path[PATH_MAX];
    unsigned baud = DEFAULT_BAUD;
    enum aw_err err = parse(device, path, &baud, diag);
    if (err)
        return err;
    struct serial *serial = calloc(1, sizeof(*serial));
    if (!serial)
        return awh_fail_mem(diag);
    serial->fd = -1;
    snprintf(serial->where, sizeof(serial->where), "%.127s", path);
    err = open_port(serial, path, baud, diag);
    if (err) {
        if (serial->port && serial->fd >= 0)
            sp_close(serial->port);
        if (serial->port)
            sp_free_port(serial->port);
        free(serial);
        return err;
    }
    *link_out =
        (struct awh_link){.ops = &serial_ops, .self = serial, .transport = "serial", .baud = baud};
    snprintf(link_out->where, sizeof(link_out->where), "%s", serial->where);
    return AW_OK;
}

/* The runtime as a Linux process: its line is a TCP connection, its clock the kernel's raw
 * monotonic one. Nothing masks interrupts here; times are those of a shared machine. */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aw/siphash.h"
#include "awt/hal.h"
#include "config.h"

#define WAIT_MS         1000 /* poll() wakes earlier for any byte; this bounds nothing but idleness */
#define WRITE_LIMIT_MS  10000
#define LINGER_LIMIT_MS 200

static _Alignas(64) uint8_t arena[AWB_ARENA_BYTES + AWB_TAIL_BYTES];
static _Alignas(64) uint8_t weights[AWB_WEIGHT_BYTES + AWB_TAIL_BYTES];
static _Alignas(64) uint8_t program[AWB_PROGRAM_BYTES];
static _Alignas(64) uint8_t tables[AWT_TABLE_BYTES];

static int listen_fd = -1, line_fd = -1;
static uint32_t connections;
static uint8_t key[AW_SIPHASH_KEY_BYTES];
static bool has_key;

void awb_native_serve(int listener, int line)
{
    listen_fd = listener;
    line_fd = line;
}

void awb_native_set_key(const uint8_t *bytes)
{
    memcpy(key, bytes, sizeof key);
    has_key = true;
}

const uint8_t *awb_key(void)
{
    return has_key ? key : NULL;
}

uint32_t awb_link_connection(void)
{
    return connections;
}

/* Copies the model without what trade marks add, cut to what Hello carries. */
static void copy_model(const char *from, char *to, size_t capacity)
{
    static const char *const noise[] = {"(R)", "(TM)", "(r)", "(tm)", "CPU "};
    size_t n = 0;
    while (*from && *from != '\n' && n + 1 < capacity) {
        size_t skip = 0;
        for (size_t i = 0; i < sizeof noise / sizeof noise[0] && !skip; i++)
            if (strncmp(from, noise[i], strlen(noise[i])) == 0)
                skip = strlen(noise[i]);
        if (skip)
            from += skip;
        else
            to[n++] = *from++;
    }
    while (n > 0 && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
}

static void read_cpu_model(char *model, size_t capacity)
{
    snprintf(model, capacity, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            copy_model(colon + 1 + strspn(colon + 1, " "), model, capacity);
            break;
        }
    }
    fclose(file);
}

const struct awb_info *awb_init(void)
{
    static char model[24];
    static const struct awb_info info = {
        .board = "native",
        .cpu = model,
        .clock_name = "CLOCK_MONOTONIC_RAW",
        .clock_unit = "ns",
        .clock_hz = 1000000000,
    };
    read_cpu_model(model, sizeof model);
    return &info;
}

uint64_t awb_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t awb_ticks_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint64_t awb_instructions(void)
{
    return 0;
}

uint64_t awb_instructions_between(uint64_t from, uint64_t to)
{
    (void)from;
    (void)to;
    return 0;
}

uint32_t awb_millis(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static void hang_up(void)
{
    close(line_fd);
    line_fd = -1;
    awb_native_keep_line(-1);
}

static void answer_call(void)
{
    line_fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (line_fd < 0)
        return;
    awb_native_keep_line(line_fd);
    connections++;
    int on = 1;
    setsockopt(line_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* A host that vanished without a word must not keep the board from the next one. */
    int idle_s = 30;
    setsockopt(line_fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(line_fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
}

static bool is_transient(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity)
{
    if (line_fd < 0)
        return 0;
    ssize_t n = recv(line_fd, bytes, capacity, 0);
    if (n > 0)
        return (uint32_t)n;
    if (n == 0 || !is_transient(errno))
        hang_up();
    return 0;
}

void awb_link_write(const uint8_t *bytes, uint32_t n)
{
    uint32_t start_ms = awb_millis();
    while (n > 0 && line_fd >= 0) {
        ssize_t sent = send(line_fd, bytes, n, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            n -= (uint32_t)sent;
        } else if (!is_transient(errno) || awb_millis() - start_ms > WRITE_LIMIT_MS) {
            hang_up(); /* a host that does not read is gone */
        } else {
            struct pollfd line = {.fd = line_fd, .events = POLLOUT};
            poll(&line, 1, WAIT_MS);
        }
    }
}

void awb_wait(void)
{
    struct pollfd wake = {.fd = line_fd >= 0 ? line_fd : listen_fd, .events = POLLIN};
    if (poll(&wake, 1, WAIT_MS) > 0 && line_fd < 0)
        answer_call();
}

void awb_timed_begin(void)
{
}

void awb_timed_end(void)
{
}

/* Closing with bytes unread resets the connection and may take the last reply with it: read them.
 */
static void hang_up_gently(void)
{
    uint8_t bytes[1024];
    uint32_t start_ms = awb_millis();
    shutdown(line_fd, SHUT_WR);
    for (uint32_t ms = 0; ms < LINGER_LIMIT_MS; ms = awb_millis() - start_ms) {
        struct pollfd line = {.fd = line_fd, .events = POLLIN};
        if (poll(&line, 1, (int)(LINGER_LIMIT_MS - ms)) > 0 &&
            recv(line_fd, bytes, sizeof bytes, 0) == 0)
            break;
    }
    hang_up();
}

_Noreturn void awb_reset(void)
{
    if (line_fd >= 0)
        hang_up_gently();
    awb_native_restart(false);
    fprintf(stderr, "awnas-native-board: cannot restart: %s\n", strerror(errno));
    exit(1);
}

void awb_memory(struct awb_memory *out)
{
    *out = (struct awb_memory){
        .arena = arena,
        .arena_bytes = AWB_ARENA_BYTES,
        .weights = weights,
        .weight_bytes = AWB_WEIGHT_BYTES,
        .program = program,
        .program_bytes = AWB_PROGRAM_BYTES,
        .tables = tables,
    };
}

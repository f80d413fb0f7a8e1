/* awnas-native-board: opens its port, then is a board. */
#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aw/siphash.h"
#include "awt/hal.h"

static const char usage[] =
    "usage: awnas-native-board [--port PORT] [--bind ADDRESS] [--key-file FILE]\n"
    "\n"
    "Runs awnas-hw's firmware as a process of this machine and serves one TCP connection after "
    "the\n"
    "other. Prints 'listening on ADDRESS:PORT' once it is ready; ends with its parent process.\n"
    "\n"
    "  --port PORT     0 (default) takes any free port\n"
    "  --bind ADDRESS  IPv4 address to listen on (default 127.0.0.1)\n"
    "  --key-file FILE the key that hosts must have: 32 hexadecimal digits; without it everybody\n"
    "                  who can connect may use the board\n"
    "\n"
    "example: awnas-native-board --port 5000 &\n"
    "         awnas-hw measure results --tcp 127.0.0.1:5000\n";

static _Noreturn void fail(int status, const char *what, const char *why)
{
    fprintf(stderr, "awnas-native-board: %s: %s\n", what, why);
    exit(status);
}

static void read_key(const char *path)
{
    char text[128] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        fail(2, path, strerror(errno));
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    uint8_t key[AW_SIPHASH_KEY_BYTES];
    if (!aw_siphash_key(text, (uint32_t)size, key))
        fail(2, path, "expected a key of 32 hexadecimal digits");
    awb_native_set_key(key);
}

static void parse(int argc, char **argv, struct sockaddr_in *address)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"bind", required_argument, NULL, 'b'},
        {"key-file", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        char *end = NULL;
        unsigned long port;
        switch (option) {
        case 'p':
            errno = 0;
            port = strtoul(optarg, &end, 10);
            if (optarg[0] < '0' || optarg[0] > '9' || *end || errno || port > 65535)
                fail(2, optarg, "expected a port, 0..65535");
            address->sin_port = htons((uint16_t)port);
            break;
        case 'b':
            if (inet_pton(AF_INET, optarg, &address->sin_addr) != 1)
                fail(2, optarg, "expected an IPv4 address such as 127.0.0.1");
            break;
        case 'k':
            read_key(optarg);
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (optind < argc)
        fail(2, argv[optind], "unexpected argument; see --help");
}

/* Descriptors of the run before a restart; all -1 when there was none. */
static void inherit(int fds[3])
{
    fds[0] = fds[1] = fds[2] = -1;
    const char *text = getenv(AWB_NATIVE_KEEP_ENV);
    if (!text)
        return;
    int found[3], end = 0, listening = 0;
    socklen_t size = sizeof listening;
    struct stat noinit, line;
    bool good = sscanf(text, "%d,%d,%d%n", &found[0], &found[1], &found[2], &end) == 3 &&
                !text[end] && found[0] > 2 && found[1] > 2 &&
                getsockopt(found[0], SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
                listening && fstat(found[1], &noinit) == 0 && S_ISREG(noinit.st_mode) &&
                fcntl(found[0], F_SETFD, FD_CLOEXEC) == 0 &&
                fcntl(found[1], F_SETFD, FD_CLOEXEC) == 0;
    unsetenv(AWB_NATIVE_KEEP_ENV);
    if (!good)
        return;
    fds[0] = found[0];
    fds[1] = found[1];
    if (found[2] > 2 && fstat(found[2], &line) == 0 && S_ISSOCK(line.st_mode) &&
        fcntl(found[2], F_SETFD, FD_CLOEXEC) == 0)
        fds[2] = found[2];
}

static int open_port(const struct sockaddr_in *address)
{
    char where[64], ip[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, ip, sizeof ip);
    snprintf(where, sizeof where, "%s:%u", ip, ntohs(address->sin_port));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        fail(1, where, strerror(errno));
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 || listen(fd, 8) != 0)
        fail(1, where, strerror(errno));
    return fd;
}

static void announce(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char ip[INET_ADDRSTRLEN];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        !inet_ntop(AF_INET, &address.sin_addr, ip, sizeof ip))
        fail(1, "getsockname", strerror(errno));
    printf("listening on %s:%u\n", ip, ntohs(address.sin_port));
    if (fflush(stdout) != 0)
        fail(1, "stdout", strerror(errno));
}

static void end_with_parent(void)
{
    pid_t parent = getppid();
    /* The second look finds a parent that died before the kernel was told. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        exit(1);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    parse(argc, argv, &address);
    end_with_parent();
    int fds[3];
    inherit(fds);
    if (fds[0] < 0) {
        fds[0] = open_port(&address);
        announce(fds[0]);
    }
    awb_native_keep(fds[0], fds[1], fds[2], argv);
    awb_native_serve(fds[0], fds[2]);
    awt_main();
}

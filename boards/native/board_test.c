/* The two programs as processes: how they start, serve, restart and end. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../target/src/test_program.h"
#include "aw/frame.h"
#include "msg.h"

#define BOARD     AWNAS_BINARY_DIR "/awnas-native-board"
#define BADKERNEL AWNAS_BINARY_DIR "/awnas-native-board-badkernel"
#define PATIENCE  10000 /* ms; what is waited for comes in a few */

struct process {
    pid_t pid;
    int out, err; /* its stdout and stderr */
};

static struct process start(const char *path, const char *option, const char *value)
{
    int out[2], err[2];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        execl(path, path, option, value, (char *)NULL);
        _exit(126);
    }
    close(out[1]);
    close(err[1]);
    return (struct process){.pid = pid, .out = out[0], .err = err[0]};
}

static bool readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, PATIENCE) > 0;
}

static void read_line(int fd, char *line, size_t capacity)
{
    size_t n = 0;
    while (n + 1 < capacity && readable(fd) && read(fd, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

static uint16_t port_of(const struct process *process)
{
    char line[128];
    read_line(process->out, line, sizeof line);
    unsigned port = 0;
    if (sscanf(line, "listening on 127.0.0.1:%u", &port) != 1)
        fail_msg("instead of its port the board says '%s'", line);
    return (uint16_t)port;
}

static int wait_end(struct process *process)
{
    int status = 0;
    char byte;
    while (readable(process->out) && read(process->out, &byte, 1) == 1)
        continue; /* its end closes the pipe */
    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    close(process->out);
    close(process->err);
    return status;
}

static void stop(struct process *process)
{
    assert_int_equal(kill(process->pid, SIGTERM), 0);
    int status = wait_end(process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static int call(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_request(int fd, const struct awp_request *request)
{
    uint8_t payload[AW_FRAME_MAX_PAYLOAD], wire[AW_FRAME_MAX_WIRE];
    uint32_t size, n;
    assert_int_equal(awp_request_encode(request, payload, sizeof payload, &size), AW_OK);
    assert_int_equal(aw_frame_encode(payload, size, wire, sizeof wire, &n), AW_OK);
    assert_int_equal(send(fd, wire, n, MSG_NOSIGNAL), n);
}

/* The final reply to a request. */
static struct awp_reply ask(int fd, struct awp_request request)
{
    static uint32_t seq;
    struct aw_frame_decoder decoder;
    struct awp_reply reply;
    request.seq = ++seq;
    send_request(fd, &request);
    aw_frame_decoder_init(&decoder);
    for (;;) {
        uint8_t byte;
        assert_true(readable(fd));
        assert_int_equal(recv(fd, &byte, 1, 0), 1);
        if (aw_frame_push(&decoder, byte) != AW_FRAME_READY)
            continue;
        assert_int_equal(awp_reply_decode(decoder.payload, decoder.payload_bytes, &reply), AW_OK);
        if (reply.seq == seq && reply.kind != AWP_STARTED)
            return reply;
    }
}

static void load(int fd)
{
    struct awp_request chunk = {.kind = AWP_LOAD_CHUNK};
    uint32_t size = test_program_write(1, chunk.load_chunk.data, sizeof chunk.load_chunk.data);
    assert_true(size > 0);
    chunk.load_chunk.size = (uint16_t)size;
    struct awp_request begin = {
        .kind = AWP_LOAD_BEGIN,
        .load_begin = {size, awp_program_crc(chunk.load_chunk.data, size)},
    };
    assert_int_equal(ask(fd, begin).kind, AWP_LOAD_ACK);
    assert_int_equal(ask(fd, chunk).load_ack.received_bytes, size);
    assert_int_equal(ask(fd, (struct awp_request){.kind = AWP_LOAD_END}).kind, AWP_LOAD_DONE);
}

static void test_measures(void **state)
{
    (void)state;
    struct process process = start(BOARD, "--port", "0");
    int fd = call(port_of(&process));
    struct awp_reply reply =
        ask(fd, (struct awp_request){.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}});
    assert_int_equal(reply.kind, AWP_HELLO_REPLY);
    assert_string_equal(reply.hello.board, "native");
    assert_string_equal(reply.hello.clock_unit, "ns");
    assert_true(reply.hello.clock_hz == 1000000000);
    assert_true(strlen(reply.hello.cpu) > 0 && strlen(reply.hello.firmware) > 0);
    assert_false(reply.hello.emulated);
    assert_int_equal(reply.hello.selftest, AW_OK);
    assert_int_equal(reply.hello.arena_bytes, 64u << 20);
    load(fd);
    assert_int_equal(ask(fd, (struct awp_request){.kind = AWP_VERIFY}).kind, AWP_VERIFY_DONE);
    struct awp_request run = {.kind = AWP_RUN, .run = {2, 5, AWP_MODE_LAYERS}};
    reply = ask(fd, run);
    assert_int_equal(reply.run_done.record_count, 5 * TEST_LAYERS);
    assert_true(reply.run_done.total_ticks > 0);
    assert_int_equal(ask(fd, (struct awp_request){.kind = AWP_FETCH}).records.count,
                     5 * TEST_LAYERS);
    close(fd);
    stop(&process);
}

static void test_serves_one_after_the_other(void **state)
{
    (void)state;
    struct process process = start(BOARD, "--port", "0");
    uint16_t port = port_of(&process);
    int first = call(port);
    load(first);
    int second = call(port); /* waits in line */
    struct pollfd wait = {.fd = second, .events = POLLIN};
    send_request(second, &(struct awp_request){.seq = 1, .kind = AWP_STATUS});
    assert_int_equal(poll(&wait, 1, 50), 0);
    /* Hangs up within a frame, with an answer unread. */
    send_request(first, &(struct awp_request){.seq = 999, .kind = AWP_STATUS});
    assert_int_equal(send(first, "\0\x05half", 6, MSG_NOSIGNAL), 6);
    close(first);
    assert_true(readable(second));
    ask(second, (struct awp_request){.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}});
    struct awp_reply reply = ask(second, (struct awp_request){.kind = AWP_STATUS});
    assert_int_equal(reply.status.state, AWP_STATE_LOADED); /* a board outlives its cable */
    close(second);
    stop(&process);
}

static void test_reset_keeps_the_port(void **state)
{
    (void)state;
    struct process process = start(BOARD, "--port", "0");
    uint16_t port = port_of(&process);
    for (int i = 0; i < 2; i++) {
        int fd = call(port);
        struct awp_reply reply = ask(fd, (struct awp_request){.kind = AWP_STATUS});
        assert_int_equal(reply.status.state, AWP_STATE_EMPTY);
        load(fd);
        assert_int_equal(ask(fd, (struct awp_request){.kind = AWP_RESET}).kind, AWP_RESET_ACK);
        uint8_t byte;
        assert_true(readable(fd));
        assert_int_equal(recv(fd, &byte, 1, 0), 0);
        close(fd);
    }
    stop(&process);
}

static void test_a_wrong_kernel_shows_in_its_layer(void **state)
{
    (void)state;
    struct awp_reply crcs[2];
    for (int bad = 0; bad < 2; bad++) {
        struct process process = start(bad ? BADKERNEL : BOARD, "--port", "0");
        int fd = call(port_of(&process));
        assert_int_equal(
            ask(fd, (struct awp_request){.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}})
                .hello.selftest,
            AW_OK);
        load(fd);
        ask(fd, (struct awp_request){.kind = AWP_VERIFY});
        crcs[bad] = ask(fd, (struct awp_request){.kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS}});
        assert_int_equal(crcs[bad].records.count, TEST_LAYERS);
        close(fd);
        stop(&process);
    }
    assert_int_equal(test_layers[1].op, AW_OP_DWCONV2D);
    assert_int_equal(crcs[0].records.words[0], crcs[1].records.words[0]);
    assert_int_not_equal(crcs[0].records.words[1], crcs[1].records.words[1]);
}

static void test_refuses_to_start(void **state)
{
    (void)state;
    struct process holder = start(BOARD, "--port", "0");
    char port[8];
    snprintf(port, sizeof port, "%u", port_of(&holder));
    const struct {
        const char *option, *value, *text;
        int status;
    } rows[] = {
        {"--port", "65536", "expected a port", 2},
        {"--port", "5x", "expected a port", 2},
        {"--port", "-1", "expected a port", 2},
        {"--bind", "localhost", "expected an IPv4 address", 2},
        {"--nonsense", NULL, "nonsense", 2},
        {"stray", NULL, "unexpected argument", 2},
        {"--port", port, "Address already in use", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct process process = start(BOARD, rows[i].option, rows[i].value);
        char line[256];
        read_line(process.err, line, sizeof line);
        int status = wait_end(&process);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != rows[i].status ||
            !strstr(line, rows[i].text))
            fail_msg("%s %s: status %#x, '%s'", rows[i].option, rows[i].value ? rows[i].value : "",
                     (unsigned)status, line);
    }
    stop(&holder);
}

static void test_ends_with_its_parent(void **state)
{
    (void)state;
    int out[2];
    assert_int_equal(pipe(out), 0);
    /* Orphans come to us, so that none is left behind when the test fails. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        if (fork() == 0) {
            dup2(out[1], 1);
            execl(BOARD, BOARD, (char *)NULL);
            _exit(126);
        }
        pause();
        _exit(0);
    }
    close(out[1]);
    char line[128];
    read_line(out[0], line, sizeof line);
    assert_non_null(strstr(line, "listening on "));
    assert_int_equal(kill(parent, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_true(readable(out[0])); /* the end of the file: nobody holds the pipe */
    assert_int_equal(read(out[0], line, 1), 0);
    assert_true(waitpid(-1, &status, 0) > 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    close(out[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measures),
        cmocka_unit_test(test_serves_one_after_the_other),
        cmocka_unit_test(test_reset_keeps_the_port),
        cmocka_unit_test(test_a_wrong_kernel_shows_in_its_layer),
        cmocka_unit_test(test_refuses_to_start),
        cmocka_unit_test(test_ends_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TCP links and the messages of serial ones; real ports are tested by
 * tests/system/serial_pty_test.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/fd.h"
#include "devices/link.h"

static int listener = -1;
static char address[32];

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(local);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&local, sizeof(local)) ||
        listen(listener, 4) || getsockname(listener, (struct sockaddr *)&local, &size))
        return -1;
    snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(local.sin_port));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(listener);
    return 0;
}

static struct awh_link connect_to(const char *where, int *peer_out)
{
    struct awh_link link;
    struct awh_diag diag = {0};
    if (awh_link_tcp(where, 2000, &link, &diag))
        fail_msg("%s", diag.text);
    *peer_out = accept(listener, NULL, NULL);
    assert_true(*peer_out >= 0);
    return link;
}

static void test_bytes_both_ways(void **state)
{
    (void)state;
    int peer;
    struct awh_link link = connect_to(address, &peer);
    assert_string_equal(link.where, address);
    assert_string_equal(link.transport, "tcp");
    assert_int_equal(link.baud, 0);
    uint8_t bytes[16] = "ping";
    size_t got;
    assert_int_equal(link.ops->write(link.self, bytes, 4, NULL), AW_OK);
    assert_int_equal(read(peer, bytes, sizeof(bytes)), 4);
    assert_int_equal(write(peer, "pong!", 5), 5);
    assert_int_equal(link.ops->read(link.self, bytes, 3, 1000, &got, NULL), AW_OK);
    assert_int_equal(got, 3);
    assert_int_equal(link.ops->read(link.self, bytes, sizeof(bytes), 1000, &got, NULL), AW_OK);
    assert_int_equal(got, 2);
    assert_memory_equal(bytes, "g!", 2);
    awh_link_close(&link);
    assert_int_equal(read(peer, bytes, sizeof(bytes)), 0);
    close(peer);
}

static void on_alarm(int number)
{
    (void)number;
}

static void test_signals_do_not_shorten_waits(void **state)
{
    (void)state;
    int peer;
    struct awh_link link = connect_to(address, &peer);
    struct sigaction action = {.sa_handler = on_alarm}, old;
    sigaction(SIGALRM, &action, &old);
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    uint8_t byte;
    size_t got = 1;
    uint64_t before = awh_clock_ms();
    enum aw_err err = link.ops->read(link.self, &byte, 1, 120, &got, NULL);
    uint64_t waited = awh_clock_ms() - before;
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(err, AW_OK);
    assert_int_equal(got, 0);
    assert_in_range(waited, 115, 3000);
    awh_link_close(&link);
    close(peer);
}

static void test_closed_by_the_board(void **state)
{
    (void)state;
    int peer;
    struct awh_link link = connect_to(address, &peer);
    char expected[160];
    snprintf(expected, sizeof(expected),
             "%s: the board closed the connection; restart it, then continue with --resume",
             address);
    close(peer);
    uint8_t byte = 0;
    size_t got;
    struct awh_diag diag = {0};
    assert_int_equal(link.ops->read(link.self, &byte, 1, 1000, &got, &diag), AW_ERR_IO);
    assert_string_equal(diag.text, expected);
    enum aw_err err = AW_OK;
    for (int i = 0; i < 100 && !err; i++) /* the first bytes may still be taken by the kernel */
        err = link.ops->write(link.self, &byte, 1, NULL);
    assert_int_equal(err, AW_ERR_IO);
    awh_link_close(&link);
}

static void check_refused(enum aw_err (*open)(const char *, struct awh_link *, struct awh_diag *),
                          const char *where, enum aw_err expected, const char *text)
{
    struct awh_link link = {0};
    struct awh_diag diag = {0};
    enum aw_err err = open(where, &link, &diag);
    if (err != expected || !strstr(diag.text, text) || strchr(diag.text, '\n'))
        fail_msg("%s: expected \"%s\" (%d), found \"%s\" (%d)", where, text, expected, diag.text,
                 err);
    assert_null(link.ops);
}

static enum aw_err open_tcp(const char *where, struct awh_link *link, struct awh_diag *diag)
{
    return awh_link_tcp(where, 2000, link, diag);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        ":",       "host",  "host:",   ":5",      "host:0", "host:65536",
        "host:5x", "host:-5", "::1:5", "host: 5", "host:+5", "[]:5",   "host:99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_refused(open_tcp, bad[i], AW_ERR_ARG, "expected HOST:PORT");
    check_refused(open_tcp, "no.such.host.invalid:5", AW_ERR_IO, "no such host");
    close(listener);
    check_refused(open_tcp, address, AW_ERR_IO,
                  "connection refused; is the board's firmware running");
    assert_int_equal(set_up(NULL), 0);
}

static void test_serial_messages(void **state)
{
    (void)state;
    check_refused(awh_link_serial, "/dev/awnas-no-port", AW_ERR_IO,
                  "/dev/awnas-no-port: no such serial port; ");
    check_refused(awh_link_serial, "/dev/null", AW_ERR_IO, "/dev/null: not a serial port; ");
    check_refused(awh_link_serial, "/dev/null@", AW_ERR_ARG, "expected DEV@BAUD");
    check_refused(awh_link_serial, "/dev/null@12", AW_ERR_ARG, "expected DEV@BAUD");
    check_refused(awh_link_serial, "/dev/null@9600x", AW_ERR_ARG, "expected DEV@BAUD");
    check_refused(awh_link_serial, "@9600", AW_ERR_ARG, "expected DEV or DEV@BAUD");
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_bytes_both_ways),     ROW(test_signals_do_not_shorten_waits),
        ROW(test_closed_by_the_board), ROW(test_addresses),
        ROW(test_serial_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Starting boards: what is found, what is said when it is not, and that nothing outlives us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "devices/fd.h"
#include "devices/link.h"

static char root[64]; /* of the boards made here; also TMPDIR */

static int set_up_group(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/awnas-board-test-XXXXXX");
    return mkdtemp(root) && setenv("TMPDIR", root, 1) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0
               ? 0
               : -1;
}

static int tear_down_group(void **state)
{
    (void)state;
    return awh_dir_remove(root, NULL) ? -1 : 0;
}

/* Makes the board `name` with this board.yaml. */
static void make_board(const char *name, const char *yaml)
{
    char path[160];
    struct awh_diag diag = {0};
    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(awh_dir_make(path, &diag), AW_OK);
    snprintf(path, sizeof(path), "%s/%s/board.yaml", root, name);
    assert_int_equal(awh_file_write(path, yaml, strlen(yaml), &diag), AW_OK);
}

/* No socket directory of ours is left. */
static void check_no_leftovers(void)
{
    DIR *dir = opendir(root);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, "awnas-hw-", 9) == 0)
            fail_msg("left behind: %s/%s", root, entry->d_name);
    closedir(dir);
}

static void check_failure(const char *board, const char *firmware, enum aw_err expected,
                          const char *text)
{
    struct awh_link link = {0};
    struct awh_diag diag = {0};
    enum aw_err err = awh_link_board(board, root, firmware, &link, &diag);
    if (err != expected || !strstr(diag.text, text) || strchr(diag.text, '\n'))
        fail_msg("%s: expected \"%s\" (%d), found \"%s\" (%d)", board, text, expected, diag.text,
                 err);
    assert_null(link.ops);
    check_no_leftovers();
}

#define COMMAND(command) "name: b\nlink: serial-socket\nlaunch:\n  command: " command "\n"

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum aw_err err;
        const char *text;
    } rows[] = {
        {"name: other\n", AW_ERR_FORMAT, "b/board.yaml:1: name: expected 'b', the folder's name"},
        {"name: b\n", AW_ERR_UNSUPPORTED, "not emulated; give --serial DEV or --tcp HOST:PORT"},
        {"name: b\nlink: pigeon\nlaunch: {command: [x]}\n", AW_ERR_FORMAT,
         "b/board.yaml:2: link: expected serial-socket or tcp"},
        {COMMAND("[]"), AW_ERR_FORMAT, "launch.command: expected a program and its arguments"},
        {COMMAND("[x, 3]"), AW_ERR_FORMAT, "launch.command[1]"},
        {COMMAND("[x, -serial]"), AW_ERR_FORMAT, "expected {serial} in the command"},
        {COMMAND("[x, '{serial}', '{firmware}']"), AW_ERR_FORMAT, "firmware"},
        {"firmware: a/b\n" COMMAND("[x, '{serial}', '{firmware}']"), AW_ERR_FORMAT,
         "expected the file name of the image"},
        {"firmware: fw.elf\n" COMMAND("[x, '{serial}', '{firmware}']"), AW_ERR_IO,
         "no firmware image fw.elf; build it (cmake --preset fw-b && cmake --build --preset fw-b)"},
        {"package: qemu-system-arm\n" COMMAND("[awnas-no-such-qemu, '{serial}']"), AW_ERR_IO,
         "awnas-no-such-qemu is not installed (Debian package qemu-system-arm)"},
        {COMMAND("[/dev/null, '{serial}']"), AW_ERR_IO, "cannot run /dev/null: Permission denied"},
        {COMMAND("[sh, -c, 'echo first; echo \"bad\tmachine\" >&2; exit 3', '{serial}']"),
         AW_ERR_IO, "b (QEMU): the emulator did not start (exit status 3: bad machine)"},
        {COMMAND("[sh, -c, 'echo \"sh: no such machine\"; echo later; exit 1', '{serial}']"),
         AW_ERR_IO, "b (QEMU): the emulator did not start (exit status 1: sh: no such machine)"},
        {COMMAND("[sh, -c, 'echo \"x is deprecated\"; exit 1', '{serial}']"), AW_ERR_IO,
         "b (QEMU): the emulator did not start (exit status 1: it did not say why)"},
        {COMMAND("[sh, -c, 'kill -9 $$', '{serial}']"), AW_ERR_IO,
         "b (QEMU): the emulator did not start (killed by signal 9, Killed)"},
        {"name: b\nlink: tcp\nlaunch: {command: [sh, -c, 'echo no port', '{port}']}\n", AW_ERR_IO,
         "b (process): the emulator did not start (exit status 0: no port)"},
        {"name: b\nlink: tcp\nlaunch: {command: [sh, -c, 'echo listening on 127.0.0.1:1; sleep 9', "
         "'{port}']}\n",
         AW_ERR_IO, "b (process): cannot connect to its port 1: Connection refused"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_board("b", rows[i].yaml);
        check_failure("b", NULL, rows[i].err, rows[i].text);
    }
    make_board("b", "firmware: fw.elf\n" COMMAND("[x, '{serial}', '{firmware}']"));
    check_failure("b", "/no/such.elf", AW_ERR_IO, "/no/such.elf: no such firmware image");
}

static void test_unknown_boards(void **state)
{
    (void)state;
    make_board("zcu102", "name: zcu102\n");
    make_board("zynq7000", "name: zynq7000\n");
    check_failure("zcu103", NULL, AW_ERR_NOT_FOUND,
                  "unknown board 'zcu103'; did you mean 'zcu102'?");
    check_failure("xyz", NULL, AW_ERR_NOT_FOUND, "unknown board 'xyz'; known boards: ");
    check_failure("xyz", NULL, AW_ERR_NOT_FOUND, "zcu102, zynq7000");
    check_failure("../zcu102", NULL, AW_ERR_NOT_FOUND, "unknown board");
    check_failure("", NULL, AW_ERR_NOT_FOUND, "unknown board");
    struct awh_link link;
    struct awh_diag diag = {0};
    assert_int_equal(awh_link_board("zcu102", "/no/such/dir", NULL, &link, &diag),
                     AW_ERR_NOT_FOUND);
    assert_non_null(strstr(diag.text, "/no/such/dir: no such folder of boards"));
}

/* -- a board of a few lines of Python: the socket's path is unix:PATH,server=off
 * ------------------- */

#define PYTHON(body)                                                                               \
    "name: b\nlink: serial-socket\nlaunch:\n  command:\n  - python3\n  - -c\n  - |\n"              \
    "    import socket, sys, os, time, signal\n"                                                   \
    "    s = socket.socket(socket.AF_UNIX)\n"                                                      \
    "    s.connect(sys.argv[1][5:].split(',')[0])\n" body "  - '{serial}'\n"

static bool have_python(void)
{
    return system("python3 -c pass >/dev/null 2>&1") == 0;
}

static struct awh_link start(const char *yaml)
{
    struct awh_link link;
    struct awh_diag diag = {0};
    make_board("b", yaml);
    if (awh_link_board("b", root, NULL, &link, &diag))
        fail_msg("%s", diag.text);
    check_no_leftovers(); /* the name of the socket is gone once it is connected */
    return link;
}

static int read_number(struct awh_link *link)
{
    uint8_t bytes[64];
    size_t at = 0;
    while (at < sizeof(bytes) - 1 && !memchr(bytes, '\n', at)) {
        size_t got = 0;
        struct awh_diag diag = {0};
        assert_int_equal(
            link->ops->read(link->self, bytes + at, sizeof(bytes) - 1 - at, 5000, &got, &diag),
            AW_OK);
        assert_int_not_equal(got, 0);
        at += got;
    }
    bytes[at] = '\0';
    return atoi((char *)bytes);
}

/* The group's set-up made this process the reaper of orphans. */
static void check_gone(pid_t pid)
{
    for (int i = 0; i < 500 && kill(pid, 0) == 0; i++) {
        waitpid(pid, NULL, WNOHANG);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_stubborn_process_is_killed(void **state)
{
    (void)state;
    if (!have_python())
        skip();
    struct awh_link link = start(PYTHON("    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                        "    s.send(b'%d\\n' % os.getpid())\n"
                                        "    time.sleep(60)\n"));
    assert_string_equal(link.where, "b (QEMU)");
    assert_string_equal(link.transport, "qemu");
    pid_t pid = read_number(&link);
    uint64_t before = awh_clock_ms();
    awh_link_close(&link);
    assert_in_range(awh_clock_ms() - before, 900, 4000);
    check_gone(pid);
}

static void test_death_is_explained(void **state)
{
    (void)state;
    if (!have_python())
        skip();
    struct awh_link link = start(PYTHON("    s.send(b'1\\n')\n"
                                        "    print('Out of memory', file=sys.stderr)\n"
                                        "    sys.exit(5)\n"));
    assert_int_equal(read_number(&link), 1);
    uint8_t byte;
    size_t got;
    struct awh_diag diag = {0};
    assert_int_equal(link.ops->read(link.self, &byte, 1, 5000, &got, &diag), AW_ERR_IO);
    assert_string_equal(diag.text, "b (QEMU): the emulator ended (exit status 5: Out of memory); "
                                   "continue with --resume");
    /* Writing into the closed line is an error, not a signal. */
    diag = (struct awh_diag){0};
    assert_int_equal(link.ops->write(link.self, &byte, 1, &diag), AW_ERR_IO);
    assert_non_null(strstr(diag.text, "exit status 5"));
    awh_link_close(&link);
}

static void test_read_time_out(void **state)
{
    (void)state;
    if (!have_python())
        skip();
    struct awh_link link = start(PYTHON("    time.sleep(60)\n"));
    uint8_t byte;
    size_t got = 7;
    uint64_t before = awh_clock_ms();
    assert_int_equal(link.ops->read(link.self, &byte, 1, 100, &got, NULL), AW_OK);
    assert_int_equal(got, 0);
    assert_in_range(awh_clock_ms() - before, 95, 3000);
    awh_link_close(&link);
}

/* A child of the test starts a board, tells its process id, and ends in the given way. */
static void check_death_of_host(int how)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t host = fork();
    assert_true(host >= 0);
    if (host == 0) {
        awh_link_cleanup_on_signal();
        struct awh_link link;
        struct awh_diag diag = {0};
        if (awh_link_board("b", root, NULL, &link, &diag))
            _exit(9);
        int pid = read_number(&link);
        if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
            _exit(8);
        if (how == 0)
            exit(0); /* without closing the link */
        raise(how);
        _exit(7);
    }
    close(fds[1]);
    int pid = 0, status;
    assert_int_equal(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
    close(fds[0]);
    assert_int_equal(waitpid(host, &status, 0), host);
    if (how == 0)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    else
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == how);
    check_gone(pid);
    check_no_leftovers();
}

static void test_nothing_outlives_us(void **state)
{
    (void)state;
    if (!have_python())
        skip();
    make_board("b", PYTHON("    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                           "    s.send(b'%d\\n' % os.getpid())\n"
                           "    time.sleep(60)\n"));
    static const int ways[] = {0, SIGINT, SIGTERM, SIGHUP, SIGKILL};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        check_death_of_host(ways[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_unknown_boards),
        cmocka_unit_test(test_stubborn_process_is_killed),
        cmocka_unit_test(test_death_is_explained),
        cmocka_unit_test(test_read_time_out),
        cmocka_unit_test(test_nothing_outlives_us),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}

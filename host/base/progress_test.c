#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/progress.h"

static void formats(void **state)
{
    static const struct {
        uint64_t first_done, done, elapsed_ms;
        const char *detail;
        size_t columns;
        const char *expected;
    } rows[] = {
        {0, 0, 0, NULL, 80, "measure    0%"},
        {0, 5, 999, "net 5", 80, "measure   41%  net 5"},
        {0, 3, 9000, NULL, 80, "measure   25%  0:27 left"},
        {0, 6, 4000000, "x", 80, "measure   50%  1:06:40 left  x"},
        {6, 9, 3000, NULL, 80, "measure   75%  0:03 left"}, /* resumed: 3 items in 3 s */
        {6, 6, 3000, NULL, 80, "measure   50%"},
        {0, 12, 9000, NULL, 80, "measure  100%"},
        {0, 0, 0, "two\nlines\x1b", 80, "measure    0%  two lines "},
        {0, 0, 0, "long", 12, "measure    0"},
        {0, 0, 0, "\xc3\xa9", 16, "measure    0%  "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        struct awh_progress progress = {
            .label = "measure", .total = 12, .first_done = rows[i].first_done};
        awh_progress_format(&progress, rows[i].done, rows[i].elapsed_ms, rows[i].detail,
                            rows[i].columns, text, sizeof(text));
        assert_string_equal(text, rows[i].expected);
    }
    struct awh_progress empty = {.label = "none"};
    char text[64];
    awh_progress_format(&empty, 0, 5000, NULL, 80, text, sizeof(text));
    assert_string_equal(text, "none  100%");
}

static void run(int fd, bool quiet)
{
    struct awh_progress progress;
    awh_progress_begin(&progress, fd, quiet, "work", 0, 3);
    awh_progress_update(&progress, 1, "one"); /* within 100 ms: not drawn */
    awh_progress_update(&progress, 3, "three");
    awh_progress_end(&progress);
    awh_progress_end(&progress);
    awh_progress_update(&progress, 3, "late");
}

/* What arrives until nothing has come for 100 ms; terminals deliver in pieces. */
static size_t read_now(int fd, char *text, size_t capacity)
{
    size_t used = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (used < capacity - 1 && poll(&ready, 1, 100) == 1) {
        ssize_t n = read(fd, text + used, capacity - 1 - used);
        if (n <= 0) {
            break;
        }
        used += (size_t)n;
    }
    text[used] = '\0';
    return used;
}

static void silent_without_a_terminal(void **state)
{
    (void)state;
    int ends[2];
    char text[256];
    assert_int_equal(pipe(ends), 0);
    run(ends[1], false);
    assert_int_equal(read_now(ends[0], text, sizeof(text)), 0);
    close(ends[0]);
    close(ends[1]);
}

static void draws_and_cleans_up_on_a_terminal(void **state)
{
    (void)state;
    char text[512];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        skip(); /* no pseudo terminals here */
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    run(slave, true);
    assert_int_equal(read_now(master, text, sizeof(text)), 0);
    run(slave, false);
    read_now(master, text, sizeof(text));
    assert_string_equal(text, "\rwork    0%\x1b[K\rwork  100%  three\x1b[K\r\x1b[K");

    struct winsize narrow = {.ws_row = 5, .ws_col = 8};
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &narrow), 0);
    run(slave, false);
    read_now(master, text, sizeof(text));
    assert_non_null(strstr(text, "\rwork   \x1b[K"));
    close(slave);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(silent_without_a_terminal),
        cmocka_unit_test(draws_and_cleans_up_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/date.h"

static void dates_of_ctime(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *rest; /* NULL: none */
        double seconds;
    } rows[] = {
        {"Thu Jan  1 00:00:00 1970", "", 0},
        {"Thu Nov 19 21:17:24 2020,617", ",617", 1605820644},
        {"Thu Nov  9 21:17:24 2020", "", 1604956644},
        {"Sat Feb 29 23:59:59 2020", "", 1583020799},
        {"Sun Feb 29 23:59:59 2021", NULL, 0},
        {"Thu Nov 31 21:17:24 2020", NULL, 0},
        {"Thu Foo 19 21:17:24 2020", NULL, 0},
        {"Foo Nov 19 21:17:24 2020", NULL, 0},
        {"Thu Nov 19 25:17:24 2020", NULL, 0},
        {"Thu Nov 19 21:17:61 2020", NULL, 0},
        {"Thu Nov 19 21:17:24", NULL, 0},
        {"Thu Nov 19 21:17:24 20", NULL, 0},
        {"ovD Nov 19 21:17:24 2020", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double seconds = 0;
        const char *rest = awh_date_ctime(rows[i].text, &seconds);
        if ((rest == NULL) != (rows[i].rest == NULL) ||
            (rest != NULL && strcmp(rest, rows[i].rest) != 0) || seconds != rows[i].seconds)
            fail_msg("'%s': %.17g, '%s'", rows[i].text, seconds, rest != NULL ? rest : "-");
    }
}

static void dates_of_python(void **unused)
{
    (void)unused;
    static const struct {
        const char *day, *clock;
        double seconds; /* -1: none */
    } rows[] = {
        {"1970-01-01", "00:00:00", 0},
        {"2020-11-19", "05:17:44.539692", 1605763064.539692},
        {"2020-11-19", "05:17:44.", 1605763064},
        {"2000-02-29", "00:00:60.5", 951782460.5},
        {"1900-02-29", "00:00:00", -1},
        {"2020-13-19", "05:17:44", -1},
        {"2020-00-19", "05:17:44", -1},
        {"2020-1-19", "05:17:44", -1},
        {"2020-11-19 ", "05:17:44", -1},
        {"2020-11-19", "5:17:44", -1},
        {"2020-11-19", "05:17", -1},
        {"2020-11-19", "05:17:44,5", -1},
        {"2020-11-19", "05:17:61", -1},
        {"2020-11-19", "-5:17:44", -1},
        {"", "", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double seconds = -1;
        bool found = awh_date_iso(rows[i].day, rows[i].clock, &seconds);
        if (found != (rows[i].seconds >= 0) || !(fabs(seconds - rows[i].seconds) < 1e-6))
            fail_msg("%s %s: %.17g", rows[i].day, rows[i].clock, seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_of_ctime),
        cmocka_unit_test(dates_of_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Points in time as tools print them, without time zones: seconds from 1970-01-01 by their own
 * clock. */
#ifndef AWH_DATE_H
#define AWH_DATE_H

#include <stdbool.h>

/* "Thu Nov 19 21:17:24 2020", as ctime has it. Returns what follows, or NULL. */
const char *awh_date_ctime(const char *text, double *seconds_out);
/* "2020-11-19" and "05:17:44.539692", nothing behind them. */
bool awh_date_iso(const char *day, const char *clock, double *seconds_out);

#endif

#include "base/date.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct date {
    int year, month, day, hour, minute;
    double second;
};

/* Days from 1970-01-01 in the Gregorian calendar; the year begins in March, so that leap days are
 * last. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t shifted = (month + 9) % 12;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1 -
           719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool date_seconds(const struct date *date, double *seconds_out)
{
    if (date->year < 1970 || date->year > 9999 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > days_in(date->year, date->month) || date->hour < 0 ||
        date->hour > 23 || date->minute < 0 || date->minute > 59 ||
        !(date->second >= 0 && date->second < 61)) /* a leap second */
        return false;
    int64_t minutes =
        (days_of(date->year, date->month, date->day) * 24 + date->hour) * 60 + date->minute;
    *seconds_out = (double)minutes * 60 + date->second;
    return true;
}

/* The number of a three-letter name in a row of such, from 1; 0: none. */
static int name_index(const char *names, const char *name)
{
    const char *at = strlen(name) == 3 ? strstr(names, name) : NULL;
    return at != NULL && (at - names) % 3 == 0 ? (int)(at - names) / 3 + 1 : 0;
}

const char *awh_date_ctime(const char *text, double *seconds_out)
{
    struct date date = {0};
    char weekday[4], month[4];
    int second, end = 0;
    if (sscanf(text, "%3s %3s %2d %2d:%2d:%2d %4d%n", weekday, month, &date.day, &date.hour,
               &date.minute, &second, &date.year, &end) != 7 ||
        end == 0 || name_index("MonTueWedThuFriSatSun", weekday) == 0)
        return NULL;
    date.month = name_index("JanFebMarAprMayJunJulAugSepOctNovDec", month);
    date.second = second;
    return date_seconds(&date, seconds_out) ? text + end : NULL;
}

/* 'd' in the shape is a digit. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; text++, shape++)
        if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape)
            return false;
    return true;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

bool awh_date_iso(const char *day, const char *clock, double *seconds_out)
{
    if (!has_shape(day, "dddd-dd-dd") || day[10] != '\0' || !has_shape(clock, "dd:dd:dd"))
        return false;
    struct date date = {.year = two_digits(day) * 100 + two_digits(day + 2),
                        .month = two_digits(day + 5),
                        .day = two_digits(day + 8),
                        .hour = two_digits(clock),
                        .minute = two_digits(clock + 3),
                        .second = two_digits(clock + 6)};
    clock += strlen("dd:dd:dd");
    double digit = 0.1;
    if (*clock == '.')
        for (clock++; *clock >= '0' && *clock <= '9'; clock++, digit /= 10)
            date.second += digit * (*clock - '0');
    return *clock == '\0' && date_seconds(&date, seconds_out);
}

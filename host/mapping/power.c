#include "mapping/power.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

#define MAX_FILE_BYTES ((size_t)256 << 20)

struct sample {
    double time_s; /* by the clock of the times */
    double watts;
};

struct window {
    const char *net;
    double begin_s, end_s;
};

struct awh_power {
    struct sample *samples; /* by time */
    size_t sample_count;
    struct window *windows;
    size_t window_count;
};

/* -- Dates, without time zones
 * ---------------------------------------------------------------------- */

/* Days from 1970-01-01 in the Gregorian calendar; the year begins in March, so that leap days are
 * last. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t shifted = (month + 9) % 12;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1 -
           719468;
}

struct date {
    int year, month, day, hour, minute;
    double second;
};

static bool date_seconds(const struct date *date, double *seconds)
{
    if (date->year < 1970 || date->year > 9999 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > 31 || date->hour < 0 || date->hour > 23 || date->minute < 0 ||
        date->minute > 59 || !(date->second >= 0 && date->second < 61))
        return false;
    int64_t minutes =
        (days_of(date->year, date->month, date->day) * 24 + date->hour) * 60 + date->minute;
    *seconds = (double)minutes * 60 + date->second;
    return true;
}

static int month_of(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strlen(name) == 3 ? strstr(months, name) : NULL;
    return at != NULL && (at - months) % 3 == 0 ? (int)(at - months) / 3 + 1 : 0;
}

/* "Thu Nov 19 21:17:24 2020,6178900". A number that the end of the file breaks off (`ended`: there
 * was a line end) may be a part of another one. */
static bool read_sample(const char *line, bool ended, struct sample *sample)
{
    struct date date = {0};
    char month[4];
    int second, end = 0;
    if (sscanf(line, "%*3s %3s %2d %2d:%2d:%2d %4d,%n", month, &date.day, &date.hour, &date.minute,
               &second, &date.year, &end) != 6 ||
        end == 0)
        return false;
    date.month = month_of(month);
    date.second = second;
    char *rest;
    double microwatts = strtod(line + end, &rest);
    sample->watts = microwatts * 1e-6;
    return rest != line + end && (*rest == ',' || (*rest == '\0' && ended)) && microwatts >= 0 &&
           isfinite(microwatts) && date_seconds(&date, &sample->time_s);
}

/* "net 2020-11-19 05:17:44.539692 2020-11-19 05:17:50.736078"; the net's name in *size bytes. */
static bool read_window(const char *line, size_t *size, struct window *window)
{
    struct date begin, end;
    int used = 0;
    *size = strcspn(line, " \t");
    if (*size == 0 ||
        sscanf(line + *size, " %4d-%2d-%2d %2d:%2d:%lf %4d-%2d-%2d %2d:%2d:%lf %n", &begin.year,
               &begin.month, &begin.day, &begin.hour, &begin.minute, &begin.second, &end.year,
               &end.month, &end.day, &end.hour, &end.minute, &end.second, &used) != 12 ||
        line[*size + (size_t)used] != '\0')
        return false;
    return date_seconds(&begin, &window->begin_s) && date_seconds(&end, &window->end_s) &&
           window->begin_s <= window->end_s;
}

/* -- Files
 * --------------------------------------------------------------------------------------------- */

/* Ends the line at `text` and gives the next one; NULL at the end of the file. */
static char *cut_line(char *text)
{
    char *end = strchr(text, '\n');
    if (end != NULL)
        *end = '\0';
    size_t size = strlen(text);
    if (size > 0 && text[size - 1] == '\r')
        text[size - 1] = '\0';
    return end == NULL ? NULL : end + 1;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

static int by_time(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return x->time_s < y->time_s ? -1 : x->time_s > y->time_s;
}

static enum aw_err load_samples(struct awh_arena *arena, const char *path, int64_t shift_s,
                                struct awh_power *power, struct awh_diag *diag)
{
    char *text;
    size_t size;
    enum aw_err err = awh_file_read(arena, path, MAX_FILE_BYTES, &text, &size, diag);
    if (err != AW_OK)
        return err;
    power->samples = awh_arena_array(arena, count_lines(text), sizeof(*power->samples));
    if (power->samples == NULL)
        return awh_fail_mem(diag);
    size_t number = 1, odd = 0, first_odd = 0;
    for (char *line = text, *next; line != NULL; line = next, number++) {
        next = cut_line(line);
        if (read_sample(line, next != NULL, &power->samples[power->sample_count])) {
            power->samples[power->sample_count].time_s -= (double)shift_s;
            power->sample_count++;
        } else if (number > 1 && next != NULL && line[strspn(line, " \t")] != '\0') {
            /* neither the names of the columns nor what was written when the tool ended */
            first_odd = odd++ == 0 ? number : first_odd;
        }
    }
    if (odd > 0 && power->sample_count > 0)
        awh_warn(diag, "%s:%zu: no time and power in uW; %zu lines such as this are left out", path,
                 first_odd, odd);
    if (power->sample_count == 0)
        return awh_fail(
            diag, AW_ERR_FORMAT,
            "%s: expected lines such as 'Thu Nov 19 21:17:24 2020,6178900,...', the time and "
            "the power in uW",
            path);
    qsort(power->samples, power->sample_count, sizeof(*power->samples), by_time);
    return AW_OK;
}

static enum aw_err load_windows(struct awh_arena *arena, const char *path, struct awh_power *power,
                                struct awh_diag *diag)
{
    char *text;
    size_t size, number = 1;
    enum aw_err err = awh_file_read(arena, path, MAX_FILE_BYTES, &text, &size, diag);
    if (err != AW_OK)
        return err;
    power->windows = awh_arena_array(arena, count_lines(text), sizeof(*power->windows));
    if (power->windows == NULL)
        return awh_fail_mem(diag);
    for (char *line = text, *next; line != NULL; line = next, number++) {
        struct window *window = &power->windows[power->window_count];
        next = cut_line(line);
        if (line[strspn(line, " \t")] == '\0')
            continue;
        if (!read_window(line, &size, window))
            return awh_fail(
                diag, AW_ERR_FORMAT,
                "%s:%zu: expected '<net> YYYY-MM-DD hh:mm:ss.f YYYY-MM-DD hh:mm:ss.f', the "
                "times at which the net began and ended; found '%.80s'",
                path, number, line);
        window->net = awh_arena_strndup(arena, line, size);
        if (window->net == NULL)
            return awh_fail_mem(diag);
        power->window_count++;
    }
    if (power->window_count == 0)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: no times of nets in it", path);
    return AW_OK;
}

static size_t first_at(const struct awh_power *power, double time_s)
{
    size_t low = 0, high = power->sample_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (power->samples[middle].time_s < time_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t add_window(const struct awh_power *power, const struct window *window, double *sum)
{
    size_t count = 0;
    for (size_t i = first_at(power, window->begin_s); i < power->sample_count; i++) {
        if (power->samples[i].time_s > window->end_s)
            break;
        *sum += power->samples[i].watts;
        count++;
    }
    return count;
}

static enum aw_err check_overlap(const struct awh_power *power, const char *log_path,
                                 const char *times_path, int64_t shift_s, struct awh_diag *diag)
{
    double sum = 0, first = (double)INFINITY;
    for (size_t i = 0; i < power->window_count; i++) {
        if (add_window(power, &power->windows[i], &sum) > 0)
            return AW_OK;
        first = fmin(first, power->windows[i].begin_s);
    }
    double ahead_h = (power->samples[0].time_s + (double)shift_s - first) / 3600;
    return awh_fail(
        diag, AW_ERR_MISMATCH,
        "%s: no sample falls into the times of %s; its clock seems to be %.0f h ahead of "
        "theirs: give --power-shift %.0f if that is so",
        log_path, times_path, ahead_h, ahead_h);
}

enum aw_err awh_power_load(struct awh_arena *arena, const char *log_path, const char *times_path,
                           int64_t shift_s, struct awh_power **power_out, struct awh_diag *diag)
{
    struct awh_power *power = awh_arena_alloc(arena, sizeof(*power));
    if (power == NULL)
        return awh_fail_mem(diag);
    enum aw_err err = load_samples(arena, log_path, shift_s, power, diag);
    if (err == AW_OK)
        err = load_windows(arena, times_path, power, diag);
    if (err == AW_OK)
        err = check_overlap(power, log_path, times_path, shift_s, diag);
    if (err == AW_OK)
        *power_out = power;
    return err;
}

double awh_power_watts(const struct awh_power *power, const char *net)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < power->window_count; i++)
        if (strcmp(power->windows[i].net, net) == 0)
            count += add_window(power, &power->windows[i], &sum);
    return count == 0 ? (double)NAN : sum / (double)count;
}

#include "mapping/power.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
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

/* -- Lines
 * --------------------------------------------------------------------------------------------- */

/* "Thu Nov 19 21:17:24 2020,6178900". A number that the end of the file breaks off (`ended`: there
 * was a line end) may be a part of another one. */
static bool read_sample(const char *line, bool ended, struct sample *sample)
{
    const char *number = awh_date_ctime(line, &sample->time_s);
    if (number == NULL || *number++ != ',')
        return false;
    char *rest;
    double microwatts = strtod(number, &rest);
    sample->watts = microwatts * 1e-6;
    return rest != number && (*rest == ',' || (*rest == '\0' && ended)) && microwatts >= 0 &&
           isfinite(microwatts);
}

/* "net 2020-11-19 05:17:44.539692 2020-11-19 05:17:50.736078"; the net's name in *size bytes. */
static bool read_window(const char *line, size_t *size, struct window *window)
{
    char words[4][32];
    int used = 0;
    *size = strcspn(line, " \t");
    if (*size == 0 ||
        sscanf(line + *size, " %31s %31s %31s %31s %n", words[0], words[1], words[2], words[3],
               &used) != 4 ||
        line[*size + (size_t)used] != '\0')
        return false;
    return awh_date_iso(words[0], words[1], &window->begin_s) &&
           awh_date_iso(words[2], words[3], &window->end_s) && window->begin_s <= window->end_s;
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

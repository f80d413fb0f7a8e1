#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS       100
#define ESTIMATE_MS     1000
#define DEFAULT_COLUMNS 80

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A terminal that went away is no reason to stop the work. */
static void draw(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

void awh_progress_begin(struct awh_progress *progress, int fd, bool quiet, const char *label,
                        uint64_t done, uint64_t total)
{
    *progress = (struct awh_progress){
        .label = label,
        .total = total,
        .first_done = done,
        .fd = fd,
        .active = !quiet && isatty(fd) == 1,
        .start_ms = now_ms(),
    };
    awh_progress_update(progress, done, NULL);
}

static void format_duration(uint64_t ms, char *text, size_t capacity)
{
    uint64_t s = (ms + 500) / 1000;
    if (s >= 3600) {
        snprintf(text, capacity, "%" PRIu64 ":%02u:%02u", s / 3600, (unsigned)(s / 60 % 60),
                 (unsigned)(s % 60));
    } else {
        snprintf(text, capacity, "%u:%02u", (unsigned)(s / 60), (unsigned)(s % 60));
    }
}

void awh_progress_format(const struct awh_progress *progress, uint64_t done, uint64_t elapsed_ms,
                         const char *detail, size_t columns, char *text, size_t capacity)
{
    uint64_t total = progress->total;
    uint64_t percent = total == 0 ? 100 : (uint64_t)((double)done / (double)total * 100);
    char left[40] = "", duration[32];
    if (elapsed_ms >= ESTIMATE_MS && done > progress->first_done && done < total) {
        double per_item = (double)elapsed_ms / (double)(done - progress->first_done);
        format_duration((uint64_t)(per_item * (double)(total - done)), duration, sizeof(duration));
        snprintf(left, sizeof(left), "  %s left", duration);
    }
    snprintf(text, capacity, "%s  %3" PRIu64 "%%%s%s%s", progress->label, percent, left,
             detail == NULL ? "" : "  ", detail == NULL ? "" : detail);
    size_t n = strlen(text);
    if (n > columns) {
        n = columns;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
            n--; /* do not cut a UTF-8 sequence */
        }
        text[n] = '\0';
    }
    for (char *c = text; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x20 ? ' ' : *c; /* details may be names from files */
    }
}

static size_t columns_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) {
        return DEFAULT_COLUMNS - 1;
    }
    return (size_t)size.ws_col - 1; /* a full line would make some terminals wrap */
}

void awh_progress_update(struct awh_progress *progress, uint64_t done, const char *detail)
{
    if (!progress->active) {
        return;
    }
    uint64_t now = now_ms();
    bool recent = progress->shown_ms != 0 && now - progress->shown_ms < REDRAW_MS;
    if (recent && done < progress->total) {
        return;
    }
    char text[256], line[300];
    awh_progress_format(progress, done, now - progress->start_ms, detail, columns_of(progress->fd),
                        text, sizeof(text));
    snprintf(line, sizeof(line), "\r%s\x1b[K", text);
    draw(progress->fd, line);
    progress->shown_ms = now;
}

void awh_progress_clear(struct awh_progress *progress)
{
    if (progress->active && progress->shown_ms != 0) {
        draw(progress->fd, "\r\x1b[K");
        progress->shown_ms = 0;
    }
}

void awh_progress_end(struct awh_progress *progress)
{
    awh_progress_clear(progress);
    progress->active = false;
}

/* One line on a terminal: "measure   42%  5/12  0:31 left  net 5". Never on a file or pipe. */
#ifndef AWH_PROGRESS_H
#define AWH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct awh_progress {
    const char *label; /* borrowed */
    uint64_t total;
    uint64_t first_done; /* when it started: a resumed job must not count old work as speed */
    int fd;
    bool active;
    uint64_t start_ms, shown_ms;
};

/* Shows nothing when `quiet` or when `fd` (STDERR_FILENO) is no terminal. */
void awh_progress_begin(struct awh_progress *progress, int fd, bool quiet, const char *label,
                        uint64_t done, uint64_t total);
/* At most 10 times a second, and at the end. detail may be NULL. */
void awh_progress_update(struct awh_progress *progress, uint64_t done, const char *detail);
/* Erases the line, so that a message can be printed; the next update draws it again. */
void awh_progress_clear(struct awh_progress *progress);
/* Erases the line for good; harmless when called twice. */
void awh_progress_end(struct awh_progress *progress);

/* The text of the line, at most `columns` characters. Remaining time is elapsed / (done -
 * first_done)
 * * (total - done); none is shown in the first second. */
void awh_progress_format(const struct awh_progress *progress, uint64_t done, uint64_t elapsed_ms,
                         const char *detail, size_t columns, char *text, size_t capacity);

#endif

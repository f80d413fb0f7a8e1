/* The lines of a log, one after the other in one buffer. */
#ifndef AWH_LINES_H
#define AWH_LINES_H

#include <stdio.h>

#include "awnashw/plugin.h"
#include "base/diag.h"

/* Of a longer line only the beginning is given. The longest lines that say something are those of
 * networks fused into one layer: its name lists them all. */
#define AWH_LINE_MAX ((size_t)256 * 1024)

struct awh_lines {
    FILE *stream;
    const char *path;
    struct awh_diag *diag;
    uint32_t number; /* of the line that was given last, from 1 */
    enum aw_err err; /* of reading */
    size_t begin, end;
    char *text; /* AWH_LINE_MAX + 1 */
    char *chunk;
};

AW_MUST_USE enum aw_err awh_lines_open(struct awh_lines *lines, const struct awh_log *log,
                                       struct awh_diag *diag);
void awh_lines_close(struct awh_lines *lines);
/* The next line without its end, a zero byte in it turned into a blank; NULL at the end of the file
 * and after an error, which stays in `err`. Valid until the next call, and free to be cut up. */
char *awh_lines_next(struct awh_lines *lines);
/* The same in pieces: at most 64 KiB, line end included, of a line of any length. */
char *awh_lines_piece(struct awh_lines *lines, size_t *size_out, bool *begins_line_out);

/* "PATH:LINE: MESSAGE", of the line that was given last. */
AW_PRINTF(3, 4)
enum aw_err awh_lines_fail(const struct awh_lines *lines, enum aw_err err, const char *format, ...);
AW_PRINTF(2, 3)
void awh_lines_warn(const struct awh_lines *lines, const char *format, ...);

/* A whole file of at most max_bytes, terminated, in the log's arena: for documents, not for logs.
 */
AW_MUST_USE enum aw_err awh_log_load(const struct awh_log *log, size_t max_bytes, char **text_out,
                                     size_t *size_out, struct awh_diag *diag);

#endif

#include "readers/scan.h"

enum aw_err awh_scan_log(struct awh_scan *scan, const struct awh_log *log,
                         enum aw_err (*line)(struct awh_scan *scan, char *text),
                         enum aw_err (*finish)(struct awh_scan *scan), struct awh_diag *diag)
{
    enum aw_err err = awh_lines_open(&scan->lines, log, diag);
    if (err != AW_OK)
        return err;
    awh_draft_init(&scan->draft, log, diag);
    for (char *text; err == AW_OK && (text = awh_lines_next(&scan->lines)) != NULL;)
        err = line(scan, text);
    if (err == AW_OK)
        err = scan->lines.err;
    if (err == AW_OK)
        err = finish(scan);
    awh_draft_release(&scan->draft);
    awh_lines_close(&scan->lines);
    return err;
}

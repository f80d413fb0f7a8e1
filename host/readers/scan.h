/* A reader of text: gets a log line by line and drafts runs. A reader's own state is a struct that
 * begins with a struct awh_scan. */
#ifndef AWH_SCAN_H
#define AWH_SCAN_H

#include "readers/draft.h"
#include "readers/lines.h"

struct awh_scan {
    struct awh_lines lines;
    struct awh_draft draft;
};

/* Calls `line` for each line, which it may cut up, then `finish`; stops at the first error. What
 * the state holds beside the scan is the caller's to release. */
AW_MUST_USE enum aw_err awh_scan_log(struct awh_scan *scan, const struct awh_log *log,
                                     enum aw_err (*line)(struct awh_scan *scan, char *text),
                                     enum aw_err (*finish)(struct awh_scan *scan),
                                     struct awh_diag *diag);

#endif

/* Runs a vendor's program with a time limit. */
#ifndef AWH_TOOL_H
#define AWH_TOOL_H

#include "base/diag.h"

/* Runs argv (NULL terminated; searched in PATH) in `directory`, with its output in the file `log`.
 * AW_ERR_NOT_FOUND when there is no such program, AW_ERR_TIMEOUT when it was stopped after
 * timeout_s, AW_ERR_IO when it failed; the messages have the exit status and the last line of the
 * log. The program and what it starts do not outlive the call. */
AW_MUST_USE enum aw_err awh_tool_run(char *const *argv, const char *directory, const char *log,
                                     unsigned timeout_s, struct awh_diag *diag);

#endif

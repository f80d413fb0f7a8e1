/* How errors reach the user: one line, the first cause wins. */
#ifndef AWH_DIAG_H
#define AWH_DIAG_H

#include "aw/err.h"

struct awh_diag {
    enum aw_err err; /* AW_OK until something failed */
    char text[1024];
    /* Receives warnings; NULL prints "awnas-hw: warning: TEXT" on stderr. */
    void (*warn)(void *context, const char *text);
    void *warn_context;
    unsigned warnings;
};

/* Records the failure unless one is recorded already; returns `err`, so that callers write
 * `return awh_fail(diag, AW_ERR_FORMAT, "%s:%d: ...", ...);`. diag may be NULL. */
AW_PRINTF(3, 4)
enum aw_err awh_fail(struct awh_diag *diag, enum aw_err err, const char *format, ...);

/* The same for out of memory. */
enum aw_err awh_fail_mem(struct awh_diag *diag);

AW_PRINTF(2, 3)
void awh_warn(struct awh_diag *diag, const char *format, ...);

/* 2 for wrong usage or config (FORMAT, RANGE, NOT_FOUND of a config, UNSUPPORTED, EXISTS, ARG),
 * 1 for work that failed, 0 for AW_OK. */
int awh_exit_code(enum aw_err err);

#endif

/* Independent pieces of work on all cores. */
#ifndef AWH_PARALLEL_H
#define AWH_PARALLEL_H

#include <sched.h>
#include <stddef.h>

#include "base/diag.h"

/* The cores that work may use: those of the thread that asked, when it asked. A thread that is
 * pinned later still has its work done on all of them. */
struct awh_cores {
    cpu_set_t set;
    unsigned count; /* at least 1 */
};

void awh_cores_find(struct awh_cores *cores);

/* Calls work(context, i, diag) for each i below count, in no order, from several threads; `diag` is
 * the piece's own. After a failure no further piece is begun. The failure of the lowest i is
 * reported, warnings are passed on in order. */
AW_MUST_USE enum aw_err awh_parallel(const struct awh_cores *cores, size_t count,
                                     enum aw_err (*work)(void *context, size_t index,
                                                         struct awh_diag *diag),
                                     void *context, struct awh_diag *diag);

#endif

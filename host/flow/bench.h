/* Measurements of awnas-hw itself, printed with the figure that they are to be compared with. */
#ifndef AWH_BENCH_H
#define AWH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/mem.h"
#include "flow/flow.h"

/* A new directory for results: in $TMPDIR; else in memory when there is room, since a file system
 * that has just removed many files is slow to make new ones (ext4: for minutes); else in /tmp. */
AW_MUST_USE enum aw_err awh_bench_make_dir(struct awh_arena *arena, char **dir_out,
                                           struct awh_diag *diag);

/* Wall time of genprof without compiling, median of `repeats`, results into a temporary directory.
 */
AW_MUST_USE enum aw_err awh_bench_genprof(const char *cfg_path, const char *hwobj_path,
                                          uint32_t repeats, FILE *out, struct awh_diag *diag);

/* The same, with CPU time and peak memory, over synthetic spaces of 1,000 to `up_to` primitives. */
AW_MUST_USE enum aw_err awh_bench_curve(uint64_t up_to, FILE *out, struct awh_diag *diag);

/* Size of every compiled net's upload and, where it was measured, bytes a layer that a run's
 * samples take on the wire, and the probe effect. */
AW_MUST_USE enum aw_err awh_bench_wire(const char *result_dir, const char *hardware, FILE *out,
                                       struct awh_diag *diag);

/* What the line to a board gives, and how much of it an upload of `bytes` bytes (0: as many as the
 * board takes, at most 1 MiB) gets; only the link's part of the options counts. */
AW_MUST_USE enum aw_err awh_bench_line(const struct awh_measure_options *options, uint32_t bytes,
                                       FILE *out, struct awh_diag *diag);
struct awh_bench_kernels_options {
    const char *board, *serial, *tcp, *key_path; /* as for measure */
    const char *boards_dir, *firmware;
    const char *only; /* layers whose name contains it; NULL: all */
    uint32_t repeats;
    bool json;
};
/* Single layers on a board, each verified first: ticks, and instructions per MAC where the board
 * counts instructions, beside the best public kernels. A layer that the board cannot hold is a row
 * without figures. */
AW_MUST_USE enum aw_err awh_bench_kernels(const struct awh_bench_kernels_options *options,
                                          FILE *out, struct awh_diag *diag);

/* How well `latency` repeats itself: figures of the same nets in two to sixteen directories, each
 * written by a process of its own; and block sums over whole nets. */
AW_MUST_USE enum aw_err awh_bench_spread(const char *const *dirs, size_t count, FILE *out,
                                         struct awh_diag *diag);

/* Of each layer over 50 us on the host's CPU: its time with stamps as the harness takes them, over
 * its time in a bare loop. */
AW_MUST_USE enum aw_err awh_bench_overhead(const char *net_path, FILE *out, struct awh_diag *diag);

#endif

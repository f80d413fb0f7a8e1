/* The power of each net, from a log of the board's power that covers a whole session and the times
 * at which the nets ran.
 *
 * The log is what Xilinx's Power Advantage Tool writes, a line a sample, the second column in uW:
 *   Thu Nov 19 21:17:24 2020,6178900,44070,...
 * The times, by the board's clock, may have a net more than once:
 *   sample2567 2020-11-19 05:17:44.539692 2020-11-19 05:17:50.736078 */
#ifndef AWH_POWER_H
#define AWH_POWER_H

#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"

struct awh_power;

/* `shift_s`: how far the log's clock is ahead of that of the times. An error when no sample falls
 * into any net's time; it says how the clocks seem to differ. */
AW_MUST_USE enum aw_err awh_power_load(struct awh_arena *arena, const char *log_path,
                                       const char *times_path, int64_t shift_s,
                                       struct awh_power **power_out, struct awh_diag *diag);

/* Mean over the samples while the net ran; NAN where there is none. */
double awh_power_watts(const struct awh_power *power, const char *net);

#endif

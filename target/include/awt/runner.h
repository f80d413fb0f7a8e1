/* Runs a loaded net: verified, warming up, or timed. Sends nothing and fails never. */
#ifndef AWT_RUNNER_H
#define AWT_RUNNER_H

#include "awt/loader.h"

/* What reading the clock and the instruction counter adds to a measured interval. */
struct awt_costs {
    uint32_t ticks, instructions;
};

/* Measures them: the minimum over AWT_TIMESTAMP_PAIRS back-to-back pairs. */
struct awt_costs awt_runner_calibrate(void);

/* One pass over freshly seeded input; per layer the CRC-32 of its output and the instructions that
 * it retired (0 where the board does not count them). Returns the CRC-32 of the net's output. */
uint32_t awt_runner_verify(const struct awt_net *net, const struct awt_costs *costs, uint32_t *crcs,
                           uint32_t *instructions);

/* One pass that measures nothing. */
void awt_runner_warm_up(const struct awt_net *net);

/* One pass with a time stamp around every layer: ticks[0..layer_count). */
void awt_runner_time_layers(const struct awt_net *net, const struct awt_costs *costs,
                            uint64_t *ticks);
/* One pass with time stamps around it all. */
uint64_t awt_runner_time_whole(const struct awt_net *net, const struct awt_costs *costs);

#endif

/* The hal's clock on boards whose core has a cycle counter that stands still in QEMU, and a timer
 * that runs everywhere. Before it is included, a board defines
 *
 *   cycles of the core, 64 bits: static uint64_t read_cycles(void);
 *   ticks of the timer, 64 bits: static uint64_t read_timer(void); */
#ifndef AWB_TWO_CLOCKS_H
#define AWB_TWO_CLOCKS_H

#include "awt/hal.h"
#include "icount.h"

static struct awb_icount icount; /* multiply 0: ticks are those of the clock */
static bool core_counts;         /* the core's own cycle counter is the clock */

/* Only a core whose own cycle counter counts as a core's does is taken for silicon. */
static void choose_clock(struct awb_info *info, bool counter_runs, const char *core_name,
                         uint32_t core_hz, const char *timer_name, struct awb_tick tick)
{
    core_counts = counter_runs && !awb_is_emulated(read_cycles);
    info->emulated = !core_counts;
    if (core_counts) {
        info->clock_name = core_name;
        info->clock_unit = "cycles";
        info->clock_hz = core_hz;
        return;
    }
    icount = awb_icount_find(tick, read_timer);
    info->clock_name = timer_name;
    info->clock_unit = icount.multiply ? "instructions" : "timer ticks";
    info->counts_instructions = icount.multiply != 0;
}

uint64_t awb_ticks(void)
{
    return core_counts ? read_cycles() : read_timer();
}

uint64_t awb_ticks_between(uint64_t from, uint64_t to)
{
    return icount.multiply ? awb_icount_instructions(icount, to - from) : to - from;
}

uint64_t awb_instructions(void)
{
    return read_timer();
}

uint64_t awb_instructions_between(uint64_t from, uint64_t to)
{
    return icount.multiply ? awb_icount_instructions(icount, to - from) : 0;
}

#endif

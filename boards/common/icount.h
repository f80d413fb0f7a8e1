/* Emulators that count instructions instead of time.
 *
 * QEMU with -icount shift=S lets every instruction take 2^S virtual nanoseconds, whatever it does;
 * its timers tick in virtual time. An interval of such a timer then tells the number of
 * instructions exactly, provided that an instruction takes more than two ticks: the interval is off
 * by less than one tick, hence by less than half an instruction, and rounding finds the integer.
 * (A stamp by itself does not: where in a tick it falls is not known. So only intervals are
 * converted.) */
#ifndef AWB_ICOUNT_H
#define AWB_ICOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* How long a tick takes: `ns` / 2^`binary_digits` nanoseconds (31.25 ns are 125 / 2^2). */
struct awb_tick {
    uint32_t ns, binary_digits;
};

/* Instructions are ticks * multiply / 2^shift; multiply 0: no such emulator, or too coarse. */
struct awb_icount {
    uint32_t multiply, shift;
};

/* Whether the core's cycle counter is that of an emulator: 64 square roots that wait for each other
 * take as long as 64 sign changes, or less than a cycle each. No core does that: a Cortex-M4 or
 * -M55 takes 14 cycles a root, a Cortex-A9 17. Needs the FPU. (A counter that stands still is no
 * core's either; that is for the caller to see.) */
bool awb_is_emulated(uint64_t (*read_cycles)(void));

/* Times loops of a known number of instructions; all must agree with one shift S to the
 * instruction. */
struct awb_icount awb_icount_find(struct awb_tick tick, uint64_t (*read_ticks)(void));

/* Of an interval between two stamps. */
static inline uint64_t awb_icount_instructions(struct awb_icount icount, uint64_t ticks)
{
    uint64_t half = icount.shift ? UINT64_C(1) << (icount.shift - 1u) : 0;
    return (ticks * icount.multiply + half) >> icount.shift;
}

#endif

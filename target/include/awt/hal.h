/* What a board provides. Everything here is implemented in boards/<board>/board.c.
 *
 * The runtime is single threaded and owns the machine; nothing allocates. */
#ifndef AWT_HAL_H
#define AWT_HAL_H

#include <stdbool.h>
#include <stdint.h>

struct awb_info {
    const char *board;        /* "zcu102" */
    const char *cpu;          /* "Cortex-A53" */
    const char *clock_name;   /* "PMCCNTR_EL0" */
    const char *clock_unit;   /* "cycles", "instructions" (emulated with icount), "ns", ... */
    uint64_t clock_hz;        /* ticks per second of the clock; 0 when ticks are not time */
    bool emulated;            /* ticks are not those of real silicon */
    bool counts_instructions; /* awb_instructions_between() tells retired instructions */
    uint8_t exception_level;  /* entry level on A64 (1, 2 or 3); 0 elsewhere */
};

/* Brings up clocks, memory and link. Called once, before anything else of the runtime; `main` is
 * the runtime's awt_main(). Returns the board's facts, static storage. */
const struct awb_info *awb_init(void);

/* A time stamp: monotonic, cheap, always the same work. Only awb_ticks_between() knows its unit. */
uint64_t awb_ticks(void);
/* Ticks of the clock in awb_info between two stamps. */
uint64_t awb_ticks_between(uint64_t from, uint64_t to);
/* The same for retired instructions; 0 where they are not counted. */
uint64_t awb_instructions(void);
uint64_t awb_instructions_between(uint64_t from, uint64_t to);
/* A coarse millisecond clock for time-outs; never used for latencies. Wraps. */
uint32_t awb_millis(void);

/* Takes up to `capacity` received bytes, returns how many; never waits. */
uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity);
/* Sends all bytes; waits while the line is busy. May receive into the board's buffer meanwhile. */
void awb_link_write(const uint8_t *bytes, uint32_t n);
/* Boards whose line is a network (AWB_LINE_IS_SHARED): number of the host that is connected,
 * another one for every connection; and the key that hosts must have, 16 bytes, or NULL. */
uint32_t awb_link_connection(void);
const uint8_t *awb_key(void);
/* Sleeps until the link may have something to read, or a few milliseconds; may return early. */
void awb_wait(void);

/* Masks interrupts around a timed run. */
void awb_timed_begin(void);
void awb_timed_end(void);

/* The watchdog, of boards that have one (AWB_WATCHDOG of board_config.h; Hello tells, and without
 * it a program that never ends is only noticed by the host's time-out). From arm until disarm, code
 * that is still running after `limit_ms` is ended by the board: its handler calls
 * awt_crash_write(AWP_FAULT_WATCHDOG, ...) with where the code was, and restarts the firmware as
 * awb_reset() does, but keeps the line open where it can. Arming again starts the time anew. It
 * must reach code that has interrupts masked by awb_timed_begin(), and do nothing at all before its
 * time is over: timed runs are not to be disturbed. The limit is at least 1 ms; a board that cannot
 * wait that long takes its longest. */
void awb_watchdog_arm(uint32_t limit_ms);
void awb_watchdog_disarm(void);

/* AWT_NOINIT_BYTES (awt/crash.h), 8-byte aligned, that a restart leaves as they are: no loader and
 * no startup code writes them. What they hold after the board was switched on does not matter. All
 * exceptions of the CPU end in awt_crash_write() and a restart as well. Before it restarts, a board
 * may put a text on the line, between two zero bytes: one bad frame, upon which the host asks at
 * once. */
void *awb_noinit(void);

/* Restarts the firmware; does not return. */
_Noreturn void awb_reset(void);

/* Static memory of the board, 64-byte aligned. Behind arena and weights lie AWB_TAIL_BYTES that
 * belong to nobody. */
struct awb_memory {
    uint8_t *arena;
    uint32_t arena_bytes;
    uint8_t *weights; /* packed weights and biases of the loaded program */
    uint32_t weight_bytes;
    uint8_t *program; /* receives the uploaded program */
    uint32_t program_bytes;
    uint8_t *tables; /* the runtime's, for layers and samples: AWT_TABLE_BYTES of config.h */
};
void awb_memory(struct awb_memory *out);

/* Never returns; the board's startup calls it. */
_Noreturn void awt_main(void);

#endif

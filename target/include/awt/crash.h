/* What the firmware was doing when it faulted or ran away: kept in memory that survives the
 * restart, and told by the next Hello. */
#ifndef AWT_CRASH_H
#define AWT_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

/* What is being done now. Written between layers, outside of the timed interval in layers mode; one
 * store a layer. Volatile, because only an exception handler reads it. */
struct awt_progress {
    uint32_t activity; /* enum awp_activity */
    uint32_t layer;    /* AWT_PROGRESS_NO_LAYER: none */
    uint32_t program_crc;
};
#define AWT_PROGRESS_NO_LAYER UINT32_MAX
extern volatile struct awt_progress awt_progress;

/* Where the CPU was; what a board's handler knows. */
struct awt_crash_registers {
    uint64_t pc, lr, sp; /* of the interrupted code; lr 0 where there is none */
    uint64_t cause;      /* as the CPU tells it: ESR_EL1, CFSR, a signal's number */
    uint64_t address;    /* that faulted; 0: none, or a watchdog */
};

/* Bytes of awb_noinit(). */
#define AWT_NOINIT_BYTES 96u

/* Called by a board's exception or watchdog handler, with nothing to rely on: writes only to
 * awb_noinit(), word by word, and calls nothing else of the runtime. The board then restarts. A
 * second fault before the next start replaces the first. */
void awt_crash_write(enum awp_fault_kind kind, const struct awt_crash_registers *registers);

/* At boot: what the run before left, or a fault of count 0. Memory that holds no valid record (the
 * board was switched on) is made one of no fault. */
void awt_crash_read(struct awp_last_fault *out);
/* The host has seen it: not to be told again, nor after another restart. The count goes on. */
void awt_crash_forget(void);

#endif

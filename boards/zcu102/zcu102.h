/* What the files of this board share. */
#ifndef AWB_ZCU102_H
#define AWB_ZCU102_H

#include <stdbool.h>
#include <stdint.h>

#include "awt/hal.h"

/* Level at which the firmware was entered; set by startup.S. */
extern uint8_t awb_entry_el;
/* Starts the image again, at EL1; in startup.S. */
_Noreturn void awb_restart(uint64_t entry_el);

/* PMU: starts the counters and fills in the clock's part of the board's facts. */
void awb_pmu_start(struct awb_info *info);

/* What startup.S puts on the fault stack; the order is its. */
struct awb_exception {
    uint64_t vector, esr, elr, far, spsr, lr, sp;
};
#define AWB_VECTOR_IRQ 1u /* an interrupt, from code on SP_EL0 */

/* The vectors of startup.S come here. */
_Noreturn void awb_fault(const struct awb_exception *exception);
/* Takes the interrupt that is pending; true when it is the watchdog's. */
bool awb_watchdog_fired(void);
/* Sets up the watchdog's interrupt; part of the GIC's start. */
void awb_watchdog_start(uint32_t counter_per_ms);

#endif

/* What the files of this board share. */
#ifndef AWB_ZCU102_H
#define AWB_ZCU102_H

#include <stdint.h>

#include "awt/hal.h"

/* Level at which the firmware was entered; set by startup.S. */
extern uint8_t awb_entry_el;
/* Starts the image again, at EL1; in startup.S. */
_Noreturn void awb_restart(uint64_t entry_el);

/* PMU: starts the counters and fills in the clock's part of the board's facts. */
void awb_pmu_start(struct awb_info *info);

/* The vectors of startup.S come here. */
_Noreturn void awb_fault(uint64_t vector, uint64_t esr, uint64_t elr, uint64_t far, uint64_t spsr);

#endif

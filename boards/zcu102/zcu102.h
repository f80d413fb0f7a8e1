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

/* UART0, 115200 8N1, polled. */
void awb_uart_start(void);
/* Bytes that can surely be taken: 0, 1 or half a FIFO. */
uint32_t awb_uart_level(void);
/* Takes one; awb_uart_level() has said that it is there. */
uint8_t awb_uart_take(void);
/* Gives one byte if there is room. */
bool awb_uart_put(uint8_t byte);
bool awb_uart_sent_all(void);
/* Lets the UART's interrupt line rise on received bytes and, if asked, on an empty transmitter;
 * both are clear when this returns. */
void awb_uart_arm(bool for_room);

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
/* The session works (a byte came in): the next fault counts as the first. */
void awb_fault_forget(void);

#endif

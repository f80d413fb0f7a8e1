/* Exceptions, which are all faults here: records that survive the restart (the runtime's, which the
 * next Hello tells, and one for a debugger), one line on the UART, and a restart; after several
 * faults without a byte received in between, a stop. Runs on a stack of its own, possibly before
 * the MMU is on (compiled without unaligned accesses). */
#ifndef AWB_FAULT_REPORT_H
#define AWB_FAULT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#define AWB_FAULT_REGISTERS 6u

struct awb_fault_register {
    const char *name; /* "ESR", static storage */
    uint64_t value;
};

/* Read with a debugger (`awb_fault_record`) when the board has stopped. */
struct awb_fault_record {
    uint32_t magic, consecutive;
    struct awb_fault_register registers[AWB_FAULT_REGISTERS]; /* ended by a NULL name */
};
extern struct awb_fault_record awb_fault_record;

/* Records and sends them; false when there were too many faults in a row and the board is to stop.
 * At most AWB_FAULT_REGISTERS, `hex_digits` (8 or 16) each. */
bool awb_fault_report(const struct awb_fault_register *registers, uint32_t count, int hex_digits);

/* The session works (a byte came in): the next fault counts as the first. */
void awb_fault_forget(void);

#endif

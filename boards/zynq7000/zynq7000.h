/* What the files of this board share. */
#ifndef AWB_ZYNQ7000_H
#define AWB_ZYNQ7000_H

#include <stdbool.h>
#include <stdint.h>

#include "awt/hal.h"
#include "memory_map.h"
#include "mmio.h"

/* Starts the image again; in startup.S. */
_Noreturn void awb_restart(void);

/* Called by startup.S before the caches are on: the snoop control unit and the L2 cache. */
void awb_caches_start(void);

/* Starts global timer and PMU and fills in the clock's part of the board's facts. */
void awb_clock_start(struct awb_info *info);
/* Ticks of the MPCore's timers in a millisecond; after awb_clock_start(). */
uint32_t awb_timer_per_ms(void);

/* The vectors of startup.S come here, with what Supervisor mode had in sp and lr. */
_Noreturn void awb_fault(uint32_t vector, uint32_t pc, uint32_t spsr, uint32_t sp, uint32_t lr);
#define AWB_VECTOR_IRQ 6u

/* Sets up the GIC, the watchdog's interrupt included. */
void awb_watchdog_start(void);
/* Takes the interrupt that is pending; true when it is the watchdog's. */
bool awb_watchdog_fired(void);

/* Coprocessor 15 by its encoding. */
#define AWB_CP15_READ(op1, crn, crm, op2)                                                          \
    ({                                                                                             \
        uint32_t value_;                                                                           \
        __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value_));       \
        value_;                                                                                    \
    })
#define AWB_CP15_WRITE(op1, crn, crm, op2, value)                                                  \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 ::"r"((uint32_t)(value))   \
                     : "memory")

/* A register of the system level control, which is locked otherwise (UG585, B.28: SLCR_UNLOCK,
 * SLCR_LOCK). */
static inline void awb_slcr_write(uint32_t address, uint32_t value)
{
    awb_mmio_write(AWB_MAP_SLCR + 0x008u, 0xdf0du);
    awb_mmio_write(address, value);
    awb_mmio_write(AWB_MAP_SLCR + 0x004u, 0x767bu);
}

static inline void awb_barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif

/* What the boards with a Cortex-M share: registers of the core (ARM DDI0403, DDI0553) and how the
 * common files and a board's own meet. Each board's memory_map.h has the addresses. */
#ifndef AWB_CORTEX_M_H
#define AWB_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

#include "awt/hal.h"
#include "icount.h"

#define SCB_ICTR    0xe000e004u
#define SYST_CSR    0xe000e010u
#define SYST_RVR    0xe000e014u
#define SYST_CVR    0xe000e018u
#define NVIC_ISER   0xe000e100u
#define NVIC_ICER   0xe000e180u
#define NVIC_ICPR   0xe000e280u
#define SCB_ICSR    0xe000ed04u
#define SCB_VTOR    0xe000ed08u
#define SCB_AIRCR   0xe000ed0cu
#define SCB_CCR     0xe000ed14u
#define SCB_CFSR    0xe000ed28u
#define SCB_HFSR    0xe000ed2cu
#define SCB_MMFAR   0xe000ed34u
#define SCB_BFAR    0xe000ed38u
#define SCB_CLIDR   0xe000ed78u
#define SCB_CCSIDR  0xe000ed80u
#define SCB_CSSELR  0xe000ed84u
#define SCB_CPACR   0xe000ed88u
#define MPU_TYPE    0xe000ed90u
#define MPU_CTRL    0xe000ed94u
#define MPU_RNR     0xe000ed98u
#define MPU_RBAR    0xe000ed9cu
#define MPU_RASR    0xe000eda0u /* ARMv7-M */
#define MPU_RLAR    0xe000eda0u /* ARMv8-M */
#define MPU_MAIR0   0xe000edc0u /* ARMv8-M */
#define DEMCR       0xe000edfcu
#define SCB_ICIALLU 0xe000ef50u
#define SCB_DCISW   0xe000ef60u
#define DWT_CTRL    0xe0001000u
#define DWT_CYCCNT  0xe0001004u

#define CCR_UNALIGN_TRP 0x000008u
#define CCR_DIV_0_TRP   0x000010u
#define CCR_STKALIGN    0x000200u
#define CCR_DC          0x010000u /* ARMv8-M with caches */
#define CCR_IC          0x020000u
#define CCR_BP          0x040000u
#define CCR_LOB         0x080000u /* loops in the branch predictor, ARMv8.1-M */
#define AIRCR_RESET     0x05fa0004u
#define ICSR_PENDSTCLR  0x02000000u
#define DEMCR_TRCENA    0x01000000u

/* Of the board. */
extern struct awb_info awb_board_info; /* board and cpu; the rest is filled in */
extern const struct awb_tick awb_timer_tick;
/* Starts the timer that runs whatever the core does, and reads it: 64 bits, always the same work.
 */
void awb_timer_start(void);
uint64_t awb_timer_read(void);

/* Of cortex_m/. */
void awb_clock_start(void); /* fills in the clock's part of awb_board_info */
void awb_mpu_start(void);
void awb_caches_start(void);
void awb_fault_entry(void); /* every vector but reset and NMI */
void awb_nmi_entry(void);   /* the watchdog's */
/* The counter has run down: true when it was too short for the limit and runs once more. */
bool awb_watchdog_goes_on(void);

static inline void awb_barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif

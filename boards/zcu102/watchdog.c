/* The interrupt controller, and the watchdog made of it and the physical generic timer.
 *
 * Between runs interrupts are never taken (PSTATE.I is set): the GIC is only there to end a WFI.
 * While the watchdog is armed PSTATE.I is clear, but the GIC's priority mask lets only the timer's
 * interrupt through, so that what comes in over the UART does not disturb a timed run; until the
 * limit passes nothing happens at all.
 *
 * Why not the system watchdog (SWDT) of the LPD: QEMU 7.2 does not model it, and its interrupt
 * would come the same way; its reset would lose the registers. What this one cannot end is code
 * that masks interrupts itself or has overwritten the vectors. Not seen on silicon. */
#include "gic.h"
#include "regs.h"
#include "zcu102.h"

#define INT_PHYSICAL_TIMER 30u /* PPI 14, non-secure */

/* UG1085, system interrupts. */
static const struct awb_gic gic = {
    .words = 6,       /* 192 interrupts */
    .wake_timer = 27, /* the virtual timer, PPI 11 */
    .watchdog = INT_PHYSICAL_TIMER,
    .devices = {53, 95}, /* UART0 (SPI 21), GEM3 (SPI 63) */
    .mask_nothing = 0xff,
};

#define CNTP_ENABLE 1u

static uint32_t per_ms;
static bool armed;

void awb_watchdog_start(uint32_t counter_per_ms)
{
    per_ms = counter_per_ms;
    AWB_SYSREG_WRITE(cntp_ctl_el0, 0);
    awb_gic_start(&gic);
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    awb_gic_mask_all_but_watchdog();
    awb_isb();
    AWB_SYSREG_WRITE(cntp_cval_el0, AWB_SYSREG_READ(cntpct_el0) + (uint64_t)limit_ms * per_ms);
    AWB_SYSREG_WRITE(cntp_ctl_el0, CNTP_ENABLE);
    armed = true;
    __asm__ volatile("dsb sy\n\tisb\n\tmsr daifclr, #2" ::: "memory");
}

void awb_watchdog_disarm(void)
{
    __asm__ volatile("msr daifset, #2" ::: "memory");
    armed = false;
    AWB_SYSREG_WRITE(cntp_ctl_el0, 0);
    awb_isb();
    awb_gic_mask_nothing(&gic);
}

/* Interrupts are masked but for the watchdog's, and were before: nothing is to be done about them.
 * A run without a watchdog masks all. */
void awb_timed_begin(void)
{
    if (!armed)
        __asm__ volatile("msr daifset, #3" ::: "memory");
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

/* Interrupts stay masked between runs as well: nothing here handles one. */
void awb_timed_end(void)
{
    awb_isb();
}

bool awb_watchdog_fired(void)
{
    uint32_t taken, interrupt = awb_gic_take(&taken);
    AWB_SYSREG_WRITE(cntp_ctl_el0, 0);
    awb_isb();
    awb_gic_done(taken);
    return interrupt == INT_PHYSICAL_TIMER;
}

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
#include "memory_map.h"
#include "mmio.h"
#include "regs.h"
#include "zcu102.h"

/* GIC-400 (IHI0048B), through whichever security state we are in. */
#define GICD_CTLR          (AWB_MAP_GICD + 0x000u)
#define GICD_ISENABLER     (AWB_MAP_GICD + 0x100u)
#define GICD_ICENABLER     (AWB_MAP_GICD + 0x180u)
#define GICD_IPRIORITYR    (AWB_MAP_GICD + 0x400u)
#define GICD_ITARGETSR     (AWB_MAP_GICD + 0x800u)
#define GICD_ICPENDR       (AWB_MAP_GICD + 0x280u)
#define GICD_ICACTIVER     (AWB_MAP_GICD + 0x380u)
#define GICD_ICFGR         (AWB_MAP_GICD + 0xc00u)
#define GICC_CTLR          (AWB_MAP_GICC + 0x000u)
#define GICC_PMR           (AWB_MAP_GICC + 0x004u)
#define GICC_IAR           (AWB_MAP_GICC + 0x00cu)
#define GICC_EOIR          (AWB_MAP_GICC + 0x010u)
#define GIC_WORDS          6u  /* 192 interrupts, UG1085, system interrupts */
#define INT_VIRTUAL_TIMER  27u /* PPI 11 */
#define INT_PHYSICAL_TIMER 30u /* PPI 14, non-secure */
#define INT_UART0          53u /* SPI 21 */
#define INT_GEM3           95u /* SPI 63 */

/* Smaller is more urgent; as the non-secure side sees them. */
#define PRIORITY_WATCHDOG 0x40u
#define PRIORITY_WAKE     0x80u
#define MASK_NONE         0xffu
#define MASK_ALL_BUT_DOG  0x60u

#define CNTP_ENABLE 1u

static uint32_t per_ms;
static bool armed;

static void set_byte(uint32_t base, uint32_t interrupt, uint32_t value)
{
    uint32_t at = base + (interrupt & ~3u), shift = (interrupt & 3u) * 8u;
    awb_mmio_write(at, (awb_mmio_read(at) & ~(0xffu << shift)) | value << shift);
}

/* A device's interrupt line, for the WFI of this core. */
static void listen_to(uint32_t interrupt)
{
    uint32_t config = GICD_ICFGR + interrupt / 16u * 4u;
    set_byte(GICD_IPRIORITYR, interrupt, PRIORITY_WAKE);
    set_byte(GICD_ITARGETSR, interrupt, 1);
    awb_mmio_write(config, awb_mmio_read(config) & ~(3u << interrupt % 16u * 2u)); /* level */
    awb_mmio_write(GICD_ISENABLER + interrupt / 32u * 4u, 1u << interrupt % 32u);
}

void awb_watchdog_start(uint32_t counter_per_ms)
{
    per_ms = counter_per_ms;
    AWB_SYSREG_WRITE(cntp_ctl_el0, 0);
    awb_mmio_write(GICD_CTLR, 0);
    for (uint32_t i = 0; i < GIC_WORDS; i++) {
        awb_mmio_write(GICD_ICENABLER + 4u * i, UINT32_MAX);
        /* A restart by the watchdog left one behind. */
        awb_mmio_write(GICD_ICPENDR + 4u * i, UINT32_MAX);
        awb_mmio_write(GICD_ICACTIVER + 4u * i, UINT32_MAX);
    }
    set_byte(GICD_IPRIORITYR, INT_VIRTUAL_TIMER, PRIORITY_WAKE);
    set_byte(GICD_IPRIORITYR, INT_PHYSICAL_TIMER, PRIORITY_WATCHDOG);
    awb_mmio_write(GICD_ISENABLER, 1u << INT_VIRTUAL_TIMER | 1u << INT_PHYSICAL_TIMER);
    listen_to(INT_UART0);
    listen_to(INT_GEM3);
    awb_mmio_write(GICC_PMR, MASK_NONE);
    awb_mmio_write(GICC_CTLR, 1);
    awb_mmio_write(GICD_CTLR, 1);
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    awb_mmio_write(GICC_PMR, MASK_ALL_BUT_DOG);
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
    awb_mmio_write(GICC_PMR, MASK_NONE);
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
    uint32_t taken = awb_mmio_read(GICC_IAR);
    AWB_SYSREG_WRITE(cntp_ctl_el0, 0);
    awb_isb();
    awb_mmio_write(GICC_EOIR, taken);
    return (taken & 0x3ffu) == INT_PHYSICAL_TIMER;
}

/* The interrupt controller, and the watchdog made of it and the core's private watchdog as a timer.
 *
 * Between runs interrupts are never taken (CPSR.I is set): the GIC is only there to end a WFI.
 * While the watchdog is armed CPSR.I is clear, but the GIC's priority mask lets only the watchdog's
 * interrupt through, so that what comes in over the line does not disturb a timed run; until the
 * limit passes nothing happens at all.
 *
 * As a timer, because its reset would lose the registers, and QEMU 7.2 models no other mode. What
 * it cannot end is code that masks interrupts itself or has overwritten the vectors. Not seen on
 * silicon. */
#include "board_config.h"
#include "memory_map.h"
#include "mmio.h"
#include "zynq7000.h"

/* GIC of the Cortex-A9 MPCore (ARM DDI0407, chapter 3; IHI0048B). */
#define GICD_CTLR            (AWB_MAP_GICD + 0x000u)
#define GICD_ISENABLER       (AWB_MAP_GICD + 0x100u)
#define GICD_ICENABLER       (AWB_MAP_GICD + 0x180u)
#define GICD_ICPENDR         (AWB_MAP_GICD + 0x280u)
#define GICD_ICACTIVER       (AWB_MAP_GICD + 0x380u) /* reserved before version 2 */
#define GICD_IPRIORITYR      (AWB_MAP_GICD + 0x400u)
#define GICD_ITARGETSR       (AWB_MAP_GICD + 0x800u)
#define GICD_ICFGR           (AWB_MAP_GICD + 0xc00u)
#define GICC_CTLR            (AWB_MAP_GICC + 0x000u)
#define GICC_PMR             (AWB_MAP_GICC + 0x004u)
#define GICC_IAR             (AWB_MAP_GICC + 0x00cu)
#define GICC_EOIR            (AWB_MAP_GICC + 0x010u)
#define GIC_WORDS            3u  /* 96 interrupts, UG585, interrupts */
#define INT_PRIVATE_TIMER    29u /* PPI */
#define INT_PRIVATE_WATCHDOG 30u /* PPI */

/* Smaller is more urgent; the GIC has the upper five bits. */
#define PRIORITY_WATCHDOG 0x40u
#define PRIORITY_WAKE     0x80u
#define MASK_NONE         0xf8u
#define MASK_ALL_BUT_DOG  0x60u

/* Private watchdog (ARM DDI0407, chapter 4): counts down at half of the core's clock, here divided
 * by 256, so that 32 bits last for an hour. */
#define DOG_LOAD    (AWB_MAP_CPUTIMER + 0x20u)
#define DOG_CONTROL (AWB_MAP_CPUTIMER + 0x28u)
#define DOG_STATUS  (AWB_MAP_CPUTIMER + 0x2cu)
#define DOG_DIVIDER 256u
#define DOG_ON      ((DOG_DIVIDER - 1u) << 8 | 5u) /* enabled, interrupt, a timer */

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

static void dog_stop(void)
{
    awb_mmio_write(DOG_CONTROL, 0);
    awb_mmio_write(DOG_STATUS, 1);
    awb_barrier();
}

void awb_watchdog_start(void)
{
    dog_stop();
    awb_mmio_write(GICD_CTLR, 0);
    for (uint32_t i = 0; i < GIC_WORDS; i++) {
        awb_mmio_write(GICD_ICENABLER + 4u * i, UINT32_MAX);
        /* A restart by the watchdog may have left one behind. */
        awb_mmio_write(GICD_ICPENDR + 4u * i, UINT32_MAX);
        awb_mmio_write(GICD_ICACTIVER + 4u * i, UINT32_MAX);
    }
    set_byte(GICD_IPRIORITYR, INT_PRIVATE_TIMER, PRIORITY_WAKE);
    set_byte(GICD_IPRIORITYR, INT_PRIVATE_WATCHDOG, PRIORITY_WATCHDOG);
    awb_mmio_write(GICD_ISENABLER, 1u << INT_PRIVATE_TIMER | 1u << INT_PRIVATE_WATCHDOG);
    listen_to(AWB_INT_UART);
    listen_to(AWB_INT_GEM0);
    awb_mmio_write(GICC_PMR, MASK_NONE);
    awb_mmio_write(GICC_CTLR, 1);
    awb_mmio_write(GICD_CTLR, 1);
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    uint64_t ticks = (uint64_t)limit_ms * awb_timer_per_ms() / DOG_DIVIDER + 1u;
    __asm__ volatile("cpsid i" ::: "memory");
    awb_mmio_write(GICC_PMR, MASK_ALL_BUT_DOG);
    dog_stop();
    awb_mmio_write(DOG_LOAD, ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
    awb_mmio_write(DOG_CONTROL, DOG_ON);
    armed = true;
    __asm__ volatile("dsb\n\tisb\n\tcpsie i" ::: "memory");
}

void awb_watchdog_disarm(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
    armed = false;
    dog_stop();
    awb_mmio_write(GICC_PMR, MASK_NONE);
}

/* Interrupts are masked but for the watchdog's, and were before: nothing is to be done about them.
 * A run without a watchdog masks all. */
void awb_timed_begin(void)
{
    if (!armed)
        __asm__ volatile("cpsid if" ::: "memory");
    awb_barrier();
}

/* Interrupts stay masked between runs as well: nothing here handles one. */
void awb_timed_end(void)
{
    awb_barrier();
}

bool awb_watchdog_fired(void)
{
    uint32_t taken = awb_mmio_read(GICC_IAR);
    dog_stop();
    awb_mmio_write(GICC_EOIR, taken);
    return (taken & 0x3ffu) == INT_PRIVATE_WATCHDOG;
}

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
#include "gic.h"
#include "memory_map.h"
#include "mmio.h"
#include "zynq7000.h"

#define INT_PRIVATE_WATCHDOG 30u /* PPI */

/* UG585, interrupts. */
static const struct awb_gic gic = {
    .words = 3,       /* 96 interrupts */
    .wake_timer = 29, /* the private timer, PPI */
    .watchdog = INT_PRIVATE_WATCHDOG,
    .devices = {AWB_INT_UART, AWB_INT_GEM0},
    .mask_nothing = 0xf8, /* it has the upper five bits */
};

/* Private watchdog (ARM DDI0407, chapter 4): counts down at half of the core's clock, here divided
 * by 256, so that 32 bits last for an hour. */
#define DOG_LOAD    (AWB_MAP_CPUTIMER + 0x20u)
#define DOG_CONTROL (AWB_MAP_CPUTIMER + 0x28u)
#define DOG_STATUS  (AWB_MAP_CPUTIMER + 0x2cu)
#define DOG_DIVIDER 256u
#define DOG_ON      ((DOG_DIVIDER - 1u) << 8 | 5u) /* enabled, interrupt, a timer */

static bool armed;

static void dog_stop(void)
{
    awb_mmio_write(DOG_CONTROL, 0);
    awb_mmio_write(DOG_STATUS, 1);
    awb_barrier();
}

void awb_watchdog_start(void)
{
    dog_stop();
    awb_gic_start(&gic);
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    uint64_t ticks = (uint64_t)limit_ms * awb_timer_per_ms() / DOG_DIVIDER + 1u;
    __asm__ volatile("cpsid i" ::: "memory");
    awb_gic_mask_all_but_watchdog();
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
    awb_gic_mask_nothing(&gic);
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
    uint32_t taken, interrupt = awb_gic_take(&taken);
    dog_stop();
    awb_gic_done(taken);
    return interrupt == INT_PRIVATE_WATCHDOG;
}

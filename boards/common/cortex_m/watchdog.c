/* The watchdog of Arm's Cortex-M System Design Kit (ARM DDI0479, "APB watchdog"). Its interrupt is
 * the NMI, which reaches code whatever it has masked; its second time-out could reset the board,
 * but would lose the registers, and is not used. What this cannot end is code that has overwritten
 * the watchdog's registers, which are locked. Not seen on silicon. */
#include "board_config.h"
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"

#define LOAD      (AWB_MAP_WATCHDOG + 0x000u) /* starts the counter at this value */
#define CONTROL   (AWB_MAP_WATCHDOG + 0x008u)
#define INT_CLEAR (AWB_MAP_WATCHDOG + 0x00cu)
#define LOCK      (AWB_MAP_WATCHDOG + 0xc00u)

#define CONTROL_INT_ENABLE 1u
#define UNLOCKED           0x1acce551u

/* The counter has 32 bits: a longer limit is counted down in parts. The tests say less, because
 * nobody waits 171 s for the second part. */
#ifndef AWB_WATCHDOG_PART_TICKS
#define AWB_WATCHDOG_PART_TICKS UINT32_MAX
#endif

/* Of the limit, what the part being counted does not hold. */
static uint64_t ticks_left;

static void count_down(void)
{
    uint32_t ticks =
        ticks_left < AWB_WATCHDOG_PART_TICKS ? (uint32_t)ticks_left : AWB_WATCHDOG_PART_TICKS;
    ticks_left -= ticks;
    awb_mmio_write(LOCK, UNLOCKED);
    awb_mmio_write(CONTROL, 0);
    awb_mmio_write(LOAD, ticks);
    awb_mmio_write(INT_CLEAR, 1);
    awb_mmio_write(CONTROL, CONTROL_INT_ENABLE);
    awb_mmio_write(LOCK, 0);
    awb_barrier();
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    ticks_left = (uint64_t)limit_ms * AWB_WATCHDOG_TICKS_PER_MS;
    count_down();
}

void awb_watchdog_disarm(void)
{
    awb_mmio_write(LOCK, UNLOCKED);
    awb_mmio_write(CONTROL, 0);
    awb_mmio_write(INT_CLEAR, 1);
    awb_mmio_write(LOCK, 0);
    awb_barrier();
}

bool awb_watchdog_goes_on(void)
{
    if (ticks_left == 0)
        return false;
    count_down();
    return true;
}

/* The hal of the Zynq-7000's first core: waiting, resetting, memory. */
#include "config.h"
#include "gem.h"
#include "memory_map.h"
#include "mmio.h"
#include "uart.h"
#include "uart_link.h"
#include "zynq7000.h"

/* Private timer of the core (ARM DDI0407, chapter 4): counts down at half of the core's clock. */
#define TIMER_LOAD    (AWB_MAP_CPUTIMER + 0x0u)
#define TIMER_CONTROL (AWB_MAP_CPUTIMER + 0x8u)
#define TIMER_STATUS  (AWB_MAP_CPUTIMER + 0xcu)
#define TIMER_ON      5u /* enabled, interrupt */
#define TIMER_USUAL_KHZ                                                                            \
    333333u /* only bounds a sleep: whether emulated or real does not matter                       \
             */

static struct awb_info info = {.board = "zynq7000", .cpu = "Cortex-A9"};

const struct awb_info *awb_init(void)
{
    awb_uart_start();
    awb_watchdog_start();
    awb_clock_start(&info);
    return &info;
}

/* The private timer ends a sleep in which nothing arrives. */
void awb_sleep(void)
{
    awb_mmio_write(TIMER_CONTROL, 0);
    awb_mmio_write(TIMER_STATUS, 1);
    awb_mmio_write(TIMER_LOAD, TIMER_USUAL_KHZ * AWB_WAIT_MS);
    awb_mmio_write(TIMER_CONTROL, TIMER_ON);
    __asm__ volatile("dsb\n\twfi\n\tisb" ::: "memory");
    awb_mmio_write(TIMER_CONTROL, 0);
    awb_mmio_write(TIMER_STATUS, 1);
    awb_barrier();
}

/* UG585, B.28, GEM0_CLK_CTRL, whose DIVISOR1 makes 125, 25 or 2.5 MHz of what
 * ps7_init set for 1 Gbit/s. */
static void set_gem_clock(uint32_t mbit_per_s)
{
    const uint32_t control = AWB_MAP_SLCR + 0x140u;
    uint32_t divisor = mbit_per_s == 1000 ? 1u : mbit_per_s == 100 ? 5u : 50u;
    awb_slcr_write(control, (awb_mmio_read(control) & ~0x03f00000u) | divisor << 20);
}

static struct awb_gem_memory gem_memory __attribute__((section(".dma")));

const struct awb_gem awb_gem = {
    .base = AWB_MAP_GEM0,
    .memory = &gem_memory,
    .mdc_divider = 3, /* 48, of a bus of at most 111 MHz */
    .set_clock = set_gem_clock,
};

_Noreturn void awb_reset(void)
{
    awb_uart_link_drain();
    awb_restart();
}

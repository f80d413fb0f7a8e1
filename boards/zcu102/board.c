/* The hal of the ZCU102's APU: waiting, time, memory. */
#include "config.h"
#include "gem.h"
#include "memory_map.h"
#include "mmio.h"
#include "regs.h"
#include "uart.h"
#include "uart_link.h"
#include "zcu102.h"

#define CNTV_ENABLE      1u
#define COUNTER_USUAL_HZ 100000000u

uint8_t awb_entry_el;

static struct awb_info info = {.board = "zcu102", .cpu = "Cortex-A53"};
static uint32_t counter_per_ms;

const struct awb_info *awb_init(void)
{
    uint64_t counter_hz = AWB_SYSREG_READ(cntfrq_el0);
    /* Nothing has set CNTFRQ_EL0 when a debugger started us at EL3. */
    if (counter_hz < 1000000u || counter_hz > 1000000000u)
        counter_hz = COUNTER_USUAL_HZ;
    counter_per_ms = (uint32_t)(counter_hz / 1000u);
    AWB_SYSREG_WRITE(cntv_ctl_el0, 0);
    awb_uart_start();
    awb_watchdog_start(counter_per_ms);
    awb_pmu_start(&info);
    info.exception_level = awb_entry_el;
    return &info;
}

uint32_t awb_millis(void)
{
    awb_isb();
    return (uint32_t)(AWB_SYSREG_READ(cntvct_el0) / counter_per_ms);
}

/* The virtual timer ends a sleep in which nothing arrives. */
void awb_sleep(void)
{
    AWB_SYSREG_WRITE(cntv_tval_el0, (uint64_t)counter_per_ms * AWB_WAIT_MS);
    AWB_SYSREG_WRITE(cntv_ctl_el0, CNTV_ENABLE);
    awb_isb();
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
    AWB_SYSREG_WRITE(cntv_ctl_el0, 0);
    awb_isb();
}

static void set_gem_clock(uint32_t mbit_per_s)
{
    /* UG1087, GEM3_REF_CTRL: psu_init leaves 125 MHz, the clock of 1 Gbit/s; DIVISOR1 makes 25 and
     * 2.5 MHz of it. */
    const uint32_t control = AWB_MAP_CRL_APB + 0x5cu;
    uint32_t divisor = mbit_per_s == 1000 ? 1u : mbit_per_s == 100 ? 5u : 50u;
    awb_mmio_write(control, (awb_mmio_read(control) & ~0x003f0000u) | divisor << 16);
}

static struct awb_gem_memory gem_memory __attribute__((section(".dma")));

const struct awb_gem awb_gem = {
    .base = AWB_MAP_GEM3,
    .ultrascale = true,
    .memory = &gem_memory,
    .mdc_divider = 4, /* 64, of a bus of at most 150 MHz */
    .set_clock = set_gem_clock,
};

_Noreturn void awb_reset(void)
{
    awb_uart_link_drain();
    awb_restart(awb_entry_el);
}

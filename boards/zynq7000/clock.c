/* Time stamps: the core's cycle counter on silicon, the global timer where that does not count. */
#include "icount.h"
#include "memory_map.h"
#include "mmio.h"
#include "zynq7000.h"

#define TIMER_LOW     (AWB_MAP_GLOBALTIMER + 0x0u)
#define TIMER_HIGH    (AWB_MAP_GLOBALTIMER + 0x4u)
#define TIMER_CONTROL (AWB_MAP_GLOBALTIMER + 0x8u)

#define PMCR_ENABLE_AND_RESET 0x5u
#define CYCLE_COUNTER_BIT     0x80000000u

#define EMULATED_TIMER_HZ 100000000u
static const struct awb_tick emulated_tick = {.ns = 10};

static uint32_t timer_per_ms;

/* Both words of one moment, without a loop that would sometimes take longer: a low word that is
 * small was read after its overflow, if there was one. */
static uint64_t read_timer(void)
{
    awb_barrier();
    uint32_t before = awb_mmio_read(TIMER_HIGH);
    uint32_t low = awb_mmio_read(TIMER_LOW);
    uint32_t after = awb_mmio_read(TIMER_HIGH);
    return (uint64_t)(low & 0x80000000u ? before : after) << 32 | low;
}

static uint32_t read_core(void)
{
    awb_barrier();
    return AWB_CP15_READ(0, c9, c13, 0); /* PMCCNTR */
}

/* 32 bits of cycles, extended by the timer, which runs at half of the core's clock. Right as long
 * as the two are apart by less than 2^31 cycles. Not seen on silicon. */
static uint64_t read_cycles(void)
{
    uint32_t cycles = read_core();
    uint64_t about = 2u * read_timer();
    return ((about - cycles + 0x80000000u) & ~(uint64_t)UINT32_MAX) + cycles;
}

#include "two_clocks.h"

static bool core_counter_runs(void)
{
    AWB_CP15_WRITE(0, c9, c14, 0, 0);                     /* PMUSERENR */
    AWB_CP15_WRITE(0, c9, c12, 0, PMCR_ENABLE_AND_RESET); /* PMCR */
    AWB_CP15_WRITE(0, c9, c12, 1, CYCLE_COUNTER_BIT);     /* PMCNTENSET */
    uint32_t first = read_core();
    return read_core() != first;
}

/* Of the core, from the PLL and divider registers (UG585: ARM_PLL_CTRL, ARM_CLK_CTRL), for a
 * reference of 33.333 MHz and the ARM PLL as source. Not seen on silicon. */
static uint32_t core_clock_hz(void)
{
    const uint32_t reference_hz = 33333333u, usual_hz = 666666660u;
    uint32_t pll = awb_mmio_read(AWB_MAP_SLCR + 0x100u);
    uint32_t clock = awb_mmio_read(AWB_MAP_SLCR + 0x120u);
    uint32_t divisor = clock >> 8 & 0x3fu, multiplier = pll >> 12 & 0x7fu;
    bool bypassed = (pll & 0x10u) != 0, from_arm_pll = (clock & 0x20u) == 0;
    if (bypassed || !from_arm_pll || divisor == 0)
        return usual_hz;
    uint64_t hz = (uint64_t)reference_hz * multiplier / divisor;
    return hz >= 100000000u && hz <= 1100000000u ? (uint32_t)hz : usual_hz;
}

void awb_clock_start(struct awb_info *info)
{
    const uint32_t core_hz = core_clock_hz();
    awb_mmio_write(TIMER_CONTROL, 1);
    choose_clock(info, core_counter_runs(), "PMCCNTR", core_hz, "global timer", emulated_tick);
    timer_per_ms = core_counts ? core_hz / 2000u : EMULATED_TIMER_HZ / 1000u;
}

uint32_t awb_millis(void)
{
    return (uint32_t)(read_timer() / timer_per_ms);
}

uint32_t awb_timer_per_ms(void)
{
    return timer_per_ms;
}

/* The cycle counter, the retired-instruction counter, and whether they are those of silicon. */
#include "memory_map.h"
#include "mmio.h"
#include "regs.h"
#include "zcu102.h"

#define PMCR_ENABLE         0x01u
#define PMCR_RESET_EVENTS   0x02u
#define PMCR_RESET_CYCLES   0x04u
#define PMCR_LONG_CYCLES    0x40u
#define EVENT_INST_RETIRED  0x08u
#define CYCLE_COUNTER_BIT   0x80000000u
#define EVENT_COUNTER_0_BIT 0x1u

struct deltas {
    uint64_t cycles, instructions;
};

/* Both counters around the same number of instructions that differ only in what they cost on
 * silicon: a chain of 64 additions, or of 64 divisions of a 64-bit number (Cortex-A53: 1 cycle an
 * addition, up to 35 a division). */
#define COUNT_CHAIN(deltas_out, instruction)                                                       \
    do {                                                                                           \
        uint64_t c0_, c1_, i0_, i1_, x_ = UINT64_MAX, one_ = 1;                                    \
        __asm__ volatile("isb\n\tmrs %0, pmccntr_el0\n\tmrs %1, pmevcntr0_el0\n\tisb\n\t"          \
                         ".rept 64\n\t" instruction " %4, %4, %5\n\t.endr\n\t"                     \
                         "isb\n\tmrs %2, pmccntr_el0\n\tmrs %3, pmevcntr0_el0\n\tisb"              \
                         : "=&r"(c0_), "=&r"(i0_), "=&r"(c1_), "=&r"(i1_), "+&r"(x_)               \
                         : "r"(one_));                                                             \
        *(deltas_out) = (struct deltas){c1_ - c0_, (uint32_t)(i1_ - i0_)};                         \
    } while (0)

/* APU clock from the PLL and divider registers (UG1087: APLL_CTRL, ACPU_CTRL; UG1085, clock
 * subsystem), for the ZCU102's 33.333 MHz reference and the APLL as source. Not seen on silicon. */
static uint64_t apu_clock_hz(void)
{
    const uint64_t reference_hz = 33333000u, usual_hz = 1199988000u;
    uint32_t pll = awb_mmio_read(AWB_MAP_CRF_APB + 0x20u);
    uint32_t acpu = awb_mmio_read(AWB_MAP_CRF_APB + 0x60u);
    uint32_t divisor = (acpu >> 8) & 0x3fu;
    bool bypassed = (pll & 0x8u) != 0, from_apll = (acpu & 0x7u) == 0,
         from_ref = (pll >> 20 & 7u) < 4u;
    if (bypassed || !from_apll || !from_ref || divisor == 0)
        return usual_hz;
    uint64_t hz = reference_hz * ((pll >> 8) & 0x7fu) / ((pll >> 16 & 1u) ? 2u : 1u) / divisor;
    return hz >= 100000000u && hz <= 1600000000u ? hz : usual_hz;
}

/* QEMU counts its virtual nanoseconds. With -icount shift=0 that is one an instruction, whatever
 * the instruction; without a fixed icount it has no event for retired instructions, which every
 * Cortex-A53 has. */
static void identify_clock(struct awb_info *info)
{
    struct deltas add, divide;
    info->counts_instructions = (AWB_SYSREG_READ(pmceid0_el0) >> EVENT_INST_RETIRED & 1u) != 0;
    /* The second round runs from the instruction cache. */
    for (int i = 0; i < 2; i++) {
        COUNT_CHAIN(&add, "add");
        COUNT_CHAIN(&divide, "udiv");
    }
    info->emulated = !info->counts_instructions || divide.cycles < 2u * add.cycles;
    if (!info->emulated) {
        info->clock_unit = "cycles";
        info->clock_hz = apu_clock_hz();
    } else if (info->counts_instructions && add.cycles == add.instructions &&
               divide.cycles == divide.instructions) {
        info->clock_unit = "instructions";
        info->clock_hz = 0;
    } else {
        info->clock_unit = "emulator ns";
        info->clock_hz = 0;
    }
}

void awb_pmu_start(struct awb_info *info)
{
    AWB_SYSREG_WRITE(pmcntenclr_el0, UINT32_MAX);
    AWB_SYSREG_WRITE(pmintenclr_el1, UINT32_MAX);
    AWB_SYSREG_WRITE(pmovsclr_el0, UINT32_MAX);
    AWB_SYSREG_WRITE(pmuserenr_el0, 0);
    /* No filter bit set: both count at EL1, where we always run. */
    AWB_SYSREG_WRITE(pmccfiltr_el0, 0);
    AWB_SYSREG_WRITE(pmevtyper0_el0, EVENT_INST_RETIRED);
    AWB_SYSREG_WRITE(pmcr_el0,
                     PMCR_ENABLE | PMCR_RESET_EVENTS | PMCR_RESET_CYCLES | PMCR_LONG_CYCLES);
    AWB_SYSREG_WRITE(pmcntenset_el0, CYCLE_COUNTER_BIT | EVENT_COUNTER_0_BIT);
    awb_isb();
    info->clock_name = "PMCCNTR_EL0";
    identify_clock(info);
}

uint64_t awb_ticks(void)
{
    /* Without the barrier the core may read the counter before what precedes it is done. */
    awb_isb();
    return AWB_SYSREG_READ(pmccntr_el0);
}

uint64_t awb_ticks_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint64_t awb_instructions(void)
{
    awb_isb();
    return AWB_SYSREG_READ(pmevcntr0_el0);
}

/* The counter has 32 bits and wraps. */
uint64_t awb_instructions_between(uint64_t from, uint64_t to)
{
    return (uint32_t)(to - from);
}

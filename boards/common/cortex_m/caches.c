/* Caches of cores that have some (Cortex-M7, M55): invalidated and turned on. Both are off and
 * their contents unknown after reset (ARM DDI0553, B2.2 caches and B3 CCR). */
#include "cortex_m.h"
#include "mmio.h"

#if __ARM_ARCH >= 8

static void invalidate_data_cache(void)
{
    awb_mmio_write(SCB_CSSELR, 0);
    awb_barrier();
    uint32_t size = awb_mmio_read(SCB_CCSIDR);
    uint32_t sets = size >> 13 & 0x7fffu, ways = size >> 3 & 0x3ffu, line = (size & 7u) + 4u;
    uint32_t way_at = ways ? (uint32_t)__builtin_clz(ways) : 31u;
    for (uint32_t set = 0; set <= sets; set++)
        for (uint32_t way = 0; way <= ways; way++)
            awb_mmio_write(SCB_DCISW, set << line | way << way_at);
    awb_barrier();
}

void awb_caches_start(void)
{
    uint32_t kind =
        awb_mmio_read(SCB_CLIDR) & 7u; /* of level 1; bit 0: instructions, bit 1: data */
    if (kind & 1u) {
        awb_mmio_write(SCB_ICIALLU, 0);
        awb_barrier();
        awb_mmio_write(SCB_CCR, awb_mmio_read(SCB_CCR) | CCR_IC);
    }
    /* A restart through AIRCR finds the data cache off, and nothing of ours in it matters then. */
    if (kind & 6u) {
        invalidate_data_cache();
        awb_mmio_write(SCB_CCR, awb_mmio_read(SCB_CCR) | CCR_DC);
    }
    awb_barrier();
}

#else

void awb_caches_start(void)
{
}

#endif

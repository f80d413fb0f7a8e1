/* Snoop control unit and the L2 cache controller (PL310, ARM DDI0246). Runs with MMU and caches
 * off, on first start and on a restart. QEMU has the registers and no caches: not seen on silicon.
 */
#include "memory_map.h"
#include "mmio.h"
#include "zynq7000.h"

#define SCU_CONTROL    (AWB_MAP_SCU + 0x00u)
#define SCU_INVALIDATE (AWB_MAP_SCU + 0x0cu)

#define L2_CONTROL      (AWB_MAP_L2 + 0x100u)
#define L2_AUXILIARY    (AWB_MAP_L2 + 0x104u)
#define L2_TAG_LATENCY  (AWB_MAP_L2 + 0x108u)
#define L2_DATA_LATENCY (AWB_MAP_L2 + 0x10cu)
#define L2_INT_CLEAR    (AWB_MAP_L2 + 0x220u)
#define L2_SYNC         (AWB_MAP_L2 + 0x730u)
#define L2_INVALIDATE   (AWB_MAP_L2 + 0x77cu) /* by way */
#define L2_CLEAN        (AWB_MAP_L2 + 0x7fcu) /* clean and invalidate by way */
#define L2_WAYS         0xffu

#define SLCR_L2C_RAM (AWB_MAP_SLCR + 0xa1cu) /* UG585, L2 cache: wants 0x00020202 */

static void on_all_ways(uint32_t operation)
{
    awb_mmio_write(operation, L2_WAYS);
    while (awb_mmio_read(operation) & L2_WAYS)
        continue;
    awb_mmio_write(L2_SYNC, 0);
    awb_barrier();
}

void awb_caches_start(void)
{
    awb_mmio_write(SCU_INVALIDATE, 0xffff);
    awb_mmio_write(SCU_CONTROL, awb_mmio_read(SCU_CONTROL) | 1u);

    if (awb_mmio_read(L2_CONTROL) & 1u) {
        /* Turned on by an earlier stage or by ourselves: what is dirty in it is needed. */
        on_all_ways(L2_CLEAN);
        awb_mmio_write(L2_CONTROL, 0);
    }
    /* 8 ways of 64 KiB, prefetch of instructions and data, early write response, shared attribute
     * ignored; latencies of 2, 2, 2 and 2, 3, 2 cycles (UG585, L2 cache initialisation). */
    awb_mmio_write(L2_AUXILIARY, 0x72360000u);
    awb_mmio_write(L2_TAG_LATENCY, 0x111u);
    awb_mmio_write(L2_DATA_LATENCY, 0x121u);
    on_all_ways(L2_INVALIDATE);
    awb_mmio_write(L2_INT_CLEAR, 0x1ffu);
    awb_slcr_write(SLCR_L2C_RAM, 0x00020202u);
    awb_mmio_write(L2_CONTROL, 1);
    awb_barrier();
}

/* MPU: code read-only, data not executable, nothing at all below the stack. Devices and everything
 * else keep the architecture's default map, in which memory is Normal and cacheable. */
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"

extern uint32_t awb_guard[];

#define CTRL_ENABLE     1u
#define CTRL_PRIVDEFENA 4u

#if __ARM_ARCH >= 8

#define READ_ONLY  (2u << 1) /* RBAR.AP: read-only, privileged */
#define READ_WRITE (0u << 1)
#define NO_EXECUTE 1u

/* PMSAv8 has no way to forbid every access; PSPLIM guards the stack there. */
static void set_region(uint32_t number, uint32_t base, uint32_t bytes, uint32_t rights)
{
    awb_mmio_write(MPU_RNR, number);
    awb_mmio_write(MPU_RBAR, base | rights);
    awb_mmio_write(MPU_RLAR, (base + bytes - 32u) | 1u); /* attribute 0 */
}

void awb_mpu_start(void)
{
    awb_mmio_write(MPU_CTRL, 0);
    awb_mmio_write(MPU_MAIR0, 0xff); /* Normal, write-back, read and write allocate */
    set_region(0, AWB_MAP_CODE, AWB_MAP_CODE_BYTES, READ_ONLY);
    set_region(1, AWB_MAP_DATA, AWB_MAP_DATA_BYTES, READ_WRITE | NO_EXECUTE);
    set_region(2, AWB_MAP_BUFFERS, AWB_MAP_BUFFERS_BYTES, READ_WRITE | NO_EXECUTE);
    set_region(3, AWB_MAP_WEIGHTS, AWB_MAP_WEIGHTS_BYTES, READ_WRITE | NO_EXECUTE);
    awb_mmio_write(MPU_CTRL, CTRL_ENABLE | CTRL_PRIVDEFENA);
    awb_barrier();
}

#else

/* RASR: XN, AP, TEX:C:B. Sizes are powers of two, at a multiple of themselves. */
#define NO_ACCESS  (1u << 28)
#define READ_ONLY  (5u << 24 | 1u << 17)              /* write-through, executable */
#define READ_WRITE (1u << 28 | 1u << 24 | 0xbu << 16) /* write-back, write allocate */

static void set_region(uint32_t number, uint32_t base, uint32_t bytes, uint32_t attributes)
{
    awb_mmio_write(MPU_RNR, number);
    awb_mmio_write(MPU_RBAR, base);
    uint32_t size = 30u - (uint32_t)__builtin_clz(bytes);
    awb_mmio_write(MPU_RASR, attributes | size << 1 | 1u);
}

void awb_mpu_start(void)
{
    awb_mmio_write(MPU_CTRL, 0);
    set_region(0, AWB_MAP_CODE, AWB_MAP_CODE_BYTES, READ_ONLY);
    set_region(1, AWB_MAP_DATA, AWB_MAP_DATA_BYTES, READ_WRITE);
    set_region(2, AWB_MAP_WEIGHTS, AWB_MAP_WEIGHTS_BYTES, READ_WRITE);
    /* The highest number wins. */
    set_region(3, (uint32_t)(uintptr_t)awb_guard, AWB_MAP_GUARD_BYTES, NO_ACCESS);
    awb_mmio_write(MPU_CTRL, CTRL_ENABLE | CTRL_PRIVDEFENA);
    awb_barrier();
}

#endif

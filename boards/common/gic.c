#include "gic.h"

#include "memory_map.h"
#include "mmio.h"

#define GICD_CTLR       (AWB_MAP_GICD + 0x000u)
#define GICD_ISENABLER  (AWB_MAP_GICD + 0x100u)
#define GICD_ICENABLER  (AWB_MAP_GICD + 0x180u)
#define GICD_ICPENDR    (AWB_MAP_GICD + 0x280u)
#define GICD_ICACTIVER  (AWB_MAP_GICD + 0x380u) /* reserved before version 2 */
#define GICD_IPRIORITYR (AWB_MAP_GICD + 0x400u)
#define GICD_ITARGETSR  (AWB_MAP_GICD + 0x800u)
#define GICD_ICFGR      (AWB_MAP_GICD + 0xc00u)
#define GICC_CTLR       (AWB_MAP_GICC + 0x000u)
#define GICC_PMR        (AWB_MAP_GICC + 0x004u)
#define GICC_IAR        (AWB_MAP_GICC + 0x00cu)
#define GICC_EOIR       (AWB_MAP_GICC + 0x010u)

/* Smaller is more urgent; as the non-secure side sees them. */
#define PRIORITY_WATCHDOG     0x40u
#define MASK_ALL_BUT_WATCHDOG 0x60u
#define PRIORITY_WAKE         0x80u

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

void awb_gic_start(const struct awb_gic *gic)
{
    awb_mmio_write(GICD_CTLR, 0);
    for (uint32_t i = 0; i < gic->words; i++) {
        awb_mmio_write(GICD_ICENABLER + 4u * i, UINT32_MAX);
        /* A restart by the watchdog left one behind. */
        awb_mmio_write(GICD_ICPENDR + 4u * i, UINT32_MAX);
        awb_mmio_write(GICD_ICACTIVER + 4u * i, UINT32_MAX);
    }
    set_byte(GICD_IPRIORITYR, gic->wake_timer, PRIORITY_WAKE);
    set_byte(GICD_IPRIORITYR, gic->watchdog, PRIORITY_WATCHDOG);
    awb_mmio_write(GICD_ISENABLER, 1u << gic->wake_timer | 1u << gic->watchdog);
    for (uint32_t i = 0; i < sizeof gic->devices / sizeof gic->devices[0]; i++)
        listen_to(gic->devices[i]);
    awb_gic_mask_nothing(gic);
    awb_mmio_write(GICC_CTLR, 1);
    awb_mmio_write(GICD_CTLR, 1);
}

void awb_gic_mask_all_but_watchdog(void)
{
    awb_mmio_write(GICC_PMR, MASK_ALL_BUT_WATCHDOG);
}

void awb_gic_mask_nothing(const struct awb_gic *gic)
{
    awb_mmio_write(GICC_PMR, gic->mask_nothing);
}

uint32_t awb_gic_take(uint32_t *taken)
{
    *taken = awb_mmio_read(GICC_IAR);
    return *taken & 0x3ffu;
}

void awb_gic_done(uint32_t taken)
{
    awb_mmio_write(GICC_EOIR, taken);
}

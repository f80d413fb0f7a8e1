/* The interrupt controller of the boards with an A-profile core: GICv1 of the Cortex-A9 MPCore (ARM
 * DDI0407, chapter 3) and GIC-400 (IHI0048B), through whichever security state we are in.
 *
 * Interrupts are there to end a WFI and are never taken, but for one, the watchdog's: while that is
 * armed the core takes interrupts, and the priority mask holds back all others. */
#ifndef AWB_GIC_H
#define AWB_GIC_H

#include <stdint.h>

struct awb_gic {
    uint32_t words;        /* of 32 interrupts each */
    uint32_t wake_timer;   /* private interrupt that ends a sleep */
    uint32_t watchdog;     /* private interrupt that is taken */
    uint32_t devices[2];   /* shared interrupts that end a sleep, level-sensitive */
    uint32_t mask_nothing; /* GICC_PMR that lets all priorities through */
};

/* Enables these interrupts and no others, and forgets what a restart left behind. */
void awb_gic_start(const struct awb_gic *gic);
/* Holds back all but the watchdog's, or nothing. */
void awb_gic_mask_all_but_watchdog(void);
void awb_gic_mask_nothing(const struct awb_gic *gic);
/* Takes the interrupt that is being signalled and returns its number; awb_gic_done() with `taken`
 * once its device is quiet. */
uint32_t awb_gic_take(uint32_t *taken);
void awb_gic_done(uint32_t taken);

#endif

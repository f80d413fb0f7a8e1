/* Driver of the Cadence Gigabit Ethernet MAC of the Zynq-7000 and the Zynq UltraScale+, polled.
 *
 * Sources: UG585 (Zynq-7000 TRM) chapter 16 and appendix B.18; UG1085 and UG1087 (Zynq
 * UltraScale+), GEM; IEEE 802.3 clause 22 for the PHY; TI SNLS484 (DP83867). Seen under QEMU 7.2,
 * never on silicon. */
#ifndef AWB_GEM_H
#define AWB_GEM_H

#include <stdbool.h>
#include <stdint.h>

#define AWB_GEM_FRAME_BYTES 1536u /* a multiple of 64: the unit of the receiver's buffer size */
#define AWB_GEM_RX_BUFFERS  64u
#define AWB_GEM_TX_BUFFERS  32u

struct awb_gem_descriptor {
    volatile uint32_t address, status;
};

/* What the MAC reads and writes by itself: memory that no cache holds, zeroed or not. */
struct awb_gem_memory {
    _Alignas(64) struct awb_gem_descriptor rx[AWB_GEM_RX_BUFFERS];
    struct awb_gem_descriptor tx[AWB_GEM_TX_BUFFERS];
    struct awb_gem_descriptor idle_rx, idle_tx; /* of the second queue */
    _Alignas(64) uint8_t rx_frames[AWB_GEM_RX_BUFFERS][AWB_GEM_FRAME_BYTES];
    uint8_t tx_frames[AWB_GEM_TX_BUFFERS][AWB_GEM_FRAME_BYTES];
};

struct awb_gem {
    uint32_t base;
    bool ultrascale; /* 64-bit data bus, a second queue */
    struct awb_gem_memory *memory;
    uint32_t mdc_divider; /* code of NWCFG: the management clock is at most 2.5 MHz */
    /* Gives the MAC the transmit clock of 10, 100 or 1000 Mbit/s. */
    void (*set_clock)(uint32_t mbit_per_s);
};

/* The one MAC of the board that is used. gem.c gives it awb_ethernet_*() of awt/net.h. */
extern const struct awb_gem awb_gem;

#endif

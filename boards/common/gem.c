#include "gem.h"

#include <stddef.h>

#include "awt/net.h"

#include "mmio.h"

#define NWCTRL   0x000u
#define NWCFG    0x004u
#define NWSR     0x008u
#define DMACR    0x010u
#define TXSR     0x014u
#define RXQBASE  0x018u
#define TXQBASE  0x01cu
#define RXSR     0x020u
#define ISR      0x024u
#define IER      0x028u
#define IDR      0x02cu
#define PHYMNTNC 0x034u
#define HASH_LO  0x080u
#define HASH_HI  0x084u
#define MAC_LO   0x088u
#define MAC_HI   0x08cu /* writing it enables the address */
#define TXQ1BASE 0x440u
#define RXQ1BASE 0x480u

#define NWCTRL_RX_ENABLE     0x00000004u
#define NWCTRL_TX_ENABLE     0x00000008u
#define NWCTRL_MDIO_ENABLE   0x00000010u
#define NWCTRL_CLEAR_STATS   0x00000020u
#define NWCTRL_START_TX      0x00000200u
#define NWCTRL_ON            (NWCTRL_RX_ENABLE | NWCTRL_TX_ENABLE | NWCTRL_MDIO_ENABLE)
#define NWCFG_100            0x00000001u
#define NWCFG_FULL_DUPLEX    0x00000002u
#define NWCFG_1536           0x00000100u
#define NWCFG_1000           0x00000400u
#define NWCFG_DROP_FCS       0x00020000u
#define NWCFG_MDC_SHIFT      18u
#define NWCFG_BUS_64         0x00200000u
#define NWSR_MDIO_IDLE       0x00000004u
#define DMACR_BURST_16       0x00000010u
#define DMACR_RX_MEMORY_FULL 0x00000300u
#define DMACR_TX_MEMORY_FULL 0x00000400u
#define DMACR_RX_SIZE_SHIFT  16u
#define RXSR_NO_BUFFER       0x00000001u
#define INT_RX_DONE          0x00000002u
#define INT_ALL              0x7fffffffu

#define RX_USED        0x1u /* ours: holds a frame */
#define RX_WRAP        0x2u
#define RX_SIZE        0x1fffu
#define RX_WHOLE_FRAME 0xc000u /* start and end of frame */
#define TX_LAST        0x00008000u
#define TX_WRAP        0x40000000u
#define TX_USED        0x80000000u /* ours */

#define PHY_CONTROL        0u
#define PHY_STATUS         1u
#define PHY_ID_1           2u
#define PHY_ID_2           3u
#define PHY_ADVERTISE      4u
#define PHY_PARTNER        5u
#define PHY_GIGA_CONTROL   9u
#define PHY_GIGA_STATUS    10u
#define PHY_MMD_CONTROL    13u
#define PHY_MMD_DATA       14u
#define PHY_LINK           0x0004u
#define PHY_NEGOTIATED     0x0020u
#define PHY_NEGOTIATE      0x1200u /* enable and restart */
#define PHY_GIGA_FULL      0x0200u
#define PHY_ADVERTISE_FULL 0x0141u /* 100 and 10 Mbit/s, full duplex, IEEE 802.3 */
#define PHY_100_FULL       0x0100u
#define PHY_NONE           32u

static uint32_t rx_at, tx_at, phy, mbit_per_s;

static uint32_t get(uint32_t reg)
{
    return awb_mmio_read(awb_gem.base + reg);
}

static void set(uint32_t reg, uint32_t value)
{
    awb_mmio_write(awb_gem.base + reg, value);
}

/* -- PHY --------------------------------------------------------------------------------- */

static uint32_t mdio(uint32_t operation, uint32_t address, uint32_t reg, uint32_t value)
{
    set(PHYMNTNC, 0x40020000u | operation << 28 | address << 23 | reg << 18 | value);
    /* Bounded: a MAC without a clock never becomes idle. */
    for (uint32_t i = 0; i < 100000u && !(get(NWSR) & NWSR_MDIO_IDLE); i++)
        continue;
    return get(PHYMNTNC) & 0xffffu;
}

static uint32_t phy_read(uint32_t reg)
{
    return mdio(2, phy, reg, 0);
}

static void phy_write(uint32_t reg, uint32_t value)
{
    (void)mdio(1, phy, reg, value);
}

/* The ZCU102's PHY delays the RGMII clocks, as the board has no traces that do (SNLS484, registers
 * 0x32 and 0x86; delays of 2.25 and 2.75 ns as in Linux's device tree of the board). */
static void tune_dp83867(void)
{
    static const uint16_t values[][2] = {{0x32, 0x00d3}, {0x86, 0x00a8}};
    for (uint32_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        phy_write(PHY_MMD_CONTROL, 0x001fu);
        phy_write(PHY_MMD_DATA, values[i][0]);
        phy_write(PHY_MMD_CONTROL, 0x401fu);
        phy_write(PHY_MMD_DATA, values[i][1]);
    }
}

static void phy_start(void)
{
    for (phy = 0; phy < PHY_NONE; phy++) {
        uint32_t id = phy_read(PHY_ID_1);
        if (id != 0 && id != 0xffffu)
            break;
    }
    if (phy == PHY_NONE)
        return;
    if (phy_read(PHY_ID_1) == 0x2000u && (phy_read(PHY_ID_2) & 0xfff0u) == 0xa230u)
        tune_dp83867();
    phy_write(PHY_ADVERTISE, PHY_ADVERTISE_FULL);
    phy_write(PHY_GIGA_CONTROL, PHY_GIGA_FULL);
    phy_write(PHY_CONTROL, PHY_NEGOTIATE);
}

static uint32_t negotiated(void)
{
    /* The partner's bits lie two places higher than ours. */
    if (phy_read(PHY_GIGA_CONTROL) & phy_read(PHY_GIGA_STATUS) >> 2 & PHY_GIGA_FULL)
        return 1000;
    return phy_read(PHY_PARTNER) & PHY_100_FULL ? 100 : 10;
}

static void set_speed(uint32_t wanted)
{
    uint32_t config = get(NWCFG) & ~(NWCFG_100 | NWCFG_1000);
    set(NWCFG, config | (wanted == 1000 ? NWCFG_1000 : wanted == 100 ? NWCFG_100 : 0));
    awb_gem.set_clock(wanted);
    mbit_per_s = wanted;
}

bool awb_ethernet_link(void)
{
    if (phy == PHY_NONE)
        return false;
    (void)phy_read(PHY_STATUS); /* a lost link is latched until it is read */
    if ((phy_read(PHY_STATUS) & (PHY_LINK | PHY_NEGOTIATED)) != (PHY_LINK | PHY_NEGOTIATED))
        return false;
    uint32_t wanted = negotiated();
    if (wanted != mbit_per_s)
        set_speed(wanted);
    return true;
}

/* -- frames ------------------------------------------------------------------------------ */

static uint32_t bus_address(const volatile void *at)
{
    return (uint32_t)(uintptr_t)at;
}

static void make_rings(struct awb_gem_memory *m)
{
    for (uint32_t i = 0; i < AWB_GEM_RX_BUFFERS; i++) {
        m->rx[i].status = 0;
        m->rx[i].address =
            bus_address(m->rx_frames[i]) | (i + 1 == AWB_GEM_RX_BUFFERS ? RX_WRAP : 0);
    }
    for (uint32_t i = 0; i < AWB_GEM_TX_BUFFERS; i++) {
        m->tx[i].address = bus_address(m->tx_frames[i]);
        m->tx[i].status = TX_USED | (i + 1 == AWB_GEM_TX_BUFFERS ? TX_WRAP : 0);
    }
    /* Nothing is ever received or sent through the second queue. */
    m->idle_rx.address = RX_USED | RX_WRAP;
    m->idle_rx.status = 0;
    m->idle_tx.address = 0;
    m->idle_tx.status = TX_USED | TX_WRAP | TX_LAST;
    rx_at = tx_at = 0;
}

void awb_ethernet_start(const uint8_t mac[6])
{
    mbit_per_s = 0;
    set(NWCTRL, 0);
    set(IDR, INT_ALL);
    set(NWCTRL, NWCTRL_CLEAR_STATS);
    set(TXSR, UINT32_MAX);
    set(RXSR, UINT32_MAX);
    set(ISR, get(ISR));
    make_rings(awb_gem.memory);
    awb_mmio_barrier();
    set(RXQBASE, bus_address(awb_gem.memory->rx));
    set(TXQBASE, bus_address(awb_gem.memory->tx));
    if (awb_gem.ultrascale) {
        set(RXQ1BASE, bus_address(&awb_gem.memory->idle_rx));
        set(TXQ1BASE, bus_address(&awb_gem.memory->idle_tx));
    }
    set(HASH_LO, 0);
    set(HASH_HI, 0);
    set(MAC_LO, mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
    set(MAC_HI, mac[4] | (uint32_t)mac[5] << 8);
    set(NWCFG, NWCFG_FULL_DUPLEX | NWCFG_1536 | NWCFG_DROP_FCS |
                   awb_gem.mdc_divider << NWCFG_MDC_SHIFT |
                   (awb_gem.ultrascale ? NWCFG_BUS_64 : 0));
    set(DMACR, DMACR_BURST_16 | DMACR_RX_MEMORY_FULL | DMACR_TX_MEMORY_FULL |
                   AWB_GEM_FRAME_BYTES / 64u << DMACR_RX_SIZE_SHIFT);
    set(NWCTRL, NWCTRL_MDIO_ENABLE);
    phy_start();
    set(NWCTRL, NWCTRL_ON);
}

/* A MAC that ran out of buffers goes on when a frame arrives; QEMU's only when it is told. */
static void go_on_receiving(void)
{
    if (get(RXSR) & RXSR_NO_BUFFER) {
        set(RXSR, RXSR_NO_BUFFER);
        set(NWCTRL, NWCTRL_ON);
    }
}

const uint8_t *awb_ethernet_peek(uint32_t *bytes_out)
{
    for (uint32_t i = 0; i < AWB_GEM_RX_BUFFERS; i++) {
        struct awb_gem_descriptor *d = &awb_gem.memory->rx[rx_at];
        if (!(d->address & RX_USED)) {
            go_on_receiving();
            return NULL;
        }
        awb_mmio_barrier(); /* the frame is looked at after its descriptor */
        uint32_t status = d->status, bytes = status & RX_SIZE;
        if ((status & RX_WHOLE_FRAME) == RX_WHOLE_FRAME && bytes <= AWB_GEM_FRAME_BYTES) {
            *bytes_out = bytes;
            return awb_gem.memory->rx_frames[rx_at];
        }
        awb_ethernet_drop();
    }
    return NULL;
}

void awb_ethernet_drop(void)
{
    struct awb_gem_descriptor *d = &awb_gem.memory->rx[rx_at];
    awb_mmio_barrier();
    d->status = 0;
    d->address = d->address & ~RX_USED;
    rx_at = (rx_at + 1) % AWB_GEM_RX_BUFFERS;
}

uint8_t *awb_ethernet_room(void)
{
    return awb_gem.memory->tx[tx_at].status & TX_USED ? awb_gem.memory->tx_frames[tx_at] : NULL;
}

void awb_ethernet_send(uint32_t n)
{
    bool last = tx_at + 1 == AWB_GEM_TX_BUFFERS;
    awb_mmio_barrier(); /* the frame is there before its descriptor */
    awb_gem.memory->tx[tx_at].status = n | TX_LAST | (last ? TX_WRAP : 0);
    awb_mmio_barrier();
    set(NWCTRL, NWCTRL_ON | NWCTRL_START_TX);
    tx_at = last ? 0 : tx_at + 1;
}

bool awb_ethernet_arm(void)
{
    uint32_t bytes;
    set(ISR, get(ISR));
    set(IER, INT_RX_DONE);
    return awb_ethernet_peek(&bytes) != NULL;
}

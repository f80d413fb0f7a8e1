/* Cadence UART of Zynq-7000 (UG585, appendix B.33) and Zynq UltraScale+ (UG1087, "UART Module"),
 * the same but for the address. Pins and reference clock are set by ps7_init or psu_init, before
 * this firmware. */
#include "board_config.h"
#include "memory_map.h"
#include "mmio.h"
#include "uart.h"

#define CR      (AWB_MAP_UART0 + 0x00u)
#define MR      (AWB_MAP_UART0 + 0x04u)
#define IER     (AWB_MAP_UART0 + 0x08u)
#define IDR     (AWB_MAP_UART0 + 0x0cu)
#define ISR     (AWB_MAP_UART0 + 0x14u) /* write 1 to clear */
#define BAUDGEN (AWB_MAP_UART0 + 0x18u)
#define RXTOUT  (AWB_MAP_UART0 + 0x1cu)
#define RXWM    (AWB_MAP_UART0 + 0x20u)
#define SR      (AWB_MAP_UART0 + 0x2cu)
#define FIFO    (AWB_MAP_UART0 + 0x30u)
#define BAUDDIV (AWB_MAP_UART0 + 0x34u)

#define CR_RX_RESET   0x01u
#define CR_TX_RESET   0x02u
#define CR_RX_ENABLE  0x04u
#define CR_RX_DISABLE 0x08u
#define CR_TX_ENABLE  0x10u
#define CR_TX_DISABLE 0x20u
#define MR_8N1        0x20u
#define SR_RX_EMPTY   0x002u
#define SR_TX_EMPTY   0x008u
#define SR_TX_FULL    0x010u
#define SR_TX_ACTIVE  0x800u
#define INT_RX_LEVEL  0x01u /* the FIFO holds at least RXWM bytes */
#define INT_TX_EMPTY  0x08u
#define INT_ALL       0x1fffu

/* baud = reference / (BAUDGEN * (BAUDDIV + 1)): 100 MHz / (124 * 7) is 115207, 0.006 % off; 50 MHz
 * / (62 * 7) the same. */
#define SAMPLES 7u
#define DIVISOR ((AWB_UART_REF_HZ + AWB_UART_BAUD * SAMPLES / 2u) / (AWB_UART_BAUD * SAMPLES))
_Static_assert(DIVISOR >= 1u && DIVISOR <= 65535u, "BAUDGEN has 16 bits");
_Static_assert((AWB_UART_REF_HZ / (DIVISOR * SAMPLES)) * 100u / AWB_UART_BAUD >= 98u &&
                   (AWB_UART_REF_HZ / (DIVISOR * SAMPLES)) * 100u / AWB_UART_BAUD <= 102u,
               "8N1 bears 2 % of error");

void awb_uart_start(void)
{
    awb_mmio_write(CR, CR_RX_DISABLE | CR_TX_DISABLE);
    awb_mmio_write(IDR, INT_ALL);
    awb_mmio_write(MR, MR_8N1);
    awb_mmio_write(BAUDGEN, DIVISOR);
    awb_mmio_write(BAUDDIV, SAMPLES - 1u);
    awb_mmio_write(RXTOUT, 0);
    awb_mmio_write(RXWM, 1);
    awb_mmio_write(CR, CR_RX_RESET | CR_TX_RESET | CR_RX_DISABLE | CR_TX_DISABLE);
    awb_mmio_write(CR, CR_RX_ENABLE | CR_TX_ENABLE);
    awb_mmio_write(ISR, INT_ALL);
}

bool awb_uart_readable(void)
{
    return !(awb_mmio_read(SR) & SR_RX_EMPTY);
}

bool awb_uart_get(uint8_t *byte_out)
{
    if (!awb_uart_readable())
        return false;
    *byte_out = (uint8_t)awb_mmio_read(FIFO);
    return true;
}

bool awb_uart_put(uint8_t byte)
{
    if (awb_mmio_read(SR) & SR_TX_FULL)
        return false;
    awb_mmio_write(FIFO, byte);
    return true;
}

bool awb_uart_sent_all(void)
{
    return (awb_mmio_read(SR) & (SR_TX_EMPTY | SR_TX_ACTIVE)) == SR_TX_EMPTY;
}

void awb_uart_arm(bool for_room)
{
    awb_mmio_write(IDR, INT_ALL);
    awb_mmio_write(ISR, INT_RX_LEVEL | INT_TX_EMPTY);
    awb_mmio_write(IER, for_room ? INT_RX_LEVEL | INT_TX_EMPTY : INT_RX_LEVEL);
}

/* APB UART of Arm's Cortex-M System Design Kit (ARM DDI0479, "APB UART"). It holds one byte each
 * way: who does not look for 87 us at 115200 baud loses one, so a board with it lets the host have
 * one chunk under way. */
#include "board_config.h"
#include "memory_map.h"
#include "mmio.h"
#include "uart.h"

#define DATA      (AWB_MAP_UART0 + 0x00u)
#define STATE     (AWB_MAP_UART0 + 0x04u)
#define CTRL      (AWB_MAP_UART0 + 0x08u)
#define INTERRUPT (AWB_MAP_UART0 + 0x0cu) /* write 1 to clear */
#define BAUDDIV   (AWB_MAP_UART0 + 0x10u)

#define STATE_TX_FULL  0x1u
#define STATE_RX_FULL  0x2u
#define STATE_OVERRUNS 0xcu
#define CTRL_ENABLE    0x3u /* both directions */
#define CTRL_TX_INT    0x4u
#define CTRL_RX_INT    0x8u
#define INT_TX         0x1u
#define INT_RX         0x2u

#define DIVISOR ((AWB_UART_REF_HZ + AWB_UART_BAUD / 2u) / AWB_UART_BAUD)
_Static_assert(DIVISOR >= 16u && DIVISOR < 1u << 20, "the range of BAUDDIV");

void awb_uart_start(void)
{
    awb_mmio_write(CTRL, 0);
    awb_mmio_write(BAUDDIV, DIVISOR);
    awb_mmio_write(STATE, STATE_OVERRUNS);
    awb_mmio_write(INTERRUPT, 0xfu);
    awb_mmio_write(CTRL, CTRL_ENABLE);
}

bool awb_uart_readable(void)
{
    return (awb_mmio_read(STATE) & STATE_RX_FULL) != 0;
}

bool awb_uart_get(uint8_t *byte_out)
{
    if (!awb_uart_readable())
        return false;
    *byte_out = (uint8_t)awb_mmio_read(DATA);
    return true;
}

bool awb_uart_put(uint8_t byte)
{
    if (awb_mmio_read(STATE) & STATE_TX_FULL)
        return false;
    awb_mmio_write(DATA, byte);
    return true;
}

bool awb_uart_sent_all(void)
{
    return (awb_mmio_read(STATE) & STATE_TX_FULL) == 0;
}

void awb_uart_arm(bool for_room)
{
    awb_mmio_write(INTERRUPT, INT_RX | INT_TX);
    awb_mmio_write(CTRL, CTRL_ENABLE | CTRL_RX_INT | (for_room ? CTRL_TX_INT : 0u));
}

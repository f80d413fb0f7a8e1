#include "uart_link.h"

#include "awt/hal.h"
#include "board_config.h"
#include "fault_report.h"
#include "uart.h"

#ifdef AWT_NET
#include "awt/net.h"
#endif

#define DRAIN_LIMIT_MS 200u /* 64 bytes at 115200 baud take 6 ms */

_Static_assert((AWB_RX_RING_BYTES & (AWB_RX_RING_BYTES - 1u)) == 0, "indices wrap by masking");

static struct {
    uint8_t bytes[AWB_RX_RING_BYTES];
    uint32_t put, got; /* wrap; put - got is what is in it */
} ring;

/* What does not fit stays in the UART. */
static void receive(void)
{
    uint8_t byte;
    while (ring.put - ring.got < AWB_RX_RING_BYTES && awb_uart_get(&byte))
        ring.bytes[ring.put++ & (AWB_RX_RING_BYTES - 1u)] = byte;
}

uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity)
{
    receive();
    uint32_t n = 0;
    while (n < capacity && ring.got != ring.put)
        bytes[n++] = ring.bytes[ring.got++ & (AWB_RX_RING_BYTES - 1u)];
    if (n)
        awb_fault_forget();
    return n;
}

/* Devices are armed first and looked at afterwards: what comes in between ends the sleep. */
static void sleep_until(bool for_room)
{
    awb_uart_arm(for_room);
#ifdef AWT_NET
    if (awb_ethernet_arm())
        return;
#endif
    if (awb_uart_readable() && ring.put - ring.got < AWB_RX_RING_BYTES)
        return;
    awb_sleep();
}

void awb_wait(void)
{
    if (ring.put == ring.got)
        sleep_until(false);
}

void awb_link_write(const uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        while (!awb_uart_put(bytes[i])) {
            receive();
            sleep_until(true);
        }
    }
    receive();
}

void awb_uart_link_drain(void)
{
    uint32_t start_ms = awb_millis();
    while (!awb_uart_sent_all() && awb_millis() - start_ms < DRAIN_LIMIT_MS)
        continue;
}

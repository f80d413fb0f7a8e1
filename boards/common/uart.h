/* A polled UART as the line, 8N1 at AWB_UART_BAUD; one of common/'s drivers implements it at the
 * address AWB_MAP_UART0 of the board's memory_map.h. */
#ifndef AWB_UART_H
#define AWB_UART_H

#include <stdbool.h>
#include <stdint.h>

void awb_uart_start(void);
bool awb_uart_readable(void);
/* Takes one byte if there is one. */
bool awb_uart_get(uint8_t *byte_out);
/* Gives one byte if there is room. */
bool awb_uart_put(uint8_t byte);
bool awb_uart_sent_all(void);
/* Lets the UART's interrupt line rise on received bytes and, if asked, on an empty transmitter;
 * both are clear when this returns. */
void awb_uart_arm(bool for_room);

#endif

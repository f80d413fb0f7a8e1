/* awb_link_read(), awb_link_write() and awb_wait() over a UART, for boards that sleep in WFI with
 * interrupts enabled and masked: the line's interrupt ends the sleep and is never taken. */
#ifndef AWB_UART_LINK_H
#define AWB_UART_LINK_H

/* The board's part: sleeps until the UART raises its line or some milliseconds have passed, and
 * leaves no interrupt pending. */
void awb_sleep(void);

/* Waits until all bytes are sent, at most as long as a full FIFO takes. */
void awb_uart_link_drain(void);

#endif

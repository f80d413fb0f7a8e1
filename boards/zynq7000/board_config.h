/* This board's answers to the knobs of target/config.h (units and ranges there), and its own. */
#ifndef AWB_BOARD_CONFIG_H
#define AWB_BOARD_CONFIG_H

#define AWB_ARENA_BYTES   (64u * 1024u * 1024u)
#define AWB_WEIGHT_BYTES  (64u * 1024u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWB_PROGRAM_BYTES (16u * 1024u * 1024u)
#define AWT_MAX_RECORDS   65536u
/* With its framing it fills half of the receive ring. So large because an emulator's host, when it
 * is busy, comes back to a line only after a tenth of a second. */
#define AWT_WINDOW_BYTES 65536u

/* A few of Ethernet's packets: every bite taken from TCP moves its window. */
#define AWT_LINK_READ_BYTES 4096u

/* Bytes received while the runtime computes or sends; a power of two. */
#define AWB_RX_RING_BYTES 131072u

#define AWB_UART_BAUD 115200u
/* UART reference clock as ps7_init usually sets it: 50 MHz (UG585, UART controller; 100 MHz on some
 * boards). Not seen on silicon; QEMU ignores it. */
#define AWB_UART_REF_HZ 50000000u
/* UART0 is interrupt 59, UART1 82 (UG585, interrupts). */
#define AWB_INT_UART 59u

/* TCP over GEM0, which the RJ45 of the usual boards is connected to (UG585, interrupts: 54). */
#define AWT_NET      1
#define AWB_INT_GEM0 54u

/* watchdog.c. QEMU lets an instruction take 32 ns: 20 s are too few to pack the largest nets, and
 * the references need 20 instructions a multiply-accumulate. */
#define AWB_WATCHDOG 1
#ifndef AWT_WATCHDOG_MS /* the tests say another */
#define AWT_WATCHDOG_MS 60000u
#endif
#define AWT_WATCHDOG_MACS_PER_MS 500u

/* Wakes the session when nothing arrives. */
#define AWB_WAIT_MS 10u

#endif

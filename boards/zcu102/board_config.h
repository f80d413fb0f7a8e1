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

/* 20 million multiply-accumulates a second: a fifth of what the references do on an A53, emulated
 * or not. */
#define AWT_WATCHDOG_MACS_PER_MS 20000u
#define AWB_WATCHDOG             1 /* watchdog.c */

/* A few of Ethernet's packets: every bite taken from TCP moves its window. */
#define AWT_LINK_READ_BYTES 4096u

/* Bytes received while the runtime computes or sends; a power of two. */
#define AWB_RX_RING_BYTES 131072u

#define AWB_UART_BAUD 115200u
/* UART0 reference clock as the ZCU102's psu_init sets it (UG1085, UART controllers). Not seen on
 * silicon; QEMU ignores it. */
#define AWB_UART_REF_HZ 100000000u

/* TCP over GEM3, which the ZCU102's RJ45 is connected to. */
#define AWT_NET 1

/* Wakes the session when nothing arrives. */
#define AWB_WAIT_MS 10u

#endif

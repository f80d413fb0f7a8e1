/* This board's answers to the knobs of target/config.h (units and ranges there), and its own. */
#ifndef AWB_BOARD_CONFIG_H
#define AWB_BOARD_CONFIG_H

#define AWB_ARENA_BYTES   (3968u * 1024u)
#define AWB_WEIGHT_BYTES  (15u * 1024u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWB_PROGRAM_BYTES (512u * 1024u)
#define AWT_MAX_RECORDS   8192u

/* Bytes received while the runtime sends; a power of two. */
#define AWB_RX_RING_BYTES 1024u

/* One oscillator drives core, UARTs and FPGAIO counter (Arm DAI0386, clocks). Not seen on silicon.
 */
#define AWB_CORE_HZ     32000000u
#define AWB_UART_REF_HZ 25000000u
#define AWB_UART_BAUD   115200u

/* Interrupt numbers of UART0. */
#define AWB_INT_UART_RX 34u
#define AWB_INT_UART_TX 33u

/* The clock where the core's DWT does not count. */
#define AWB_TIMER_HZ   32000000u
#define AWB_TIMER_NAME "system counter"

/* watchdog.c. QEMU lets an instruction take 128 ns: 20 s would not do to pack the largest nets, and
 * the references need 20 instructions a multiply-accumulate. */
#define AWB_WATCHDOG 1
#ifndef AWT_WATCHDOG_MS /* the tests say another */
#define AWT_WATCHDOG_MS 120000u
#endif
#define AWT_WATCHDOG_MACS_PER_MS 200u
/* The SSE-300's watchdog of the 32 kHz clock (Arm 101773, CMSDK watchdog timer). */
#define AWB_WATCHDOG_TICKS_PER_MS 32u

/* Wakes the session when nothing arrives. */
#define AWB_WAIT_MS 10u

#endif

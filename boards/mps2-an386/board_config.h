/* This board's answers to the knobs of target/config.h (units and ranges there), and its own. */
#ifndef AWB_BOARD_CONFIG_H
#define AWB_BOARD_CONFIG_H

#define AWB_ARENA_BYTES   (3840u * 1024u)
#define AWB_WEIGHT_BYTES  (15u * 1024u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWB_PROGRAM_BYTES (512u * 1024u)
#define AWT_MAX_RECORDS   8192u

/* Bytes received while the runtime sends; a power of two. */
#define AWB_RX_RING_BYTES 1024u

/* One oscillator drives core, UARTs and FPGAIO counter (Arm DAI0386, clocks). Not seen on silicon.
 */
#define AWB_CORE_HZ     25000000u
#define AWB_UART_REF_HZ 25000000u
#define AWB_UART_BAUD   115200u

/* Interrupt numbers of UART0. */
#define AWB_INT_UART_RX 0u
#define AWB_INT_UART_TX 1u

/* The clock where the core's DWT does not count. */
#define AWB_TIMER_HZ   25000000u
#define AWB_TIMER_NAME "FPGAIO COUNTER"

/* watchdog.c. QEMU lets an instruction take 128 ns: 20 s would not do to pack the largest nets, and
 * the references need 20 instructions a multiply-accumulate. */
#define AWB_WATCHDOG 1
#ifndef AWT_WATCHDOG_MS /* the tests say another */
#define AWT_WATCHDOG_MS 120000u
#endif
#define AWT_WATCHDOG_MACS_PER_MS 200u
/* The APB watchdog has the core's clock (Arm DAI0386, clocks): its 32 bits are 171 s. A pass that
 * takes longer is interrupted once in 171 s for some 60 instructions. */
#define AWB_WATCHDOG_TICKS_PER_MS (AWB_CORE_HZ / 1000u)

/* Wakes the session when nothing arrives. */
#define AWB_WAIT_MS 10u

#endif

/* Arm DAI0547 (MPS3, SSE-300 with a Cortex-M55): where everything is, for the linker script and C;
 * plain numbers. The firmware runs in the Secure state and uses the Secure aliases (bit 28), but
 * for the TCMs, which it sees at both. */
#ifndef AWB_MEMORY_MAP_H
#define AWB_MEMORY_MAP_H

#define AWB_MAP_CODE       0x00000000 /* ITCM: vectors, code, constants; read-only */
#define AWB_MAP_CODE_BYTES 0x00080000
#define AWB_MAP_DATA       0x20000000 /* DTCM: stacks and data */
#define AWB_MAP_DATA_BYTES 0x00080000

#define AWB_MAP_STATIC_BYTES      0x00080000
#define AWB_MAP_GUARD_BYTES       0x100
#define AWB_MAP_STACK_BYTES       0x1000
#define AWB_MAP_FAULT_STACK_BYTES 0x400

#define AWB_MAP_BUFFERS       0x31000000 /* internal SRAM banks 0 and 1: tables and arena */
#define AWB_MAP_BUFFERS_BYTES 0x00400000
#define AWB_MAP_WEIGHTS       0x70000000 /* DDR4: program and weights */
#define AWB_MAP_WEIGHTS_BYTES 0x01000000

#define AWB_MAP_WATCHDOG   0x5802e000 /* of the 32 kHz clock */
#define AWB_MAP_UART0      0x59303000
#define AWB_MAP_CNTCONTROL 0x58100000 /* system counter, control frame */
#define AWB_MAP_CNTREAD    0x58101000 /* and read frame */

#endif

/* Arm DAI0386 (MPS2, Cortex-M4): where everything is, for the linker script and C; plain numbers.
 */
#ifndef AWB_MEMORY_MAP_H
#define AWB_MEMORY_MAP_H

#define AWB_MAP_CODE       0x00000000 /* ZBT SSRAM 1: vectors, code, constants; read-only */
#define AWB_MAP_CODE_BYTES 0x00400000
#define AWB_MAP_DATA       0x20000000 /* ZBT SSRAM 2 and 3: stacks, data, then tables and arena */
#define AWB_MAP_DATA_BYTES 0x00400000

#define AWB_MAP_STATIC_BYTES      0x00010000
#define AWB_MAP_GUARD_BYTES       0x100 /* an MPU region: a power of two */
#define AWB_MAP_STACK_BYTES       0x1000
#define AWB_MAP_FAULT_STACK_BYTES 0x400

#define AWB_MAP_BUFFERS       0x20010000
#define AWB_MAP_BUFFERS_BYTES 0x003f0000
#define AWB_MAP_WEIGHTS       0x21000000 /* PSRAM: program and weights */
#define AWB_MAP_WEIGHTS_BYTES 0x01000000

#define AWB_MAP_UART0    0x40004000
#define AWB_MAP_WATCHDOG 0x40008000
#define AWB_MAP_FPGAIO   0x40028000

#endif
